//! Counters (semantics §3.11): what was finally granted, after stacking and every cap.

use super::{Rule, Work};
use crate::graph::{Graph, SlotCap, SlotCaps};

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
    for at in 0..work.spends.len() {
        if let Some(spend) = work.spends.get(at).copied() {
            work.add_delta(spend.slot, spend.amount);
        }
    }
    for slot in &graph.spent {
        work.add_delta(*slot, work.eligible);
    }
    for slot in &graph.visits {
        work.add_delta(*slot, 1);
    }
    // The wider blocks are fed with the sums, the rules' own with each grant: as many as [`blocks`] has.
    let (mut money, mut points) = (0_i64, 0_i64);
    for at in 0..work.parts.len() {
        let Some((rule, granted)) = work.parts.get(at).map(|p| (p.rule, p.granted)) else { continue };
        if granted > 0 {
            money = money.saturating_add(granted);
            feed_own(graph, work, rule, granted);
        }
    }
    for at in 0..work.points.len() {
        let Some((rule, granted)) = work.points.get(at).map(|p| (p.rule, p.granted)) else { continue };
        if granted > 0 {
            if !matches!(rule, Rule::Upgrade(_)) {
                points = points.saturating_add(granted);
            }
            feed_own(graph, work, rule, granted);
        }
    }
    let level = work.tier.and_then(|t| graph.levels.get(t));
    feed(work, level, money);
    feed(work, Some(&graph.caps), money);
    feed(work, Some(&graph.points_caps), points);
    // A counter that was added to and taken from by the same purchase stands at zero and did not change.
    work.deltas.retain(|(_, delta)| *delta != 0);
    if work.deltas.len() > 1 {
        work.deltas.sort_unstable_by_key(|(slot, _)| graph.counter_order.get(slot.0 as usize));
    }
}

/// Feeds the counters of the rule's own block, and that of its uses.
fn feed_own(graph: &Graph, work: &mut Work, rule: Rule, granted: i64) {
    let own = match rule {
        Rule::Base(i) => graph.base.get(i as usize).map(|b| &b.caps),
        Rule::Campaign(i) => graph.campaigns.get(i as usize).map(|c| &c.caps),
        Rule::Loyalty(_) | Rule::Earn | Rule::Upgrade(_) => None,
    };
    feed(work, own, granted);
    if let (Rule::Campaign(_), Some(uses)) = (rule, own.and_then(|caps| caps.uses)) {
        work.add_delta(uses.slot, 1);
    }
}

fn feed(work: &mut Work, caps: Option<&SlotCaps>, granted: i64) {
    for cap in caps.iter().flat_map(|caps| &caps.counters) {
        work.add_delta(cap.slot, granted);
    }
}
