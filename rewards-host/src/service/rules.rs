//! Which rules are in force: publications of the store, compiled rule sets by hash.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use chrono::{DateTime, Utc};
use rewards_rules::RuleSet;
use rewards_rules::source::{SourceFile, Sources};
use uuid::Uuid;

use super::budgets::{Budgets, budgets_of};
use super::counting::Fills;
use super::error::{Code, ServiceError};
use crate::store::rows::{LevelRow, Publication, RuleSetRow};
use crate::store::{Store, Work, statements};

/// The publications as one transaction of the store sees them.
#[derive(Debug, Clone, Default)]
pub(crate) struct InForce {
    publications: Vec<Publication>,
    /// Through which number counters are due to be filled under these rules.
    counted_due: i64,
}

impl InForce {
    /// Of two publications of a program from one instant on, the one that was made later holds.
    fn of(all: Vec<Publication>) -> InForce {
        let counted_due = all.iter().map(|p| p.counted_due).max().unwrap_or(0);
        let mut publications: Vec<Publication> = Vec::with_capacity(all.len());
        for publication in all {
            let begins = |p: &&mut Publication| p.in_force_from == publication.in_force_from;
            let mut same = publications.iter_mut().rev().take_while(begins);
            match same.find(|p| p.program == publication.program) {
                Some(earlier) => *earlier = publication,
                None => publications.push(publication),
            }
        }
        InForce { publications, counted_due }
    }

    /// Through which number counters are due to be filled under these rules.
    pub(super) fn counted_due(&self) -> i64 {
        self.counted_due
    }

    /// Reads them inside a transaction, so that no purchase is evaluated under another rule set than the one in force.
    pub(crate) async fn within(work: &mut Work) -> Result<InForce, ServiceError> {
        Ok(InForce::of(work.rows(statements::PUBLICATIONS, &()).await?))
    }

    /// Reads them as they are committed.
    pub(crate) async fn now(store: &Store) -> Result<InForce, ServiceError> {
        Ok(InForce::of(store.read(statements::PUBLICATIONS, &()).await?))
    }

    /// The program that is meant: the one named, or the only one.
    pub(crate) fn program(&self, named: Option<&str>) -> Result<String, ServiceError> {
        let mut programs: Vec<&str> = self.publications.iter().map(|p| p.program.as_str()).collect();
        programs.sort_unstable();
        programs.dedup();
        match (named, programs.as_slice()) {
            (Some(named), known) if known.contains(&named) => Ok(named.to_owned()),
            (Some(named), known) => Err(ServiceError::new(
                Code::UnknownProgram,
                format!("no program `{named}` is published; there is {}", names(known)),
            )),
            (None, [only]) => Ok((*only).to_owned()),
            (None, known) => Err(ServiceError::new(
                Code::UnknownProgram,
                format!("`program` is missing, and {} is published", names(known)),
            )),
        }
    }

    /// Every program, by id.
    pub(crate) fn programs(&self) -> Vec<String> {
        let mut programs: Vec<String> = self.publications.iter().map(|p| p.program.clone()).collect();
        programs.sort_unstable();
        programs.dedup();
        programs
    }

    /// Hash of the rule set of a program that was in force at an instant; before the first publication, the first.
    pub(crate) fn at(&self, program: &str, at: DateTime<Utc>) -> Option<&str> {
        let mut of_program = self.publications.iter().filter(|p| p.program == program);
        let first = of_program.clone().next();
        let last = of_program.rfind(|p| p.in_force_from <= at);
        last.or(first).map(|p| p.rule_set.as_str())
    }

    /// What is published of a program to take force after an instant: the rule set, and from when.
    pub(crate) fn after(&self, program: &str, at: DateTime<Utc>) -> Vec<(String, DateTime<Utc>)> {
        let later = self.publications.iter().filter(|p| p.program == program && p.in_force_from > at);
        later.map(|p| (p.rule_set.clone(), p.in_force_from)).collect()
    }

    /// Hashes of the rule sets of a program that hold at an instant and take force after it, in order.
    pub(crate) fn from(&self, program: &str, at: DateTime<Utc>) -> Vec<String> {
        let after = self.after(program, at).into_iter().map(|(hash, _)| hash);
        self.at(program, at).map(str::to_owned).into_iter().chain(after).collect()
    }

    /// Says which publications there are: another text as soon as there is one more.
    pub(crate) fn stamp(&self) -> String {
        let of = |p: &Publication| format!("{}\n{}\n{}\n", p.program, p.rule_set, p.in_force_from);
        super::vault::sha256(&self.publications.iter().map(of).collect::<String>())
    }

    /// The program for which a rule set was published.
    pub(crate) fn program_of(&self, hash: &str) -> Option<&str> {
        self.publications.iter().find(|p| p.rule_set == hash).map(|p| p.program.as_str())
    }

    /// When the next publication of a program after an instant takes force.
    pub(crate) fn next(&self, program: &str, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.after(program, after).into_iter().map(|(_, from)| from).min()
    }

    /// Whether a publication of a program takes force at exactly this instant.
    pub(crate) fn begins(&self, program: &str, at: DateTime<Utc>) -> bool {
        self.publications.iter().any(|p| p.program == program && p.in_force_from == at)
    }

    /// Hash of each rule set of a program that is in force before an instant, and the last instant of that before it,
    /// publication by publication.
    pub(crate) fn spans(&self, program: &str, at: DateTime<Utc>) -> Vec<(String, DateTime<Utc>)> {
        let earlier: Vec<&Publication> =
            self.publications.iter().filter(|p| p.program == program && p.in_force_from < at).collect();
        let ends = earlier.iter().skip(1).map(|p| p.in_force_from).chain([at]);
        let last = super::changes::before;
        earlier.iter().zip(ends).map(|(p, end)| (p.rule_set.clone(), last(end))).collect()
    }
}

fn names(programs: &[&str]) -> String {
    match programs {
        [] => "none".to_owned(),
        programs => programs.iter().map(|p| format!("`{p}`")).collect::<Vec<_>>().join(", "),
    }
}

/// Compiled rule sets. A hash stands for the same rules for ever, so nothing here goes stale.
#[derive(Debug, Default)]
pub(crate) struct Compiled {
    sets: RwLock<HashMap<String, RuleSet>>,
    levels: RwLock<HashMap<(String, String), Uuid>>,
    budgets: RwLock<HashMap<String, Budgets>>,
    fills: RwLock<Fills>,
    /// Held by who compiles ahead.
    pub(super) preparing: tokio::sync::Mutex<()>,
}

impl Compiled {
    /// A rule set that is at hand.
    pub(crate) fn known(&self, hash: &str) -> Option<RuleSet> {
        self.sets.read().ok()?.get(hash).cloned()
    }

    /// Keeps a rule set at hand.
    pub(crate) fn keep(&self, rules: &RuleSet) {
        if let Ok(mut sets) = self.sets.write() {
            sets.insert(rules.hash().to_owned(), rules.clone());
        }
    }

    /// Counters that were asked for, as far as was read.
    pub(super) fn known_fills(&self) -> Fills {
        self.fills.read().map(|known| Arc::clone(&known)).unwrap_or_default()
    }

    /// Keeps them at hand.
    pub(super) fn keep_fills(&self, fills: &Fills) {
        if let Ok(mut known) = self.fills.write() {
            let last = |fills: &Fills| fills.last().map_or(0, |fill| fill.seq);
            if last(fills) > last(&known) {
                *known = Arc::clone(fills);
            }
        }
    }

    /// The campaigns' budgets of a rule set.
    pub(crate) fn budgets(&self, rules: &RuleSet) -> Budgets {
        if let Some(known) = self.budgets.read().ok().and_then(|known| known.get(rules.hash()).cloned()) {
            return known;
        }
        let budgets = budgets_of(rules);
        if let Ok(mut known) = self.budgets.write() {
            known.insert(rules.hash().to_owned(), Arc::clone(&budgets));
        }
        budgets
    }

    /// The rule set of a hash, read and compiled at first use.
    pub(crate) async fn get(&self, work: &mut Work, hash: &str) -> Result<RuleSet, ServiceError> {
        if let Some(rules) = self.known(hash) {
            return Ok(rules);
        }
        let row = work.rows(statements::RULE_SET, &hash).await?.into_iter().next();
        self.compile(hash, row).await
    }

    /// As [`Compiled::get`], outside of a transaction.
    pub(crate) async fn read(&self, store: &Store, hash: &str) -> Result<RuleSet, ServiceError> {
        if let Some(rules) = self.known(hash) {
            return Ok(rules);
        }
        let row = store.read_one(statements::RULE_SET, &hash).await?;
        self.compile(hash, row).await
    }

    async fn compile(&self, hash: &str, row: Option<RuleSetRow>) -> Result<RuleSet, ServiceError> {
        let broken = |what: &str| ServiceError::new(Code::ProcessingError, format!("rule set {hash}: {what}"));
        let row = row.ok_or_else(|| broken("not in the store"))?;
        let sources = sources_of(&row.files).ok_or_else(|| broken("its files cannot be read"))?;
        // Many rules take a while; requests of others do not wait for them.
        let compiled = tokio::task::spawn_blocking(move || RuleSet::compile(sources)).await;
        let rules = compiled
            .map_err(|_| broken("it could not be compiled"))?
            .map_err(|_| broken("it does not compile any more"))?;
        if rules.hash() != hash {
            return Err(broken("its files have another hash"));
        }
        self.keep(&rules);
        Ok(rules)
    }

    /// Id of the row of a level; that of the program's only row where it has no tiers.
    pub(crate) async fn level(
        &self,
        work: &mut Work,
        program: &str,
        level: Option<&str>,
    ) -> Result<Uuid, ServiceError> {
        let key = (program.to_owned(), level.unwrap_or(STANDARD).to_owned());
        let known = |levels: &RwLock<HashMap<(String, String), Uuid>>| levels.read().ok()?.get(&key).copied();
        if let Some(id) = known(&self.levels) {
            return Ok(id);
        }
        let rows: Vec<LevelRow> = work.rows(statements::LEVELS, &()).await?;
        if let Ok(mut levels) = self.levels.write() {
            levels.extend(rows.into_iter().map(|row| ((row.program, row.tier_type), row.id)));
        }
        known(&self.levels).ok_or_else(|| {
            ServiceError::new(Code::ProcessingError, format!("the program `{program}` has no level `{}`", key.1))
        })
    }
}

/// The one row of a program without tiers.
pub(crate) const STANDARD: &str = "standard";

/// The files of a rule set as JSON: an object of path to text.
pub(crate) fn files_of(sources: &Sources) -> Option<String> {
    let files: Option<std::collections::BTreeMap<&str, &str>> =
        sources.files().iter().map(|file| Some((file.path.as_str(), std::str::from_utf8(&file.bytes).ok()?))).collect();
    serde_json::to_string(&files?).ok()
}

/// The inverse of [`files_of`].
pub(crate) fn sources_of(files: &str) -> Option<Sources> {
    let files: std::collections::BTreeMap<String, String> = serde_json::from_str(files).ok()?;
    Some(Sources::new(files.into_iter().map(|(path, text)| SourceFile { path, bytes: text.into_bytes() })))
}

/// Compiled rule sets, shared by all that evaluate.
pub(crate) type SharedRules = Arc<Compiled>;
