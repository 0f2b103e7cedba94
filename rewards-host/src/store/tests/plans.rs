//! What a posting reads costs what its members have, and not what all members have.

use sqlx::{AssertSqlSafe, Executor, Row};

use super::fresh;
use crate::store::{Store, statements};

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
    // A statement that is used often has one plan for whatever it is asked.
    connection.execute("SET plan_cache_mode = force_generic_plan").await.unwrap();
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
        let prepare = format!("PREPARE asked (text) AS {}", statement.postgres);
        connection.execute(AssertSqlSafe(prepare)).await.unwrap();
        let explain = format!("EXPLAIN EXECUTE asked ('{value}')");
        let plan: Vec<String> =
            connection.fetch_all(AssertSqlSafe(explain)).await.unwrap().iter().map(|row| row.get(0)).collect();
        for table in ["members ", "member_keys", "user_loyalty_status", "reward_points"] {
            let scan = format!("Seq Scan on {table}");
            assert!(!plan.iter().any(|line| line.contains(&scan)), "{}: {plan:#?}", statement.name);
        }
        connection.execute("DEALLOCATE asked").await.unwrap();
    }
}
