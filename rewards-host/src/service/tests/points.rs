//! Points: redeemed, returned, given, adjusted, expired.

use rewards_rules::state::Settlement;
use uuid::Uuid;

use super::shop::{SHOP, adjusts, buys, code, command, redeems, refunds, settles, shop_rules, shops, transfers};
use crate::service::command::Act;

#[tokio::test]
async fn a_redemption_ends_once_and_what_failed_comes_back() {
    for desk in shops().await {
        let kind = desk.kind();
        desk.does(buys("m-1", "t1", "350.00", "2026-11-01", None)).await;
        let [failed, done] = [Uuid::now_v7(), Uuid::now_v7()];
        desk.does(redeems("m-1", failed, 200)).await;
        assert_eq!(
            code(&desk.service.post_one(redeems("m-1", Uuid::now_v7(), 201)).await),
            "insufficient_points",
            "{kind}"
        );
        desk.does(settles("m-1", failed, Settlement::Fail)).await;
        desk.does(settles("m-1", failed, Settlement::Fail)).await;
        assert_eq!(desk.balance("m-1").await.0, "400", "{kind}");
        desk.does(redeems("m-1", done, 300)).await;
        assert_eq!(
            code(&desk.service.post_one(redeems("m-1", Uuid::now_v7(), 100)).await),
            "redemption_cap_exceeded",
            "{kind}"
        );
        desk.does(settles("m-1", done, Settlement::Complete)).await;
        for (wrong, due) in [
            (settles("m-1", done, Settlement::Cancel), "redemption_state"),
            (settles("m-2", done, Settlement::Cancel), "not_found"),
            (settles("m-1", Uuid::now_v7(), Settlement::Cancel), "not_found"),
        ] {
            assert_eq!(code(&desk.service.post_one(wrong).await), due, "{kind}");
        }
        let states =
            desk.ask("SELECT action_type FROM reward_history WHERE action_type LIKE 'redemption%' ORDER BY seq").await;
        assert_eq!(states, ["redemption", "redemption_failed", "redemption", "redemption_completed"], "{kind}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn a_redemption_ends_under_rules_that_know_its_counter_no_more() {
    for desk in shops().await {
        let kind = desk.kind();
        desk.does(buys("m-1", "t1", "350.00", "2026-03-01", None)).await;
        let id = Uuid::now_v7();
        desk.does(redeems("m-1", id, 200)).await;
        let newer = SHOP
            .replace(", caps: {per_member: {points: 300, per: day}}", "")
            .replace("{id: gold,", "{id: platinum, min_spending: 300.00}\n    - {id: gold,");
        desk.publish(&shop_rules(&newer), "2026-04-01T00:00:00Z").await;
        // The member now holds a level that the older rules do not have.
        desk.does(buys("m-1", "t2", "10.00", "2026-05-01", None)).await;
        assert_eq!(desk.tier("m-1").await.as_deref(), Some("platinum"), "{kind}");
        desk.does(settles("m-1", id, Settlement::Cancel)).await;
        assert_eq!(desk.ask("SELECT units FROM usage_counters WHERE key LIKE 'redemption%'").await, ["0"], "{kind}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn a_transfer_pays_the_receivers_debt_and_keeps_its_dates() {
    for desk in shops().await {
        let kind = desk.kind();
        desk.does(buys("m-1", "t1", "90.00", "2026-03-01", None)).await;
        desk.does(buys("m-2", "t2", "60.00", "2026-03-02", None)).await;
        desk.does(transfers("m-2", "m-1", 60)).await;
        desk.does(redeems("m-1", Uuid::now_v7(), 100)).await;
        desk.does(refunds("m-1", "r1", "t1", "90.00")).await;
        assert_eq!(desk.balance("m-1").await, ("0".into(), "40".into()), "{kind}");
        desk.does(adjusts("m-3", 50)).await;
        desk.does(transfers("m-3", "m-1", 50)).await;
        assert_eq!(desk.balance("m-1").await, ("10".into(), "0".into()), "{kind}");
        for (wrong, due) in [
            (transfers("m-1", "m-1", 1), "same_member"),
            (transfers("m-1", "m-2", 11), "insufficient_points"),
            (transfers("m-1", "m-2", -1), "wrong_type"),
        ] {
            assert_eq!(code(&desk.service.post_one(wrong).await), due, "{kind}");
        }
        desk.holds().await;
    }
}

#[tokio::test]
async fn what_is_due_comes_first_for_both_sides() {
    for desk in shops().await {
        let kind = desk.kind();
        for member in ["m-1", "m-2"] {
            desk.does(buys(member, &format!("{member}.old"), "30.00", "2022-03-01", None)).await;
            desk.does(buys(member, &format!("{member}.new"), "40.00", "2026-03-01", None)).await;
        }
        // The older points were past their date when the newer purchase came.
        let due = ["purchase", "points_expired", "purchase"];
        assert_eq!(
            desk.ask("SELECT action_type FROM reward_history WHERE user_id = 'm-1' ORDER BY seq").await,
            due,
            "{kind}"
        );
        desk.does(transfers("m-1", "m-2", 40)).await;
        assert_eq!(desk.balance("m-2").await.0, "80", "{kind}");
        let of =
            |member: &str| format!("SELECT action_type FROM reward_history WHERE user_id = '{member}' ORDER BY seq");
        let lines = desk.ask(&of("m-2")).await;
        assert_eq!(lines.last().map(String::as_str), Some("transfer_in"), "{kind}: {lines:?}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn expiry_that_is_due_is_told_before_the_event() {
    for desk in shops().await {
        let kind = desk.kind();
        desk.does(buys("m-1", "t1", "30.00", "2022-03-01", None)).await;
        let wrong = desk.service.post_one(redeems("m-1", Uuid::now_v7(), 10)).await;
        assert_eq!(code(&wrong), "insufficient_points", "{kind}");
        let lines = desk.ask("SELECT action_type FROM reward_history ORDER BY seq").await;
        assert_eq!(lines, ["purchase", "points_expired"], "{kind}");
        let types = desk.ask("SELECT type FROM outbox ORDER BY seq").await;
        assert_eq!(types, ["PointsEarned", "CashbackProcessed", "PointsExpired"], "{kind}");
        desk.does(command("m-1", Act::Advance)).await;
        assert_eq!(desk.ask("SELECT action_type FROM reward_history ORDER BY seq").await.len(), 2, "{kind}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn points_that_become_spendable_are_no_longer_pending_in_the_store() {
    for desk in
        super::desks_of(&shop_rules(&SHOP.replace("  expires_after:", "  activation_delay: 3 days\n  expires_after:")))
            .await
    {
        let kind = desk.kind();
        let today = chrono::Utc::now().format("%Y-%m-%d").to_string();
        let at = format!("{today}T00:00:01Z");
        let bought = serde_json::json!({"id": "t1", "amount": "30.00", "currency": "EUR", "occurred_at": at});
        desk.does(super::purchase("m-1", &bought.to_string())).await;
        let pending = "SELECT count(*) FROM reward_points WHERE points_pending > 0";
        assert_eq!(desk.ask(pending).await, ["1"], "{kind}");
        let due = desk.ask("SELECT spendable_date || '' FROM reward_points").await.concat();
        desk.sql("UPDATE reward_points SET spendable_date = '2020-01-01'").await;
        desk.does(command("m-1", Act::Advance)).await;
        assert_eq!(desk.ask(pending).await, ["0"], "{kind}");
        desk.sql(&format!("UPDATE reward_points SET spendable_date = '{due}'")).await;
        desk.holds().await;
    }
}

#[tokio::test]
async fn an_adjustment_takes_no_more_than_is_there() {
    for desk in shops().await {
        let kind = desk.kind();
        desk.does(adjusts("m-1", 10)).await;
        assert_eq!(code(&desk.service.post_one(adjusts("m-1", -11)).await), "insufficient_points", "{kind}");
        assert_eq!(code(&desk.service.post_one(adjusts("m-1", 0)).await), "wrong_type", "{kind}");
        desk.does(adjusts("m-1", -10)).await;
        assert_eq!(desk.balance("m-1").await.0, "0", "{kind}");
        desk.holds().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn points_that_are_read_while_they_change_are_those_of_one_moment() {
    for desk in shops().await {
        let kind = desk.kind();
        let service = std::sync::Arc::clone(&desk.service);
        let buying = tokio::spawn(async move {
            for n in 0..100 {
                service.post_one(buys("m-1", &format!("t{n}"), "1.00", "2026-03-01", None)).await.unwrap();
            }
        });
        while !buying.is_finished() {
            let views = desk.service.member("m-1").await.unwrap_or_else(|error| panic!("{kind}: {error:?}"));
            let points = &views[0].points;
            assert_eq!(points.available, points.earned, "{kind}");
        }
        buying.await.unwrap();
    }
}
