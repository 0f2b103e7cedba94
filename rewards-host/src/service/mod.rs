//! What the service does, in terms of the engine and the store: no HTTP, no SQL, no arithmetic of rewards.

mod aggregate;
pub(crate) mod analytics;
mod anchors;
mod answers;
mod apply;
mod budgets;
mod changes;
pub(crate) mod command;
pub(crate) mod counting;
pub(crate) mod drafts;
pub(crate) mod enrol;
pub(crate) mod error;
#[cfg(feature = "parquet")]
pub(crate) mod export;
mod facts;
pub(crate) mod impact;
mod load;
pub(crate) mod lots;
mod measure;
mod parts;
mod plan;
mod post;
mod prepare;
pub(crate) mod publish;
pub(crate) mod queue;
mod recent;
mod redemption;
pub(crate) mod review;
pub(crate) mod rules;
pub(crate) mod sample;
pub(crate) mod samples;
mod store_keys;
mod tell;
#[cfg(test)]
pub(crate) mod tests;
mod texts;
pub(crate) mod vault;
pub(crate) mod verify;
pub(crate) mod views;
mod write;

pub(crate) mod adjustments;
pub(crate) mod campaigns;
pub(crate) mod fulfilment;
pub(crate) mod members;
pub(crate) mod openings;
pub(crate) mod pages;
pub(crate) mod pauses;
pub(crate) mod preview;
pub(crate) mod redemptions;
pub(crate) mod segments;
pub(crate) mod sums;
pub(crate) mod vouchers;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use error::{Code, ServiceError};
use futures_util::FutureExt;
use rules::SharedRules;
use vault::{Vault, VaultError};

use crate::cache::Caches;
use crate::store::rows::{LevelRow, Processed};
use crate::store::{Store, StoreError, statements};

/// The ledger's service. One a process; cheap to share.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    pub(crate) rules: SharedRules,
    pub(crate) caches: Arc<Caches>,
    /// For how long other replicas prepare themselves for counters that are asked for.
    lead: TimeDelta,
}

impl Service {
    /// A service that alone has a store.
    pub(crate) fn new(store: Store, vault: Vault, caches: Arc<Caches>) -> Arc<Service> {
        Arc::new(Service { store, vault, rules: SharedRules::default(), caches, lead: TimeDelta::zero() })
    }

    /// A service on a store that other replicas may have too.
    pub(crate) fn among_others(store: Store, vault: Vault, caches: Arc<Caches>) -> Arc<Service> {
        Arc::new(Service { store, vault, rules: SharedRules::default(), caches, lead: prepare::LEAD })
    }

    /// What came of an id.
    pub(crate) async fn processed(&self, id: &str) -> Result<Option<Processed>, ServiceError> {
        Ok(self.store.read_one(statements::PROCESSED, &[id]).await?)
    }

    /// The levels of every program, lowest first.
    pub(crate) async fn levels(&self) -> Result<Vec<LevelRow>, ServiceError> {
        Ok(self.store.read(statements::LEVELS, &()).await?)
    }
}

/// Something that cannot be, unless the store was changed by hand or this program is wrong: nothing was done.
pub(crate) fn mend(what: &str) -> ServiceError {
    ServiceError::new(Code::ProcessingError, what)
}

/// Does something that may panic, which is an error then: who goes on for ever goes on all the same.
pub(crate) async fn unharmed<T>(what: impl Future<Output = Result<T, ServiceError>>) -> Result<T, ServiceError> {
    let panicked = |_| Err(mend("something went wrong that should not"));
    AssertUnwindSafe(what).catch_unwind().await.unwrap_or_else(panicked)
}

impl From<VaultError> for ServiceError {
    fn from(error: VaultError) -> ServiceError {
        ServiceError::new(Code::ProcessingError, error.to_string())
    }
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> ServiceError {
        let soon = Duration::from_secs(1);
        // What the database says stays in the log.
        tracing::warn!(%error, "store");
        match error {
            StoreError::Contention(_) => ServiceError::new(Code::Contention, "another transaction was in the way"),
            StoreError::Locked(_) => {
                ServiceError::new(Code::InFlight, "the member is being changed by another request").retry_after(soon)
            }
            StoreError::Unavailable(_) => {
                ServiceError::new(Code::DatabaseTimeout, "the store does not answer").retry_after(soon)
            }
            StoreError::OutOfMemory(_) => {
                ServiceError::new(Code::MemoryLimit, "the store has no memory left for this").retry_after(soon)
            }
            StoreError::Refused(_) | StoreError::Broken(_) => {
                ServiceError::new(Code::ProcessingError, "the store refused what was to be kept; nothing was changed")
            }
        }
    }
}
