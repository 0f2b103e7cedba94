//! The words that a picture has for rules: amounts, limits, slabs, caps, and what a campaign asks and gives.
//!
//! Apart from the drawing, which decides what stands where and not how it is said.

use super::build::Drawing;
use crate::check::program::{Caps, Limit, Reward};
use crate::words;

/// Rules in words.
impl Drawing<'_> {
    pub(super) fn money(&self, minor: i64) -> String {
        words::units(minor, self.graph.program.currency.decimals())
    }

    pub(super) fn points(&self, units: i64) -> String {
        words::units(units, self.graph.program.points_decimals)
    }

    pub(super) fn limit(&self, limit: &Limit) -> String {
        format!("{} {}", self.money(limit.spend), words::per(limit.per))
    }

    pub(super) fn level_names(&self, tiers: &[usize]) -> String {
        let levels = self.graph.program.tiers.as_ref().map_or(&[][..], |t| &t.levels);
        let names: Vec<&str> = tiers.iter().filter_map(|t| levels.get(*t)).map(|l| l.id.as_str()).collect();
        names.join(", ")
    }

    pub(super) fn slabs(&self, slabs: &[crate::check::program::Slab]) -> String {
        let parts: Vec<String> = slabs
            .iter()
            .map(|slab| match slab.up_to {
                Some(up_to) => format!("{} to {}", words::percent(slab.rate), self.money(up_to)),
                None if slabs.len() > 1 => format!("then {}", words::percent(slab.rate)),
                None => words::percent(slab.rate),
            })
            .collect();
        parts.join(", ")
    }

    pub(super) fn caps_words(&self, caps: &Caps, points: bool) -> Vec<String> {
        let amount = |units: i64| if points { format!("{} points", self.points(units)) } else { self.money(units) };
        let mut lines = Vec::new();
        if let Some(most) = caps.per_transaction {
            lines.push(format!("at most {} a purchase", amount(most)));
        }
        if let Some(most) = caps.max_percent {
            lines.push(format!("at most {} of the amount", words::percent(most)));
        }
        for cap in &caps.per_member {
            lines.push(format!("{} for a member {}", amount(cap.limit), words::per(cap.per)));
        }
        if let Some(uses) = &caps.uses {
            let times = if uses.limit == 1 { "once".to_owned() } else { format!("{} times", uses.limit) };
            lines.push(format!("{times} {}", words::per(uses.per)));
        }
        if let Some(budget) = &caps.budget {
            lines.push(format!("budget {}", amount(budget.limit)));
        }
        lines
    }

    pub(super) fn campaign_words(&self, campaign: &crate::check::program::Campaign) -> Vec<String> {
        let first = |limit: &Option<Limit>| {
            limit.as_ref().map_or(String::new(), |l| format!(" of the first {}", self.limit(l)))
        };
        let of_lines = if campaign.lines.is_some() { " of its lines" } else { "" };
        let mut lines = vec![match &campaign.reward {
            Reward::Rate { rate, up_to } => format!("{}{of_lines}{}", words::percent(*rate), first(up_to)),
            Reward::Fixed(minor) => self.money(*minor),
            Reward::Multiplier { multiplier, up_to } => format!("base × {multiplier}{}", first(up_to)),
            Reward::Amount(typed) => self.graph.clause_text(typed.span),
            Reward::Points(units) => format!("{} points", self.points(*units)),
            Reward::PointsMultiplier(m) => format!("points × {m}"),
        }];
        let bound = |bound: crate::check::program::WindowBound| match bound {
            crate::check::program::WindowBound::Date(date) => date.to_string(),
            crate::check::program::WindowBound::Instant(at) => crate::outcome::instant(at),
        };
        match (campaign.window.from, campaign.window.to) {
            (None, None) => {}
            (Some(from), None) => lines.push(format!("from {}", bound(from))),
            (None, Some(to)) => lines.push(format!("to {}", bound(to))),
            (Some(from), Some(to)) => lines.push(format!("{} to {}", bound(from), bound(to))),
        }
        let mut when = Vec::new();
        if let Some(days) = campaign.days {
            let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
            let on: Vec<&str> = names.iter().enumerate().filter(|(i, _)| days >> i & 1 == 1).map(|(_, n)| *n).collect();
            when.push(on.join(", "));
        }
        if let Some((from, to)) = campaign.hours {
            when.push(format!("{} to {}", words::time(from), to.map_or("24:00".to_owned(), words::time)));
        }
        lines.push(when.join(", "));
        if let Some(minimum) = campaign.min_transaction {
            lines.push(format!("from {} on", self.money(minimum)));
        }
        let mut who = Vec::new();
        if let Some(tiers) = &campaign.tiers {
            who.push(self.level_names(tiers));
        }
        if let Some(segments) = &campaign.segments {
            who.push(words::some_of(segments, 4));
        }
        if campaign.enrolled {
            who.push("the enrolled".to_owned());
        }
        if let Some(share) = campaign.share {
            who.push(format!("{} of members", words::percent(share)));
        }
        if !who.is_empty() {
            lines.push(format!("for {}", who.join("; ")));
        }
        lines.extend(self.caps_words(&campaign.caps, campaign.is_points()));
        if campaign.exclusive {
            lines.push("exclusive".to_owned());
        }
        lines
    }
}
