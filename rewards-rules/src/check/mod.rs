//! Names, types and sense: what is written becomes a [`program::Program`].

pub(crate) mod expression;

pub(crate) use expression::MAX_CALL_LEVELS;
pub mod program;
pub mod typed;
