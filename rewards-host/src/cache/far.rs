//! The level that outlives a second: Redis, or memory where there is none. It may fail at any time; then there is just
//! nothing in it, and it is left alone for a second.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands, Client};

use super::Entry;

/// How long Redis may take: so much at most is lost to it.
const PATIENCE: Duration = Duration::from_millis(50);

/// How long Redis is left alone after it failed.
const REST: Duration = Duration::from_secs(1);

/// Where replicas of a store tell each other of members that were changed.
pub(super) fn channel(store: &str) -> String {
    format!("rewards:{store}:changed")
}

/// Far answers.
#[derive(Debug)]
pub(crate) enum Far {
    /// In memory; a longer time than its kind is kept cannot be wrong, so one time does for all.
    Memory(moka::future::Cache<String, Arc<Entry>>),
    /// In Redis.
    Redis(Remote),
}

/// Redis.
pub(crate) struct Remote {
    connection: ConnectionManager,
    failed: Mutex<Option<Instant>>,
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Remote")
    }
}

impl Far {
    pub(super) fn memory() -> Far {
        let kept = moka::future::Cache::builder().max_capacity(100_000).time_to_live(Duration::from_secs(300));
        Far::Memory(kept.build())
    }

    pub(super) fn redis(client: &Client) -> Result<Far, redis::RedisError> {
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(PATIENCE))
            .set_connection_timeout(Some(REST))
            .set_number_of_retries(0);
        let connection = ConnectionManager::new_lazy_with_config(client.clone(), config)?;
        Ok(Far::Redis(Remote { connection, failed: Mutex::new(None) }))
    }

    pub(super) async fn get(&self, key: &str) -> Option<Arc<Entry>> {
        match self {
            Far::Memory(memory) => memory.get(key).await,
            Far::Redis(remote) => {
                let mut connection = remote.connection.clone();
                let body: Option<String> = remote.ask(connection.get(key)).await?;
                body.map(|body| Arc::new(Entry::new(body)))
            }
        }
    }

    pub(super) async fn put(&self, key: &str, entry: &Arc<Entry>, kept: Duration) {
        match self {
            Far::Memory(memory) => memory.insert(key.to_owned(), Arc::clone(entry)).await,
            Far::Redis(remote) => {
                let mut connection = remote.connection.clone();
                let _: Option<()> = remote.ask(connection.set_ex(key, &*entry.body, kept.as_secs())).await;
            }
        }
    }

    pub(super) async fn tell(&self, store: &str, members: &[String]) {
        let Far::Redis(remote) = self else { return };
        let channel = channel(store);
        let mut told = redis::pipe();
        for member in members {
            told.publish(&channel, member).ignore();
        }
        let mut connection = remote.connection.clone();
        // Who did not hear it asks the database within two seconds.
        let _: Option<()> = remote.ask(told.query_async(&mut connection)).await;
    }

    pub(super) async fn ping(&self) -> Option<Result<(), String>> {
        let Far::Redis(remote) = self else { return None };
        let mut connection = remote.connection.clone();
        let asked = tokio::time::timeout(Duration::from_millis(200), async move {
            redis::cmd("PING").query_async::<String>(&mut connection).await
        });
        Some(match asked.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.category().to_owned()),
            Err(_) => Err("no answer within 200 ms".to_owned()),
        })
    }
}

impl Remote {
    async fn ask<T>(&self, asked: impl Future<Output = redis::RedisResult<T>>) -> Option<T> {
        let failed = || self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed().is_some_and(|at| at.elapsed() < REST) {
            return None;
        }
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(answer)) => {
                if failed().take().is_some() {
                    tracing::info!("Redis answers again: answers are shared");
                }
                Some(answer)
            }
            failure => {
                if failed().replace(Instant::now()).is_none() {
                    let why = match failure {
                        Ok(Err(error)) => error.category().to_owned(),
                        _ => "no answer within 50 ms".to_owned(),
                    };
                    tracing::warn!(why, "Redis is away: answers are made from the store");
                }
                None
            }
        }
    }
}
