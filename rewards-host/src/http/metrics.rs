//! What is counted, for Prometheus: `/metrics`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use axum::extract::State;
use axum::http::{Method, header};
use axum::response::IntoResponse;
use metrics::{Counter, Histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::state::AppState;

/// Upper ends of the buckets of times, in seconds.
const BUCKETS: [f64; 12] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// The counters of this process.
#[derive(Clone)]
pub(crate) struct Metrics(PrometheusHandle);

impl Metrics {
    /// The counters; there is one set of them in a process.
    pub(crate) fn installed() -> Metrics {
        static ONE: OnceLock<PrometheusHandle> = OnceLock::new();
        let handle = ONE.get_or_init(|| {
            // No bucket is missing and nobody else installs a recorder, so neither can fail.
            let builder = PrometheusBuilder::new().set_buckets(&BUCKETS).unwrap_or_default();
            let recorder = builder.build_recorder();
            let handle = recorder.handle();
            let _ = metrics::set_global_recorder(recorder);
            described();
            handle
        });
        Metrics(handle.clone())
    }

    /// All of them, as Prometheus reads them.
    fn text(&self) -> String {
        self.0.render()
    }

    /// Moves what was measured into its buckets; due every few seconds.
    pub(crate) fn upkeep(&self) {
        self.0.run_upkeep();
    }
}

fn described() {
    use metrics::{Unit, describe_counter, describe_histogram};
    describe_counter!("rewards_http_requests_total", "Answers, by method, route, status and code of the error");
    describe_histogram!("rewards_http_request_duration_seconds", Unit::Seconds, "Time to an answer, by route");
}

/// What answers of one kind are counted with.
struct Series {
    method: &'static str,
    status: u16,
    code: &'static str,
    answers: Counter,
    times: Histogram,
}

thread_local! {
    /// By route, those that this thread met: to look them up by their names costs more than counting. Routes, methods
    /// and codes are few.
    static AT_HAND: RefCell<HashMap<String, Vec<Series>>> = RefCell::default();
}

/// Counts an answer.
pub(crate) fn answered(method: &Method, route: &str, status: u16, code: &'static str, took: Duration) {
    // Methods and paths that nobody serves would make a series for each invention of a stranger.
    let route = if route.is_empty() { "none" } else { route };
    let method = match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        _ => "other",
    };
    let is_it = |one: &Series| (one.method, one.status, one.code) == (method, status, code);
    let count = |one: &Series| {
        one.answers.increment(1);
        one.times.record(took);
    };
    AT_HAND.with_borrow_mut(|all| {
        if let Some(one) = all.get(route).and_then(|series| series.iter().find(|one| is_it(one))) {
            return count(one);
        }
        let one = series(method, route, status, code);
        count(&one);
        all.entry(route.to_owned()).or_default().push(one);
    });
}

fn series(method: &'static str, route: &str, status: u16, code: &'static str) -> Series {
    let labels = [
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.to_string()),
        ("code", code.to_owned()),
    ];
    let answers = metrics::counter!("rewards_http_requests_total", &labels);
    let times = metrics::histogram!("rewards_http_request_duration_seconds", "route" => route.to_owned());
    Series { method, status, code, answers, times }
}

/// Counters for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "health",
    responses((status = 200, body = String, content_type = "text/plain; version=0.0.4")))]
pub(crate) async fn show(State(state): State<AppState>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], state.metrics.text())
}
