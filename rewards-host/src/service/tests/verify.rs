//! Each invariant, broken on purpose by SQL: verification names it.

use rewards_rules::input::Status;
use rewards_rules::state::Settlement;
use uuid::Uuid;

use super::Desk;
use super::shop::{SHOP, adjusts, buys, command, redeems, refunds, settles, shop_rules, shops, status, transfers};
use crate::service::command::Act;

/// A store in which everything happened once.
async fn full() -> Vec<Desk> {
    let desks = shops().await;
    for desk in &desks {
        desk.does(buys("m-1", "t1", "200.00", "2026-03-01", Some("garden"))).await;
        desk.does(buys("m-1", "t2", "60.00", "2026-03-02", Some("basket"))).await;
        desk.does(refunds("m-1", "r1", "t1", "50.00")).await;
        desk.does(buys("m-2", "t3", "30.00", "2026-04-01", None)).await;
        let [one, two] = [Uuid::now_v7(), Uuid::now_v7()];
        desk.does(redeems("m-1", one, 20)).await;
        desk.does(settles("m-1", one, Settlement::Cancel)).await;
        desk.does(redeems("m-1", two, 30)).await;
        desk.does(transfers("m-1", "m-2", 10)).await;
        desk.does(adjusts("m-2", 7)).await;
        let until = chrono::Utc::now().date_naive() + chrono::Days::new(30);
        desk.does(command("m-2", Act::GiveTier { level: "silver".into(), until, reason: "kind".into() })).await;
        desk.holds().await;
    }
    desks
}

/// Takes the triggers and checks away that keep people from changing what was written.
async fn unguarded(desk: &Desk) {
    if desk.kind() == "postgres" {
        for table in
            ["reward_history", "history_anchors", "processed_transactions", "cashback_transactions", "rule_sets"]
        {
            desk.sql(&format!("ALTER TABLE {table} DISABLE TRIGGER USER")).await;
        }
        desk.sql("ALTER TABLE reward_points DROP CONSTRAINT parts_add_up").await;
        return;
    }
    for trigger in desk.ask("SELECT name FROM sqlite_master WHERE type = 'trigger'").await {
        desk.sql(&format!("DROP TRIGGER {trigger}")).await;
    }
    desk.sql("PRAGMA ignore_check_constraints = ON").await;
}

/// What is broken, the invariant that is found, and words of the finding.
const BROKEN: &[(&str, &str, &str)] = &[
    (
        "UPDATE cashback_transactions SET cashback_amount = cashback_amount * 2 WHERE transaction_id = 't3'",
        "1",
        "cashback_transactions m-2 t3",
    ),
    (
        "UPDATE cashback_transactions SET rule_id = 'other' WHERE transaction_id = 't3'",
        "1",
        "cashback_transactions m-2 t3",
    ),
    ("DELETE FROM cashback_transactions WHERE transaction_id = 't3'", "1", "cashback_transactions m-2 t3"),
    ("UPDATE cashback_transactions SET user_id = 'm-1' WHERE transaction_id = 't3'", "1", "of another member"),
    ("UPDATE processed_transactions SET content_sha256 = 'x' WHERE transaction_id = 't3'", "1", "t3, content"),
    (
        "UPDATE processed_transactions SET outcome = replace(outcome, '\"t3\"', '\"t9\"') WHERE transaction_id = 't3'",
        "1",
        "t3, outcome",
    ),
    (
        "UPDATE processed_transactions SET outcome = replace(outcome, '\"granted\":\"-', '\"granted\":\"-9') WHERE transaction_id = 'r1'",
        "2",
        "processed_transactions m-1 t1",
    ),
    (
        "UPDATE posted_purchases SET record = replace(record, '\"refunded\":{\"amount\":5000', '\"refunded\":{\"amount\":1000') WHERE transaction_id = 't1'",
        "2",
        "t1, refunded",
    ),
    (
        "UPDATE posted_purchases SET record = replace(record, '\"reversed\":100', '\"reversed\":0') WHERE transaction_id = 't1'",
        "2",
        "posted_purchases m-1 t1, base all",
    ),
    ("UPDATE usage_counters SET units = units + 1 WHERE user_id = 'm-2'", "3", "usage_counters m-2"),
    ("DELETE FROM usage_counters WHERE user_id = 'm-2'", "3", "found no row"),
    (
        "UPDATE usage_counters SET units = 0 WHERE key LIKE 'redemption%'",
        "3",
        "usage_counters m-1 shop/redemption.cash.points.day",
    ),
    ("UPDATE budget_counters SET units = units - 1", "3", "budget_counters shop/campaign.spring.budget"),
    ("DELETE FROM budget_counters", "3", "found no row"),
    (
        "UPDATE processed_transactions SET usage = replace(usage, '\"units\":0', '\"units\":1000') WHERE transaction_id = 't1'",
        "3",
        "2500 at most",
    ),
    (
        "UPDATE reward_points SET points_available = points_available + 1 WHERE user_id = 'm-2'",
        "4",
        "reward_points m-2",
    ),
    (
        "UPDATE reward_points SET points_redeemed = points_redeemed - 1, points_available = points_available + 1 WHERE points_redeemed > 1",
        "4",
        "redeemed",
    ),
    (
        "UPDATE reward_points SET points_moved = points_moved - 1, points_available = points_available + 1 WHERE points_moved > 1",
        "4",
        "moved",
    ),
    ("UPDATE redemption_lots SET points = points + 1", "4", "redemption_lots m-1"),
    ("UPDATE lot_sums SET redeemed = redeemed + 1, available = available - 1", "4", "lot_sums shop, lots that expire "),
    ("DELETE FROM lot_sums", "4", "lot_sums shop, lots that expire "),
    ("UPDATE reward_redemptions SET status = 'completed' WHERE status = 'cancelled'", "4", "status"),
    (
        "UPDATE reward_points SET points_earned = 4, points_available = 4 WHERE source_type = 'transfer:0'",
        "4",
        "reward_points transfer",
    ),
    (
        "UPDATE user_loyalty_status SET record = replace(record, '\"debts\":[]', '\"debts\":[500]') WHERE user_id = 'm-1'",
        "4",
        "debt",
    ),
    (
        "UPDATE reward_history SET points_change = points_change + 1 WHERE user_id = 'm-1' AND seq = 1",
        "5",
        "reward_history m-1 line 1, chain",
    ),
    (
        "UPDATE reward_history SET description = 'nothing' WHERE user_id = 'm-1' AND seq = 2",
        "5",
        "reward_history m-1 line 2, chain",
    ),
    (
        "UPDATE reward_history SET rule_set = (SELECT hash FROM rule_sets LIMIT 1), currency = 'XXX' WHERE user_id = 'm-1' AND seq = 2",
        "5",
        "line 2, chain",
    ),
    (
        "UPDATE reward_history SET chain = 'x' WHERE user_id = 'm-2' AND seq = (SELECT history_seq FROM members WHERE user_id = 'm-2')",
        "5",
        "head of the chain",
    ),
    ("DELETE FROM reward_history WHERE user_id = 'm-2' AND seq = 2", "5", "line 2"),
    (
        "DELETE FROM reward_history WHERE user_id = 'm-2' AND seq = (SELECT history_seq FROM members WHERE user_id = 'm-2')",
        "5",
        "number of lines",
    ),
    ("UPDATE members SET history_head = 'x' WHERE user_id = 'm-2'", "5", "members m-2 head of the chain"),
    (
        "UPDATE reward_points SET points_earned = points_earned + 1, points_available = points_available + 1 WHERE source_type = 'adjustment'",
        "5",
        "reward_history m-2 shop, points",
    ),
    ("DELETE FROM outbox WHERE user_id = 'm-2' AND seq = 1", "6", "outbox m-2"),
    (
        "UPDATE outbox SET payload = replace(payload, 'earned:t3', 'earned:t9') WHERE user_id = 'm-2'",
        "6",
        "earned:t3: found no message",
    ),
    ("UPDATE members SET outbox_seq = outbox_seq + 1 WHERE user_id = 'm-2'", "6", "number of messages"),
    (
        "UPDATE user_loyalty_status SET record = replace(record, '\"purchases\":2', '\"purchases\":3') WHERE user_id = 'm-1'",
        "7",
        "user_loyalty_status m-1",
    ),
    (
        "UPDATE user_loyalty_status SET record = replace(record, '\"silver\"', '\"gold\"') WHERE user_id = 'm-1'",
        "7",
        "user_loyalty_status m-1",
    ),
    (
        "UPDATE reward_points SET expiry_date = '2099-01-01' WHERE lot_key = 't3/earn'",
        "4",
        "reward_points m-2 shop/t3/earn, dates",
    ),
    ("UPDATE reward_points SET spendable_date = '2001-01-01' WHERE lot_key LIKE 't1/upgrade%'", "4", ", dates"),
    (
        "UPDATE cashback_transactions SET campaign_id = 'big' WHERE campaign_id = 'spring'",
        "1",
        "cashback_transactions m-1 t1",
    ),
    (
        "UPDATE cashback_transactions SET transaction_amount = transaction_amount * 2 WHERE transaction_id = 't3'",
        "1",
        "cashback_transactions m-2 t3",
    ),
    ("UPDATE cashback_transactions SET cashback_percentage = 3 WHERE transaction_id = 't3'", "1", "m-2 t3"),
    ("UPDATE cashback_transactions SET currency = 'USD' WHERE transaction_id = 't3'", "1", "m-2 t3"),
    ("UPDATE cashback_transactions SET rule_set = 'x' WHERE transaction_id = 't3'", "1", "m-2 t3"),
    ("UPDATE cashback_transactions SET status = 'calculated' WHERE transaction_id = 't3'", "1", "m-2 t3"),
    ("UPDATE cashback_transactions SET category = 'x' WHERE transaction_id = 't3'", "1", "m-2 t3"),
    ("UPDATE cashback_transactions SET tier = 'gold' WHERE transaction_id = 't3'", "1", "m-2 t3"),
    ("UPDATE user_campaigns SET total_earned = total_earned + 1", "1", "user_campaigns m-1 shop/spring"),
    ("UPDATE user_campaigns SET usage_count = 7", "1", "user_campaigns m-1 shop/big"),
    ("DELETE FROM user_campaigns", "1", "user_campaigns m-1 shop/spring: found no row"),
    ("UPDATE reward_redemptions SET cash_value = cash_value * 2", "4", ", value"),
    ("UPDATE user_loyalty_status SET current_tier = 'gold' WHERE user_id = 'm-2'", "7", "m-2 shop, shown"),
    ("UPDATE user_loyalty_status SET total_spending = 9.00 WHERE user_id = 'm-1'", "7", "m-1 shop, shown"),
    ("UPDATE user_loyalty_status SET tier_progress = 0.1 WHERE user_id = 'm-1'", "7", "m-1 shop, shown"),
    ("UPDATE user_loyalty_status SET tier_expiry_date = '2099-01-01'", "7", "m-1 shop, shown"),
];

/// Of each kind of reward a part comes back, and then the rest.
#[tokio::test]
async fn refunds_of_every_kind_of_reward_hold() {
    let doubled = "  - {campaign: double, name: Double points, type: points, when: tx.category == \"garden\", reward: {points_multiplier: 2}}\n";
    for desk in super::desks_of(&shop_rules(&format!("{SHOP}{doubled}"))).await {
        desk.does(buys("m-1", "t1", "90.00", "2026-03-01", Some("garden"))).await;
        for (id, amount) in [("r1", "30.00"), ("r2", "60.00")] {
            desk.does(refunds("m-1", id, "t1", amount)).await;
            desk.holds().await;
        }
        let sql = "UPDATE posted_purchases SET record = replace(record, '\"id\":\"double\",\"points\":true,\"granted\":90,\"reversed\":90', '\"id\":\"double\",\"points\":true,\"granted\":90,\"reversed\":80')";
        unguarded(&desk).await;
        desk.sql(sql).await;
        let (_, found) = desk.findings().await;
        assert_eq!(found.len(), 1, "{}: {found:#?}", desk.kind());
        assert!(found[0].contains("posted_purchases m-1 t1, campaign double"), "{found:#?}");
    }
}

#[tokio::test]
async fn a_refund_of_several_slices_of_one_rule_holds() {
    let slabs = SHOP.replacen("    rate: 2%\n", "    slabs: [{up_to: 50.00, rate: 1%}, {rate: 2%}]\n", 1);
    for desk in super::desks_of(&shop_rules(&slabs)).await {
        desk.does(buys("m-1", "t1", "90.00", "2026-03-01", None)).await;
        for (id, amount) in [("r1", "30.00"), ("r2", "60.00")] {
            desk.does(refunds("m-1", id, "t1", amount)).await;
            desk.holds().await;
        }
        let sql = "UPDATE posted_purchases SET record = replace(record, '\"granted\":80,\"reversed\":80', '\"granted\":80,\"reversed\":70')";
        unguarded(&desk).await;
        desk.sql(sql).await;
        let (_, found) = desk.findings().await;
        let due = ["invariant 2: posted_purchases m-1 t1, base all: found 120, due 130"];
        assert_eq!(found, due, "{}", desk.kind());
    }
}

#[tokio::test]
async fn what_is_broken_is_named() {
    // One store for all: each is broken in a copy of the tables that is put back.
    for desk in full().await {
        desk.service.aggregate().await.unwrap();
        unguarded(&desk).await;
        let tables = [
            "members",
            "user_loyalty_status",
            "reward_points",
            "processed_transactions",
            "posted_purchases",
            "cashback_transactions",
            "usage_counters",
            "budget_counters",
            "reward_redemptions",
            "user_campaigns",
            "redemption_lots",
            "lot_sums",
            "reward_history",
            "outbox",
        ];
        if desk.kind() == "postgres" {
            for constraint in desk.ask("SELECT conrelid::regclass || ' ' || conname FROM pg_constraint WHERE contype = 'f' AND conparentid = 0").await {
                let (table, name) = constraint.split_once(' ').unwrap();
                desk.sql(&format!("ALTER TABLE {table} DROP CONSTRAINT {name}")).await;
            }
        } else {
            desk.sql("PRAGMA foreign_keys = OFF").await;
        }
        for table in tables {
            desk.sql(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).await;
        }
        for (sql, invariant, words) in BROKEN {
            desk.sql(sql).await;
            let (_, found) = desk.findings().await;
            let due = format!("invariant {invariant}: ");
            let named = found.iter().any(|finding| finding.starts_with(&due) && finding.contains(words));
            assert!(named, "{}: {sql}\n{found:#?}", desk.kind());
            for table in tables {
                desk.sql(&format!("DELETE FROM {table}")).await;
                desk.sql(&format!("INSERT INTO {table} SELECT * FROM kept_{table}")).await;
            }
        }
        desk.holds().await;
    }
}

#[tokio::test]
async fn replay_shows_the_first_component_that_differs() {
    for desk in full().await {
        unguarded(&desk).await;
        desk.sql("UPDATE processed_transactions SET outcome = replace(outcome, '\"granted\":\"0.60\"', '\"granted\":\"0.70\"') WHERE transaction_id = 't3'").await;
        let mut differing = Vec::new();
        let mut tell = |one: crate::service::verify::Replayed| differing.push(one.to_string());
        let replay = desk.service.replay(&mut tell).await.unwrap();
        assert_eq!((replay.postings, replay.differing, replay.forgotten), (4, 1, 0), "{}", desk.kind());
        assert_eq!(
            differing,
            [r#"t3 of m-2: outcome.components[0].granted: stored "0.70", now "0.60""#],
            "{}",
            desk.kind()
        );
    }
}

#[tokio::test]
async fn members_without_a_key_are_left_out_of_what_needs_their_facts() {
    for desk in full().await {
        desk.sql("DELETE FROM member_keys WHERE user_id = 'm-1'").await;
        let (verified, replay) = desk.holds().await;
        assert_eq!((verified.forgotten, replay.forgotten, replay.postings), (1, 3, 4), "{}", desk.kind());
    }
}

/// The last line of a member, which is of a status alone, taken out with all that tells of it.
async fn cut_off(desk: &Desk, user_id: &str) {
    let before =
        "(SELECT chain FROM reward_history h WHERE h.user_id = members.user_id AND h.seq = members.history_seq - 1)";
    let of = format!("WHERE user_id = '{user_id}'");
    desk.sql(&format!("UPDATE members SET status = 'active', history_head = {before} {of}")).await;
    desk.sql(&format!("DELETE FROM reward_history {of} AND seq = (SELECT history_seq FROM members {of})")).await;
    desk.sql(&format!("UPDATE members SET history_seq = history_seq - 1 {of}")).await;
}

#[tokio::test]
async fn a_tail_that_is_cut_off_differs_from_what_was_anchored() {
    for desk in full().await {
        let kind = desk.kind();
        desk.does(status("m-2", Status::Blocked)).await;
        let later = chrono::Utc::now() + chrono::TimeDelta::hours(3);
        // Two replicas anchor at once; each hour has one anchor.
        let (one, two) = tokio::join!(desk.service.anchor_before(later), desk.service.anchor_before(later));
        one.and(two).unwrap();
        desk.service.anchor_before(later).await.unwrap();
        let hours = desk.ask("SELECT seq || ' ' || members FROM history_anchors ORDER BY seq").await;
        assert_eq!(hours.iter().filter(|hour| hour.ends_with(" 2")).count(), 1, "{kind}: {hours:?}");
        let (done, found) = desk.findings().await;
        assert_eq!(found, Vec::<String>::new(), "{kind}");
        let (_, last) = done.anchored.unwrap();
        assert_eq!(desk.findings_with(Some(&last)).await.1, Vec::<String>::new(), "{kind}");
        // What came after is in the next hour, and nobody's business yet.
        desk.does(buys("m-1", "t9", "30.00", "2026-04-01", None)).await;
        unguarded(&desk).await;
        cut_off(&desk, "m-2").await;
        let (_, found) = desk.findings_with(Some(&last)).await;
        let [one] = found.as_slice() else { panic!("{kind}: {found:#?}") };
        assert!(one.starts_with("invariant 5: history_anchors 1 of the lines until "), "{kind}: {one}");
        assert!(one.ends_with(": found other last lines of members, due those that were anchored"), "{kind}: {one}");
        // With the anchors cut off too only what was kept elsewhere tells.
        desk.sql("DELETE FROM history_anchors").await;
        assert_eq!(desk.findings().await.1, Vec::<String>::new(), "{kind}");
        let due = format!("invariant 5: history_anchors of --anchor: found no such anchor, due {last}");
        assert_eq!(desk.findings_with(Some(&last)).await.1, [due], "{kind}");
    }
}

#[tokio::test]
async fn anchors_that_were_changed_or_left_out_are_named() {
    for desk in full().await {
        let kind = desk.kind();
        desk.service.anchor_before(chrono::Utc::now() + chrono::TimeDelta::hours(4)).await.unwrap();
        unguarded(&desk).await;
        desk.sql("CREATE TABLE kept AS SELECT * FROM history_anchors").await;
        for (sql, due) in [
            ("DELETE FROM history_anchors WHERE seq = 1", "found anchor 2, due anchor 1"),
            ("UPDATE history_anchors SET members = 1 WHERE seq = 1", "found lines of 2, due of 1 members"),
            ("UPDATE history_anchors SET chain = 'x' WHERE seq = 2", "history_anchors 2 of the lines until"),
        ] {
            desk.sql(sql).await;
            let (_, found) = desk.findings().await;
            assert!(found.iter().any(|finding| finding.contains(due)), "{kind} {sql}: {found:#?}");
            desk.sql("DELETE FROM history_anchors").await;
            desk.sql("INSERT INTO history_anchors SELECT * FROM kept").await;
        }
        desk.holds().await;
    }
}

#[tokio::test]
async fn an_hour_is_anchored_when_nothing_of_it_can_come_any_more() {
    for desk in full().await {
        let kind = desk.kind();
        let count = "SELECT count(*) FROM history_anchors";
        desk.service.anchor().await.unwrap();
        assert_eq!(desk.ask(count).await, ["0"], "{kind}");
        let until = chrono::Utc::now() + chrono::TimeDelta::minutes(59);
        desk.service.anchor_before(until - chrono::TimeDelta::minutes(119)).await.unwrap();
        assert_eq!(desk.ask(count).await, ["0"], "{kind}");
        assert_eq!(desk.holds().await.0.anchored, None, "{kind}");
    }
}
