//! What a purchase would bring.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use rewards_rules::EvaluationError;
use rewards_rules::input::{InputError, Member, Raw, Transaction, Usage};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::id;
use crate::http::openapi::engine;
use crate::http::problem::Problem;
use crate::http::read::Json;
use crate::http::state::AppState;
use crate::service::error::{Code, ServiceError};
use crate::service::preview::{Preview, Whose};

/// A purchase that may come.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Preview)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// A member as the ledger has them: facts, standing, counters, budgets. Without it, `member` and `usage` say all.
    user_id: Option<String>,
    /// Which program; may be left out while one is published, or with `rules`.
    program: Option<String>,
    /// The purchase, as `POST /cashback/calculate` takes it.
    #[schema(value_type = engine::Transaction)]
    transaction: Value,
    /// With `user_id`: facts put over those that are known. Without: the member, as the engine takes one.
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    member: Option<Map<String, Value>>,
    /// Without `user_id`: what was used of counters, by key.
    #[schema(value_type = Option<engine::Usage>)]
    usage: Option<Value>,
    /// Files of a rule set, path to text, in place of the published one.
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    rules: Option<BTreeMap<String, String>>,
    /// The rule set that is in force then; else, when the purchase happens.
    #[schema(value_type = Option<String>)]
    at: Option<DateTime<Utc>>,
    /// Whether to say of each rule that did not grant why.
    #[serde(default)]
    explain: bool,
}

fn wrong(error: InputError, within: &str) -> ServiceError {
    let path = if error.path.is_empty() { within.to_owned() } else { format!("{within}.{}", error.path) };
    ServiceError::from(EvaluationError::from(error)).at(path)
}

/// What a purchase would bring. Nothing is kept, and its id stays free.
#[utoipa::path(post, path = "/api/v1/cashback/preview", tag = "cashback", request_body = Asked, responses(
    (status = 200, description = "The outcome; with `explain`, `rejected` says what did not grant and why.", body = engine::Outcome),
    (status = 422, description = "The purchase cannot be evaluated, or the rules have mistakes (`findings`).", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn preview(State(state): State<AppState>, Json(body): Json<Asked>) -> Result<Response, Problem> {
    let transaction = Transaction::from_raw(Raw::from(body.transaction)).map_err(|e| wrong(e, "transaction"))?;
    let member = body.member.unwrap_or_default();
    let whose = match (body.user_id, body.usage) {
        (Some(_), Some(_)) => {
            let words = "`usage` is what the ledger has for `user_id`; leave one of them out";
            return Err(ServiceError::new(Code::InvalidRequest, words).at("usage").into());
        }
        (Some(user_id), None) => Whose::Stored(id("user_id", &user_id)?, member),
        (None, usage) => Whose::Given(Box::new(given_member(member)?), given_usage(usage)?),
    };
    let (program, rules, at, explain) = (body.program, body.rules, body.at, body.explain);
    let outcome = state.service.preview(Preview { transaction, whose, program, rules, at, explain }).await?;
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], outcome).into_response())
}

fn given_member(mut member: Map<String, Value>) -> Result<Member, ServiceError> {
    member.entry("id").or_insert_with(|| "preview".into());
    Member::from_raw(Raw::from(Value::Object(member))).map_err(|e| wrong(e, "member"))
}

fn given_usage(usage: Option<Value>) -> Result<Usage, ServiceError> {
    match usage {
        Some(usage) => Usage::from_raw(Raw::from(usage)).map_err(|e| wrong(e, "usage")),
        None => Ok(Usage::default()),
    }
}
