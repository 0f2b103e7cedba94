//! What a posting reads costs what its members have, and not what all members have.

use sqlx::{AssertSqlSafe, Executor, PgConnection, Row};

use super::fresh;
use crate::store::{Statement, Store, statements};

const FILL: &str = "
INSERT INTO members (user_id) SELECT 'm' || n FROM generate_series(1, 12000) AS n;
INSERT INTO member_keys SELECT user_id, 'w', 'k' FROM members;
INSERT INTO programs (program, currency, money_decimals, points_decimals, timezone) VALUES ('p', 'EUR', 2, 0, 'UTC');
INSERT INTO loyalty_programs (id, program, name, tier_type, rank) VALUES (gen_random_uuid(), 'p', 'p', 'standard', 0);
INSERT INTO user_loyalty_status (id, user_id, program_id, program, record, last_updated)
    SELECT gen_random_uuid(), user_id, (SELECT id FROM loyalty_programs), 'p', repeat('x', 300), now() FROM members;
INSERT INTO reward_points (id, user_id, program, lot_key, seq, points_earned, points_available, source_type, source_id, spendable_date, rule_set, occurred_at, created_at)
    SELECT gen_random_uuid(), user_id, 'p', 'l' || n, n, 1, 1, 'earn', 't', '2026-01-01', 'h', now(), now() FROM members, generate_series(1, 3) AS n;
ANALYZE;";

#[tokio::test]
async fn no_table_of_members_is_read_whole_for_a_posting() {
    let Some(fresh) = fresh::postgres().await else { return };
    let Store::Postgres(pool) = &fresh.store else { panic!("this is PostgreSQL") };
    let mut connection = pool.acquire().await.unwrap();
    connection.execute(FILL).await.unwrap();
    let ids = r#"["m1","m2","m3"]"#;
    for (statement, value) in [
        (statements::LOCK_MEMBERS, ids),
        (statements::STANDING, ids),
        (statements::MEMBERSHIPS, ids),
        (
            statements::LOTS,
            r#"{"members":["m1","m2","m3"],"buyers":["m4","m5"],"over_on":"2026-03-01","sources":[],"lots":[]}"#,
        ),
    ] {
        let plan = plan(&mut connection, statement, value).await;
        for table in ["members ", "member_keys", "user_loyalty_status", "reward_points"] {
            let scan = format!("Seq Scan on {table}");
            assert!(!plan.iter().any(|line| line.contains(&scan)), "{}: {plan:#?}", statement.name);
        }
    }
}

/// How a statement is done, whatever it is asked: one that is used often has one plan.
async fn plan(connection: &mut PgConnection, statement: Statement, value: &str) -> Vec<String> {
    connection.execute("SET plan_cache_mode = force_generic_plan").await.unwrap();
    let prepare = format!("PREPARE asked (text) AS {}", statement.postgres);
    connection.execute(AssertSqlSafe(prepare)).await.unwrap();
    let explain = format!("EXPLAIN EXECUTE asked ('{value}')");
    let plan = connection.fetch_all(AssertSqlSafe(explain)).await.unwrap().iter().map(|row| row.get(0)).collect();
    connection.execute("DEALLOCATE asked").await.unwrap();
    plan
}

/// A hundred codes are left of twelve thousand, in two pools.
const CODES: &str = "
INSERT INTO members (user_id) VALUES ('m1');
INSERT INTO programs (program, currency, money_decimals, points_decimals, timezone) VALUES ('p', 'EUR', 2, 0, 'UTC');
INSERT INTO voucher_pools (program, option) VALUES ('p', 'gift'), ('p', 'other');
INSERT INTO reward_redemptions (id, user_id, program, points_used, redemption_type, cash_value, currency, status, rule_set, record, occurred_at, created_at)
    SELECT gen_random_uuid(), 'm1', 'p', 1, 'gift', 1, 'EUR', 'completed', 'h', '{}', now(), now() FROM generate_series(1, 12000);
INSERT INTO voucher_codes (id, program, option, fingerprint, sealed, master_key, uploaded_by, uploaded_at, redemption_id, claimed_at)
    SELECT id, 'p', 'gift', id, 's', 'k', 'u', now(), id, now() FROM reward_redemptions;
INSERT INTO voucher_codes (id, program, option, fingerprint, sealed, master_key, uploaded_by, uploaded_at)
    SELECT gen_random_uuid(), 'p', CASE n % 2 WHEN 0 THEN 'gift' ELSE 'other' END, n, 's', 'k', 'u', now() FROM generate_series(1, 100) AS n;
ANALYZE;";

#[tokio::test]
async fn free_codes_are_found_and_counted_without_those_that_were_given() {
    let Some(fresh) = fresh::postgres().await else { return };
    let Store::Postgres(pool) = &fresh.store else { panic!("this is PostgreSQL") };
    let mut connection = pool.acquire().await.unwrap();
    connection.execute(CODES).await.unwrap();
    let claim = r#"{"redemption":"00000000-0000-0000-0000-000000000000","program":"p","option":"gift"}"#;
    for (statement, value) in [
        (statements::CLAIM_VOUCHER, claim),
        (statements::VOUCHERS_LEFT, "null"),
        (statements::HAS_VOUCHERS, r#"[{"program":"p","option":"gift"}]"#),
    ] {
        let plan = plan(&mut connection, statement, value).await;
        let has = |words: &str| plan.iter().any(|line| line.contains(words));
        assert!(has("idx_voucher_codes_free"), "{}: {plan:#?}", statement.name);
        assert!(!has("Seq Scan on voucher_codes"), "{}: {plan:#?}", statement.name);
    }
}
