//! Campaigns (semantics §3.6): who applies, and what each would grant after its own caps.

use chrono::{Datelike, NaiveTime};
use sha2::{Digest, Sha256};

use super::{CapScope, EvaluationError, Measure, Part, PartBasis, PointsPart, Rule, Spend, Used, Work, caps, why};
use crate::check::program::{Campaign, Reward, WindowBound};
use crate::graph::{CampaignNode, Graph, Value};
use crate::outcome::Reason;
use crate::value::{Exact, RoundingAt, RoundingMode};

/// A campaign that passed its conditions, before stacking. What it grants stands among the parts already.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) campaign: u32,
    pub(super) grant: Grant,
    /// What it counts on its `up_to`, if it survives.
    pub(super) spend: Option<Spend>,
    pub(super) dropped: bool,
}

/// A place among the parts of money or of points.
#[derive(Debug, Clone, Copy)]
pub(super) enum Grant {
    Money(usize),
    Points(usize),
}

impl Candidate {
    /// What it grants after its own caps: exact values under `at: total`, else rounded ones (semantics §1.3).
    pub(super) fn worth(&self, graph: &Graph, work: &Work) -> Exact {
        match self.grant {
            Grant::Money(at) => work.parts.get(at).map_or(Exact::ZERO, |part| {
                if graph.program.rounding_at == RoundingAt::Total {
                    part.kept
                } else {
                    Exact::from_units(part.granted, graph.program.currency.decimals())
                }
            }),
            Grant::Points(at) => {
                let granted = work.points.get(at).map_or(0, |part| part.granted);
                Exact::from_units(granted, graph.program.points_decimals)
            }
        }
    }
}

/// Finds the candidates, in order of priority and declaration.
pub(super) fn gather<U: Used + ?Sized>(graph: &Graph, used: &U, work: &mut Work) -> Result<(), EvaluationError> {
    if graph.campaigns.is_empty() {
        return Ok(());
    }
    let Work { purchase, key, .. } = work;
    if !work.explain
        && let Some(mut mask) = graph.index.mask(&purchase.facts, key)
    {
        while mask != 0 {
            consider(graph, used, work, mask.trailing_zeros())?;
            mask &= mask.wrapping_sub(1);
        }
        return Ok(());
    }
    let mut found = std::mem::take(&mut work.found);
    if work.explain {
        found.clear();
        found.extend((0..graph.campaigns.len()).filter_map(|i| u32::try_from(i).ok()));
    } else {
        graph.index.candidates(&work.purchase.facts, work.eligible, &mut work.key, &mut found);
    }
    let result = found.iter().try_for_each(|&index| consider(graph, used, work, index));
    work.found = found;
    result
}

fn consider<U: Used + ?Sized>(graph: &Graph, used: &U, work: &mut Work, index: u32) -> Result<(), EvaluationError> {
    let at = index as usize;
    let (Some(campaign), Some(node)) = (graph.program.campaigns.get(at), graph.campaigns.get(at)) else {
        return Ok(());
    };
    let rule = Rule::Campaign(index);
    if let Some(failed) = first_failing(used, work, campaign, node) {
        let (reason, clause, value) = failed;
        if work.explain {
            let (clause, value) = why::campaign_clause(graph, work, campaign, clause, value);
            work.reject(rule, reason, || clause, || value);
        }
        return Ok(());
    }
    for clause in &node.when {
        if !work.holds(graph, clause.node, None, Some(rule), clause.span)? {
            if work.explain {
                why::condition(graph, work, rule, clause.span, clause.node, None);
            }
            return Ok(());
        }
    }
    reward(graph, used, work, index, campaign, node)
}

/// Which of the fixed clauses failed, for the words of explain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FixedClause {
    Active,
    Days,
    Hours,
    Minimum,
    Tiers,
    Segments,
    Share,
    Enrolled,
    Uses,
}

/// The first clause that fails, in the order of semantics §2.5; none of them can be an error.
fn first_failing<U: Used + ?Sized>(
    used: &U,
    work: &Work,
    campaign: &Campaign,
    node: &CampaignNode,
) -> Option<(Reason, FixedClause, i64)> {
    let purchase = &work.purchase;
    let (at, local) = (purchase.clock.at, purchase.clock.local);
    let started = match campaign.window.from {
        None => true,
        Some(WindowBound::Date(d)) => d <= local.date(),
        Some(WindowBound::Instant(i)) => i <= at,
    };
    let ended = match campaign.window.to {
        None => false,
        Some(WindowBound::Date(d)) => d < local.date(),
        Some(WindowBound::Instant(i)) => i <= at,
    };
    if campaign.paused || !started || ended {
        return Some((Reason::OutsideWindow, FixedClause::Active, 0));
    }
    let spans = |from: NaiveTime, to: Option<NaiveTime>| to.is_some_and(|to| to < from);
    if let Some(days) = campaign.days {
        // A window over midnight belongs to the day on which it began.
        let began_yesterday =
            campaign.hours.is_some_and(|(from, to)| spans(from, to) && to.is_some_and(|to| local.time() < to));
        let date = if began_yesterday { local.date().pred_opt() } else { Some(local.date()) };
        let bit = date.map_or(0, |d| 1_u8 << d.weekday().num_days_from_monday());
        if days & bit == 0 {
            return Some((Reason::WrongDay, FixedClause::Days, 0));
        }
    }
    if let Some((from, to)) = campaign.hours {
        let time = local.time();
        let before_end = to.is_none_or(|to| time < to);
        let inside = if spans(from, to) { time >= from || before_end } else { time >= from && before_end };
        if !inside {
            return Some((Reason::WrongHour, FixedClause::Hours, 0));
        }
    }
    if campaign.min_transaction.is_some_and(|m| work.eligible < m) {
        return Some((Reason::BelowMinimum, FixedClause::Minimum, work.eligible));
    }
    if let Some(tiers) = &campaign.tiers
        && !work.tier.is_some_and(|t| tiers.contains(&t))
    {
        return Some((Reason::WrongTier, FixedClause::Tiers, 0));
    }
    if let Some(segments) = &node.segments
        && !segments.iter().any(|s| purchase.segments.contains(s))
    {
        return Some((Reason::NotInSegment, FixedClause::Segments, 0));
    }
    if let Some(below) = node.share_below
        && u128::from(share_of(&campaign.id, &purchase.member_id)) >= below
    {
        return Some((Reason::OutsideShare, FixedClause::Share, 0));
    }
    if campaign.enrolled && !purchase.enrolments.contains(&node.id) {
        return Some((Reason::NotEnrolled, FixedClause::Enrolled, 0));
    }
    if let Some(uses) = node.caps.uses {
        let made = used.used(uses.slot);
        if made >= uses.limit {
            return Some((Reason::UsesExhausted, FixedClause::Uses, made));
        }
    }
    None
}

/// The first 8 bytes, big endian, of SHA-256(campaign id, `:`, member id) (semantics §9.4).
pub(super) fn share_of(campaign: &str, member: &str) -> u64 {
    let digest = Sha256::new().chain_update(campaign).chain_update(":").chain_update(member).finalize();
    digest.iter().take(8).fold(0_u64, |n, byte| (n << 8) | u64::from(*byte))
}

fn reward<U: Used + ?Sized>(
    graph: &Graph,
    used: &U,
    work: &mut Work,
    index: u32,
    campaign: &Campaign,
    node: &CampaignNode,
) -> Result<(), EvaluationError> {
    let rule = Rule::Campaign(index);
    let decimals = graph.program.currency.decimals();
    let overflow = |_| EvaluationError::overflow(graph, Some(rule));
    let mut spend = None;
    // What counts of an amount under `up_to`; `None` when nothing is left.
    let mut counted = |work: &mut Work, amount: i64| match node.up_to {
        None => Some(amount),
        Some(limit) => {
            let left = limit.limit.saturating_sub(used.used(limit.slot)).max(0);
            if left == 0 {
                why::limit_used(graph, work, rule, limit);
                return None;
            }
            let counts = amount.min(left);
            spend = Some(Spend { slot: limit.slot, amount: counts });
            Some(counts)
        }
    };
    let (basis, rate, exact) = match &campaign.reward {
        Reward::Rate { rate, .. } => {
            let mut amount = work.eligible;
            if let (Some(lines), Some(typed)) = (node.lines, &campaign.lines) {
                amount = 0;
                let mut matched = false;
                for at in 0..work.lines.len() {
                    let Some(line) = work.lines.get(at).copied() else { continue };
                    if line.eligible && work.holds(graph, lines, Some(&line.facts), Some(rule), typed.span)? {
                        matched = true;
                        amount = amount.saturating_add(line.amount);
                    }
                }
                if !matched {
                    why::condition(graph, work, rule, typed.span, lines, Some("no line"));
                    return Ok(());
                }
            }
            let Some(amount) = counted(work, amount) else { return Ok(()) };
            let (exact, rounded) =
                Exact::share_of(amount, decimals, *rate, graph.program.rounding).map_err(overflow)?;
            let part = Part {
                rule,
                basis: PartBasis::Money(amount),
                rate: Some(*rate),
                exact,
                kept: exact,
                rounded,
                granted: rounded,
            };
            return money(graph, used, work, index, node, part, spend);
        }
        Reward::Multiplier { multiplier, .. } => {
            let Some(amount) = counted(work, work.eligible) else { return Ok(()) };
            let base = if amount == work.eligible {
                work.exact_base
            } else {
                base_of_first(work, amount, decimals, overflow)?
            };
            let rate = multiplier.checked_sub(Exact::ONE).map_err(overflow)?;
            (PartBasis::Exact(base), Some(rate), base.checked_mul(rate).map_err(overflow)?)
        }
        Reward::Fixed(amount) => (PartBasis::None, None, Exact::from_units(*amount, decimals)),
        Reward::Amount(typed) => {
            let Some(amount) = node.amount else { return Ok(()) };
            let value = work
                .value(graph, amount, None)
                .map_err(|e| EvaluationError::of_expression(graph, Some(rule), typed.span, e))?;
            let exact = match value {
                Value::Decimal(d) => d,
                Value::Integer(i) => Exact::from(i),
                _ => {
                    why::absent_amount(graph, work, rule, typed.span);
                    return Ok(());
                }
            };
            if exact.is_negative() {
                why::negative_amount(graph, work, rule, typed.span, exact);
            }
            (PartBasis::None, None, exact.max(Exact::ZERO))
        }
        Reward::Points(units) => {
            let exact = Exact::from_units(*units, graph.program.points_decimals);
            return points(graph, used, work, index, node, exact, *units);
        }
        Reward::PointsMultiplier(multiplier) => {
            let more = multiplier.checked_sub(Exact::ONE).map_err(overflow)?;
            let (exact, units) = super::points::earned(graph, work.eligible, more)
                .map_err(|_| EvaluationError::overflow(graph, Some(rule)))?;
            return points(graph, used, work, index, node, exact, units);
        }
    };
    let rounded = exact.to_units(u32::from(decimals), graph.program.rounding).map_err(overflow)?;
    let part = Part { rule, basis, rate, exact, kept: exact, rounded, granted: rounded };
    money(graph, used, work, index, node, part, spend)
}

/// Puts a grant of money, after its own caps, among the parts.
#[inline]
fn money<U: Used + ?Sized>(
    graph: &Graph,
    used: &U,
    work: &mut Work,
    index: u32,
    node: &CampaignNode,
    mut part: Part,
    spend: Option<Spend>,
) -> Result<(), EvaluationError> {
    let at = work.parts.len();
    if !node.caps.is_empty() {
        let block = own_caps(graph, used, work.eligible, index, node, at);
        let cuts = work.cuts.len();
        if graph.program.rounding_at == RoundingAt::Total {
            block.apply(std::slice::from_mut(&mut part.kept), &mut work.cuts)?;
        } else {
            block.apply(std::slice::from_mut(&mut part.granted), &mut work.cuts)?;
        }
        if let Some(slot) = block.budget() {
            let cuts = work.cuts.get(cuts..).unwrap_or_default();
            work.claims.push(if graph.program.rounding_at == RoundingAt::Total {
                caps::claim(slot, Some(part.kept), cuts, graph.program.currency.decimals())
            } else {
                caps::claim(slot, Some(part.granted), cuts, 0)
            });
        }
    }
    work.parts.push(part);
    if graph.stacks {
        work.candidates.push(Candidate { campaign: index, grant: Grant::Money(at), spend, dropped: false });
    } else {
        work.spends.extend(spend);
    }
    Ok(())
}

/// The block of caps of one campaign, over the part at this place.
fn own_caps<'a, U: Used + ?Sized>(
    graph: &'a Graph,
    used: &'a U,
    eligible: i64,
    index: u32,
    node: &'a CampaignNode,
    at: usize,
) -> caps::Block<'a, U> {
    let first = u32::try_from(at).unwrap_or(u32::MAX);
    caps::Block {
        graph,
        used,
        caps: &node.caps,
        scope: CapScope::Rule(Rule::Campaign(index)),
        eligible,
        own: true,
        first,
    }
}

/// The exact base of the first `amount` of the purchase, slice by slice (semantics §3.6).
fn base_of_first(
    work: &Work,
    amount: i64,
    decimals: u8,
    overflow: impl Fn(crate::value::Overflow) -> EvaluationError,
) -> Result<Exact, EvaluationError> {
    let mut rest = amount;
    let mut base = Exact::ZERO;
    for part in work.parts.iter().filter(|p| matches!(p.rule, Rule::Base(_))) {
        let (PartBasis::Money(slice), Some(rate)) = (part.basis, part.rate) else { continue };
        let counts = slice.min(rest);
        rest = rest.saturating_sub(counts);
        let exact = Exact::from_units(counts, decimals).checked_mul(rate).map_err(&overflow)?;
        base = base.checked_add(exact).map_err(&overflow)?;
    }
    Ok(base)
}

fn points<U: Used + ?Sized>(
    graph: &Graph,
    used: &U,
    work: &mut Work,
    index: u32,
    node: &CampaignNode,
    exact: Exact,
    units: i64,
) -> Result<(), EvaluationError> {
    let mut part = PointsPart { rule: Rule::Campaign(index), exact, granted: units };
    let at = work.points.len();
    if !node.caps.is_empty() {
        let block = own_caps(graph, used, work.eligible, index, node, at);
        let cuts = work.points_cuts.len();
        block.apply(std::slice::from_mut(&mut part.granted), &mut work.points_cuts)?;
        if let Some(slot) = block.budget() {
            let cuts = work.points_cuts.get(cuts..).unwrap_or_default();
            work.claims.push(caps::claim(slot, Some(part.granted), cuts, 0));
        }
    }
    work.points.push(part);
    if graph.stacks {
        work.candidates.push(Candidate { campaign: index, grant: Grant::Points(at), spend: None, dropped: false });
    }
    Ok(())
}

impl Measure {
    /// The value without its unit.
    pub(super) fn is_zero(self) -> bool {
        match self {
            Measure::Units(n) => n == 0,
            Measure::Exact(e) => e.is_zero(),
        }
    }
}

/// Points are rounded down (semantics §1.4).
pub(super) const POINTS_ROUNDING: RoundingMode = RoundingMode::Down;
