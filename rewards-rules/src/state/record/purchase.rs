//! A posted purchase, as far as a refund needs it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::facts::exact;
use super::{FactsRecord, TransactionRecord, bad, content_of_text, content_text};
use crate::evaluate::{Before, Calendar, EvaluationError, Rule, Spend};
use crate::graph::{CounterSlot, Graph};
use crate::rule_set::RuleSet;
use crate::state::content::id_key;
use crate::state::post::{Posted, PostedLine, PostedPart, Refunded, Requalify};
use crate::state::{Claim, Ledger};

/// A purchase that was posted, and what refunds took of it. Money is in minor units, points in units of
/// 10^-`points.decimals`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurchaseRecord {
    /// Id of the transaction.
    pub id: String,
    /// Whose.
    pub member: String,
    /// Hash of the purchase's content: the same id with other content is `id_conflict`.
    pub content: String,
    /// Content hash of the rule set under which it was evaluated. A refund uses the same.
    pub rule_set: String,
    /// Its local date.
    pub date: NaiveDate,
    /// The member's billing day then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_day: Option<u8>,
    /// When the member joined, as known then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_on: Option<NaiveDate>,
    /// What was paid.
    pub amount: i64,
    /// What of it counts.
    pub eligible: i64,
    /// The purchase's tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// Components that granted more than zero.
    pub parts: Vec<PartRecord>,
    /// What `spend` counters counted.
    pub spends: Vec<SpendRecord>,
    /// Its lines, if it had any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<SoldLineRecord>>,
    /// The facts as they were, where a campaign is tested again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requalify: Option<Box<RequalifyRecord>>,
    /// What came back so far.
    pub refunded: RefundedRecord,
}

/// A component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartRecord {
    /// `base`, `loyalty`, `campaign` or `earn`.
    pub kind: String,
    /// Id of the rule; `earn` for `earn`.
    pub id: String,
    /// Whether it is points.
    pub points: bool,
    /// What it granted.
    pub granted: i64,
    /// What refunds took of it.
    pub reversed: i64,
    /// Whether its use was given back.
    pub use_returned: bool,
}

/// What one rule counted on a `spend` counter; of [`RequalifyRecord::used`], what was used of any counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpendRecord {
    /// Key of the counter.
    pub key: String,
    /// Minor units of money, units of 10^-`points.decimals` of points, or a number of times, by the key's WHAT.
    pub amount: i64,
}

/// A line of a purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoldLineRecord {
    /// Article.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// Category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The line's total.
    pub amount: i64,
    /// Whether it counts.
    pub eligible: bool,
    /// What of it came back.
    pub refunded: i64,
}

/// What a test of `on_refund: requalify` needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequalifyRecord {
    /// The purchase.
    pub transaction: TransactionRecord,
    /// The member's facts then.
    pub member: FactsRecord,
    /// What was counted before the purchase.
    pub before: BeforeRecord,
    /// What was used of each counter that was not at 0, in the period of the purchase.
    pub used: Vec<SpendRecord>,
}

/// What was counted of a member before a purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BeforeRecord {
    /// Purchases.
    pub purchases: i64,
    /// Spending in the tier window, a decimal as text.
    pub spending: String,
    /// Level held at the purchase's instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// Level held when it was posted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now_held: Option<String>,
    /// Whether the row named its own tier.
    pub fixed_tier: bool,
}

/// How much of a purchase came back, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundedRecord {
    /// In all.
    pub amount: i64,
    /// Of that through lines that count.
    pub by_lines: i64,
    /// Of that without lines.
    pub plain: i64,
}

fn key_of(graph: &Graph, slot: CounterSlot) -> String {
    graph.counter(slot).map_or_else(String::new, |c| c.key.to_string())
}

fn level_id(graph: &Graph, level: usize) -> Option<String> {
    graph.names.levels.get(level).map(|id| id.to_string())
}

fn slot_named(graph: &Graph, key: &str) -> Result<CounterSlot, EvaluationError> {
    graph.counter_slots.get(key).copied().ok_or_else(|| bad(format!("the rule set has no counter `{key}`")))
}

impl PurchaseRecord {
    fn of(id: &str, member: &str, content: u64, posted: &Posted) -> PurchaseRecord {
        let graph = posted.rules.graph();
        let part = |p: &PostedPart| PartRecord {
            kind: match p.rule {
                Rule::Base(_) => "base",
                Rule::Loyalty(_) => "loyalty",
                Rule::Campaign(_) => "campaign",
                Rule::Earn => "earn",
                Rule::Upgrade(_) => "upgrade",
            }
            .to_owned(),
            id: graph.rule_id(p.rule).to_owned(),
            points: p.points,
            granted: p.granted,
            reversed: p.reversed,
            use_returned: p.use_returned,
        };
        let line = |l: &PostedLine| SoldLineRecord {
            sku: l.sku.clone(),
            category: l.category.clone(),
            amount: l.amount,
            eligible: l.eligible,
            refunded: l.refunded,
        };
        let spend = |s: &Spend| SpendRecord { key: key_of(graph, s.slot), amount: s.amount };
        let Refunded { amount, by_lines, plain } = posted.refunded;
        PurchaseRecord {
            id: id.to_owned(),
            member: member.to_owned(),
            content: content_text(content),
            rule_set: posted.rules.hash().to_owned(),
            date: posted.calendar.date,
            billing_day: posted.calendar.billing_day,
            joined_on: posted.calendar.joined_on,
            amount: posted.currency_amount,
            eligible: posted.eligible,
            tier: posted.tier.and_then(|level| level_id(graph, level)),
            parts: posted.parts.iter().map(part).collect(),
            spends: posted.spends.iter().map(spend).collect(),
            lines: posted.lines.as_ref().map(|lines| lines.iter().map(line).collect()),
            requalify: posted.requalify.as_deref().map(|kept| Box::new(RequalifyRecord::of(graph, kept))),
            refunded: RefundedRecord { amount, by_lines, plain },
        }
    }

    fn posted(self, rules: &RuleSet) -> Result<Posted, EvaluationError> {
        let graph = rules.graph();
        let level = |id: Option<&String>| id.map(|id| graph.level_index(Some(id))).transpose();
        let part = |p: PartRecord| {
            let kinds = ["base", "loyalty", "campaign", "earn"];
            let rules_of = |kind: &str| match kind {
                "base" => graph.rule_of(crate::outcome::ComponentKind::Base, &p.id),
                "loyalty" => graph.rule_of(crate::outcome::ComponentKind::Loyalty, &p.id),
                "campaign" => graph.rule_of(crate::outcome::ComponentKind::Campaign, &p.id),
                _ => Some(Rule::Earn),
            };
            let known = kinds.contains(&p.kind.as_str()).then(|| rules_of(&p.kind)).flatten();
            let rule = known.ok_or_else(|| bad(format!("the rule set has no {} `{}`", p.kind, p.id)))?;
            if p.granted < 0 || p.reversed < 0 || p.reversed > p.granted {
                return Err(bad(format!("{} of {} of `{}` was reversed", p.reversed, p.granted, p.id)));
            }
            Ok(PostedPart {
                rule,
                points: p.points,
                granted: p.granted,
                reversed: p.reversed,
                use_returned: p.use_returned,
            })
        };
        let spend = |s: SpendRecord| Ok(Spend { slot: slot_named(graph, &s.key)?, amount: s.amount });
        let line = |l: SoldLineRecord| PostedLine {
            sku: l.sku,
            category: l.category,
            amount: l.amount,
            eligible: l.eligible,
            refunded: l.refunded,
        };
        let RefundedRecord { amount, by_lines, plain } = self.refunded;
        let in_order = |list: &[i64]| list.first().is_none_or(|first| *first >= 0) && list.is_sorted();
        if !in_order(&[0, self.eligible, self.amount])
            || !in_order(&[0, amount, self.amount])
            || by_lines < 0
            || plain < 0
        {
            return Err(bad(format!("the amounts of purchase `{}` do not fit together", self.id)));
        }
        Ok(Posted {
            rules: rules.clone(),
            calendar: Calendar { date: self.date, billing_day: self.billing_day, joined_on: self.joined_on },
            currency_amount: self.amount,
            eligible: self.eligible,
            tier: level(self.tier.as_ref())?,
            parts: self.parts.into_iter().map(part).collect::<Result<_, EvaluationError>>()?,
            spends: self.spends.into_iter().map(spend).collect::<Result<_, EvaluationError>>()?,
            lines: self.lines.map(|lines| lines.into_iter().map(line).collect()),
            requalify: self.requalify.map(|kept| kept.kept(graph).map(Box::new)).transpose()?,
            refunded: Refunded { amount, by_lines, plain },
        })
    }
}

impl RequalifyRecord {
    fn of(graph: &Graph, kept: &Requalify) -> RequalifyRecord {
        let Before { purchases, spending, held, fixed_tier } = kept.before;
        let used = graph.slots().zip(&kept.used).filter(|(_, units)| **units != 0);
        RequalifyRecord {
            transaction: TransactionRecord::from(&kept.transaction),
            member: FactsRecord::from(&kept.member),
            before: BeforeRecord {
                purchases,
                spending: spending.to_string(),
                held: held.and_then(|(held, _)| level_id(graph, held)),
                now_held: held.and_then(|(_, now)| level_id(graph, now)),
                fixed_tier,
            },
            used: used.map(|((_, c), units)| SpendRecord { key: c.key.to_string(), amount: *units }).collect(),
        }
    }

    fn kept(self, graph: &Graph) -> Result<Requalify, EvaluationError> {
        let mut used = vec![0; graph.counters.len()];
        for SpendRecord { key, amount } in &self.used {
            if let Some(units) = used.get_mut(slot_named(graph, key)?.0 as usize) {
                *units = *amount;
            }
        }
        let level = |id: &Option<String>| graph.level_index(id.as_deref());
        Ok(Requalify {
            transaction: self.transaction.try_into()?,
            member: self.member.try_into()?,
            before: Before {
                purchases: self.before.purchases,
                spending: exact(&self.before.spending)?,
                held: Some((level(&self.before.held)?, level(&self.before.now_held)?)),
                fixed_tier: self.before.fixed_tier,
            },
            used,
        })
    }
}

impl Ledger {
    /// Puts a purchase of a member here so that a refund of it can be applied. `rules` are those of the purchase; the
    /// member itself is put under the rules of today, before. Error `invalid_record` for another rule set or another
    /// member, or for what cannot be.
    pub fn put_purchase(
        &mut self,
        rules: &RuleSet,
        member: &str,
        record: PurchaseRecord,
    ) -> Result<(), EvaluationError> {
        if record.member != member {
            return Err(bad(format!("the purchase `{}` is another member's", record.id)));
        }
        if record.rule_set != rules.hash() {
            let (id, due) = (&record.id, &record.rule_set);
            return Err(bad(format!("the purchase `{id}` belongs to the rule set {due}, not to {}", rules.hash())));
        }
        let (key, content) = (id_key(&record.id), content_of_text(&record.content)?);
        let posted = record.posted(rules)?;
        let owner = self.owner(member);
        if let Some(state) = self.members.get_mut(owner.number()) {
            state.posted.insert(key, posted);
            self.claims.insert(key, Claim { content, owner });
        }
        Ok(())
    }

    /// A purchase that was posted or put here, as a store keeps it: after it was posted, and after each refund of it.
    pub fn purchase(&self, id: &str) -> Option<PurchaseRecord> {
        let key = id_key(id);
        let claim = self.claims.get(&key)?;
        let state = self.state(claim.owner)?;
        Some(PurchaseRecord::of(id, &state.facts.id, claim.content, state.posted.get(&key)?))
    }
}
