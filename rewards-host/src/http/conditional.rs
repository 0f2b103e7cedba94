//! Requests with conditions: keys of idempotency, entity tags.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;

use super::problem::Problem;
use crate::cache::Entry;
use crate::service::error::Code;

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

/// What the caller has already (`If-None-Match`): tags, or `*`.
#[derive(Debug)]
pub(crate) struct Had(Vec<HeaderValue>);

impl Had {
    /// What a request with these headers has.
    pub(crate) fn of(headers: &HeaderMap) -> Had {
        Had(headers.get_all(header::IF_NONE_MATCH).iter().cloned().collect())
    }

    /// Whether it is what a tag, with its quotes, stands for.
    pub(crate) fn is(&self, tag: &[u8]) -> bool {
        let all = self.0.iter().filter_map(|value| value.to_str().ok());
        let mut named = all.flat_map(|text| text.split(',')).map(|one| one.trim().trim_start_matches("W/"));
        named.any(|one| one.as_bytes() == tag || one == "*")
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Had {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Had, Infallible> {
        Ok(Had::of(&parts.headers))
    }
}

/// An answer with its tag; 304 without a body where the caller has it already.
pub(crate) fn tagged(had: &Had, entry: &Entry) -> Response {
    // Room for what every answer has (`context`), so that headers are not moved as they come.
    let mut headers = HeaderMap::with_capacity(12);
    let mut response = Response::default();
    if had.is(&entry.tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *response.body_mut() = Body::from(entry.body.clone());
    }
    if let Ok(value) = HeaderValue::from_maybe_shared(entry.tag.clone()) {
        headers.insert(header::ETAG, value);
    }
    *response.headers_mut() = headers;
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
        let entry = Entry::new("{\"points\":1}".to_owned());
        let tag = String::from_utf8(entry.tag.to_vec()).unwrap();
        for (asked, status) in [
            (None, 200),
            (Some(tag.clone()), 304),
            (Some(format!("\"x\", W/{tag}")), 304),
            (Some("\"x\"".to_owned()), 200),
            (Some("*".to_owned()), 304),
        ] {
            let values: Vec<&str> = asked.as_deref().into_iter().collect();
            let response = tagged(&Had::of(&parts("if-none-match", &values).headers), &entry);
            assert_eq!(response.status().as_u16(), status, "{asked:?}");
            assert_eq!(response.headers()["etag"].to_str().unwrap(), tag);
        }
    }
}
