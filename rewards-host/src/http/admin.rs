//! The admin page: a program for the browser, built into this one, at `/admin`.
//!
//! A room of its own because nothing here is an endpoint: files without a token, with the headers that a page needs. All
//! that it shows it asks of the API, as anybody else would, with the token of whoever signed in.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::conditional::Had;
use super::problem::{OWN_BODY, Problem};
use super::state::AppState;
use crate::cache::tag_of;
use crate::config::{AdminOidc, AuthKeys};
use crate::service::error::Code;

/// A file of the page.
struct File {
    /// Below `/admin/`.
    path: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

/// All of them; none where the page was not built before this program.
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// What a build without the page says.
const LEFT_OUT: &str = "This build of the service has no admin page: it was left out, since rewards-host/admin was not built before the service.\n\n\
    With Node 20.19 or later, in the folder of the sources:\n\n    make page\n    cargo build --package rewards-host\n\n\
    `make release` carries the page, and so does `make demo` where there is Node. The API is the same with and without it.\n";

const INDEX: &str = "index.html";

/// The addresses of the page.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/admin", get(index))
        .route("/admin/", get(index))
        .route("/admin/config.json", get(config))
        .route("/admin/{*path}", get(file))
}

/// What the page has to know before anybody signed in.
#[derive(Debug, Serialize)]
struct PageConfig<'a> {
    /// Version of the service.
    version: &'static str,
    /// Whether tokens are checked with the development key, which `rewards token` makes them with.
    development: bool,
    /// How to sign in by OpenID Connect.
    oidc: Option<&'a AdminOidc>,
}

async fn config(State(state): State<AppState>) -> Response {
    let mut response = Json(PageConfig {
        version: env!("CARGO_PKG_VERSION"),
        development: state.config.auth.keys == AuthKeys::Development,
        oidc: state.config.oidc.as_ref(),
    })
    .into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

async fn index(state: State<AppState>, headers: HeaderMap) -> Response {
    answer(&state, &headers, FILES, INDEX)
}

async fn file(state: State<AppState>, headers: HeaderMap, Path(path): Path<String>) -> Response {
    answer(&state, &headers, FILES, &path)
}

fn answer(state: &AppState, asked: &HeaderMap, files: &[File], path: &str) -> Response {
    let mut response = found(asked, files, path);
    let issuer = state.config.oidc.as_ref().and_then(AdminOidc::origin);
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&policy(issuer.as_deref())) {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
    for (name, value) in [
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

/// Scripts and styles are files of this origin alone. The engine in the browser is WebAssembly, which needs a word of its
/// own; nothing is sent or fetched elsewhere, but for the issuer that people sign in at.
fn policy(issuer: Option<&str>) -> String {
    let connect = issuer.map_or_else(|| "'self'".to_owned(), |issuer| format!("'self' {issuer}"));
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
         connect-src {connect}; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}

fn found(asked: &HeaderMap, files: &[File], path: &str) -> Response {
    let of = |path: &str| files.iter().find(|file| file.path == path);
    let is_asset = path.starts_with("assets/");
    match (of(path), of(INDEX)) {
        (Some(file), _) => given(asked, file, is_asset),
        (None, None) => (StatusCode::NOT_FOUND, [(OWN_BODY, "1")], LEFT_OUT).into_response(),
        (None, Some(_)) if is_asset => Problem::new(Code::NotFound, "the page has no such file").into_response(),
        // Every other address is one of the page's own.
        (None, Some(index)) => given(asked, index, false),
    }
}

fn given(asked: &HeaderMap, file: &File, for_ever: bool) -> Response {
    let accepted = |coding: &str| accepts(asked, coding);
    let (coding, bytes) = match (file.brotli, file.gzip) {
        (Some(bytes), _) if accepted("br") => (Some("br"), bytes),
        (_, Some(bytes)) if accepted("gzip") => (Some("gzip"), bytes),
        _ => (None, file.plain),
    };
    // The name of an asset has a hash of what it is: it needs no tag, and never changes.
    let tag = (!for_ever).then(|| format!("\"{}\"", tag_of(bytes)));
    let mut response = match &tag {
        Some(tag) if Had::of(asked).is(tag.as_bytes()) => StatusCode::NOT_MODIFIED.into_response(),
        _ => ([(header::CONTENT_TYPE, kind(file.path))], bytes).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let keeping = if for_ever { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keeping));
    if let Some(value) = tag.and_then(|tag| HeaderValue::from_str(&tag).ok()) {
        headers.insert(header::ETAG, value);
    }
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

/// Whether the caller takes a coding, by name and not with a weight of nothing.
fn accepts(asked: &HeaderMap, coding: &str) -> bool {
    let all = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|text| text.split(',')).any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let refused = parts.filter_map(|part| part.strip_prefix("q=")).any(|q| q.parse() == Ok(0.0_f32));
        named && !refused
    })
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]
    use super::*;

    const PAGE: &[File] = &[
        File { path: "assets/app-1a2b.js", plain: b"app", brotli: Some(b"b"), gzip: Some(b"g") },
        File { path: "favicon.svg", plain: b"<svg/>", brotli: None, gzip: None },
        File { path: "index.html", plain: b"<!doctype html>", brotli: Some(b"bi"), gzip: None },
    ];

    fn asked(headers: &[(HeaderName, &str)]) -> HeaderMap {
        headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    fn header<'a>(response: &'a Response, name: &str) -> &'a str {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[test]
    fn a_file_comes_in_the_best_form_that_the_caller_takes() {
        for (accepted, coding) in [
            ("gzip, deflate, br, zstd", "br"),
            ("gzip", "gzip"),
            ("br;q=0, gzip;q=0.5", "gzip"),
            ("br; q=0.0", ""),
            ("identity", ""),
        ] {
            let response = found(&asked(&[(header::ACCEPT_ENCODING, accepted)]), PAGE, "assets/app-1a2b.js");
            assert_eq!(header(&response, "content-encoding"), coding, "{accepted}");
            assert_eq!(header(&response, "vary"), "accept-encoding");
        }
    }

    #[test]
    fn what_has_a_hash_in_its_name_is_kept_for_ever_and_the_rest_is_asked_for_again() {
        let response = found(&asked(&[]), PAGE, "assets/app-1a2b.js");
        assert_eq!(header(&response, "cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(header(&response, "content-type"), "text/javascript; charset=utf-8");
        let first = found(&asked(&[]), PAGE, "index.html");
        assert_eq!(header(&first, "cache-control"), "no-cache");
        let tag = header(&first, "etag").to_owned();
        let again = found(&asked(&[(header::IF_NONE_MATCH, &tag)]), PAGE, "index.html");
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        // Another form has another tag.
        let headers = asked(&[(header::IF_NONE_MATCH, &tag), (header::ACCEPT_ENCODING, "br")]);
        assert_eq!(found(&headers, PAGE, "index.html").status(), StatusCode::OK);
    }

    #[test]
    fn addresses_of_the_page_are_its_index_and_lost_files_are_lost() {
        for (path, status, kind) in [
            ("members/h102", 200, "text/html; charset=utf-8"),
            ("favicon.svg", 200, "image/svg+xml"),
            ("assets/old-3c4d.js", 404, ""),
        ] {
            let response = found(&asked(&[]), PAGE, path);
            assert_eq!(response.status().as_u16(), status, "{path}");
            assert_eq!(header(&response, "content-type"), kind, "{path}");
        }
    }

    #[tokio::test]
    async fn a_build_without_the_page_says_how_to_get_it() {
        for path in [INDEX, "members/h102", "assets/app-1a2b.js"] {
            let response = found(&asked(&[]), &[], path);
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
            assert_eq!(header(&response, "content-type"), "text/plain; charset=utf-8", "{path}");
            // A word in plain text, which no problem of the service takes the place of.
            assert_eq!(header(&response, OWN_BODY.as_str()), "1", "{path}");
            let body = axum::body::to_bytes(response.into_body(), 4_096).await.unwrap();
            assert_eq!(body, LEFT_OUT.as_bytes(), "{path}");
        }
        for word in ["left out", "make page", "make release"] {
            assert!(LEFT_OUT.contains(word), "{word}");
        }
    }

    #[test]
    fn the_policy_names_this_origin_and_the_issuer_alone() {
        assert!(policy(None).contains("connect-src 'self';"));
        assert!(policy(Some("https://id.example")).contains("connect-src 'self' https://id.example;"));
        assert!(!policy(None).contains("unsafe-inline") && !policy(None).contains(" 'unsafe-eval'"));
    }
}
