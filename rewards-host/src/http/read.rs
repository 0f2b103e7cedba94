//! How a handler reads a request: bodies, queries and paths, with limits, and with the place of what is wrong.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;

use super::endpoints::{Body, Endpoint};
use super::problem::Problem;
use super::state::AppState;
use crate::service::error::{Code, ServiceError};

/// A body that is JSON: UTF-8, not too large, not too deep; what it says is for the engine to read.
#[derive(Debug)]
pub(crate) struct JsonText(pub(crate) String);

/// A body that is JSON of a type. Types refuse fields that they do not have (`deny_unknown_fields`).
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

/// The part of the address after `?`.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

/// The parts of the path.
#[derive(Debug)]
pub(crate) struct Path<T>(pub(crate) T);

impl FromRequest<AppState> for JsonText {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<JsonText, Problem> {
        is_plain_json(request.headers())?;
        let config = &state.config;
        let most = match request.extensions().get::<&'static Endpoint>().map(|endpoint| endpoint.body) {
            Some(Body::Batch) => config.body.1,
            _ => config.body.0,
        };
        let late = || ServiceError::new(Code::RequestTimeout, "the body did not arrive in time");
        let read = tokio::time::timeout(config.body_timeout, gathered(request, most)).await;
        let bytes = read.map_err(|_| late())??;
        let text = String::from_utf8(bytes.into()).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            ServiceError::new(Code::InvalidRequest, format!("the body is not UTF-8 at byte {at}"))
        })?;
        if let Some(at) = too_deep(&text, config.depth) {
            let detail = format!("the body is nested more than {} deep at byte {at}", config.depth);
            return Err(Problem::new(Code::InvalidRequest, detail));
        }
        Ok(JsonText(text))
    }
}

impl<T: DeserializeOwned> FromRequest<AppState> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Json<T>, Problem> {
        let JsonText(text) = JsonText::from_request(request, state).await?;
        Ok(Json(parsed(&text)?))
    }
}

/// Reads a type from JSON.
///
/// # Errors
///
/// `invalid_request` with the place: line, column, and the path of the value.
pub(crate) fn parsed<T: DeserializeOwned>(text: &str) -> Result<T, ServiceError> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let whole = serde_path_to_error::deserialize(&mut reader);
    let value = whole.map_err(|error| {
        let path = error.path().to_string();
        let told = ServiceError::new(Code::InvalidRequest, error.into_inner().to_string());
        if matches!(path.as_str(), "." | "?") { told } else { told.at(path) }
    })?;
    reader.end().map_err(|error| ServiceError::new(Code::InvalidRequest, error.to_string()))?;
    Ok(value)
}

fn is_plain_json(headers: &HeaderMap) -> Result<(), ServiceError> {
    let text = |name| headers.get(name).map(|value: &axum::http::HeaderValue| value.to_str().unwrap_or_default());
    let refuse = |detail: &str| Err(ServiceError::new(Code::UnsupportedMediaType, detail));
    let kind = text(header::CONTENT_TYPE).unwrap_or_default();
    let (kind, parameters) = kind.split_once(';').unwrap_or((kind, ""));
    if !kind.trim().eq_ignore_ascii_case("application/json") {
        return refuse("the header `Content-Type` has to be `application/json`");
    }
    let charset = parameters.split(';').find_map(|one| one.trim().strip_prefix("charset="));
    if charset.is_some_and(|charset| !charset.trim_matches('"').eq_ignore_ascii_case("utf-8")) {
        return refuse("the body has to be in UTF-8");
    }
    match text(header::CONTENT_ENCODING) {
        None | Some("identity") => Ok(()),
        Some(_) => refuse("the body has to come without compression"),
    }
}

async fn gathered(request: Request, most: usize) -> Result<Bytes, ServiceError> {
    let too_large = || ServiceError::new(Code::PayloadTooLarge, format!("the body has more than {most} bytes"));
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > most) {
        return Err(too_large());
    }
    let mut body = request.into_body();
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let broken = |_| ServiceError::new(Code::InvalidRequest, "the body ended before it was whole");
        if let Ok(data) = frame.map_err(broken)?.into_data() {
            if bytes.len().saturating_add(data.len()) > most {
                return Err(too_large());
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes.freeze())
}

/// Where JSON is nested deeper than allowed: the byte. Looks at brackets outside of strings, and at nothing else.
fn too_deep(text: &str, most: usize) -> Option<usize> {
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth = depth.saturating_add(1);
                if depth > most {
                    return Some(at);
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// No store can hold U+0000, so nothing is found by it.
fn no_nul(text: Option<&str>) -> Result<(), Problem> {
    match text {
        Some(text) if text.contains("%00") => {
            Err(Problem::new(Code::InvalidParameter, "the address has the character U+0000 (`%00`)"))
        }
        _ => Ok(()),
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Query<T>, Problem> {
        no_nul(parts.uri.query())?;
        let read = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        let wrong = |error: QueryRejection| {
            let text = error.body_text();
            let detail = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
            Problem::new(Code::InvalidParameter, detail)
        };
        read.map(|axum::extract::Query(value)| Query(value)).map_err(wrong)
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Path<T>, Problem> {
        no_nul(Some(parts.uri.path()))?;
        let read = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        let wrong = |error: PathRejection| Problem::new(Code::InvalidParameter, error.body_text());
        read.map(|axum::extract::Path(value)| Path(value)).map_err(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_outside_of_strings_only() {
        for (text, most, found) in [
            ("[[1]]", 2, None),
            ("[[1]]", 1, Some(1)),
            ("[\"[[[\"]", 1, None),
            (r#"["\"[["]"#, 1, None),
            (r#"{"a":{"b":[]}}"#, 2, Some(10)),
            ("[][][]", 1, None),
        ] {
            assert_eq!(too_deep(text, most), found, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_in_a_body_is_told_with_its_path() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Item {
            #[allow(dead_code, reason = "only read")]
            points: u32,
        }
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Order {
            #[allow(dead_code, reason = "only read")]
            items: Vec<Item>,
        }
        for (text, path, words) in [
            (r#"{"items":[{"points":1},{"points":"x"}]}"#, Some("items[1].points"), "invalid type: string \"x\""),
            (r#"{"items":[{"pionts":1}]}"#, Some("items[0].pionts"), "unknown field `pionts`, expected `points`"),
            (r#"{"items":[]} x"#, None, "trailing characters"),
            (r#"{"items":[]"#, None, "EOF while parsing"),
            ("", None, "EOF while parsing"),
        ] {
            let error = parsed::<Order>(text).err();
            let told = error.map(|error| (error.detail, error.fields.get("path").cloned()));
            let (detail, found) = told.unwrap_or_default();
            assert!(detail.starts_with(words), "{text}: {detail}");
            assert_eq!(found, path.map(Into::into), "{text}");
        }
    }
}
