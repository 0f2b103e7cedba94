//! A store of each kind for one test alone.

use std::process::Command;
use std::time::Duration;

use sqlx::{Connection, Executor, PgConnection};

use crate::store::{Store, connect_embedded, connect_postgres};

/// A store that goes away with the test.
pub(crate) struct Fresh {
    pub(crate) store: Store,
    database: Option<(String, String)>,
    _folder: Option<tempfile::TempDir>,
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let Some((server, name)) = self.database.take() {
            // The runtime of the test is going away: the database is dropped by a process of its own.
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            let _ = Command::new("psql").args([&server, "-q", "-c", &drop]).output();
        }
    }
}

impl Fresh {
    /// The address of its database.
    pub(crate) fn address(&self) -> Option<String> {
        let (server, name) = self.database.as_ref()?;
        Some(format!("{}/{name}", server.rsplit_once('/')?.0))
    }
}

/// The server on which tests make their databases: `DATABASE_URL`, or the standard port of this machine.
pub(crate) fn server() -> String {
    std::env::var("DATABASE_URL").unwrap_or_else(|_| "postgres://postgres@localhost:5432/postgres".to_owned())
}

/// An empty SQLite store.
pub(crate) async fn embedded() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let store = connect_embedded(folder.path()).await.unwrap();
    Fresh { store, database: None, _folder: Some(folder) }
}

/// An empty database of PostgreSQL; `None` where there is no server and the tests may do without one.
pub(crate) async fn postgres() -> Option<Fresh> {
    let server = server();
    let mut connection = match PgConnection::connect(&server).await {
        Ok(connection) => connection,
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "there is no PostgreSQL at {server}: {error}");
            eprintln!("left out: there is no PostgreSQL at {server}: {error}");
            return None;
        }
    };
    let name = format!("rewards_test_{}", uuid::Uuid::now_v7().simple());
    connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    let (base, _) = server.rsplit_once('/').unwrap();
    let store = connect_postgres(&format!("{base}/{name}"), 8, Duration::from_secs(5)).await.unwrap();
    Some(Fresh { store, database: Some((server, name)), _folder: None })
}

/// One store of each kind.
pub(crate) async fn each() -> Vec<Fresh> {
    let mut all = vec![embedded().await];
    all.extend(postgres().await);
    all
}
