//! The reference evaluator: semantics.md read paragraph by paragraph and written down as plainly as possible.
//!
//! It shares with the engine the values, the syntax and the inputs, and nothing to the right of them: no checked
//! program, no graph, no index. Numbers are fractions of unbounded integers, names are looked up as text each time.
//! Its domain is valid rule sets whose results fit the engine's numbers.

mod base;
mod calendar;
mod campaigns;
mod caps;
mod evaluate;
mod expression;
mod facts;
mod lots;
mod number;
mod outcome;
mod points;
mod refund;
mod rules;
mod standing;
mod state;

pub(crate) use evaluate::evaluate;
pub(crate) use rules::Rules;
pub(crate) use state::{Event, ReferenceState};
