//! The whole router, over endpoints that answer what they read: rights, limits, hostile requests, errors.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    reason = "a test stops at the first surprise"
)]

mod accounts;
mod conformance;
mod drain;
mod health;
mod hostile;
mod keys;
mod limits;
mod reference;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use axum::routing::{get, post, put};
use http_body_util::BodyExt;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt;
use utoipa_axum::router::OpenApiRouter;

use super::auth::{Caller, Verifier};
use super::endpoints;
use super::health::Checks;
use super::limits::Limiter;
use super::read::{Json, JsonText, Path, Query};
use super::routes;
use super::state::AppState;
use crate::cache::Caches;
use crate::config::{self, Config};
use crate::service::Service;
use crate::service::queue::Poster;
use crate::service::vault::{Key, Vault};
use crate::store::Store;

const SECRET: &str = "a secret of the tests, with more than 32 bytes";

fn config(environment: &[(&str, &str)], flags: &config::Flags<'_>) -> Config {
    let mut all = BTreeMap::from([("JWT_SECRET".to_owned(), SECRET.to_owned())]);
    all.extend(environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    config::read(None, &all, flags).unwrap()
}

fn state(config: Config) -> AppState {
    state_with(config, Checks::default())
}

fn state_with(config: Config, checks: Checks) -> AppState {
    let verifier = Verifier::new(&config.auth, None).unwrap();
    // Counts are exact as long as Redis answers; a machine with much to do is given the time.
    let limiter = Limiter::new(&config, std::time::Duration::from_secs(10)).unwrap();
    AppState::new(config, verifier, limiter, checks, nowhere())
}

/// A ledger that nothing here reaches.
fn nowhere() -> (Arc<Service>, Poster) {
    let pool = sqlx::postgres::PgPoolOptions::new().connect_lazy("postgres://nobody@127.0.0.1:1/none").unwrap();
    let key = Key::from_secret(b"test");
    let vault = Vault::new("test", BTreeMap::from([("test".to_owned(), key.clone())]), &key);
    let service = Service::new(Store::Postgres(pool), vault, Caches::own(false));
    let poster = Poster::start(&service, 1);
    (service, poster)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Redeem {
    user_id: String,
    points: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    limit: Option<u32>,
}

async fn summary(caller: Caller, Path(user): Path<String>) -> String {
    format!("{} reads {user}", caller.sub)
}

async fn history(Query(page): Query<Page>) -> String {
    format!("{:?}", page.limit)
}

async fn redeem(caller: Caller, Json(body): Json<Redeem>) -> Result<String, super::problem::Problem> {
    caller.reach(&body.user_id)?;
    Ok(format!("{} {}", body.user_id, body.points))
}

async fn length(JsonText(text): JsonText) -> String {
    text.len().to_string()
}

async fn never() -> String {
    std::future::pending().await
}

async fn fails() -> String {
    panic!("the password is hunter2")
}

fn app(state: AppState) -> Router {
    let endpoints = OpenApiRouter::new()
        .route("/api/v1/rewards/{user_id}", get(summary))
        .route("/api/v1/rewards/{user_id}/history", get(history))
        .route("/api/v1/rewards/redeem", post(redeem))
        .route("/api/v1/cashback/calculate", post(length))
        .route("/api/v1/cashback/calculate/batch", post(length))
        .route("/api/v1/loyalty/programs", get(|| async { "programs" }))
        .route("/api/v1/cashback/{user_id}/summary", get(never))
        .route("/api/v1/loyalty/{user_id}/upgrade", put(fails));
    routes::with(endpoints, state)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn signed(algorithm: Algorithm, secret: &str, claims: &Value) -> String {
    jsonwebtoken::encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

/// Claims of alice, a user, with changes; `null` takes one away.
fn claims(changes: Value) -> Value {
    let mut claims = json!({"sub": "alice", "roles": ["user"], "iat": now(), "exp": now() + 600});
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    claims
}

fn token(sub: &str, roles: &[&str]) -> String {
    signed(Algorithm::HS256, SECRET, &claims(json!({"sub": sub, "roles": roles})))
}

fn request(method: &str, path: &str, token: Option<&str>, body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(body.into()).unwrap()
}

async fn told(response: Response<Body>) -> (StatusCode, String) {
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

/// Status and code of an error, which has to be a whole problem.
async fn problem(response: Response<Body>) -> (u16, String, Value) {
    let headers = response.headers().clone();
    let (status, text) = told(response).await;
    assert_eq!(headers["content-type"], "application/problem+json", "{text}");
    let body: Value = serde_json::from_str(&text).unwrap();
    for member in ["type", "title", "detail", "instance", "code", "class", "advice"] {
        assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {body}");
    }
    assert_eq!(
        (&body["status"], &body["request_id"]),
        (&json!(status.as_u16()), &json!(headers["x-request-id"].to_str().unwrap()))
    );
    (status.as_u16(), body["code"].as_str().unwrap().to_owned(), body)
}

const SUMMARY: &str = "/api/v1/rewards/alice";

#[tokio::test]
async fn a_token_is_good_or_refused_with_its_reason() {
    let strict = [("JWT_ISSUER", "https://id.example"), ("JWT_AUDIENCE", "rewards,shop")];
    let app = app(state(config(&strict, &Vec::new())));
    let good = json!({"iss": "https://id.example", "aud": ["other", "shop"]});
    let with = |changes: Value| {
        let mut all = good.clone();
        all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        claims(all)
    };
    let hs = |changes: Value| signed(Algorithm::HS256, SECRET, &with(changes));
    let none = {
        let whole = hs(json!({}));
        let (_, rest) = whole.split_once('.').unwrap();
        // {"alg":"none","typ":"JWT"}
        format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", rest.split('.').next().unwrap())
    };
    let hour = 3_600;
    for (name, token, code) in [
        ("good", hs(json!({})), ""),
        ("one audience", hs(json!({"aud": "rewards"})), ""),
        ("a fraction of a second", hs(json!({"exp": 4_000_000_000.5_f64})), ""),
        ("within the leeway", hs(json!({"exp": now() - 10})), ""),
        ("expired", hs(json!({"exp": now() - hour})), "token_expired"),
        ("no end", hs(json!({"exp": null})), "token_invalid"),
        ("an end that is no time", hs(json!({"exp": "tomorrow"})), "token_invalid"),
        ("no beginning", hs(json!({"iat": null})), "token_invalid"),
        ("too old", hs(json!({"iat": now() - 2 * 86_400})), "token_expired"),
        ("made in the future", hs(json!({"iat": now() + hour})), "token_invalid"),
        ("not yet", hs(json!({"nbf": now() + hour})), "token_invalid"),
        ("another issuer", hs(json!({"iss": "https://evil.example"})), "token_invalid"),
        ("no issuer", hs(json!({"iss": null})), "token_invalid"),
        ("another audience", hs(json!({"aud": "bank"})), "token_invalid"),
        ("no audience", hs(json!({"aud": null})), "token_invalid"),
        ("nobody", hs(json!({"sub": null})), "token_invalid"),
        ("an empty name", hs(json!({"sub": ""})), "token_invalid"),
        (
            "another secret",
            signed(Algorithm::HS256, "another secret, with more than 32 bytes", &with(json!({}))),
            "token_invalid",
        ),
        ("another algorithm", signed(Algorithm::HS384, SECRET, &with(json!({}))), "token_invalid"),
        ("no algorithm", none, "token_invalid"),
        ("no token", "alice".to_owned(), "token_invalid"),
        ("nothing", String::new(), "token_invalid"),
        ("a long one", "x".repeat(10_000), "token_invalid"),
        ("no role", hs(json!({"roles": null})), "forbidden"),
        ("unknown roles", hs(json!({"roles": ["root"]})), "forbidden"),
    ] {
        let response = app.clone().oneshot(request("GET", SUMMARY, Some(&token), Body::empty())).await.unwrap();
        match code {
            "" => assert_eq!(told(response).await, (StatusCode::OK, "alice reads alice".to_owned()), "{name}"),
            "forbidden" => assert_eq!(problem(response).await.1, code, "{name}"),
            code => {
                let challenge = response.headers()["www-authenticate"].to_str().unwrap().to_owned();
                let (status, found, body) = problem(response).await;
                assert_eq!((status, found.as_str()), (401, code), "{name}: {body}");
                assert_eq!(challenge, "Bearer error=\"invalid_token\"");
            }
        }
    }
    let response = app.clone().oneshot(request("GET", SUMMARY, None, Body::empty())).await.unwrap();
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    assert_eq!(problem(response).await.1, "unauthenticated");
    for other in ["Basic YTpi", "Bearer", "bearer  "] {
        let request = Request::builder().uri(SUMMARY).header("authorization", other).body(Body::empty()).unwrap();
        assert_eq!(problem(app.clone().oneshot(request).await.unwrap()).await.1, "token_invalid", "{other}");
    }
}

/// Every endpoint of the table, with every role, for one's own and for another member.
#[tokio::test]
async fn rights_are_those_of_the_table() {
    let config = config(&[("RATE_LIMITS", "off")], &Vec::new());
    let any = axum::routing::any(|| async { "in" });
    let paths: std::collections::BTreeSet<&str> = endpoints::ALL.iter().map(|endpoint| endpoint.path).collect();
    let all = paths.into_iter().fold(OpenApiRouter::new(), |router, path| router.route(path, any.clone()));
    let app = routes::with(all, state(config));
    for endpoint in endpoints::ALL {
        for who in ["", "user", "manager", "admin", "system", "service"] {
            for member in ["alice", "bob"] {
                let path = endpoint.path.replace("{user_id}", member).replace(['{', '}'], "");
                let token = (!who.is_empty()).then(|| token("alice", &[who]));
                let request = request(endpoint.method, &path, token.as_deref(), "{}");
                let status = app.clone().oneshot(request).await.unwrap().status().as_u16();
                let fits = endpoint.roles.iter().any(|role| role.as_str() == who);
                let is_other = who == "user" && endpoint.names_a_member() && member == "bob";
                let due = match () {
                    () if endpoint.is_public() => 200,
                    () if who.is_empty() => 401,
                    () if !fits || is_other => 403,
                    () => 200,
                };
                assert_eq!(status, due, "{} as `{who}` for {member}", endpoint.name);
            }
        }
    }
}

#[tokio::test]
async fn a_user_acts_for_nobody_else_in_a_body_either() {
    let app = app(state(config(&[], &Vec::new())));
    for (roles, member, status) in [
        (vec!["user"], "alice", 200),
        (vec!["user"], "bob", 403),
        (vec!["user", "manager"], "bob", 200),
        (vec!["user", "admin"], "bob", 403),
    ] {
        let body = json!({"user_id": member, "points": 5}).to_string();
        let request = request("POST", "/api/v1/rewards/redeem", Some(&token("alice", &roles)), body);
        assert_eq!(app.clone().oneshot(request).await.unwrap().status().as_u16(), status, "{roles:?} {member}");
    }
}

#[tokio::test]
async fn queries_unknown_addresses_and_methods_are_problems() {
    let app = app(state(config(&[], &Vec::new())));
    let token = token("alice", &["user"]);
    for (method, path, status, code, words) in [
        ("GET", "/api/v1/rewards/alice/history?limit=x", 400, "invalid_parameter", "limit"),
        ("GET", "/api/v1/rewards/alice/history?limits=1", 400, "invalid_parameter", "limits"),
        ("GET", "/api/v1/rewards/%ff", 400, "invalid_parameter", "UTF-8"),
        ("GET", "/api/v1/nothing", 404, "not_found", "address"),
        ("GET", "/../../etc/passwd", 404, "not_found", "address"),
        ("DELETE", "/api/v1/loyalty/programs", 405, "method_not_allowed", "method"),
        ("PATCH", "/health/live", 405, "method_not_allowed", "method"),
    ] {
        let response = app.clone().oneshot(request(method, path, Some(&token), Body::empty())).await.unwrap();
        let allow = response.headers().get("allow").cloned();
        let (found, told, body) = problem(response).await;
        assert_eq!((found, told.as_str()), (status, code), "{path}: {body}");
        assert!(body["detail"].as_str().unwrap().contains(words), "{path}: {body}");
        assert_eq!(allow.is_some(), status == 405, "{path}");
        assert_eq!(body["instance"], path.split('?').next().unwrap());
    }
}

#[tokio::test]
async fn a_panic_is_an_error_that_tells_nothing() {
    let app = app(state(config(&[], &Vec::new())));
    let token = token("shop", &["service"]);
    let response = app.oneshot(request("PUT", "/api/v1/loyalty/alice/upgrade", Some(&token), "{}")).await.unwrap();
    let (status, code, body) = problem(response).await;
    assert_eq!((status, code.as_str()), (500, "processing_error"));
    assert!(!body.to_string().contains("hunter2"), "{body}");
}

#[tokio::test]
async fn a_request_keeps_its_id_if_it_is_one() {
    let app = app(state(config(&[], &Vec::new())));
    for (given, kept) in [("abc-1.2:3_4", true), ("a b", false), ("", false), (&*"x".repeat(129), false)] {
        let request = Request::builder().uri("/health/live").header("x-request-id", given).body(Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        let id = response.headers()["x-request-id"].to_str().unwrap();
        assert_eq!(id == given, kept, "{given}: {id}");
        assert!(kept || uuid::Uuid::parse_str(id).is_ok_and(|id| id.get_version_num() == 7), "{id}");
    }
}

#[tokio::test]
async fn pages_of_other_origins_get_nothing_unless_they_are_named() {
    for (origins, allowed) in [("", None), ("https://shop.example", Some("https://shop.example"))] {
        let app = app(state(config(&[("CORS_ORIGINS", origins)], &Vec::new())));
        let request = Request::builder()
            .uri("/health/live")
            .header("origin", "https://shop.example")
            .body(Body::empty())
            .unwrap();
        let response = app.oneshot(request).await.unwrap();
        let found = response.headers().get("access-control-allow-origin").map(|value| value.to_str().unwrap());
        assert_eq!(found, allowed);
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn every_endpoint_of_the_table_is_in_the_description_and_no_other_is() {
    let app = routes::router(state(config(&[], &Vec::new())));
    let (status, text) = told(app.oneshot(request("GET", "/openapi.json", None, "")).await.unwrap()).await;
    assert_eq!(status, 200);
    let described: Value = serde_json::from_str(&text).unwrap();
    assert!(described["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut found: Vec<(String, String)> = Vec::new();
    for (path, item) in described["paths"].as_object().unwrap() {
        let methods = item.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone()));
        found.extend(methods.filter(|(_, path)| path.starts_with("/api/")));
    }
    let mut due: Vec<(String, String)> =
        endpoints::ALL.iter().map(|one| (one.method.to_owned(), one.path.to_owned())).collect();
    found.sort();
    due.sort();
    assert_eq!(found, due);
}
