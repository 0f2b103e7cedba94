//! Health checks, the description of the API, metrics.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{app, config, request, state, state_with, told};
use crate::http::health::{Check, Checks};

struct Fixed(&'static str, bool, Result<(), &'static str>);

#[async_trait::async_trait]
impl Check for Fixed {
    fn name(&self) -> &'static str {
        self.0
    }

    fn is_vital(&self) -> bool {
        self.1
    }

    async fn ask(&self) -> Result<Option<String>, String> {
        match self.2 {
            Ok(()) => Ok(None),
            Err("stuck") => std::future::pending().await,
            Err(words) => Err(words.to_owned()),
        }
    }
}

#[tokio::test]
async fn health_says_what_is_down_and_only_vital_parts_count() {
    let up = || Fixed("store", true, Ok(()));
    for (checks, detailed, brief, whole) in [
        (Checks::default().with(up()), "up", 200, 200),
        (Checks::default().with(up()).with(Fixed("redis", false, Err("away"))), "degraded", 200, 200),
        (Checks::default().with(Fixed("store", true, Err("away"))), "down", 503, 503),
        (Checks::default().with(Fixed("store", true, Err("stuck"))), "down", 503, 503),
    ] {
        let state = state_with(config(&[], &Vec::new()), checks);
        let app = app(state.clone());
        let call = |path: &'static str| {
            let app = app.clone();
            async move { told(app.oneshot(request("GET", path, None, Body::empty())).await.unwrap()).await }
        };
        assert_eq!(call("/health/live").await.0, 200);
        assert_eq!(call("/health").await.0.as_u16(), brief);
        assert_eq!(call("/health/ready").await.0.as_u16(), brief);
        let (status, text) = call("/health/detailed").await;
        let body: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((status.as_u16(), &body["status"]), (whole, &json!(detailed)), "{body}");
        assert_eq!(body["components"][0]["name"], "store");
        state.drain();
        assert_eq!(call("/health/ready").await.0, 503);
        assert_eq!(call("/health/live").await.0, 200);
    }
}

#[tokio::test]
async fn it_is_not_ready_while_the_rules_that_purchases_need_are_not_compiled() {
    let state = state_with(config(&[], &Vec::new()), Checks::default());
    let app = app(state.clone());
    let call = |path: &'static str| {
        let app = app.clone();
        async move { app.oneshot(request("GET", path, None, Body::empty())).await.unwrap().status() }
    };
    assert_eq!(call("/health/ready").await, 200);
    // Of a store that is away nobody knows which rules these are.
    let preparing = state.prepare();
    assert_eq!((call("/health/ready").await.as_u16(), call("/health/live").await.as_u16()), (503, 200));
    preparing.abort();
}

struct Counted(Arc<AtomicUsize>);

#[async_trait::async_trait]
impl Check for Counted {
    fn name(&self) -> &'static str {
        "store"
    }

    fn is_vital(&self) -> bool {
        true
    }

    async fn ask(&self) -> Result<Option<String>, String> {
        self.0.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        Ok(None)
    }
}

#[tokio::test(start_paused = true)]
async fn many_who_ask_at_once_make_one_question() {
    let asked = Arc::new(AtomicUsize::new(0));
    let app = app(state_with(config(&[], &Vec::new()), Checks::default().with(Counted(asked.clone()))));
    let calls = (0..50).map(|_| app.clone().oneshot(request("GET", "/health", None, Body::empty())));
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().status() == 200));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn the_description_of_the_api_and_its_page_are_served() {
    let app = app(state(config(&[], &Vec::new())));
    let call = |path: &'static str| {
        let app = app.clone();
        async move { told(app.oneshot(request("GET", path, None, Body::empty())).await.unwrap()).await }
    };
    let (status, text) = call("/openapi.json").await;
    let api: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status.as_u16(), api["openapi"].as_str().unwrap().starts_with("3.1")), (200, true));
    assert!(api["paths"]["/health/detailed"]["get"]["responses"]["503"].is_object());
    assert!(api["components"]["schemas"]["Problem"].to_string().contains("\"advice\""), "{}", api["components"]);
    let (status, page) = call("/docs/").await;
    assert_eq!(status, 200);
    assert!(page.contains("swagger-ui") && !page.contains("https://"), "{page}");
    let (status, metrics) = call("/metrics").await;
    assert_eq!(status, 200);
    assert!(metrics.contains("rewards_http_requests_total{"), "{metrics}");
}
