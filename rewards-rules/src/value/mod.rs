//! The values that rules speak of: exact decimals, currencies, rounding, local dates and periods.
//!
//! A room of its own because the reference evaluator of the tests shares exactly this and the
//! syntax with the engine, and nothing else.

mod amount;
mod currency;
mod exact;
mod id;
mod name;
pub(crate) mod ops;
mod period;
mod rounding;
mod scale;

pub use amount::{Amount, Points};
pub use currency::Currency;
pub use exact::{Exact, MAX_SCALE, Overflow, ParseExactError};
pub use id::{is_id, is_program_id};
pub use name::Name;
pub use period::{Duration, Period, PeriodKey};
pub use rounding::{RoundingAt, RoundingMode};

pub(crate) use exact::div_round;
pub(crate) use period::{LocalClock, add_months, clamped_date, local, month_end};
