//! `make bench`: how fast the service answers what it has at hand, as a ratio to an axum handler that answers a constant
//! of the same length in the same run; and how long a report takes over a ledger of ten million rows.
//!
//! Both servers are processes of their own, asked over connections that stay open by the same small client.
//! `REWARDS_READS` sets the number of requests (100,000), `REWARDS_ROWS` the rows of the ledger (10,000,000),
//! `DATABASE_URL` the server, `REDIS_URL` a Redis: without one, a replica that shares PostgreSQL hears of nobody's changes and
//! asks the database each time.

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement on fixed data: it stops at the first surprise"
)]

mod serving;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::header;
use axum::routing::get;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Executor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use serving::{Place, Serving};

const RULES: &str = "program: shop
currency: EUR
timezone: UTC
base:
  - {id: all, rate: 2%}
tiers:
  window: calendar_year
  levels:
    - {id: bronze, min_spending: 0.00}
    - {id: silver, min_spending: 5000.00}
points:
  earn: {points: 1, per: 1.00}
";

/// As many connections ask at the same time.
const CONNECTIONS: usize = 32;

/// Rounds, of which the fastest of each side counts.
const ROUNDS: usize = 5;

/// One request over a connection; the length of the answer's body.
async fn ask(stream: &mut TcpStream, request: &[u8], buffer: &mut Vec<u8>) -> usize {
    stream.write_all(request).await.unwrap();
    buffer.clear();
    loop {
        assert!(stream.read_buf(buffer).await.unwrap() > 0, "the server closed the connection");
        let Some(end) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&buffer[..end]).unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{}", String::from_utf8_lossy(buffer));
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let length: usize = length.unwrap();
        if buffer.len() == end + 4 + length {
            return length;
        }
    }
}

fn request(base: &str, path: &str, token: &str) -> (String, Vec<u8>) {
    let host = base.trim_start_matches("http://").to_owned();
    let text = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n\r\n");
    (host, text.into_bytes())
}

/// How long so many requests take together.
async fn reads(base: &str, path: &str, token: &str, requests: usize) -> Duration {
    let (host, request) = request(base, path, token);
    let mut streams = Vec::new();
    for _ in 0..CONNECTIONS {
        streams.push(TcpStream::connect(&host).await.unwrap());
    }
    let begun = Instant::now();
    let tasks = streams.into_iter().map(|mut stream| {
        let request = request.clone();
        tokio::spawn(async move {
            let mut buffer = Vec::new();
            for _ in 0..requests / CONNECTIONS {
                ask(&mut stream, &request, &mut buffer).await;
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    begun.elapsed()
}

/// Answers a text of a length, for ever.
async fn answer_constant(length: usize) {
    let body: &'static str = Box::leak("x".repeat(length).into_boxed_str());
    let router =
        Router::new().route("/", get(move || async move { ([(header::CONTENT_TYPE, "application/json")], body) }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    axum::serve(listener, router).await.unwrap();
}

/// The constant handler, as a process of its own.
struct Constant {
    child: std::process::Child,
    base: String,
}

impl Constant {
    fn start(length: usize) -> Constant {
        let program = std::env::current_exe().unwrap();
        let mut command = Command::new(program);
        let mut child = command.env("REWARDS_CONSTANT", length.to_string()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Constant { child, base: line.trim().to_owned() }
    }
}

impl Drop for Constant {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

async fn compare(serving: &Serving, what: &str, path: &str, requests: usize) {
    let (host, first) = request(&serving.base, path, &serving.token);
    let length = ask(&mut TcpStream::connect(host).await.unwrap(), &first, &mut Vec::new()).await;
    let constant = Constant::start(length);
    let (mut ours, mut theirs) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        theirs = theirs.min(reads(&constant.base, "/", &serving.token, requests).await);
        ours = ours.min(reads(&serving.base, path, &serving.token, requests).await);
    }
    let rate = |time: Duration| requests as f64 / time.as_secs_f64();
    println!(
        "{what:<40} {:>8.0} a second, a constant of {length} bytes {:>8.0}: {:.2}",
        rate(ours),
        rate(theirs),
        rate(ours) / rate(theirs)
    );
}

/// Fills the ledger with processed purchases of a year, and the sums with what they come to.
async fn fill(url: &str, rows: usize) {
    let pool = PgPoolOptions::new().max_connections(1).connect(url).await.unwrap();
    let purchases = format!(
        "INSERT INTO processed_transactions (transaction_id, kind, user_id, seq, program, content_sha256, rule_set, currency, occurred_at, content, facts, usage, outcome, created_at)
         SELECT 'p' || n, 'purchase', 'alice', 1000 + n, 'shop', '', '', 'EUR', at, '', '', '', '', at
         FROM (SELECT n, now() - interval '366 days' + n * (interval '365 days' / {rows}) AS at FROM generate_series(1, {rows}) AS n) AS p"
    );
    let sums = format!(
        "INSERT INTO analytics_daily (program, day, kind, rule_id, campaign_id, tier, category, currency, count, amount, spend)
         SELECT 'shop', (now() AT TIME ZONE 'UTC')::date - 366 + d, kind, 'r' || r, CASE kind WHEN 'campaign' THEN 'r' || r ELSE '' END, tier, 'c' || c, 'EUR', {each}, {each} * 100, {each} * 5000
         FROM generate_series(1, 365) AS d, generate_series(1, 5) AS r, generate_series(1, 12) AS c,
              unnest(ARRAY['purchase', 'base', 'loyalty', 'campaign', 'points']) AS kind, unnest(ARRAY['bronze', 'silver']) AS tier",
        each = rows / (365 * 5 * 12 * 2)
    );
    // Sums of lots by day of expiry, and changes that are not added yet: as triggers leave them of any number of lots.
    let lots = format!(
        "INSERT INTO lot_sums (program, expires, earned, available, pending, redeemed, expired, reversed, moved)
         SELECT 'shop', to_char(current_date - 365 + d, 'YYYY-MM-DD'), {each} * 9, {each} * 5, {each}, {each}, {each}, {each}, 0
         FROM generate_series(1, 1096) AS d",
        each = rows / 1096
    );
    let changes = "INSERT INTO lot_changes (program, expires, earned, available, pending, redeemed, expired, reversed, moved)
         SELECT 'shop', to_char(current_date + n % 700, 'YYYY-MM-DD'), 1, 1, 0, 0, 0, 0, 0 FROM generate_series(1, 10000) AS n";
    let settle = [
        "SELECT brin_summarize_new_values('idx_processed_transactions_created')",
        "ANALYZE processed_transactions, analytics_daily, lot_sums, lot_changes",
    ];
    for sql in [purchases, sums, lots, changes.to_owned()].into_iter().chain(settle.map(str::to_owned)) {
        pool.execute(AssertSqlSafe(sql)).await.unwrap();
    }
    pool.close().await;
}

#[tokio::main]
async fn main() {
    if let Ok(length) = std::env::var("REWARDS_CONSTANT") {
        return answer_constant(length.parse().unwrap()).await;
    }
    // The client asks for one, although all it speaks is plain HTTP.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = std::env::var("DATABASE_URL");
    let server = server.unwrap_or_else(|_| "postgres://postgres@localhost:5432/postgres".to_owned());
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("rules")).unwrap();
    std::fs::write(folder.path().join("rules/program.yaml"), RULES).unwrap();
    let place = Place::new(&server, "reads");
    let serving = Serving::start(folder.path(), &place.url());
    let purchase = r#"{"user_id":"alice","transaction":{"id":"t1","amount":"90.00","currency":"EUR","occurred_at":"2026-01-01T12:00:00Z"}}"#;
    let post = reqwest::Client::new().post(format!("{}/api/v1/cashback/calculate", serving.base));
    let posted = post.bearer_auth(&serving.token).header("content-type", "application/json").body(purchase).send();
    assert!(posted.await.unwrap().status().is_success());

    let requests = number("REWARDS_READS", 100_000);
    compare(&serving, "GET /loyalty/programs, cached", "/api/v1/loyalty/programs", requests).await;
    compare(&serving, "GET /rewards/{userId}, cached", "/api/v1/rewards/alice", requests).await;

    let rows = number("REWARDS_ROWS", 10_000_000);
    fill(&place.url(), rows).await;
    let host = serving.base.trim_start_matches("http://");
    // The whole year that was filled; a report spans 1,100 days at most.
    let today = chrono::Utc::now().date_naive();
    let span = format!("from={}&to={today}", today - chrono::Days::new(400));
    let by_day = ["totals?by=month", "totals?by=day", "campaigns?", "tiers?", "return-on-spend?by=month"];
    let reports = by_day.map(|report| format!("{report}&{span}"));
    let now = ["budgets", "liability", "breakage"].map(str::to_owned);
    for report in reports.iter().chain(&now) {
        let path = format!("/api/v1/analytics/{report}");
        let (_, asked) = request(&serving.base, &path, &serving.token);
        let mut stream = TcpStream::connect(host).await.unwrap();
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            ask(&mut stream, &asked, &mut Vec::new()).await;
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        let name = report.split("&from").next().unwrap_or_default().trim_end_matches('?');
        println!("{rows} rows: GET /analytics/{name:<24} {:>7.1} ms", times[ROUNDS / 2].as_secs_f64() * 1e3);
    }
}
