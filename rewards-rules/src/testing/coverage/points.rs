//! Everything in a rule set that a test can reach, with where it was written.

use std::collections::HashMap;

use crate::check::program::{BaseRule, Bonus, Campaign, Reward};
use crate::check::typed::Typed;
use crate::evaluate::{CapName, CapScope, Rule};
use crate::graph::{CounterSlot, Graph, SlotCaps, inner, operands};
use crate::outcome::Reason;
use crate::rule_set::RuleSet;
use crate::source::Span;
use crate::syntax::{self, written};

/// What a point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// A base rule, bonus, upgrade, campaign or `earn` that grants.
    Rule(Rule),
    /// A slab of a base rule, by number.
    Slab(u32, usize),
    /// The limit of `up_to` or a pool, used up.
    Limit(CounterSlot),
    /// A cap that cuts.
    Cap(CapName),
    /// A purchase at a level.
    Level(u32),
    /// A clause of a campaign that is no expression, and what it says when it fails: both sides.
    Clause(u32, Reason),
    /// An operand of a condition: both sides.
    Operand(Span),
    /// A group of which one campaign goes.
    Group(usize),
    /// An exclusive campaign that drives out another one or is driven out.
    Exclusive(u32),
    /// A redemption option, used.
    Option(usize),
    /// A redemption refused by one of its keys.
    Refused(usize, Refusal),
    /// A function that is called.
    Function(Span),
}

/// What can refuse a redemption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Refusal {
    MinPoints,
    Step,
    Tiers,
    Caps,
}

impl Key {
    pub(super) fn has_sides(self) -> bool {
        matches!(self, Key::Clause(..) | Key::Operand(_))
    }
}

/// One thing that a test can reach.
#[derive(Debug)]
pub(super) struct Point {
    pub(super) key: Key,
    pub(super) span: Span,
    /// Id of the rule that it belongs to.
    pub(super) id: String,
    /// Reached; of a condition: it was true.
    pub(super) held: bool,
    /// Of a condition: it was false.
    pub(super) failed: bool,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Points {
    pub(super) list: Vec<Point>,
    at: HashMap<Key, usize>,
    /// Spans of functions, for what is walked within them.
    functions: Vec<Span>,
    /// The limits of `up_to` and pools.
    pub(super) limits: Vec<(CounterSlot, i64)>,
}

impl Points {
    pub(super) fn of(rules: &RuleSet) -> Points {
        let (files, _) = syntax::read(rules.sources());
        let mut points = Points::default();
        let graph = rules.graph();
        if let Some(program) = files.programs.first() {
            points.program(graph, program);
        }
        for (index, campaign) in graph.program.campaigns.iter().enumerate() {
            if let Some(written) = files.campaigns.iter().find(|c| c.id.value == campaign.id) {
                points.campaign(graph, index, campaign, written);
            }
        }
        points.groups(graph, &files.campaigns);
        points.functions(graph, &files.functions);
        points
    }

    /// Marks a point; of a condition, the side. What is no point is left alone.
    pub(super) fn mark(&mut self, key: Key, held: bool) {
        if let Some(point) = self.at.get(&key).and_then(|at| self.list.get_mut(*at)) {
            point.held |= held;
            point.failed |= !held;
        }
    }

    /// Marks the function that a span stands in.
    pub(super) fn mark_within(&mut self, span: Span) {
        let holds = |f: &Span| f.file == span.file && f.start <= span.start && span.end <= f.end;
        if let Some(function) = self.functions.iter().copied().find(holds) {
            self.mark(Key::Function(function), true);
        }
    }

    fn add(&mut self, key: Key, span: Span, id: &str) {
        if !self.at.contains_key(&key) {
            self.at.insert(key, self.list.len());
            self.list.push(Point { key, span, id: id.to_owned(), held: false, failed: false });
        }
    }

    fn condition(&mut self, typed: Option<&Typed>, id: &str) {
        if let Some(typed) = typed {
            operands(typed, &mut |span| self.add(Key::Operand(span), span, id));
        }
    }

    fn program(&mut self, graph: &Graph, written: &written::Program) {
        let program = &graph.program;
        self.condition(program.eligible_when.as_ref(), "eligible");
        self.condition(program.eligible_lines.as_ref(), "eligible");
        for pool in &written.pools {
            let key = format!("pool.{}.spend.{}", pool.id.value, pool.per.value.name());
            self.limit(graph, &key, pool.spend.span, &pool.id.value);
        }
        for (index, rule) in program.base.iter().enumerate() {
            if let Some(written) = written.base.iter().find(|b| b.id.value == rule.id) {
                self.base(graph, index, rule, written);
            }
        }
        if let Some(tiers) = &written.tiers {
            self.tiers(graph, tiers);
        }
        self.caps(&graph.caps, CapScope::Program, written.caps.as_ref(), "program");
        if let Some(points) = &written.points {
            if let Some(earn) = &points.earn_points {
                self.add(Key::Rule(Rule::Earn), earn.span, "earn");
            }
            self.caps(&graph.points_caps, CapScope::ProgramPoints, points.caps.as_ref(), "points");
        }
        for (index, option) in written.redemption.iter().enumerate() {
            self.option(index, option);
        }
    }

    fn limit(&mut self, graph: &Graph, key: &str, span: Span, id: &str) {
        let Some(&slot) = graph.counter_slots.get(key) else { return };
        let in_base = graph.base.iter().filter_map(|b| b.up_to);
        let limit = in_base.chain(graph.campaigns.iter().filter_map(|c| c.up_to)).find(|l| l.slot == slot);
        if let Some(limit) = limit {
            self.add(Key::Limit(slot), span, id);
            self.limits.push((slot, limit.limit));
        }
    }

    fn base(&mut self, graph: &Graph, index: usize, rule: &BaseRule, written: &written::BaseRule) {
        let Ok(number) = u32::try_from(index) else { return };
        let id = &rule.id;
        self.add(Key::Rule(Rule::Base(number)), written.id.span, id);
        self.condition(rule.when.as_ref(), id);
        self.condition(rule.lines.as_ref(), id);
        let slabs = written.slabs.as_ref().map(|s| s.value.as_slice()).unwrap_or_default();
        for (at, slab) in slabs.iter().enumerate() {
            self.add(Key::Slab(number, at), slab.rate.span, id);
        }
        if let Some(written::UpTo::Spend { spend, per }) = &written.up_to {
            self.limit(graph, &format!("base.{id}.spend.{}", per.value.name()), spend.span, id);
        }
        if let Some(node) = graph.base.get(index) {
            self.caps(&node.caps, CapScope::Rule(Rule::Base(number)), written.caps.as_ref(), id);
        }
    }

    fn tiers(&mut self, graph: &Graph, tiers: &written::Tiers) {
        let levels = graph.program.tiers.as_ref().map(|t| t.levels.as_slice()).unwrap_or_default();
        for ((index, written), level) in (0_u32..).zip(&tiers.levels).zip(levels) {
            let id = &level.id;
            self.add(Key::Level(index), written.id.span, id);
            if let Some(bonus) = &written.bonus
                && !matches!(level.bonus, Some(Bonus::Multiplier(m)) if m == crate::value::Exact::ONE)
            {
                self.add(Key::Rule(Rule::Loyalty(index)), bonus.span, id);
            }
            if let Some(points) = written.upgrade_points.as_ref().filter(|_| level.upgrade_points > 0) {
                self.add(Key::Rule(Rule::Upgrade(index)), points.span, id);
            }
            if let Some(caps) = graph.levels.get(index as usize) {
                self.caps(caps, CapScope::Tier(index), written.caps.as_ref(), id);
            }
        }
    }

    fn caps(&mut self, caps: &SlotCaps, scope: CapScope, written: Option<&written::Caps>, id: &str) {
        let Some(written) = written else { return };
        if let Some(cap) = &written.per_transaction {
            self.add(Key::Cap(CapName::PerTransaction(scope)), cap.span, id);
        }
        if let Some(cap) = &written.max_percent {
            self.add(Key::Cap(CapName::MaxPercent(scope)), cap.span, id);
        }
        let members =
            written.per_member.iter().map(|c| c.amount.as_ref().or(c.points.as_ref()).map_or(c.span, |n| n.span));
        let spans = members.chain(written.budget.as_ref().map(|b| b.span));
        for (span, cap) in spans.zip(&caps.counters) {
            self.add(Key::Cap(CapName::Counter(cap.slot)), span, id);
        }
    }

    fn option(&mut self, index: usize, written: &written::RedemptionOption) {
        let id = &written.id.value;
        self.add(Key::Option(index), written.id.span, id);
        let mut refused = |refusal: Refusal, span: Option<Span>| {
            if let Some(span) = span {
                self.add(Key::Refused(index, refusal), span, id);
            }
        };
        refused(Refusal::MinPoints, written.min_points.as_ref().filter(|p| !p.value.is_zero()).map(|p| p.span));
        refused(Refusal::Step, written.step.as_ref().map(|s| s.span));
        let tiers = written.tiers.as_ref().and_then(|t| Some(t.first()?.span.to(t.last()?.span)));
        refused(Refusal::Tiers, tiers);
        refused(Refusal::Caps, written.caps.as_ref().and_then(|c| c.per_member.first()).map(|c| c.span));
    }

    fn campaign(&mut self, graph: &Graph, index: usize, campaign: &Campaign, written: &written::Campaign) {
        let Ok(number) = u32::try_from(index) else { return };
        let id = &campaign.id;
        self.add(Key::Rule(Rule::Campaign(number)), written.id.span, id);
        let bounds = written.from.as_ref().map(|b| b.span).into_iter().chain(written.to.as_ref().map(|b| b.span));
        let audience = written.audience.as_ref();
        let all = |list: &[crate::source::Spanned<String>]| Some(list.first()?.span.to(list.last()?.span));
        let clauses = [
            (Reason::OutsideWindow, bounds.reduce(Span::to)),
            (Reason::WrongDay, written.days.as_ref().map(|d| d.span)),
            (Reason::WrongHour, written.hours.as_ref().map(|h| h.from.span.to(h.to.span))),
            (Reason::BelowMinimum, written.min_transaction.as_ref().map(|m| m.span)),
            (Reason::WrongTier, audience.and_then(|a| all(a.tiers.as_deref()?))),
            (Reason::NotInSegment, audience.and_then(|a| all(a.segments.as_deref()?))),
            (Reason::OutsideShare, audience.and_then(|a| Some(a.share.as_ref()?.span))),
            (Reason::NotEnrolled, campaign.enrolled.then_some(written.id.span)),
            (Reason::UsesExhausted, written.caps.as_ref().and_then(|c| Some(c.uses.as_ref()?.count.span))),
        ];
        for (reason, span) in clauses {
            if let Some(span) = span {
                self.add(Key::Clause(number, reason), span, id);
            }
        }
        self.condition(campaign.when.as_ref(), id);
        self.condition(campaign.lines.as_ref(), id);
        if let Reward::Amount(typed) = &campaign.reward {
            inner(typed, &mut |span| self.add(Key::Operand(span), span, id));
        }
        if let Some(written::UpTo::Spend { spend, per }) = written.reward.as_ref().and_then(|r| r.up_to.as_ref()) {
            self.limit(graph, &format!("campaign.{id}.spend.{}", per.value.name()), spend.span, id);
        }
        if let Some(node) = graph.campaigns.get(index) {
            self.caps(&node.caps, CapScope::Rule(Rule::Campaign(number)), written.caps.as_ref(), id);
        }
        if let Some(exclusive) = written.exclusive.as_ref().filter(|e| e.value) {
            self.add(Key::Exclusive(number), exclusive.span, id);
        }
    }

    fn groups(&mut self, graph: &Graph, campaigns: &[written::Campaign]) {
        for (index, name) in graph.program.groups.iter().enumerate() {
            let mut members = campaigns.iter().filter_map(|c| c.group.as_ref()).filter(|g| g.value == *name);
            // Of a group of one nobody ever has to go.
            if let (Some(first), true) = (members.next(), members.next().is_some()) {
                self.add(Key::Group(index), first.span, name);
            }
        }
    }

    /// Functions that a rule calls, or a function that is part of one: of what only a function in Rhai calls nothing
    /// is seen.
    fn functions(&mut self, graph: &Graph, functions: &[crate::syntax::expression::Function]) {
        let called_in_rhai = |name: &str| {
            let inside = |f: &crate::syntax::expression::Function| {
                graph.program.scripts.calls.iter().any(|c| c.name == f.name.value)
            };
            functions.iter().filter(|f| inside(f)).any(|f| graph.clause_text(f.body.span).contains(&format!("{name}(")))
        };
        for function in functions {
            let name = &function.name.value;
            self.functions.push(function.span);
            if !called_in_rhai(name) || graph.program.scripts.calls.iter().any(|c| c.name == *name) {
                self.add(Key::Function(function.span), function.name.span, name);
            }
        }
    }
}
