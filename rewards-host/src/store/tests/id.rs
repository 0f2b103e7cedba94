//! Which store it is.

use std::collections::BTreeSet;

use super::fresh::{each, postgres};
use crate::store::Store;

#[tokio::test]
async fn every_store_has_an_id_of_its_own_that_stays() {
    let all: Vec<_> = each().await.into_iter().chain(each().await).collect();
    let mut ids = BTreeSet::new();
    for fresh in &all {
        let id = fresh.store.id().await.unwrap();
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        assert_eq!(fresh.store.id().await.unwrap(), id);
        ids.insert(id);
    }
    assert_eq!(ids.len(), all.len());
}

/// As the documents say for a database that was restored.
#[tokio::test]
async fn a_store_can_be_given_another_id() {
    let Some(fresh) = postgres().await else { return };
    let before = fresh.store.id().await.unwrap();
    let Store::Postgres(pool) = &fresh.store else { panic!("it is PostgreSQL") };
    let change = "UPDATE store_id SET id = replace(gen_random_uuid()::text, '-', '')";
    assert!(include_str!("../../../../docs/operations.md").contains(change));
    sqlx::query(change).execute(pool).await.unwrap();
    assert_ne!(fresh.store.id().await.unwrap(), before);
}
