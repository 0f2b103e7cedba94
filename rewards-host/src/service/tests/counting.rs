//! Counters that rules come to want are filled from what is posted already, and kept exact until the rules take force and after.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::shop::{command, refunds};
use super::{ANY, Desk, UNTRIED, desks, purchase};
use crate::service::command::{Act, Command};
use crate::service::drafts::NewDraft;
use crate::service::queue::Poster;
use crate::service::review::Start;

pub(super) const PLAIN: &str = r#"
program: shop
currency: EUR
timezone: Europe/Berlin
base:
  - id: all
    rate: 10%
campaigns:
  - campaign: spring
    type: fixed
    when: tx.category == "garden"
    reward: {fixed: 5.00}
"#;

/// So wide that it cuts nothing.
const UP_TO: &str = "up_to: {spend: 900000.00, per: lifetime}";

pub(super) fn capped(amount: &str, budget: &str) -> String {
    PLAIN
        .replace(
            "rate: 10%",
            &format!("rate: 10%\n    {UP_TO}\n    caps: {{per_member: {{amount: {amount}, per: lifetime}}}}"),
        )
        .replace("{fixed: 5.00}", &format!("{{fixed: 5.00}}\n    caps: {{budget: {budget}}}"))
        + "  - {campaign: seen, type: fixed, when: visits.lifetime >= 3, reward: {fixed: 1.00}}\n"
        + "tiers: {window: calendar_year, levels: [{id: low, min_spending: 0.00}, {id: high, min_spending: 50.00}]}\n"
}

pub(super) fn buys(member: &str, id: &str, amount: &str, at: DateTime<Utc>, category: &str) -> Command {
    let at = at.to_rfc3339();
    let text =
        format!(r#"{{"id":"{id}","amount":"{amount}","currency":"EUR","occurred_at":"{at}","category":"{category}"}}"#);
    purchase(member, &text)
}

pub(super) fn returns(member: &str, id: &str, original: &str, amount: &str) -> Command {
    let Command { act: Act::Refund(mut refund), .. } = refunds(member, id, original, amount) else {
        panic!("no refund")
    };
    refund.occurred_at = Utc::now();
    command(member, Act::Refund(refund))
}

#[tokio::test]
async fn a_member_that_cannot_be_filled_keeps_no_other_back() {
    for desk in desks(PLAIN).await {
        let kind = desk.kind();
        let now = desk.service.now().await.unwrap();
        for n in 0..4 {
            desk.total_of(buys(&format!("m-{n}"), &format!("t{n}"), "50.00", now, "garden")).await;
        }
        desk.sql("UPDATE posted_purchases SET record = '{}' WHERE transaction_id = 't1'").await;
        desk.submitted(&capped("100.00", "1000.00")).await;
        assert_eq!(desk.service.fill_counters().await, Ok(3), "{kind}");
        assert_eq!(desk.service.fill_counters().await, Ok(0), "{kind}");
        for (member, units) in [("m-0", "500"), ("m-1", ""), ("m-2", "500"), ("m-3", "500")] {
            assert_eq!(desk.counter(member, "base.all.amount.lifetime").await, units, "{kind}");
        }
    }
}

impl Desk {
    pub(super) async fn submitted(&self, program: &str) -> Uuid {
        let files = BTreeMap::from([("program.yaml".to_owned(), program.to_owned())]);
        let draft =
            self.service.new_draft("ann", NewDraft { files: Some(files), ..NewDraft::default() }).await.unwrap();
        self.service.submit(draft.id, "ann", &ANY).await.unwrap();
        draft.id
    }

    async fn total_of(&self, of: Command) -> String {
        self.does(of).await["totals"]["total"].as_str().unwrap().to_owned()
    }

    pub(super) async fn counter(&self, member: &str, key: &str) -> String {
        self.ask(&format!("SELECT units FROM usage_counters WHERE user_id = '{member}' AND key = '{key}'"))
            .await
            .concat()
    }
}

#[tokio::test]
async fn a_counter_that_rules_come_to_want_is_as_if_it_had_counted_from_the_start() {
    for desk in desks(PLAIN).await {
        let (kind, service) = (desk.kind(), Arc::clone(&desk.service));
        let now = service.now().await.unwrap();
        let before = now - TimeDelta::hours(1);
        assert_eq!(desk.total_of(buys("m-1", "p1", "100.00", before, "garden")).await, "15.00");
        assert_eq!(desk.total_of(buys("m-1", "p2", "50.00", before, "other")).await, "5.00");
        desk.does(returns("m-1", "r1", "p1", "50.00")).await;
        assert_eq!(desk.total_of(buys("m-2", "p3", "30.00", before, "garden")).await, "8.00");

        let draft = desk.submitted(&capped("20.00", "15.00")).await;
        let error = service.approve(draft, "bob", &ANY, UNTRIED).await.unwrap_err();
        assert_eq!((error.code.as_str(), &error.fields["members_left"]), ("counter_not_ready", &2.into()), "{kind}");
        assert_eq!(
            error.fields["counters"],
            serde_json::json!([
                "base.all.amount.lifetime",
                "base.all.spend.lifetime",
                "campaign.spring.budget.campaign",
                "member.visits.lifetime",
                "windows.year"
            ])
        );
        assert!(error.retry_after.is_some(), "{kind}");
        // Somebody asks for the same at the same time: it is filled once.
        let mut work = service.store.begin().await.unwrap();
        let keys = ["base.all.amount.lifetime".to_owned()].into();
        let twice = super::rules(&capped("20.00", "15.00"));
        service.ask_counters(&mut work, &twice, &keys, now.date_naive()).await.unwrap();
        work.commit().await.unwrap();
        // Of one the job fills the counters, of the other its own next purchase does.
        assert_eq!(desk.total_of(buys("m-2", "p4", "10.00", before, "other")).await, "1.00");
        assert_eq!(desk.counter("m-2", "base.all.amount.lifetime").await, "400", "{kind}");
        assert_eq!(service.fill_counters().await.unwrap(), 1, "{kind}");
        assert_eq!(service.fill_counters().await.unwrap(), 0, "{kind}");
        assert_eq!(desk.counter("m-1", "base.all.amount.lifetime").await, "1000", "{kind}");
        assert_eq!(desk.budget().await, "750", "{kind}");
        service.approve(draft, "bob", &ANY, UNTRIED).await.unwrap();
        let from = now + TimeDelta::hours(1);
        let start = Start { from: Some(from), ..Start::default() };
        let published = service.publish_draft(draft, "cay", &ANY, &start).await.unwrap();
        assert!(published.incomplete_counters.is_empty(), "{published:?}");

        // What is posted under the old rules until then counts, and that of a member who begins now.
        assert_eq!(desk.total_of(buys("m-1", "p5", "20.00", now, "garden")).await, "7.00");
        assert_eq!(desk.total_of(buys("m-3", "p6", "10.00", now, "other")).await, "1.00");
        assert_eq!(desk.counter("m-3", "base.all.amount.lifetime").await, "100", "{kind}");
        desk.holds().await;

        // 12.00 of 20.00 and 12.50 of 15.00 were used, and it is the fourth visit.
        assert_eq!(desk.total_of(buys("m-1", "p7", "100.00", from, "garden")).await, "11.50", "{kind}");
        // A purchase of before that comes back gives back what it would have used.
        desk.does(returns("m-1", "r2", "p2", "50.00")).await;
        assert_eq!(desk.total_of(buys("m-1", "p8", "100.00", from, "other")).await, "6.00", "{kind}");
        let batch = [returns("m-1", "r3", "p1", "50.00"), buys("m-1", "p9", "100.00", from, "garden")];
        let done: Vec<Value> =
            service.post(&batch).await.into_iter().map(|d| serde_json::from_str(&d.unwrap().answer).unwrap()).collect();
        // 5.00 of the counter and 2.50 of the budget came back just before.
        assert_eq!(done[1]["totals"]["total"], "8.50", "{kind}");
        assert_eq!(desk.counter("m-1", "base.all.amount.lifetime").await, "2000", "{kind}");
        assert_eq!(desk.budget().await, "1500", "{kind}");
        desk.holds().await;

        // Verification counts what was filled again.
        desk.sql(
            "UPDATE usage_counters SET units = units + 1 WHERE user_id = 'm-2' AND key = 'base.all.amount.lifetime'",
        )
        .await;
        desk.sql("UPDATE budget_counters SET units = units - 1").await;
        let (_, found) = desk.findings().await;
        assert_eq!(found.len(), 2, "{kind}: {found:#?}");
        assert!(found[0].contains("usage_counters m-2") && found[1].contains("budget_counters"), "{kind}: {found:#?}");
    }
}

const GREEN: &str = r#"
program: shop
currency: EUR
timezone: Europe/Berlin
base:
  - {id: garden, when: tx.category == "garden", slabs: [{up_to: 50.00, rate: 20%}, {rate: 10%}]}
  - {id: all, rate: 1%}
campaigns:
  - {campaign: spring, type: percentage, when: tx.category == "garden", reward: {rate: 5%}}
  - {campaign: twice, type: multiplier, when: tx.category == "twice", reward: {multiplier: 2}}
"#;

#[tokio::test]
async fn what_came_under_a_rule_counts_on_a_limit_that_it_gets() {
    let limited = GREEN
        .replace("base:", "pools: {green: {spend: 200.00, per: lifetime}}\nbase:")
        .replace("10%}]}", "10%}], up_to: {pool: green}}")
        .replace("{rate: 5%}", "{rate: 5%, up_to: {spend: 300.00, per: lifetime}}")
        .replace("{multiplier: 2}", "{multiplier: 2, up_to: {spend: 100.00, per: lifetime}}");
    let keys = ["campaign.spring.spend.lifetime", "campaign.twice.spend.lifetime", "pool.green.spend.lifetime"];
    for desk in desks(GREEN).await {
        let (kind, service) = (desk.kind(), Arc::clone(&desk.service));
        let now = service.now().await.unwrap();
        let before = now - TimeDelta::hours(1);
        desk.does(buys("m-1", "p1", "100.00", before, "garden")).await;
        desk.does(returns("m-1", "r1", "p1", "25.00")).await;
        desk.does(buys("m-1", "p2", "60.00", before, "twice")).await;
        desk.does(buys("m-2", "p3", "400.00", before, "garden")).await;
        let draft = desk.submitted(&limited).await;
        let error = service.approve(draft, "bob", &ANY, UNTRIED).await.unwrap_err();
        assert_eq!((error.code.as_str(), &error.fields["members_left"]), ("counter_not_ready", &2.into()), "{kind}");
        assert_eq!(error.fields["counters"], serde_json::json!(keys), "{kind}");
        // Of one the job fills the counters, of the other its own next purchase does.
        desk.does(buys("m-2", "p4", "10.00", before, "other")).await;
        assert_eq!(service.fill_counters().await.unwrap(), 1, "{kind}");
        let mut came = Vec::new();
        for member in ["m-1", "m-2"] {
            for key in keys {
                came.push(desk.counter(member, key).await);
            }
        }
        // All that came, also beyond the limit.
        assert_eq!(came, ["7500", "6000", "7500", "40000", "", "40000"], "{kind}");
        service.approve(draft, "bob", &ANY, UNTRIED).await.unwrap();
        let from = now + TimeDelta::hours(1);
        let start = Start { from: Some(from), ..Start::default() };
        service.publish_draft(draft, "cay", &ANY, &start).await.unwrap();

        // Until then the old rules hold: a purchase, a refund of it, and a member who begins.
        desk.does(buys("m-1", "p5", "50.00", before, "garden")).await;
        desk.does(returns("m-1", "r2", "p5", "10.00")).await;
        desk.does(buys("m-3", "p6", "30.00", before, "garden")).await;
        assert_eq!(desk.counter("m-3", keys[2]).await, "3000", "{kind}");
        desk.holds().await;

        // 115.00 of the 200.00 were used; the rest falls through, and 185.00 are left of the campaign's.
        assert_eq!(desk.total_of(buys("m-1", "p7", "100.00", from, "garden")).await, "18.65", "{kind}");
        // Nothing is left of either, until what came before they were limited comes back.
        assert_eq!(desk.total_of(buys("m-2", "p8", "100.00", from, "garden")).await, "1.00", "{kind}");
        let batch = [returns("m-2", "r3", "p3", "400.00"), buys("m-2", "p9", "100.00", from, "garden")];
        let done: Vec<Value> =
            service.post(&batch).await.into_iter().map(|d| serde_json::from_str(&d.unwrap().answer).unwrap()).collect();
        assert_eq!(done[1]["totals"]["total"], "20.00", "{kind}");
        // 40.00 are left of the multiplier's.
        assert_eq!(desk.total_of(buys("m-1", "p10", "100.00", from, "twice")).await, "1.40", "{kind}");
        assert_eq!(desk.counter("m-1", keys[2]).await, "20000", "{kind}");
        assert_eq!(desk.counter("m-2", keys[2]).await, "10000", "{kind}");
        desk.holds().await;
        desk.sql(&format!("UPDATE usage_counters SET units = units + 1 WHERE user_id = 'm-1' AND key = '{}'", keys[0]))
            .await;
        let (_, found) = desk.findings().await;
        assert!(found.len() == 1 && found[0].contains(keys[0]), "{kind}: {found:#?}");
    }
}

#[tokio::test]
async fn counters_are_asked_for_by_a_publication_too() {
    for desk in desks(PLAIN).await {
        let (kind, service) = (desk.kind(), Arc::clone(&desk.service));
        let now = service.now().await.unwrap();
        // Nothing is posted when it is approved; what is until it is published counts, and was asked for.
        let draft = desk.submitted(&capped("20.00", "15.00")).await;
        service.approve(draft, "bob", &ANY, UNTRIED).await.unwrap();
        desk.does(buys("m-1", "p1", "100.00", now - TimeDelta::hours(1), "garden")).await;
        let published = service.publish_draft(draft, "cay", &ANY, &Start::default()).await.unwrap();
        assert_eq!(desk.counter("m-1", "base.all.amount.lifetime").await, "1000", "{kind}");
        // Back to the rules without it, and forth again: what was posted between counts as well.
        let back = crate::service::drafts::Named::Hash(super::rules(PLAIN).hash().to_owned());
        let at = |hours: i64| Start { from: Some(now + TimeDelta::hours(hours)), ..Start::default() };
        service.roll_back(&back, "cay", &at(1)).await.unwrap();
        desk.does(buys("m-1", "p2", "50.00", now + TimeDelta::minutes(90), "other")).await;
        let forth = crate::service::drafts::Named::Hash(published.rule_set);
        service.roll_back(&forth, "cay", &at(2)).await.unwrap();
        let p3 = buys("m-1", "p3", "100.00", now + TimeDelta::hours(3), "other");
        assert_eq!(desk.total_of(p3).await, "5.00", "{kind}: 15.00 of 20.00 were used");
        desk.holds().await;
    }
}

/// Posts, and again where somebody was in the way: an id is posted once.
async fn surely(poster: &Poster, of: Command) {
    while let Err(error) = poster.post(of.clone()).await {
        assert!(["in_flight", "database_timeout"].contains(&error.code.as_str()), "{error:?}");
    }
}

/// Posts until it is told to end: purchases of before and after the instant of force, and refunds.
async fn posts(poster: Poster, number: usize, now: DateTime<Utc>, end: Arc<AtomicBool>) -> usize {
    let mut done = 0;
    for step in 0.. {
        if end.load(Ordering::Relaxed) {
            break;
        }
        let member = format!("m-{}", (number + step) % 7);
        let (id, at) = (format!("c{number}.{step}"), now + TimeDelta::hours(if step % 3 == 0 { 2 } else { -1 }));
        let category = if step % 2 == 0 { "garden" } else { "other" };
        surely(&poster, buys(&member, &id, "12.34", at, category)).await;
        if step % 2 == 1 {
            let amount = if step % 4 == 1 { "12.34" } else { "3.21" };
            surely(&poster, returns(&member, &format!("r{number}.{step}"), &id, amount)).await;
        }
        done += 1;
    }
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_post_while_counters_are_filled_and_rules_take_force() {
    for desk in desks(PLAIN).await {
        let (kind, service) = (desk.kind(), Arc::clone(&desk.service));
        let now = service.now().await.unwrap();
        let (poster, end) = (Poster::start(&service, 4), Arc::new(AtomicBool::new(false)));
        let clients: Vec<_> =
            (0..64).map(|number| tokio::spawn(posts(poster.clone(), number, now, Arc::clone(&end)))).collect();
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        let draft = desk.submitted(&capped("90000.00", "90000.00")).await;
        while let Err(error) = service.approve(draft, "bob", &ANY, UNTRIED).await {
            assert!(["counter_not_ready", "in_flight"].contains(&error.code.as_str()), "{kind}: {error:?}");
            service.fill_counters().await.unwrap();
        }
        let start = Start { from: Some(now + TimeDelta::hours(1)), ..Start::default() };
        service.publish_draft(draft, "cay", &ANY, &start).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        // On a busy machine it takes longer until both kinds of rules were in it.
        let rule_sets = "SELECT DISTINCT rule_set FROM processed_transactions";
        for _ in 0..300 {
            if desk.ask(rule_sets).await.len() == 2 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        end.store(true, Ordering::Relaxed);
        let mut done = 0;
        for client in clients {
            done += client.await.unwrap();
        }
        assert!(done > 64, "{kind}: {done}");
        assert_eq!(service.fill_counters().await.unwrap(), 0, "{kind}");
        desk.holds().await;

        // Counted once more, by what the outcomes say.
        let mut budget = 0_i64;
        for member in (0..7).map(|n| format!("m-{n}")) {
            let (mut sums, mut came) = ([0_i64; 2], 0_i64);
            for text in
                desk.ask(&format!("SELECT outcome FROM processed_transactions WHERE user_id = '{member}'")).await
            {
                let outcome: Value = serde_json::from_str(&text).unwrap();
                came += outcome["amount"].as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
                for part in outcome["components"].as_array().unwrap() {
                    let granted: i64 = part["granted"].as_str().unwrap().replace('.', "").parse().unwrap();
                    match part["id"].as_str().unwrap() {
                        "all" => sums[0] += granted,
                        "spring" => sums[1] += granted,
                        _ => {}
                    }
                }
            }
            budget += sums[1];
            assert_eq!(desk.counter(&member, "base.all.amount.lifetime").await, sums[0].to_string(), "{kind} {member}");
            assert_eq!(desk.counter(&member, "base.all.spend.lifetime").await, came.to_string(), "{kind} {member}");
            let bought =
                format!("SELECT count(*) FROM processed_transactions WHERE user_id = '{member}' AND kind = 'purchase'");
            assert_eq!(
                desk.counter(&member, "member.visits.lifetime").await,
                desk.ask(&bought).await.concat(),
                "{kind}"
            );
        }
        assert_eq!(desk.budget().await, budget.to_string(), "{kind}");
        assert_eq!(desk.ask(rule_sets).await.len(), 2, "{kind}");
    }
}
