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
    let tier = work.tier;
    let fed = |part: Option<(Rule, i64)>, work: &mut Work| {
        if let Some((rule, granted)) = part {
            feed(graph, work, rule, tier, granted);
        }
    };
    for at in 0..work.parts.len() {
        fed(work.parts.get(at).map(|p| (p.rule, p.granted)), work);
    }
    for at in 0..work.points.len() {
        fed(work.points.get(at).map(|p| (p.rule, p.granted)), work);
    }
    // A counter that was added to and taken from by the same purchase stands at zero and did not change.
    work.deltas.retain(|(_, delta)| *delta != 0);
    work.deltas.sort_unstable_by_key(|(slot, _)| graph.counter_order.get(slot.0 as usize));
}

fn feed(graph: &Graph, work: &mut Work, rule: Rule, tier: Option<usize>, granted: i64) {
    if granted <= 0 {
        return;
    }
    for caps in blocks(graph, rule, tier).into_iter().flatten() {
        for cap in &caps.counters {
            work.add_delta(cap.slot, granted);
        }
    }
    if let Rule::Campaign(index) = rule
        && let Some(uses) = graph.campaigns.get(index as usize).and_then(|c| c.caps.uses)
    {
        work.add_delta(uses.slot, 1);
    }
}
