//! The store: the only place with SQL.
//!
//! PostgreSQL and the embedded SQLite are driven by the same code: a statement has a text for each, takes one JSON
//! value, and answers rows of JSON. So what differs between the two is in `postgres/*.sql` and `sqlite/*.sql` alone, and
//! a test prepares every one of them on a migrated database of each kind.

pub(crate) mod accounts;
pub(crate) mod analytics_rows;
pub(crate) mod audit;
mod connect;
mod error;
pub(crate) mod rows;
pub(crate) mod rule_rows;
mod statement;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod units;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
#[cfg(test)]
use sqlx::SqlitePool;
use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres, Row, Sqlite, Transaction};

pub(crate) use connect::{Embedded, connect_embedded, connect_postgres};
pub(crate) use error::StoreError;
pub(crate) use statement::{Statement, statements};

/// The store of a process.
#[derive(Debug, Clone)]
pub(crate) enum Store {
    /// PostgreSQL 15 or later.
    Postgres(PgPool),
    /// SQLite in a folder of this process alone.
    Embedded(Arc<Embedded>),
}

/// One transaction of the store. Dropped without [`Work::commit`] it leaves nothing behind.
#[derive(Debug)]
pub(crate) enum Work {
    /// In PostgreSQL, at `READ COMMITTED`: what a lock protects is read by a later statement.
    Postgres(Transaction<'static, Postgres>),
    /// In SQLite, as the only writer.
    Embedded(Transaction<'static, Sqlite>),
}

/// How long an answer of the database is waited for. It ends a statement itself before; so what takes longer is gone, or
/// the way to it is, and nobody said so.
const ANSWER: Duration = Duration::from_secs(35);

/// Begins or ends a transaction in a task of its own: who asks may be dropped at any point, and a connection that was
/// left in the middle of `BEGIN` would carry what comes later inside a transaction that nobody ends. One that does not
/// answer is given up, and is closed when it is given back.
async fn to_its_end<T: Send + 'static>(
    step: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::spawn(tokio::time::timeout(ANSWER, step)).await {
        Ok(Ok(ended)) => ended,
        Ok(Err(_)) => Err(silent()),
        Err(_) => Err(StoreError::Unavailable("the runtime is being stopped".to_owned())),
    }
}

fn silent() -> StoreError {
    StoreError::Unavailable(format!("there is no answer within {} s", ANSWER.as_secs()))
}

fn parameter(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Broken(format!("a parameter is not JSON: {e}")))
}

fn parsed<T: DeserializeOwned>(statement: Statement, texts: Vec<String>) -> Result<Vec<T>, StoreError> {
    let parse = |text: String| {
        serde_json::from_str(&text)
            .map_err(|e| StoreError::Broken(format!("`{}` answered what is not expected: {e}", statement.name)))
    };
    texts.into_iter().map(parse).collect()
}

impl Store {
    /// Begins a transaction.
    pub(crate) async fn begin(&self) -> Result<Work, StoreError> {
        let store = self.clone();
        to_its_end(async move {
            Ok(match store {
                Store::Postgres(pool) => Work::Postgres(pool.begin().await?),
                Store::Embedded(embedded) => Work::Embedded(embedded.writer.begin_with("BEGIN IMMEDIATE").await?),
            })
        })
        .await
    }

    /// Begins to read what is committed now: all that is read until it is dropped is of one moment. In a task of its own
    /// too: on a connection that was left behind others would read that moment for ever.
    pub(crate) async fn snapshot(&self) -> Result<Work, StoreError> {
        let store = self.clone();
        to_its_end(async move {
            Ok(match store {
                Store::Postgres(pool) => {
                    Work::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
                }
                Store::Embedded(embedded) => Work::Embedded(embedded.readers.begin().await?),
            })
        })
        .await
    }

    /// Asks a question outside of a transaction; each question sees what is committed.
    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        statement: Statement,
        value: &impl Serialize,
    ) -> Result<Vec<T>, StoreError> {
        let value = parameter(value)?;
        let rows = match self {
            Store::Postgres(pool) => texts_postgres(&mut *pool.acquire().await?, statement, value).await?,
            Store::Embedded(embedded) => {
                let mut connection: PoolConnection<Sqlite> = embedded.readers.acquire().await?;
                texts_embedded(&mut connection, statement, value).await?
            }
        };
        parsed(statement, rows)
    }

    /// As [`Store::read`], for a question that has at most one answer.
    pub(crate) async fn read_one<T: DeserializeOwned>(
        &self,
        statement: Statement,
        value: &impl Serialize,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.read(statement, value).await?.into_iter().next())
    }

    /// Connections that are in use, and those that wait to be.
    pub(crate) fn connections(&self) -> (u32, u32) {
        let idle = |size: u32, idle: usize| (size, u32::try_from(idle).unwrap_or(u32::MAX).min(size));
        let (all, idle) = match self {
            Store::Postgres(pool) => idle(pool.size(), pool.num_idle()),
            Store::Embedded(embedded) => {
                let (readers, writer) = (&embedded.readers, &embedded.writer);
                idle(readers.size().saturating_add(writer.size()), readers.num_idle().saturating_add(writer.num_idle()))
            }
        };
        (all.saturating_sub(idle), idle)
    }

    /// Which store it is: by this, what several stores share tells them apart.
    pub(crate) async fn id(&self) -> Result<String, StoreError> {
        let kept: Option<rows::StoreId> = self.read_one(statements::STORE_ID, &()).await?;
        kept.map(|kept| kept.id).ok_or_else(|| StoreError::Broken("the table `store_id` is empty".to_owned()))
    }

    /// `postgres` or `sqlite`.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Store::Postgres(_) => "postgres",
            Store::Embedded(_) => "sqlite",
        }
    }

    /// Waits until every connection is given back, and closes them.
    pub(crate) async fn close(&self) {
        match self {
            Store::Postgres(pool) => pool.close().await,
            Store::Embedded(embedded) => {
                embedded.readers.close().await;
                embedded.writer.close().await;
            }
        }
    }
}

async fn texts_postgres(
    connection: &mut sqlx::PgConnection,
    statement: Statement,
    value: String,
) -> Result<Vec<String>, StoreError> {
    let rows = tokio::time::timeout(ANSWER, sqlx::query(statement.postgres).bind(value).fetch_all(connection)).await;
    let rows = rows.map_err(|_| silent())?.map_err(|e| StoreError::of(statement, e))?;
    rows.iter().map(|row| row.try_get(0).map_err(|e| StoreError::of(statement, e))).collect()
}

async fn texts_embedded(
    connection: &mut sqlx::SqliteConnection,
    statement: Statement,
    value: String,
) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(statement.sqlite)
        .bind(value)
        .fetch_all(connection)
        .await
        .map_err(|e| StoreError::of(statement, e))?;
    rows.iter().map(|row| row.try_get(0).map_err(|e| StoreError::of(statement, e))).collect()
}

impl Work {
    /// Runs a statement and reads what it answers.
    pub(crate) async fn rows<T: DeserializeOwned>(
        &mut self,
        statement: Statement,
        value: &impl Serialize,
    ) -> Result<Vec<T>, StoreError> {
        let value = parameter(value)?;
        let texts = match self {
            Work::Postgres(work) => texts_postgres(work, statement, value).await?,
            Work::Embedded(work) => texts_embedded(work, statement, value).await?,
        };
        parsed(statement, texts)
    }

    /// Runs a statement for rows; nothing is done where there are none.
    pub(crate) async fn write<T: Serialize>(&mut self, statement: Statement, rows: &[T]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        self.run(statement, &rows).await.map(|_| ())
    }

    /// Runs a statement that takes many rows as the database takes them fastest: for PostgreSQL it is a `COPY` of CSV, for
    /// SQLite it takes JSON. What is nothing in a row has to be a column that may be null, and no text may be empty there.
    pub(crate) async fn load<T: Serialize>(&mut self, statement: Statement, rows: &[T]) -> Result<(), StoreError> {
        let Work::Postgres(work) = self else { return self.write(statement, rows).await };
        let unwritable = |e: &dyn std::fmt::Display| StoreError::Broken(format!("a parameter is not CSV: {e}"));
        let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        for row in rows {
            writer.serialize(row).map_err(|e| unwritable(&e))?;
        }
        let text = writer.into_inner().map_err(|e| unwritable(&e))?;
        let copied = async {
            let mut copy = work.copy_in_raw(statement.postgres).await?;
            copy.send(text).await?;
            copy.finish().await
        };
        let copied = tokio::time::timeout(ANSWER, copied).await.map_err(|_| silent())?;
        copied.map(drop).map_err(|e| StoreError::of(statement, e))
    }

    /// Runs a statement; answers how many rows it touched.
    pub(crate) async fn run(&mut self, statement: Statement, value: &impl Serialize) -> Result<u64, StoreError> {
        let value = parameter(value)?;
        Ok(match self {
            Work::Postgres(work) => {
                let done = sqlx::query(statement.postgres).bind(value).execute(&mut **work);
                let done = tokio::time::timeout(ANSWER, done).await.map_err(|_| silent())?;
                done.map_err(|e| StoreError::of(statement, e))?.rows_affected()
            }
            Work::Embedded(work) => {
                let done = sqlx::query(statement.sqlite).bind(value).execute(&mut **work).await;
                done.map_err(|e| StoreError::of(statement, e))?.rows_affected()
            }
        })
    }

    /// Makes it last. After an error it may or may not have been kept: asking again with the same ids tells.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        to_its_end(async move {
            match self {
                Work::Postgres(work) => work.commit().await?,
                Work::Embedded(work) => work.commit().await?,
            }
            Ok(())
        })
        .await
    }
}

#[cfg(test)]
impl Store {
    /// The writer of an embedded store; for a test that looks behind the statements.
    pub(crate) fn embedded_pool(&self) -> Option<&SqlitePool> {
        match self {
            Store::Postgres(_) => None,
            Store::Embedded(embedded) => Some(&embedded.writer),
        }
    }
}
