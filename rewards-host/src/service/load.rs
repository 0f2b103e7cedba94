//! What a batch of commands needs from the store, read under its locks.
//!
//! One order everywhere: members by id, then what they protect, then budgets by key. Budgets come last because all
//! members share them; they are held for the evaluation and the writing of one batch.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Days, NaiveDate, Utc};
use rewards_rules::RuleSet;
use rewards_rules::input::Status;
use rewards_rules::state::record::{CounterRecord, LotRecord, MemberRecord};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::command::{Act, Command};
use super::counting::{Fill, Fills};
use super::error::ServiceError;
use super::plan::AHEAD;
use super::rules::InForce;
use super::vault::{MemberSeal, Vault, VaultError};
use super::{facts, mend};
use crate::store::rows::{
    AnswerKey, Answered, BudgetKey, CounterKey, CounterUnits, Enrolment, LockedMember, LotRow, LotsWanted, MemberKey,
    Membership, NewMember, PostedPurchase, Processed, RedemptionRow, StandingRow,
};
use crate::store::{Work, statements};

/// A member that is locked.
#[derive(Debug)]
pub(super) struct Locked {
    pub(super) row: LockedMember,
    /// `None` for one who was forgotten.
    pub(super) seal: Option<MemberSeal>,
    pub(super) facts: Map<String, Value>,
    pub(super) status: Status,
}

/// What the ledger keeps of a member in a program.
#[derive(Debug, Default, Clone)]
pub(super) struct State {
    pub(super) record: MemberRecord,
    /// Campaigns in which the member takes part, or took part last, and from when to when.
    pub(super) enrolments: Vec<Enrolment>,
    /// Segments of which the members were uploaded, and the member is one.
    pub(super) segments: Vec<String>,
}

impl State {
    /// Takes up what the store has.
    pub(super) fn take(&mut self, of: Membership) {
        match of {
            Membership::Enrolment(enrolment) => self.enrolments.push(enrolment),
            Membership::Segment(of) => self.segments.push(of.segment),
        }
    }

    /// What the member belonged to at an instant; of segments what is uploaded now.
    pub(super) fn belongs_at(&self, at: DateTime<Utc>) -> facts::Belongs {
        facts::Belongs { enrolments: self.enrolled_at(at), segments: self.segments.clone() }
    }

    /// The campaigns in which the member took part at an instant.
    pub(super) fn enrolled_at(&self, at: DateTime<Utc>) -> Vec<String> {
        let then = |e: &&Enrolment| e.enrolled_at <= at && e.left_at.is_none_or(|left| left > at);
        self.enrolments.iter().filter(then).map(|e| e.campaign_id.clone()).collect()
    }
}

/// All that was read.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) now: DateTime<Utc>,
    pub(super) members: BTreeMap<String, Locked>,
    pub(super) in_force: InForce,
    pub(super) processed: HashMap<String, Processed>,
    pub(super) purchases: HashMap<String, PostedPurchase>,
    pub(super) answered: HashMap<(String, String), Answered>,
    pub(super) redemptions: HashMap<Uuid, RedemptionRow>,
    /// By member and program.
    pub(super) states: HashMap<(String, String), State>,
    /// Lots that stand as pending in the store, by member, program and key.
    pub(super) pending: HashSet<(String, String, String)>,
    /// Counters that are filled from purchases and redemptions.
    pub(super) fills: Fills,
    /// By program, key and period.
    pub(super) shared: BTreeMap<BudgetKey, i64>,
}

/// Members that commands change, in order.
fn members_of<'a>(commands: impl Iterator<Item = &'a Command>) -> BTreeSet<&'a str> {
    let to = |c: &'a Command| match &c.act {
        Act::Transfer { to, .. } => Some(to.as_str()),
        _ => None,
    };
    commands.flat_map(|c| [Some(c.user_id.as_str()), to(c)]).flatten().collect()
}

/// The latest instant of any event that can be posted, and a day for every time zone.
fn horizon(now: DateTime<Utc>) -> NaiveDate {
    let at = now.checked_add_signed(AHEAD).unwrap_or(now);
    at.date_naive().checked_add_days(Days::new(2)).unwrap_or(NaiveDate::MAX)
}

impl Loaded {
    /// Whether there is a member whose counters are to be filled first.
    ///
    /// The number that came with the lock may be one of before the wait for it; the one that came with the rules is of
    /// their moment.
    pub(super) fn is_behind(&self) -> bool {
        let due = self.in_force.counted_due();
        self.members.values().any(|locked| locked.row.counted < locked.row.counted_due.max(due))
    }

    /// The counters that a posting of a member feeds although the rules of its purchase do not.
    pub(super) fn fed(&self, user_id: &str, bought: &RuleSet) -> Vec<&Fill> {
        let counted = self.members.get(user_id).map_or(0, |locked| locked.row.counted);
        self.fills.iter().filter(|fill| fill.seq <= counted && fill.lacks(bought)).collect()
    }

    /// The counters that redemptions of a member feed although they did not count on them when they were made.
    pub(super) fn redeemed(&self, user_id: &str, program: &str) -> Vec<&Fill> {
        let counted = self.members.get(user_id).map_or(0, |locked| locked.row.counted);
        self.fills.iter().filter(|fill| fill.seq <= counted && fill.is_redeemed(program)).collect()
    }

    /// Locks the members of commands and reads all but counters, which the rules have to name first.
    pub(super) async fn read(work: &mut Work, vault: &Vault, commands: &[Command]) -> Result<Loaded, ServiceError> {
        let mut loaded = Loaded::default();
        loaded.lock(work, vault, &members_of(commands.iter())).await?;
        loaded.in_force = InForce::within(work).await?;
        loaded.read_claims(work, commands).await?;
        loaded.read_states(work, commands).await?;
        Ok(loaded)
    }

    async fn lock(&mut self, work: &mut Work, vault: &Vault, ids: &BTreeSet<&str>) -> Result<(), ServiceError> {
        let mut rows: Vec<LockedMember> = work.rows(statements::LOCK_MEMBERS, ids).await?;
        if rows.len() < ids.len() {
            let known: BTreeSet<&str> = rows.iter().map(|row| row.user_id.as_str()).collect();
            let new: Vec<NewMember> =
                ids.difference(&known).map(|id| NewMember { user_id: (*id).to_owned() }).collect();
            let made: Vec<String> = work.rows(statements::ADD_MEMBERS, &new).await?;
            let keys = made
                .into_iter()
                .map(|user_id| {
                    let (wrapped, master_key) = vault.new_key(&user_id)?;
                    Ok(MemberKey { user_id, wrapped, master_key })
                })
                .collect::<Result<Vec<MemberKey>, VaultError>>()?;
            work.write(statements::ADD_MEMBER_KEYS, &keys).await?;
            rows = work.rows(statements::LOCK_MEMBERS, ids).await?;
        }
        keys_of_now(work, &mut rows).await?;
        for row in rows {
            self.now = self.now.max(row.now);
            let seal = vault.known(&row.user_id, row.wrapped.as_deref(), row.master_key.as_deref())?;
            let facts = open_facts(seal.as_ref(), row.facts.as_deref())?;
            let status = facts::status(&row.status).ok_or_else(|| mend("a member has an unknown status"))?;
            self.members.insert(row.user_id.clone(), Locked { row, seal, facts, status });
        }
        Ok(())
    }

    async fn read_claims(&mut self, work: &mut Work, commands: &[Command]) -> Result<(), ServiceError> {
        let mut originals: BTreeSet<&str> = BTreeSet::new();
        let mut ids: BTreeSet<&str> = commands.iter().filter_map(|c| c.act.claims()).collect();
        for command in commands {
            if let Act::Refund(refund) = &command.act {
                originals.insert(&refund.original);
            }
        }
        ids.extend(&originals);
        if !ids.is_empty() {
            let rows: Vec<Processed> = work.rows(statements::PROCESSED, &ids).await?;
            self.processed = rows.into_iter().map(|row| (row.transaction_id.clone(), row)).collect();
        }
        if !originals.is_empty() {
            let rows: Vec<PostedPurchase> = work.rows(statements::POSTED_PURCHASES, &originals).await?;
            self.purchases = rows.into_iter().map(|row| (row.transaction_id.clone(), row)).collect();
        }
        let keys: Vec<AnswerKey> = commands
            .iter()
            .filter_map(|c| c.key.as_ref().map(|k| AnswerKey { scope: k.scope.clone(), key: k.key.clone() }))
            .collect();
        if !keys.is_empty() {
            let rows: Vec<Answered> = work.rows(statements::ANSWERED, &keys).await?;
            self.answered = rows.into_iter().map(|row| ((row.scope.clone(), row.key.clone()), row)).collect();
        }
        let settled: Vec<Uuid> = commands
            .iter()
            .filter_map(|c| match &c.act {
                Act::Settle { id, .. } | Act::Redeem { id, .. } => Some(*id),
                _ => None,
            })
            .collect();
        if !settled.is_empty() {
            let rows: Vec<RedemptionRow> = work.rows(statements::REDEMPTIONS, &settled).await?;
            self.redemptions = rows.into_iter().map(|row| (row.id, row)).collect();
        }
        Ok(())
    }

    async fn read_states(&mut self, work: &mut Work, commands: &[Command]) -> Result<(), ServiceError> {
        let ids: Vec<&str> = self.members.keys().map(String::as_str).collect();
        let standing: Vec<StandingRow> = work.rows(statements::STANDING, &ids).await?;
        // A purchase adds lots, and lets pass what time has made of others; it asks for no sum of them.
        let others = members_of(commands.iter().filter(|c| !matches!(c.act, Act::Purchase { .. })));
        let (members, buyers) = ids.iter().map(|id| (*id).to_owned()).partition(|id| others.contains(id.as_str()));
        let mut wanted = LotsWanted { members, buyers, over_on: Some(horizon(self.now)), ..LotsWanted::default() };
        let refunds = commands.iter().any(|c| matches!(c.act, Act::Refund(_)));
        for row in standing {
            let record = record_of(&row.record)?;
            if refunds {
                wanted.sources.extend(record.standing.bonus_purchases().map(str::to_owned));
            }
            self.states.insert((row.user_id, row.program), State { record, ..State::default() });
        }
        wanted.sources.extend(self.purchases.keys().cloned());
        for row in self.redemptions.values() {
            wanted.lots.extend(super::redemption::lots_of(&row.record)?);
        }
        let memberships: Vec<Membership> = work.rows(statements::MEMBERSHIPS, &ids).await?;
        for row in memberships {
            self.states.entry((row.user_id().to_owned(), row.program().to_owned())).or_default().take(row);
        }
        let lots: Vec<LotRow> = work.rows(statements::LOTS, &wanted).await?;
        for row in lots {
            let key = (row.user_id.clone(), row.program.clone());
            if row.points_pending.raw() != Some(0) {
                self.pending.insert((key.0.clone(), key.1.clone(), row.lot_key.clone()));
            }
            let state = self.states.entry(key).or_default();
            state.record.lots.push(LotHere(row).record()?);
        }
        Ok(())
    }

    /// Reads counters of members, and locks and reads budgets.
    pub(super) async fn read_counters(
        &mut self,
        work: &mut Work,
        own: &BTreeSet<CounterKey>,
        shared: &BTreeSet<BudgetKey>,
    ) -> Result<(), ServiceError> {
        if !own.is_empty() {
            let rows: Vec<CounterUnits> = work.rows(statements::COUNTERS, own).await?;
            for row in rows {
                let state = self.states.entry((row.user_id, row.program)).or_default();
                state.record.counters.push(CounterRecord { key: row.key, period: row.period, units: row.units });
            }
        }
        if !shared.is_empty() {
            let mut rows: Vec<CounterUnits> = work.rows(statements::LOCK_BUDGETS, shared).await?;
            if rows.len() < shared.len() {
                work.run(statements::ADD_BUDGETS, shared).await?;
                rows = work.rows(statements::LOCK_BUDGETS, shared).await?;
            }
            for row in rows {
                self.shared.insert(BudgetKey { program: row.program, key: row.key, period: row.period }, row.units);
            }
        }
        Ok(())
    }
}

/// Reads again the keys of members that are closed, as those who were forgotten are: a key that came with a lock may be
/// one that was deleted while the lock was waited for.
async fn keys_of_now(work: &mut Work, rows: &mut [LockedMember]) -> Result<(), ServiceError> {
    let mut closed: Vec<&mut LockedMember> =
        rows.iter_mut().filter(|row| facts::status(&row.status) == Some(Status::Closed)).collect();
    if closed.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = closed.iter().map(|row| row.user_id.as_str()).collect();
    let keys: Vec<MemberKey> = work.rows(statements::MEMBER_KEYS, &ids).await?;
    for row in &mut closed {
        let key = keys.iter().find(|key| key.user_id == row.user_id);
        row.wrapped = key.map(|key| key.wrapped.clone());
        row.master_key = key.map(|key| key.master_key.clone());
    }
    Ok(())
}

/// What the ledger keeps of a member beside lots and counters.
pub(super) fn record_of(text: &str) -> Result<MemberRecord, ServiceError> {
    serde_json::from_str(text).map_err(|_| mend("a member's record cannot be read"))
}

/// A member's record in a program with the lots among these.
pub(super) fn record_with_lots(
    program: &str,
    standing: &[StandingRow],
    lots: &[LotRow],
) -> Result<MemberRecord, ServiceError> {
    let row = standing.iter().find(|row| row.program == program);
    let mut record = row.map(|row| record_of(&row.record)).transpose()?.unwrap_or_default();
    for lot in lots.iter().filter(|lot| lot.program == program) {
        record.lots.push(LotHere(lot.clone()).record()?);
    }
    Ok(record)
}

/// The facts of a member; none of one who was forgotten.
pub(super) fn open_facts(seal: Option<&MemberSeal>, sealed: Option<&str>) -> Result<Map<String, Value>, ServiceError> {
    let Some((seal, sealed)) = seal.zip(sealed) else { return Ok(Map::new()) };
    let text = seal.open("facts", sealed)?;
    serde_json::from_str(&text).map_err(|_| mend("a member's facts cannot be read"))
}

/// A lot of the store on its way to the engine.
///
/// Points have as many decimals as they were written with; the engine counts units, and so does the record. Which
/// number of decimals that is follows from the digits that the store kept.
pub(super) struct LotHere(pub(super) LotRow);

impl LotHere {
    pub(super) fn record(self) -> Result<LotRecord, ServiceError> {
        let row = self.0;
        let wrong = || mend("a lot has a number that is no number of points");
        let rest = row.points_available.raw().zip(row.points_pending.raw()).and_then(|(a, p)| a.checked_add(p));
        Ok(LotRecord {
            key: row.lot_key,
            seq: row.seq,
            transaction: row.source_id,
            source: row.source_type,
            earned: row.points_earned.raw().ok_or_else(wrong)?,
            rest: rest.ok_or_else(wrong)?,
            redeemed: row.points_redeemed.raw().ok_or_else(wrong)?,
            expired: row.points_expired.raw().ok_or_else(wrong)?,
            reversed: row.points_reversed.raw().ok_or_else(wrong)?,
            transferred: row.points_moved.raw().ok_or_else(wrong)?,
            counted_expired: row.counted_expired.raw().ok_or_else(wrong)?,
            spendable_on: row.spendable_date,
            expires_on: row.expiry_date,
        })
    }
}
