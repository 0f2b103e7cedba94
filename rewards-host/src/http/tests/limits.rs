//! How often: counts, headers, Redis.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

use axum::body::Body;
use tower::ServiceExt;

use super::super::limits::Limiter;
use super::{SUMMARY, app, config, problem, request, state, token};

#[tokio::test]
async fn one_request_too_many_is_told_when_to_come_back() {
    let app = app(state(config(&[], &Vec::new())));
    let call = |sub: &'static str, path: &'static str| {
        let app = app.clone();
        async move { app.oneshot(request("GET", path, Some(&token(sub, &["manager"])), Body::empty())).await.unwrap() }
    };
    for n in 1..=100 {
        let response = call("m1", SUMMARY).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["ratelimit-policy"], "\"rewards_summary\";q=100;w=60");
        let left = response.headers()["ratelimit"].to_str().unwrap();
        assert!(left.starts_with(&format!("\"rewards_summary\";r={};t=", 100 - n)), "{left}");
    }
    let response = call("m1", SUMMARY).await;
    let after: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&after));
    assert!(response.headers()["ratelimit"].to_str().unwrap().contains(";r=0;"));
    assert_eq!(problem(response).await.1, "rate_limited");
    // Others, and other endpoints, are counted for themselves.
    assert_eq!(call("m2", SUMMARY).await.status(), 200);
    assert_eq!(call("m1", "/api/v1/rewards/alice/history").await.status(), 200);
}

#[tokio::test]
async fn limits_can_be_set_and_switched_off() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "[limits.per_minute]\nloyalty_programs = 1\n").unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    for (rates, last) in [("on", 429), ("off", 200)] {
        let app = app(state(config(&[("REWARDS_CONFIG", &path), ("RATE_LIMITS", rates)], &Vec::new())));
        let mut statuses = Vec::new();
        for _ in 0..2 {
            let request = request("GET", "/api/v1/loyalty/programs", None, Body::empty());
            statuses.push(app.clone().oneshot(request).await.unwrap().status().as_u16());
        }
        assert_eq!(statuses, [200, last]);
    }
}

/// Nobody listens there: requests are answered all the same, and counted by this process.
#[tokio::test]
async fn without_redis_requests_are_counted_here() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "[limits.per_minute]\nloyalty_programs = 2\n").unwrap();
    let environment = [("REWARDS_CONFIG", file.path().to_str().unwrap()), ("REDIS_URL", "redis://127.0.0.1:1/")];
    let app = app(state(config(&environment, &Vec::new())));
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let request = request("GET", "/api/v1/loyalty/programs", None, Body::empty());
        statuses.push(app.clone().oneshot(request).await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 429]);
}

/// Where there is a Redis to test with: two replicas, one count.
#[tokio::test]
async fn two_replicas_share_one_count() {
    let Ok(url) = std::env::var("REDIS_URL") else {
        assert!(std::env::var_os("CI").is_none(), "there is no Redis: REDIS_URL is not set");
        eprintln!("left out: there is no Redis: REDIS_URL is not set");
        return;
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "[limits.per_minute]\nrewards_summary = 20\n").unwrap();
    let environment = [("REWARDS_CONFIG", file.path().to_str().unwrap()), ("REDIS_URL", &url)];
    let apps = [app(state(config(&environment, &Vec::new()))), app(state(config(&environment, &Vec::new())))];
    // A connection takes longer than Redis has for an answer: the first counts may be this process's own.
    let sub = format!("m{}", uuid::Uuid::new_v4().simple());
    for app in &apps {
        let other = token("warm", &["manager"]);
        for _ in 0..3 {
            let request = request("GET", SUMMARY, Some(&other), Body::empty());
            app.clone().oneshot(request).await.unwrap();
        }
    }
    let token = token(&sub, &["manager"]);
    let calls = (0..60_usize).map(|n| {
        let request = request("GET", SUMMARY, Some(&token), Body::empty());
        apps[n % 2].clone().oneshot(request)
    });
    let answers = futures_util::future::join_all(calls).await;
    let allowed = answers.into_iter().filter(|answer| answer.as_ref().unwrap().status() == 200).count();
    assert_eq!(allowed, 20);
}

/// Two stores on one Redis have the same endpoints and subjects.
#[tokio::test]
async fn stores_that_share_a_redis_count_apart() {
    let Some(redis) = crate::cache::tests::Redis::start().await else { return };
    let config = config(&[("REDIS_URL", &redis.address())], &Vec::new());
    let patience = std::time::Duration::from_secs(10);
    let of = |store: &str| Limiter::new(&config, patience).unwrap().of_store(store.to_owned());
    let endpoint = super::endpoints::ALL.first().unwrap();
    let left = async |limiter: &Limiter| limiter.take(endpoint, || "m-1".to_owned()).await.unwrap().remaining();
    let (one, same, other) = (of("a"), of("a"), of("b"));
    let whole = left(&one).await;
    assert_eq!(left(&same).await, whole - 1);
    assert_eq!(left(&other).await, whole);
}
