//! What is told to others, in the commit of what they are told of.

use super::shop::{adjusts, buys, command, refunds, shops};
use crate::service::command::Act;

async fn messages(desk: &super::Desk, member: &str) -> Vec<String> {
    desk.ask(&format!("SELECT type FROM outbox WHERE user_id = '{member}' ORDER BY seq")).await
}

#[tokio::test]
async fn a_budget_that_is_used_up_is_told_once_and_again_after_a_refund() {
    for desk in shops().await {
        let kind = desk.kind();
        let first = desk.does(buys("m-1", "t1", "200.00", "2026-03-01", Some("garden"))).await;
        assert_eq!(first["totals"]["campaign"], "20.00", "{kind}");
        // Two members in one batch share the rest.
        let batch = [
            buys("m-2", "t2", "40.00", "2026-03-01", Some("garden")),
            buys("m-3", "t3", "40.00", "2026-03-01", Some("garden")),
            buys("m-4", "t4", "40.00", "2026-03-01", Some("garden")),
        ];
        let answers = desk.service.post(&batch).await;
        let granted: Vec<String> = answers
            .iter()
            .map(|a| super::shop::answer(a.as_ref().unwrap())["totals"]["campaign"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(granted, ["4.00", "1.00", "0.00"], "{kind}");
        assert_eq!(desk.budget().await, "2500", "{kind}");
        let count = "SELECT count(*) FROM outbox WHERE type = 'CampaignBudgetExhausted'";
        assert_eq!(desk.ask(count).await, ["1"], "{kind}");
        assert_eq!(messages(&desk, "m-3").await.last().map(String::as_str), Some("CampaignBudgetExhausted"), "{kind}");
        desk.does(refunds("m-1", "r1", "t1", "100.00")).await;
        assert_eq!(desk.budget().await, "1500", "{kind}");
        desk.does(buys("m-5", "t5", "400.00", "2026-03-01", Some("garden"))).await;
        assert_eq!(desk.ask(count).await, ["2"], "{kind}");
        let payload =
            desk.ask("SELECT payload FROM outbox WHERE type = 'CampaignBudgetExhausted' AND user_id = 'm-3'").await;
        let payload: serde_json::Value = serde_json::from_str(&payload[0]).unwrap();
        assert_eq!(payload["data"]["campaign_id"], "spring", "{kind}");
        assert_eq!(payload["data"]["budget"], "25.00", "{kind}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn levels_that_evaluations_take_or_renew_are_told() {
    for desk in shops().await {
        let kind = desk.kind();
        // Silver of 2023 holds through 2024.
        desk.does(buys("m-1", "t1", "150.00", "2023-06-01", None)).await;
        desk.does(buys("m-1", "t2", "20.00", "2025-02-01", None)).await;
        let of = "SELECT action_type FROM reward_history WHERE action_type LIKE 'tier%' ORDER BY seq";
        assert_eq!(desk.ask(of).await, ["tier_upgraded", "tier_downgraded"], "{kind}");
        desk.does(buys("m-1", "t3", "150.00", "2025-03-01", None)).await;
        let later = desk.does(buys("m-1", "t4", "1.00", "2026-03-01", None)).await;
        assert_eq!(later["tier"], "silver", "{kind}");
        let told = "SELECT count(*) FROM outbox WHERE type = 'TierChanged'";
        assert_eq!(desk.ask(told).await, ["3"], "{kind}");
        // A late purchase of 2026 renews what is evaluated on the first day of 2027.
        desk.does(buys("m-1", "t5", "150.00", "2026-06-01", None)).await;
        desk.does(buys("m-2", "t6", "150.00", "2023-06-01", None)).await;
        desk.does(buys("m-2", "t7", "150.00", "2024-06-01", None)).await;
        desk.does(buys("m-2", "t8", "99.00", "2025-06-01", None)).await;
        desk.does(buys("m-2", "t9", "150.00", "2025-06-02", None)).await;
        desk.holds().await;
    }
}

#[tokio::test]
async fn a_level_by_hand_is_told_and_so_is_its_end() {
    for desk in shops().await {
        let kind = desk.kind();
        desk.does(adjusts("m-1", 1)).await;
        let until = chrono::Utc::now().date_naive() + chrono::Days::new(1);
        desk.does(command("m-1", Act::GiveTier { level: "gold".into(), until, reason: "kind".into() })).await;
        assert_eq!(desk.tier("m-1").await.as_deref(), Some("gold"), "{kind}");
        assert_eq!(messages(&desk, "m-1").await, ["TierChanged"], "{kind}");
        let bought = desk.does(buys("m-1", "t1", "10.00", "2026-03-01", None)).await;
        assert_eq!(bought["tier"], "bronze", "{kind}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn a_refund_of_points_alone_is_told() {
    for desk in
        super::desks("program: p\ncurrency: EUR\ntimezone: UTC\npoints:\n  earn: {points: 1, per: 1.00}\n").await
    {
        let kind = desk.kind();
        desk.does(buys("m-1", "t1", "10.00", "2026-03-01", None)).await;
        desk.does(refunds("m-1", "r1", "t1", "10.00")).await;
        assert_eq!(messages(&desk, "m-1").await, ["PointsEarned", "CashbackReversed"], "{kind}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn a_late_purchase_meets_the_enrolments_of_its_day() {
    for desk in shops().await {
        let kind = desk.kind();
        desk.does(command("m-1", Act::Enrol { campaign: "club".into() })).await;
        let late = desk.does(buys("m-1", "t1", "10.00", "2026-03-01", Some("club"))).await;
        assert_eq!(late["totals"]["campaign"], "0.00", "{kind}");
        desk.sql("UPDATE user_campaigns SET enrolled_at = '2020-02-01T00:00:00.000000Z' WHERE campaign_id = 'club'")
            .await;
        desk.does(command("m-1", Act::Leave { campaign: "club".into() })).await;
        let late = desk.does(buys("m-1", "t2", "10.00", "2026-03-01", Some("club"))).await;
        assert_eq!(late["totals"]["campaign"], "1.00", "{kind}");
        desk.holds().await;
    }
}
