//! Proves over the whole store that the ledger holds together, and says where it does not.
//!
//! One pass over members in the order of the store, in one snapshot, with as much in memory as one page of members has:
//! nothing is locked, and the service may go on.

mod derive;
mod fold;
mod member;
mod replay;
mod stream;
mod told;

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
#[cfg(test)]
pub(crate) use replay::Replay;
pub(crate) use replay::Replayed;

use super::Service;
use super::anchors::{Anchored, Differs};
use super::counting::Counted;
use super::error::ServiceError;
use super::rules::InForce;
use crate::store::audit::{
    CampaignSums, CounterRow, Decimals, HistoryRow, LotSums, LotSumsOff, MemberHeads, MessageRow, PostingRow,
    ProgramDecimals, RedemptionSums, ShownStanding, Stray, StrayVoucher, TransferSums,
};
use crate::store::rows::MemberCounted;
use crate::store::{Statement, Work, statements};
use member::{Check, Tables};
use stream::Stream;

/// Something that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Number of the invariant, as docs/ledger.md lists them.
    pub(crate) invariant: u8,
    /// Where it was found.
    pub(crate) table: &'static str,
    /// The row, or the rows.
    pub(crate) key: String,
    /// What is there.
    pub(crate) found: String,
    /// What should be.
    pub(crate) due: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Finding { invariant, table, key, found, due } = self;
        write!(f, "invariant {invariant}: {table} {key}: found {found}, due {due}")
    }
}

/// How much was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Verified {
    /// Members.
    pub(crate) members: u64,
    /// Of them, those without a key: their standing cannot be folded again.
    pub(crate) forgotten: u64,
    /// Lines of history.
    pub(crate) lines: u64,
    /// Purchases and refunds.
    pub(crate) postings: u64,
    /// What is wrong.
    pub(crate) findings: u64,
    /// The last anchor of history: up to when, and its value.
    pub(crate) anchored: Option<(DateTime<Utc>, String)>,
}

/// Units of counters by program, key and period.
type Counters = BTreeMap<(String, String, String), i64>;

/// What the pass over members needs, and what it sums up.
struct Audit<'a> {
    service: &'a Service,
    work: Work,
    in_force: InForce,
    decimals: HashMap<String, Decimals>,
    history: Stream<HistoryRow>,
    postings: Stream<PostingRow>,
    messages: Stream<MessageRow>,
    /// Budgets as outcomes fed them.
    budgets: Counters,
    anchored: Anchored,
    done: Verified,
    tell: &'a mut (dyn FnMut(Finding) + Send),
}

impl Audit<'_> {
    fn tell(&mut self, invariant: u8, table: &'static str, key: String, found: impl ToString, due: impl ToString) {
        self.done.findings = self.done.findings.saturating_add(1);
        (self.tell)(Finding { invariant, table, key, found: found.to_string(), due: due.to_string() });
    }
}

fn by_member<T>(rows: Vec<T>, user_id: fn(&T) -> &str) -> HashMap<String, Vec<T>> {
    let mut by: HashMap<String, Vec<T>> = HashMap::new();
    for row in rows {
        by.entry(user_id(&row).to_owned()).or_default().push(row);
    }
    by
}

/// When the counters of members were filled, one for each.
async fn counted(service: &Service, work: &mut Work, members: &[MemberHeads]) -> Result<Vec<Counted>, ServiceError> {
    let through = members.iter().map(|member| member.counted).max().unwrap_or(0);
    let fills = service.rules.fills(work, through).await?;
    let mut lines = HashMap::new();
    if through > 0 {
        let ids: Vec<&str> = members.iter().map(|member| member.user_id.as_str()).collect();
        lines = by_member::<MemberCounted>(work.rows(statements::MEMBERS_COUNTED, &ids).await?, |row| &row.user_id);
    }
    let of = |member: &MemberHeads| {
        let lines = lines.remove(&member.user_id).unwrap_or_default();
        Counted::new(&fills, member.counted, lines)
    };
    Ok(members.iter().map(of).collect())
}

async fn decimals(work: &mut Work) -> Result<HashMap<String, Decimals>, ServiceError> {
    let rows: Vec<ProgramDecimals> = work.rows(statements::VERIFY_PROGRAMS, &()).await?;
    Ok(rows.into_iter().map(|row| (row.program, row.decimals)).collect())
}

impl Service {
    /// Checks every invariant of the ledger; tells each finding as it comes up. `anchor` is the value of an anchor that
    /// was kept elsewhere: history has to have it.
    pub(crate) async fn verify(
        &self,
        anchor: Option<&str>,
        tell: &mut (dyn FnMut(Finding) + Send),
    ) -> Result<Verified, ServiceError> {
        let mut work = self.store.snapshot().await?;
        let in_force = InForce::within(&mut work).await?;
        let decimals = decimals(&mut work).await?;
        let anchored = Anchored::new(work.rows(statements::HISTORY_ANCHORS, &()).await?);
        let mut audit = Audit {
            service: self,
            work,
            in_force,
            decimals,
            history: Stream::new(statements::VERIFY_HISTORY),
            postings: Stream::new(statements::VERIFY_PROCESSED),
            messages: Stream::new(statements::VERIFY_OUTBOX),
            budgets: Counters::new(),
            anchored,
            done: Verified::default(),
            tell,
        };
        let mut last = String::new();
        loop {
            let page: Vec<MemberHeads> = audit.work.rows(statements::VERIFY_MEMBERS, &last).await?;
            let Some(end) = page.last() else { break };
            last.clone_from(&end.user_id);
            audit.page(page).await?;
        }
        audit.budgets().await?;
        audit.transfers().await?;
        audit.lot_sums().await?;
        audit.anchors(anchor);
        Ok(audit.done)
    }
}

impl Audit<'_> {
    async fn page(&mut self, members: Vec<MemberHeads>) -> Result<(), ServiceError> {
        let ids: Vec<&str> = members.iter().map(|member| member.user_id.as_str()).collect();
        let mut lots = self.of::<LotSums>(statements::VERIFY_LOTS, &ids, |row| &row.user_id).await?;
        let mut counters = self.of::<CounterRow>(statements::VERIFY_COUNTERS, &ids, |row| &row.user_id).await?;
        let mut redemptions =
            self.of::<RedemptionSums>(statements::VERIFY_REDEMPTIONS, &ids, |row| &row.user_id).await?;
        let mut standing = self.of::<ShownStanding>(statements::VERIFY_STANDING, &ids, |row| &row.user_id).await?;
        let mut campaigns = self.of::<CampaignSums>(statements::VERIFY_CAMPAIGNS, &ids, |row| &row.user_id).await?;
        let counted = counted(self.service, &mut self.work, &members).await?;
        for (member, counted) in members.into_iter().zip(counted) {
            let tables = Tables {
                lots: lots.remove(&member.user_id).unwrap_or_default(),
                counters: counters.remove(&member.user_id).unwrap_or_default(),
                redemptions: redemptions.remove(&member.user_id).unwrap_or_default(),
                campaigns: campaigns.remove(&member.user_id).unwrap_or_default(),
                standing: standing.remove(&member.user_id).unwrap_or_default(),
            };
            self.done.members = self.done.members.saturating_add(1);
            Check::new(self, member, tables, counted)?.run().await?;
        }
        Ok(())
    }

    async fn of<T: serde::de::DeserializeOwned>(
        &mut self,
        statement: Statement,
        ids: &[&str],
        user_id: fn(&T) -> &str,
    ) -> Result<HashMap<String, Vec<T>>, ServiceError> {
        Ok(by_member(self.work.rows(statement, &ids).await?, user_id))
    }

    /// Budgets stand where outcomes brought them, and below their caps.
    async fn budgets(&mut self) -> Result<(), ServiceError> {
        let rows: Vec<CounterRow> = self.work.rows(statements::VERIFY_BUDGETS, &()).await?;
        let mut fed = std::mem::take(&mut self.budgets);
        for row in rows {
            let key = (row.program, row.key, row.period);
            let due = row.opening.saturating_add(fed.remove(&key).unwrap_or(0));
            if row.units != due {
                self.tell(3, "budget_counters", named(&key), row.units, due);
            }
        }
        for (key, units) in fed.into_iter().filter(|(_, units)| *units != 0) {
            self.tell(3, "budget_counters", named(&key), "no row", units);
        }
        Ok(())
    }

    /// What reports take for lots is what the lots come to.
    async fn lot_sums(&mut self) -> Result<(), ServiceError> {
        let rows: Vec<LotSumsOff> = self.work.rows(statements::VERIFY_LOT_SUMS, &()).await?;
        for LotSumsOff { key, found, due } in rows {
            self.tell(4, "lot_sums", key, found, due);
        }
        Ok(())
    }

    /// History has the last lines that were anchored, and the anchor that was kept elsewhere.
    fn anchors(&mut self, kept: Option<&str>) {
        for Differs { key, found, due } in self.anchored.differing(&self.service.vault) {
            self.tell(5, "history_anchors", key, found, due);
        }
        if let Some(kept) = kept.filter(|kept| !self.anchored.has(kept)) {
            self.tell(5, "history_anchors", "of --anchor".to_owned(), "no such anchor", kept);
        }
        self.done.anchored = self.anchored.last().map(|last| (last.until, last.chain.clone()));
    }

    /// Both sides of a transfer are equal; rows belong to the members that they name.
    async fn transfers(&mut self) -> Result<(), ServiceError> {
        let rows: Vec<TransferSums> = self.work.rows(statements::VERIFY_TRANSFERS, &()).await?;
        for TransferSums { id, given, received } in rows {
            let text = |stored: crate::store::units::Stored| stored.raw().map_or_else(String::new, |n| n.to_string());
            self.tell(4, "reward_points", format!("transfer {id}"), text(received), text(given));
        }
        let rows: Vec<StrayVoucher> = self.work.rows(statements::VERIFY_VOUCHERS, &()).await?;
        for StrayVoucher { id, redemption, found, due } in rows {
            self.tell(4, "voucher_codes", format!("{id} of redemption {redemption}"), found, due);
        }
        let rows: Vec<Stray> = self.work.rows(statements::VERIFY_STRAYS, &()).await?;
        for Stray { place, key } in rows {
            let (invariant, table) = if place == "outbox" { (6, "outbox") } else { (1, "cashback_transactions") };
            self.tell(invariant, table, key, "a row of another member", "a row of the member of its outcome");
        }
        Ok(())
    }
}

fn named((program, key, period): &(String, String, String)) -> String {
    format!("{program}/{key}/{period}")
}
