//! Counters (semantics §3.11): what was finally granted, after stacking and every cap.

use super::{Rule, Work};
use crate::graph::{CounterSlot, Graph, SlotCap, SlotCaps};

/// The counters that a grant of one rule feeds: its own, and those of the wider blocks around it.
pub(crate) fn fed_by(graph: &Graph, rule: Rule, tier: Option<usize>) -> impl Iterator<Item = &SlotCap> {
    blocks(graph, rule, tier).into_iter().flatten().flat_map(|caps| &caps.counters)
}

/// The rule's own block, the tier's and the program's, where the rule has them.
fn blocks(graph: &Graph, rule: Rule, tier: Option<usize>) -> [Option<&SlotCaps>; 3] {
    let own: Option<&SlotCaps> = match rule {
        Rule::Base(i) => graph.base.get(i as usize).map(|b| &b.caps),
        Rule::Campaign(i) => graph.campaigns.get(i as usize).map(|c| &c.caps),
        Rule::Loyalty(_) | Rule::Earn | Rule::Upgrade(_) => None,
    };
    let points = match rule {
        Rule::Campaign(i) => graph.program.campaigns.get(i as usize).is_some_and(|c| c.is_points()),
        Rule::Earn | Rule::Upgrade(_) => true,
        Rule::Base(_) | Rule::Loyalty(_) => false,
    };
    let level = tier.and_then(|t| graph.levels.get(t)).filter(|_| !points);
    let wider = match rule {
        Rule::Upgrade(_) => None,
        _ if points => Some(&graph.points_caps),
        _ => Some(&graph.caps),
    };
    [own, level, wider]
}

pub(super) fn count(graph: &Graph, work: &mut Work) {
    let Work { parts, points, spends, deltas, eligible, tier, .. } = work;
    for spend in spends.iter() {
        add(deltas, spend.slot, spend.amount);
    }
    for slot in &graph.spent {
        add(deltas, *slot, *eligible);
    }
    for slot in &graph.visits {
        add(deltas, *slot, 1);
    }
    // The wider blocks are fed with the sums, the rules' own with each grant: the same as [`blocks`] has.
    let (mut money, mut earned) = (0_i64, 0_i64);
    for part in parts.iter().filter(|part| part.granted > 0) {
        money = money.saturating_add(part.granted);
        feed_own(graph, deltas, part.rule, part.granted);
    }
    for part in points.iter().filter(|part| part.granted > 0) {
        if !matches!(part.rule, Rule::Upgrade(_)) {
            earned = earned.saturating_add(part.granted);
        }
        feed_own(graph, deltas, part.rule, part.granted);
    }
    if let Some(caps) = tier.and_then(|t| graph.levels.get(t)) {
        feed(deltas, caps, money);
    }
    feed(deltas, &graph.caps, money);
    feed(deltas, &graph.points_caps, earned);
    if deltas.len() > 1 {
        deltas.sort_unstable_by_key(|(slot, _)| graph.counter_order.get(slot.0 as usize));
    }
}

/// Adds to what a counter changes by. Nothing is ever taken from it, so that one that stands here did change.
#[inline]
fn add(deltas: &mut Vec<(CounterSlot, i64)>, slot: CounterSlot, by: i64) {
    if by <= 0 {
        return;
    }
    match deltas.iter_mut().find(|(s, _)| *s == slot) {
        Some((_, delta)) => *delta = delta.saturating_add(by),
        None => deltas.push((slot, by)),
    }
}

/// Feeds the counters of the rule's own block, and that of its uses.
#[inline(always)]
fn feed_own(graph: &Graph, deltas: &mut Vec<(CounterSlot, i64)>, rule: Rule, granted: i64) {
    let caps = match rule {
        Rule::Base(i) => graph.base.get(i as usize).map(|b| &b.caps),
        Rule::Campaign(i) => graph.campaigns.get(i as usize).map(|c| &c.caps),
        Rule::Loyalty(_) | Rule::Earn | Rule::Upgrade(_) => None,
    };
    let Some(caps) = caps.filter(|caps| caps.counts) else { return };
    feed(deltas, caps, granted);
    if let (Rule::Campaign(_), Some(uses)) = (rule, caps.uses) {
        add(deltas, uses.slot, 1);
    }
}

#[inline]
fn feed(deltas: &mut Vec<(CounterSlot, i64)>, caps: &SlotCaps, granted: i64) {
    for cap in &caps.counters {
        add(deltas, cap.slot, granted);
    }
}
