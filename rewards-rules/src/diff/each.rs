//! What a change of rules makes of purchases that stand by themselves, each with what was known and used before it.
//!
//! Apart from [`super::Trial`], which lets limits and tiers grow from purchase to purchase: here each is evaluated as it
//! was found, so that a few recent ones of many members can be looked at without all that came before.

use std::collections::HashMap;

use super::Refused;
use super::cost::{Paid, both, groups, sums};
use super::costs::{Costs, RuleCost, Swing};
use crate::input::{Member, Transaction, Usage};
use crate::outcome::Outcome;
use crate::rule_set::RuleSet;

/// A purchase with what was known and used before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The purchase.
    pub transaction: Transaction,
    /// The member before it.
    pub member: Member,
    /// What earlier purchases used of counters, in the periods of this one.
    pub usage: Usage,
}

/// Two rule sets over purchases that stand by themselves.
#[derive(Debug)]
pub struct Each {
    old: RuleSet,
    new: RuleSet,
    paid: (Paid, Paid),
    members: HashMap<String, (Paid, Paid)>,
    /// By kind and id, in order of appearance.
    rules: Vec<(&'static str, String, Paid, Paid)>,
    purchases: u64,
}

/// A purchase under both rule sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Both {
    /// Under the old rules.
    pub old: Outcome,
    /// Under the new rules.
    pub new: Outcome,
}

impl Each {
    /// Nothing evaluated. `None` if the currencies of the rule sets or the decimals of their points differ, so that their
    /// costs cannot be compared.
    pub fn new(old: &RuleSet, new: &RuleSet) -> Option<Each> {
        if old.currency() != new.currency() || old.points_decimals() != new.points_decimals() {
            return None;
        }
        let (old, new) = (old.clone(), new.clone());
        Some(Each { old, new, paid: Default::default(), members: HashMap::new(), rules: Vec::new(), purchases: 0 })
    }

    /// Evaluates a purchase under both. One that either refuses counts in no sum.
    pub fn evaluate(&mut self, sample: &Sample) -> Result<Both, Refused> {
        let Sample { transaction, member, usage } = sample;
        let under = |rules: &RuleSet| rules.evaluate(transaction, member, usage);
        let (old, new) = both(under(&self.old), under(&self.new))?;
        self.purchases = self.purchases.saturating_add(1);
        let own = self.members.entry(member.id.clone()).or_default();
        for (outcome, whole, own) in [(&old, &mut self.paid.0, &mut own.0), (&new, &mut self.paid.1, &mut own.1)] {
            let brought = Paid::of(outcome);
            whole.plus(brought);
            own.plus(brought);
        }
        self.count_rules(&old, false);
        self.count_rules(&new, true);
        Ok(Both { old, new })
    }

    fn count_rules(&mut self, outcome: &Outcome, is_new: bool) {
        let money = outcome.components.iter().map(|c| (c.kind.as_str(), c.id.as_str(), c.granted.minor(), 0));
        let points = outcome.points.iter().map(|p| (p.kind.as_str(), p.id.as_str(), 0, p.granted.units()));
        for (kind, id, money, points) in money.chain(points) {
            let known = self.rules.iter_mut().find(|(k, i, ..)| *k == kind && i == id);
            let (_, _, was, is) = match known {
                Some(known) => known,
                None => {
                    self.rules.push((kind, id.to_owned(), Paid::default(), Paid::default()));
                    let Some(last) = self.rules.last_mut() else { return };
                    last
                }
            };
            (if is_new { is } else { was }).plus(Paid { money, points });
        }
    }

    /// What it cost, with so many that were refused. Changes alone and tiers are not told: nothing is carried from one
    /// purchase to the next.
    pub fn costs(&self, rejected: u64) -> Costs {
        let (currency, decimals) = (self.old.currency(), self.old.points_decimals());
        let [gain, lose, unchanged] = groups(currency, decimals, self.members.values());
        let rules = self.rules.iter();
        Costs {
            currency: currency.code().to_owned(),
            purchases: self.purchases,
            rejected,
            total: sums(currency, decimals, self.paid.0, self.paid.1),
            gain,
            lose,
            unchanged,
            by_rule: rules
                .map(|(kind, id, was, is)| RuleCost { kind, id: id.clone(), sums: sums(currency, decimals, *was, *is) })
                .collect(),
            by_change: Vec::new(),
            together: None,
            tiers: Vec::new(),
            biggest: Vec::<Swing>::new(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn rules(rate: &str, currency: &str) -> RuleSet {
        let mut sources = Sources::default();
        let text = format!(
            "program: p\ncurrency: {currency}\ntimezone: UTC\nbase:\n  - id: food\n    when: tx.category == \"food\"\n    \
             rate: {rate}\n  - id: all\n    rate: 1%\n"
        );
        sources.add("program.yaml", text);
        RuleSet::compile(sources).unwrap()
    }

    fn sample(id: &str, member: &str, category: &str) -> Sample {
        let text = format!(
            r#"{{"id":"{id}","amount":"100","currency":"USD","occurred_at":"2026-03-02T10:00:00Z","category":"{category}"}}"#
        );
        Sample {
            transaction: Transaction::from_json(&text).unwrap(),
            member: Member::new(member),
            usage: Usage::default(),
        }
    }

    #[test]
    fn members_gain_lose_or_stay_by_the_sum_of_their_purchases() {
        let mut each = Each::new(&rules("2%", "USD"), &rules("3%", "USD")).unwrap();
        for (id, member, category) in [("t1", "anna", "food"), ("t2", "anna", "food"), ("t3", "bo", "toys")] {
            let both = each.evaluate(&sample(id, member, category)).unwrap();
            let by = both.new.totals.total.minor().saturating_sub(both.old.totals.total.minor());
            assert_eq!(by, if category == "food" { 100 } else { 0 }, "{id}");
        }
        let mut wrong = sample("t4", "bo", "toys");
        wrong.transaction.currency = "EUR".to_owned();
        assert_eq!(each.evaluate(&wrong).unwrap_err().by, "both");
        let costs = each.costs(1);
        assert_eq!((costs.purchases, costs.rejected), (3, 1));
        assert_eq!((costs.total.old.as_str(), costs.total.difference.as_str()), ("5.00", "2.00"));
        let counts = (costs.gain.count, costs.lose.count, costs.unchanged.count, costs.gain.money.as_str());
        assert_eq!(counts, (1, 0, 1, "2.00"));
        let by_rule: Vec<_> = costs.by_rule.iter().map(|r| (r.id.as_str(), r.sums.new.as_str())).collect();
        assert_eq!(by_rule, [("food", "6.00"), ("all", "1.00")]);
    }

    #[test]
    fn different_currencies_are_not_compared() {
        assert!(Each::new(&rules("2%", "USD"), &rules("2%", "EUR")).is_none());
    }
}
