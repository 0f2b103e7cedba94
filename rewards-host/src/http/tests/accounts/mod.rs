//! What members and those who help them ask for, over the whole router, on both kinds of store.

mod campaigns;
mod lists;
mod members;
mod points;
mod preview;
mod redemptions;
mod vouchers;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::HeaderMap;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{config, request, token};
use crate::http::auth::Verifier;
use crate::http::health::Checks;
use crate::http::limits::{Limiter, PATIENCE};
use crate::http::routes;
use crate::http::state::AppState;
use crate::service::queue::Poster;
use crate::service::tests::{Desk, desks};

/// Points and tiers never end, so that no test depends on the day on which it runs.
const SHOP: &str = r#"
program: shop
currency: EUR
timezone: Europe/Berlin
facts:
  member:
    staff: boolean
base:
  - id: all
    rate: 2%
tiers:
  window: lifetime
  levels:
    - id: bronze
      min_spending: 0.00
    - id: silver
      min_spending: 1000.00
points:
  earn: {points: 1, per: 1.00}
redemption:
  options:
    - id: credit
      type: statement_credit
      value: {points: 100, cash: 1.00}
      min_points: 100
      step: 100
    - {id: coupon, type: voucher, value: {points: 100, cash: 1.00}}
campaigns:
  - campaign: club
    name: The club
    type: percentage
    funded_by: mill
    active: {from: 2020-01-01, to: 2099-12-31}
    audience: {enrolled: true}
    reward: {rate: 1%}
    caps: {budget: 1.50}
  - campaign: for-all
    type: percentage
    when: tx.category == "gifts"
    min_transaction: 50.00
    reward: {rate: 5%}
    on_refund: requalify
  - campaign: over
    type: percentage
    active: {from: 2020-01-01, to: 2021-12-31}
    audience: {enrolled: true}
    reward: {rate: 1%}
  - campaign: to-come
    type: percentage
    active: {from: 2099-01-01, to: 2099-12-31}
    audience: {enrolled: true}
    reward: {rate: 1%}
"#;

/// The service on a store of its own.
struct Shop {
    app: Router,
    kind: &'static str,
    desk: Desk,
}

/// An answer.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    /// Status and code of a problem; the code is empty for a success.
    fn code(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }

    fn is_replayed(&self) -> bool {
        self.headers.contains_key("idempotent-replayed")
    }
}

/// The shop on each kind of store. More than 1,000 points by hand need a second person.
async fn shops() -> Vec<Shop> {
    let all = desks(SHOP).await.into_iter().map(|desk| {
        let flags = vec![("points.approval_over", "--over", "1000")];
        let config = config(&[("RATE_LIMITS", "off")], &flags);
        let verifier = Verifier::new(&config.auth, None).unwrap();
        let limiter = Limiter::new(&config, PATIENCE).unwrap();
        let service = Arc::clone(&desk.service);
        let poster = Poster::start(&service, 2);
        let state = AppState::new(config, verifier, limiter, Checks::default(), (service, poster));
        Shop { app: routes::router(state), kind: desk.kind(), desk }
    });
    all.collect()
}

impl Shop {
    /// Sends a request as somebody with a role. `key` is an `Idempotency-Key`, or empty.
    async fn send(&self, who: (&str, &str), method: &str, path: &str, key: &str, body: Value) -> Answer {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let mut request = request(method, &format!("/api/v1{path}"), Some(&token(who.0, &[who.1])), body);
        if !key.is_empty() {
            request.headers_mut().insert("idempotency-key", key.parse().unwrap());
        }
        let response = self.app.clone().oneshot(request).await.unwrap();
        let headers = response.headers().clone();
        let (status, text) = super::told(response).await;
        Answer { status: status.as_u16(), headers, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
    }

    async fn get(&self, who: (&str, &str), path: &str) -> Answer {
        self.send(who, "GET", path, "", Value::Null).await
    }

    async fn post(&self, who: (&str, &str), path: &str, key: &str, body: Value) -> Answer {
        self.send(who, "POST", path, key, body).await
    }

    /// Posts a purchase; answers its outcome.
    async fn buys(&self, member: &str, id: &str, amount: &str, more: Value) -> Value {
        let mut transaction =
            json!({"id": id, "amount": amount, "currency": "EUR", "occurred_at": "2026-03-01T12:00:00Z"});
        transaction.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        let body = json!({"user_id": member, "transaction": transaction});
        let answer = self.post(TILL, "/cashback/calculate", "", body).await;
        assert_eq!(answer.status, 200, "{}: {}", self.kind, answer.body);
        answer.body
    }

    /// Posts a purchase that happens now: earlier ones are not of a campaign that was joined since.
    async fn buys_now(&self, member: &str, id: &str, amount: &str) -> Value {
        self.buys(member, id, amount, json!({"occurred_at": chrono::Utc::now().to_rfc3339()})).await
    }

    async fn refunds(&self, purchase: &str, id: &str, amount: &str) -> Value {
        let body = json!({"id": id, "amount": amount, "occurred_at": "2026-03-05T12:00:00Z"});
        let answer = self.post(TILL, &format!("/cashback/{purchase}/refunds"), "", body).await;
        assert_eq!(answer.status, 200, "{}: {}", self.kind, answer.body);
        answer.body
    }

    /// What a member has: available points, and debt.
    async fn balance(&self, member: &str) -> (String, String) {
        let answer = self.get(BOSS, &format!("/rewards/{member}")).await;
        let points = &answer.body["programs"][0];
        (points["available"].as_str().unwrap().to_owned(), points["debt"].as_str().unwrap().to_owned())
    }

    async fn set_status(&self, member: &str, status: &str) -> Answer {
        let body = json!({"status": status, "reason": "a test"});
        self.send(BOSS, "PUT", &format!("/members/{member}/status"), "", body).await
    }
}

const ALICE: (&str, &str) = ("alice", "user");
const BOB: (&str, &str) = ("bob", "user");
const BOSS: (&str, &str) = ("boss", "manager");
const CHIEF: (&str, &str) = ("chief", "manager");
const ADMIN: (&str, &str) = ("root", "admin");
const TILL: (&str, &str) = ("till", "service");

/// The pair of texts, as [`Shop::balance`] has it.
fn has(available: &str, debt: &str) -> (String, String) {
    (available.to_owned(), debt.to_owned())
}
