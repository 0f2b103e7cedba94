//! The most that some rows can take of a budget, told without posting them.
//!
//! While that fits what is left, nothing has to be kept for going back. It is far above what is granted in the end, and a
//! program's budget mostly lasts much longer than that all the same.

use crate::check::program::{Bonus, Reward};
use crate::graph::{CounterSlot, Graph, SlotCaps};
use crate::value::{Exact, RoundingMode};

/// Rows that are to be posted: how many, and the sum of their amounts in minor units.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bulk {
    pub(super) rows: i64,
    pub(super) amount: i64,
}

impl Bulk {
    fn times(self, units: i64) -> Option<i64> {
        self.rows.checked_mul(units)
    }

    /// A share of the amount; each row may round it up, and once more where a total is shared out.
    fn share(self, graph: &Graph, rate: Exact, roundings: i64) -> Option<i64> {
        let decimals = graph.program.currency.decimals();
        let share = Exact::from_units(self.amount, decimals).checked_mul(rate).ok()?;
        let units = share.to_units(u32::from(decimals), RoundingMode::Up).ok()?;
        units.checked_add(self.times(roundings.checked_add(1)?)?)
    }

    /// What the caps of a purchase leave at most.
    fn capped(self, graph: &Graph, caps: &SlotCaps, most: Option<i64>) -> Option<i64> {
        let each = caps.per_transaction.and_then(|limit| self.times(limit));
        let part = caps.max_percent.and_then(|percent| self.share(graph, percent, 0));
        [most, each, part].into_iter().flatten().min()
    }

    /// The most that the rules can take of a budget; `None` where no bound is known.
    pub(super) fn most(self, graph: &Graph, slot: CounterSlot) -> Option<i64> {
        let of = |caps: &SlotCaps| caps.counters.iter().any(|cap| cap.slot == slot);
        if of(&graph.caps) {
            return self.capped(graph, &graph.caps, self.money(graph));
        }
        let mut sum = 0_i64;
        for node in graph.base.iter().filter(|node| of(&node.caps)) {
            sum = sum.checked_add(self.capped(graph, &node.caps, self.base(graph))?)?;
        }
        for (at, node) in graph.campaigns.iter().enumerate().filter(|(_, node)| of(&node.caps)) {
            sum = sum.checked_add(self.capped(graph, &node.caps, self.campaign(graph, at))?)?;
        }
        Some(sum)
    }

    /// All money of base rules, levels and campaigns.
    fn money(self, graph: &Graph) -> Option<i64> {
        let mut sum = self.base(graph)?.checked_add(self.loyalty(graph)?)?;
        let campaigns = graph.program.campaigns.iter().zip(&graph.campaigns).enumerate();
        for (at, (_, node)) in campaigns.filter(|(_, (campaign, _))| !campaign.is_points()) {
            sum = sum.checked_add(self.capped(graph, &node.caps, self.campaign(graph, at))?)?;
        }
        Some(sum)
    }

    /// Slices share the amount out, so none of it earns more than the highest rate.
    fn base(self, graph: &Graph) -> Option<i64> {
        let slabs = graph.base.iter().map(|node| node.slabs.len()).sum::<usize>();
        self.share(graph, highest_rate(graph), i64::try_from(slabs).ok()?)
    }

    fn loyalty(self, graph: &Graph) -> Option<i64> {
        let bonuses = graph.program.tiers.iter().flat_map(|tiers| &tiers.levels).filter_map(|level| level.bonus);
        let mut most = 0;
        for bonus in bonuses {
            let rate = match bonus {
                Bonus::Rate(rate) => rate,
                Bonus::Multiplier(multiplier) => part_above_one(graph, multiplier)?,
            };
            most = self.share(graph, rate, 1)?.max(most);
        }
        Some(most)
    }

    fn campaign(self, graph: &Graph, at: usize) -> Option<i64> {
        match &graph.program.campaigns.get(at)?.reward {
            Reward::Rate { rate, .. } => self.share(graph, *rate, 1),
            Reward::Multiplier { multiplier, .. } => self.share(graph, part_above_one(graph, *multiplier)?, 1),
            Reward::Fixed(units) | Reward::Points(units) => self.times(units.checked_add(1)?),
            Reward::Amount(_) | Reward::PointsMultiplier(_) => None,
        }
    }
}

fn highest_rate(graph: &Graph) -> Exact {
    graph.base.iter().flat_map(|node| &node.slabs).map(|slab| slab.rate).max().unwrap_or(Exact::ZERO)
}

/// What a multiplier of the exact base is of the amount, at most.
fn part_above_one(graph: &Graph, multiplier: Exact) -> Option<Exact> {
    multiplier.checked_sub(Exact::ONE).and_then(|more| more.checked_mul(highest_rate(graph))).ok()
}
