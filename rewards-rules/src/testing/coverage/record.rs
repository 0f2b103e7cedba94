//! What one step of a test reached.

use super::points::{Key, Points, Refusal};
use crate::check::program::Reward;
use crate::check::typed::Typed;
use crate::evaluate::{Origin, Rule, Work};
use crate::graph::{Graph, LineFacts, Memo, NodeId, Scope, Trace, Watch};
use crate::input::ErrorCode;
use crate::outcome::Reason;
use crate::rule_set::RuleSet;
use crate::source::Span;
use crate::state::Ledger;
use crate::testing::run::Happened;

/// The clauses of a campaign that are no expressions, in the order in which they are asked (semantics §2.5).
const CLAUSES: [Reason; 9] = [
    Reason::OutsideWindow,
    Reason::WrongDay,
    Reason::WrongHour,
    Reason::BelowMinimum,
    Reason::WrongTier,
    Reason::NotInSegment,
    Reason::OutsideShare,
    Reason::NotEnrolled,
    Reason::UsesExhausted,
];

pub(super) struct Recorder<'a> {
    pub(super) rules: &'a RuleSet,
    pub(super) points: &'a mut Points,
}

impl Watch for Points {
    fn side(&mut self, span: Span, held: bool) {
        self.mark(Key::Operand(span), held);
        self.mark_within(span);
    }

    fn within(&mut self, span: Span) {
        self.mark_within(span);
    }
}

/// The conditions of one purchase, walked again.
struct Walk<'a> {
    graph: &'a Graph,
    work: &'a Work,
    memo: Memo,
    points: &'a mut Points,
}

impl Walk<'_> {
    fn trace<'s>(&'s mut self, line: Option<&'s LineFacts>) -> Trace<'s, Points> {
        let scope = Scope { graph: self.graph, facts: &self.work.purchase.facts, line };
        Trace { scope, memo: &mut self.memo, watch: self.points }
    }

    fn condition(&mut self, typed: Option<&Typed>, node: Option<NodeId>) -> bool {
        match (typed, node) {
            (Some(typed), Some(node)) => self.trace(None).condition(typed, node),
            _ => true,
        }
    }

    /// A condition of lines; only of those that count, unless it is what decides which count.
    fn lines(&mut self, typed: Option<&Typed>, node: Option<NodeId>, all: bool) {
        let (Some(typed), Some(node)) = (typed, node) else { return };
        let work = self.work;
        for line in work.lines.iter().filter(|l| all || l.eligible) {
            self.trace(Some(&line.facts)).condition(typed, node);
        }
    }
}

impl Recorder<'_> {
    pub(super) fn note(&mut self, happened: Happened<'_>) {
        match happened {
            Happened::Purchase { ledger, member } => self.purchase(ledger, member),
            Happened::Redemption { option, refused } => self.redemption(option, refused),
        }
    }

    fn redemption(&mut self, option: &str, refused: Option<ErrorCode>) {
        let options = &self.rules.graph().program.redemption;
        let Some(index) = options.iter().position(|o| o.id == option) else { return };
        let key = match refused {
            None => Key::Option(index),
            Some(ErrorCode::BelowMinPoints) => Key::Refused(index, Refusal::MinPoints),
            Some(ErrorCode::WrongStep) => Key::Refused(index, Refusal::Step),
            Some(ErrorCode::TierIneligible) => Key::Refused(index, Refusal::Tiers),
            Some(ErrorCode::RedemptionCapExceeded) => Key::Refused(index, Refusal::Caps),
            Some(_) => return,
        };
        self.points.mark(key, true);
    }

    fn purchase(&mut self, ledger: &Ledger, member: &str) {
        let graph = self.rules.graph();
        let work = ledger.work();
        self.granted(work);
        let limits = self.points.limits.clone();
        for (slot, limit) in limits {
            if work.reason.is_none() && ledger.counted(graph, member, slot) >= limit {
                self.points.mark(Key::Limit(slot), true);
            }
        }
        let mut memo = Memo::default();
        memo.reset(graph.nodes.len());
        let mut walk = Walk { graph, work, memo, points: self.points };
        if matches!(work.reason, Some(Reason::MemberInactive)) || work.purchase.amount == 0 {
            return;
        }
        let program = &graph.program;
        let eligible = walk.condition(program.eligible_when.as_ref(), graph.eligible_when);
        if eligible && work.purchase.has_lines {
            walk.lines(program.eligible_lines.as_ref(), graph.eligible_lines, true);
        }
        if work.reason.is_some() {
            return;
        }
        base(&mut walk);
        for index in 0..graph.campaigns.len() {
            campaign(&mut walk, index);
        }
    }

    /// What took effect, as the evaluation has it.
    fn granted(&mut self, work: &Work) {
        let points = &mut *self.points;
        for part in &work.parts {
            if part.granted > 0 || matches!(part.rule, Rule::Base(_)) {
                points.mark(Key::Rule(part.rule), true);
            }
            if let Rule::Base(number) = part.rule {
                // Slabs are filled from the first.
                let slices = work.parts.iter().filter(|p| p.rule == part.rule).count();
                (0..slices).for_each(|at| points.mark(Key::Slab(number, at), true));
            }
        }
        for part in work.points.iter().filter(|p| p.granted > 0) {
            points.mark(Key::Rule(part.rule), true);
        }
        for cut in work.cuts.iter().chain(&work.points_cuts) {
            points.mark(Key::Cap(cut.cap), true);
        }
        if let Some(level) = work.tier.and_then(|t| u32::try_from(t).ok()).filter(|_| work.reason.is_none()) {
            points.mark(Key::Level(level), true);
        }
    }
}

/// Base rules, as far as something of the amount was left when it was their turn.
fn base(walk: &mut Walk<'_>) {
    let (graph, work) = (walk.graph, walk.work);
    let mut left = work.eligible;
    for ((index, rule), node) in (0_u32..).zip(&graph.program.base).zip(&graph.base) {
        if left == 0 {
            return;
        }
        if walk.condition(rule.when.as_ref(), node.when) {
            walk.lines(rule.lines.as_ref(), node.lines, false);
        }
        for part in work.parts.iter().filter(|p| p.rule == Rule::Base(index)) {
            if let Origin::Share { amount, .. } = part.of {
                left = left.saturating_sub(amount);
            }
        }
    }
}

fn campaign(walk: &mut Walk<'_>, index: usize) {
    let (graph, work) = (walk.graph, walk.work);
    let (Some(campaign), Some(node)) = (graph.program.campaigns.get(index), graph.campaigns.get(index)) else { return };
    let Ok(number) = u32::try_from(index) else { return };
    let rejected = work.rejected.iter().filter(|r| r.rule == Rule::Campaign(number));
    for reason in rejected.clone().map(|r| r.reason) {
        match reason {
            Reason::GroupLost => walk.points.mark(Key::Group(campaign.group.unwrap_or(usize::MAX)), true),
            Reason::ExclusiveCameLate => walk.points.mark(Key::Exclusive(number), true),
            Reason::ExcludedByExclusive => {
                for part in &work.parts {
                    if let Rule::Campaign(winner) = part.rule {
                        walk.points.mark(Key::Exclusive(winner), true);
                    }
                }
                for part in &work.points {
                    if let Rule::Campaign(winner) = part.rule {
                        walk.points.mark(Key::Exclusive(winner), true);
                    }
                }
            }
            _ => {}
        }
    }
    let failed = rejected.map(|r| r.reason).find(|r| CLAUSES.contains(r));
    for clause in CLAUSES {
        let held = failed != Some(clause);
        walk.points.mark(Key::Clause(number, clause), held);
        if !held {
            return;
        }
    }
    if let Some(when) = &campaign.when {
        let mut written = Vec::new();
        clauses(when, &mut written);
        if !written.iter().zip(&node.when).all(|(typed, clause)| walk.condition(Some(typed), Some(clause.node))) {
            return;
        }
    }
    walk.lines(campaign.lines.as_ref(), node.lines, false);
    if let (Reward::Amount(typed), Some(amount)) = (&campaign.reward, node.amount) {
        walk.trace(None).value(typed, amount);
    }
}

/// The operands of a top-level `&&`, from the left, as the graph has them.
fn clauses<'t>(typed: &'t Typed, into: &mut Vec<&'t Typed>) {
    use crate::check::typed::TypedKind;
    use crate::syntax::expression::BinaryOp;
    if let TypedKind::Binary(BinaryOp::And, a, b) = &typed.kind {
        clauses(a, into);
        clauses(b, into);
    } else {
        into.push(typed);
    }
}
