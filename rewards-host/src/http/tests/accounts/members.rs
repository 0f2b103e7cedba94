//! Status, tiers by hand, facts, being forgotten.

use serde_json::{Value, json};

use rewards_rules::input::Status;

use super::{ADMIN, ALICE, BOSS, TILL, has, shops};
use crate::service::command::{Act, Command};
use crate::service::tests::purchase;

#[tokio::test]
async fn a_member_is_blocked_and_active_again_with_a_line_for_each_change() {
    for shop in shops().await {
        let kind = shop.kind;
        for (status, granted) in [("blocked", "0.00"), ("closed", "0.00"), ("active", "0.20")] {
            for _ in 0..2 {
                let set = shop.set_status("alice", status).await;
                assert_eq!((set.status, &set.body["status"]), (200, &json!(status)), "{kind}: {}", set.body);
            }
            let outcome = shop.buys("alice", &format!("t-{status}"), "10.00", json!({})).await;
            assert_eq!(outcome["totals"]["total"], granted, "{kind} {status}");
        }
        let lines = shop.get(BOSS, "/rewards/alice/history?action_type=status_changed").await;
        let words: Vec<&str> =
            lines.body["items"].as_array().unwrap().iter().map(|l| l["description"].as_str().unwrap()).collect();
        let due = ["active after closed: a test", "closed after blocked: a test", "blocked after active: a test"];
        assert_eq!(words, due, "{kind}");
        assert_eq!(shop.set_status("alice", "asleep").await.code(), (400, "invalid_request"), "{kind}");
        let body = json!({"status": "active", "reason": "x"});
        let own = shop.send(ALICE, "PUT", "/members/alice/status", "", body).await;
        assert_eq!(own.code(), (403, "forbidden"), "{kind}");
    }
}

#[tokio::test]
async fn a_tier_is_given_by_hand_until_a_day() {
    for shop in shops().await {
        let kind = shop.kind;
        let give = async |level: &str, until: &str| {
            let body = json!({"level": level, "until": until, "reason": "a complaint"});
            shop.send(BOSS, "PUT", "/members/alice/tier", "", body).await
        };
        let given = give("silver", "9999-12-31").await;
        assert_eq!((given.status, &given.body["tier"]), (200, &json!("silver")), "{kind}: {}", given.body);
        let standing = shop.get(ALICE, "/loyalty/alice/status").await;
        assert_eq!(standing.body["programs"][0]["given_until"], "9999-12-31", "{kind}: {}", standing.body);
        assert_eq!(give("gold", "9999-12-31").await.code(), (422, "unknown_tier"), "{kind}");
        assert_eq!(give("silver", "2020-01-01").await.code(), (422, "wrong_type"), "{kind}");
        assert_eq!(give("silver", "+12026-01-01").await.code(), (400, "invalid_request"), "{kind}");
        assert_eq!(give("silver", "tomorrow").await.code(), (400, "invalid_request"), "{kind}");
    }
}

#[tokio::test]
async fn what_others_tell_is_kept_and_read_by_staff() {
    for shop in shops().await {
        let kind = shop.kind;
        let tell = async |who: (&str, &str), member: Value| {
            shop.send(who, "PUT", "/members/alice/facts", "", json!({"member": member})).await
        };
        assert_eq!(shop.get(BOSS, "/members/alice").await.code(), (404, "not_found"), "{kind}");
        assert_eq!(tell(TILL, json!({"country": "NO", "staff": true})).await.status, 200, "{kind}");
        let told = tell(TILL, json!({"staff": null, "birthday": "1990-02-28"})).await;
        assert_eq!(told.body["member"], json!({"country": "NO", "birthday": "1990-02-28"}), "{kind}");
        assert_eq!(tell(TILL, json!({"tier": "silver"})).await.code(), (400, "invalid_request"), "{kind}");
        assert_eq!(tell(TILL, json!({"birthday": "x"})).await.status, 422, "{kind}");
        assert_eq!(tell(BOSS, json!({})).await.code(), (403, "forbidden"), "{kind}");
        let read = shop.get(BOSS, "/members/alice").await;
        assert_eq!(read.body["member"], told.body["member"], "{kind}");
        assert_eq!((&read.body["status"], &read.body["forgotten"]), (&json!("active"), &json!(false)), "{kind}");
        assert_eq!(read.body["programs"][0]["standing"]["tier"], "bronze", "{kind}: {}", read.body);
        assert_eq!(shop.get(ALICE, "/members/alice").await.code(), (403, "forbidden"), "{kind}");
    }
}

#[tokio::test]
async fn a_member_who_was_forgotten_stays_so_while_sums_stay() {
    for shop in shops().await {
        let kind = shop.kind;
        let facts = json!({"member": {"country": "NO"}});
        assert_eq!(shop.send(TILL, "PUT", "/members/alice/facts", "", facts.clone()).await.status, 200, "{kind}");
        shop.buys("alice", "t1", "300.00", json!({"category": "gifts"})).await;
        let body = json!({"option": "credit", "points": "100", "details": {"iban": "DE02"}});
        let redemption = shop.post(ALICE, "/rewards/redeem", "k1", body.clone()).await.body;
        let forget = async |who: (&str, &str), member: &str| {
            shop.send(who, "DELETE", &format!("/members/{member}/personal-data"), "", Value::Null).await
        };
        assert_eq!(forget(BOSS, "alice").await.code(), (403, "forbidden"), "{kind}");
        assert_eq!(forget(ADMIN, "nobody").await.code(), (404, "not_found"), "{kind}");
        for _ in 0..2 {
            let forgotten = forget(ADMIN, "alice").await;
            assert_eq!((forgotten.status, &forgotten.body["forgotten"]), (200, &json!(true)), "{kind}");
        }
        let read = shop.get(BOSS, "/members/alice").await;
        assert_eq!((&read.body["member"], &read.body["status"]), (&json!({}), &json!("closed")), "{kind}");
        assert_eq!(read.body["forgotten"], true, "{kind}");
        let lines = shop.get(BOSS, "/rewards/alice/history?action_type=forgotten").await;
        assert_eq!(lines.body["items"].as_array().unwrap().len(), 1, "{kind}: {}", lines.body);
        let path = format!("/rewards/redemptions/{}", redemption["redemption_id"].as_str().unwrap());
        let redemption = shop.get(BOSS, &path).await;
        assert_eq!((redemption.status, &redemption.body["details"]), (200, &Value::Null), "{kind}");

        // Sums stay, and what is posted later is kept without what is personal.
        assert_eq!(shop.balance("alice").await, has("200", "0"), "{kind}");
        let told = json!({"user_id": "alice", "member": {"country": "SE"}, "transaction":
            {"id": "t2", "amount": "60.00", "currency": "EUR", "occurred_at": "2026-03-02T12:00:00Z", "category": "gifts"}});
        let outcome = shop.post(TILL, "/cashback/calculate", "", told.clone()).await;
        assert_eq!(
            (outcome.status, &outcome.body["totals"]["total"]),
            (200, &json!("0.00")),
            "{kind}: {}",
            outcome.body
        );
        let again = shop.post(TILL, "/cashback/calculate", "", told).await;
        assert!(again.is_replayed() && again.body == outcome.body, "{kind}");
        assert_eq!(shop.get(BOSS, "/members/alice").await.body["member"], json!({}), "{kind}");

        // Of a campaign whose conditions cannot be asked again nothing is taken back before the rest is.
        assert_eq!(shop.refunds("t1", "r1", "290.00").await["totals"]["total"], "-5.80", "{kind}");
        assert_eq!(shop.refunds("t1", "r2", "10.00").await["totals"]["total"], "-15.20", "{kind}");
        assert_eq!(shop.balance("alice").await, has("0", "100"), "{kind}");
        assert_eq!(shop.post(ALICE, "/rewards/redeem", "k2", body).await.code(), (422, "member_inactive"), "{kind}");
        let cancelled = shop.post(BOSS, &format!("{path}/cancel"), "c1", Value::Null).await;
        assert_eq!((cancelled.status, &cancelled.body["status"]), (200, &json!("cancelled")), "{kind}");
        assert_eq!(shop.balance("alice").await, has("0", "0"), "{kind}");

        assert_eq!(shop.set_status("alice", "active").await.code(), (409, "state_conflict"), "{kind}");
        assert_eq!(shop.set_status("alice", "closed").await.status, 200, "{kind}");
        let tell = shop.send(TILL, "PUT", "/members/alice/facts", "", facts).await;
        assert_eq!(tell.code(), (409, "state_conflict"), "{kind}");
        let enrol = shop.send(BOSS, "PUT", "/campaigns/club/members/alice", "", Value::Null).await;
        assert_eq!(enrol.code(), (409, "state_conflict"), "{kind}");
    }
}

/// Commands of one batch see what those before them did to the member.
#[tokio::test]
async fn what_is_done_to_a_member_holds_for_the_rest_of_a_batch() {
    for shop in shops().await {
        let kind = shop.kind;
        let buys = |id: &str| {
            // Later than what was done before it in the batch, and within the day that is let pass.
            let at = (chrono::Utc::now() + chrono::TimeDelta::hours(1)).to_rfc3339();
            let text = format!(r#"{{"id":"{id}","amount":"100.00","currency":"EUR","occurred_at":"{at}"}}"#);
            let mut command = purchase("alice", &text);
            if let Act::Purchase { facts, .. } = &mut command.act {
                *facts = json!({"country": "NO"}).as_object().cloned();
            }
            command
        };
        let does = |act: Act| Command { user_id: "alice".into(), program: None, act, key: None, by: "test".into() };
        let status = |status| does(Act::SetStatus { status, reason: "a test".to_owned() });
        let club = || "club".to_owned();
        let batch = [
            buys("t1"),
            status(Status::Blocked),
            buys("t2"),
            status(Status::Active),
            does(Act::Enrol { campaign: club() }),
            buys("t3"),
            does(Act::Leave { campaign: club() }),
            buys("t4"),
            does(Act::Forget),
            buys("t5"),
            status(Status::Active),
        ];
        let answers = shop.desk.service.post(&batch).await;
        let totals: Vec<String> = answers
            .iter()
            .filter_map(|answer| {
                let answer: Value = serde_json::from_str(&answer.as_ref().ok()?.answer).unwrap();
                answer["totals"]["total"].as_str().map(str::to_owned)
            })
            .collect();
        assert_eq!(totals, ["2.00", "0.00", "3.00", "2.00", "0.00"], "{kind}: {answers:?}");
        assert_eq!(answers.last().unwrap().as_ref().unwrap_err().code.as_str(), "state_conflict", "{kind}");
        let read = shop.get(BOSS, "/members/alice").await.body;
        let due = (&json!({}), &json!("closed"), &json!(true));
        assert_eq!((&read["member"], &read["status"], &read["forgotten"]), due, "{kind}");
    }
}
