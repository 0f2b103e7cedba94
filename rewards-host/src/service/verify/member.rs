//! One member: history, postings, messages, lots, counters, standing.

mod balance;
mod campaigns;
mod posting;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use rewards_rules::RuleSet;
use rewards_rules::state::record::{CounterRecord, MemberRecord, PurchaseRecord, RedemptionRecord};
use serde_json::Value;

use super::fold::{Fold, Opened};
use super::told::{Told, units};
use super::{Audit, Counters, named};
use crate::service::counting::Counted;
use crate::service::error::{Code, ServiceError};
use crate::service::load::record_of;
use crate::service::tell::Link;
use crate::service::vault::{MemberSeal, sha256};
use crate::store::audit::{
    CampaignSums, CounterRow, Decimals, HistoryRow, LotSums, MemberHeads, PostingRow, RedemptionSums, ShownStanding,
};
use crate::store::units::{Stored, Units};

/// Rows of one member that are read at once.
pub(super) struct Tables {
    pub(super) lots: Vec<LotSums>,
    pub(super) counters: Vec<CounterRow>,
    pub(super) redemptions: Vec<RedemptionSums>,
    pub(super) campaigns: Vec<CampaignSums>,
    pub(super) standing: Vec<ShownStanding>,
}

/// What postings and lines sum up to in one program.
#[derive(Debug, Default)]
struct Sums {
    history_points: i64,
    history_cashback: i64,
    granted_cashback: i64,
    /// Points that refunds took back; above 0.
    reversed: i64,
    transferred: i64,
    /// Points of redemptions that are pending or completed.
    redeemed: i64,
}

/// What is granted of a purchase by component, less what refunds took.
type Left = HashMap<(bool, String, String), i64>;

/// When points can be spent: from which day on, and through which.
type Dates = (NaiveDate, Option<NaiveDate>);

/// The check of one member.
pub(super) struct Check<'a, 'b> {
    audit: &'a mut Audit<'b>,
    heads: MemberHeads,
    tables: Tables,
    seal: Option<MemberSeal>,
    sums: BTreeMap<String, Sums>,
    counters: Counters,
    /// What counters began with, by the lines of history.
    opened: Counters,
    /// Purchases of which there are refunds.
    purchases: HashMap<String, (Left, Option<PurchaseRecord>)>,
    /// Ids of messages that outcomes have to have.
    messages: BTreeSet<String>,
    /// By the key of a lot, when it can be spent; of a bonus for a level without the level.
    dates: HashMap<String, Dates>,
    /// What lines of history say of redemptions, and under which rules.
    redeemed: HashMap<String, (String, String)>,
    /// What campaigns brought, by program and campaign.
    campaigns: BTreeMap<(String, String), campaigns::Brought>,
    /// Rules of the last line, by program.
    last_rules: HashMap<String, String>,
    /// When its counters were filled.
    counted: Counted,
}

fn raw(stored: &Stored) -> i64 {
    stored.raw().unwrap_or(0)
}

/// What a line of history names in its metadata.
fn named_in(line: &HistoryRow, name: &str) -> Option<String> {
    let metadata: Value = serde_json::from_str(&line.metadata).ok()?;
    metadata.get(name)?.as_str().map(str::to_owned)
}

fn decimal(stored: &Stored, decimals: u8) -> Units {
    Units::new(raw(stored), decimals)
}

impl<'a, 'b> Check<'a, 'b> {
    pub(super) fn new(
        audit: &'a mut Audit<'b>,
        heads: MemberHeads,
        tables: Tables,
        counted: Counted,
    ) -> Result<Self, ServiceError> {
        let opened = audit.service.vault.known(&heads.user_id, heads.wrapped.as_deref(), heads.master_key.as_deref());
        let seal =
            opened.map_err(|e| ServiceError::new(Code::ProcessingError, format!("member {}: {e}", heads.user_id)))?;
        Ok(Check {
            audit,
            heads,
            tables,
            seal,
            sums: BTreeMap::new(),
            counters: Counters::new(),
            opened: Counters::new(),
            purchases: HashMap::new(),
            messages: BTreeSet::new(),
            dates: HashMap::new(),
            redeemed: HashMap::new(),
            campaigns: BTreeMap::new(),
            last_rules: HashMap::new(),
            counted,
        })
    }

    fn tell(&mut self, invariant: u8, table: &'static str, what: &str, found: impl ToString, due: impl ToString) {
        let key = format!("{} {what}", self.heads.user_id);
        self.audit.tell(invariant, table, key, found, due);
    }

    async fn rules(&mut self, hash: &str) -> Result<RuleSet, ServiceError> {
        self.audit.service.rules.get(&mut self.audit.work, hash).await
    }

    fn sums(&mut self, program: &str) -> &mut Sums {
        self.sums.entry(program.to_owned()).or_default()
    }

    pub(super) async fn run(mut self) -> Result<(), ServiceError> {
        let (user_id, seal) = (self.heads.user_id.clone(), self.seal.clone());
        let mut fold = Fold::new(&user_id, seal.as_ref(), self.counted.clone());
        self.history(&mut fold).await?;
        self.outbox().await?;
        self.redemptions();
        self.counters();
        self.points()?;
        self.campaigns();
        self.shown().await?;
        if fold.is_forgotten {
            self.audit.done.forgotten = self.audit.done.forgotten.saturating_add(1);
            return Ok(());
        }
        self.standing(&mut fold).await
    }

    async fn history(&mut self, fold: &mut Fold<'_>) -> Result<(), ServiceError> {
        let user_id = self.heads.user_id.clone();
        let (mut seq, mut head) = (0_i64, String::new());
        let mut last: BTreeMap<usize, (i64, String)> = BTreeMap::new();
        while let Some(line) = self.audit.history.next_of(&mut self.audit.work, &user_id).await? {
            self.audit.done.lines = self.audit.done.lines.saturating_add(1);
            seq = seq.saturating_add(1);
            if line.seq != seq {
                self.tell(
                    5,
                    "reward_history",
                    &format!("line {seq}"),
                    format!("line {}", line.seq),
                    format!("line {seq}"),
                );
                seq = line.seq;
            }
            self.linked(&line, &head);
            head.clone_from(&line.chain);
            if let Some(anchor) = self.audit.anchored.of(line.created_at) {
                last.insert(anchor, (line.seq, line.chain.clone()));
            }
            let points = raw(&line.points_change);
            let sums = self.sums(&line.program);
            sums.history_points = sums.history_points.saturating_add(points);
            sums.history_cashback = sums.history_cashback.saturating_add(raw(&line.cashback_change));
            if line.action_type == "transfer_out" {
                sums.transferred = sums.transferred.saturating_sub(points);
            }
            match line.action_type.as_str() {
                "opening" => self.opened(&line),
                "redemption" => self.redeemed(&line),
                "enrolled" | "left" => self.belonged(&line),
                _ => {}
            }
            self.last_rules.insert(line.program.clone(), line.rule_set.clone());
            if matches!(line.action_type.as_str(), "purchase" | "refund") {
                self.posting(&line, fold).await?;
            } else {
                let rules = self.rules(&line.rule_set).await?;
                fold.line(&rules, &line)?;
            }
        }
        self.audit.anchored.add(&self.audit.service.vault, &user_id, &last);
        if seq != self.heads.history_seq {
            let due = self.heads.history_seq;
            self.tell(5, "reward_history", "number of lines", seq, due);
        }
        if head != self.heads.history_head {
            let due = self.heads.history_head.clone();
            self.tell(5, "members", "head of the chain", due, head);
        }
        while let Some(row) = self.audit.postings.next_of(&mut self.audit.work, &user_id).await? {
            self.tell(1, "processed_transactions", &row.transaction_id, "no line of history", "one line of history");
        }
        self.records();
        Ok(())
    }

    fn opened(&mut self, line: &HistoryRow) {
        match Opened::of(&line.metadata) {
            Some(opened) => {
                let key = |c: &CounterRecord| (line.program.clone(), c.key.clone(), c.period.clone());
                self.dates.extend(opened.dates());
                self.opened.extend(opened.counters.iter().map(|c| (key(c), c.units)));
            }
            None => self.tell(5, "reward_history", &format!("line {}", line.seq), &line.metadata, "what was brought"),
        }
    }

    fn redeemed(&mut self, line: &HistoryRow) {
        if let Some(id) = named_in(line, "redemption_id") {
            self.redeemed.insert(id, (line.description.clone(), line.rule_set.clone()));
        }
    }

    fn linked(&mut self, line: &HistoryRow, head: &str) {
        let Some(Decimals { money_decimals, points_decimals }) = self.audit.decimals.get(&line.program).copied() else {
            return self.tell(5, "reward_history", &format!("line {}", line.seq), &line.program, "a program");
        };
        let link = Link {
            user_id: &line.user_id,
            program: &line.program,
            seq: line.seq,
            action: &line.action_type,
            points: decimal(&line.points_change, points_decimals),
            cashback: decimal(&line.cashback_change, money_decimals),
            currency: &line.currency,
            rule_set: &line.rule_set,
            description: &line.description,
            metadata: &line.metadata,
            occurred_at: line.occurred_at,
            created_at: line.created_at,
        };
        let due = self.audit.service.vault.link(head, &link.text());
        if due != line.chain {
            self.tell(5, "reward_history", &format!("line {}, chain", line.seq), &line.chain, due);
        }
    }

    /// A line of a purchase or a refund: its row is next.
    async fn posting(&mut self, line: &HistoryRow, fold: &mut Fold<'_>) -> Result<(), ServiceError> {
        let user_id = self.heads.user_id.clone();
        let id = named_in(line, "transaction_id").unwrap_or_default();
        let row = loop {
            match self.audit.postings.next_of(&mut self.audit.work, &user_id).await? {
                Some(row) if row.seq < line.seq => {
                    self.tell(1, "processed_transactions", &row.transaction_id, "no line of history", "one line");
                }
                other => break other,
            }
        };
        let Some(row) = row.filter(|row| row.seq == line.seq && row.transaction_id == id) else {
            self.tell(1, "processed_transactions", &id, "no outcome", format!("the outcome of line {}", line.seq));
            return Ok(());
        };
        self.audit.done.postings = self.audit.done.postings.saturating_add(1);
        let rules = self.rules(&row.rule_set).await?;
        let bought = match row.original_id.as_ref().and_then(|original| self.purchases.get(original)) {
            Some((_, Some(record))) => {
                let hash = record.rule_set.clone();
                Some(self.rules(&hash).await?)
            }
            _ => None,
        };
        self.outcome(line, &row, &rules);
        self.filled(&row, &rules)?;
        if let Err(error) = fold.posting(&rules, bought.as_ref(), &row, false) {
            self.tell(
                7,
                "processed_transactions",
                &row.transaction_id,
                error.detail,
                "a posting that can be done again",
            );
        }
        Ok(())
    }

    /// What a purchase, less its refunds, counts for counters that its own rules do not feed.
    fn filled(&mut self, row: &PostingRow, rules: &RuleSet) -> Result<(), ServiceError> {
        let Some(record) = row.record.as_deref().and_then(|text| serde_json::from_str::<PurchaseRecord>(text).ok())
        else {
            return Ok(());
        };
        for ((key, period, shared), units) in self.counted.net(rules, &row.outcome, &record)?.0 {
            let counters = if shared { &mut self.audit.budgets } else { &mut self.counters };
            let sum = counters.entry((row.program.clone(), key, period)).or_insert(0);
            *sum = sum.saturating_add(units);
        }
        Ok(())
    }

    async fn outbox(&mut self) -> Result<(), ServiceError> {
        let user_id = self.heads.user_id.clone();
        let mut due = std::mem::take(&mut self.messages);
        let mut seq = 0_i64;
        while let Some(row) = self.audit.messages.next_of(&mut self.audit.work, &user_id).await? {
            seq = seq.saturating_add(1);
            if row.seq != seq {
                self.tell(
                    6,
                    "outbox",
                    &format!("message {seq}"),
                    format!("message {}", row.seq),
                    format!("message {seq}"),
                );
                seq = row.seq;
            }
            let payload: Value = serde_json::from_str(&row.payload).unwrap_or_default();
            let id = payload.get("id").and_then(Value::as_str).unwrap_or_default();
            let of_outcome = id.starts_with("earned:") || id.starts_with("cashback:");
            if !due.remove(id) && of_outcome {
                self.tell(6, "outbox", &format!("message {}", row.seq), id, "one message for each outcome that has it");
            }
        }
        if seq != self.heads.outbox_seq {
            let due = self.heads.outbox_seq;
            self.tell(6, "outbox", "number of messages", seq, due);
        }
        for id in due {
            self.tell(6, "outbox", &id, "no message", "one message");
        }
        Ok(())
    }
}
