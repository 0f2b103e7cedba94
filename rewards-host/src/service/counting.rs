//! Counters that rules want which nobody counted until now: filled from stored purchases and redemptions, and kept exact
//! from then on.
//!
//! Asking gets a number, which is due a little later, once every replica had time to compile the rules that ask
//! ([`prepare`](super::prepare)). A member's row says through which number its counters are filled. Whoever locks a member that is
//! behind, the job or a posting, fills it in a transaction of its own, from the records of its purchases and redemptions;
//! from then on each posting under rules that do not have the counter feeds it in its own transaction, by what its
//! purchase's record, or its redemption's, counts for it. So a counter is at every moment what it would be had it counted from the start, whichever came first.
//!
//! Windows by which levels count spending are asked for in the same way. They stand in the member's record: once they are
//! filled, the engine goes on with them, whatever the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use rewards_rules::RuleSet;
use rewards_rules::state::record::{MemberRecord, PurchaseRecord, RedemptionRecord};
use rewards_rules::state::{Fed, SpentByMonth, Taken};
use rewards_rules::value::Exact;
use serde::Deserialize;

use super::error::ServiceError;
use super::load::record_of;
use super::rules::files_of;
use super::{Service, mend, redemption, unharmed};
use crate::store::audit::After;
use crate::store::rows::{
    AskedCounters, BudgetKey, CounterKey, CounterUnits, LockedMember, MemberCounted, OpeningRow, PurchaseOf,
    RedemptionOf, RedemptionRow, StandingRow,
};
use crate::store::{Work, statements};

/// How often members that are behind are looked for.
const PAUSE: Duration = Duration::from_secs(1);

/// Members that are filled in one transaction.
const PIECE: usize = 10;

/// Members that are filled in a second, as a hint of how long it takes.
const PACE: u64 = 200;

/// Counters of one program that were asked for together.
#[derive(Debug, Clone)]
pub(super) struct Fill {
    pub(super) seq: i64,
    pub(super) program: String,
    /// Counters of purchases.
    pub(super) keys: BTreeSet<String>,
    /// Counters of redemptions.
    pub(super) redeemed: BTreeSet<String>,
    /// Windows of levels.
    pub(super) windows: BTreeSet<String>,
    pub(super) since: NaiveDate,
    pub(super) rules: RuleSet,
}

/// All that were asked for, in order.
pub(super) type Fills = Arc<Vec<Fill>>;

impl Fill {
    /// Whether purchases under these rules do not feed a counter themselves that is to be filled.
    pub(super) fn lacks(&self, bought: &RuleSet) -> bool {
        self.program == bought.program() && self.keys.iter().any(|key| !bought.is_fed(key))
    }

    /// What a purchase counts for these counters, beside what its own rules fed.
    fn of(&self, bought: &RuleSet, taken: &Taken, record: &PurchaseRecord) -> Result<Vec<Fed>, ServiceError> {
        if !self.lacks(bought) {
            return Ok(Vec::new());
        }
        let mut all = self.rules.fed(bought, record, taken, self.since)?;
        all.retain(|fed| self.keys.contains(&fed.key) && !bought.is_fed(&fed.key));
        Ok(all)
    }

    /// What a redemption counts for these counters, beside those on which it counted itself.
    fn of_redemption(&self, made: Made<'_>, record: &RedemptionRecord) -> Vec<Fed> {
        if !self.is_redeemed(made.program) {
            return Vec::new();
        }
        let date = self.rules.local_date(made.at);
        let mut all = self.rules.fed_by_redemption(made.option, date, record, self.since);
        all.retain(|fed| self.redeemed.contains(&fed.key));
        all
    }

    /// Whether redemptions in a program may feed a counter that is to be filled.
    pub(super) fn is_redeemed(&self, program: &str) -> bool {
        self.program == program && !self.redeemed.is_empty()
    }

    /// Whether nothing but redemptions tells what is to be filled.
    fn needs_no_purchase(&self) -> bool {
        self.keys.is_empty() && self.windows.is_empty()
    }

    /// Keeps the windows in a record, with what was spent before.
    pub(super) fn keep_windows(&self, record: &mut MemberRecord, spent: &SpentByMonth) -> Result<(), ServiceError> {
        for key in &self.windows {
            record.keep_windows(key, spent)?;
        }
        Ok(())
    }

    /// The budgets among them that a purchase of a local date feeds.
    pub(super) fn budgets(&self, bought: &RuleSet, date: NaiveDate) -> Vec<BudgetKey> {
        if !self.lacks(bought) {
            return Vec::new();
        }
        let keys = self.rules.budget_keys(date).into_iter();
        let keys = keys.filter(|key| self.keys.contains(&key.key) && !bought.is_fed(&key.key));
        keys.map(|key| BudgetKey { program: self.program.clone(), key: key.key, period: key.period }).collect()
    }
}

/// Where and when a redemption was made, which its record does not tell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Made<'a> {
    pub(super) program: &'a str,
    pub(super) option: &'a str,
    pub(super) at: DateTime<Utc>,
}

impl<'a> Made<'a> {
    pub(super) fn of(row: &'a RedemptionRow) -> Made<'a> {
        Made { program: &row.program, option: &row.redemption_type, at: row.occurred_at }
    }
}

/// What counters get, by key and period; budgets apart.
#[derive(Debug, Default)]
pub(super) struct Change(pub(super) BTreeMap<(String, String, bool), i64>);

impl Change {
    pub(super) fn add(&mut self, fed: Vec<Fed>, sign: i64) {
        for Fed { key, period, shared, units } in fed {
            let sum = self.0.entry((key, period, shared)).or_insert(0);
            *sum = sum.saturating_add(units.saturating_mul(sign));
        }
    }
}

/// What a posting changes of counters that its own rules do not feed: by the record after it, less the one before. What
/// the outcome of its purchase took does not change.
pub(super) fn change(
    fills: &[&Fill],
    bought: &RuleSet,
    taken: &Taken,
    before: Option<&PurchaseRecord>,
    after: &PurchaseRecord,
) -> Result<Change, ServiceError> {
    let mut change = Change::default();
    for fill in fills {
        change.add(fill.of(bought, taken, after)?, 1);
        if let Some(before) = before {
            change.add(fill.of(bought, taken, before)?, -1);
        }
    }
    Ok(change)
}

/// What a redemption changes of counters on which it did not count itself: by the record after, less the one before.
pub(super) fn change_of_redemption(
    fills: &[&Fill],
    made: Made<'_>,
    before: Option<&RedemptionRecord>,
    after: &RedemptionRecord,
) -> Change {
    let mut change = Change::default();
    for fill in fills {
        change.add(fill.of_redemption(made, after), 1);
        if let Some(before) = before {
            change.add(fill.of_redemption(made, before), -1);
        }
    }
    change
}

/// When the counters of a member were filled, for who goes through its history again.
#[derive(Debug, Default, Clone)]
pub(super) struct Counted {
    fills: Fills,
    /// Through which number they are filled now.
    through: i64,
    /// In order.
    lines: Vec<MemberCounted>,
    /// What postings counted for counters that were not filled yet, by number.
    waiting: BTreeMap<i64, BTreeMap<(String, String, String), i64>>,
    /// What was spent so far, by program.
    spent: BTreeMap<String, SpentByMonth>,
}

impl Counted {
    pub(super) fn new(fills: &Fills, through: i64, lines: Vec<MemberCounted>) -> Counted {
        let fills = Arc::clone(fills);
        Counted { fills, through, lines, waiting: BTreeMap::new(), spent: BTreeMap::new() }
    }

    /// After which line the counters of a number are there: a member that began later has them from the start.
    fn after(&self, seq: i64) -> Option<i64> {
        let line = self.lines.iter().find(|line| line.after_fill < seq && seq <= line.through_fill);
        line.map(|line| line.history_seq).or((seq <= self.through).then_some(0))
    }

    /// Counters of the member that were filled before a line, by program, key and period.
    pub(super) fn ripe(&mut self, line: i64) -> BTreeMap<(String, String, String), i64> {
        let ripe: Vec<i64> =
            self.waiting.keys().copied().filter(|seq| self.after(*seq).is_some_and(|after| after < line)).collect();
        let mut all = BTreeMap::new();
        for (key, units) in ripe.iter().filter_map(|seq| self.waiting.remove(seq)).flatten() {
            let sum: &mut i64 = all.entry(key).or_insert(0);
            *sum = sum.saturating_add(units);
        }
        all
    }

    /// Takes up what the member brought along.
    pub(super) fn bring(&mut self, program: &str, on: NaiveDate, spending: Exact) -> Result<(), ServiceError> {
        Ok(self.spent.entry(program.to_owned()).or_default().bring(on, spending)?)
    }

    /// Keeps in a record of a program the windows that were filled before a line of history.
    pub(super) fn keep_windows(&self, program: &str, line: i64, record: &mut MemberRecord) -> Result<(), ServiceError> {
        let nothing = SpentByMonth::default();
        let spent = self.spent.get(program).filter(|_| record.started).unwrap_or(&nothing);
        let windows = self.fills.iter().filter(|fill| fill.program == program && !fill.windows.is_empty());
        for fill in windows.filter(|fill| self.after(fill.seq).is_some_and(|after| after < line)) {
            fill.keep_windows(record, spent)?;
        }
        Ok(())
    }

    /// Takes up what a posting counts for counters of the member.
    pub(super) fn take(
        &mut self,
        bought: &RuleSet,
        taken: &Taken,
        before: Option<&PurchaseRecord>,
        after: &PurchaseRecord,
    ) -> Result<(), ServiceError> {
        self.spent.entry(bought.program().to_owned()).or_default().take(bought, before, after)?;
        let fills = Arc::clone(&self.fills);
        for fill in fills.iter() {
            for ((key, period, shared), units) in change(&[fill], bought, taken, before, after)?.0 {
                if !shared {
                    let waiting = self.waiting.entry(fill.seq).or_default();
                    let sum = waiting.entry((fill.program.clone(), key, period)).or_insert(0);
                    *sum = sum.saturating_add(units);
                }
            }
        }
        Ok(())
    }

    /// What a purchase counts, net of its refunds, for counters that are filled now.
    pub(super) fn net(&self, bought: &RuleSet, outcome: &str, record: &PurchaseRecord) -> Result<Change, ServiceError> {
        let fills = self.filled();
        if fills.is_empty() {
            return Ok(Change::default());
        }
        // One that cannot be read is told elsewhere.
        let taken = Taken::from_json(outcome).unwrap_or_default();
        change(&fills, bought, &taken, None, record)
    }

    /// What a redemption counts for counters that are filled now.
    pub(super) fn net_of_redemption(&self, made: Made<'_>, record: &RedemptionRecord) -> Change {
        change_of_redemption(&self.filled(), made, None, record)
    }

    fn filled(&self) -> Vec<&Fill> {
        self.fills.iter().filter(|fill| fill.seq <= self.through).collect()
    }
}

/// What members spent, by member and program.
type Spent = BTreeMap<(String, String), SpentByMonth>;

/// Keeps in the records of members the windows that they lack.
async fn keep_windows(
    work: &mut Work,
    lacking: &BTreeMap<&str, Vec<&Fill>>,
    mut spent: Spent,
) -> Result<(), ServiceError> {
    if lacking.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = lacking.keys().copied().collect();
    let openings: Vec<OpeningRow> = work.rows(statements::OPENINGS, &ids).await?;
    for OpeningRow { user_id, program, metadata, occurred_at } in openings {
        let fills = lacking.get(user_id.as_str()).into_iter().flatten();
        let Some(fill) = fills.into_iter().find(|fill| fill.program == program) else { continue };
        let spending = brought(&metadata).ok_or_else(|| mend("a line of history cannot be read"))?;
        let months = spent.entry((user_id, program)).or_default();
        months.bring(fill.rules.local_date(occurred_at), spending)?;
    }
    let nothing = SpentByMonth::default();
    let mut changed: Vec<StandingRow> = Vec::new();
    let rows: Vec<StandingRow> = work.rows(statements::STANDING, &ids).await?;
    for StandingRow { user_id, program, record } in rows {
        let before = record_of(&record)?;
        let mut kept = before.clone();
        let spent = spent.get(&(user_id.clone(), program.clone())).unwrap_or(&nothing);
        let fills = lacking.get(user_id.as_str()).into_iter().flatten();
        for fill in fills.filter(|fill| fill.program == program) {
            fill.keep_windows(&mut kept, spent)?;
        }
        if kept != before {
            let record = serde_json::to_string(&kept).map_err(|_| mend("a member's record cannot be written"))?;
            changed.push(StandingRow { user_id, program, record });
        }
    }
    work.write(statements::SET_STANDING_RECORDS, &changed).await?;
    Ok(())
}

/// What the redemptions of members count for counters of theirs.
async fn sum_redemptions(
    work: &mut Work,
    fills: &BTreeMap<&str, Vec<&Fill>>,
    own: &mut BTreeMap<CounterKey, i64>,
) -> Result<(), ServiceError> {
    if fills.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = fills.keys().copied().collect();
    let rows: Vec<RedemptionOf> = work.rows(statements::REDEMPTIONS_OF, &ids).await?;
    for RedemptionOf { user_id, program, redemption_type, record, occurred_at } in rows {
        let record = redemption::record_of(&record)?;
        let made = Made { program: &program, option: &redemption_type, at: occurred_at };
        let of_member = fills.get(user_id.as_str()).map(Vec::as_slice).unwrap_or_default();
        for ((key, period, _), units) in change_of_redemption(of_member, made, None, &record).0 {
            let (user_id, program) = (user_id.clone(), program.clone());
            let sum = own.entry(CounterKey { user_id, program, key, period }).or_insert(0);
            *sum = sum.saturating_add(units);
        }
    }
    Ok(())
}

/// Spending that a member brought along, as its line of history has it.
fn brought(metadata: &str) -> Option<Exact> {
    #[derive(Deserialize)]
    struct Line {
        spending: String,
    }
    let Line { spending } = serde_json::from_str(metadata).ok()?;
    spending.parse().ok()
}

impl Service {
    /// Asks for counters of rules to be filled.
    pub(super) async fn ask_counters(
        &self,
        work: &mut Work,
        rules: &RuleSet,
        keys: &BTreeSet<String>,
        since: NaiveDate,
    ) -> Result<(), ServiceError> {
        if keys.is_empty() {
            return Ok(());
        }
        let unwritable = || mend("counters cannot be asked for");
        let asked = AskedCounters {
            program: rules.program().to_owned(),
            keys: serde_json::to_string(keys).map_err(|_| unwritable())?,
            rule_set: rules.hash().to_owned(),
            files: files_of(rules.sources()).ok_or_else(unwritable)?,
            since,
        };
        // Numbers are committed in order.
        let _: Vec<i64> = work.rows(statements::LOCK_COUNTER_FILLS, &()).await?;
        work.run(statements::ASK_COUNTERS, &asked).await?;
        self.rules.keep(rules);
        if self.lead.is_zero() {
            self.make_due(work, self.lead).await?;
        }
        Ok(())
    }

    /// Fills the counters of these members that are behind; answers of how many.
    pub(super) async fn catch_up(&self, members: &BTreeSet<String>) -> Result<usize, ServiceError> {
        let (mut work, locked, fills) = loop {
            let mut work = self.store.begin().await?;
            let locked: Vec<LockedMember> = work.rows(statements::LOCK_MEMBERS, members).await?;
            let behind = locked.iter().filter(|row| row.counted < row.counted_due);
            let Some(through) = behind.map(|row| row.counted_due).max() else { return Ok(0) };
            if let Some(fills) = self.rules.fills_through(through) {
                break (work, locked, fills);
            }
            // No member is locked while rules are compiled.
            drop(work);
            self.prepare_through(through).await?;
        };
        let behind: Vec<&LockedMember> = locked.iter().filter(|row| row.counted < row.counted_due).collect();
        let mut own: BTreeMap<CounterKey, i64> = BTreeMap::new();
        let mut shared: BTreeMap<BudgetKey, i64> = BTreeMap::new();
        let mut spent = Spent::new();
        let mut lacking: BTreeMap<&str, Vec<&Fill>> = BTreeMap::new();
        let mut redeemed: BTreeMap<&str, Vec<&Fill>> = BTreeMap::new();
        for row in &behind {
            let missing: Vec<&Fill> =
                fills.iter().filter(|fill| fill.seq > row.counted && fill.seq <= row.counted_due).collect();
            self.sum(&mut work, &row.user_id, &missing, &mut own, &mut shared, &mut spent).await?;
            let of_redemptions: Vec<&Fill> = missing.iter().copied().filter(|fill| !fill.redeemed.is_empty()).collect();
            if !of_redemptions.is_empty() {
                redeemed.insert(&row.user_id, of_redemptions);
            }
            let windows: Vec<&Fill> = missing.into_iter().filter(|fill| !fill.windows.is_empty()).collect();
            if !windows.is_empty() {
                lacking.insert(&row.user_id, windows);
            }
        }
        sum_redemptions(&mut work, &redeemed, &mut own).await?;
        keep_windows(&mut work, &lacking, spent).await?;
        let own: Vec<CounterUnits> = own
            .into_iter()
            .map(|(key, units)| CounterUnits {
                user_id: key.user_id,
                program: key.program,
                key: key.key,
                period: key.period,
                units,
            })
            .collect();
        work.write(statements::ADD_COUNTERS, &own).await?;
        if !shared.is_empty() {
            let keys: Vec<&BudgetKey> = shared.keys().collect();
            work.write(statements::ADD_BUDGETS, &keys).await?;
            let _: Vec<CounterUnits> = work.rows(statements::LOCK_BUDGETS, &keys).await?;
            let units: Vec<CounterUnits> = shared
                .into_iter()
                .map(|(key, units)| CounterUnits {
                    user_id: String::new(),
                    program: key.program,
                    key: key.key,
                    period: key.period,
                    units,
                })
                .collect();
            work.write(statements::ADD_BUDGET_UNITS, &units).await?;
        }
        let counted: Vec<MemberCounted> = behind
            .iter()
            .map(|row| MemberCounted {
                user_id: row.user_id.clone(),
                through_fill: row.counted_due,
                after_fill: row.counted,
                history_seq: row.history_seq,
            })
            .collect();
        work.write(statements::PUT_MEMBERS_COUNTED, &counted).await?;
        work.write(statements::SET_COUNTED, &counted).await?;
        work.commit().await?;
        Ok(counted.len())
    }

    /// What the purchases of a member count for counters, by pages of its purchases.
    async fn sum(
        &self,
        work: &mut Work,
        user_id: &str,
        fills: &[&Fill],
        own: &mut BTreeMap<CounterKey, i64>,
        shared: &mut BTreeMap<BudgetKey, i64>,
        spent: &mut Spent,
    ) -> Result<(), ServiceError> {
        if fills.iter().all(|fill| fill.needs_no_purchase()) {
            return Ok(());
        }
        let mut after = After { user_id: user_id.to_owned(), seq: 0 };
        loop {
            let page: Vec<PurchaseOf> = work.rows(statements::PURCHASES_OF, &after).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after.seq = last.seq;
            for row in page.iter().filter(|row| fills.iter().any(|fill| fill.program == row.program)) {
                let record: PurchaseRecord =
                    serde_json::from_str(&row.record).map_err(|_| mend("a purchase cannot be read"))?;
                let program = &row.program;
                let mut of_program = fills.iter().filter(|fill| fill.program == *program);
                if let Some(fill) = of_program.clone().find(|fill| !fill.windows.is_empty()) {
                    let months = spent.entry((user_id.to_owned(), program.clone())).or_default();
                    months.take(&fill.rules, None, &record)?;
                }
                // Windows alone ask for no rules of then.
                if of_program.all(|fill| fill.keys.is_empty()) {
                    continue;
                }
                let bought = self.rules.get(work, &record.rule_set).await?;
                let taken = Taken::from_json(&row.outcome).ok_or_else(|| mend("an outcome cannot be read"))?;
                for ((key, period, is_shared), units) in change(fills, &bought, &taken, None, &record)?.0 {
                    let sum = if is_shared {
                        shared.entry(BudgetKey { program: program.clone(), key, period }).or_insert(0)
                    } else {
                        let (user_id, program) = (user_id.to_owned(), program.clone());
                        own.entry(CounterKey { user_id, program, key, period }).or_insert(0)
                    };
                    *sum = sum.saturating_add(units);
                }
            }
        }
    }

    /// Prepares what was asked for, and fills the counters of a hundred members that are behind; answers of how many.
    pub(crate) async fn fill_counters(&self) -> Result<usize, ServiceError> {
        self.prepare().await?;
        if !self.lead.is_zero() {
            let mut work = self.store.begin().await?;
            self.make_due(&mut work, self.lead).await?;
            work.commit().await?;
        }
        let behind: Vec<String> = self.store.read(statements::MEMBERS_BEHIND, &()).await?;
        if behind.is_empty() {
            return Ok(0);
        }
        // Piece by piece: a member is locked only as long as its own piece takes.
        let mut filled = 0_usize;
        for piece in behind.chunks(PIECE) {
            match self.catch_up(&piece.iter().cloned().collect()).await {
                Ok(done) => filled = filled.saturating_add(done),
                // One that cannot be filled keeps no other back.
                Err(_) => {
                    for member in piece {
                        match self.catch_up(&BTreeSet::from([member.clone()])).await {
                            Ok(done) => filled = filled.saturating_add(done),
                            Err(error) => tracing::warn!(member, %error, "the counters of a member cannot be filled"),
                        }
                    }
                }
            }
        }
        Ok(filled)
    }

    /// Fills the counters of these members as far as they are behind, a few in a transaction.
    pub(super) async fn catch_up_all(&self, members: &BTreeSet<String>) -> Result<(), ServiceError> {
        let members: Vec<&String> = members.iter().collect();
        for piece in members.chunks(PIECE) {
            self.catch_up(&piece.iter().map(|member| (*member).clone()).collect()).await?;
        }
        Ok(())
    }
}

/// Fills counters that were asked for, for ever.
pub(crate) async fn run(service: Arc<Service>) {
    let mut ticks = tokio::time::interval(PAUSE);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        loop {
            match unharmed(service.fill_counters()).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "filling counters failed and is tried again later");
                    break;
                }
            }
        }
    }
}

/// In about how long so many members are filled.
pub(super) fn about(members: u64) -> Duration {
    Duration::from_secs(members.checked_div(PACE).unwrap_or(0).saturating_add(1).min(60))
}
