//! What a batch changed, as rows; and their writing, in one order.

use std::collections::{BTreeMap, HashMap};

use rewards_rules::RuleSet;
use rewards_rules::state::StandingView;
use rewards_rules::state::record::{MemberRecord, PurchaseRecord};
use uuid::Uuid;

use super::Service;
use super::apply::Folded;
use super::error::ServiceError;
use super::load::{Loaded, Locked};
use super::mend;
use super::vault::MemberSeal;
use crate::store::accounts::ApprovalWrite;
use crate::store::rows::{
    AnswerWrite, BudgetKey, CampaignTotals, CashbackWrite, CounterKey, CounterUnits, HistoryWrite, Instant, LotWrite,
    MemberWrite, OutboxWrite, PostedPurchase, ProcessedWrite, PurchaseWrite, RedemptionLotWrite, RedemptionWrite,
    StandingWrite,
};
use crate::store::units::Units;
use crate::store::{Work, statements};

/// Rows that a batch writes.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) processed: Vec<ProcessedWrite>,
    pub(super) purchases: Vec<PurchaseWrite>,
    pub(super) cashback: Vec<CashbackWrite>,
    pub(super) redemptions: Vec<RedemptionWrite>,
    pub(super) redemption_lots: Vec<RedemptionLotWrite>,
    pub(super) answers: Vec<AnswerWrite>,
    pub(super) history: Vec<HistoryWrite>,
    pub(super) outbox: Vec<OutboxWrite>,
    pub(super) totals: BTreeMap<(String, String, String), CampaignTotals>,
    pub(super) enrolments: Vec<super::enrol::EnrolmentWrite>,
    pub(super) members: BTreeMap<String, MemberWrite>,
    pub(super) approvals: Vec<ApprovalWrite>,
    /// Members whose key and facts are deleted.
    pub(super) forgotten: Vec<String>,
}

impl Rows {
    /// The row of a member that is written, made at first use.
    pub(super) fn member(&mut self, user_id: &str, locked: &Locked) -> &mut MemberWrite {
        self.members.entry(user_id.to_owned()).or_insert_with(|| MemberWrite {
            user_id: user_id.to_owned(),
            status: locked.status.as_str().to_owned(),
            facts: None,
            history_seq: locked.row.history_seq,
            history_head: locked.row.history_head.clone(),
            outbox_seq: locked.row.outbox_seq,
        })
    }

    /// Writes everything. The order is that of foreign keys.
    pub(super) async fn write(
        self,
        service: &Service,
        work: &mut Work,
        loaded: &Loaded,
        folded: &Folded,
    ) -> Result<Vec<String>, ServiceError> {
        let states = changed_states(service, work, loaded, folded).await?;
        let members: Vec<MemberWrite> = self.members.into_values().collect();
        work.write(statements::PUT_PROCESSED, &self.processed).await?;
        work.write(statements::PUT_PURCHASES, &last_of_each(self.purchases)).await?;
        work.write(statements::PUT_CASHBACK, &self.cashback).await?;
        work.write(statements::PUT_LOTS, &states.lots).await?;
        work.write(statements::PUT_STANDING, &states.standing).await?;
        work.write(statements::ADD_COUNTERS, &states.added).await?;
        work.write(statements::TAKE_COUNTERS, &states.taken).await?;
        work.write(statements::OPEN_COUNTERS, &states.opened).await?;
        work.write(statements::PUT_REDEMPTIONS, &self.redemptions).await?;
        let ended = self.redemptions.iter().filter(|row| matches!(row.status, "failed" | "cancelled"));
        work.write(statements::FREE_VOUCHERS, &ended.map(|row| row.id).collect::<Vec<Uuid>>()).await?;
        work.write(statements::PUT_REDEMPTION_LOTS, &self.redemption_lots).await?;
        let totals: Vec<CampaignTotals> = self.totals.into_values().collect();
        work.write(statements::ADD_CAMPAIGN_TOTALS, &totals).await?;
        work.write(statements::PUT_ENROLMENTS, &self.enrolments).await?;
        work.write(statements::PUT_HISTORY, &self.history).await?;
        work.write(statements::PUT_OUTBOX, &self.outbox).await?;
        work.write(statements::PUT_ANSWERS, &self.answers).await?;
        work.write(statements::ADD_BUDGET_UNITS, &changed_budgets(loaded, folded)).await?;
        work.write(statements::PUT_MEMBERS, &members).await?;
        work.write(statements::APPROVE_ADJUSTMENTS, &self.approvals).await?;
        work.write(statements::FORGET_FACTS, &self.forgotten).await?;
        work.write(statements::FORGET_SEGMENTS, &self.forgotten).await?;
        work.write(statements::FORGET_KEYS, &self.forgotten).await?;
        Ok(members.into_iter().map(|m| m.user_id).collect())
    }
}

/// A purchase that several refunds of a batch changed is written once, as it is at the end.
fn last_of_each(rows: Vec<PurchaseWrite>) -> Vec<PurchaseWrite> {
    let last: BTreeMap<String, PurchaseWrite> = rows.into_iter().map(|row| (row.transaction_id.clone(), row)).collect();
    last.into_values().collect()
}

/// What budgets gave and got.
fn changed_budgets(loaded: &Loaded, folded: &Folded) -> Vec<CounterUnits> {
    let before = |key: &BudgetKey| loaded.shared.get(key).copied().unwrap_or(0);
    let change = |(key, units): (&BudgetKey, &i64)| {
        let by = units.saturating_sub(before(key));
        (by != 0).then(|| CounterUnits {
            user_id: String::new(),
            program: key.program.clone(),
            key: key.key.clone(),
            period: key.period.clone(),
            units: by,
        })
    };
    folded.shared.iter().filter_map(change).collect()
}

#[derive(Default)]
struct StateRows {
    lots: Vec<LotWrite>,
    standing: Vec<StandingWrite>,
    added: Vec<CounterUnits>,
    taken: Vec<CounterUnits>,
    opened: Vec<CounterUnits>,
}

async fn changed_states(
    service: &Service,
    work: &mut Work,
    loaded: &Loaded,
    folded: &Folded,
) -> Result<StateRows, ServiceError> {
    let mut rows = StateRows::default();
    changed_counters(folded, &mut rows);
    let mut keys: Vec<&(String, String)> = folded.states.keys().collect();
    keys.sort_unstable();
    for key in keys {
        let (user_id, program) = key;
        let (Some(record), Some(rules)) = (folded.states.get(key), folded.rules.get(key)) else { continue };
        let nothing = MemberRecord::default();
        let before = loaded.states.get(key).map_or(&nothing, |s| &s.record);
        changed_lots(loaded, rules, user_id, program, before, record, &mut rows);
        let kept = |record: &MemberRecord| MemberRecord { counters: Vec::new(), lots: Vec::new(), ..record.clone() };
        let (was, is) = (kept(before), kept(record));
        // A member that only was looked at has not begun.
        if is.started && was != is {
            rows.standing.push(standing(service, work, loaded, rules, (user_id, program), is).await?);
        }
    }
    Ok(rows)
}

fn changed_lots(
    loaded: &Loaded,
    rules: &RuleSet,
    user_id: &str,
    program: &str,
    before: &MemberRecord,
    now: &MemberRecord,
    rows: &mut StateRows,
) {
    let known: HashMap<&str, _> = before.lots.iter().map(|lot| (lot.key.as_str(), lot)).collect();
    let today = rules.local_date(loaded.now);
    let units = |n: i64| Units::new(n, rules.points_decimals());
    for lot in &now.lots {
        let pending = lot.spendable_on > today;
        let stands = loaded.pending.contains(&(user_id.to_owned(), program.to_owned(), lot.key.clone()));
        // One that has become spendable is written as well, although the engine changed nothing.
        let same = known.get(lot.key.as_str()).is_some_and(|was| *was == lot) && stands == (pending && lot.rest > 0);
        if same {
            continue;
        }
        rows.lots.push(LotWrite {
            id: Uuid::now_v7(),
            user_id: user_id.to_owned(),
            program: program.to_owned(),
            lot_key: lot.key.clone(),
            seq: lot.seq,
            points_earned: units(lot.earned),
            points_available: units(if pending { 0 } else { lot.rest }),
            points_pending: units(if pending { lot.rest } else { 0 }),
            points_redeemed: units(lot.redeemed),
            points_expired: units(lot.expired),
            points_reversed: units(lot.reversed),
            points_moved: units(lot.transferred),
            counted_expired: units(lot.counted_expired),
            source_type: lot.source.clone(),
            source_id: lot.transaction.clone(),
            spendable_date: lot.spendable_on,
            expiry_date: lot.expires_on,
            rule_set: rules.hash().to_owned(),
            occurred_at: Instant(loaded.now),
            created_at: Instant(loaded.now),
        });
    }
}

/// What counters got goes on top; what they gave back is taken from rows that are there. What they begin with is told
/// from what was fed to them here.
fn changed_counters(folded: &Folded, rows: &mut StateRows) {
    let row = |key: &CounterKey, units: i64| CounterUnits {
        user_id: key.user_id.clone(),
        program: key.program.clone(),
        key: key.key.clone(),
        period: key.period.clone(),
        units,
    };
    rows.opened = folded.opened.iter().map(|(key, units)| row(key, *units)).collect();
    for (key, by) in &folded.own {
        let row = row(key, *by);
        match by {
            0 => {}
            by if *by > 0 => rows.added.push(row),
            _ => rows.taken.push(row),
        }
    }
}

/// Where a member stands by the rules of today, which need not be those under which it was posted to: a purchase may come
/// late. One posted ahead may have brought a level that only later rules have; then those tell.
async fn standing_today(
    service: &Service,
    work: &mut Work,
    loaded: &Loaded,
    rules: &RuleSet,
    program: &str,
    record: &MemberRecord,
) -> Result<StandingView, ServiceError> {
    if let Some(hash) = loaded.in_force.at(program, loaded.now).filter(|hash| *hash != rules.hash()) {
        let today = service.rules.get(work, hash).await?;
        if let Ok(view) = today.standing_of(record, today.local_date(loaded.now)) {
            return Ok(view);
        }
    }
    Ok(rules.standing_of(record, rules.local_date(loaded.now))?)
}

async fn standing(
    service: &Service,
    work: &mut Work,
    loaded: &Loaded,
    rules: &RuleSet,
    (user_id, program): (&str, &str),
    record: MemberRecord,
) -> Result<StandingWrite, ServiceError> {
    let view = standing_today(service, work, loaded, rules, program, &record).await?;
    let broken = || mend("a member's record cannot be written");
    Ok(StandingWrite {
        id: Uuid::now_v7(),
        user_id: user_id.to_owned(),
        program_id: service.rules.level(work, program, view.tier.as_deref()).await?,
        program: program.to_owned(),
        current_tier: view.tier,
        total_spending: view.spending.to_string(),
        tier_progress: view.progress.to_string(),
        tier_achieved_date: view.held_since,
        tier_expiry_date: view.held_through,
        record: serde_json::to_string(&record).map_err(|_| broken())?,
        last_updated: Instant(loaded.now),
    })
}

/// A purchase on its way into the store: what is personal is sealed apart.
pub(super) fn seal_purchase(
    seal: Option<&MemberSeal>,
    mut record: PurchaseRecord,
) -> Result<PurchaseWrite, ServiceError> {
    let broken = || mend("a purchase cannot be written");
    let personal = match (record.requalify.take(), seal) {
        (Some(facts), Some(seal)) => {
            let text = serde_json::to_string(&facts).map_err(|_| broken())?;
            Some(seal.seal("purchase", &text)?)
        }
        _ => None,
    };
    let text = serde_json::to_string(&record).map_err(|_| broken())?;
    Ok(PurchaseWrite { transaction_id: record.id, record: text, personal })
}

/// The inverse; of a member who was forgotten, or got a new key since, without what is personal.
pub(super) fn open_purchase(seal: Option<&MemberSeal>, row: &PostedPurchase) -> Result<PurchaseRecord, ServiceError> {
    let broken = || mend("a purchase cannot be read");
    let mut record: PurchaseRecord = serde_json::from_str(&row.record).map_err(|_| broken())?;
    if let Some((seal, personal)) = seal.zip(row.personal.as_deref())
        && let Ok(text) = seal.open("purchase", personal)
    {
        record.requalify = Some(serde_json::from_str(&text).map_err(|_| broken())?);
    }
    Ok(record)
}
