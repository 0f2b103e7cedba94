//! What the service does, in terms of the engine and the store: no HTTP, no SQL, no arithmetic of rewards.

pub(crate) mod adjustments;
mod apply;
mod budgets;
pub(crate) mod campaigns;
pub(crate) mod command;
pub(crate) mod enrol;
pub(crate) mod error;
mod facts;
pub(crate) mod fulfilment;
mod load;
pub(crate) mod members;
pub(crate) mod pages;
mod parts;
mod plan;
mod post;
pub(crate) mod preview;
pub(crate) mod publish;
pub(crate) mod queue;
mod redemption;
pub(crate) mod redemptions;
pub(crate) mod rules;
pub(crate) mod sample;
pub(crate) mod sums;
mod tell;
#[cfg(test)]
pub(crate) mod tests;
mod texts;
pub(crate) mod vault;
pub(crate) mod verify;
pub(crate) mod views;
mod write;

use std::sync::Arc;
use std::time::Duration;

use error::{Code, ServiceError};
use rules::SharedRules;
use vault::Vault;

use crate::store::rows::{LevelRow, Processed};
use crate::store::{Store, StoreError, statements};

/// The ledger's service. One a process; cheap to share.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    pub(crate) rules: SharedRules,
}

impl Service {
    /// A service on a store.
    pub(crate) fn new(store: Store, vault: Vault) -> Arc<Service> {
        Arc::new(Service { store, vault, rules: SharedRules::default() })
    }

    /// What came of an id.
    pub(crate) async fn processed(&self, id: &str) -> Result<Option<Processed>, ServiceError> {
        Ok(self.store.read_one(statements::PROCESSED, &[id]).await?)
    }

    /// The levels of every program, lowest first.
    pub(crate) async fn levels(&self) -> Result<Vec<LevelRow>, ServiceError> {
        Ok(self.store.read(statements::LEVELS, &()).await?)
    }

    /// What is known of these members elsewhere is old now.
    fn forget(&self, _members: &[String]) {}
}

/// Something that cannot be, unless the store was changed by hand or this program is wrong: nothing was done.
pub(crate) fn mend(what: &str) -> ServiceError {
    ServiceError::new(Code::ProcessingError, what)
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
            StoreError::Refused(_) | StoreError::Broken(_) => {
                ServiceError::new(Code::ProcessingError, "the store refused what was to be kept; nothing was changed")
            }
        }
    }
}
