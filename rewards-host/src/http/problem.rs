//! Errors as people and programs get them: RFC 9457, `application/problem+json`.
//!
//! A handler returns a [`Problem`]; its bytes are written at the very end ([`super::context`]), where the request's id
//! is known and where every other answer that is no success becomes one too.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::service::error::{Code, ServiceError};

/// An error on its way to the caller.
#[derive(Debug)]
pub(crate) struct Problem(pub(crate) ServiceError);

impl Problem {
    /// A problem with words for this time.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Problem {
        Problem(ServiceError::new(code, detail))
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Problem {
        Problem(error)
    }
}

/// The error of an answer that has no bytes yet.
#[derive(Debug, Clone)]
struct Told(ServiceError);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status(self.0.code);
        response.extensions_mut().insert(Told(self.0));
        response
    }
}

fn status(code: Code) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The body of an answer that is no success.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody<'a> {
    /// A URI for the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:rewards:error:not_found")]
    kind: String,
    /// A few words, the same for every use of the code.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// What is wrong this time.
    detail: &'a str,
    /// The path of the request.
    instance: &'a str,
    /// Decide by this; docs/errors.md lists the codes.
    #[schema(example = "not_found")]
    code: &'a str,
    /// Who has to do something: `request`, `business`, `technical` or `integration`.
    class: &'a str,
    /// `invalid_redemption`, where the code is one of that group.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    /// Names this request in the service's log.
    request_id: &'a str,
    /// What to do.
    advice: &'a str,
    /// Where in the request, findings, and what else a code says.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    fields: &'a Map<String, Value>,
}

/// The code of an answer that is no success, if it says one.
pub(crate) fn code_of(response: &Response) -> Option<Code> {
    response.extensions().get::<Told>().map(|told| told.0.code)
}

/// Writes the bytes of an answer that is no success; others stay as they are.
pub(crate) fn written(mut response: Response, instance: &str, request_id: &str) -> Response {
    if !response.status().is_client_error() && !response.status().is_server_error() {
        return response;
    }
    let is_ours = response.headers().contains_key(header::CONTENT_TYPE) && response.headers().get(OWN_BODY).is_some();
    if is_ours {
        response.headers_mut().remove(OWN_BODY);
        return response;
    }
    let Told(error) = response.extensions_mut().remove::<Told>().unwrap_or_else(|| Told(of_status(response.status())));
    let body = ProblemBody {
        kind: format!("urn:rewards:error:{}", error.code),
        title: error.code.title(),
        status: error.code.status(),
        detail: &error.detail,
        instance,
        code: error.code.as_str(),
        class: error.code.class().as_str(),
        group: error.code.group(),
        request_id,
        advice: error.code.advice(),
        fields: &error.fields,
    };
    let text = serde_json::to_vec(&body).unwrap_or_default();
    *response.status_mut() = status(error.code);
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(after) = error.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(after)));
    }
    match error.code {
        Code::Unauthenticated => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Code::TokenInvalid | Code::TokenExpired => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
        }
        _ => {}
    }
    *response.body_mut() = Body::from(text);
    response
}

/// Marks an answer that is no success and yet has a body of its own: that of a health check.
pub(crate) const OWN_BODY: HeaderName = HeaderName::from_static("x-own-body");

/// Seconds, rounded up, at least one.
pub(crate) fn whole_seconds(time: Duration) -> u64 {
    let rest = u64::from(time.subsec_nanos() > 0);
    time.as_secs().saturating_add(rest).max(1)
}

/// What an answer means that only has a status.
fn of_status(status: StatusCode) -> ServiceError {
    let (code, detail) = match status {
        StatusCode::NOT_FOUND => (Code::NotFound, "there is nothing at this address"),
        StatusCode::METHOD_NOT_ALLOWED => (Code::MethodNotAllowed, "this address does not take this method"),
        StatusCode::PAYLOAD_TOO_LARGE => (Code::PayloadTooLarge, "the body is too large"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (Code::UnsupportedMediaType, "the body is not JSON"),
        status if status.is_client_error() => (Code::InvalidRequest, "the request cannot be read"),
        _ => (Code::ProcessingError, "something went wrong that should not"),
    };
    ServiceError::new(code, detail)
}
