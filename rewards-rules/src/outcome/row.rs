//! The `rules` column of a simulation: what granted, in one short text.

use super::{Outcome, OutcomeKind, PointsKind};

impl Outcome {
    /// What granted, one entry a rule in component order, slices summed, zeros left out, joined by `;`:
    /// `groceries=3.50;silver=0.25;earn=100p`. Of a refund: what was taken back, negative.
    pub fn rules_text(&self) -> String {
        let mut sums: Vec<(&str, i64)> = Vec::new();
        for component in &self.components {
            match sums.iter_mut().find(|(id, _)| *id == component.id) {
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
        for part in self.points.iter().filter(|p| !p.granted.is_zero()) {
            let id = match part.kind {
                PointsKind::Earn => "earn",
                PointsKind::Upgrade => "upgrade",
                PointsKind::Campaign => part.id.as_str(),
            };
            entries.push(format!("{id}={}p", part.granted));
        }
        entries.join(";")
    }

    /// Whether it is a refund.
    pub fn is_refund(&self) -> bool {
        self.kind == OutcomeKind::Refund
    }
}
