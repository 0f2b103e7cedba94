//! How often: requests of one subject to one endpoint in a minute that begins with the first of them.
//!
//! With Redis the count is shared by all replicas and exact: one script counts and answers in one step. Where Redis
//! does not answer within 50 ms, this process counts alone, and asks again a second later.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};

use super::endpoints::Endpoint;
use crate::config::Config;
use crate::config::secret::Secret;
use crate::service::error::{Code, ServiceError};

/// The length of a count.
const WINDOW: Duration = Duration::from_secs(60);
/// How long Redis may take before a request is counted without it.
pub(crate) const PATIENCE: Duration = Duration::from_millis(50);
/// How long Redis is left alone after it failed.
const REST: Duration = Duration::from_secs(1);

const SCRIPT: &str = "local n = redis.call('INCR', KEYS[1]) \
                      local left = redis.call('PTTL', KEYS[1]) \
                      if left < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) left = tonumber(ARGV[1]) end \
                      return {n, left}";

/// What a count says of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Requests in a minute.
    pub(crate) limit: u32,
    /// Requests so far, this one included.
    count: u64,
    /// Time until the count begins anew.
    left: Duration,
}

impl Verdict {
    /// Whether the request is within the limit.
    pub(crate) fn is_allowed(&self) -> bool {
        self.count <= u64::from(self.limit)
    }

    /// Requests that are left.
    pub(crate) fn remaining(&self) -> u64 {
        u64::from(self.limit).saturating_sub(self.count)
    }

    /// Seconds until the count begins anew, rounded up.
    pub(crate) fn seconds_left(&self) -> u64 {
        super::problem::whole_seconds(self.left)
    }

    /// The error of a request that is one too many.
    pub(crate) fn refusal(&self) -> ServiceError {
        let detail = format!("more than {} requests in a minute", self.limit);
        ServiceError::new(Code::RateLimited, detail).retry_after(self.left)
    }
}

/// Counts requests.
pub(crate) struct Limiter {
    is_on: bool,
    /// Id of the store that is served: several may share one Redis.
    store: String,
    per_minute: BTreeMap<String, u32>,
    own: Own,
    shared: Option<Shared>,
}

impl Limiter {
    /// The limits of a configuration, with how long Redis may take, which is [`PATIENCE`] but in tests of counts.
    ///
    /// # Errors
    ///
    /// A sentence, where the address of Redis is none. That Redis is away is no error.
    pub(crate) fn new(config: &Config, patience: Duration) -> Result<Limiter, String> {
        let shared = config.redis.as_ref().map(|url| Shared::new(url, patience)).transpose()?;
        let (is_on, per_minute) = (config.rates, config.per_minute.clone());
        Ok(Limiter { is_on, store: String::new(), per_minute, own: Own::default(), shared })
    }

    /// The same for a store, by its id.
    pub(crate) fn of_store(mut self, store: String) -> Limiter {
        self.store = store;
        self
    }

    /// Counts a request; nothing where limits are off. `subject` says as whom.
    pub(crate) async fn take(&self, endpoint: &Endpoint, subject: impl FnOnce() -> String) -> Option<Verdict> {
        if !self.is_on {
            return None;
        }
        let limit = self.per_minute.get(endpoint.name).copied().unwrap_or(endpoint.per_minute);
        let key = format!("rewards:{}:rate:{}:{}", self.store, endpoint.name, subject());
        let shared = match &self.shared {
            // Large as a future is with Redis in it: every request would carry it, limits or not.
            Some(shared) => Box::pin(shared.take(&key)).await,
            None => None,
        };
        let (count, left) = shared.unwrap_or_else(|| self.own.take(key, Instant::now()));
        Some(Verdict { limit, count, left })
    }
}

/// The counts of this process.
#[derive(Debug, Default)]
struct Own(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    by_key: HashMap<String, (Instant, u64)>,
    swept: Option<Instant>,
}

impl Own {
    fn take(&self, key: String, now: Instant) -> (u64, Duration) {
        let mut counts = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let over = |begun: &Instant| now.saturating_duration_since(*begun) >= WINDOW;
        if counts.swept.as_ref().is_none_or(over) {
            counts.by_key.retain(|_, (begun, _)| !over(begun));
            counts.swept = Some(now);
        }
        let (begun, count) = counts.by_key.entry(key).or_insert((now, 0));
        if over(begun) {
            (*begun, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        (*count, WINDOW.saturating_sub(now.saturating_duration_since(*begun)))
    }
}

/// The counts that all replicas share.
struct Shared {
    connection: ConnectionManager,
    script: redis::Script,
    patience: Duration,
    failed: Mutex<Option<Instant>>,
}

impl Shared {
    fn new(url: &Secret, patience: Duration) -> Result<Shared, String> {
        // Fails where somebody was first; then that provider serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // The error of the library may hold the address, with its password.
        let wrong = |_| "redis.url: that is no address of Redis, like redis://HOST:6379/0".to_owned();
        let client = redis::Client::open(url.expose()).map_err(wrong)?;
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(patience))
            .set_connection_timeout(Some(REST))
            .set_number_of_retries(0);
        let connection = ConnectionManager::new_lazy_with_config(client, config).map_err(wrong)?;
        Ok(Shared { connection, script: redis::Script::new(SCRIPT), patience, failed: Mutex::new(None) })
    }

    async fn take(&self, key: &str) -> Option<(u64, Duration)> {
        let failed = || self.failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if failed().is_some_and(|at| at.elapsed() < REST) {
            return None;
        }
        let mut connection = self.connection.clone();
        let mut call = self.script.key(key);
        let window = u64::try_from(WINDOW.as_millis()).unwrap_or(u64::MAX);
        let asked = call.arg(window).invoke_async::<(u64, u64)>(&mut connection);
        match tokio::time::timeout(self.patience, asked).await {
            Ok(Ok((count, left))) => {
                let was = failed().take();
                if was.is_some() {
                    tracing::info!("Redis answers again: limits are shared");
                }
                Some((count, Duration::from_millis(left)))
            }
            failure => {
                let was = failed().replace(Instant::now());
                if was.is_none() {
                    let why = match failure {
                        Ok(Err(error)) => error.category().to_owned(),
                        _ => format!("no answer within {:?}", self.patience),
                    };
                    tracing::warn!(why, "Redis is away: each replica counts its requests alone");
                }
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn a_count_begins_anew_a_minute_after_its_first_request() {
        let own = Own::default();
        let start = Instant::now();
        let at = |seconds: u64, key: &str| own.take(key.to_owned(), start + Duration::from_secs(seconds));
        assert_eq!(at(0, "a"), (1, Duration::from_secs(60)));
        assert_eq!(at(59, "a"), (2, Duration::from_secs(1)));
        assert_eq!(at(59, "b"), (1, Duration::from_secs(60)));
        assert_eq!(at(60, "a"), (1, Duration::from_secs(60)));
        assert_eq!(at(60, "b"), (2, Duration::from_secs(59)));
    }

    #[test]
    fn counts_that_are_over_are_forgotten() {
        let own = Own::default();
        let start = Instant::now();
        for n in 0..1000 {
            own.take(n.to_string(), start);
        }
        own.take("late".to_owned(), start + WINDOW);
        let counts = own.0.lock().map(|counts| counts.by_key.len());
        assert_eq!(counts.ok(), Some(1));
    }
}
