//! One member: history, postings, messages, lots, counters, standing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rewards_rules::RuleSet;
use rewards_rules::state::record::{MemberRecord, PurchaseRecord, RedemptionRecord};
use serde_json::Value;

use super::fold::Fold;
use super::told::{Told, units};
use super::{Audit, Counters, named};
use crate::service::error::{Code, ServiceError};
use crate::service::tell::Link;
use crate::service::vault::{MemberSeal, VaultError, sha256};
use crate::store::audit::{CounterRow, Decimals, HistoryRow, LotSums, MemberHeads, PostingRow, RedemptionSums};
use crate::store::rows::StandingRow;
use crate::store::units::{Stored, Units};

/// Rows of one member that are read at once.
pub(super) struct Tables {
    pub(super) lots: Vec<LotSums>,
    pub(super) counters: Vec<CounterRow>,
    pub(super) redemptions: Vec<RedemptionSums>,
    pub(super) standing: Vec<StandingRow>,
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

/// The check of one member.
pub(super) struct Check<'a, 'b> {
    audit: &'a mut Audit<'b>,
    heads: MemberHeads,
    tables: Tables,
    seal: Option<MemberSeal>,
    sums: BTreeMap<String, Sums>,
    counters: Counters,
    /// Purchases of which there are refunds.
    purchases: HashMap<String, (Left, Option<PurchaseRecord>)>,
    /// Ids of messages that outcomes have to have.
    messages: BTreeSet<String>,
}

fn raw(stored: &Stored) -> i64 {
    stored.raw().unwrap_or(0)
}

fn decimal(stored: &Stored, decimals: u8) -> Units {
    Units::new(raw(stored), decimals)
}

impl<'a, 'b> Check<'a, 'b> {
    pub(super) fn new(audit: &'a mut Audit<'b>, heads: MemberHeads, tables: Tables) -> Result<Self, ServiceError> {
        let opened = audit.service.vault.member(&heads.user_id, heads.wrapped.as_deref(), heads.master_key.as_deref());
        let seal = match opened {
            Ok(seal) => Some(seal),
            Err(VaultError::Forgotten) => None,
            Err(e) => return Err(ServiceError::new(Code::ProcessingError, format!("member {}: {e}", heads.user_id))),
        };
        Ok(Check {
            audit,
            heads,
            tables,
            seal,
            sums: BTreeMap::new(),
            counters: Counters::new(),
            purchases: HashMap::new(),
            messages: BTreeSet::new(),
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
        let mut fold = Fold::new(&user_id, seal.as_ref());
        self.history(&mut fold).await?;
        self.outbox().await?;
        self.redemptions();
        self.counters();
        self.points()?;
        if fold.is_forgotten {
            self.audit.done.forgotten = self.audit.done.forgotten.saturating_add(1);
            return Ok(());
        }
        self.standing(&mut fold).await
    }

    async fn history(&mut self, fold: &mut Fold<'_>) -> Result<(), ServiceError> {
        let user_id = self.heads.user_id.clone();
        let (mut seq, mut head) = (0_i64, String::new());
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
            let points = raw(&line.points_change);
            let sums = self.sums(&line.program);
            sums.history_points = sums.history_points.saturating_add(points);
            sums.history_cashback = sums.history_cashback.saturating_add(raw(&line.cashback_change));
            if line.action_type == "transfer_out" {
                sums.transferred = sums.transferred.saturating_sub(points);
            }
            if matches!(line.action_type.as_str(), "purchase" | "refund") {
                self.posting(&line, fold).await?;
            } else {
                let rules = self.rules(&line.rule_set).await?;
                fold.line(&rules, &line)?;
            }
        }
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
        let metadata: Value = serde_json::from_str(&line.metadata).unwrap_or_default();
        let id = metadata.get("transaction_id").and_then(Value::as_str).unwrap_or_default().to_owned();
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
        if let Err(error) = fold.posting(&rules, bought.as_ref(), &row) {
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

    /// What is told of a posting is what its rows have.
    fn outcome(&mut self, line: &HistoryRow, row: &PostingRow, rules: &RuleSet) {
        let id = row.transaction_id.as_str();
        let Ok(told) = serde_json::from_str::<Told>(&row.outcome) else {
            return self.tell(1, "processed_transactions", id, "an outcome that cannot be read", "an outcome");
        };
        let said = [told.transaction_id.as_str(), &told.kind, &told.program, told.original.as_deref().unwrap_or("")];
        let kept = [id, row.kind.as_str(), &row.program, row.original_id.as_deref().unwrap_or("")];
        if said != kept {
            self.tell(1, "processed_transactions", &format!("{id}, outcome"), said.join(" "), kept.join(" "));
        }
        let hash = sha256(&row.content);
        if hash != row.content_sha256 {
            self.tell(1, "processed_transactions", &format!("{id}, content"), hash, &row.content_sha256);
        }
        let refund = row.kind == "refund";
        let as_row = |(position, kind, of, rule, amount): (i64, &str, &str, &str, i64)| {
            format!("{position} {kind} {of} {rule} {amount}")
        };
        let due: Vec<String> = (0_i64..)
            .zip(&told.components)
            .map(|(at, part)| {
                as_row((at, if refund { "reversal" } else { &part.kind }, &part.kind, &part.id, units(&part.granted)))
            })
            .collect();
        let found: Vec<String> = row
            .components
            .iter()
            .map(|c| as_row((c.position, &c.cashback_type, &c.component, &c.rule_id, raw(&c.amount))))
            .collect();
        if found != due {
            self.tell(1, "cashback_transactions", id, format!("{found:?}"), format!("{due:?}"));
        }
        let (cash, points) = (units(&told.totals.total), units(&told.totals.points));
        let by_parts = told.components.iter().fold(0_i64, |sum, part| sum.saturating_add(units(&part.granted)));
        if by_parts != cash || raw(&line.cashback_change) != cash {
            let found = format!("{by_parts} in components, {} in history", raw(&line.cashback_change));
            self.tell(5, "reward_history", &format!("line {}, cashback", line.seq), found, cash);
        }
        let paid = row.components.iter().fold(0_i64, |sum, c| sum.saturating_add(raw(&c.amount)));
        let sums = self.sums(&row.program);
        sums.granted_cashback = sums.granted_cashback.saturating_add(paid);
        if refund {
            sums.reversed = sums.reversed.saturating_sub(points);
        }
        self.reversed(row, &told);
        self.used(row, &told, rules);
        if points != 0 && !refund {
            self.messages.insert(format!("earned:{id}"));
        }
        if cash != 0 || (refund && points != 0) {
            self.messages.insert(format!("cashback:{id}"));
        }
    }

    /// Refunds take no more than their purchase granted.
    fn reversed(&mut self, row: &PostingRow, told: &Told) {
        let money = told.components.iter().map(|part| (false, part));
        // A bonus for a level may be taken back by the refund of another purchase.
        let points = told.points.iter().filter(|part| part.kind != "upgrade").map(|part| (true, part));
        let parts = money.chain(points).map(|(points, p)| ((points, p.kind.clone(), p.id.clone()), units(&p.granted)));
        let parts: Vec<_> = parts.collect();
        let Some(original) = row.original_id.clone() else {
            if row.refunded {
                let record = row.record.as_deref().and_then(|text| serde_json::from_str(text).ok());
                if record.is_none() {
                    self.tell(2, "posted_purchases", &row.transaction_id, "no record", "the record of a purchase");
                }
                self.purchases.insert(row.transaction_id.clone(), (parts.into_iter().collect(), record));
            }
            if let Some((key, units)) = told.components.iter().map(|p| (&p.id, units(&p.granted))).find(|(_, u)| *u < 0)
            {
                self.tell(2, "processed_transactions", &format!("{}, {key}", row.transaction_id), units, "0 or more");
            }
            return;
        };
        let mut wrong = Vec::new();
        match self.purchases.get_mut(&original) {
            None => wrong.push((original.clone(), "no purchase before it".to_owned(), "a purchase".to_owned())),
            Some((left, record)) => {
                for ((points, kind, id), units) in parts {
                    let rest = left.entry((points, kind.clone(), id.clone())).or_insert(0);
                    *rest = rest.saturating_add(units);
                    if *rest < 0 {
                        wrong.push((format!("{original}, {kind} {id}"), rest.to_string(), "0 or more".to_owned()));
                    }
                }
                if let Some(record) = record {
                    record.refunded.amount = record.refunded.amount.saturating_add(units(&told.amount));
                    if record.refunded.amount < 0 {
                        let left = record.refunded.amount.to_string();
                        wrong.push((format!("{original}, refunded"), left, "0 at last".to_owned()));
                    }
                }
            }
        }
        for (key, found, due) in wrong {
            self.tell(2, "processed_transactions", &key, found, due);
        }
    }

    /// What refunds took stands in the record of their purchase.
    fn records(&mut self) {
        for (id, (left, record)) in std::mem::take(&mut self.purchases) {
            let Some(record) = record else { continue };
            if record.refunded.amount != 0 {
                let found = format!("{} more than the refunds", record.refunded.amount);
                self.tell(2, "posted_purchases", &format!("{id}, refunded"), found, "the sum of the refunds");
            }
            for part in record.parts {
                let rest = left.get(&(part.points, part.kind.clone(), part.id.clone())).copied().unwrap_or(0);
                let due = part.granted.saturating_sub(rest);
                if part.reversed != due {
                    self.tell(2, "posted_purchases", &format!("{id}, {} {}", part.kind, part.id), part.reversed, due);
                }
            }
        }
    }

    /// Counters that an outcome fed, and budgets as it met them.
    fn used(&mut self, row: &PostingRow, told: &Told, rules: &RuleSet) {
        let met: Vec<rewards_rules::state::record::CounterRecord> =
            serde_json::from_str(&row.usage).unwrap_or_default();
        for usage in &told.usage {
            let by = units(&usage.delta);
            let key = (row.program.clone(), usage.key.clone(), usage.period.clone());
            if !usage.is_shared() {
                let sum = self.counters.entry(key).or_insert(0);
                *sum = sum.saturating_add(by);
                continue;
            }
            let sum = self.audit.budgets.entry(key).or_insert(0);
            *sum = sum.saturating_add(by);
            let before = met.iter().find(|c| c.key == usage.key && c.period == usage.period).map_or(0, |c| c.units);
            let limit = self.audit.service.rules.budgets(rules).get(&usage.key).map(|budget| budget.limit.units);
            let after = before.saturating_add(by);
            if let Some(limit) = limit.filter(|limit| by > 0 && after > *limit) {
                let what = format!("{}, budget {}/{}", row.transaction_id, usage.key, usage.period);
                self.tell(3, "processed_transactions", &what, after, format!("{limit} at most"));
            }
        }
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

    /// Redemptions took from lots what they say, and their counters count it while it is not returned.
    fn redemptions(&mut self) {
        for row in std::mem::take(&mut self.tables.redemptions) {
            let used = raw(&row.points_used);
            let Ok(record) = serde_json::from_str::<RedemptionRecord>(&row.record) else {
                self.tell(4, "reward_redemptions", &row.id.to_string(), "a record that cannot be read", "a record");
                continue;
            };
            let by_lots = row.lots.iter().fold(0_i64, |sum, taken| sum.saturating_add(raw(&taken.points)));
            let mut taken: Vec<(&str, i64)> = record.taken.iter().map(|t| (t.lot.as_str(), t.points)).collect();
            taken.sort_unstable();
            let mut lots: Vec<(&str, i64)> = row.lots.iter().map(|t| (t.lot.as_str(), raw(&t.points))).collect();
            lots.sort_unstable();
            if by_lots != used || record.points != used || taken != lots {
                self.tell(
                    4,
                    "redemption_lots",
                    &row.id.to_string(),
                    format!("{lots:?}"),
                    format!("{used} as {taken:?}"),
                );
            }
            let state = serde_json::to_value(record.state).ok();
            if state.as_ref().and_then(Value::as_str) != Some(row.status.as_str()) {
                let due = state.map(|state| state.to_string()).unwrap_or_default();
                self.tell(4, "reward_redemptions", &format!("{}, status", row.id), &row.status, due);
            }
            if !matches!(row.status.as_str(), "pending" | "completed") {
                continue;
            }
            for counter in record.counters {
                let sum = self.counters.entry((row.program.clone(), counter.key, counter.period)).or_insert(0);
                *sum = sum.saturating_add(counter.units);
            }
            let sums = self.sums(&row.program);
            sums.redeemed = sums.redeemed.saturating_add(used);
        }
    }

    fn counters(&mut self) {
        for row in std::mem::take(&mut self.tables.counters) {
            let key = (row.program, row.key, row.period);
            let due = row.opening.saturating_add(self.counters.remove(&key).unwrap_or(0));
            if row.units != due {
                self.tell(3, "usage_counters", &named(&key), row.units, due);
            }
        }
        let rest: Vec<_> = self.counters.iter().map(|(key, units)| (key.clone(), *units)).collect();
        for (key, units) in rest.into_iter().filter(|(_, units)| *units != 0) {
            self.tell(3, "usage_counters", &named(&key), "no row", units);
        }
    }

    /// Lots add up in themselves, with redemptions and transfers, and to what the history tells.
    fn points(&mut self) -> Result<(), ServiceError> {
        let mut left: BTreeMap<String, [i64; 3]> = BTreeMap::new();
        for lot in std::mem::take(&mut self.tables.lots) {
            let (rest, gone) = (
                [&lot.points_available, &lot.points_pending],
                [&lot.points_redeemed, &lot.points_expired, &lot.points_reversed, &lot.points_moved],
            );
            let all: Vec<i64> = rest.into_iter().chain(gone).map(raw).collect();
            let sum = all.iter().fold(0_i64, |sum, part| sum.saturating_add(*part));
            let earned = raw(&lot.points_earned);
            if sum != earned || all.iter().any(|part| *part < 0) {
                self.tell(4, "reward_points", &format!("{}/{}", lot.program, lot.lot_key), format!("{all:?}"), earned);
            }
            let sums = left.entry(lot.program).or_default();
            let parts = [
                raw(&lot.points_available).saturating_add(raw(&lot.points_pending)),
                raw(&lot.points_redeemed),
                raw(&lot.points_moved),
            ];
            for (sum, part) in sums.iter_mut().zip(parts) {
                *sum = sum.saturating_add(part);
            }
        }
        let mut programs: BTreeSet<String> = self.sums.keys().chain(left.keys()).cloned().collect();
        programs.extend(self.tables.standing.iter().map(|row| row.program.clone()));
        for program in programs {
            let [rest, redeemed, moved] = left.get(&program).copied().unwrap_or_default();
            let debts = match self.tables.standing.iter().find(|row| row.program == program) {
                Some(row) => record_of(&row.record)?.debts.iter().fold(0_i64, |sum, debt| sum.saturating_add(*debt)),
                None => 0,
            };
            let Sums { history_points, history_cashback, granted_cashback, reversed, transferred, redeemed: spent } =
                self.sums.remove(&program).unwrap_or_default();
            let net = rest.saturating_sub(debts);
            for (invariant, table, what, found, due) in [
                (5, "reward_history", "points", history_points, net),
                (5, "reward_history", "cashback", history_cashback, granted_cashback),
                (4, "reward_points", "redeemed", redeemed, spent),
                (4, "reward_points", "moved", moved, transferred),
                (4, "user_loyalty_status", "debt, which refunds alone can make", debts.max(reversed), reversed),
            ] {
                if found != due {
                    self.tell(invariant, table, &format!("{program}, {what}"), found, due);
                }
            }
        }
        Ok(())
    }

    /// The standing is what the history folds to.
    async fn standing(&mut self, fold: &mut Fold<'_>) -> Result<(), ServiceError> {
        for row in std::mem::take(&mut self.tables.standing) {
            let kept = record_of(&row.record)?;
            let mut due = fold.record(&row.program);
            if kept.started && !due.started {
                // It began with something that has no line.
                let at = kept.latest.unwrap_or_default();
                let hash = self.audit.in_force.at(&row.program, at).map(str::to_owned);
                let Some(hash) = hash else { continue };
                let rules = self.rules(&hash).await?;
                fold.advance(&rules, at)?;
                due = fold.record(&row.program);
            }
            let text = |record: &MemberRecord| {
                let standing = serde_json::to_string(&record.standing).unwrap_or_default();
                format!("{} purchases, {standing}", record.purchases)
            };
            let (found, due) = (text(&kept), text(&due));
            if found != due {
                self.tell(7, "user_loyalty_status", &row.program, found, due);
            }
        }
        Ok(())
    }
}

fn record_of(text: &str) -> Result<MemberRecord, ServiceError> {
    serde_json::from_str(text).map_err(|_| crate::service::mend("a member's record cannot be read"))
}
