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

use crate::graph::{CounterSlot, Graph, LineFacts, Memo, NodeId, Scope, Symbol, Value};
use crate::input::ErrorCode;
use crate::outcome::Reason;
use crate::source::Span;
use crate::value::{Exact, LocalClock, Period, PeriodKey};

pub(crate) use counters::fed_by;
pub(crate) use error::EVALUATION_ERROR;
pub use error::EvaluationError;
pub(crate) use prepare::{Before, Purchase, minor_units, prepare};
pub(crate) use progress::{apply as reach, level_reached};
pub(crate) use reading::{Read, Reading, is_early};
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
    of: Option<Calendar>,
    keys: [Option<PeriodKey>; Period::ALL.len()],
}

impl Periods {
    /// Makes the keys that the counters of a rule set need; those of the same date stay.
    pub(crate) fn set(&mut self, graph: &Graph, calendar: Calendar) {
        if self.of == Some(calendar) {
            return;
        }
        self.of = Some(calendar);
        for (period, key) in Period::ALL.into_iter().zip(&mut self.keys) {
            *key = if graph.periods.contains(&period) { calendar.key(period) } else { None };
        }
    }

    /// The key of a period that some counter has.
    pub(crate) fn key(&self, period: Period) -> Option<PeriodKey> {
        self.keys.get(period as usize).copied().flatten()
    }
}

/// What a part was computed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartBasis {
    None,
    Money(i64),
    Exact(Exact),
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

/// A component of money in the making.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) rule: Rule,
    pub(crate) basis: PartBasis,
    pub(crate) rate: Option<Exact>,
    pub(crate) exact: Exact,
    /// Under `at: total`: the exact value after own caps.
    kept: Exact,
    pub(crate) rounded: i64,
    pub(crate) granted: i64,
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
    pub(crate) periods: Periods,
    pub(crate) purchase: Purchase,
    pub(crate) lines: Vec<WorkLine>,
    /// The eligible amount in minor units.
    pub(crate) eligible: i64,
    pub(crate) tier: Option<usize>,
    pub(crate) reason: Option<Reason>,
    /// Sum of the base slices before rounding and caps.
    exact_base: Exact,
    pub(crate) parts: Vec<Part>,
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
    values: Vec<i64>,
    exacts: Vec<Exact>,
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
        match graph.quick(&self.purchase.facts, node) {
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
        base::apply(graph, used, work)?;
        loyalty::apply(graph, work)?;
        campaigns::gather(graph, used, work)?;
        stacking::settle(graph, work);
        rounding::share_total(graph, work)?;
        caps::apply_wider(graph, used, work)?;
        points::apply(graph, used, work)?;
    }
    progress::apply(graph, work)?;
    fit_in_all(work)?;
    if work.reason.is_none() {
        counters::count(graph, work);
        why::zero_grants(graph, used, work);
    }
    Ok(())
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
