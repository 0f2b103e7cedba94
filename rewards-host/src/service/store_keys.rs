//! Whether the keys that are configured are those of the store.
//!
//! The store has a keyed hash of each key that it was written by. A service with another key under a known name, or with
//! another first key, would make rows that the other replicas cannot read, or break the chain of every history.

use std::collections::BTreeMap;

use super::Service;
use super::error::{Code, ServiceError};
use crate::store::rows::{MemberKey, StoreKey};
use crate::store::statements;

/// Under which name the key of the chain stands; a master key has its own behind `master `.
const CHAIN: &str = "chain";

fn wrong(why: impl Into<String>) -> ServiceError {
    ServiceError::new(Code::ProcessingError, why)
}

impl Service {
    /// Refuses keys that are not the store's. Whether the store knows all of them.
    pub(crate) async fn check_keys(&self) -> Result<bool, ServiceError> {
        let kept: Vec<StoreKey> = self.store.read(statements::STORE_KEYS, &()).await?;
        let kept: BTreeMap<String, String> = kept.into_iter().map(|key| (key.id, key.fingerprint)).collect();
        let own = self.vault.fingerprints();
        if kept.get(CHAIN).is_some_and(|kept| *kept != own.chain) {
            return Err(wrong(
                "security.master_key: this store was begun with another master key; where the key was changed since, the \
                 first one has to stand first in `security.earlier_master_keys`",
            ));
        }
        for (id, fingerprint) in &own.masters {
            if kept.get(&master(id)).is_some_and(|kept| kept != fingerprint) {
                return Err(wrong(format!(
                    "security: the store knows another master key of the name `{id}`; a new key needs a name of its own"
                )));
            }
        }
        // A store from before keys were kept: at least what is there has to open.
        let first: Option<MemberKey> = self.store.read_one(statements::FIRST_MEMBER_KEY, &()).await?;
        if let Some(first) = first {
            let opened = self.vault.member(&first.user_id, Some(&first.wrapped), Some(&first.master_key));
            opened.map_err(|error| {
                wrong(format!(
                    "security: the keys of members in this store do not open with the master keys that are configured: {error}"
                ))
            })?;
        }
        Ok(kept.contains_key(CHAIN) && own.masters.keys().all(|id| kept.contains_key(&master(id))))
    }

    /// The same; and keeps those that the store does not know yet.
    pub(crate) async fn keep_keys(&self) -> Result<(), ServiceError> {
        if self.check_keys().await? {
            return Ok(());
        }
        let own = self.vault.fingerprints();
        let masters = own.masters.into_iter().map(|(id, fingerprint)| StoreKey { id: master(&id), fingerprint });
        let rows: Vec<StoreKey> = masters.chain([StoreKey { id: CHAIN.to_owned(), fingerprint: own.chain }]).collect();
        let mut work = self.store.begin().await?;
        work.write(statements::PUT_STORE_KEYS, &rows).await?;
        work.commit().await?;
        // Another replica may have been first, with others.
        self.check_keys().await.map(drop)
    }
}

fn master(id: &str) -> String {
    format!("master {id}")
}
