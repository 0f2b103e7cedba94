//! The handlers: each reads a request, asks the service, and writes the answer. Nothing is decided here.

pub(crate) mod analytics;
pub(crate) mod audit;
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
pub(crate) mod rules;
pub(crate) mod segments;
pub(crate) mod trial;
pub(crate) mod vouchers;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::auth::Caller;
use super::conditional::{self, Had, IdempotencyKey};
use super::endpoints::Endpoint;
use super::problem::Problem;
use crate::cache::Entry;
use crate::service::command::{Done, RequestKey};
use crate::service::error::{Code, ServiceError};
use crate::service::vault::sha256;

/// Ids from outside: 1 to 64 of `[A-Za-z0-9._:-]`.
pub(super) fn id(path: &'static str, text: &str) -> Result<String, Problem> {
    if rewards_rules::value::is_id(text) {
        return Ok(text.to_owned());
    }
    let words = format!("`{path}` has 1 to 64 letters, digits, `.`, `_`, `:` or `-`");
    Err(ServiceError::new(Code::Input(rewards_rules::input::ErrorCode::InvalidId), words).at(path).into())
}

/// Does once what a request with a key asks for: what is `known` of the key already is the answer again. Whether it was.
pub(super) async fn once<T, F: Future<Output = Result<Option<T>, ServiceError>>>(
    known: impl Fn() -> F,
    does: impl Future<Output = Result<T, ServiceError>>,
) -> Result<(T, bool), ServiceError> {
    if let Some(before) = known().await? {
        return Ok((before, true));
    }
    match does.await {
        // The same key came twice at the same time: the other one has the answer by now.
        Err(error) if error.code == Code::Contention => match known().await? {
            Some(before) => Ok((before, true)),
            None => Err(error),
        },
        done => Ok((done?, false)),
    }
}

/// Says that an answer is from before.
pub(super) fn replayed(mut response: Response, is_replayed: bool) -> Response {
    if is_replayed {
        response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
    }
    response
}

/// The answer of a command: the bytes that the service made, and whether they are from before.
pub(super) fn done(status: StatusCode, done: Done) -> Response {
    replayed((status, [(header::CONTENT_TYPE, "application/json")], done.answer).into_response(), done.replayed)
}

/// An answer as it is kept.
pub(super) fn written(value: &impl Serialize) -> Result<String, ServiceError> {
    serde_json::to_string(value).map_err(|_| crate::service::mend("the answer cannot be written"))
}

/// JSON with an `ETag`; nothing but 304 to one who has it already.
pub(super) fn tagged(headers: &HeaderMap, value: &impl Serialize) -> Result<Response, Problem> {
    Ok(given(&Had::of(headers), &Entry::new(written(value)?)))
}

/// An answer with its `ETag`; nothing but 304 to one who has it already.
pub(super) fn given(had: &Had, entry: &Entry) -> Response {
    conditional::tagged(had, entry)
}

/// The `Idempotency-Key` of a request.
pub(super) fn request_key(
    headers: &HeaderMap,
    caller: &Caller,
    endpoint: &Endpoint,
    body: &str,
) -> Result<RequestKey, Problem> {
    let IdempotencyKey(key) = IdempotencyKey::of(headers)?;
    Ok(RequestKey { scope: format!("{}\n{}", caller.sub, endpoint.name), key, request_sha256: sha256(body) })
}

/// The `Idempotency-Key` of a request that may do without.
pub(super) fn maybe_request_key(
    headers: &HeaderMap,
    caller: &Caller,
    endpoint: &Endpoint,
    body: &str,
) -> Result<Option<RequestKey>, Problem> {
    match headers.contains_key("idempotency-key") {
        true => request_key(headers, caller, endpoint, body).map(Some),
        false => Ok(None),
    }
}
