//! What every request can reach.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::config::Config;
use crate::jobs::access::AccessLog;
use crate::service::Service;
use crate::service::queue::Poster;

use super::auth::Verifier;
use super::health::Checks;
use super::limits::Limiter;
use super::metrics::Metrics;

/// When preparing is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Shared by all requests; cloning it is cheap.
#[derive(Clone)]
pub(crate) struct AppState(Arc<Inner>);

/// The parts.
pub(crate) struct Inner {
    /// How the service is set up.
    pub(crate) config: Config,
    /// Who asks.
    pub(crate) verifier: Verifier,
    /// How often.
    pub(crate) limiter: Limiter,
    /// Whether all is well.
    pub(crate) checks: Checks,
    /// The ledger, to read.
    pub(crate) service: Arc<Service>,
    /// Who asked for what.
    pub(crate) access: AccessLog,
    /// The ledger, to post.
    pub(crate) poster: Poster,
    /// What is counted.
    pub(crate) metrics: Metrics,
    draining: AtomicBool,
    preparing: AtomicBool,
}

impl AppState {
    /// The state of a service that begins.
    pub(crate) fn new(
        config: Config,
        verifier: Verifier,
        limiter: Limiter,
        checks: Checks,
        ledger: (Arc<Service>, Poster),
    ) -> AppState {
        let (service, poster) = ledger;
        // First, since whoever keeps a counter at hand has to get a real one.
        let metrics = Metrics::installed();
        let access = AccessLog::start(&service);
        AppState(Arc::new(Inner {
            config,
            verifier,
            limiter,
            checks,
            service,
            access,
            poster,
            metrics,
            draining: AtomicBool::new(false),
            preparing: AtomicBool::new(false),
        }))
    }

    /// Compiles what postings will need. Until that is done the service is not ready for work.
    pub(crate) fn prepare(&self) -> JoinHandle<()> {
        self.0.preparing.store(true, Ordering::Relaxed);
        let state = self.clone();
        tokio::spawn(async move {
            while let Err(error) = state.service.prepare().await {
                tracing::warn!(%error, "the rules that postings need cannot be prepared, and are tried again");
                tokio::time::sleep(AGAIN).await;
            }
            state.0.preparing.store(false, Ordering::Relaxed);
        })
    }

    /// Whether the service prepares itself.
    pub(crate) fn is_preparing(&self) -> bool {
        self.0.preparing.load(Ordering::Relaxed)
    }

    /// From now on the service is not ready for new work.
    pub(crate) fn drain(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
    }

    /// Whether the service is being stopped.
    pub(crate) fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Relaxed)
    }
}

impl std::ops::Deref for AppState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
