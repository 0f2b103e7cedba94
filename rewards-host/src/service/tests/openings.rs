//! What members bring along from elsewhere.

use std::collections::BTreeMap;

use rewards_rules::input::{OpeningLot, Usage};
use serde_json::json;

use super::shop::{buys, command, redeems, refunds, shops};
use super::{Desk, desks};
use crate::service::command::Act;
use crate::service::openings::{Brought, Compared, Reconciliation};

fn lot(points: i64, from: &str, to: Option<&str>) -> OpeningLot {
    OpeningLot {
        points: points.into(),
        spendable_on: from.parse().unwrap(),
        expires_on: to.map(|day| day.parse().unwrap()),
    }
}

fn silver() -> Brought {
    Brought {
        tier: Some("silver".to_owned()),
        spending: 120.into(),
        purchases: 7,
        lots: vec![lot(500, "2020-01-01", None), lot(40, "2019-01-01", Some("2019-12-31"))],
        usage: Usage(BTreeMap::from([("base.all.amount.month".to_owned(), "39.90".parse().unwrap())])),
        ..Brought::default()
    }
}

impl Desk {
    pub(super) async fn imports(&self, of: &[(&str, Brought)]) -> Reconciliation {
        let under = self.service.import_under(None, None).await.unwrap();
        let checked = of.iter().map(|(user, brought)| {
            ((*user).to_owned(), (brought.clone(), under.check(user, brought).unwrap_or_else(|e| panic!("{e:?}"))))
        });
        self.service.import(&under, &checked.collect(), "test").await.unwrap()
    }
}

#[tokio::test]
async fn what_members_bring_along_is_where_they_begin() {
    for desk in shops().await {
        let kind = desk.kind();
        let lowest = Brought { lots: vec![lot(30, "2020-01-01", None)], ..Brought::default() };
        let report = desk.imports(&[("m-1", silver()), ("m-2", lowest.clone())]).await;
        assert!(report.is_whole(), "{kind}: {report:?}");
        assert_eq!((report.members, report.opened, report.opened_before), (2, 2, 0), "{kind}");
        assert_eq!(report.points, Compared { files: "570".to_owned(), ledger: "570".to_owned() }, "{kind}");
        assert_eq!(report.lots, Compared { files: 3, ledger: 3 }, "{kind}");
        let tiers: Vec<_> = report.tiers.iter().map(|t| (t.tier.as_deref(), t.members.ledger)).collect();
        assert_eq!(tiers, [(Some("bronze"), 1), (Some("silver"), 1)], "{kind}");
        let counter = report.counters.first().unwrap();
        assert_eq!(
            (counter.counter.as_str(), counter.used.ledger.as_str()),
            ("base.all.amount.month", "39.90"),
            "{kind}"
        );
        assert_eq!(desk.balance("m-1").await.0, "500", "{kind}");
        assert_eq!(desk.tier("m-1").await.as_deref(), Some("silver"), "{kind}");
        desk.holds().await;

        // The cap of 40.00 a month has 0.10 left, for purchases of now.
        let now = chrono::Utc::now();
        let mut of = buys("m-1", "t1", "100.00", "2026-03-01", None);
        if let Act::Purchase { transaction, .. } = &mut of.act {
            transaction.occurred_at = now;
        }
        assert_eq!(desk.does(of).await["totals"]["total"], "0.10", "{kind}");
        desk.does(redeems("m-1", uuid::Uuid::now_v7(), 200)).await;
        desk.does(refunds("m-1", "r1", "t1", "50.00")).await;
        let (done, replay) = desk.holds().await;
        assert_eq!((done.members, replay.postings, replay.differing), (2, 2, 0), "{kind}");

        // The same again, with the sums of then; what is told differently is refused.
        let again = desk.imports(&[("m-1", silver()), ("m-2", Brought { purchases: 1, ..lowest })]).await;
        assert_eq!((again.opened, again.opened_before, again.refused.len()), (0, 1, 1), "{kind}");
        assert_eq!((again.refused[0].user_id.as_str(), again.refused[0].code), ("m-2", "state_conflict"), "{kind}");
        assert!(again.differences.is_empty(), "{kind}: {again:?}");
        let lines = desk.ask("SELECT count(*) FROM reward_history WHERE action_type = 'opening'").await;
        assert_eq!(lines, ["2"], "{kind}");
    }
}

#[tokio::test]
async fn a_member_who_had_an_event_brings_nothing_along() {
    for desk in shops().await {
        let kind = desk.kind();
        desk.does(buys("m-1", "t1", "10.00", "2026-03-01", None)).await;
        let report = desk.imports(&[("m-1", silver()), ("m-2", silver())]).await;
        assert_eq!((report.opened, report.refused.len()), (1, 1), "{kind}");
        assert_eq!(report.refused[0].code, "opening_too_late", "{kind}");
        assert_eq!(report.points, Compared { files: "1080".to_owned(), ledger: "540".to_owned() }, "{kind}");
        assert!(!report.is_whole(), "{kind}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn what_cannot_be_brought_along_is_told_before_anything_is_kept() {
    for desk in shops().await {
        let kind = desk.kind();
        let under = desk.service.import_under(None, None).await.unwrap();
        let usage = |key: &str| Usage(BTreeMap::from([(key.to_owned(), 1.into())]));
        for (wrong, due) in [
            (Brought { tier: Some("platinum".to_owned()), ..silver() }, "unknown_tier"),
            (Brought { usage: usage("base.none.amount.month"), ..silver() }, "unknown_fact"),
            (Brought { usage: usage("campaign.spring.budget.campaign"), ..silver() }, "unknown_fact"),
            (Brought { lots: vec![lot(1, "2020-02-01", Some("2020-01-31"))], ..silver() }, "wrong_type"),
            (Brought { lots: vec![lot(0, "2020-02-01", None)], ..silver() }, "wrong_type"),
            (
                Brought { facts: json!({"status": "closed"}).as_object().unwrap().clone(), ..silver() },
                "invalid_request",
            ),
        ] {
            assert_eq!(under.check("m-1", &wrong).unwrap_err().code.as_str(), due, "{kind}: {wrong:?}");
        }
    }
}

#[tokio::test]
async fn counters_of_a_members_own_periods_need_the_facts_that_name_them() {
    let program = "program: card\ncurrency: EUR\ntimezone: UTC\nbase:\n  - {id: all, rate: 1%, caps: {per_member: {amount: 5.00, per: billing_cycle}}}\n";
    for desk in desks(program).await {
        let kind = desk.kind();
        let under = desk.service.import_under(None, None).await.unwrap();
        let usage = Usage(BTreeMap::from([("base.all.amount.billing_cycle".to_owned(), "4.99".parse().unwrap())]));
        let without = Brought { usage, ..Brought::default() };
        assert_eq!(under.check("m-1", &without).unwrap_err().code.as_str(), "missing_fact", "{kind}");
        let facts = json!({"billing_day": "1"}).as_object().unwrap().clone();
        assert!(desk.imports(&[("m-1", Brought { facts, ..without })]).await.is_whole(), "{kind}");
        let mut of = buys("m-1", "t1", "100.00", "2026-03-01", None);
        if let Act::Purchase { transaction, .. } = &mut of.act {
            transaction.occurred_at = chrono::Utc::now();
        }
        assert_eq!(desk.does(of).await["totals"]["total"], "0.01", "{kind}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn what_counters_began_with_is_what_the_history_says() {
    for desk in shops().await {
        let kind = desk.kind();
        desk.imports(&[("m-1", silver())]).await;
        desk.sql("UPDATE usage_counters SET units = units + 1, opening = opening + 1").await;
        let (_, found) = desk.findings().await;
        assert!(
            found.iter().any(|line| line.contains("invariant 3: usage_counters") && line.contains("opening")),
            "{kind}: {found:?}"
        );
    }
}

#[tokio::test]
async fn who_was_forgotten_brings_nothing_along() {
    for desk in shops().await {
        desk.does(buys("m-1", "t1", "10.00", "2026-03-01", None)).await;
        desk.does(command("m-1", Act::Forget)).await;
        let report = desk.imports(&[("m-1", silver())]).await;
        assert_eq!(report.refused[0].code, "state_conflict", "{}", desk.kind());
        desk.holds().await;
    }
}
