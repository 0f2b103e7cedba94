//! What the host does for engines that cannot: rounding half to even, and the caps over all components.

use chrono::Datelike;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::workload::Purchase;

/// The day of the week as rules spell it.
pub fn weekday(purchase: &Purchase) -> &'static str {
    ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][purchase.occurred_at.weekday().num_days_from_monday() as usize]
}

/// Exact components, each after its own caps, to the cents that are granted in all. Rounding after a cap of whole
/// cents gives what rounding before it gives.
pub fn settle(components: impl IntoIterator<Item = Decimal>, used_in_month: Decimal) -> i64 {
    let rounded = |exact: Decimal| exact.round_dp_with_strategy(2, RoundingStrategy::MidpointNearestEven);
    let total: Decimal = components.into_iter().map(rounded).sum();
    let left = (Decimal::new(200_00, 2) - used_in_month).max(Decimal::ZERO);
    let mut granted = total.min(Decimal::new(50_00, 2)).min(left);
    granted.rescale(2);
    i64::try_from(granted.mantissa()).expect("cents")
}
