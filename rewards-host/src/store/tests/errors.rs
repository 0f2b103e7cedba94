//! What the database refuses is told apart as the service needs it.

use sqlx::{AssertSqlSafe, Executor};

use super::fresh;
use crate::service::error::{Code, ServiceError};
use crate::store::{Store, StoreError};

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
