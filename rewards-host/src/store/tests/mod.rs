//! Tests of the store, on PostgreSQL and on SQLite alike.

mod constraints;
pub(crate) mod fresh;
mod prepared;
