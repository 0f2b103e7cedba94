//! Tests of the service without HTTP, on both kinds of store.

mod analytics;
mod posting;
mod rules;

use std::collections::BTreeMap;
use std::sync::Arc;

use rewards_rules::RuleSet;
use rewards_rules::source::{SourceFile, Sources};

use super::Service;
use super::command::{Act, Command};
use super::vault::{Key, Vault};
use crate::store::tests::fresh::{self, Fresh};

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

/// A service on each kind of store, with a program published from ever on.
pub(crate) async fn desks(program: &str) -> Vec<Desk> {
    let rules = rules(program);
    let mut desks = Vec::new();
    for fresh in fresh::each().await {
        let keys = BTreeMap::from([("test".to_owned(), Key::from_secret(b"test"))]);
        let service = Service::new(fresh.store.clone(), Vault::new("test", keys, &Key::from_secret(b"chain")));
        assert!(service.publish_first(&rules).await.unwrap());
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
