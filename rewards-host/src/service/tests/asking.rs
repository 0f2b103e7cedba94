//! Rules are submitted and published by several people at the same time.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use uuid::Uuid;

use super::{ANY, UNTRIED, desks, purchase};
use crate::service::Service;
use crate::service::changes::lock_program;
use crate::service::command::Command;
use crate::service::drafts::NewDraft;
use crate::service::error::ServiceError;
use crate::service::review::Start;
use crate::store::statements;

const MANY: usize = 24;

/// Many base rules, of which one has a cap for ever.
fn program(capped: Option<usize>) -> String {
    let mut text = "program: shop\ncurrency: EUR\ntimezone: UTC\nbase:\n".to_owned();
    for n in 0..2 * MANY {
        let caps = if capped == Some(n) { ", caps: {per_member: {amount: 9.00, per: lifetime}}" } else { "" };
        writeln!(text, "  - {{id: b{n}, when: tx.category == \"c{n}\", rate: 1%{caps}}}").unwrap();
    }
    text
}

async fn draft(service: &Service, capped: usize) -> Uuid {
    let files = BTreeMap::from([("program.yaml".to_owned(), program(Some(capped)))]);
    service.new_draft("ann", NewDraft { files: Some(files), ..NewDraft::default() }).await.unwrap().id
}

/// Waiting for a lock may take too long on a machine with much to do; then it is tried again. Nothing else may happen.
fn is_slow<T>(of: &Result<T, ServiceError>) -> bool {
    of.as_ref().is_err_and(|error| error.code.as_str() == "in_flight")
}

fn buys() -> Command {
    let at = chrono::Utc::now().to_rfc3339();
    let text = format!(r#"{{"id":"t1","amount":"10.00","currency":"EUR","occurred_at":"{at}","category":"c1"}}"#);
    purchase("m-1", &text)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_counters_waits_for_the_program_and_holds_nothing_that_a_publication_needs() {
    for desk in desks(&program(None)).await {
        let (kind, service) = (desk.kind(), Arc::clone(&desk.service));
        service.post_one(buys()).await.unwrap();
        let id = draft(&service, 0).await;
        // A publication, after its first lock.
        let mut work = service.store.begin().await.unwrap();
        lock_program(&mut work, "shop").await.unwrap();
        let asks = Arc::clone(&service);
        let asking = tokio::spawn(async move { asks.submit(id, "ann", &ANY).await.map(drop) });
        tokio::time::sleep(Duration::from_millis(400)).await;
        let last: Result<Vec<i64>, _> = work.rows(statements::LOCK_COUNTER_FILLS, &()).await;
        assert_eq!(last.map_err(|error| error.to_string()), Ok(vec![0]), "{kind}");
        work.commit().await.unwrap();
        assert_eq!(asking.await.unwrap(), Ok(()), "{kind}");
        assert_eq!(desk.ask("SELECT seq FROM counter_fills").await, ["1"], "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_counters_and_who_publishes_are_not_in_each_others_way() {
    for desk in desks(&program(None)).await {
        let (kind, service) = (desk.kind(), Arc::clone(&desk.service));
        // Nothing is posted yet, so nothing is asked for.
        let mut approved = Vec::new();
        for n in 0..MANY {
            let id = draft(&service, n).await;
            service.submit(id, "ann", &ANY).await.unwrap();
            service.approve(id, "bob", &ANY, UNTRIED).await.unwrap();
            approved.push(id);
        }
        let now = service.now().await.unwrap();
        service.post_one(buys()).await.unwrap();
        let asks = Arc::clone(&service);
        let asking = tokio::spawn(async move {
            for n in MANY..2 * MANY {
                let id = draft(&asks, n).await;
                let mut done = asks.submit(id, "ann", &ANY).await.map(drop);
                while is_slow(&done) {
                    done = asks.submit(id, "ann", &ANY).await.map(drop);
                }
                assert_eq!(done, Ok(()), "{kind}");
                if let Err(error) = asks.approve(id, "bob", &ANY, UNTRIED).await {
                    assert!(["counter_not_ready", "in_flight"].contains(&error.code.as_str()), "{kind}: {error:?}");
                }
            }
        });
        let publishes = Arc::clone(&service);
        let publishing = tokio::spawn(async move {
            for (n, id) in (0..).zip(approved) {
                let from = Some(now + TimeDelta::hours(1) + TimeDelta::seconds(n));
                let start = Start { from, accept_gaps: true, ..Start::default() };
                let mut done = publishes.publish_draft(id, "cay", &ANY, &start).await.map(drop);
                while is_slow(&done) {
                    done = publishes.publish_draft(id, "cay", &ANY, &start).await.map(drop);
                }
                assert_eq!(done, Ok(()), "{kind}");
            }
        });
        asking.await.unwrap();
        publishing.await.unwrap();
        // Each counter was asked for once.
        let asked = desk.ask("SELECT keys FROM counter_fills").await;
        assert_eq!(asked.len(), 2 * MANY, "{kind}: {asked:?}");
    }
}
