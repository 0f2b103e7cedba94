//! Around every request: its id, its time limit, its line in the log, its place in the metrics; headers that belong on
//! every answer; and errors, those of a panic included, written as problems.

use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tracing::Instrument;

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

/// The path of a request as the router has it, on its way back.
#[derive(Debug, Clone)]
struct Matched(MatchedPath);

/// Whose request it was, on the way back; and their roles, divided by commas.
#[derive(Debug, Clone)]
pub(crate) struct Subject(pub(crate) String, pub(crate) String);

/// The id that came with a request, if it is one, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let is_sane = |text: &&str| {
        (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b))
    };
    given.filter(is_sane).map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned)
}

/// The trace id of a `traceparent` (W3C Trace Context).
fn trace_id(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(TRACE)?.to_str().ok()?;
    let mut parts = text.split('-');
    let (_, id) = (parts.next()?, parts.next()?);
    (id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())).then(|| id.to_owned())
}

/// Remembers on an answer which route gave it.
pub(crate) async fn matched(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(path) = path {
        response.extensions_mut().insert(Matched(path));
    }
    response
}

/// The outermost layer.
pub(crate) async fn around(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = request_id(request.headers());
    let trace = trace_id(request.headers()).unwrap_or_default();
    let method = request.method().clone();
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip().to_canonical().to_string());
    let path = request.uri().path().to_owned();
    let span = tracing::info_span!("request", request_id = %id, trace_id = %trace, subject = tracing::field::Empty);
    let run = AssertUnwindSafe(next.run(request)).catch_unwind();
    let ended = tokio::time::timeout(state.config.request_timeout, run.instrument(span.clone())).await;
    let response = match ended {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Problem::new(Code::ProcessingError, "something went wrong that should not").into_response(),
        Err(_) => Problem::new(Code::Overloaded, "the answer took too long").into_response(),
    };
    let code = problem::code_of(&response).map_or("", Code::as_str);
    let mut response = problem::written(response, &path, &id);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    add_headers(&path, response.headers_mut());
    let took = begun.elapsed();
    let status = response.status().as_u16();
    let route = response.extensions().get::<Matched>().map_or("", |matched| matched.0.as_str()).to_owned();
    let subject = response.extensions().get::<Subject>().map_or("", |subject| subject.0.as_str());
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    // Health checks and scrapes come every few seconds, for ever.
    let is_routine = route.is_empty() || !route.starts_with("/api/");
    let _in = span.enter();
    if status >= 500 {
        tracing::error!(%method, path, status, code, subject, micros, "answered");
    } else if is_routine {
        tracing::debug!(%method, path, status, code, subject, micros, "answered");
    } else {
        tracing::info!(%method, path, status, code, subject, micros, "answered");
    }
    if path.starts_with("/api/") {
        let who = response.extensions().get::<Subject>();
        state.access.note(Access {
            id: uuid::Uuid::now_v7(),
            subject: who.map(|who| who.0.clone()),
            roles: who.map(|who| who.1.clone()).unwrap_or_default(),
            method: method.to_string(),
            path: path.chars().filter(|c| *c != '\0').take(512).collect(),
            status,
            request_id: id,
            address: peer.unwrap_or_default(),
            created_at: crate::store::rows::Instant(chrono::Utc::now()),
        });
    }
    super::metrics::answered(&method, &route, status, code, took);
    response
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
