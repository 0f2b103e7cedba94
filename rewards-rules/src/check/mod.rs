//! Names, types and sense: what is written becomes a [`program::Program`].

pub mod program;
pub mod typed;
