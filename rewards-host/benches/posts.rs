//! `make bench-posts`: purchases posted over HTTP to the real binary on PostgreSQL, as a ratio to writing the very same
//! rows by SQL, in the same run.
//!
//! What the service wrote is read back as JSON and written into a second database with the same schema, once with a
//! transaction a purchase and once with one a hundred; `members` and counters are updated as the service does it.
//! `REWARDS_POSTS` sets the number of purchases (20,000), `DATABASE_URL` the server.

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement on fixed data: it stops at the first surprise"
)]

mod serving;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Executor, PgPool, Row};

use serving::{Place, Serving};

const RULES: &str = "program: shop
currency: EUR
timezone: UTC
base:
  - {id: all, rate: 2%, caps: {per_member: {amount: 50.00, per: month}}}
tiers:
  window: calendar_year
  levels:
    - {id: bronze, min_spending: 0.00}
    - {id: silver, min_spending: 5000.00}
points:
  earn: {points: 1, per: 1.00}
  expires_after: 24 months
";

/// As many members share the purchases.
const MEMBERS: usize = 2_000;

/// Tables that a purchase writes to, and how a row that is there already is changed.
const TABLES: &[(&str, &str)] = &[
    ("processed_transactions", ""),
    ("posted_purchases", ""),
    ("cashback_transactions", ""),
    ("reward_points", ""),
    (
        "user_loyalty_status",
        "ON CONFLICT (user_id, program) DO UPDATE SET record = excluded.record, total_spending = excluded.total_spending, last_updated = excluded.last_updated",
    ),
    (
        "usage_counters",
        "ON CONFLICT (user_id, program, key, period) DO UPDATE SET units = usage_counters.units + excluded.units",
    ),
    ("reward_history", ""),
    ("outbox", ""),
];

fn item(prefix: &str, number: usize) -> String {
    format!(
        r#"{{"user_id":"m{}","transaction":{{"id":"{prefix}{number}","amount":"{}.{:02}","currency":"EUR","occurred_at":"2026-{:02}-{:02}T12:00:00Z"}}}}"#,
        (number * 7_919) % MEMBERS,
        1 + number % 90,
        number % 100,
        1 + number % 10,
        1 + number % 28,
    )
}

/// Posts through the batch endpoint, so many items a request, with so many clients.
async fn batches(serving: &Serving, prefix: &'static str, posts: usize, clients: usize, size: usize) -> Duration {
    let client = reqwest::Client::new();
    let begun = Instant::now();
    let share = posts / clients;
    let tasks = (0..clients).map(|number| {
        let (client, url, token) =
            (client.clone(), format!("{}/api/v1/cashback/calculate/batch", serving.base), serving.token.clone());
        tokio::spawn(async move {
            for from in (0..share).step_by(size) {
                let items = (from..(from + size).min(share)).map(|n| item(prefix, n * clients + number));
                let body = format!(r#"{{"items":[{}]}}"#, items.collect::<Vec<_>>().join(","));
                let request = client.post(&url).bearer_auth(&token).header("content-type", "application/json");
                let answer = request.body(body).send().await.unwrap().text().await.unwrap();
                assert!(!answer.contains("\"problem\""), "{answer}");
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    begun.elapsed()
}

/// Posts one by one, with so many clients at a time.
async fn singles(serving: &Serving, prefix: &'static str, posts: usize, clients: usize) -> Duration {
    let client = reqwest::Client::new();
    let begun = Instant::now();
    let tasks = (0..clients).map(|number| {
        let (client, url, token) =
            (client.clone(), format!("{}/api/v1/cashback/calculate", serving.base), serving.token.clone());
        tokio::spawn(async move {
            for n in 0..posts / clients {
                let request = client.post(&url).bearer_auth(&token).header("content-type", "application/json");
                let answer = request.body(item(prefix, n * clients + number)).send().await.unwrap();
                assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
                answer.bytes().await.unwrap();
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    begun.elapsed()
}

/// The rows of each purchase as the service wrote them: by table, a JSON object a row.
type Written = Vec<(String, Vec<Vec<String>>)>;

async fn written(pool: &PgPool) -> Written {
    let mut by_id: BTreeMap<String, (String, Vec<Vec<String>>)> = BTreeMap::new();
    let of = [
        "SELECT t.transaction_id AS id, p.user_id, to_json(t)::text FROM processed_transactions t JOIN processed_transactions p USING (transaction_id)",
        "SELECT t.transaction_id, p.user_id, to_json(t)::text FROM posted_purchases t JOIN processed_transactions p USING (transaction_id)",
        "SELECT t.transaction_id, p.user_id, to_json(t)::text FROM cashback_transactions t JOIN processed_transactions p USING (transaction_id)",
        "SELECT t.source_id, p.user_id, to_json(t)::text FROM reward_points t JOIN processed_transactions p ON p.transaction_id = t.source_id",
        "SELECT p.transaction_id, p.user_id, to_json(t)::text FROM user_loyalty_status t JOIN processed_transactions p USING (user_id)",
        "SELECT p.transaction_id, p.user_id, to_json(t)::text FROM usage_counters t JOIN processed_transactions p USING (user_id) WHERE t.period = to_char(p.occurred_at, 'YYYY-MM')",
        "SELECT p.transaction_id, p.user_id, to_json(t)::text FROM reward_history t JOIN processed_transactions p USING (user_id, seq)",
        "SELECT p.transaction_id, p.user_id, to_json(t)::text FROM outbox t JOIN processed_transactions p USING (user_id) WHERE t.payload::json ->> 'id' IN ('earned:' || p.transaction_id, 'cashback:' || p.transaction_id)",
    ];
    for (at, question) in of.into_iter().enumerate() {
        for row in pool.fetch_all(question).await.unwrap() {
            let entry = by_id.entry(row.get(0)).or_insert_with(|| (row.get(1), vec![Vec::new(); of.len()]));
            entry.1[at].push(row.get(2));
        }
    }
    by_id.into_values().collect()
}

/// Writes purchases by SQL: so many in a transaction, with so many writers, each with its own members.
async fn raw(pool: &PgPool, written: &Written, writers: usize, size: usize) -> Duration {
    let mut shares: Vec<Written> = vec![Vec::new(); writers];
    for (user, rows) in written {
        let number: usize = user.trim_start_matches('m').parse().unwrap();
        shares[number % writers].push((user.clone(), rows.clone()));
    }
    let begun = Instant::now();
    let tasks = shares.into_iter().map(|share| {
        let pool = pool.clone();
        tokio::spawn(async move {
            for part in share.chunks(size) {
                let mut work = pool.begin().await.unwrap();
                let mut users: Vec<&str> = part.iter().map(|(user, _)| user.as_str()).collect();
                users.sort_unstable();
                users.dedup();
                let users = serde_json::to_string(&users).unwrap();
                let lock = "SELECT user_id FROM members WHERE user_id = ANY (ARRAY(SELECT json_array_elements_text($1::json))) ORDER BY user_id FOR UPDATE";
                sqlx::query(lock).bind(&users).fetch_all(&mut *work).await.unwrap();
                for (at, (table, conflict)) in TABLES.iter().enumerate() {
                    // A row that two purchases of the part change is written once.
                    let rows = part.iter().flat_map(|(user, rows)| rows[at].iter().map(move |row| (user, row)));
                    let rows: Vec<&str> = if conflict.is_empty() {
                        rows.map(|(_, row)| row.as_str()).collect()
                    } else {
                        rows.map(|(user, row)| ((user, row), row.as_str())).collect::<BTreeMap<_, _>>().into_values().collect()
                    };
                    let sql = format!("INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, $1::json) {conflict}");
                    let rows = format!("[{}]", rows.join(","));
                    sqlx::query(AssertSqlSafe(sql)).bind(rows).execute(&mut *work).await.unwrap();
                }
                let heads = "UPDATE members SET version = version + 1, history_seq = history_seq + 1, outbox_seq = outbox_seq + 2 WHERE user_id = ANY (ARRAY(SELECT json_array_elements_text($1::json)))";
                sqlx::query(heads).bind(&users).execute(&mut *work).await.unwrap();
                work.commit().await.unwrap();
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    begun.elapsed()
}

/// A database with the schema and the members, and nothing else.
async fn empty(server: &str, folder: &Path, about: &str) -> (Place, PgPool) {
    let place = Place::new(server, about);
    drop(Serving::start(folder, &place.url()));
    let pool = PgPoolOptions::new().max_connections(64).connect(&place.url()).await.unwrap();
    let sql = format!("INSERT INTO members (user_id) SELECT 'm' || n FROM generate_series(0, {}) AS n", MEMBERS - 1);
    pool.execute(AssertSqlSafe(sql)).await.unwrap();
    for constraint in ["user_loyalty_status_program_id_fkey"] {
        let sql = format!("ALTER TABLE user_loyalty_status DROP CONSTRAINT {constraint}");
        pool.execute(AssertSqlSafe(sql)).await.unwrap();
    }
    (place, pool)
}

#[tokio::main]
async fn main() {
    // The client asks for one, although all it speaks is plain HTTP.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let posts: usize = std::env::var("REWARDS_POSTS").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let server = std::env::var("DATABASE_URL");
    let server = server.unwrap_or_else(|_| "postgres://postgres@localhost:5432/postgres".to_owned());
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("rules")).unwrap();
    std::fs::write(folder.path().join("rules/program.yaml"), RULES).unwrap();
    let folder = Arc::new(folder);

    let place = Place::new(&server, "service");
    let serving = Serving::start(folder.path(), &place.url());
    // Members are there before anything is timed.
    batches(&serving, "warm", MEMBERS, 1, 1_000).await;
    let by_batch = batches(&serving, "b", posts, 4, 1_000).await;
    let by_one = singles(&serving, "s", posts, 64).await;
    let pool = PgPoolOptions::new().max_connections(4).connect(&place.url()).await.unwrap();
    pool.execute("DELETE FROM posted_purchases WHERE false").await.unwrap();
    let all = written(&pool).await;
    let of = |prefix: &str| -> Written {
        let own = |rows: &Vec<Vec<String>>| rows[0][0].contains(&format!("\"transaction_id\":\"{prefix}"));
        all.iter().filter(|(_, rows)| own(rows)).cloned().collect()
    };
    drop(serving);

    let (kept, target) = empty(&server, folder.path(), "alone").await;
    let raw_one = raw(&target, &of("s"), 64, 1).await;
    target.close().await;
    drop(kept);
    let (kept, target) = empty(&server, folder.path(), "hundred").await;
    let raw_batch = raw(&target, &of("b"), 4, 100).await;
    target.close().await;
    drop(kept);

    println!("{posts} purchases of {MEMBERS} members");
    let rate = |time: Duration| posts as f64 / time.as_secs_f64();
    for (name, time, base) in [
        ("SQL, a transaction a purchase, 64 writers", raw_one, raw_one),
        ("service, 64 clients, a request a purchase", by_one, raw_one),
        ("SQL, transactions of 100, 4 writers", raw_batch, raw_batch),
        ("service, batches of 1,000, 4 clients", by_batch, raw_batch),
    ] {
        println!("{name:<44} {:>8.0} a second   {:>5.2} times as fast", rate(time), rate(time) / rate(base));
    }
}
