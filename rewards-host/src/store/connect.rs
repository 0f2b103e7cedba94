//! Opening the store: pools, migrations, and the lock that keeps a second process out of an embedded folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::net::IpAddr;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqlitePool};

use super::{Store, StoreError};

/// Version, name, and text of each migration for PostgreSQL and for SQLite. One that was released never changes.
const MIGRATIONS: &[(i64, &str, &str, &str)] = &[
    (
        1,
        "ledger",
        include_str!("../../migrations/postgres/0001_ledger.sql"),
        include_str!("../../migrations/sqlite/0001_ledger.sql"),
    ),
    (
        2,
        "accounts",
        include_str!("../../migrations/postgres/0002_accounts.sql"),
        include_str!("../../migrations/sqlite/0002_accounts.sql"),
    ),
    (
        3,
        "rules",
        include_str!("../../migrations/postgres/0003_rules.sql"),
        include_str!("../../migrations/sqlite/0003_rules.sql"),
    ),
    (
        5,
        "partitions",
        include_str!("../../migrations/postgres/0005_partitions.sql"),
        include_str!("../../migrations/sqlite/0005_partitions.sql"),
    ),
    (
        6,
        "pauses and segments",
        include_str!("../../migrations/postgres/0006_pauses_and_segments.sql"),
        include_str!("../../migrations/sqlite/0006_pauses_and_segments.sql"),
    ),
    (
        7,
        "counters filled",
        include_str!("../../migrations/postgres/0007_counters_filled.sql"),
        include_str!("../../migrations/sqlite/0007_counters_filled.sql"),
    ),
    (
        8,
        "voucher codes",
        include_str!("../../migrations/postgres/0008_voucher_codes.sql"),
        include_str!("../../migrations/sqlite/0008_voucher_codes.sql"),
    ),
    (
        9,
        "free codes",
        include_str!("../../migrations/postgres/0009_free_codes.sql"),
        include_str!("../../migrations/sqlite/0009_free_codes.sql"),
    ),
    (
        10,
        "access log",
        include_str!("../../migrations/postgres/0010_access_log.sql"),
        include_str!("../../migrations/sqlite/0010_access_log.sql"),
    ),
    (
        11,
        "append only",
        include_str!("../../migrations/postgres/0011_append_only.sql"),
        include_str!("../../migrations/sqlite/0011_append_only.sql"),
    ),
    (
        12,
        "history anchors",
        include_str!("../../migrations/postgres/0012_history_anchors.sql"),
        include_str!("../../migrations/sqlite/0012_history_anchors.sql"),
    ),
    (
        13,
        "store keys",
        include_str!("../../migrations/postgres/0013_store_keys.sql"),
        include_str!("../../migrations/sqlite/0013_store_keys.sql"),
    ),
    (
        14,
        "store id",
        include_str!("../../migrations/postgres/0014_store_id.sql"),
        include_str!("../../migrations/sqlite/0014_store_id.sql"),
    ),
    (
        16,
        "lot sums",
        include_str!("../../migrations/postgres/0016_lot_sums.sql"),
        include_str!("../../migrations/sqlite/0016_lot_sums.sql"),
    ),
];

fn migrator(text: fn(&(i64, &'static str, &'static str, &'static str)) -> &'static str) -> Migrator {
    let migration = |of: &(i64, &'static str, &'static str, &'static str)| {
        let sql = sqlx::SqlStr::from_static(text(of));
        Migration::new(of.0, of.1.into(), MigrationType::Simple, sql, false)
    };
    Migrator::with_migrations(MIGRATIONS.iter().map(migration).collect())
}

/// How long a statement waits for a lock; a client hears of it after this.
const LOCK_WAIT: Duration = Duration::from_secs(2);

/// How long a process waits for the folder of one that ends, as where a service is stopped and started again.
const FOLDER_WAIT: Duration = Duration::from_secs(3);

/// A connection that was not in use for longer is asked whether it still is one.
const RESTED: Duration = Duration::from_secs(1);

/// How long a connection that is given back may take to answer; one that does not is closed.
pub(super) const RELEASE: Duration = Duration::from_secs(5);

/// The embedded store: one writer, many readers, and the lock on its folder.
#[derive(Debug)]
pub(crate) struct Embedded {
    pub(super) writer: SqlitePool,
    pub(super) readers: SqlitePool,
    /// Held as long as the process lives; the system lets it go however the process ends.
    _lock: File,
}

/// Leaves TLS out on the way to the own machine where nobody demands it: `sqlx-core` 0.9.0 does not set `TCP_NODELAY`, so
/// that a statement that does not fit one TLS record (16 KiB), as many of a batch do not, waits up to 40 ms for an
/// acknowledgement. Whoever forwards a port to another machine has to demand it.
fn in_clear_at_home(options: PgConnectOptions) -> PgConnectOptions {
    let host = options.get_host().trim_start_matches('[').trim_end_matches(']');
    let own = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match options.get_ssl_mode() {
        PgSslMode::Prefer if own => options.ssl_mode(PgSslMode::Disable),
        _ => options,
    }
}

/// Connects to PostgreSQL and brings its schema up to date; a request waits for a connection so long. Several replicas may do so at once.
pub(crate) async fn connect_postgres(url: &str, connections: u32, patience: Duration) -> Result<Store, StoreError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|e| StoreError::Unavailable(format!("the address of the database cannot be read: {e}")))?;
    let options = in_clear_at_home(options).application_name("rewards").options([
        ("lock_timeout", LOCK_WAIT.as_millis().to_string()),
        ("statement_timeout", "30000".to_owned()),
        // A transaction that nobody goes on with keeps no member locked for longer.
        ("idle_in_transaction_session_timeout", "30000".to_owned()),
    ]);
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(patience)
        // One that was in use a moment ago need not be asked whether it still is there.
        .test_before_acquire(false)
        .before_acquire(|connection, of| {
            Box::pin(async move {
                if of.idle_for > RESTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        // What is asked of one that is given back has no end by itself where nobody answers, and it would keep its place.
        .after_release(|connection, _| {
            Box::pin(async move {
                let answered = tokio::time::timeout(RELEASE, connection.ping()).await;
                answered.map_err(|_| sqlx::Error::PoolTimedOut)?.map(|()| true)
            })
        })
        .connect_with(options)
        .await?;
    migrate(migrator(|m| m.2).run(&pool).await)?;
    Ok(Store::Postgres(pool))
}

/// Opens the embedded store in a folder, which is made where it is not there. A second process on the same folder is
/// refused, unless the first ends within [`FOLDER_WAIT`].
pub(crate) async fn connect_embedded(folder: &Path) -> Result<Store, StoreError> {
    let cannot = |what: &str, e: &dyn std::fmt::Display| StoreError::Unavailable(format!("{what}: {e}"));
    std::fs::create_dir_all(folder).map_err(|e| cannot(&format!("{} cannot be made", folder.display()), &e))?;
    let path = folder.join("lock");
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|e| cannot(&format!("{} cannot be opened", path.display()), &e))?;
    let begun = Instant::now();
    loop {
        match lock.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if begun.elapsed() < FOLDER_WAIT => {
                tokio::time::sleep(Duration::from_millis(50)).await
            }
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Unavailable(format!(
                    "another process uses the data in {}; stop it, or name another folder with `--data`",
                    folder.display()
                )));
            }
            Err(TryLockError::Error(e)) => return Err(cannot(&format!("{} cannot be locked", path.display()), &e)),
        }
    }
    let options = SqliteConnectOptions::new()
        .filename(folder.join("rewards.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(LOCK_WAIT);
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        // SQLite itself takes back a transaction for which the disk has no room. `sqlx-sqlite` 0.9.0 then fails to do so
        // and counts it as open for ever: nothing could be begun on that connection any more.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .connect_with(options.clone())
        .await?;
    migrate(migrator(|m| m.3).run(&writer).await)?;
    let readers = SqlitePoolOptions::new().max_connections(8).connect_lazy_with(options.read_only(true));
    Ok(Store::Embedded(Arc::new(Embedded { writer, readers, _lock: lock })))
}

fn migrate(done: Result<(), sqlx::migrate::MigrateError>) -> Result<(), StoreError> {
    done.map_err(|e| StoreError::Unavailable(format!("the schema cannot be brought up to date: {e}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_the_own_machine_is_in_clear_unless_somebody_wants_it_otherwise() {
        for (url, in_clear) in [
            ("postgres://a@localhost/b", true),
            ("postgres://a@127.0.0.2:5433/b", true),
            ("postgres://a@[::1]/b", true),
            ("postgres://a@localhost/b?sslmode=require", false),
            ("postgres://a@127.0.0.1/b?sslmode=verify-full", false),
            ("postgres://a@db.example/b", false),
            ("postgres://a@10.0.0.1/b", false),
        ] {
            let options = in_clear_at_home(PgConnectOptions::from_str(url).unwrap());
            assert_eq!(matches!(options.get_ssl_mode(), PgSslMode::Disable), in_clear, "{url}");
        }
    }
}
