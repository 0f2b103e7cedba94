//! The `rules` column of a simulation: what granted, in one short text.

use super::{Outcome, OutcomeKind};
use crate::evaluate::{Rule, Work};
use crate::graph::Graph;

impl Outcome {
    /// What granted, one entry a rule in component order, slices summed, zeros left out, joined by `;`:
    /// `groceries=3.50;silver=0.25;earn=100p`. Of a refund: what was taken back, negative.
    pub fn rules_text(&self) -> String {
        let mut sums: Vec<(&str, i64)> = Vec::new();
        for component in &self.components {
            match sums.iter_mut().find(|(id, _)| component.id == *id) {
                Some((_, sum)) => *sum = sum.saturating_add(component.granted.minor()),
                None => sums.push((&component.id, component.granted.minor())),
            }
        }
        let currency = self.amount.currency();
        let mut entries: Vec<String> = sums
            .into_iter()
            .filter(|(_, sum)| *sum != 0)
            .map(|(id, sum)| format!("{id}={}", crate::value::Amount::from_minor(sum, currency)))
            .collect();
        let mut points: Vec<(&str, i64)> = Vec::new();
        for part in &self.points {
            match points.iter_mut().find(|(id, _)| part.id == *id) {
                Some((_, sum)) => *sum = sum.saturating_add(part.granted.units()),
                None => points.push((&part.id, part.granted.units())),
            }
        }
        let decimals = self.totals.points.decimals();
        entries.extend(
            points
                .into_iter()
                .filter(|(_, sum)| *sum != 0)
                .map(|(id, sum)| format!("{id}={}p", crate::value::Points::from_units(sum, decimals))),
        );
        entries.join(";")
    }

    /// Whether it is a refund.
    pub fn is_refund(&self) -> bool {
        self.kind == OutcomeKind::Refund
    }
}

impl Graph {
    /// The same text, of a purchase that no outcome was made of.
    pub(crate) fn rules_text(&self, work: &Work) -> String {
        use std::fmt::Write;
        let mut text = String::new();
        let mut entry = |rule: Rule, granted: &dyn std::fmt::Display, unit: &str| {
            if !text.is_empty() {
                text.push(';');
            }
            text.push_str(self.rule_id(rule));
            // Writing to a String cannot fail.
            let _ = write!(text, "={granted}");
            text.push_str(unit);
        };
        let mut parts = work.parts.iter().peekable();
        while let Some(part) = parts.next() {
            let mut sum = part.granted;
            // Slices of one rule stand together.
            while let Some(next) = parts.next_if(|next| next.rule == part.rule) {
                sum = sum.saturating_add(next.granted);
            }
            if sum != 0 {
                entry(part.rule, &self.amount(sum), "");
            }
        }
        for part in work.points.iter().filter(|p| p.granted != 0) {
            entry(part.rule, &self.points(part.granted), "p");
        }
        text
    }
}
