//! Tests of the service without HTTP, on both kinds of store.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod analytics;
mod asking;
mod batches;
mod counting;
mod events;
mod faults;
mod openings;
mod pauses;
mod points;
mod posting;
mod prepare;
mod redeemed;
mod refunds;
mod rules;
pub(crate) mod shop;
mod storm;
mod trial;
mod verify;
mod windows;

use std::collections::BTreeMap;
use std::sync::Arc;

use rewards_rules::RuleSet;
use rewards_rules::source::{SourceFile, Sources};

use super::Service;
use super::command::{Act, Command};
use super::drafts::Expected;
use super::vault::{Key, Vault};
use crate::cache::Caches;
use crate::store::Store;
use crate::store::tests::fresh::{self, Fresh};

/// Whatever version a draft has.
pub(super) const ANY: Expected = Expected(None);

/// Why a draft is approved that nobody tried.
pub(super) const UNTRIED: Option<&str> = Some("a test of something else");

/// A service on a store of its own.
pub(crate) struct Desk {
    pub(crate) service: Arc<Service>,
    fresh: Fresh,
}

impl Desk {
    pub(crate) fn kind(&self) -> &'static str {
        self.fresh.store.kind()
    }
}

/// A rule set of one file.
pub(crate) fn rules(text: &str) -> RuleSet {
    let file = SourceFile { path: "program.yaml".to_owned(), bytes: text.as_bytes().to_vec() };
    RuleSet::compile(Sources::new([file])).unwrap_or_else(|findings| panic!("{}", findings.render(false)))
}

impl Desk {
    /// Runs SQL on the store, behind the back of the service.
    pub(crate) async fn sql(&self, text: &str) {
        use sqlx::{AssertSqlSafe, Executor};
        match &self.service.store {
            Store::Postgres(pool) => pool.execute(AssertSqlSafe(text)).await.map(drop).unwrap(),
            Store::Embedded(_) => {
                self.service.store.embedded_pool().unwrap().execute(AssertSqlSafe(text)).await.map(drop).unwrap();
            }
        }
    }

    /// The first column of the rows of a question, as text.
    pub(crate) async fn ask(&self, text: &str) -> Vec<String> {
        use sqlx::{AssertSqlSafe, Executor, Row};
        match &self.service.store {
            Store::Postgres(pool) => {
                let rows =
                    pool.fetch_all(AssertSqlSafe(format!("SELECT (q.x)::text FROM ({text}) AS q (x)"))).await.unwrap();
                rows.iter().map(|row| row.get::<Option<String>, _>(0).unwrap_or_default()).collect()
            }
            Store::Embedded(_) => {
                let pool = self.service.store.embedded_pool().unwrap();
                let rows = pool
                    .fetch_all(AssertSqlSafe(format!("WITH q (x) AS ({text}) SELECT CAST(x AS TEXT) FROM q")))
                    .await
                    .unwrap();
                rows.iter().map(|row| row.get::<Option<String>, _>(0).unwrap_or_default()).collect()
            }
        }
    }
}

/// A service on each kind of store, with a program published from ever on.
pub(crate) async fn desks(program: &str) -> Vec<Desk> {
    desks_of(&rules(program)).await
}

/// A service on a store; all that tests make have the same keys.
pub(crate) fn service_on(store: Store) -> Arc<Service> {
    let keys = BTreeMap::from([("test".to_owned(), Key::from_secret(b"test"))]);
    Service::new(store, Vault::new("test", keys, &Key::from_secret(b"chain")), Caches::own(true))
}

/// One of several replicas on a store.
pub(crate) fn replica_on(store: Store) -> Arc<Service> {
    let keys = BTreeMap::from([("test".to_owned(), Key::from_secret(b"test"))]);
    Service::among_others(store, Vault::new("test", keys, &Key::from_secret(b"chain")), Caches::own(false))
}

/// The same with a rule set at hand.
pub(crate) async fn desks_of(rules: &RuleSet) -> Vec<Desk> {
    let mut desks = Vec::new();
    for fresh in fresh::each().await {
        let service = service_on(fresh.store.clone());
        assert!(service.publish_first(rules).await.unwrap());
        desks.push(Desk { service, fresh });
    }
    desks
}

/// A purchase of a member.
pub(crate) fn purchase(user_id: &str, transaction: &str) -> Command {
    let transaction = rewards_rules::input::Transaction::from_json(transaction).unwrap();
    Command {
        user_id: user_id.to_owned(),
        program: None,
        act: Act::Purchase { transaction: Box::new(transaction), facts: None },
        key: None,
        by: "test".to_owned(),
    }
}
