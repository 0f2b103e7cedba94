//! Requests with conditions: keys of idempotency, entity tags.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::problem::Problem;
use crate::service::error::Code;
use crate::service::vault::hex;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The key by which a request that is sent again is recognised: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<IdempotencyKey, Problem> {
        IdempotencyKey::of(&parts.headers)
    }
}

impl IdempotencyKey {
    /// The key of a request with these headers.
    ///
    /// # Errors
    ///
    /// `idempotency_key_missing`, `idempotency_key_invalid`.
    pub(crate) fn of(headers: &HeaderMap) -> Result<IdempotencyKey, Problem> {
        let mut all = headers.get_all(IDEMPOTENCY_KEY).iter();
        let missing = || Problem::new(Code::IdempotencyKeyMissing, "the header `Idempotency-Key` is missing");
        let invalid = || Problem::new(Code::IdempotencyKeyInvalid, "1 to 255 visible ASCII characters are due, once");
        let text = all.next().ok_or_else(missing)?.to_str().map_err(|_| invalid())?;
        let is_key = (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_key || all.next().is_some() {
            return Err(invalid());
        }
        Ok(IdempotencyKey(text.to_owned()))
    }
}

/// A tag for bytes: the same bytes have the same one.
pub(crate) fn tag_of(bytes: &[u8]) -> String {
    let digest = hex(&Sha256::digest(bytes));
    digest.get(..32).unwrap_or(&digest).to_owned()
}

/// Whether the caller has what a tag, with its quotes, stands for (`If-None-Match`).
pub(crate) fn is_known(asked: &HeaderMap, tag: &str) -> bool {
    let all = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut named = all.flat_map(|text| text.split(',')).map(|one| one.trim().trim_start_matches("W/"));
    named.any(|one| one == tag || one == "*")
}

/// JSON with its tag; 304 without a body where the caller has it already (`If-None-Match`).
pub(crate) fn tagged(asked: &HeaderMap, json: Vec<u8>) -> Response {
    let tag = format!("\"{}\"", tag_of(&json));
    let mut response = if is_known(asked, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "application/json")], json).into_response()
    };
    if let Ok(value) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]
    use axum::http::Request;

    use super::*;

    fn parts(name: &str, values: &[&str]) -> Parts {
        let request = values.iter().fold(Request::builder(), |request, value| request.header(name, *value));
        request.body(()).unwrap().into_parts().0
    }

    #[tokio::test]
    async fn a_key_is_there_once_and_can_be_read() {
        let long = "k".repeat(256);
        for (values, code) in [
            (&["7f9c"][..], None),
            (&[&long[..255]][..], None),
            (&[][..], Some(Code::IdempotencyKeyMissing)),
            (&[""][..], Some(Code::IdempotencyKeyInvalid)),
            (&["a b"][..], Some(Code::IdempotencyKeyInvalid)),
            (&["ä"][..], Some(Code::IdempotencyKeyInvalid)),
            (&[&*long][..], Some(Code::IdempotencyKeyInvalid)),
            (&["a", "b"][..], Some(Code::IdempotencyKeyInvalid)),
        ] {
            let found = IdempotencyKey::from_request_parts(&mut parts("idempotency-key", values), &()).await;
            assert_eq!(found.err().map(|problem| problem.0.code), code, "{values:?}");
        }
    }

    #[test]
    fn who_has_the_bytes_gets_none() {
        let body = || b"{\"points\":1}".to_vec();
        let tag = format!("\"{}\"", tag_of(&body()));
        for (asked, status) in [
            (None, 200),
            (Some(tag.clone()), 304),
            (Some(format!("\"x\", W/{tag}")), 304),
            (Some("\"x\"".to_owned()), 200),
        ] {
            let values: Vec<&str> = asked.as_deref().into_iter().collect();
            let response = tagged(&parts("if-none-match", &values).headers, body());
            assert_eq!(response.status().as_u16(), status, "{asked:?}");
            assert_eq!(response.headers()["etag"].to_str().unwrap(), tag);
        }
        assert_ne!(tag_of(b"1"), tag_of(b"2"));
    }
}
