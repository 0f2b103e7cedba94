//! Reports are what the ledger is, up to their watermark.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use rewards_rules::input::{Raw, Refund};
use sqlx::{AssertSqlSafe, Row};

use super::{Desk, desks, purchase};
use crate::service::command::{Act, Command};
use crate::store::{Store, statements};

const PROGRAM: &str = r#"
program: shop
currency: EUR
timezone: Pacific/Auckland
base:
  - id: food
    when: tx.category == "food"
    rate: 3%
  - id: all
    rate: 2%
tiers:
  window: calendar_year
  levels:
    - id: bronze
      min_spending: 0.00
    - id: silver
      min_spending: 10.00
      bonus: {rate: 1%}
campaigns:
  - campaign: winter
    type: percentage
    reward: {rate: 5%}
    caps: {budget: 5000.00}
points:
  earn: {points: 1, per: 1.00}
  expires_after: 12 months
caps:
  budget: 100000.00
"#;

impl Desk {
    /// Rows of texts, in order.
    async fn rows_of(&self, postgres: &str, sqlite: &str) -> Vec<Vec<String>> {
        fn texts<R: Row>(rows: &[R]) -> Vec<Vec<String>>
        where
            usize: sqlx::ColumnIndex<R>,
            String: for<'r> sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
        {
            rows.iter().map(|row| (0..row.len()).map(|at| row.get::<String, usize>(at)).collect()).collect()
        }
        let mut rows = match &self.service.store {
            Store::Postgres(pool) => {
                texts(&sqlx::query(AssertSqlSafe(postgres.to_owned())).fetch_all(pool).await.unwrap())
            }
            store => {
                let pool = store.embedded_pool().unwrap();
                texts(&sqlx::query(AssertSqlSafe(sqlite.to_owned())).fetch_all(pool).await.unwrap())
            }
        };
        rows.sort();
        rows
    }

    async fn post_all(&self, commands: &[Command]) {
        for batch in commands.chunks(200) {
            for answer in self.service.post(batch).await {
                answer.unwrap();
            }
        }
    }

    /// What there is of a report, by key.
    async fn totals(&self, by: &'static str) -> BTreeMap<String, crate::service::analytics::Totals> {
        let days = ["2026-01-01", "2026-12-31"].map(|day| day.parse::<NaiveDate>().ok());
        let scope = self.service.scope(None, days[0], days[1]).await.unwrap();
        let all = self.service.totals(&scope, by).await.unwrap();
        all.into_iter().map(|totals| (totals.key.clone(), totals)).collect()
    }
}

fn bought(n: usize) -> Command {
    let category = ["food", "fuel", "toys"][n % 3];
    let day = 1 + n % 28;
    let (month, hour) = (1 + n % 6, n % 24);
    let amount = format!("{}.{:02}", 1 + n % 40, n % 100);
    purchase(
        &format!("m-{}", n % 50),
        &format!(
            r#"{{"id":"t{n}","amount":"{amount}","currency":"EUR","category":"{category}","occurred_at":"2026-{month:02}-{day:02}T{hour:02}:30:00Z"}}"#
        ),
    )
}

fn refunded(n: usize) -> Command {
    let refund = format!(
        r#"{{"id":"r{n}","original":"t{n}","amount":"1.00","occurred_at":"2026-07-0{}T10:00:00Z"}}"#,
        1 + n % 9
    );
    let refund = Refund::from_raw(Raw::from_json(&refund).unwrap()).unwrap();
    Command { act: Act::Refund(Box::new(refund)), ..bought(n) }
}

#[tokio::test]
async fn reports_are_the_sums_of_the_ledger() {
    for desk in desks(PROGRAM).await {
        let kind = desk.kind();
        desk.post_all(&(0..2_000).map(bought).collect::<Vec<_>>()).await;
        // A pass in between, and another that finds nothing, count nothing twice.
        desk.service.aggregate().await.unwrap();
        desk.service.aggregate().await.unwrap();
        desk.post_all(&(2_000..4_100).map(bought).collect::<Vec<_>>()).await;
        desk.post_all(&(0..200).map(refunded).collect::<Vec<_>>()).await;
        let rows = desk
            .rows_of(
                "SELECT count(*)::text FROM cashback_transactions",
                "SELECT CAST(count(*) AS text) FROM cashback_transactions",
            )
            .await;
        assert!(rows[0][0].parse::<usize>().unwrap() >= 10_000, "{kind}: {rows:?}");
        // The clock of the store has to be past the last posting.
        while desk.service.aggregate().await.unwrap() <= last(&desk).await {}

        // By kind, tier and category, beside the ledger's own rows.
        let columns = "cashback_type, coalesce(tier, ''), CASE WHEN cashback_type = 'reversal' THEN '' ELSE coalesce(category, '') END";
        let ledger = desk
            .rows_of(
                &format!("SELECT {columns}, count(*)::text, (sum(cashback_amount) * 100)::bigint::text FROM cashback_transactions GROUP BY 1, 2, 3"),
                &format!("SELECT {columns}, CAST(count(*) AS text), CAST(sum(cashback_amount) AS text) FROM cashback_transactions GROUP BY 1, 2, 3"),
            )
            .await;
        let columns = "kind, tier, CASE WHEN kind = 'reversal' THEN '' ELSE category END";
        let of = "FROM analytics_daily WHERE kind IN ('base', 'loyalty', 'campaign', 'reversal') GROUP BY 1, 2, 3";
        let daily = desk
            .rows_of(
                &format!("SELECT {columns}, sum(count)::text, sum(amount)::bigint::text {of}"),
                &format!("SELECT {columns}, CAST(sum(count) AS text), CAST(sum(amount) AS text) {of}"),
            )
            .await;
        assert_eq!(daily, ledger, "{kind}");

        // Every report has the same sum, however it is cut.
        let ledger: i64 = ledger.iter().map(|row| row[4].parse::<i64>().unwrap()).sum();
        for by in ["day", "month", "tier", "category"] {
            let totals = desk.totals(by).await;
            let sum: i64 = totals.values().map(|t| t.total.replace('.', "").parse::<i64>().unwrap()).sum();
            let purchases: i64 = totals.values().map(|t| t.purchases).sum();
            let refunds: i64 = totals.values().map(|t| t.refunds).sum();
            assert_eq!((sum, purchases, refunds), (ledger, 4_100, 200), "{kind} by {by}");
        }
        let winter = desk.totals("campaign").await;
        assert_eq!((winter.len(), winter["winter"].refunds), (1, 200), "{kind}: {winter:?}");
        assert_eq!(desk.totals("category").await["toys"].refunded, "-66.00", "{kind}");

        // Budgets are what their counters say.
        let scope = desk.service.scope(None, None, None).await.unwrap();
        let budgets = desk.service.budgets(&scope).await.unwrap();
        let of_counters = desk
            .rows_of(
                "SELECT key, units::text FROM budget_counters",
                "SELECT key, CAST(units AS text) FROM budget_counters",
            )
            .await;
        let mut told: Vec<Vec<String>> = budgets
            .iter()
            .map(|b| vec![b.counter.clone(), b.used.replace('.', "").trim_start_matches('0').to_owned()])
            .collect();
        told.sort();
        assert_eq!(told, of_counters, "{kind}");
        let of_reports = desk
            .rows_of(
                "SELECT rule_id, sum(amount)::bigint::text FROM analytics_daily WHERE kind = 'budget' GROUP BY 1",
                "SELECT rule_id, CAST(sum(amount) AS text) FROM analytics_daily WHERE kind = 'budget' GROUP BY 1",
            )
            .await;
        assert_eq!(of_reports, of_counters, "{kind}");
    }
}

async fn last(desk: &Desk) -> chrono::DateTime<chrono::Utc> {
    let rows = desk
        .rows_of(
            "SELECT to_char(max(created_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM processed_transactions",
            "SELECT max(created_at) FROM processed_transactions",
        )
        .await;
    rows[0][0].parse().unwrap()
}

#[tokio::test]
async fn points_are_owed_until_they_expire_and_break_then() {
    for desk in desks(PROGRAM).await {
        let kind = desk.kind();
        let now = desk.service.now().await.unwrap();
        let at = |days: i64| (now - TimeDelta::days(days)).to_rfc3339();
        for (id, amount, days) in [("old", "70.00", 500), ("new", "30.00", 10)] {
            let text = format!(r#"{{"id":"{id}","amount":"{amount}","currency":"EUR","occurred_at":"{}"}}"#, at(days));
            desk.service.post_one(purchase(&format!("m-{id}"), &text)).await.unwrap();
        }
        let scope = desk.service.scope(None, None, None).await.unwrap();
        let owed = desk.service.liability(&scope).await.unwrap();
        let owed: Vec<&str> = owed.iter().map(|month| month.owed.as_str()).collect();
        assert_eq!(owed, ["30"], "{kind}");
        let broken = desk.service.breakage(&scope).await.unwrap();
        let broken: Vec<(&str, &str, &str)> =
            broken.iter().map(|m| (m.expired.as_str(), m.open.as_str(), m.rate.as_deref().unwrap())).collect();
        assert_eq!(broken, [("70", "0", "1.000000"), ("0", "30", "0.000000")], "{kind}");
        // What changed since is added up by the next pass, and by reports before that: they never differ.
        let seen = serde_json::json!([
            desk.service.liability(&scope).await.unwrap(),
            desk.service.breakage(&scope).await.unwrap()
        ]);
        tokio::try_join!(desk.service.aggregate(), desk.service.aggregate()).unwrap();
        if kind == "postgres" {
            assert_eq!(desk.ask("SELECT count(*) FROM lot_changes").await, ["0"]);
        }
        let now = serde_json::json!([
            desk.service.liability(&scope).await.unwrap(),
            desk.service.breakage(&scope).await.unwrap()
        ]);
        assert_eq!(now, seen, "{kind}");
        desk.holds().await;
        // Lots that are changed or taken out otherwise count as well.
        desk.sql("UPDATE reward_points SET points_available = 0, points_expired = 30 WHERE user_id = 'm-new'").await;
        assert!(desk.service.liability(&scope).await.unwrap().is_empty(), "{kind}");
        desk.sql("DELETE FROM reward_points").await;
        let broken = desk.service.breakage(&scope).await.unwrap();
        assert!(broken.iter().all(|month| month.expired == "0" && month.open == "0"), "{kind}: {broken:?}");
    }
}

#[tokio::test]
async fn what_is_kept_later_is_never_before_the_watermark() {
    for desk in desks(PROGRAM).await {
        let Store::Postgres(pool) = &desk.service.store else { continue };
        desk.service.post_one(bought(1)).await.unwrap();
        // A posting that began, and is not kept yet.
        let mut open = pool.begin().await.unwrap();
        let began: String = sqlx::query_scalar("SELECT now()::text").fetch_one(&mut *open).await.unwrap();
        desk.service.post_one(bought(2)).await.unwrap();
        let reached = desk.service.aggregate().await.unwrap();
        let is_held = sqlx::query_scalar::<_, bool>("SELECT $1::timestamptz <= $2::timestamptz")
            .bind(reached.to_rfc3339())
            .bind(&began)
            .fetch_one(pool)
            .await
            .unwrap();
        assert!(is_held, "{reached} is after {began}");
        open.rollback().await.unwrap();
        assert!(desk.service.aggregate().await.unwrap() > reached);
        assert_eq!(desk.totals("category").await.values().map(|t| t.purchases).sum::<i64>(), 2);
    }
}

#[tokio::test]
async fn no_report_reads_the_components() {
    for desk in desks(PROGRAM).await {
        let Store::Postgres(pool) = &desk.service.store else { continue };
        for statement in [
            statements::ANALYTICS_SUMS,
            statements::POINTS_BY_EXPIRY,
            statements::BUDGETS_USED,
            statements::ANALYTICS_WATERMARK,
        ] {
            let wanted = serde_json::json!({"program": "shop", "from": "2026-01-01", "to": "2026-12-31", "by": "day", "today": "2026-01-01"});
            let explain = AssertSqlSafe(format!("EXPLAIN {}", statement.postgres));
            let plan: Vec<String> = sqlx::query_scalar(explain).bind(wanted.to_string()).fetch_all(pool).await.unwrap();
            let plan = plan.join("\n");
            let ledger = ["cashback_transactions", "processed_transactions", "reward_points", "reward_history"];
            let is_lean = ledger.iter().all(|table| !plan.contains(table));
            assert!(plan.contains("Scan") && is_lean, "{}: {plan}", statement.name);
        }
    }
}

#[tokio::test]
async fn while_transactions_are_hidden_nothing_counts_as_over() {
    let Some(fresh) = crate::store::tests::fresh::postgres().await else { return };
    let horizon = async |role: &str| {
        let mut work = fresh.store.begin().await.unwrap();
        let crate::store::Work::Postgres(inner) = &mut work else { panic!("this is PostgreSQL") };
        sqlx::Executor::execute(&mut **inner, sqlx::AssertSqlSafe(format!("SET LOCAL ROLE {role}"))).await.unwrap();
        crate::service::aggregate::horizon(&mut work).await.unwrap()
    };
    // Another connection of the service, so that there is one to hide.
    let held = fresh.store.begin().await.unwrap();
    assert_eq!(horizon("pg_signal_backend").await, None);
    let seen = horizon("pg_read_all_stats").await;
    assert!(seen.is_some());
    // What is open is not over, however long it lasts.
    assert_eq!(horizon("pg_read_all_stats").await, seen);
    drop(held);
}
