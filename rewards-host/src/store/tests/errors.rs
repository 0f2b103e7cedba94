//! What the database refuses is told apart as the service needs it.

use std::borrow::Cow;
use std::time::Duration;

use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::{AssertSqlSafe, Executor};

use super::fresh;
use super::proxy::Proxy;
use crate::service::error::{Code, ServiceError};
use crate::store::connect::RELEASE;
use crate::store::rows::Clock;
use crate::store::{Store, StoreError, Work, connect_postgres, statements};

#[tokio::test]
async fn a_lock_that_is_not_given_is_told_from_a_statement_that_takes_too_long() {
    let Some(fresh) = fresh::postgres().await else { return };
    let Store::Postgres(pool) = &fresh.store else { panic!("this is PostgreSQL") };
    let mut holds = pool.begin().await.unwrap();
    holds.execute("LOCK TABLE members").await.unwrap();

    let mut waits = pool.begin().await.unwrap();
    waits.execute("SET LOCAL lock_timeout = 50").await.unwrap();
    let locked = StoreError::from(waits.execute("SELECT 1 FROM members").await.unwrap_err());
    assert!(matches!(locked, StoreError::Locked(_)), "{locked:?}");

    let mut slow = pool.begin().await.unwrap();
    slow.execute("SET LOCAL statement_timeout = 50").await.unwrap();
    let slow = StoreError::from(slow.execute("SELECT pg_sleep(60)").await.unwrap_err());
    assert!(matches!(slow, StoreError::Unavailable(_)), "{slow:?}");
}

#[tokio::test]
async fn a_store_without_memory_is_told_from_one_that_is_away_or_refuses() {
    let Some(fresh) = fresh::postgres().await else { return };
    let Store::Postgres(pool) = &fresh.store else { panic!("this is PostgreSQL") };
    for (code, due) in [
        ("53200", Code::MemoryLimit),
        ("53300", Code::DatabaseTimeout),
        ("25006", Code::DatabaseTimeout),
        ("25P03", Code::DatabaseTimeout),
        ("25001", Code::ProcessingError),
        ("23514", Code::ProcessingError),
    ] {
        let raise = format!("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}', MESSAGE = 'none left'; END $$");
        let error = StoreError::from(pool.execute(AssertSqlSafe(raise)).await.unwrap_err());
        assert_eq!(ServiceError::from(error).code, due, "{code}");
    }
}

#[tokio::test]
async fn a_connection_is_waited_for_as_long_as_is_set() {
    let Some(fresh) = fresh::postgres().await else { return };
    let patience = std::time::Duration::from_secs(1);
    let store = crate::store::connect_postgres(&fresh.address().unwrap(), 1, patience).await.unwrap();
    let work = store.begin().await.unwrap();
    let begun = std::time::Instant::now();
    assert!(matches!(store.begin().await, Err(StoreError::Unavailable(_))));
    assert!(begun.elapsed() < std::time::Duration::from_secs(4), "{:?}", begun.elapsed());
    drop(work);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_away_while_a_transaction_begins_leaves_no_connection_inside_of_it() {
    let Some(fresh) = fresh::postgres().await else { return };
    let store = &fresh.store;
    for micros in 0..400 {
        let wait = std::time::Duration::from_micros(micros);
        let _ = tokio::time::timeout(wait, store.snapshot()).await;
        let _ = tokio::time::timeout(wait, store.begin()).await;
    }
    let Store::Postgres(pool) = store else { panic!("this is PostgreSQL") };
    let inside = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'";
    // What was begun for nobody is ended a moment later.
    let mut left = i64::MAX;
    for _ in 0..100 {
        left = sqlx::query_scalar(inside).fetch_one(pool).await.unwrap();
        if left == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_transaction_that_the_server_gave_up_is_told_from_a_defect() {
    let Some(fresh) = fresh::postgres().await else { return };
    let Store::Postgres(pool) = &fresh.store else { panic!("this is PostgreSQL") };
    let mut stands_still = pool.begin().await.unwrap();
    stands_still.execute("SET LOCAL idle_in_transaction_session_timeout = 1").await.unwrap();
    let left = "SELECT pg_sleep(0.01) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND datname = current_database()";
    while !pool.fetch_all(left).await.unwrap().is_empty() {}
    let error = StoreError::from(stands_still.execute("SELECT 1").await.unwrap_err());
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
}

/// What a database says, by its code alone.
#[derive(Debug)]
struct Says(&'static str);

impl std::fmt::Display for Says {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Says {}

impl DatabaseError for Says {
    fn message(&self) -> &str {
        self.0
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.0.into())
    }

    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

#[test]
fn a_disk_that_is_full_or_fails_at_whatever_is_told_from_a_defect() {
    // Full; failing at a read, a write, a flush, a lock, the shared memory; a file that cannot be opened.
    for code in ["13", "10", "266", "778", "1034", "2314", "4874", "14", "526"] {
        let error = StoreError::from(sqlx::Error::Database(Box::new(Says(code))));
        assert!(matches!(error, StoreError::Unavailable(_)), "{code}: {error:?}");
    }
    for code in ["1", "11", "787", "22P02", "42P10"] {
        let error = StoreError::from(sqlx::Error::Database(Box::new(Says(code))));
        assert!(!matches!(error, StoreError::Unavailable(_)), "{code}: {error:?}");
    }
}

#[tokio::test]
async fn a_transaction_that_sqlite_took_back_itself_keeps_no_other_back() {
    let fresh = fresh::embedded().await;
    let mut work = fresh.store.begin().await.unwrap();
    let Work::Embedded(taken_back) = &mut work else { panic!("this is SQLite") };
    taken_back.execute("ROLLBACK").await.unwrap();
    assert!(work.commit().await.is_err());
    fresh.store.begin().await.unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn a_database_that_falls_silent_is_given_up_and_leaves_no_transaction_open() {
    let Some(fresh) = fresh::postgres().await else { return };
    let proxy = Proxy::before(&fresh.address().unwrap()).await;
    let store = connect_postgres(&proxy.address, 4, Duration::from_secs(5)).await.unwrap();
    let begun = async || store.begin().await.unwrap();
    let (mut asks, mut runs, commits, at_rest) = (begun().await, begun().await, begun().await, begun().await);
    drop(at_rest);
    proxy.fall_silent();
    // From here on time passes as soon as there is nothing else to do.
    tokio::time::pause();
    let asked = async { asks.rows::<Clock>(statements::PING, &()).await.map(drop) };
    let run = async { runs.run(statements::PING, &()).await.map(drop) };
    let begin = async { store.begin().await.map(drop) };
    let ends = async { tokio::join!(asked, run, commits.commit(), begin) };
    let (asked, run, committed, begun) = tokio::time::timeout(Duration::from_secs(600), ends).await.unwrap();
    for (what, ended) in [("asked", asked), ("run", run), ("committed", committed), ("begun", begun)] {
        assert!(matches!(ended, Err(StoreError::Unavailable(_))), "{what}: {ended:?}");
    }
    tokio::time::resume();
    drop((asks, runs));
    proxy.go_on();
    let Store::Postgres(pool) = &fresh.store else { panic!("this is PostgreSQL") };
    let left = "SELECT pg_sleep(0.01) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND datname = current_database()";
    while !pool.fetch_all(left).await.unwrap().is_empty() {}
    store.begin().await.unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn connections_that_stay_silent_make_room_for_others() {
    let Some(fresh) = fresh::postgres().await else { return };
    let proxy = Proxy::before(&fresh.address().unwrap()).await;
    let store = connect_postgres(&proxy.address, 4, Duration::from_secs(5)).await.unwrap();
    let begun = async || store.begin().await.unwrap();
    let (mut asks, held, commits, at_rest) = (begun().await, begun().await, begun().await, begun().await);
    drop(at_rest);
    proxy.strand();
    tokio::time::pause();
    let asked = async { asks.rows::<Clock>(statements::PING, &()).await.map(drop) };
    let begin = async { store.begin().await.map(drop) };
    let ends = async { tokio::join!(asked, commits.commit(), begin) };
    let (asked, committed, begun) = tokio::time::timeout(Duration::from_secs(600), ends).await.unwrap();
    for (what, ended) in [("asked", asked), ("committed", committed), ("begun", begun)] {
        assert!(matches!(ended, Err(StoreError::Unavailable(_))), "{what}: {ended:?}");
    }
    // One is given back by somebody who did not wait for anything.
    drop((asks, held));
    tokio::time::sleep(RELEASE * 2).await;
    tokio::time::resume();
    let four = async { tokio::try_join!(store.begin(), store.begin(), store.begin(), store.begin()) };
    four.await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), store.close()).await.unwrap();
}
