//! Around every request: its id, its time limit, its line in the log, its place in the metrics; headers that belong on
//! every answer; and errors, those of a panic included, written as problems.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tower::{Layer, Service};
use tracing::Instrument;
use uuid::Uuid;

use super::auth::Bearer;
use super::problem::{self, Problem};
use super::state::AppState;
use crate::jobs::access::Access;
use crate::service::error::Code;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACE: HeaderName = HeaderName::from_static("traceparent");

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

impl Peer {
    /// The address that limits count by. Of IPv6 it is the network of 64 bits, since a household has a whole one.
    pub(crate) fn counted(&self) -> String {
        match self.0.ip().to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }
}

/// Whose request it was, on the way back.
#[derive(Debug, Clone)]
pub(crate) struct Subject(pub(crate) Arc<Bearer>);

/// The id that came with a request, if it is one, else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let is_sane = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        (1..=128).contains(&bytes.len()) && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(b))
    };
    let made = || {
        let mut text = Uuid::encode_buffer();
        // It is ASCII.
        let value = HeaderValue::from_str(new_id().hyphenated().encode_lower(&mut text));
        value.unwrap_or(HeaderValue::from_static("none"))
    };
    headers.get(REQUEST_ID).filter(is_sane).cloned().unwrap_or_else(made)
}

/// A UUIDv7 whose random part is from this thread's own generator, which the system seeded: to ask the system itself, as
/// ids in the ledger do, costs a call of it for each request.
fn new_id() -> Uuid {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let millis = u64::try_from(now.as_millis()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid()
}

/// The trace id of a `traceparent` (W3C Trace Context).
fn trace_id(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(TRACE)?.to_str().ok()?;
    let mut parts = text.split('-');
    let (_, id) = (parts.next()?, parts.next()?);
    (id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())).then(|| id.to_owned())
}

/// The outermost layer. It stands around every route, so the router has found the route before.
#[derive(Clone)]
pub(crate) struct AroundLayer(pub(crate) AppState);

impl<S> Layer<S> for AroundLayer {
    type Service = Around<S>;

    fn layer(&self, inner: S) -> Around<S> {
        Around { state: self.0.clone(), inner }
    }
}

/// Its service.
#[derive(Clone)]
pub(crate) struct Around<S> {
    state: AppState,
    inner: S,
}

impl<S> Service<Request> for Around<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let asked = Asked::of(&request);
        Box::pin(around(self.state.clone(), asked, self.inner.call(request)))
    }
}

/// What is told of a request when it is answered.
struct Asked {
    begun: Instant,
    id: HeaderValue,
    trace: String,
    method: Method,
    peer: Option<IpAddr>,
    address: Uri,
    route: Option<MatchedPath>,
}

impl Asked {
    fn of(request: &Request) -> Asked {
        Asked {
            begun: Instant::now(),
            id: request_id(request.headers()),
            trace: trace_id(request.headers()).unwrap_or_default(),
            method: request.method().clone(),
            peer: request.extensions().get::<Peer>().map(|peer| peer.0.ip().to_canonical()),
            address: request.uri().clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
        }
    }
}

async fn around(
    state: AppState,
    asked: Asked,
    answer: impl Future<Output = Result<Response, Infallible>>,
) -> Result<Response, Infallible> {
    let Asked { begun, id, trace, method, peer, address, route } = asked;
    let (path, id_text) = (address.path(), id.to_str().unwrap_or_default());
    let span =
        tracing::info_span!("request", request_id = %id_text, trace_id = %trace, subject = tracing::field::Empty);
    let run = AssertUnwindSafe(answer).catch_unwind();
    let ended = tokio::time::timeout(state.config.request_timeout, run.instrument(span.clone())).await;
    let response = match ended {
        Ok(Ok(Ok(response))) => response,
        Ok(Err(_)) => Problem::new(Code::ProcessingError, "something went wrong that should not").into_response(),
        Err(_) => Problem::new(Code::Overloaded, "the answer took too long").into_response(),
    };
    let code = problem::code_of(&response);
    let mut response = problem::written(response, path, id_text);
    response.headers_mut().insert(REQUEST_ID, id.clone());
    add_headers(path, response.headers_mut());
    let took = begun.elapsed();
    let status = response.status().as_u16();
    // A method that is not taken is none of a route's, nor what a browser asks before it asks.
    let is_routes = code != Some(Code::MethodNotAllowed) && method != Method::OPTIONS;
    let route = route.as_ref().filter(|_| is_routes).map_or("", |route| route.as_str());
    let code = code.map_or("", Code::as_str);
    let who = response.extensions().get::<Subject>().map(|subject| &*subject.0);
    let subject = who.map_or("", |who| who.sub.as_str());
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    // Health checks and scrapes come every few seconds, for ever.
    let is_routine = !route.starts_with("/api/");
    span.in_scope(|| {
        if status >= 500 {
            tracing::error!(%method, path, status, code, subject, micros, "answered");
        } else if is_routine {
            tracing::debug!(%method, path, status, code, subject, micros, "answered");
        } else {
            tracing::info!(%method, path, status, code, subject, micros, "answered");
        }
    });
    if path.starts_with("/api/") {
        state.access.note(who.is_some(), || Access {
            id: Uuid::now_v7(),
            subject: who.map(|who| who.sub.clone()),
            roles: who.map(Bearer::roles_text).unwrap_or_default(),
            method: method.to_string(),
            path: path.chars().filter(|c| *c != '\0').take(512).collect(),
            status,
            request_id: id_text.to_owned(),
            address: peer.map(|peer| peer.to_string()).unwrap_or_default(),
            created_at: crate::store::rows::Instant(chrono::Utc::now()),
        });
    }
    super::metrics::answered(&method, route, status, code, took);
    Ok(response)
}

/// What no answer goes without.
fn add_headers(path: &str, headers: &mut HeaderMap) {
    // The page of the API has scripts and styles of its own; nothing else has any.
    let policy = if path.starts_with("/docs") {
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
    } else {
        "default-src 'none'; frame-ancestors 'none'"
    };
    // The admin page says its own.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(policy));
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
}
