//! Bodies that are too large, too deep, too slow or no JSON.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

use axum::body::Body;
use axum::http::Request;
use tower::ServiceExt;

use super::{app, config, problem, request, state, token, told};

#[tokio::test]
async fn hostile_bodies_get_an_answer_with_a_code() {
    let app = app(state(config(&[("RATE_LIMITS", "off")], &Vec::new())));
    let user = token("alice", &["user", "service"]);
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let numbered = |points: &str| format!("{{\"user_id\":\"alice\",\"points\":{points}}}").into_bytes();
    for (name, body, status, code) in [
        ("10 MB", vec![b' '; 10_000_000], 413, "payload_too_large"),
        ("deep", deep.into_bytes(), 400, "invalid_request"),
        ("no UTF-8", vec![b'"', 0xff, 0xfe, b'"'], 400, "invalid_request"),
        ("empty", Vec::new(), 400, "invalid_request"),
        ("half", b"{\"user_id\":".to_vec(), 400, "invalid_request"),
        ("two", b"{\"user_id\":\"alice\",\"points\":1} {}".to_vec(), 400, "invalid_request"),
        ("unknown", b"{\"user_id\":\"alice\",\"points\":1,\"x\":1}".to_vec(), 400, "invalid_request"),
        ("twice", b"{\"user_id\":\"bob\",\"user_id\":\"alice\",\"points\":1}".to_vec(), 400, "invalid_request"),
        ("huge", numbered("1e400"), 400, "invalid_request"),
        ("below zero", numbered("-0"), 400, "invalid_request"),
        ("no number", numbered("NaN"), 400, "invalid_request"),
        ("40 digits", numbered(&"9".repeat(40)), 400, "invalid_request"),
        ("good", numbered("5"), 200, ""),
    ] {
        let request = request("POST", "/api/v1/rewards/redeem", Some(&user), body);
        let response = app.clone().oneshot(request).await.unwrap();
        if status == 200 {
            assert_eq!(told(response).await.1, "alice 5");
            continue;
        }
        let (found, told, body) = problem(response).await;
        assert_eq!((found, told.as_str()), (status, code), "{name}: {body}");
    }
    // A body without a length is counted as it comes.
    let chunks = (0..40).map(|_| Ok::<_, std::io::Error>(bytes::Bytes::from(vec![b' '; 65_536])));
    let endless = Body::from_stream(futures_util::stream::iter(chunks));
    let response = app.clone().oneshot(request("POST", "/api/v1/rewards/redeem", Some(&user), endless)).await.unwrap();
    assert_eq!(problem(response).await.1, "payload_too_large");
    // Two megabytes are too much for one purchase and not for a batch.
    let large = format!("\"{}\"", "x".repeat(2_000_000));
    for (path, status) in [("/api/v1/cashback/calculate", 413), ("/api/v1/cashback/calculate/batch", 200)] {
        let response = app.clone().oneshot(request("POST", path, Some(&user), large.clone())).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
    }
}

#[tokio::test]
async fn only_plain_json_is_read() {
    let app = app(state(config(&[], &Vec::new())));
    let token = token("shop", &["service"]);
    for (kind, encoding, status) in [
        (Some("application/json"), None, 200),
        (Some("Application/JSON; charset=UTF-8"), None, 200),
        (Some("application/json; charset=latin1"), None, 415),
        (Some("text/plain"), None, 415),
        (None, None, 415),
        (Some("application/json"), Some("gzip"), 415),
    ] {
        let mut request = Request::builder().method("POST").uri("/api/v1/cashback/calculate");
        request = request.header("authorization", format!("Bearer {token}"));
        for (name, value) in [("content-type", kind), ("content-encoding", encoding)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let response = app.clone().oneshot(request.body(Body::from("{}")).unwrap()).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{kind:?} {encoding:?}");
    }
}

#[tokio::test]
async fn a_body_or_an_answer_that_never_comes_ends_in_an_error() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "[server]\nbody_timeout = \"100ms\"\nrequest_timeout = \"300ms\"\n").unwrap();
    let app = app(state(config(&[("REWARDS_CONFIG", file.path().to_str().unwrap())], &Vec::new())));
    let token = token("alice", &["user"]);
    let stuck = Body::from_stream(futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>());
    let response = app.clone().oneshot(request("POST", "/api/v1/rewards/redeem", Some(&token), stuck)).await.unwrap();
    assert_eq!(problem(response).await.1, "request_timeout");
    let request = request("GET", "/api/v1/cashback/alice/summary", Some(&token), Body::empty());
    assert_eq!(problem(app.oneshot(request).await.unwrap()).await.1, "overloaded");
}
