//! What goes out of the ledger: a journal of what is owed, and the tables themselves, each of one moment of the store.
//!
//! Rows are handed over one by one as they are read, so that memory does not grow with the ledger. What is personal stays
//! here: no sealed text and no key goes out.

mod journal;
mod tables;

#[cfg(test)]
pub(crate) use journal::Account;
pub(crate) use tables::{Kind, TABLES, Table};

use super::error::ServiceError;
use super::mend;

/// The ledger has not what it should have, so nothing can be said of it.
fn broken() -> ServiceError {
    mend("the ledger does not hold together here; `rewards ledger verify` tells where")
}
