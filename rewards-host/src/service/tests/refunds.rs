//! Refunds: any split comes to the whole, and nothing comes back twice.

use super::shop::{SHOP, adjusts, answer, buys, code, redeems, refunds, shop_rules, shops};
use uuid::Uuid;

#[tokio::test]
async fn any_split_comes_to_the_whole() {
    for desk in shops().await {
        let kind = desk.kind();
        desk.does(buys("m-1", "t1", "33.33", "2026-03-01", None)).await;
        desk.does(buys("m-2", "t2", "33.33", "2026-03-01", None)).await;
        for (id, amount) in [("r1", "11.11"), ("r2", "11.11"), ("r3", "11.11")] {
            desk.does(refunds("m-1", id, "t1", amount)).await;
        }
        let whole = desk.does(refunds("m-2", "r4", "t2", "33.33")).await;
        assert_eq!(whole["totals"]["total"], "-0.67", "{kind}");
        let sums = desk.ask("SELECT sum(cashback_amount) FROM cashback_transactions GROUP BY user_id").await;
        assert!(sums.iter().all(|sum| sum.trim_end_matches(['0', '.']).is_empty()), "{kind}: {sums:?}");
        assert_eq!(desk.balance("m-1").await, ("0".into(), "0".into()), "{kind}");
        let more = desk.service.post_one(refunds("m-1", "r5", "t1", "0.01")).await;
        assert_eq!(code(&more), "refund_exceeds_purchase", "{kind}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn a_refund_of_spent_points_is_a_debt_that_the_next_points_pay() {
    for desk in shops().await {
        let kind = desk.kind();
        desk.does(buys("m-1", "t1", "90.00", "2026-03-01", None)).await;
        desk.does(adjusts("m-1", 30)).await;
        desk.does(redeems("m-1", Uuid::now_v7(), 100)).await;
        desk.does(refunds("m-1", "r1", "t1", "90.00")).await;
        assert_eq!(desk.balance("m-1").await, ("0".into(), "70".into()), "{kind}");
        desk.does(buys("m-1", "t2", "50.00", "2026-11-01", None)).await;
        assert_eq!(desk.balance("m-1").await, ("0".into(), "20".into()), "{kind}");
        desk.does(adjusts("m-1", 25)).await;
        assert_eq!(desk.balance("m-1").await, ("5".into(), "0".into()), "{kind}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn a_refund_follows_the_rules_of_its_purchase() {
    for desk in shops().await {
        let kind = desk.kind();
        desk.does(buys("m-1", "t1", "100.00", "2026-03-01", Some("garden"))).await;
        let newer = SHOP.replace("rate: 2%", "rate: 5%").replace("campaign: spring", "campaign: summer");
        desk.publish(&shop_rules(&newer), "2026-04-01T00:00:00Z").await;
        assert_eq!(desk.budget().await, "1000", "{kind}");
        let half = desk.does(refunds("m-1", "r1", "t1", "50.00")).await;
        assert_eq!(half["totals"]["total"], "-6.00", "{kind}");
        assert_eq!(desk.budget().await, "500", "{kind}");
        let later = desk.does(buys("m-1", "t2", "10.00", "2026-05-01", None)).await;
        assert_eq!(later["totals"]["total"], "0.50", "{kind}");
        // Late, and under the older rules.
        let late = desk.does(buys("m-1", "t3", "10.00", "2026-03-15", None)).await;
        assert_eq!(late["totals"]["total"], "0.20", "{kind}");
        let rest = desk.does(refunds("m-1", "r2", "t1", "50.00")).await;
        assert_eq!(rest["totals"]["total"], "-6.00", "{kind}");
        assert_eq!(desk.ask("SELECT units FROM budget_counters WHERE key LIKE '%spring%'").await, ["0"], "{kind}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn refunds_and_purchases_under_two_rule_sets_in_one_batch_are_as_one_after_the_other() {
    for desk in shops().await {
        let kind = desk.kind();
        desk.does(buys("m-1", "t1", "100.00", "2026-03-01", None)).await;
        desk.publish(&shop_rules(&SHOP.replace("rate: 2%", "rate: 5%")), "2026-04-01T00:00:00Z").await;
        let batch = [
            refunds("m-1", "r1", "t1", "60.00"),
            buys("m-1", "t2", "10.00", "2026-03-02", None),
            refunds("m-1", "r2", "t1", "60.00"),
            refunds("m-1", "r3", "t1", "40.00"),
        ];
        let answers = desk.service.post(&batch).await;
        let codes: Vec<&str> = answers.iter().map(code).collect();
        assert_eq!(codes, ["ok", "ok", "refund_exceeds_purchase", "ok"], "{kind}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn what_no_longer_qualifies_goes_as_a_whole() {
    for desk in shops().await {
        let kind = desk.kind();
        let bought = desk.does(buys("m-1", "t1", "80.00", "2026-03-01", Some("basket"))).await;
        assert_eq!(bought["totals"]["campaign"], "5.00", "{kind}");
        let still = desk.does(refunds("m-1", "r1", "t1", "20.00")).await;
        assert_eq!(still["totals"]["campaign"], "0.00", "{kind}");
        let gone = desk.does(refunds("m-1", "r2", "t1", "20.00")).await;
        assert_eq!(gone["totals"]["campaign"], "-5.00", "{kind}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn a_level_and_its_bonus_go_with_the_purchase_that_brought_them() {
    for desk in shops().await {
        let kind = desk.kind();
        desk.does(buys("m-1", "t1", "60.00", "2026-10-01", None)).await;
        desk.does(buys("m-1", "t2", "60.00", "2026-10-02", None)).await;
        assert_eq!(desk.tier("m-1").await.as_deref(), Some("silver"), "{kind}");
        assert_eq!(desk.balance("m-1").await.0, "170", "{kind}");
        desk.does(refunds("m-1", "r1", "t1", "60.00")).await;
        assert_eq!(desk.tier("m-1").await.as_deref(), Some("bronze"), "{kind}");
        assert_eq!(desk.balance("m-1").await.0, "60", "{kind}");
        let actions = desk.ask("SELECT action_type FROM reward_history ORDER BY seq").await;
        assert_eq!(actions, ["purchase", "purchase", "tier_upgraded", "refund", "tier_downgraded"], "{kind}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn a_refund_that_cannot_be_says_why() {
    for desk in shops().await {
        let kind = desk.kind();
        desk.does(buys("m-1", "t1", "10.00", "2026-03-01", None)).await;
        desk.does(refunds("m-1", "r1", "t1", "4.00")).await;
        for (wrong, due) in [
            (refunds("m-1", "r2", "t9", "4.00"), "refund_unknown_purchase"),
            (refunds("m-1", "r2", "r1", "4.00"), "refund_unknown_purchase"),
            (refunds("m-2", "r2", "t1", "4.00"), "refund_wrong_member"),
            (refunds("m-1", "r2", "t1", "6.01"), "refund_exceeds_purchase"),
            (refunds("m-1", "r1", "t1", "5.00"), "id_conflict"),
            (refunds("m-1", "t1", "t1", "4.00"), "id_conflict"),
            (buys("m-1", "r1", "10.00", "2026-03-01", None), "id_conflict"),
        ] {
            assert_eq!(code(&desk.service.post_one(wrong).await), due, "{kind}");
        }
        let again = desk.service.post_one(refunds("m-1", "r1", "t1", "4.00")).await.unwrap();
        assert!(again.replayed && answer(&again)["transaction_id"] == "r1", "{kind}");
        desk.holds().await;
    }
}
