//! What can go wrong with the store, as the service needs to tell it apart.

use super::Statement;

/// Why the store did not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// Another transaction was in the way (deadlock, serialisation, a unique key taken at the same time): the whole
    /// transaction may be tried again.
    #[error("another transaction was in the way: {0}")]
    Contention(String),
    /// A lock was not given within the time that a request may wait.
    #[error("a row was locked for too long: {0}")]
    Locked(String),
    /// The store is away, full, or too slow.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The store has no memory left for this statement; a smaller one may find some.
    #[error("the store has no memory left: {0}")]
    OutOfMemory(String),
    /// A constraint refused a row. A defect of this program, or an attack on an invariant; nothing was kept.
    #[error("the store refused a row: {0}")]
    Refused(String),
    /// A statement or an answer does not fit the schema.
    #[error("the store answered out of line: {0}")]
    Broken(String),
}

impl StoreError {
    /// With the name of the statement.
    pub(super) fn of(statement: Statement, error: sqlx::Error) -> StoreError {
        let at = |text: String| format!("{text} (in `{}`)", statement.name);
        match StoreError::from(error) {
            StoreError::Contention(t) => StoreError::Contention(at(t)),
            StoreError::Locked(t) => StoreError::Locked(at(t)),
            StoreError::Unavailable(t) => StoreError::Unavailable(at(t)),
            StoreError::OutOfMemory(t) => StoreError::OutOfMemory(at(t)),
            StoreError::Refused(t) => StoreError::Refused(at(t)),
            StoreError::Broken(t) => StoreError::Broken(at(t)),
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        let text = error.to_string();
        let Some(database) = error.as_database_error() else {
            return match error {
                sqlx::Error::ColumnDecode { .. }
                | sqlx::Error::ColumnNotFound(_)
                | sqlx::Error::TypeNotFound { .. } => StoreError::Broken(text),
                _ => StoreError::Unavailable(text),
            };
        };
        let code = database.code().unwrap_or_default();
        match code.as_ref() {
            // PostgreSQL: serialisation failure, deadlock, unique violation. SQLite: busy (a reader became a writer
            // too late), unique and primary key.
            "40001" | "40P01" | "23505" | "517" | "2067" | "1555" => StoreError::Contention(text),
            "55P03" | "5" | "6" | "261" | "262" => StoreError::Locked(text),
            "53200" | "7" => StoreError::OutOfMemory(text),
            "13" => StoreError::Unavailable("the disk of the embedded store is full".to_owned()),
            // SQLite: the disk fails, or the file cannot be opened; the upper bits say at what.
            _ if code.len() < 5 && code.parse().is_ok_and(|code: u32| matches!(code & 0xff, 10 | 14)) => {
                StoreError::Unavailable(text)
            }
            _ if code.starts_with("23") || database.is_check_violation() || code == "1811" => StoreError::Refused(text),
            // A transaction that was not gone on with, as where this process stood still: the server ended it.
            "25P03" => StoreError::Unavailable(text),
            // Connection, resources, operator intervention (a statement that took too long is one), system: away or on
            // its way.
            _ if ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class)) => StoreError::Unavailable(text),
            _ => StoreError::Broken(text),
        }
    }
}
