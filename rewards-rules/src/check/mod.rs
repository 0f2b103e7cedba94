//! Names, types and sense: what is written becomes a [`program::Program`].

pub(crate) mod allow;
mod base;
mod campaigns;
mod caps;
pub(crate) mod expression;
mod head;
mod identity;
mod lints;
mod lower;
mod numbers;
mod points;
pub mod program;
mod references;
mod report;
mod rewards;
mod tiers;
pub mod typed;

pub(crate) use expression::MAX_CALL_LEVELS;
pub(crate) use lower::check;
