//! From the plain numbers of a [`Work`] to the [`Outcome`] that people and stores see.

use super::{CapName, CapScope, Measure, Origin, PartCut, Periods, Rule, Work};
use crate::check::program::{Program, Reward};
use crate::graph::{CounterSlot, Graph, NodeId, Unit};
use crate::outcome::{
    Basis, Component, ComponentKind, Cut, Outcome, OutcomeKind, PointsComponent, PointsKind, PointsProduct, Progress,
    Quantity, Rejection, Totals, UsageDelta, UsageValue,
};
use crate::source::Span;
use crate::value::{Amount, Exact, Name, Period, PeriodKey, Points};

/// The period by which tier windows are keyed.
pub(crate) fn window_period(program: &Program) -> Option<Period> {
    program.tiers.as_ref().map(|tiers| tiers.window.period())
}

impl Graph {
    /// The id under which a rule is known.
    pub(crate) fn rule_id(&self, rule: Rule) -> &str {
        self.names.rule(rule)
    }

    /// The stage of a rule, as JSON names it.
    pub(crate) fn rule_kind(&self, rule: Rule) -> &'static str {
        match rule {
            Rule::Base(_) => "base",
            Rule::Loyalty(_) => "loyalty",
            Rule::Campaign(i) if self.program.campaigns.get(i as usize).is_some_and(|c| c.is_points()) => {
                "points_campaign"
            }
            Rule::Campaign(_) => "campaign",
            Rule::Earn => "earn",
            Rule::Upgrade(_) => "upgrade",
        }
    }

    /// The rule of a stage with an id.
    pub(crate) fn rule_of(&self, kind: ComponentKind, id: &str) -> Option<Rule> {
        let program = &self.program;
        let (at, rule): (Option<usize>, fn(u32) -> Rule) = match kind {
            ComponentKind::Base => (program.base.iter().position(|r| r.id == id), Rule::Base),
            ComponentKind::Loyalty => {
                (program.tiers.as_ref().and_then(|t| t.levels.iter().position(|l| l.id == id)), Rule::Loyalty)
            }
            ComponentKind::Campaign => (program.campaigns.iter().position(|c| c.id == id), Rule::Campaign),
        };
        u32::try_from(at?).ok().map(rule)
    }

    /// A number that a cap cut, in the unit of what it caps.
    pub(crate) fn cap_quantity(&self, cap: CapName, units: i64) -> Quantity {
        let points = match cap {
            CapName::Counter(slot) => self.counter(slot).is_some_and(|c| c.unit == Unit::Points),
            CapName::PerTransaction(scope) | CapName::MaxPercent(scope) => match scope {
                CapScope::Rule(rule) => self.rule_kind(rule) == "points_campaign",
                CapScope::ProgramPoints => true,
                CapScope::Tier(_) | CapScope::Program => false,
            },
        };
        if points { Quantity::Points(self.points(units)) } else { Quantity::Money(self.amount(units)) }
    }

    /// The name of a cap as cuts show it.
    pub(crate) fn cap_name(&self, cap: CapName) -> &Name {
        self.names.cap(cap)
    }

    /// A stretch of a rule file, on one line.
    pub(crate) fn clause_text(&self, span: Span) -> String {
        let file = self.sources.files().get(span.file as usize);
        let bytes = file.and_then(|f| f.bytes.get(span.start as usize..span.end as usize)).unwrap_or_default();
        String::from_utf8_lossy(bytes).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The node of a fact, where an expression reads it on its own.
    pub(crate) fn fact_node(&self, fact: u32) -> Option<NodeId> {
        let at = self.nodes.iter().position(|n| *n == crate::graph::Node::Fact(fact))?;
        u32::try_from(at).ok().map(NodeId)
    }

    pub(crate) fn amount(&self, minor: i64) -> Amount {
        Amount::from_minor(minor, self.program.currency)
    }

    pub(crate) fn points(&self, units: i64) -> Points {
        Points::from_units(units, self.program.points_decimals)
    }

    pub(crate) fn usage_value(&self, unit: Unit, number: i64) -> UsageValue {
        match unit {
            Unit::Money => UsageValue::Money(self.amount(number)),
            Unit::Points => UsageValue::Points(self.points(number)),
            Unit::Count => UsageValue::Count(number),
        }
    }

    /// The key of the tier window that holds a local date.
    pub(crate) fn window_key(&self, date: chrono::NaiveDate) -> Option<PeriodKey> {
        window_period(&self.program)?.key(date, None, None)
    }

    /// Where a member stands, for people.
    pub(crate) fn progress(&self, window: PeriodKey, spending: Exact, level: usize) -> Option<Progress> {
        let levels = &self.program.tiers.as_ref()?.levels;
        let decimals = self.program.currency.decimals();
        let next = levels.get(level.saturating_add(1));
        let missing = next.map(|n| {
            let threshold = Exact::from_units(n.min_spending, decimals);
            threshold.checked_sub(spending).ok().filter(|missing| !missing.is_negative()).unwrap_or(Exact::ZERO)
        });
        Some(Progress {
            window,
            spending,
            decimals,
            tier: self.names.levels.get(level)?.clone(),
            next: self.names.levels.get(level.saturating_add(1)).cloned(),
            missing,
        })
    }

    /// Orders and names the changes of counters.
    pub(crate) fn usage_deltas(&self, deltas: impl Iterator<Item = (CounterSlot, PeriodKey, i64)>) -> Vec<UsageDelta> {
        let mut deltas: Vec<(CounterSlot, PeriodKey, i64)> = deltas.filter(|(_, _, delta)| *delta != 0).collect();
        // By key; a counter stands in one period only.
        deltas.sort_unstable_by_key(|(slot, ..)| self.counter_order.get(slot.0 as usize));
        deltas.into_iter().filter_map(|(slot, period, delta)| self.usage_delta(slot, period, delta)).collect()
    }

    fn usage_delta(&self, slot: CounterSlot, period: PeriodKey, delta: i64) -> Option<UsageDelta> {
        let counter = self.counter(slot)?;
        let value = self.usage_value(counter.unit, delta);
        Some(UsageDelta { key: counter.key.clone(), period, delta: value, shared: counter.shared })
    }

    #[inline]
    fn cuts(&self, cuts: &[PartCut], part: usize, points: bool) -> Vec<Cut> {
        if cuts.is_empty() {
            return Vec::new();
        }
        let quantity = |m: Measure| match m {
            Measure::Exact(e) => Quantity::Exact(e),
            Measure::Units(n) if points => Quantity::Points(self.points(n)),
            Measure::Units(n) => Quantity::Money(self.amount(n)),
        };
        cuts.iter()
            .filter(|c| c.part as usize == part)
            .map(|c| Cut { cap: self.cap_name(c.cap).clone(), left: quantity(c.left), cut: quantity(c.cut) })
            .collect()
    }

    /// What the points of a rule were multiplied from (semantics §3.6, §3.9).
    fn points_product(&self, rule: Rule, work: &Work) -> Option<PointsProduct> {
        let earn = self.program.earn?;
        let factor = match rule {
            Rule::Earn => {
                let levels = self.program.tiers.as_ref().map(|tiers| &tiers.levels);
                let level = work.tier.and_then(|tier| levels?.get(tier));
                level.map_or(Exact::ONE, |level| level.points_multiplier)
            }
            Rule::Campaign(at) => match &self.program.campaigns.get(at as usize)?.reward {
                Reward::PointsMultiplier(multiplier) => multiplier.checked_sub(Exact::ONE).ok()?,
                _ => return None,
            },
            _ => return None,
        };
        Some(PointsProduct { amount: self.amount(work.eligible), points: earn.points, per: earn.per, factor })
    }

    /// The outcome of a purchase.
    pub(crate) fn outcome(&self, transaction_id: &str, rule_set: &Name, work: &Work, periods: &Periods) -> Outcome {
        let mut sums = [0_i64; 3];
        let components: Vec<Component> = work
            .parts
            .iter()
            .enumerate()
            .map(|(at, part)| {
                let kind = match part.rule {
                    Rule::Base(_) => ComponentKind::Base,
                    Rule::Loyalty(_) => ComponentKind::Loyalty,
                    _ => ComponentKind::Campaign,
                };
                let [base, loyalty, campaign] = &mut sums;
                let sum = match kind {
                    ComponentKind::Base => base,
                    ComponentKind::Loyalty => loyalty,
                    ComponentKind::Campaign => campaign,
                };
                *sum = sum.saturating_add(part.granted);
                let product_of = match part.of {
                    Origin::Share { amount, rate } => Some((Basis::Money(self.amount(amount)), rate)),
                    Origin::Fixed(_) => None,
                    Origin::Value(at) => {
                        let value = work.values.get(at as usize);
                        value.and_then(|value| value.product_of).map(|(base, rate)| (Basis::Exact(base), rate))
                    }
                };
                Component {
                    kind,
                    id: self.names.rule(part.rule).clone(),
                    basis: product_of.map(|(basis, _)| basis),
                    rate: product_of.map(|(_, rate)| rate),
                    exact: work.exact(self, part),
                    rounded: self.amount(part.rounded),
                    cuts: self.cuts(&work.cuts, at, false),
                    granted: self.amount(part.granted),
                }
            })
            .collect();
        let mut points: Vec<PointsComponent> = Vec::new();
        let more =
            work.points.iter().enumerate().filter(|(_, part)| part.granted > 0).map(|(at, part)| PointsComponent {
                kind: match part.rule {
                    Rule::Upgrade(_) => PointsKind::Upgrade,
                    Rule::Campaign(_) => PointsKind::Campaign,
                    _ => PointsKind::Earn,
                },
                id: self.names.rule(part.rule).clone(),
                exact: part.exact,
                cuts: self.cuts(&work.points_cuts, at, true),
                granted: self.points(part.granted),
                spendable_on: Some(work.spendable_on),
                expires_on: work.expires_on,
                product: self.points_product(part.rule, work),
            });
        points.extend(more);
        let all_points = points.iter().fold(0_i64, |sum, p| sum.saturating_add(p.granted.units()));
        let mut usage = Vec::with_capacity(work.deltas.len());
        usage.extend(
            work.deltas
                .iter()
                .filter_map(|(slot, delta)| self.usage_delta(*slot, periods.key(self.counter(*slot)?.period)?, *delta)),
        );
        let [base, loyalty, campaign] = sums;
        Outcome {
            transaction_id: transaction_id.to_owned(),
            kind: OutcomeKind::Purchase,
            rule_set: rule_set.clone(),
            program: self.names.program.clone(),
            occurred_at: work.purchase.clock.at,
            local: work.purchase.clock.local,
            timezone: self.program.zone.name(),
            original: None,
            reason: work.reason,
            amount: self.amount(work.purchase.amount),
            eligible_amount: self.amount(work.eligible),
            tier: work.tier.and_then(|t| self.names.levels.get(t)).cloned(),
            components,
            totals: Totals {
                base: self.amount(base),
                loyalty: self.amount(loyalty),
                campaign: self.amount(campaign),
                total: self.amount(base.saturating_add(loyalty).saturating_add(campaign)),
                points: self.points(all_points),
            },
            points,
            progress: work
                .progress
                .and_then(|p| self.progress(periods.key(window_period(&self.program)?)?, p.spending, p.level)),
            usage,
            rejected: work.explain.then(|| {
                let mut rejected: Vec<&super::Rejected> = work.rejected.iter().collect();
                rejected.sort_by_key(|r| match r.rule {
                    Rule::Base(i) => (0, i),
                    Rule::Loyalty(i) => (1, i),
                    Rule::Campaign(i) => (2, i),
                    Rule::Earn => (3, 0),
                    Rule::Upgrade(i) => (4, i),
                });
                rejected.into_iter().map(|r| self.rejection(r)).collect()
            }),
        }
    }

    fn rejection(&self, rejected: &super::Rejected) -> Rejection {
        Rejection {
            kind: self.rule_kind(rejected.rule),
            id: self.rule_id(rejected.rule).to_owned(),
            reason: rejected.reason,
            clause: rejected.clause.clone(),
            value: rejected.value.clone(),
        }
    }
}
