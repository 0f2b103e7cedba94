//! What every request can reach.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::Config;
use crate::jobs::access::AccessLog;
use crate::service::Service;
use crate::service::queue::Poster;

use super::auth::Verifier;
use super::health::Checks;
use super::limits::Limiter;
use super::metrics::Metrics;

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
        let access = AccessLog::start(&service);
        let metrics = Metrics::installed();
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
        }))
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
