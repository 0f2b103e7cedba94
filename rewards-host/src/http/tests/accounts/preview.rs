//! What a purchase would bring.

use serde_json::{Value, json};

use super::{ALICE, BOSS, Shop, TILL, has, shops};

fn transaction(id: &str, amount: &str) -> Value {
    let now = chrono::Utc::now().to_rfc3339();
    json!({"id": id, "amount": amount, "currency": "EUR", "occurred_at": now, "category": "gifts"})
}

async fn preview(shop: &Shop, body: Value) -> super::Answer {
    shop.post(BOSS, "/cashback/preview", "", body).await
}

#[tokio::test]
async fn a_preview_is_what_posting_would_answer_and_keeps_nothing() {
    for shop in shops().await {
        let kind = shop.kind;
        shop.buys("alice", "t1", "990.00", json!({})).await;
        shop.send(ALICE, "PUT", "/campaigns/club/members/alice", "", Value::Null).await;
        let body = json!({"user_id": "alice", "transaction": transaction("t2", "60.00")});
        let first = preview(&shop, body.clone()).await;
        assert_eq!((first.status, &first.body["totals"]["total"]), (200, &json!("4.80")), "{kind}: {}", first.body);
        assert_eq!(preview(&shop, body.clone()).await.body, first.body, "{kind}");
        assert_eq!(shop.balance("alice").await, has("990", "0"), "{kind}");
        let lines = shop.get(BOSS, "/rewards/alice/history").await;
        assert_eq!(lines.body["items"].as_array().unwrap().len(), 2, "{kind}");
        let posted = shop.post(TILL, "/cashback/calculate", "", body.clone()).await;
        assert_eq!((posted.is_replayed(), &posted.body), (false, &first.body), "{kind}");
        assert_eq!(shop.get(BOSS, "/cashback/outcomes/t2").await.body, first.body, "{kind}");
        // The budget of the club is nearly used now.
        let next = json!({"user_id": "alice", "transaction": transaction("t3", "100.00")});
        assert_eq!(preview(&shop, next).await.body["totals"]["campaign"], "5.90", "{kind}");
        assert_eq!(
            preview(&shop, json!({"user_id": "nobody", "transaction": transaction("t4", "10.00")})).await.status,
            200
        );
        let nobody = shop.get(BOSS, "/members/nobody").await;
        assert_eq!(nobody.code(), (404, "not_found"), "{kind}");
        assert_eq!(shop.post(ALICE, "/cashback/preview", "", body).await.code(), (403, "forbidden"), "{kind}");
    }
}

#[tokio::test]
async fn a_preview_takes_members_counters_and_rules_as_given() {
    for shop in shops().await {
        let kind = shop.kind;
        let club = json!({"enrolments": ["club"], "tier": "silver"});
        let given = json!({"transaction": transaction("t", "100.00"), "member": club, "usage": {"campaign.club.budget.campaign": "1.20"}});
        let outcome = preview(&shop, given.clone()).await;
        assert_eq!(outcome.body["totals"]["campaign"], "5.30", "{kind}: {}", outcome.body);
        assert_eq!(outcome.body["tier"], "silver", "{kind}");
        assert_eq!(outcome.body["rejected"], Value::Null, "{kind}");
        let mut explained = given;
        explained["explain"] = json!(true);
        let explained = preview(&shop, explained).await.body;
        let rejected = explained["rejected"].as_array().unwrap();
        assert!(rejected.iter().any(|r| r["id"] == "over"), "{kind}: {rejected:?}");

        let program = "program: shop\ncurrency: EUR\ntimezone: Europe/Berlin\nbase:\n  - id: all\n    rate: 10%\n";
        let with = |text: &str| json!({"transaction": transaction("t", "100.00"), "rules": {"program.yaml": text}});
        assert_eq!(preview(&shop, with(program)).await.body["totals"]["total"], "10.00", "{kind}");
        let wrong = preview(&shop, with(&program.replace("rate", "rat"))).await;
        assert_eq!(wrong.code(), (422, "findings_present"), "{kind}: {}", wrong.body);
        let finding = &wrong.body["findings"][0];
        assert!(finding["code"].is_string() && finding.to_string().contains("program.yaml"), "{kind}: {finding}");
        let mut other = with(program);
        other["program"] = json!("mill");
        assert_eq!(preview(&shop, other).await.code(), (422, "unknown_program"), "{kind}");
        for (body, due) in [
            (
                json!({"user_id": "alice", "usage": {}, "transaction": transaction("t", "1.00")}),
                (400, "invalid_request"),
            ),
            (json!({"transaction": transaction("t", "-1.00")}), (422, "amount_negative")),
            (json!({"transaction": {"id": "t"}}), (422, "missing_fact")),
        ] {
            assert_eq!(preview(&shop, body).await.code(), due, "{kind}");
        }
    }
}
