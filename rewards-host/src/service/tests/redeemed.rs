//! Counters of redemptions that rules come to want are filled from the redemptions that there are, and kept exact.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rewards_rules::state::Settlement;
use serde_json::json;
use uuid::Uuid;

use super::shop::{adjusts, code, command, redeems, settles};
use super::{ANY, Desk, UNTRIED, desks, rules};
use crate::service::command::{Act, Command};
use crate::service::publish::Publishing;
use crate::service::queue::Poster;
use crate::service::review::Start;

const PLAIN: &str = r#"
program: shop
currency: EUR
timezone: Europe/Berlin
base:
  - {id: all, rate: 1%}
points: {earn: {points: 1, per: 1.00}}
redemption:
  options:
    - {id: cash, type: cash, value: {points: 100, cash: 1.00}}
    - {id: other, type: donation, value: {points: 100, cash: 1.00}}
"#;

const LIFETIME: &str = "redemption.cash.points.lifetime";

fn capped(lifetime: u32) -> String {
    let caps = format!("caps: {{per_member: [{{points: {lifetime}, per: lifetime}}, {{points: 90000, per: day}}]}}");
    PLAIN.replacen("cash: 1.00}}", &format!("cash: 1.00}}, {caps}}}"), 1)
}

fn gives(member: &str, id: Uuid, points: i64) -> Command {
    command(member, Act::Redeem { id, option: "other".to_owned(), points: points.into(), details: None })
}

impl Desk {
    /// What counts of a member's redemptions, by their rows.
    async fn redeemed(&self, member: &str) -> String {
        let text = format!(
            "SELECT coalesce(sum(points_used), 0) FROM reward_redemptions WHERE user_id = '{member}' \
             AND redemption_type = 'cash' AND status IN ('pending', 'completed')"
        );
        self.ask(&text).await.concat()
    }
}

#[tokio::test]
async fn a_cap_on_redemptions_counts_those_before_it_and_what_comes_back_of_them() {
    for desk in desks(PLAIN).await {
        let (kind, service) = (desk.kind(), Arc::clone(&desk.service));
        let [a, b, c, e, g] = [(); 5].map(|()| Uuid::now_v7());
        for member in ["m-1", "m-2"] {
            desk.does(adjusts(member, 1000)).await;
        }
        for (id, points, end) in [(a, 100, Some(Settlement::Complete)), (b, 200, None), (c, 50, Some(Settlement::Fail))]
        {
            desk.does(redeems("m-1", id, points)).await;
            if let Some(end) = end {
                desk.does(settles("m-1", id, end)).await;
            }
        }
        desk.does(gives("m-1", Uuid::now_v7(), 10)).await;
        desk.does(redeems("m-2", e, 100)).await;

        // Nothing was bought: redemptions alone make the counters short.
        let draft = desk.submitted(&capped(700)).await;
        let error = service.approve(draft, "bob", &ANY, UNTRIED).await.unwrap_err();
        assert_eq!((error.code.as_str(), &error.fields["members_left"]), ("counter_not_ready", &2.into()), "{kind}");
        assert_eq!(error.fields["counters"], json!(["redemption.cash.points.day", LIFETIME]), "{kind}");
        // Of one the job fills the counters, of the other its own next redemption does.
        desk.does(redeems("m-2", Uuid::now_v7(), 20)).await;
        assert_eq!(desk.counter("m-2", LIFETIME).await, "120", "{kind}");
        assert_eq!(service.fill_counters().await.unwrap(), 1, "{kind}");
        assert_eq!(desk.counter("m-1", LIFETIME).await, "300", "{kind}");
        service.approve(draft, "bob", &ANY, UNTRIED).await.unwrap();

        // Under the old rules until then: one comes back, one is made, and a member begins.
        desk.does(settles("m-1", b, Settlement::Cancel)).await;
        desk.does(settles("m-1", b, Settlement::Cancel)).await;
        desk.does(settles("m-2", e, Settlement::Fail)).await;
        desk.does(redeems("m-1", g, 150)).await;
        desk.does(gives("m-1", Uuid::now_v7(), 10)).await;
        desk.does(adjusts("m-3", 500)).await;
        desk.does(redeems("m-3", Uuid::now_v7(), 30)).await;
        for (member, units) in [("m-1", "250"), ("m-2", "20"), ("m-3", "30")] {
            assert_eq!(desk.counter(member, LIFETIME).await, units, "{kind} {member}");
        }
        desk.holds().await;

        let how = Publishing {
            from: service.now().await.unwrap(),
            published_by: "test".to_owned(),
            approved_by: None,
            note: String::new(),
        };
        let mut work = service.store.begin().await.unwrap();
        service.publish(&mut work, &rules(&capped(700)), &how).await.unwrap();
        work.commit().await.unwrap();
        let over = service.post_one(redeems("m-1", Uuid::now_v7(), 451)).await;
        assert_eq!(code(&over), "redemption_cap_exceeded", "{kind}");
        desk.does(redeems("m-1", Uuid::now_v7(), 450)).await;
        // One of before comes back, and the next in the same batch has its points.
        let batch = [settles("m-1", g, Settlement::Cancel), redeems("m-1", Uuid::now_v7(), 150)];
        for done in service.post(&batch).await {
            done.unwrap();
        }
        assert_eq!(
            code(&service.post_one(redeems("m-1", Uuid::now_v7(), 1)).await),
            "redemption_cap_exceeded",
            "{kind}"
        );
        assert_eq!(desk.counter("m-1", LIFETIME).await, "700", "{kind}");
        assert_eq!(desk.redeemed("m-1").await, "700", "{kind}");
        desk.holds().await;

        // Verification counts what was filled again.
        desk.sql(&format!(
            "UPDATE usage_counters SET units = units + 1 WHERE user_id IN ('m-1', 'm-3') AND key = '{LIFETIME}'"
        ))
        .await;
        let (_, found) = desk.findings().await;
        assert_eq!(found.len(), 2, "{kind}: {found:#?}");
        assert!(found.iter().all(|one| one.contains(LIFETIME)), "{kind}: {found:#?}");
    }
}

/// Redeems, and ends what was redeemed, until it is told to end.
async fn goes_on(poster: Poster, number: usize, done: Arc<AtomicUsize>, end: Arc<AtomicBool>) {
    for step in 0.. {
        if end.load(Ordering::Relaxed) {
            break;
        }
        let (member, id) = (format!("m-{}", (number + step) % 5), Uuid::now_v7());
        let ends = [None, Some(Settlement::Complete), Some(Settlement::Cancel), Some(Settlement::Fail)];
        let all = std::iter::once(redeems(&member, id, 7))
            .chain(ends[step % 4].map(|settlement| settles(&member, id, settlement)));
        for of in all {
            let mut tried = false;
            while let Err(error) = poster.post(of.clone()).await {
                // A redemption that was kept although nobody heard of it stands under its id.
                if tried && error.code.as_str() == "state_conflict" {
                    break;
                }
                assert!(["in_flight", "database_timeout"].contains(&error.code.as_str()), "{error:?}");
                tried = true;
            }
        }
        done.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_redeem_while_counters_are_filled_and_rules_take_force() {
    for desk in desks(PLAIN).await {
        let (kind, service) = (desk.kind(), Arc::clone(&desk.service));
        for n in 0..5 {
            desk.does(adjusts(&format!("m-{n}"), 1_000_000)).await;
        }
        let poster = Poster::start(&service, 4);
        let (done, end) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let clients: Vec<_> = (0..24)
            .map(|number| tokio::spawn(goes_on(poster.clone(), number, Arc::clone(&done), Arc::clone(&end))))
            .collect();
        while done.load(Ordering::Relaxed) < 48 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let draft = desk.submitted(&capped(1_000_000)).await;
        while let Err(error) = service.approve(draft, "bob", &ANY, UNTRIED).await {
            assert!(["counter_not_ready", "in_flight"].contains(&error.code.as_str()), "{kind}: {error:?}");
            service.fill_counters().await.unwrap();
        }
        let published = service.publish_draft(draft, "cay", &ANY, &Start::default()).await.unwrap();
        assert!(published.incomplete_counters.is_empty(), "{kind}: {published:?}");
        let under = format!("SELECT count(*) > 24 FROM reward_redemptions WHERE rule_set = '{}'", published.rule_set);
        while !["1", "true"].contains(&desk.ask(&under).await.concat().as_str()) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        end.store(true, Ordering::Relaxed);
        for client in clients {
            client.await.unwrap();
        }
        assert_eq!(service.fill_counters().await.unwrap(), 0, "{kind}");
        for member in (0..5).map(|n| format!("m-{n}")) {
            assert_eq!(desk.counter(&member, LIFETIME).await, desk.redeemed(&member).await, "{kind} {member}");
        }
        desk.holds().await;
    }
}
