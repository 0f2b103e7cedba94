//! What is due is done for members who do nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

use crate::jobs::access::Access;
use crate::service::queue::Poster;
use crate::service::tests::{desks, purchase};
use crate::store::rows::{LotRow, LotsWanted};
use crate::store::statements;

const PROGRAM: &str = r#"
program: shop
currency: EUR
timezone: Europe/Berlin
base:
  - id: all
    rate: 2%
points:
  earn: {points: 1, per: 1.00}
  activation_delay: 14 days
  expires_after: 12 months
"#;

#[tokio::test]
async fn points_become_spendable_and_expire_without_their_member() {
    for desk in desks(PROGRAM).await {
        let kind = desk.kind();
        for (id, at) in [("old", "2020-03-01T12:00:00Z"), ("young", "2026-01-01T12:00:00Z")] {
            let transaction = format!(r#"{{"id":"{id}","amount":"80.00","currency":"EUR","occurred_at":"{at}"}}"#);
            desk.service.post_one(purchase(&format!("m-{id}"), &transaction)).await.unwrap();
        }
        let poster = Poster::start(&desk.service, 2);
        super::sweep(&desk.service, &poster).await.unwrap();
        for (member, available, expired) in [("m-old", 0, 80), ("m-young", 80, 0)] {
            let wanted = LotsWanted {
                members: vec![member.to_owned()],
                sources: vec![member.replace("m-", "")],
                ..LotsWanted::default()
            };
            let lots: Vec<LotRow> = desk.service.store.read(statements::LOTS, &wanted).await.unwrap();
            let [lot] = lots.as_slice() else { panic!("{lots:?}") };
            let found = (lot.points_available.units(0), lot.points_pending.units(0), lot.points_expired.units(0));
            assert_eq!(found, (Some(available), Some(0), Some(expired)), "{kind} {member}");
        }
        // There is nothing left to do.
        let version = desk.ask("SELECT version FROM members WHERE user_id = 'm-old'").await;
        super::sweep(&desk.service, &poster).await.unwrap();
        assert_eq!(desk.ask("SELECT version FROM members WHERE user_id = 'm-old'").await, version, "{kind}");
    }
}

#[tokio::test]
async fn of_who_buys_only_the_lots_are_read_that_time_may_change() {
    for desk in desks(PROGRAM).await {
        let kind = desk.kind();
        let now = chrono::Utc::now();
        let (today, month_ago) = (now.to_rfc3339(), (now - chrono::TimeDelta::days(30)).to_rfc3339());
        for (id, at) in [("old", &month_ago), ("new", &today)] {
            let transaction = format!(r#"{{"id":"{id}","amount":"80.00","currency":"EUR","occurred_at":"{at}"}}"#);
            desk.service.post_one(purchase("ann", &transaction)).await.unwrap();
        }
        let poster = Poster::start(&desk.service, 2);
        super::sweep(&desk.service, &poster).await.unwrap();
        let on = |days: i64| Some((now + chrono::TimeDelta::days(days)).date_naive());
        for (buys, over_on, due) in [
            (true, on(3), &["new/earn"][..]),
            // A month before its own year and the days of activation are over, whatever the hour is elsewhere.
            (true, on(360), &["old/earn", "new/earn"]),
            (false, None, &["old/earn", "new/earn"]),
        ] {
            let ann = || vec!["ann".to_owned()];
            let wanted = if buys {
                LotsWanted { buyers: ann(), over_on, ..LotsWanted::default() }
            } else {
                LotsWanted { members: ann(), ..LotsWanted::default() }
            };
            let lots: Vec<LotRow> = desk.service.store.read(statements::LOTS, &wanted).await.unwrap();
            let found: Vec<&str> = lots.iter().map(|lot| lot.lot_key.as_str()).collect();
            assert_eq!(found, due, "{kind} {over_on:?}");
        }
    }
}

#[tokio::test]
async fn partitions_are_made_ahead_once() {
    let due = "SELECT 'cashback_transactions_' || to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => n), 'YYYY_MM') FROM generate_series(0, 3) AS n ORDER BY n";
    let made = "SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'cashback_transactions'::regclass AND inhrelid <> 'cashback_transactions_default'::regclass ORDER BY inhrelid::regclass::text";
    for desk in desks(PROGRAM).await {
        let is_postgres = desk.kind() == "postgres";
        super::partitions(&desk.service).await.unwrap();
        let due = if is_postgres { desk.ask(due).await } else { Vec::new() };
        if is_postgres {
            assert_eq!(desk.ask(made).await, due);
        }
        super::partitions(&desk.service).await.unwrap();
        desk.service
            .post_one(purchase(
                "m-1",
                r#"{"id":"t1","amount":"1.00","currency":"EUR","occurred_at":"2026-03-01T12:00:00Z"}"#,
            ))
            .await
            .unwrap();
        if is_postgres {
            assert_eq!(desk.ask(made).await, due);
            assert_eq!(desk.ask("SELECT tableoid::regclass FROM cashback_transactions").await, due[..1]);
        }
    }
}

#[tokio::test]
async fn lines_of_access_come_back_as_they_were() {
    for desk in desks(PROGRAM).await {
        let kind = desk.kind();
        let line = |subject: Option<&str>, path: &str| Access {
            id: uuid::Uuid::now_v7(),
            subject: subject.map(str::to_owned),
            roles: subject.map(|_| "manager,user").unwrap_or_default().to_owned(),
            method: "GET".to_owned(),
            path: path.to_owned(),
            status: 404,
            request_id: "r-1".to_owned(),
            address: String::new(),
            created_at: crate::store::rows::Instant("2026-03-01T12:00:00.123456Z".parse().unwrap()),
        };
        let lines = [line(Some("ann"), "/api/v1/a,\"b\"/\\."), line(None, "/api/v1/x\ny")];
        super::access::write(&desk.service, &lines).await.unwrap();
        let all = "SELECT coalesce(subject, 'nobody') || '|' || roles || '|' || path || '|' || status || '|' || address FROM access_log ORDER BY id";
        let due = ["ann|manager,user|/api/v1/a,\"b\"/\\.|404|", "nobody||/api/v1/x\ny|404|"];
        assert_eq!(desk.ask(all).await, due, "{kind}");
        let asked = serde_json::json!({"limit": 9, "before": null, "subject": "ann", "from_status": 400});
        let found: Vec<serde_json::Value> = desk.service.store.read(statements::ACCESS, &asked).await.unwrap();
        assert_eq!((found.len(), &found[0]["created_at"]), (1, &"2026-03-01T12:00:00.123456Z".into()), "{kind}");
    }
}

#[tokio::test]
async fn a_log_that_is_closed_has_written_what_waited() {
    for desk in desks(PROGRAM).await {
        let kind = desk.kind();
        let log = super::access::AccessLog::start(&desk.service);
        let note = |path: &str| {
            log.note(true, || Access {
                id: uuid::Uuid::now_v7(),
                subject: None,
                roles: String::new(),
                method: "GET".to_owned(),
                path: path.to_owned(),
                status: 200,
                request_id: String::new(),
                address: String::new(),
                created_at: crate::store::rows::Instant(chrono::Utc::now()),
            });
        };
        note("/first");
        let paths = "SELECT path FROM access_log ORDER BY id";
        while desk.ask(paths).await.is_empty() {
            tokio::task::yield_now().await;
        }
        // It gathers for a second now, and is closed meanwhile.
        note("/second");
        log.close().await;
        assert_eq!(desk.ask(paths).await, ["/first", "/second"], "{kind}");
        note("/late");
        log.close().await;
        assert_eq!(desk.ask(paths).await.len(), 2, "{kind}");
    }
}
