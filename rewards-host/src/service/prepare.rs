//! Rules that postings will need are compiled before one does: those that ask for counters, and those in force or about to be.
//!
//! Each replica looks once a second, and before it says that it is ready. What was asked for becomes due [`LEAD`] later, as
//! rules take force seconds after they were published: until then no posting anywhere needs the rules that asked. A replica
//! that is late nevertheless compiles them while its posting waits, with nobody locked.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;
use rewards_rules::RuleSet;

use super::counting::{Fill, Fills};
use super::error::{Code, ServiceError};
use super::rules::{Compiled, InForce, sources_of};
use super::{Service, mend};
use crate::store::rows::{AskedFill, CounterFill};
use crate::store::{Work, statements};

/// After so long counters that were asked for are filled, where there are other replicas.
pub(crate) const LEAD: TimeDelta = TimeDelta::seconds(3);

/// Counters of one program that were asked for together, without the rules that want them.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) seq: i64,
    program: String,
    keys: BTreeSet<String>,
}

impl Asked {
    pub(super) fn has(&self, program: &str, key: &str) -> bool {
        self.program == program && self.keys.contains(key)
    }
}

/// Counters that were seen already, by program and key: who asks for one at the same time as another asks in vain, since it
/// is filled once, under the earlier number.
#[derive(Default)]
struct Seen(BTreeSet<(String, String)>);

impl Seen {
    fn of(fills: &[Fill]) -> Seen {
        let of = |f: &Fill| -> Vec<(String, String)> {
            f.keys.iter().chain(&f.redeemed).chain(&f.windows).map(|key| (f.program.clone(), key.clone())).collect()
        };
        Seen(fills.iter().flat_map(of).collect())
    }

    fn take(&mut self, row: AskedFill) -> Result<Asked, ServiceError> {
        let AskedFill { seq, program, keys } = row;
        let mut keys: BTreeSet<String> = serde_json::from_str(&keys).map_err(|_| broken())?;
        keys.retain(|key| self.0.insert((program.clone(), key.clone())));
        Ok(Asked { seq, program, keys })
    }
}

fn broken() -> ServiceError {
    mend("counters that were asked for cannot be read")
}

/// Passes on what may be over in a moment; what cannot be compiled is logged.
fn unless_broken(prepared: Result<(), ServiceError>) -> Result<(), ServiceError> {
    match prepared {
        Err(error) if error.code == Code::ProcessingError => {
            tracing::error!(%error, "rules that a posting may need cannot be compiled");
            Ok(())
        }
        prepared => prepared,
    }
}

impl Compiled {
    /// Counters that were asked for, if they are at hand through a number.
    pub(super) fn fills_through(&self, through: i64) -> Option<Fills> {
        let known = self.known_fills();
        (through <= known.last().map_or(0, |fill| fill.seq)).then_some(known)
    }

    /// The same, read and compiled where they are not: not to be called in a transaction that asked, nor for a posting.
    pub(super) async fn fills(&self, work: &mut Work, through: i64) -> Result<Fills, ServiceError> {
        if let Some(known) = self.fills_through(through) {
            return Ok(known);
        }
        let known = self.known_fills();
        let last = known.last().map_or(0, |fill| fill.seq);
        self.with(known, work.rows(statements::COUNTER_FILLS, &last).await?).await
    }

    async fn with(&self, known: Fills, rows: Vec<CounterFill>) -> Result<Fills, ServiceError> {
        if rows.is_empty() {
            return Ok(known);
        }
        let mut seen = Seen::of(&known);
        let mut fills = known.to_vec();
        for CounterFill { asked, files, since } in rows {
            let Asked { seq, program, keys } = seen.take(asked)?;
            let sources = sources_of(&files).ok_or_else(broken)?;
            let rules = match self.known(&sources.hash()) {
                Some(rules) => rules,
                None => {
                    let compiled = tokio::task::spawn_blocking(move || RuleSet::compile(sources)).await;
                    compiled.map_err(|_| broken())?.map_err(|_| broken())?
                }
            };
            let (windows, keys): (BTreeSet<_>, BTreeSet<_>) =
                keys.into_iter().partition(|key| RuleSet::is_windows(key));
            let (redeemed, keys) = keys.into_iter().partition(|key| rules.is_fed_by_redemptions(key));
            fills.push(Fill { seq, program, keys, redeemed, windows, since, rules });
        }
        let fills: Fills = Arc::new(fills);
        self.keep_fills(&fills);
        Ok(fills)
    }
}

impl Service {
    /// Compiles what postings will need and this replica does not have yet. What cannot be compiled is logged and left to
    /// the posting that needs it: it is no reason to keep others waiting.
    pub(crate) async fn prepare(&self) -> Result<(), ServiceError> {
        unless_broken(self.prepare_fills().await)?;
        let in_force = InForce::now(&self.store).await?;
        let now = self.now().await?;
        for program in in_force.programs() {
            for hash in in_force.from(&program, now) {
                unless_broken(self.rules.read(&self.store, &hash).await.map(drop))?;
            }
        }
        Ok(())
    }

    async fn prepare_fills(&self) -> Result<(), ServiceError> {
        let _one_at_a_time = self.rules.preparing.lock().await;
        let known = self.rules.known_fills();
        let last = known.last().map_or(0, |fill| fill.seq);
        let rows = self.store.read(statements::COUNTER_FILLS, &last).await?;
        self.rules.with(known, rows).await.map(drop)
    }

    /// Compiles what a member needs whose counters are due through a number.
    pub(super) async fn prepare_through(&self, through: i64) -> Result<(), ServiceError> {
        self.prepare_fills().await?;
        self.rules.fills_through(through).map(drop).ok_or_else(broken)
    }

    /// What was asked for that long ago is due: members are filled from now on.
    pub(super) async fn make_due(&self, work: &mut Work, lead: TimeDelta) -> Result<(), ServiceError> {
        work.run(statements::SET_COUNTER_FILL, &lead.num_milliseconds()).await?;
        Ok(())
    }

    /// All counters that were asked for.
    pub(super) async fn asked(&self, work: &mut Work) -> Result<Vec<Asked>, ServiceError> {
        let rows: Vec<AskedFill> = work.rows(statements::ASKED_COUNTERS, &()).await?;
        let mut seen = Seen::default();
        rows.into_iter().map(|row| seen.take(row)).collect()
    }
}
