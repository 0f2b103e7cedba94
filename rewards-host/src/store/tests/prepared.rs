//! Every statement fits the schema of both kinds of store.

use sqlx::{Executor, SqlStr};

use super::fresh;
use crate::store::statement::statements::ALL;
use crate::store::{Store, Work};

#[tokio::test]
async fn every_statement_can_be_prepared_on_a_migrated_database() {
    for fresh in fresh::each().await {
        for statement in ALL {
            let prepared = match &fresh.store {
                Store::Postgres(pool) => pool.prepare(SqlStr::from_static(statement.postgres)).await.map(drop),
                Store::Embedded(_) => {
                    let pool = fresh.store.embedded_pool().unwrap();
                    pool.prepare(SqlStr::from_static(statement.sqlite)).await.map(drop)
                }
            };
            prepared.unwrap_or_else(|e| panic!("{} on {}: {e}", statement.name, fresh.store.kind()));
        }
    }
}

#[tokio::test]
async fn every_file_of_a_statement_is_one_of_the_list() {
    for kind in ["postgres", "sqlite"] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store").join(kind);
        for file in std::fs::read_dir(folder).unwrap() {
            let name = file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned();
            assert!(ALL.iter().any(|s| s.name == name), "{kind}/{name}.sql is not used");
        }
    }
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = crate::store::connect_embedded(folder.path()).await.unwrap();
    let second = crate::store::connect_embedded(folder.path()).await.unwrap_err().to_string();
    assert!(second.contains("another process uses the data in"), "{second}");
    first.close().await;
    drop(first);
    crate::store::connect_embedded(folder.path()).await.unwrap();
}

#[tokio::test]
async fn a_folder_is_waited_for_while_its_process_ends() {
    let folder = tempfile::tempdir().unwrap();
    let first = crate::store::connect_embedded(folder.path()).await.unwrap();
    let ends = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        first.close().await;
        drop(first);
    };
    let (second, ()) = tokio::join!(crate::store::connect_embedded(folder.path()), ends);
    second.unwrap();
}

#[tokio::test]
async fn work_that_is_not_committed_leaves_nothing() {
    use crate::store::statements;
    for fresh in fresh::each().await {
        let mut work: Work = fresh.store.begin().await.unwrap();
        let made: Vec<String> =
            work.rows(statements::ADD_MEMBERS, &[serde_json::json!({"user_id": "m-1"})]).await.unwrap();
        assert_eq!(made, ["m-1"]);
        drop(work);
        let found: Option<serde_json::Value> = fresh.store.read_one(statements::MEMBER, &"m-1").await.unwrap();
        assert_eq!(found, None, "{}", fresh.store.kind());
    }
}
