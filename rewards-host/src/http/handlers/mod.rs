//! The handlers: each reads a request, asks the service, and writes the answer. Nothing is decided here.

pub(crate) mod campaigns;
pub(crate) mod cashback;
pub(crate) mod given;
pub(crate) mod history;
pub(crate) mod loyalty;
pub(crate) mod members;
pub(crate) mod money;
pub(crate) mod points;
pub(crate) mod preview;
pub(crate) mod redemptions;
pub(crate) mod rewards;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::auth::Caller;
use super::endpoints::Endpoint;
use super::problem::Problem;
use crate::service::command::{Done, RequestKey};
use crate::service::error::{Code, ServiceError};
use crate::service::vault::{hex, sha256};

/// Ids from outside: 1 to 64 of `[A-Za-z0-9._:-]`.
pub(super) fn id(path: &'static str, text: &str) -> Result<String, Problem> {
    if rewards_rules::value::is_id(text) {
        return Ok(text.to_owned());
    }
    let words = format!("`{path}` has 1 to 64 letters, digits, `.`, `_`, `:` or `-`");
    Err(ServiceError::new(Code::Input(rewards_rules::input::ErrorCode::InvalidId), words).at(path).into())
}

/// The answer of a command: the bytes that the service made, and whether they are from before.
pub(super) fn done(status: StatusCode, done: Done) -> Response {
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], done.answer).into_response();
    if done.replayed {
        response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
    }
    response
}

/// JSON with an `ETag`; nothing but 304 to one who has it already.
pub(super) fn tagged(headers: &HeaderMap, value: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_string(value)
        .map_err(|_| Problem::new(Code::ProcessingError, "the answer cannot be written"))?;
    let hash = hex(&Sha256::digest(body.as_bytes()));
    let tag = format!("\"{}\"", hash.get(..32).unwrap_or(&hash));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let fresh = known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
    let etag = HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\""));
    Ok(if fresh {
        (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response()
    } else {
        let json = HeaderValue::from_static("application/json");
        (StatusCode::OK, [(header::ETAG, etag), (header::CONTENT_TYPE, json)], body).into_response()
    })
}

/// The `Idempotency-Key` of a request.
pub(super) fn request_key(
    headers: &HeaderMap,
    caller: &Caller,
    endpoint: &Endpoint,
    body: &str,
) -> Result<RequestKey, Problem> {
    let Some(value) = headers.get("idempotency-key") else {
        return Err(Problem::new(Code::IdempotencyKeyMissing, "the header `Idempotency-Key` is missing"));
    };
    let key = value.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > 255 || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Problem::new(Code::IdempotencyKeyInvalid, "a key has 1 to 255 visible ASCII characters"));
    }
    Ok(RequestKey {
        scope: format!("{}\n{}", caller.sub, endpoint.name),
        key: key.to_owned(),
        request_sha256: sha256(body),
    })
}
