//! Before a handler: who asks, whether too often, and whether they may.

use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::auth::Caller;
use super::context::{Peer, Subject};
use super::endpoints::{self, Endpoint, Role};
use super::limits::Verdict;
use super::problem::Problem;
use super::state::AppState;
use crate::service::error::{Code, ServiceError};

/// The layer of every endpoint of the table.
pub(crate) async fn guard(
    State(state): State<AppState>,
    path: MatchedPath,
    parameters: Result<RawPathParams, RawPathParamsRejection>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(endpoint) = endpoints::of(request.method().as_str(), path.as_str()) else {
        return Problem::new(Code::MethodNotAllowed, "this address does not take this method").into_response();
    };
    let Ok(parameters) = parameters else {
        return Problem::new(Code::InvalidParameter, "the path is not UTF-8").into_response();
    };
    let identity = state.verifier.identify(request.headers()).await;
    let subject = match &identity {
        Ok(Some(caller)) => format!("sub:{}", caller.sub),
        _ => format!("addr:{}", request.extensions().get::<Peer>().map(Peer::counted).unwrap_or_default()),
    };
    let verdict = state.limiter.take(endpoint, &subject).await;
    let named = identity.as_ref().ok().and_then(Option::as_ref).map(|caller| Subject(caller.sub.clone()));
    let allowed = match &verdict {
        Some(verdict) if !verdict.is_allowed() => Err(verdict.refusal()),
        _ => identity.and_then(|caller| admitted(endpoint, caller, member(&parameters))),
    };
    let mut response = match allowed {
        Ok(caller) => {
            request.extensions_mut().insert(endpoint);
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            next.run(request).await
        }
        Err(error) => {
            if error.code == Code::Forbidden {
                let subject = named.as_ref().map_or("", |subject| subject.0.as_str());
                tracing::warn!(target: "audit", endpoint = endpoint.name, subject, detail = error.detail, "refused");
            }
            Problem(error).into_response()
        }
    };
    if let Some(subject) = named {
        response.extensions_mut().insert(subject);
    }
    if let Some(verdict) = verdict {
        add_headers(&verdict, endpoint, &mut response);
    }
    response
}

fn member(parameters: &RawPathParams) -> Option<&str> {
    parameters.iter().find(|(name, _)| *name == "user_id").map(|(_, value)| value)
}

/// Whether somebody may use an endpoint, for a member where its path names one.
fn admitted(endpoint: &Endpoint, caller: Option<Caller>, member: Option<&str>) -> Result<Option<Caller>, ServiceError> {
    let Some(mut caller) = caller else {
        let missing = || ServiceError::new(Code::Unauthenticated, "the header `Authorization` has no token");
        return if endpoint.is_public() { Ok(None) } else { Err(missing()) };
    };
    let fitting = |role: &&Role| caller.roles.contains(role);
    if !endpoint.is_public() && !endpoint.roles.iter().any(|role| fitting(&role)) {
        let roles: Vec<&str> = endpoint.roles.iter().map(|role| role.as_str()).collect();
        let due = roles.join(", ");
        return Err(ServiceError::new(Code::Forbidden, format!("this needs one of the roles {due}")));
    }
    caller.own_only = endpoint.roles.iter().filter(fitting).all(|role| *role == Role::User);
    if let Some(member) = member {
        caller.reach(member)?;
    }
    Ok(Some(caller))
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
