//! The stages of an evaluation, one file each, in the order of semantics §3.
//!
//! Each stage is written once. What it finds goes into a [`Work`] of plain numbers that is used again
//! for the next purchase; an [`crate::Outcome`] is made of it only where somebody wants one.

mod base;
mod campaigns;
mod caps;
mod counters;
mod eligible;
mod error;
mod loyalty;
mod points;
mod prepare;
mod progress;
mod reading;
mod report;
mod rounding;
mod stacking;
mod why;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use crate::graph::{CounterSlot, Graph, LineFacts, Memo, NodeId, Rules, Scope, Symbol, Value};
use crate::input::ErrorCode;
use crate::outcome::Reason;
use crate::source::Span;
use crate::value::{Exact, LocalClock, Overflow, Period, PeriodKey, RoundingAt};

pub(crate) use counters::fed_by;
pub(crate) use error::EVALUATION_ERROR;
pub use error::EvaluationError;
pub(crate) use prepare::{Before, Purchase, minor_units, prepare};
pub(crate) use progress::{apply as reach, level_reached};
pub(crate) use reading::{Read, Reading, Texts, is_early};
pub(crate) use report::window_period;

/// What earlier transactions used of a counter, in the period of this one.
pub(crate) trait Used {
    /// In the counter's unit.
    fn used(&self, slot: CounterSlot) -> i64;
}

impl Used for [i64] {
    fn used(&self, slot: CounterSlot) -> i64 {
        self.get(slot.0 as usize).copied().unwrap_or(0)
    }
}

/// One line of the purchase at hand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WorkLine {
    pub(crate) facts: LineFacts,
    /// Minor units.
    pub(crate) amount: i64,
    pub(crate) eligible: bool,
    /// What no base rule took yet.
    left: i64,
}

/// What decides in which period a date falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Calendar {
    pub(crate) date: NaiveDate,
    pub(crate) billing_day: Option<u8>,
    pub(crate) joined_on: Option<NaiveDate>,
}

impl Calendar {
    pub(crate) fn key(&self, period: Period) -> Option<PeriodKey> {
        period.key(self.date, self.billing_day, self.joined_on)
    }
}

/// The keys of the periods into which one date falls, made once for all counters of a purchase.
#[derive(Debug, Clone, Default)]
pub(crate) struct Periods {
    /// What they were made of: a date, and the periods of a rule set.
    of: Option<(Calendar, u16)>,
    keys: [Option<PeriodKey>; Period::ALL.len()],
}

impl Periods {
    /// Makes the keys that the counters of a rule set need; those of the same date stay.
    #[inline]
    pub(crate) fn set(&mut self, graph: &Graph, calendar: Calendar) {
        if self.of != Some((calendar, graph.periods)) {
            self.make(graph, calendar);
        }
    }

    fn make(&mut self, graph: &Graph, calendar: Calendar) {
        self.of = Some((calendar, graph.periods));
        for (period, key) in Period::ALL.into_iter().zip(&mut self.keys) {
            *key = if graph.periods & period.bit() != 0 { calendar.key(period) } else { None };
        }
    }

    /// The key of a period that some counter has.
    pub(crate) fn key(&self, period: Period) -> Option<PeriodKey> {
        self.keys.get(period as usize).copied().flatten()
    }
}

/// Which rule a part came from: index into the program's base rules, levels or campaigns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Rule {
    Base(u32),
    Loyalty(u32),
    Campaign(u32),
    Earn,
    Upgrade(u32),
}

/// A component of money in the making. What it shows beside is computed where it is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) rule: Rule,
    pub(crate) of: Origin,
    pub(crate) rounded: i64,
    pub(crate) granted: i64,
}

/// Where the value of a part came from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Origin {
    /// So many minor units times a rate. The product is known to fit.
    Share { amount: i64, rate: Exact },
    /// So many minor units.
    Fixed(i64),
    /// Index into [`Work::values`].
    Value(u32),
}

/// A value of a part that is neither a rate of an amount nor fixed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PartValue {
    pub(crate) exact: Exact,
    /// Of a multiplier: the exact base, and what it was multiplied with.
    pub(crate) product_of: Option<(Exact, Exact)>,
}

impl PartValue {
    /// What a multiplier adds to an exact base: the part above 1 of it.
    fn product(base: Exact, multiplier: Exact) -> Result<PartValue, Overflow> {
        let rate = multiplier.checked_sub(Exact::ONE)?;
        Ok(PartValue { exact: base.checked_mul(rate)?, product_of: Some((base, rate)) })
    }
}

/// A component of points in the making.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PointsPart {
    pub(crate) rule: Rule,
    pub(crate) exact: Exact,
    pub(crate) granted: i64,
}

/// The name of a cap, spelled only where it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum CapName {
    PerTransaction(CapScope),
    MaxPercent(CapScope),
    Counter(CounterSlot),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum CapScope {
    Rule(Rule),
    Tier(u32),
    Program,
    ProgramPoints,
}

/// A number of a cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    Units(i64),
    Exact(Exact),
}

/// What a cap took from a part.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PartCut {
    pub(crate) part: u32,
    pub(crate) cap: CapName,
    pub(crate) left: Measure,
    pub(crate) cut: Measure,
}

/// What one rule counted on one `spend` counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spend {
    pub(crate) slot: CounterSlot,
    pub(crate) amount: i64,
}

/// What one rule, after its own caps, would take of its own budget, whether or not it is granted in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) slot: CounterSlot,
    /// In the counter's unit.
    pub(crate) units: i64,
    /// Whether the budget cut it.
    pub(crate) cut: bool,
}

/// A rule that did not grant.
#[derive(Debug, Clone)]
pub(crate) struct Rejected {
    pub(crate) rule: Rule,
    pub(crate) reason: Reason,
    pub(crate) clause: String,
    pub(crate) value: String,
}

/// The tier side of an evaluation (semantics §3.10).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progressed {
    pub(crate) spending: Exact,
    pub(crate) level: usize,
    /// A level newly reached.
    pub(crate) reached: Option<usize>,
}

/// Everything an evaluation finds, and the room it works in. Used again and again.
#[derive(Debug, Default)]
pub(crate) struct Work {
    memo: Memo,
    pub(crate) clock: LocalClock,
    pub(crate) purchase: Purchase,
    pub(crate) lines: Vec<WorkLine>,
    /// The eligible amount in minor units.
    pub(crate) eligible: i64,
    pub(crate) tier: Option<usize>,
    pub(crate) reason: Option<Reason>,
    /// Sum of the base slices before rounding and caps.
    exact_base: Exact,
    pub(crate) parts: Vec<Part>,
    /// Under `at: total`, by part: the exact value after own caps. Else empty.
    kept: Vec<Exact>,
    /// What parts refer to as [`Origin::Value`].
    pub(crate) values: Vec<PartValue>,
    pub(crate) cuts: Vec<PartCut>,
    pub(crate) points: Vec<PointsPart>,
    pub(crate) points_cuts: Vec<PartCut>,
    pub(crate) spends: Vec<Spend>,
    pub(crate) deltas: Vec<(CounterSlot, i64)>,
    /// What rules would take of budgets of their own.
    pub(crate) claims: Vec<Claim>,
    pub(crate) progress: Option<Progressed>,
    pub(crate) spendable_on: NaiveDate,
    pub(crate) expires_on: Option<NaiveDate>,
    candidates: Vec<campaigns::Candidate>,
    found: Vec<u32>,
    key: Vec<Value>,
    units: Vec<i64>,
    /// The rules that the sieve lets pass, and those of them of which nothing is left to ask.
    passing: Rules,
    settled: Rules,
    groups: Vec<Option<usize>>,
    pub(crate) rejected: Vec<Rejected>,
    /// Whether first failing clauses are recorded; without it campaigns come from the index.
    explain: bool,
}

impl Work {
    fn clear(&mut self) {
        self.eligible = 0;
        self.tier = None;
        self.reason = None;
        self.exact_base = Exact::ZERO;
        self.parts.clear();
        self.kept.clear();
        self.values.clear();
        self.cuts.clear();
        self.points.clear();
        self.points_cuts.clear();
        self.spends.clear();
        self.deltas.clear();
        self.claims.clear();
        self.progress = None;
        self.expires_on = None;
        self.candidates.clear();
        self.rejected.clear();
    }

    /// Sets the instant of the purchase to come; its local date.
    #[inline]
    pub(crate) fn set_clock(&mut self, graph: &Graph, at: DateTime<Utc>) -> NaiveDate {
        let local = self.clock.local(graph.program.zone, at);
        self.purchase.clock = Clock { at, local };
        local.date()
    }

    fn value(
        &mut self,
        graph: &Graph,
        node: NodeId,
        line: Option<&LineFacts>,
    ) -> Result<Value, crate::graph::ExpressionError> {
        let scope = Scope { graph, facts: &self.purchase.facts, line };
        scope.value(node, &mut self.memo)
    }

    /// A condition of a rule; an error names the rule and its place (semantics §1.6).
    #[inline(always)]
    fn holds(
        &mut self,
        graph: &Graph,
        node: NodeId,
        line: Option<&LineFacts>,
        rule: Option<Rule>,
        span: Span,
    ) -> Result<bool, EvaluationError> {
        match graph.quick(&self.purchase.facts.values, node) {
            Some(holds) => Ok(holds),
            None => self.walks(graph, node, line, rule, span),
        }
    }

    #[inline(never)]
    fn walks(
        &mut self,
        graph: &Graph,
        node: NodeId,
        line: Option<&LineFacts>,
        rule: Option<Rule>,
        span: Span,
    ) -> Result<bool, EvaluationError> {
        let scope = Scope { graph, facts: &self.purchase.facts, line };
        scope.holds(node, &mut self.memo).map_err(|error| EvaluationError::of_expression(graph, rule, span, error))
    }

    /// The value of a part before rounding.
    pub(crate) fn exact(&self, graph: &Graph, part: &Part) -> Exact {
        let decimals = graph.program.currency.decimals();
        match part.of {
            Origin::Share { amount, rate } => Exact::share(amount, decimals, rate).unwrap_or_default(),
            Origin::Fixed(amount) => Exact::from_units(amount, decimals),
            Origin::Value(at) => self.values.get(at as usize).map_or(Exact::ZERO, |value| value.exact),
        }
    }

    /// Puts a part of so many minor units times a rate in its place, rounded, and returns where that is.
    #[inline(always)]
    fn push_share(&mut self, graph: &Graph, rule: Rule, amount: i64, rate: Exact) -> Result<usize, EvaluationError> {
        let program = &graph.program;
        let overflow = |_| EvaluationError::overflow(graph, Some(rule));
        let decimals = program.currency.decimals();
        let rounded = Exact::rounded_share(amount, decimals, rate, program.rounding).map_err(overflow)?;
        let part = Part { rule, of: Origin::Share { amount, rate }, rounded, granted: rounded };
        Ok(self.push(graph, part))
    }

    /// Puts a part of any value in its place, rounded, and returns where that is.
    fn push_value(&mut self, graph: &Graph, rule: Rule, value: PartValue) -> Result<usize, EvaluationError> {
        let decimals = u32::from(graph.program.currency.decimals());
        let overflow = |_| EvaluationError::overflow(graph, Some(rule));
        let rounded = value.exact.to_units(decimals, graph.program.rounding).map_err(overflow)?;
        let at = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(value);
        Ok(self.push(graph, Part { rule, of: Origin::Value(at), rounded, granted: rounded }))
    }

    #[inline(always)]
    fn push(&mut self, graph: &Graph, part: Part) -> usize {
        if graph.program.rounding_at == RoundingAt::Total {
            let exact = self.exact(graph, &part);
            self.kept.push(exact);
        }
        self.parts.push(part);
        self.parts.len().saturating_sub(1)
    }

    fn reject(&mut self, rule: Rule, reason: Reason, clause: impl FnOnce() -> String, value: impl FnOnce() -> String) {
        if self.explain {
            self.rejected.push(Rejected { rule, reason, clause: clause(), value: value() });
        }
    }
}

/// Runs all stages on the purchase that `work` was prepared with.
pub(crate) fn run<U: Used + ?Sized>(
    graph: &Graph,
    used: &U,
    work: &mut Work,
    explain: bool,
) -> Result<(), EvaluationError> {
    work.clear();
    work.explain = explain;
    work.memo.reset(graph.nodes.len());
    points::dates(graph, work)?;
    eligible::decide(graph, work)?;
    if work.reason.is_none() {
        sift(graph, work);
        base::apply(graph, used, work)?;
        loyalty::apply(graph, work)?;
        campaigns::gather(graph, used, work)?;
        if graph.stacks {
            stacking::settle(graph, work);
        }
        if graph.program.rounding_at == RoundingAt::Total {
            rounding::share_total(graph, work)?;
        }
        caps::apply_wider(graph, used, work)?;
        if graph.program.earn.is_some() || !work.points.is_empty() {
            points::apply(graph, used, work)?;
        }
    }
    progress::apply(graph, work)?;
    fit_in_all(work)?;
    if work.reason.is_none() {
        counters::count(graph, work);
        if explain {
            why::zero_grants(graph, used, work);
        }
    }
    Ok(())
}

/// Finds the rules that may apply. With explain each is asked, since each has to say why not.
fn sift(graph: &Graph, work: &mut Work) {
    if work.explain {
        (work.passing, work.settled) = (Rules::ALL, Rules::NONE);
        return;
    }
    let (purchase, sieve) = (&work.purchase, &graph.sieve);
    let facts = purchase.facts.values.as_slice();
    let early = purchase.early.unwrap_or_else(|| sieve.early(graph, facts));
    work.passing = sieve.late(graph, early, facts, purchase.calendar.date, work.eligible, work.tier);
    work.settled = sieve.settled;
}

/// Demands that the sums of what is granted fit as each grant does: sums, and counters of them, are plain numbers.
fn fit_in_all(work: &Work) -> Result<(), EvaluationError> {
    let money = work.parts.iter().try_fold(0_i64, |sum, part| sum.checked_add(part.granted));
    let points = work.points.iter().try_fold(0_i64, |sum, part| sum.checked_add(part.granted));
    let message = match (money, points) {
        (Some(_), Some(_)) => return Ok(()),
        (None, _) => "the rewards of this transaction add up to more than fits into an amount",
        (_, None) => "the points of this transaction add up to more than fits into a number",
    };
    Err(EvaluationError::new(ErrorCode::Overflow, message))
}

/// The instant and wall clock of a purchase.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) at: DateTime<Utc>,
    pub(crate) local: NaiveDateTime,
}

/// The symbols that are looked for in a member's lists.
pub(crate) type Symbols = Vec<Symbol>;
