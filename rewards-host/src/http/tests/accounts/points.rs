//! Transfers, adjustments, and debt.

use serde_json::{Value, json};

use super::{ALICE, Answer, BOB, BOSS, CHIEF, Shop, has, shops};

async fn give(shop: &Shop, who: (&str, &str), key: &str, to: &str, points: u32) -> Answer {
    shop.post(who, "/rewards/transfer", key, json!({"to": to, "points": points})).await
}

async fn adjust(shop: &Shop, who: (&str, &str), key: &str, points: &str) -> Answer {
    let body = json!({"user_id": "alice", "points": points, "reason": "a complaint"});
    shop.post(who, "/rewards/adjustments", key, body).await
}

#[tokio::test]
async fn points_change_hands_once_and_to_another_member() {
    for shop in shops().await {
        let kind = shop.kind;
        shop.buys("alice", "t1", "300.00", json!({})).await;
        shop.buys("bob", "t2", "10.00", json!({})).await;
        let first = give(&shop, ALICE, "k1", "bob", 120).await;
        assert_eq!((first.status, &first.body["points"]), (201, &json!("120")), "{kind}: {}", first.body);
        let again = give(&shop, ALICE, "k1", "bob", 120).await;
        assert!(again.is_replayed() && again.body == first.body, "{kind}: {}", again.body);
        assert_eq!(give(&shop, ALICE, "k1", "bob", 121).await.code(), (422, "idempotency_key_reused"), "{kind}");
        assert_eq!(give(&shop, ALICE, "", "bob", 1).await.code(), (400, "idempotency_key_missing"), "{kind}");
        assert_eq!(give(&shop, ALICE, "k2", "alice", 1).await.code(), (422, "same_member"), "{kind}");
        assert_eq!(give(&shop, ALICE, "k2", "bob", 1000).await.code(), (422, "insufficient_points"), "{kind}");
        assert_eq!(give(&shop, ALICE, "k2", "nobody", 1).await.code(), (404, "not_found"), "{kind}");
        let others = json!({"user_id": "alice", "to": "bob", "points": 1});
        assert_eq!(shop.post(BOB, "/rewards/transfer", "k2", others).await.code(), (403, "forbidden"), "{kind}");
        assert_eq!(shop.balance("alice").await, has("180", "0"), "{kind}");
        assert_eq!(shop.balance("bob").await, has("130", "0"), "{kind}");
        for (member, who, to) in [("bob", ALICE, "bob"), ("alice", ALICE, "bob")] {
            shop.set_status(member, "blocked").await;
            assert_eq!(give(&shop, who, "k3", to, 1).await.code(), (422, "member_inactive"), "{kind} {member}");
            shop.set_status(member, "active").await;
        }
    }
}

#[tokio::test]
async fn debt_leaves_nothing_to_spend_and_is_paid_first() {
    for shop in shops().await {
        let kind = shop.kind;
        shop.buys("alice", "t1", "200.00", json!({})).await;
        shop.buys("bob", "t2", "10.00", json!({})).await;
        let body = json!({"option": "credit", "points": "200"});
        assert_eq!(shop.post(ALICE, "/rewards/redeem", "k1", body.clone()).await.status, 201, "{kind}");
        shop.refunds("t1", "r1", "200.00").await;
        assert_eq!(shop.balance("alice").await, has("0", "200"), "{kind}");
        assert_eq!(
            shop.post(ALICE, "/rewards/redeem", "k2", body).await.code(),
            (422, "insufficient_points"),
            "{kind}"
        );
        assert_eq!(give(&shop, ALICE, "k2", "bob", 1).await.code(), (422, "insufficient_points"), "{kind}");
        assert_eq!(adjust(&shop, BOSS, "a1", "-1").await.code(), (422, "insufficient_points"), "{kind}");
        assert_eq!(adjust(&shop, BOSS, "a2", "250").await.status, 201, "{kind}");
        assert_eq!(shop.balance("alice").await, has("50", "0"), "{kind}");
    }
}

#[tokio::test]
async fn many_points_by_hand_need_a_second_person() {
    for shop in shops().await {
        let kind = shop.kind;
        let small = adjust(&shop, BOSS, "a1", "1000").await;
        assert_eq!((small.status, &small.body["status"]), (201, &json!("posted")), "{kind}: {}", small.body);
        assert!(adjust(&shop, BOSS, "a1", "1000").await.is_replayed(), "{kind}");
        assert_eq!(adjust(&shop, BOSS, "a1", "999").await.code(), (422, "idempotency_key_reused"), "{kind}");
        assert_eq!(adjust(&shop, BOSS, "a1", "5000").await.code(), (422, "idempotency_key_reused"), "{kind}");
        assert_eq!(adjust(&shop, ALICE, "a2", "5").await.code(), (403, "forbidden"), "{kind}");
        assert_eq!(adjust(&shop, BOSS, "a2", "0").await.code(), (422, "wrong_type"), "{kind}");
        assert_eq!(adjust(&shop, BOSS, "a2", "2000.5").await.code(), (400, "invalid_request"), "{kind}");
        let no_reason = json!({"user_id": "alice", "points": 5, "reason": " "});
        let refused = shop.post(BOSS, "/rewards/adjustments", "a2", no_reason).await;
        assert_eq!((refused.code(), &refused.body["path"]), ((400, "invalid_request"), &json!("reason")), "{kind}");

        for (key, points, left) in [("b1", "1001", "2001"), ("b2", "-1500", "501")] {
            let asked = adjust(&shop, BOSS, key, points).await;
            assert_eq!((asked.status, &asked.body["status"]), (202, &json!("waiting")), "{kind}: {}", asked.body);
            let again = adjust(&shop, BOSS, key, points).await;
            assert!(again.is_replayed() && again.body == asked.body, "{kind}: {}", again.body);
            let waiting = shop.get(CHIEF, "/rewards/adjustments").await;
            let items = waiting.body["items"].as_array().unwrap();
            assert_eq!(
                (items.len(), &items[0]["points"], &items[0]["by"]),
                (1, &json!(points), &json!("boss")),
                "{kind}"
            );
            let path = format!("/rewards/adjustments/{}/approve", asked.body["adjustment_id"].as_str().unwrap());
            assert_eq!(shop.post(BOSS, &path, "", Value::Null).await.code(), (403, "same_person"), "{kind}");
            let posted = shop.post(CHIEF, &path, "", Value::Null).await;
            assert_eq!(posted.status, 200, "{kind}: {}", posted.body);
            for (name, due) in [("status", "posted"), ("by", "boss"), ("approved_by", "chief"), ("points", points)] {
                assert_eq!(posted.body[name], due, "{kind} {name}");
            }
            let again = shop.post(CHIEF, &path, "", Value::Null).await;
            assert!(again.is_replayed() && again.body == posted.body, "{kind}: {}", again.body);
            let third = shop.post(("third", "manager"), &path, "", Value::Null).await;
            assert_eq!(third.code(), (409, "state_conflict"), "{kind}");
            assert_eq!(shop.balance("alice").await, has(left, "0"), "{kind}");
        }
        let nothing = shop.get(CHIEF, "/rewards/adjustments").await;
        assert_eq!(nothing.body["items"], json!([]), "{kind}");
        let unknown = "/rewards/adjustments/018f0000-0000-7000-8000-000000000000/approve";
        assert_eq!(shop.post(CHIEF, unknown, "", Value::Null).await.code(), (404, "not_found"), "{kind}");
    }
}

#[tokio::test]
async fn an_adjustment_that_cannot_be_posted_keeps_waiting() {
    for shop in shops().await {
        let kind = shop.kind;
        let asked = adjust(&shop, BOSS, "a1", "-1500").await;
        let path = format!("/rewards/adjustments/{}/approve", asked.body["adjustment_id"].as_str().unwrap());
        assert_eq!(shop.post(CHIEF, &path, "", Value::Null).await.code(), (422, "insufficient_points"), "{kind}");
        shop.buys("alice", "t1", "1600.00", json!({})).await;
        assert_eq!(shop.post(CHIEF, &path, "", Value::Null).await.status, 200, "{kind}");
        assert_eq!(shop.balance("alice").await, has("100", "0"), "{kind}");
    }
}

#[tokio::test]
async fn an_adjustment_that_several_approve_at_once_is_posted_once() {
    for shop in shops().await {
        let kind = shop.kind;
        let both = futures_util::future::join_all([0, 1].map(|_| adjust(&shop, BOSS, "a1", "2000"))).await;
        assert_eq!((both[0].status, &both[0].body), (202, &both[1].body), "{kind}: {}", both[1].body);
        let path = format!("/rewards/adjustments/{}/approve", both[0].body["adjustment_id"].as_str().unwrap());
        let people = ["one", "two", "three", "four"].map(|name| (name, "manager"));
        let all = futures_util::future::join_all(people.map(|who| shop.post(who, &path, "", Value::Null))).await;
        let mut codes: Vec<(u16, &str)> = all.iter().map(Answer::code).collect();
        codes.sort_unstable();
        let late = (409, "state_conflict");
        assert_eq!(codes, [(200, ""), late, late, late], "{kind}");
        assert_eq!(shop.balance("alice").await, has("2000", "0"), "{kind}");
    }
}
