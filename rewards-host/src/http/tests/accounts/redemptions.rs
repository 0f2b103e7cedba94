//! Redeeming, withdrawing, settling.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::service::fulfilment::{AtOnce, Fulfilled, Fulfilment, round, run};
use crate::service::queue::Poster;
use crate::service::redemptions::RedemptionView;
use crate::service::tests::rules;

use super::{ALICE, Answer, BOB, BOSS, SHOP, Shop, TILL, has, shops};

async fn redeem(shop: &Shop, who: (&str, &str), key: &str, points: &str) -> Answer {
    let body = json!({"option": "credit", "points": points, "details": {"iban": "DE02"}});
    shop.post(who, "/rewards/redeem", key, body).await
}

#[tokio::test]
async fn a_redemption_is_all_or_nothing_and_a_key_stands_for_one() {
    for shop in shops().await {
        let kind = shop.kind;
        shop.buys("alice", "t1", "250.00", json!({})).await;
        let first = redeem(&shop, ALICE, "k1", "200").await;
        assert_eq!((first.status, first.is_replayed()), (201, false), "{kind}: {}", first.body);
        for (name, due) in [("status", "pending"), ("points", "200"), ("cash_value", "2.00"), ("user_id", "alice")] {
            assert_eq!(first.body[name], due, "{kind}: {name}");
        }
        let again = redeem(&shop, ALICE, "k1", "200").await;
        assert_eq!((again.status, again.is_replayed(), &again.body), (201, true, &first.body), "{kind}");
        assert_eq!(redeem(&shop, ALICE, "k1", "100").await.code(), (422, "idempotency_key_reused"), "{kind}");
        assert_eq!(redeem(&shop, ALICE, "", "100").await.code(), (400, "idempotency_key_missing"), "{kind}");
        assert_eq!(redeem(&shop, ALICE, "k2", "100").await.code(), (422, "insufficient_points"), "{kind}");
        assert_eq!(redeem(&shop, ALICE, "k2", "1e400").await.code(), (400, "invalid_request"), "{kind}");
        assert_eq!(redeem(&shop, ALICE, "k2", "-100").await.code(), (422, "wrong_type"), "{kind}");
        // A key belongs to who sent it.
        assert_eq!(redeem(&shop, BOB, "k1", "200").await.code(), (422, "insufficient_points"), "{kind}");
        let unknown = json!({"option": "yacht", "points": 100});
        let answer = shop.post(ALICE, "/rewards/redeem", "k3", unknown).await;
        assert_eq!((answer.code(), &answer.body["group"]), ((422, "unknown_option"), &json!("invalid_redemption")));
        for (who, member, due) in [
            (BOB, json!("alice"), (403, "forbidden")),
            (BOSS, Value::Null, (400, "invalid_request")),
            (BOSS, json!("alice"), (422, "insufficient_points")),
        ] {
            let body = json!({"user_id": member, "option": "credit", "points": "100"});
            assert_eq!(shop.post(who, "/rewards/redeem", "k4", body).await.code(), due, "{kind} {who:?}");
        }
        assert_eq!(shop.balance("alice").await, has("50", "0"), "{kind}");
    }
}

#[tokio::test]
async fn a_redemption_is_withdrawn_or_settled_once() {
    for shop in shops().await {
        let kind = shop.kind;
        shop.buys("alice", "t1", "500.00", json!({})).await;
        let made = redeem(&shop, ALICE, "k1", "200").await;
        let path = format!("/rewards/redemptions/{}", made.body["redemption_id"].as_str().unwrap());
        let read = shop.get(ALICE, &path).await;
        assert_eq!((read.status, &read.body["details"]["iban"]), (200, &json!("DE02")), "{kind}: {}", read.body);
        assert_eq!(read.body["created_at"], made.body["created_at"], "{kind}");
        assert_eq!(shop.get(TILL, &path).await.status, 200, "{kind}");
        assert_eq!(shop.get(BOB, &path).await.code(), (404, "not_found"), "{kind}");
        let cancel = format!("{path}/cancel");
        assert_eq!(shop.post(BOB, &cancel, "c1", Value::Null).await.code(), (404, "not_found"), "{kind}");
        assert_eq!(shop.post(ALICE, &cancel, "", Value::Null).await.code(), (400, "idempotency_key_missing"), "{kind}");
        let cancelled = shop.post(ALICE, &cancel, "c1", Value::Null).await;
        assert_eq!((cancelled.status, &cancelled.body["status"]), (200, &json!("cancelled")), "{kind}");
        assert_eq!(shop.balance("alice").await, has("500", "0"), "{kind}");
        for (key, is_replayed) in [("c1", true), ("c2", false)] {
            let again = shop.post(ALICE, &cancel, key, Value::Null).await;
            assert_eq!((again.status, again.is_replayed(), &again.body), (200, is_replayed, &cancelled.body), "{kind}");
        }
        let settle = |outcome: &str| json!({"outcome": outcome, "reason": "credited by the bank"});
        let late = shop.post(TILL, &format!("{path}/settle"), "s1", settle("completed")).await;
        assert_eq!(late.code(), (422, "redemption_state"), "{kind}");

        // A key that withdrew one withdraws no other.
        let other = redeem(&shop, ALICE, "k2", "100").await;
        let other = format!("/rewards/redemptions/{}", other.body["redemption_id"].as_str().unwrap());
        let reused = shop.post(ALICE, &format!("{other}/cancel"), "c1", Value::Null).await;
        assert_eq!(reused.code(), (422, "idempotency_key_reused"), "{kind}");

        for (outcome, left) in [("completed", "300"), ("failed", "400")] {
            let made = redeem(&shop, ALICE, outcome, "100").await;
            let path = format!("/rewards/redemptions/{}/settle", made.body["redemption_id"].as_str().unwrap());
            assert_eq!(shop.post(ALICE, &path, "s2", settle(outcome)).await.code(), (403, "forbidden"), "{kind}");
            let settled = shop.post(TILL, &path, outcome, settle(outcome)).await;
            assert_eq!((settled.status, &settled.body["status"]), (200, &json!(outcome)), "{kind}: {}", settled.body);
            let again = shop.post(TILL, &path, outcome, settle(outcome)).await;
            assert!(again.is_replayed() && again.body == settled.body, "{kind}: {}", again.body);
            let left = if outcome == "completed" { left } else { "300" };
            assert_eq!(shop.balance("alice").await, has(left, "0"), "{kind} {outcome}");
        }
        let unknown = "/rewards/redemptions/018f0000-0000-7000-8000-000000000000";
        assert_eq!(shop.get(ALICE, unknown).await.code(), (404, "not_found"), "{kind}");
        assert_eq!(shop.get(ALICE, "/rewards/redemptions/x").await.code(), (400, "invalid_parameter"), "{kind}");
    }
}

#[tokio::test]
async fn a_member_who_is_blocked_redeems_nothing() {
    for shop in shops().await {
        let kind = shop.kind;
        shop.buys("alice", "t1", "200.00", json!({})).await;
        assert_eq!(shop.set_status("alice", "blocked").await.status, 200, "{kind}");
        assert_eq!(redeem(&shop, ALICE, "k1", "100").await.code(), (422, "member_inactive"), "{kind}");
        assert_eq!(shop.set_status("alice", "active").await.status, 200, "{kind}");
        assert_eq!(redeem(&shop, ALICE, "k1", "100").await.status, 201, "{kind}");
    }
}

/// Has what the tests want to hand out.
#[derive(Debug)]
struct Vouchers(Fulfilled);

#[async_trait::async_trait]
impl Fulfilment for Vouchers {
    fn takes(&self, kind: &str) -> bool {
        kind == "statement_credit"
    }

    async fn fulfil(&self, redemption: &RedemptionView) -> Fulfilled {
        assert_eq!(redemption.details.as_ref().unwrap()["iban"], "DE02");
        self.0.clone()
    }
}

#[tokio::test]
async fn what_is_pending_is_fulfilled_or_its_points_go_back() {
    for shop in shops().await {
        let kind = shop.kind;
        let service = &shop.desk.service;
        let poster = Poster::start(service, 1);
        shop.buys("alice", "t1", "500.00", json!({})).await;
        for (way, status, ended, left) in [
            (Fulfilled::Later, "pending", 0, "400"),
            (Fulfilled::Failed("sold out".to_owned()), "failed", 2, "500"),
            (Fulfilled::Completed("sent".to_owned()), "completed", 1, "400"),
        ] {
            let made = redeem(&shop, ALICE, status, "100").await;
            assert_eq!(round(service, &poster, &AtOnce(vec!["voucher".to_owned()])).await, Ok(0), "{kind}");
            assert_eq!(round(service, &poster, &Vouchers(way)).await, Ok(ended), "{kind} {status}");
            let path = format!("/rewards/redemptions/{}", made.body["redemption_id"].as_str().unwrap());
            assert_eq!(shop.get(ALICE, &path).await.body["status"], status, "{kind}");
            assert_eq!(shop.balance("alice").await, has(left, "0"), "{kind} {status}");
        }
        assert_eq!(redeem(&shop, ALICE, "last", "100").await.status, 201, "{kind}");
        let at_once = AtOnce(vec!["statement_credit".to_owned()]);
        for ended in [1, 0] {
            assert_eq!(round(service, &poster, &at_once).await, Ok(ended), "{kind}");
        }
        let lines = shop.get(BOSS, "/rewards/alice/history?action_type=redemption_failed").await;
        assert_eq!(lines.body["items"][0]["metadata"]["reason"], "sold out", "{kind}: {}", lines.body);
    }
}

#[tokio::test]
async fn a_key_that_comes_many_times_at_once_stands_for_one_redemption() {
    for shop in shops().await {
        let kind = shop.kind;
        shop.buys("alice", "t1", "500.00", json!({})).await;
        let all = futures_util::future::join_all((0..8).map(|_| redeem(&shop, ALICE, "k1", "100"))).await;
        for answer in &all {
            assert_eq!((answer.status, &answer.body), (201, &all[0].body), "{kind}");
        }
        assert_eq!(all.iter().filter(|answer| !answer.is_replayed()).count(), 1, "{kind}");
        assert_eq!(shop.balance("alice").await, has("400", "0"), "{kind}");
        let all =
            futures_util::future::join_all(["a", "b", "c", "d", "e"].map(|key| redeem(&shop, ALICE, key, "100"))).await;
        let mut codes: Vec<(u16, &str)> = all.iter().map(Answer::code).collect();
        codes.sort_unstable();
        assert_eq!(codes, [(201, ""), (201, ""), (201, ""), (201, ""), (422, "insufficient_points")], "{kind}");
    }
}

/// Fails in a way that nobody expects, once.
#[derive(Debug, Default)]
struct Clumsy(AtomicBool);

#[async_trait::async_trait]
impl Fulfilment for Clumsy {
    fn takes(&self, kind: &str) -> bool {
        kind == "statement_credit"
    }

    async fn fulfil(&self, _: &RedemptionView) -> Fulfilled {
        assert!(self.0.swap(true, Ordering::Relaxed), "for once");
        Fulfilled::Completed("sent".to_owned())
    }
}

#[tokio::test]
async fn a_round_that_panics_is_not_the_last_one() {
    for shop in shops().await {
        let service = &shop.desk.service;
        shop.buys("alice", "t1", "500.00", json!({})).await;
        let made = redeem(&shop, ALICE, "k1", "100").await;
        let path = format!("/rewards/redemptions/{}", made.body["redemption_id"].as_str().unwrap());
        let rounds = tokio::spawn(run(Arc::clone(service), Poster::start(service, 1), Arc::new(Clumsy::default())));
        while shop.get(ALICE, &path).await.body["status"] != "completed" {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        rounds.abort();
    }
}

#[tokio::test]
async fn what_was_redeemed_for_an_option_that_is_gone_is_fulfilled_all_the_same() {
    for shop in shops().await {
        let kind = shop.kind;
        let service = &shop.desk.service;
        shop.buys("alice", "t1", "500.00", json!({})).await;
        let made = redeem(&shop, ALICE, "k1", "100").await;
        let without = SHOP.split_once("redemption:\n").and_then(|(before, rest)| {
            let (_, campaigns) = rest.split_once("campaigns:\n")?;
            Some(format!("{before}campaigns:\n{campaigns}"))
        });
        shop.desk.publish(&rules(&without.unwrap()), "2026-04-01T00:00:00Z").await;
        assert_eq!(redeem(&shop, ALICE, "k2", "100").await.code(), (422, "unknown_option"), "{kind}");
        let at_once = AtOnce(vec!["statement_credit".to_owned()]);
        assert_eq!(round(service, &Poster::start(service, 1), &at_once).await, Ok(1), "{kind}");
        let path = format!("/rewards/redemptions/{}", made.body["redemption_id"].as_str().unwrap());
        assert_eq!(shop.get(ALICE, &path).await.body["status"], "completed", "{kind}");
        assert_eq!(shop.balance("alice").await, has("400", "0"), "{kind}");
    }
}
