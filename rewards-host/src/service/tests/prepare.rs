//! Rules that postings need are compiled before one does.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::counting::{PLAIN, buys, capped};
use super::{ANY, UNTRIED, desks, replica_on};
use crate::service::Service;
use crate::service::drafts::NewDraft;
use crate::service::review::Start;
use crate::store::Store;

const KEY: &str = "base.all.amount.lifetime";

async fn posts(at: &Service, id: &str) {
    let now = at.now().await.unwrap();
    at.post_one(buys("m-1", id, "10.00", now, "other")).await.unwrap();
}

fn prepared(service: &Service) -> usize {
    service.rules.known_fills().len()
}

#[tokio::test]
async fn no_posting_waits_for_rules_that_ask_for_counters_to_be_compiled() {
    for desk in desks(PLAIN).await {
        let Store::Postgres(_) = &desk.service.store else { continue };
        let [asks, other, late] = [(); 3].map(|()| replica_on(desk.service.store.clone()));
        posts(&other, "t1").await;
        let files = BTreeMap::from([("program.yaml".to_owned(), capped("20.00", "15.00"))]);
        let draft = asks.new_draft("ann", NewDraft { files: Some(files), ..NewDraft::default() }).await.unwrap();
        asks.submit(draft.id, "ann", &ANY).await.unwrap();
        // Others are given time: nobody is filled yet, and a posting needs nothing of it.
        assert_eq!(asks.fill_counters().await, Ok(0));
        posts(&other, "t2").await;
        assert_eq!((prepared(&asks), prepared(&other)), (1, 0));
        other.prepare().await.unwrap();
        assert_eq!(prepared(&other), 1);
        assert_eq!(asks.approve(draft.id, "bob", &ANY, UNTRIED).await.unwrap_err().code.as_str(), "counter_not_ready");

        desk.sql("UPDATE counter_fills SET asked_at = asked_at - interval '3 seconds'").await;
        assert_eq!(asks.fill_counters().await, Ok(1));
        posts(&other, "t3").await;
        assert_eq!(desk.counter("m-1", KEY).await, "300");
        // One that was not there in time is right as well.
        posts(&late, "t4").await;
        assert_eq!((desk.counter("m-1", KEY).await.as_str(), prepared(&late)), ("400", 1));
        asks.approve(draft.id, "bob", &ANY, UNTRIED).await.unwrap();
        desk.holds().await;
    }
}

#[tokio::test]
async fn what_cannot_be_compiled_keeps_no_replica_from_the_rest() {
    for desk in desks(PLAIN).await {
        let Store::Postgres(_) = &desk.service.store else { continue };
        let (asks, other) = (replica_on(desk.service.store.clone()), replica_on(desk.service.store.clone()));
        let files = BTreeMap::from([("program.yaml".to_owned(), capped("20.00", "15.00"))]);
        let draft = asks.new_draft("ann", NewDraft { files: Some(files), ..NewDraft::default() }).await.unwrap();
        asks.submit(draft.id, "ann", &ANY).await.unwrap();
        desk.sql(r#"UPDATE counter_fills SET files = '{"program.yaml":"program: ["}'"#).await;
        let later = super::rules(&PLAIN.replace("10%", "11%"));
        desk.publish(&later, "2999-01-01T00:00:00Z").await;
        assert_eq!(other.prepare().await, Ok(()));
        assert_eq!((prepared(&other), other.rules.known(later.hash()).is_some()), (0, true));
        posts(&other, "t1").await;
    }
}

#[tokio::test]
async fn a_publication_makes_due_what_was_asked_for_a_moment_ago() {
    for desk in desks(PLAIN).await {
        let Store::Postgres(_) = &desk.service.store else { continue };
        let service = replica_on(desk.service.store.clone());
        posts(&service, "t1").await;
        let files = BTreeMap::from([("program.yaml".to_owned(), PLAIN.replace("10%", "11%"))]);
        let draft = service.new_draft("ann", NewDraft { files: Some(files), ..NewDraft::default() }).await.unwrap();
        service.submit(draft.id, "ann", &ANY).await.unwrap();
        service.approve(draft.id, "bob", &ANY, UNTRIED).await.unwrap();
        let other = BTreeMap::from([("program.yaml".to_owned(), capped("20.00", "15.00"))]);
        let other = service.new_draft("ann", NewDraft { files: Some(other), ..NewDraft::default() }).await.unwrap();
        service.submit(other.id, "ann", &ANY).await.unwrap();
        service.publish_draft(draft.id, "cay", &ANY, &Start::default()).await.unwrap();
        posts(&service, "t2").await;
        assert_eq!(desk.counter("m-1", KEY).await, "200");
        desk.holds().await;
    }
}

#[tokio::test]
async fn rules_that_take_force_later_are_compiled_ahead_by_every_replica() {
    for desk in desks(PLAIN).await {
        let later = super::rules(&PLAIN.replace("10%", "11%"));
        desk.publish(&later, "2999-01-01T00:00:00Z").await;
        let other: Arc<Service> = super::service_on(desk.service.store.clone());
        assert!(other.rules.known(later.hash()).is_none(), "{}", desk.kind());
        other.prepare().await.unwrap();
        for rules in [&super::rules(PLAIN), &later] {
            assert!(other.rules.known(rules.hash()).is_some(), "{}", desk.kind());
        }
    }
}
