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

    /// Moves what was measured into its buckets, and looks at the process; due every few seconds.
    pub(crate) fn upkeep(&self) {
        self.0.run_upkeep();
        metrics_process::Collector::default().collect();
    }
}

/// Every series of the service, with what it counts; those of the process describe themselves.
fn described() {
    use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
    describe_counter!("rewards_http_requests_total", "Answers, by method, route, status and code of the error");
    describe_histogram!("rewards_http_request_duration_seconds", Unit::Seconds, "Time to an answer, by route");
    describe_counter!("rewards_cashback_minor_units_total", "Cashback that was posted, in minor units");
    describe_counter!("rewards_ledger_actions_total", "Lines of history, by action");
    describe_counter!("rewards_points_units_total", "Points that lines of history moved, in the smallest unit");
    describe_counter!("rewards_posted_members_total", "Members of whom something was posted, once a batch");
    describe_gauge!("rewards_active_members", "Members with a change in the last 24 hours");
    describe_gauge!(
        "rewards_budget_used_units",
        "What was used of a budget that all members share, in its smallest unit"
    );
    describe_gauge!("rewards_campaign_budget_used", "What a campaign granted of its budget, in the period that is now");
    describe_gauge!(
        "rewards_campaign_budget_left",
        "What is left of the budget of a campaign, in the period that is now"
    );
    describe_gauge!("rewards_voucher_codes_left", "Codes that are free, of options that have a pool");
    describe_gauge!("rewards_outbox_waiting", "Messages that wait");
    describe_gauge!("rewards_outbox_age_seconds", Unit::Seconds, "How long the oldest message waits");
    describe_counter!("rewards_cache_answers_total", "Answers by where they came from: near, far, none");
    describe_counter!("rewards_access_log_lost_total", "Lines of access that could not be kept");
    describe_gauge!("rewards_store_connections", "Connections to the database, by whether they are in use");
    metrics_process::Collector::default().describe();
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
