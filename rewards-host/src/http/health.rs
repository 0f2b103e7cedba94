//! Whether the service is well: `/health`, `/health/live`, `/health/ready`, `/health/detailed`.
//!
//! `live` asks nobody: if it did, an outage of the database would make the platform restart every replica.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::problem::OWN_BODY;
use super::state::AppState;

/// Time for the components that the service cannot do without.
const BRIEF: Duration = Duration::from_millis(80);
/// Time for all of them.
const WHOLE: Duration = Duration::from_millis(400);

/// A component that can be asked how it is.
#[async_trait::async_trait]
pub(crate) trait Check: Send + Sync {
    /// Its name in answers and metrics.
    fn name(&self) -> &'static str;

    /// Whether the service cannot do without it.
    fn is_vital(&self) -> bool;

    /// Asks it. A success may say something about it; a failure says what is wrong, without addresses or passwords.
    async fn ask(&self) -> Result<Option<String>, String>;
}

/// How long an answer is given again, so that strangers cannot wear out the components by asking.
const FRESH: Duration = Duration::from_millis(500);

/// What was said last, and when.
type Said = Arc<Mutex<Option<(Instant, Vec<Component>)>>>;

/// The components, with what was said last: of the vital ones, of all.
#[derive(Clone, Default)]
pub(crate) struct Checks {
    all: Vec<Arc<dyn Check>>,
    said: [Said; 2],
}

impl Checks {
    /// With another component.
    pub(crate) fn with(mut self, check: impl Check + 'static) -> Checks {
        self.all.push(Arc::new(check));
        self
    }

    /// How the vital components are, or all. Who asks meanwhile waits for the same answer.
    async fn asked(&self, only_vital: bool, patience: Duration) -> Vec<Component> {
        let [all, vital] = &self.said;
        let mut said = if only_vital { vital } else { all }.lock().await;
        if let Some((_, components)) = said.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return components.clone();
        }
        let due = self.all.iter().filter(|check| !only_vital || check.is_vital());
        let components = join_all(due.map(|check| asked(check.as_ref(), patience))).await;
        *said = Some((Instant::now(), components.clone()));
        components
    }
}

async fn asked(check: &dyn Check, patience: Duration) -> Component {
    let begun = Instant::now();
    let answer = tokio::time::timeout(patience, check.ask()).await;
    let (status, detail) = match answer {
        Ok(Ok(detail)) => (Status::Up, detail),
        Ok(Err(detail)) => (Status::Down, Some(detail)),
        Err(_) => (Status::Down, Some(format!("no answer within {} ms", patience.as_millis()))),
    };
    let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    Component { name: check.name(), status, vital: check.is_vital(), micros, detail }
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// It answers.
    Up,
    /// The service works, without something that it can do without.
    Degraded,
    /// It does not answer.
    Down,
}

/// How a component is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = HealthComponent)]
pub(crate) struct Component {
    /// Its name.
    name: &'static str,
    /// Whether it answers.
    status: Status,
    /// Whether the service cannot do without it.
    vital: bool,
    /// How long it took to answer, in microseconds.
    micros: u64,
    /// What it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// How the service is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `up`, `degraded` or `down`.
    status: Status,
    /// The version of the service.
    version: &'static str,
    /// Its components, where they are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    components: Option<Vec<Component>>,
}

impl Health {
    fn of(components: Vec<Component>, in_detail: bool) -> Health {
        let is_down = |component: &&Component| component.status == Status::Down;
        let status = if components.iter().filter(is_down).any(|component| component.vital) {
            Status::Down
        } else if components.iter().any(|component| is_down(&component)) {
            Status::Degraded
        } else {
            Status::Up
        };
        Health { status, version: env!("CARGO_PKG_VERSION"), components: in_detail.then_some(components) }
    }
}

impl IntoResponse for Health {
    fn into_response(self) -> Response {
        let status = if self.status == Status::Down { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
        let mut response = (status, Json(self)).into_response();
        if status != StatusCode::OK {
            response.headers_mut().insert(OWN_BODY, HeaderValue::from_static("1"));
        }
        response
    }
}

/// The process runs. Asks nobody.
#[utoipa::path(get, path = "/health/live", tag = "health", responses((status = 200, body = Health)))]
pub(crate) async fn live() -> Health {
    Health::of(Vec::new(), false)
}

/// The service takes work: what it cannot do without answers, the rules that purchases need are compiled, and it is not being stopped.
#[utoipa::path(get, path = "/health/ready", tag = "health",
    responses((status = 200, body = Health), (status = 503, body = Health, description = "not ready")))]
pub(crate) async fn ready(State(state): State<AppState>) -> Health {
    let mut health = Health::of(state.checks.asked(true, BRIEF).await, false);
    if state.is_draining() || state.is_preparing() {
        health.status = Status::Down;
    }
    health
}

/// What the service cannot do without answers.
#[utoipa::path(get, path = "/health", tag = "health",
    responses((status = 200, body = Health), (status = 503, body = Health, description = "something vital is down")))]
pub(crate) async fn brief(State(state): State<AppState>) -> Health {
    Health::of(state.checks.asked(true, BRIEF).await, false)
}

/// Every component.
#[utoipa::path(get, path = "/health/detailed", tag = "health",
    responses((status = 200, body = Health), (status = 503, body = Health, description = "something vital is down")))]
pub(crate) async fn detailed(State(state): State<AppState>) -> Health {
    Health::of(state.checks.asked(false, WHOLE).await, true)
}
