//! Names, types and sense: what is written becomes a [`program::Program`].

mod base;
mod campaigns;
mod caps;
pub(crate) mod expression;
mod head;
mod identity;
mod lower;
mod numbers;
mod points;
pub mod program;
mod references;
mod report;
mod rewards;
mod tiers;
pub mod typed;

pub(crate) use expression::{BuiltInFact, MAX_CALL_LEVELS, built_in_facts};
pub(crate) use lower::check;

/// The built-in functions: name, and form as it is called.
pub(crate) fn built_in_functions() -> &'static [(&'static str, &'static str)] {
    &expression::BUILT_IN_FUNCTIONS
}

/// Words of expressions and functions that nothing can be called by.
pub(crate) fn words_of_expressions() -> &'static [&'static str] {
    &head::WORDS
}
