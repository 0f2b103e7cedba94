//! Campaigns, and taking part in them.

use serde_json::{Value, json};

use super::{ALICE, BOB, BOSS, shops};
use crate::cache::Kind;
use crate::http::endpoints;

#[tokio::test]
async fn campaigns_say_how_they_stand_and_what_is_left() {
    for shop in shops().await {
        let kind = shop.kind;
        let all = shop.get(ALICE, "/campaigns").await;
        let states: Vec<(&str, &str)> = all.body["campaigns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| (c["campaign_id"].as_str().unwrap(), c["state"].as_str().unwrap()))
            .collect();
        assert_eq!(
            states,
            [("club", "active"), ("for-all", "active"), ("over", "ended"), ("to-come", "scheduled")],
            "{kind}"
        );
        let enrol = shop.send(ALICE, "PUT", "/campaigns/club/members/alice", "", Value::Null).await;
        assert_eq!(enrol.status, 200, "{kind}: {}", enrol.body);
        for (id, amount, used, left) in [("t1", "100.00", "1.00", "0.50"), ("t2", "100.00", "1.50", "0.00")] {
            shop.buys_now("alice", id, amount).await;
            let club = shop.get(ALICE, "/campaigns/club").await.body;
            let due = json!({"limit": "1.50", "per": "campaign", "period": "campaign", "used": used, "left": left});
            assert_eq!(club["budget"], due, "{kind}");
            assert_eq!(
                (&club["funded_by"], &club["enrolment"], &club["name"]),
                (&json!("mill"), &json!(true), &json!("The club"))
            );
        }
        assert_eq!(shop.get(ALICE, "/campaigns/nothing").await.code(), (404, "not_found"), "{kind}");
        assert_eq!(shop.get(ALICE, "/campaigns?program=x").await.code(), (422, "unknown_program"), "{kind}");
        assert_eq!(shop.get(ALICE, "/campaigns/club?program=shop").await.status, 200, "{kind}");
    }
}

#[tokio::test]
async fn campaigns_are_told_anew_for_each_request_and_programs_are_kept() {
    for shop in shops().await {
        let kind = shop.kind;
        shop.send(ALICE, "PUT", "/campaigns/club/members/alice", "", Value::Null).await;
        shop.buys_now("alice", "t1", "100.00").await;
        let ask = async || {
            let campaigns = shop.get(ALICE, "/campaigns").await.body["campaigns"][0]["budget"]["used"].clone();
            (campaigns, shop.get(ALICE, "/loyalty/programs").await.body["programs"][0]["tiers"][0].clone())
        };
        let (used, tier) = ask().await;
        assert_eq!((&used, &tier["tier"]), (&json!("1.00"), &json!("bronze")), "{kind}");
        // Behind the back of the service, which does not hear of it.
        shop.desk.sql("UPDATE budget_counters SET units = 50").await;
        shop.desk.sql("UPDATE loyalty_programs SET min_spending = 7").await;
        assert_eq!(ask().await, (json!("0.50"), tier), "{kind}");
        let kept = |name: &str| endpoints::kept(endpoints::ALL.iter().find(|one| one.name == name).unwrap());
        assert_eq!((kept("campaigns_list"), kept("loyalty_programs")), (None, Some(Kind::Programs)));
    }
}

#[tokio::test]
async fn a_member_takes_part_from_then_on_and_no_longer_after_leaving() {
    for shop in shops().await {
        let kind = shop.kind;
        let part = async |who: (&str, &str), method: &str, path: &str| {
            shop.send(who, method, &format!("/campaigns/{path}"), "", Value::Null).await
        };
        let total = async |id: &str| shop.buys_now("alice", id, "10.00").await["totals"]["total"].clone();
        assert_eq!(total("t1").await, "0.20", "{kind}");
        for _ in 0..2 {
            let enrolled = part(ALICE, "PUT", "club/members/alice").await;
            assert_eq!((enrolled.status, &enrolled.body["enrolled"]), (200, &json!(true)), "{kind}");
        }
        assert_eq!(total("t2").await, "0.30", "{kind}");
        let earlier = shop.buys("alice", "earlier", "10.00", json!({})).await;
        assert_eq!(earlier["totals"]["total"], "0.20", "{kind}: what happened before is not of the campaign");
        assert_eq!(part(ALICE, "DELETE", "club/members/alice").await.body["enrolled"], false, "{kind}");
        assert_eq!(part(ALICE, "DELETE", "club/members/alice").await.code(), (404, "not_found"), "{kind}");
        assert_eq!(total("t3").await, "0.20", "{kind}");
        assert_eq!(part(BOSS, "PUT", "club/members/alice").await.status, 200, "{kind}");
        assert_eq!(total("t4").await, "0.30", "{kind}");
        let lines = shop.get(BOSS, "/rewards/alice/history?action_type=enrolled").await;
        assert_eq!(lines.body["items"].as_array().unwrap().len(), 2, "{kind}");
        for (who, path, due) in [
            (BOB, "club/members/alice", (403, "forbidden")),
            (ALICE, "over/members/alice", (422, "campaign_expired")),
            (ALICE, "for-all/members/alice", (409, "state_conflict")),
            (ALICE, "nothing/members/alice", (404, "not_found")),
            (ALICE, "to-come/members/alice", (200, "")),
        ] {
            assert_eq!(part(who, "PUT", path).await.code(), due, "{kind} {path}");
        }
        shop.set_status("bob", "blocked").await;
        assert_eq!(part(BOB, "PUT", "club/members/bob").await.code(), (422, "member_inactive"), "{kind}");
    }
}
