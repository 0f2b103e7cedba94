//! Stacking (semantics §3.7): groups first, then exclusive campaigns; what it removes never returns.

use super::campaigns::Grant;
use super::{PartCut, Rule, Work};
use crate::graph::Graph;
use crate::outcome::Reason;
use crate::value::Exact;

pub(super) fn settle(graph: &Graph, work: &mut Work) {
    groups(graph, work);
    exclusives(graph, work);
    promote(work);
}

/// Of each group only the one that grants most stays; a tie: who stands first.
fn groups(graph: &Graph, work: &mut Work) {
    if graph.program.groups.is_empty() {
        return;
    }
    let mut best = std::mem::take(&mut work.groups);
    best.clear();
    best.resize(graph.program.groups.len(), None);
    let group_of = |campaign: u32| graph.program.campaigns.get(campaign as usize).and_then(|c| c.group);
    let worth = |work: &Work, at: usize| work.candidates.get(at).map_or(Exact::ZERO, |c| c.worth(graph, work));
    for at in 0..work.candidates.len() {
        let Some(group) = work.candidates.get(at).and_then(|c| group_of(c.campaign)) else { continue };
        let Some(slot) = best.get_mut(group) else { continue };
        match *slot {
            None => *slot = Some(at),
            Some(holder) => {
                let loser = if worth(work, at) > worth(work, holder) {
                    *slot = Some(at);
                    holder
                } else {
                    at
                };
                let winner = best.get(group).copied().flatten();
                drop_candidate(graph, work, loser, Reason::GroupLost, winner);
            }
        }
    }
    work.groups = best;
}

/// The first exclusive campaign that grants stays alone if it stands before every other that grants;
/// one that stands after is dropped.
fn exclusives(graph: &Graph, work: &mut Work) {
    if !graph.exclusives {
        return;
    }
    let exclusive = |campaign: u32| graph.program.campaigns.get(campaign as usize).is_some_and(|c| c.exclusive);
    let first = (0..work.candidates.len())
        .find(|&at| work.candidates.get(at).is_some_and(|c| !c.dropped && c.worth(graph, work) > Exact::ZERO));
    let Some(first) = first else { return };
    let alone = work.candidates.get(first).is_some_and(|c| exclusive(c.campaign));
    for at in 0..work.candidates.len() {
        let Some(candidate) = work.candidates.get(at) else { continue };
        if candidate.dropped || at == first {
            continue;
        }
        if alone {
            drop_candidate(graph, work, at, Reason::ExcludedByExclusive, Some(first));
        } else if at > first && exclusive(candidate.campaign) {
            drop_candidate(graph, work, at, Reason::ExclusiveCameLate, Some(first));
        }
    }
}

fn drop_candidate(graph: &Graph, work: &mut Work, at: usize, reason: Reason, winner: Option<usize>) {
    let Some(candidate) = work.candidates.get_mut(at) else { return };
    candidate.dropped = true;
    if !work.explain {
        return;
    }
    let Some(loser) = work.candidates.get(at).copied() else { return };
    let winner = winner.and_then(|w| work.candidates.get(w)).copied();
    let program = &graph.program;
    let campaign = program.campaigns.get(loser.campaign as usize);
    let clause = match (reason, campaign) {
        (Reason::GroupLost, Some(c)) => {
            let group = c.group.and_then(|g| program.groups.get(g)).map_or("", |g| g.as_str());
            format!("stacking: {{group: {group}}}")
        }
        _ => "stacking: {exclusive: true}".to_owned(),
    };
    let value = winner.map_or_else(String::new, |w| {
        let id = program.campaigns.get(w.campaign as usize).map_or("", |c| c.id.as_str());
        format!("`{id}` grants {}, this one would have granted {}", w.worth(graph, work), loser.worth(graph, work))
    });
    work.reject(Rule::Campaign(loser.campaign), reason, || clause, || value);
}

/// What those that stay count, and out with the parts of those that do not, and with the cuts of these.
fn promote(work: &mut Work) {
    let Work { candidates, parts, kept, cuts, points, points_cuts, spends, .. } = work;
    spends.extend(candidates.iter().filter(|c| !c.dropped).filter_map(|c| c.spend));
    // From the last, so that the places before it hold.
    for candidate in candidates.iter().rev().filter(|c| c.dropped) {
        match candidate.grant {
            Grant::Money(at) if at < parts.len() => {
                parts.remove(at);
                if at < kept.len() {
                    kept.remove(at);
                }
                without(cuts, at);
            }
            Grant::Points(at) if at < points.len() => {
                points.remove(at);
                without(points_cuts, at);
            }
            Grant::Money(_) | Grant::Points(_) => {}
        }
    }
}

/// Takes the cuts of one part out; what stood after it stands one place earlier now.
fn without(cuts: &mut Vec<PartCut>, part: usize) {
    cuts.retain(|cut| cut.part as usize != part);
    for cut in cuts.iter_mut().filter(|cut| cut.part as usize > part) {
        cut.part = cut.part.saturating_sub(1);
    }
}
