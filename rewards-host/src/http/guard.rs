//! Before a handler: who asks, whether too often, and whether they may.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::RequestExt;
use axum::extract::{MatchedPath, RawPathParams, Request};
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
use tower::{Layer, Service};

use super::auth::{Admitted, Bearer};
use super::context::{Peer, Subject};
use super::endpoints::{self, Endpoint, Role};
use super::limits::Verdict;
use super::problem::Problem;
use super::state::AppState;
use crate::service::error::{Code, ServiceError};

/// The layer of every endpoint of the table.
#[derive(Clone)]
pub(crate) struct GuardLayer(pub(crate) AppState);

impl<S> Layer<S> for GuardLayer {
    type Service = Guard<S>;

    fn layer(&self, inner: S) -> Guard<S> {
        Guard { state: self.0.clone(), inner }
    }
}

/// Its service.
#[derive(Clone)]
pub(crate) struct Guard<S> {
    state: AppState,
    inner: S,
}

impl<S> Service<Request> for Guard<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let inner = self.inner.clone();
        // The one that is ready is the one that is called.
        let ready = std::mem::replace(&mut self.inner, inner);
        Box::pin(guard(self.state.clone(), request, ready))
    }
}

async fn guard<S>(state: AppState, mut request: Request, mut inner: S) -> Result<Response, Infallible>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let Some(endpoint) = endpoints::of(request.method().as_str(), path) else {
        return Ok(Problem::new(Code::MethodNotAllowed, "this address does not take this method").into_response());
    };
    let parameters = match endpoint.has_parameters() {
        true => match request.extract_parts::<RawPathParams>().await {
            Ok(parameters) => Some(parameters),
            Err(_) => return Ok(Problem::new(Code::InvalidParameter, "the path is not UTF-8").into_response()),
        },
        false => None,
    };
    let identity = state.verifier.identify(request.headers()).await;
    let peer = request.extensions().get::<Peer>().copied();
    let verdict = state.limiter.take(endpoint, || subject(&identity, peer)).await;
    let who = identity.as_ref().ok().and_then(Option::as_ref).map(Arc::clone);
    let allowed = match &verdict {
        Some(verdict) if !verdict.is_allowed() => Err(verdict.refusal()),
        _ => identity.and_then(|bearer| admitted(endpoint, bearer, parameters.as_ref().and_then(member))),
    };
    let mut response = match allowed {
        Ok(admitted) => {
            request.extensions_mut().insert(endpoint);
            if let Some(admitted) = admitted {
                request.extensions_mut().insert(admitted);
            }
            inner.call(request).await?
        }
        Err(error) => {
            if error.code == Code::Forbidden {
                let subject = who.as_ref().map_or("", |who| who.sub.as_str());
                tracing::warn!(target: "audit", endpoint = endpoint.name, subject, detail = error.detail, "refused");
            }
            Problem(error).into_response()
        }
    };
    if let Some(who) = who {
        response.extensions_mut().insert(Subject(who));
    }
    if let Some(verdict) = verdict {
        add_headers(&verdict, endpoint, &mut response);
    }
    Ok(response)
}

fn member(parameters: &RawPathParams) -> Option<&str> {
    parameters.iter().find(|(name, _)| *name == "user_id").map(|(_, value)| value)
}

/// As whom a request is counted.
fn subject(identity: &Result<Option<Arc<Bearer>>, ServiceError>, peer: Option<Peer>) -> String {
    match identity {
        Ok(Some(bearer)) => format!("sub:{}", bearer.sub),
        _ => format!("addr:{}", peer.as_ref().map(Peer::counted).unwrap_or_default()),
    }
}

/// Whether somebody may use an endpoint, for a member where its path names one.
fn admitted(
    endpoint: &Endpoint,
    bearer: Option<Arc<Bearer>>,
    member: Option<&str>,
) -> Result<Option<Admitted>, ServiceError> {
    let Some(bearer) = bearer else {
        let missing = || ServiceError::new(Code::Unauthenticated, "the header `Authorization` has no token");
        return if endpoint.is_public() { Ok(None) } else { Err(missing()) };
    };
    let fitting = |role: &&Role| bearer.roles.contains(role);
    if !endpoint.is_public() && !endpoint.roles.iter().any(|role| fitting(&role)) {
        let roles: Vec<&str> = endpoint.roles.iter().map(|role| role.as_str()).collect();
        let due = roles.join(", ");
        return Err(ServiceError::new(Code::Forbidden, format!("this needs one of the roles {due}")));
    }
    let own_only = endpoint.roles.iter().filter(fitting).all(|role| *role == Role::User);
    let admitted = Admitted { bearer, own_only };
    if let Some(member) = member {
        admitted.reach(member)?;
    }
    Ok(Some(admitted))
}

fn add_headers(verdict: &Verdict, endpoint: &Endpoint, response: &mut Response) {
    let policy = format!("\"{}\";q={};w=60", endpoint.name, verdict.limit);
    let now = format!("\"{}\";r={};t={}", endpoint.name, verdict.remaining(), verdict.seconds_left());
    for (name, value) in [("ratelimit-policy", policy), ("ratelimit", now)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
}
