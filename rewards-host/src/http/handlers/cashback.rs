//! Purchases, refunds and what came of them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use rewards_rules::EvaluationError;
use rewards_rules::input::{Raw, Refund, Transaction};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{done, id};
use crate::http::auth::Caller;
use crate::http::openapi::engine;
use crate::http::problem::Problem;
use crate::http::read::{Json, JsonText, Path, Query, parsed};
use crate::http::state::AppState;
use crate::service::command::{Act, Command};
use crate::service::error::{Code, ServiceError};

/// As many items may a batch have.
const ITEMS: usize = 1_000;

/// A purchase of a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Calculate {
    /// Whose purchase it is.
    user_id: String,
    /// Which program; may be left out while one is published.
    program: Option<String>,
    /// It, as the engine takes it: `id`, `amount`, `currency`, `occurred_at` and what the program declares.
    #[schema(value_type = engine::Transaction)]
    transaction: Value,
    /// What is told of the member; it is kept. `null` forgets a name.
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    member: Option<Map<String, Value>>,
}

impl Calculate {
    fn command(self, by: &str) -> Result<Command, ServiceError> {
        let user_id = id("user_id", &self.user_id).map_err(|p| p.0)?;
        let transaction = Transaction::from_raw(Raw::from(self.transaction)).map_err(|e| wrong(e, "transaction"))?;
        let act = Act::Purchase { transaction: Box::new(transaction), facts: self.member };
        Ok(Command { user_id, program: self.program, act, key: None, by: by.to_owned() })
    }
}

/// An error of the engine's reader with the place in the request.
fn wrong(error: rewards_rules::input::InputError, within: &str) -> ServiceError {
    let path = match (within, error.path.as_str()) {
        ("", path) => path.to_owned(),
        (within, "") => within.to_owned(),
        (within, path) => format!("{within}.{path}"),
    };
    ServiceError::from(EvaluationError::from(error)).at(path)
}

/// Posts a purchase: evaluates it, keeps it, and answers its whole outcome.
#[utoipa::path(post, path = "/api/v1/cashback/calculate", tag = "cashback", request_body = Calculate, responses(
    (status = 200, description = "The outcome. `Idempotent-Replayed: true` if it was posted before.", body = engine::Outcome),
    (status = 409, description = "The member is being changed by another request.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "The purchase cannot be evaluated, or its id is taken.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn calculate(
    State(state): State<AppState>,
    caller: Caller,
    Json(body): Json<Calculate>,
) -> Result<Response, Problem> {
    let command = body.command(&caller.sub)?;
    Ok(done(StatusCode::OK, state.poster.post(command).await?))
}

/// Purchases to post.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Batch {
    /// 1 to 1,000 of them. Those of one member are posted in this order.
    #[schema(value_type = Vec<Calculate>)]
    items: Vec<Value>,
}

/// What became of the items of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BatchAnswer {
    /// In the order of the items.
    items: Vec<ItemAnswer>,
}

/// What became of an item: its outcome, or what is wrong with it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ItemAnswer {
    /// 200, or the status that the item alone would have had.
    status: u16,
    /// Whether it was posted before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    replayed: bool,
    /// The outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<engine::Outcome>)]
    outcome: Option<Box<RawValue>>,
    /// The problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ItemProblem>,
}

/// What is wrong with an item.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ItemProblem {
    /// Decide by this; docs/errors.md lists the codes.
    code: &'static str,
    /// Who has to do something: `request`, `business`, `technical` or `integration`.
    class: &'static str,
    /// What the code means.
    title: &'static str,
    /// What is wrong this time.
    detail: String,
    /// Where in the item, and what else a code says.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    fields: Map<String, Value>,
}

/// Posts purchases, each on its own: one that fails keeps no other back.
#[utoipa::path(post, path = "/api/v1/cashback/calculate/batch", tag = "cashback", request_body = Batch, responses(
    (status = 200, description = "An answer for each item, in order.", body = BatchAnswer),
))]
pub(crate) async fn batch(
    State(state): State<AppState>,
    caller: Caller,
    Json(body): Json<Batch>,
) -> Result<axum::Json<BatchAnswer>, Problem> {
    if body.items.is_empty() || body.items.len() > ITEMS {
        let words = format!("a batch has 1 to {ITEMS} items, this one has {}", body.items.len());
        return Err(ServiceError::new(Code::InvalidRequest, words).at("items").into());
    }
    let mut commands = Vec::with_capacity(body.items.len());
    let mut places = Vec::with_capacity(body.items.len());
    for item in body.items {
        let read = Calculate::deserialize(item)
            .map_err(|e| ServiceError::new(Code::InvalidRequest, e.to_string()))
            .and_then(|item| item.command(&caller.sub));
        places.push(match read {
            Ok(command) => {
                commands.push(command);
                None
            }
            Err(error) => Some(error),
        });
    }
    let mut answers = state.poster.post_all(commands).await.into_iter();
    let items = places.into_iter().map(|wrong| {
        let answer = match wrong {
            Some(error) => Err(error),
            None => answers.next().unwrap_or_else(|| Err(crate::service::mend("an answer is missing"))),
        };
        item(answer)
    });
    Ok(axum::Json(BatchAnswer { items: items.collect() }))
}

fn item(answer: Result<crate::service::command::Done, ServiceError>) -> ItemAnswer {
    match answer {
        Ok(done) => ItemAnswer {
            status: 200,
            replayed: done.replayed,
            outcome: RawValue::from_string(done.answer).ok(),
            problem: None,
        },
        Err(error) => {
            let problem = ItemProblem {
                code: error.code.as_str(),
                class: error.code.class().as_str(),
                title: error.code.title(),
                detail: error.detail,
                fields: error.fields,
            };
            ItemAnswer { status: error.code.status(), replayed: false, outcome: None, problem: Some(problem) }
        }
    }
}

/// Posts a refund of a purchase, whole or in part, and answers its outcome, whose numbers are negative.
#[utoipa::path(post, path = "/api/v1/cashback/{transaction_id}/refunds", tag = "cashback",
    params(("transaction_id" = String, Path, description = "The purchase.")), request_body = engine::RefundRequest, responses(
    (status = 200, description = "The outcome of the refund.", body = engine::Outcome),
    (status = 404, description = "There is no such purchase.", body = inline(Object), content_type = "application/problem+json"),
    (status = 409, description = "The member is being changed by another request.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "The refund is more than what is left, or its id is taken.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn refund(
    State(state): State<AppState>,
    caller: Caller,
    Path(transaction_id): Path<String>,
    JsonText(body): JsonText,
) -> Result<Response, Problem> {
    let mut fields: Map<String, Value> = parsed(&body)?;
    let original = id("transaction_id", &transaction_id)?;
    if fields.insert("original".to_owned(), original.clone().into()).is_some() {
        let words = "the purchase is named in the address; leave `original` out";
        return Err(ServiceError::new(Code::InvalidRequest, words).at("original").into());
    }
    let refund = Refund::from_raw(Raw::from(Value::Object(fields))).map_err(|e| wrong(e, ""))?;
    let Some(purchase) = state.service.processed(&original).await? else {
        return Err(Problem::new(Code::NotFound, format!("there is no purchase `{original}`")));
    };
    let command = Command {
        user_id: purchase.user_id,
        program: None,
        act: Act::Refund(Box::new(refund)),
        key: None,
        by: caller.sub,
    };
    Ok(done(StatusCode::OK, state.poster.post(command).await?))
}

/// Whether to say why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutcomeQuery {
    explain: Option<bool>,
}

/// What came of a purchase or a refund, as it was answered; with `explain`, why other rules brought nothing.
#[utoipa::path(get, path = "/api/v1/cashback/outcomes/{transaction_id}", tag = "cashback",
    params(
        ("transaction_id" = String, Path, description = "The purchase or refund."),
        ("explain" = Option<bool>, Query, description = "Of a purchase: its posting is done again, and `rejected` says of each rule that did not grant why."),
    ), responses(
    (status = 200, description = "The stored outcome.", body = engine::Outcome),
    (status = 304, description = "It is the one that the caller has."),
    (status = 404, description = "There is none.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn outcome(
    State(state): State<AppState>,
    headers: axum::http::HeaderMap,
    Path(transaction_id): Path<String>,
    Query(query): Query<OutcomeQuery>,
) -> Result<Response, Problem> {
    let Some(row) = state.service.processed(&transaction_id).await? else {
        return Err(Problem::new(Code::NotFound, format!("there is no outcome of `{transaction_id}`")));
    };
    let outcome = match query.explain {
        Some(true) => state.service.derivation(&row).await?,
        _ => row.outcome,
    };
    let outcome = RawValue::from_string(outcome)
        .map_err(|_| Problem::new(Code::ProcessingError, "the stored outcome cannot be read"))?;
    super::tagged(&headers, &outcome)
}
