//! A purchase or a refund: its outcome is what its rows say.

use serde::Deserialize;

use super::super::told::Part;
use super::*;
use crate::store::audit::ComponentRow;

impl Check<'_, '_> {
    /// What is told of a posting is what its rows have.
    pub(super) fn outcome(&mut self, line: &HistoryRow, row: &PostingRow, rules: &RuleSet) {
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
        let due = due_rows(row, &told);
        let found: Vec<String> = row.components.iter().map(as_row).collect();
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
        self.dates(&told);
        self.brought(&told, rules);
        self.reversed(row, &told);
        self.used(row, &told, rules);
        if points != 0 && !refund {
            self.messages.insert(format!("earned:{id}"));
        }
        if cash != 0 || (refund && points != 0) {
            self.messages.insert(format!("cashback:{id}"));
        }
    }

    /// When lots can be spent that an outcome brought.
    fn dates(&mut self, told: &Told) {
        for part in &told.points {
            let Some(from) = part.spendable_on else { continue };
            let source = match part.kind.as_str() {
                "points_campaign" => format!("campaign:{}", part.id),
                kind => kind.to_owned(),
            };
            self.dates.insert(format!("{}/{source}", told.transaction_id), (from, part.expires_on));
        }
    }

    /// Refunds take no more than their purchase granted.
    fn reversed(&mut self, row: &PostingRow, told: &Told) {
        let money = told.components.iter().map(|part| (false, part));
        // A bonus for a level may be taken back by the refund of another purchase.
        let points = told.points.iter().filter(|part| part.kind != "upgrade").map(|part| (true, part));
        // A campaign has one kind in the record of a purchase, whether it grants money or points.
        let kind = |kind: &str| if kind == "points_campaign" { "campaign" } else { kind }.to_owned();
        let parts = money.chain(points).map(|(points, p)| ((points, kind(&p.kind), p.id.clone()), units(&p.granted)));
        let parts: Vec<_> = parts.collect();
        let Some(original) = row.original_id.clone() else {
            if row.refunded {
                let record = row.record.as_deref().and_then(|text| serde_json::from_str(text).ok());
                if record.is_none() {
                    self.tell(2, "posted_purchases", &row.transaction_id, "no record", "the record of a purchase");
                }
                // Slices of one rule are one.
                let mut left = Left::new();
                for (key, units) in parts {
                    let sum = left.entry(key).or_insert(0);
                    *sum = sum.saturating_add(units);
                }
                self.purchases.insert(row.transaction_id.clone(), (left, record));
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
    pub(super) fn records(&mut self) {
        for (id, (left, record)) in std::mem::take(&mut self.purchases) {
            let Some(record) = record else { continue };
            if record.refunded.amount != 0 {
                let found = format!("{} more than the refunds", record.refunded.amount);
                self.tell(2, "posted_purchases", &format!("{id}, refunded"), found, "the sum of the refunds");
            }
            let mut sums: BTreeMap<(bool, String, String), [i64; 2]> = BTreeMap::new();
            for part in record.parts {
                let [granted, reversed] = sums.entry((part.points, part.kind, part.id)).or_default();
                *granted = granted.saturating_add(part.granted);
                *reversed = reversed.saturating_add(part.reversed);
            }
            for (key, [granted, reversed]) in sums {
                let due = granted.saturating_sub(left.get(&key).copied().unwrap_or(0));
                if reversed != due {
                    let (_, kind, rule) = key;
                    self.tell(2, "posted_purchases", &format!("{id}, {kind} {rule}"), reversed, due);
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
}

/// A component as its row has it.
fn as_row(c: &ComponentRow) -> String {
    let (amount, purchase) = (raw(&c.amount), raw(&c.purchase));
    format!(
        "{} {} {} {} {amount} of {purchase} at {} {} {} {} {} {} {}",
        c.position,
        c.cashback_type,
        c.component,
        c.rule_id,
        or_none(&c.percentage),
        or_none(&c.campaign_id),
        or_none(&c.category),
        or_none(&c.tier),
        c.currency,
        c.rule_set,
        c.status
    )
}

fn or_none(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or("-")
}

/// The rows that an outcome has to have. The service credits at once.
fn due_rows(row: &PostingRow, told: &Told) -> Vec<String> {
    #[derive(Deserialize)]
    struct Said {
        category: Option<String>,
    }
    let said = serde_json::from_str(&row.content).ok();
    let category = said.and_then(|Said { category }| category).filter(|_| row.kind != "refund");
    let due = |(position, part): (i64, &Part)| {
        as_row(&ComponentRow {
            position,
            component: part.kind.clone(),
            cashback_type: if row.kind == "refund" { "reversal".to_owned() } else { part.kind.clone() },
            rule_id: part.id.clone(),
            amount: Stored::Units(units(&part.granted)),
            purchase: Stored::Units(units(&told.amount)),
            percentage: part.percentage(),
            campaign_id: (part.kind == "campaign").then(|| part.id.clone()),
            category: category.clone(),
            tier: told.tier.clone(),
            currency: told.currency.clone(),
            rule_set: row.rule_set.clone(),
            status: "credited".to_owned(),
        })
    };
    (0_i64..).zip(&told.components).map(due).collect()
}
