//! What the schema itself refuses, whatever the program above it does.

use sqlx::{AssertSqlSafe, Executor};

use super::fresh;
use crate::store::Store;

/// Rows that may be, before those that may not.
const GOOD: &[&str] = &[
    "INSERT INTO programs (program, currency, money_decimals, points_decimals, timezone) VALUES ('p', 'EUR', 2, 0, 'UTC')",
    "INSERT INTO rule_sets (hash, program, files) VALUES ('h', 'p', '{}')",
    "INSERT INTO publications (id, program, rule_set, in_force_from, published_by) VALUES (ID1, 'p', 'h', WHEN, 's')",
    "INSERT INTO campaign_pauses (program, campaign_id, reason, paused_by, paused_at) VALUES ('p', 'c', 'r', 's', WHEN)",
    "INSERT INTO segments (program, segment, members, content_sha256, uploaded_by, uploaded_at) VALUES ('p', 'g', 1, 'h', 's', WHEN)",
    "INSERT INTO segment_members (user_id, program, segment) VALUES ('m', 'p', 'g')",
    "INSERT INTO loyalty_programs (id, program, name, tier_type, rank) VALUES (ID1, 'p', 'P', 'standard', 0)",
    "INSERT INTO campaigns (program, id, name, campaign_type) VALUES ('p', 'c', 'C', 'rate')",
    "INSERT INTO members (user_id) VALUES ('m')",
    "INSERT INTO counter_fills (seq, program, keys, rule_set, files, since, asked_at) VALUES (1, 'p', '[]', 'h', '{}', '2026-01-01', WHEN)",
    "INSERT INTO members_counted (user_id, through_fill, after_fill, history_seq) VALUES ('m', 1, 0, 1)",
    "INSERT INTO member_keys (user_id, wrapped, master_key) VALUES ('m', 'w', 'k')",
    "INSERT INTO processed_transactions (transaction_id, kind, user_id, seq, program, content_sha256, rule_set, currency, occurred_at, content, facts, usage, outcome, created_at) VALUES ('t', 'purchase', 'm', 1, 'p', 's', 'h', 'EUR', WHEN, '{}', '', '[]', '{}', WHEN)",
    "INSERT INTO posted_purchases (transaction_id, record) VALUES ('t', '{}')",
    "INSERT INTO cashback_transactions (id, user_id, transaction_id, program, position, transaction_amount, cashback_amount, cashback_type, component, rule_id, currency, rule_set, status, occurred_at, created_at) VALUES (ID1, 'm', 't', 'p', 0, 10, 1, 'base', 'base', 'r', 'EUR', 'h', 'calculated', WHEN, WHEN)",
    "INSERT INTO user_loyalty_status (id, user_id, program_id, program, record, last_updated) VALUES (ID1, 'm', ID1, 'p', '{}', WHEN)",
    "INSERT INTO reward_points (id, user_id, program, lot_key, seq, points_earned, points_available, source_type, source_id, spendable_date, rule_set, occurred_at, created_at) VALUES (ID1, 'm', 'p', 'l', 0, 5, 5, 'earn', 't', '2026-01-01', 'h', WHEN, WHEN)",
    "INSERT INTO usage_counters (user_id, program, key, period, units) VALUES ('m', 'p', 'k', 'x', 1)",
    "INSERT INTO budget_counters (program, key, period, units) VALUES ('p', 'k', 'x', 1)",
    "INSERT INTO reward_redemptions (id, user_id, program, points_used, redemption_type, cash_value, currency, status, rule_set, record, occurred_at, created_at) VALUES (ID1, 'm', 'p', 3, 'cash', 1, 'EUR', 'pending', 'h', '{}', WHEN, WHEN)",
    "INSERT INTO redemption_lots (redemption_id, lot_key, points) VALUES (ID1, 'l', 3)",
    "INSERT INTO user_campaigns (id, user_id, program, campaign_id) VALUES (ID1, 'm', 'p', 'c')",
    "INSERT INTO reward_history (id, user_id, program, seq, action_type, currency, rule_set, description, chain, occurred_at, created_at) VALUES (ID1, 'm', 'p', 1, 'purchase', 'EUR', 'h', 'd', 'x', WHEN, WHEN)",
    "INSERT INTO outbox (id, user_id, seq, type, payload, created_at) VALUES (ID1, 'm', 1, 'PointsEarned', '{}', WHEN)",
    "INSERT INTO idempotency_keys (scope, key, request_sha256, user_id, answer, created_at) VALUES ('s', 'k', 'r', 'm', '{}', WHEN)",
];

/// Changes of a good row by which it may not be any more: which one, what of it, and what instead.
const BAD: &[(&str, &str, &str)] = &[
    ("rule_sets", "'p'", "'q'"),
    ("publications", "'h'", "'g'"),
    ("campaign_pauses", "'p'", "'q'"),
    ("campaign_pauses", "'r'", "'t'"),
    ("segments", "'p'", "'q'"),
    ("segment_members", "'g'", "'h'"),
    ("loyalty_programs", "'p'", "'q'"),
    ("loyalty_programs", "ID1", "ID2"),
    ("campaigns", "'p'", "'q'"),
    ("members", "'m'", "'m'"),
    ("member_keys", "'m'", "'n'"),
    ("processed_transactions", "'t', 'purchase'", "'t', 'purchase'"),
    ("processed_transactions", "'t', 'purchase', 'm', 1", "'u', 'gift', 'm', 2"),
    ("processed_transactions", "'t', 'purchase', 'm', 1", "'u', 'purchase', 'n', 2"),
    ("processed_transactions", "'t', 'purchase', 'm', 1", "'u', 'purchase', 'm', 1"),
    ("posted_purchases", "'t'", "'u'"),
    ("posted_purchases", "'t'", "'t'"),
    ("cashback_transactions", "'t'", "'u'"),
    ("cashback_transactions", "ID1, 'm', 't', 'p', 0, 10, 1, 'base'", "ID2, 'm', 't', 'p', 0, 10, 1, 'gift'"),
    (
        "cashback_transactions",
        "ID1, 'm', 't', 'p', 0, 10, 1, 'base', 'base'",
        "ID2, 'm', 't', 'p', 0, 10, 1, 'base', 'gift'",
    ),
    ("cashback_transactions", "ID1, 'm', 't', 'p', 0, 10, 1, 'base'", "ID2, 'm', 't', 'p', 0, 10, 1, 'reversal'"),
    ("cashback_transactions", "ID1, 'm', 't', 'p', 0, 10", "ID2, 'm', 't', 'p', 0, -10"),
    ("cashback_transactions", "'calculated'", "'paid'"),
    ("user_loyalty_status", "ID1, 'm', ID1", "ID2, 'm', ID1"),
    ("user_loyalty_status", "ID1, 'm', ID1", "ID2, 'n', ID1"),
    ("user_loyalty_status", "ID1, 'm', ID1, 'p'", "ID2, 'm', ID2, 'q'"),
    ("reward_points", "ID1, 'm', 'p', 'l'", "ID2, 'm', 'p', 'l'"),
    ("reward_points", "ID1, 'm', 'p', 'l'", "ID2, 'n', 'p', 'k'"),
    ("reward_points", "ID1, 'm', 'p', 'l', 0, 5, 5", "ID2, 'm', 'p', 'k', 0, 5, 4"),
    ("reward_points", "ID1, 'm', 'p', 'l', 0, 5, 5", "ID2, 'm', 'p', 'k', 0, 0, 0"),
    ("reward_points", "ID1, 'm', 'p', 'l', 0, 5, 5", "ID2, 'm', 'p', 'k', 0, -5, -5"),
    ("usage_counters", "'k', 'x', 1", "'k', 'x', 1"),
    ("usage_counters", "'k', 'x', 1", "'k', 'y', -1"),
    ("usage_counters", "'m', 'p'", "'n', 'p'"),
    ("budget_counters", "'k', 'x', 1", "'k', 'x', 1"),
    ("budget_counters", "'k', 'x', 1", "'k', 'y', -1"),
    ("reward_redemptions", "ID1, 'm'", "ID2, 'n'"),
    ("reward_redemptions", "ID1, 'm', 'p', 3", "ID2, 'm', 'p', 0"),
    (
        "reward_redemptions",
        "ID1, 'm', 'p', 3, 'cash', 1, 'EUR', 'pending'",
        "ID2, 'm', 'p', 3, 'cash', 1, 'EUR', 'gone'",
    ),
    ("redemption_lots", "ID1", "ID2"),
    ("redemption_lots", "ID1, 'l', 3", "ID1, 'k', 0"),
    ("user_campaigns", "'c'", "'d'"),
    ("user_campaigns", "'m'", "'n'"),
    ("reward_history", "ID1, 'm', 'p', 1", "ID2, 'm', 'p', 1"),
    ("reward_history", "ID1, 'm', 'p', 1", "ID2, 'n', 'p', 2"),
    ("outbox", "ID1, 'm', 1", "ID2, 'm', 1"),
    ("idempotency_keys", "'r'", "'s'"),
];

/// Changes that a trigger or a check refuses.
const CHANGES: &[&str] = &[
    "UPDATE reward_history SET description = 'other'",
    "UPDATE reward_history SET created_at = WHEN",
    "DELETE FROM reward_history",
    "UPDATE processed_transactions SET outcome = '[]'",
    "DELETE FROM processed_transactions",
    "UPDATE rule_sets SET files = '[]'",
    "DELETE FROM rule_sets",
    "UPDATE publications SET in_force_from = WHEN",
    "DELETE FROM publications",
    "UPDATE members_counted SET through_fill = 2",
    "DELETE FROM members_counted",
    "DELETE FROM counter_fills",
    "UPDATE cashback_transactions SET cashback_amount = 2",
    "UPDATE cashback_transactions SET status = 'credited', rule_id = 'other'",
    "UPDATE cashback_transactions SET status = 'calculated'",
    "DELETE FROM cashback_transactions",
    "UPDATE reward_points SET points_available = 6",
    "UPDATE reward_points SET points_available = 6, points_redeemed = -1",
    "UPDATE reward_points SET points_pending = 1",
    "UPDATE members SET status = 'asleep'",
    "UPDATE outbox SET state = 'lost'",
    "UPDATE usage_counters SET units = units - 2",
    "UPDATE budget_counters SET units = units - 2",
    "UPDATE reward_redemptions SET status = 'gone'",
    "DELETE FROM members",
];

fn on(kind: &str, sql: &str) -> String {
    let cast = if kind == "postgres" { "::uuid" } else { "" };
    sql.replace("ID1", &format!("'01890000-0000-7000-8000-000000000001'{cast}"))
        .replace("ID2", &format!("'01890000-0000-7000-8000-000000000002'{cast}"))
        .replace("WHEN", "'2026-01-01T00:00:00.000000Z'")
}

async fn run(store: &Store, sql: &str) -> Result<(), sqlx::Error> {
    let sql = AssertSqlSafe(on(store.kind(), sql));
    match store {
        Store::Postgres(pool) => pool.execute(sql).await.map(drop),
        Store::Embedded(_) => store.embedded_pool().unwrap().execute(sql).await.map(drop),
    }
}

#[tokio::test]
async fn rows_that_cannot_be_are_refused() {
    for fresh in fresh::each().await {
        let kind = fresh.store.kind();
        for good in GOOD {
            run(&fresh.store, good).await.unwrap_or_else(|e| panic!("{kind}: {good}: {e}"));
        }
        for (table, of, instead) in BAD {
            let good = GOOD.iter().find(|good| good.starts_with(&format!("INSERT INTO {table} "))).unwrap();
            assert!(good.contains(of), "{table}: {of}");
            let (columns, values) = good.split_once(" VALUES ").unwrap();
            let bad = format!("{columns} VALUES {}", values.replacen(of, instead, 1));
            assert!(run(&fresh.store, &bad).await.is_err(), "{kind}: {bad}");
        }
        for change in CHANGES {
            assert!(run(&fresh.store, change).await.is_err(), "{kind}: {change}");
        }
        // What may change.
        for change in [
            "UPDATE cashback_transactions SET status = 'credit_failed', processed_at = WHEN",
            "UPDATE cashback_transactions SET status = 'calculated'",
            "UPDATE cashback_transactions SET status = 'credited'",
            "UPDATE outbox SET state = 'delivered'",
        ] {
            run(&fresh.store, change).await.unwrap_or_else(|e| panic!("{kind}: {change}: {e}"));
        }
        assert!(run(&fresh.store, "UPDATE cashback_transactions SET status = 'calculated'").await.is_err(), "{kind}");
        if kind == "postgres" {
            for table in [
                "reward_history",
                "processed_transactions",
                "cashback_transactions",
                "rule_sets",
                "rule_audit",
                "publications",
                "counter_fills",
                "members_counted",
            ] {
                assert!(run(&fresh.store, &format!("TRUNCATE {table} CASCADE")).await.is_err(), "{table}");
            }
        }
    }
}
