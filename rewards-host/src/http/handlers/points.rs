//! Points that change hands, or are given and taken by hand.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::NaiveDate;
use rewards_rules::value::Exact;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{done, given, id, request_key, tagged};
use crate::http::auth::Caller;
use crate::http::endpoints::Endpoint;
use crate::http::problem::Problem;
use crate::http::read::{JsonText, Path, parsed};
use crate::http::state::AppState;
use crate::service::adjustments::{Asked, WaitingAdjustment};
use crate::service::command::{Act, Command};
use crate::service::error::{Code, ServiceError};

/// Points for another member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transfer {
    /// Who gives; may be left out by a member for their own.
    user_id: Option<String>,
    /// Who receives: a member that the service knows.
    to: String,
    /// Which program; may be left out while one is published.
    program: Option<String>,
    /// How many, all or nothing.
    #[schema(value_type = String, example = "200")]
    points: Value,
}

/// That points changed hands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TransferAnswer {
    /// Its id.
    transfer_id: Uuid,
    /// Who gave.
    from: String,
    /// Who received.
    to: String,
    /// How many.
    points: String,
    /// When.
    created_at: String,
}

/// Gives points to another member. They keep their dates; pending ones stay.
#[utoipa::path(post, path = "/api/v1/rewards/transfer", tag = "rewards", request_body = Transfer,
    params(("Idempotency-Key" = String, Header, description = "A key of your own choice, one for each transfer.")), responses(
    (status = 201, description = "The transfer. `Idempotent-Replayed: true` if the key came before.", body = TransferAnswer),
    (status = 404, description = "The receiver is not known.", body = inline(Object), content_type = "application/problem+json"),
    (status = 409, description = "A member is being changed by another request.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "There are not enough points, a member takes no part, or the key came with another request.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn transfer(
    State(state): State<AppState>,
    Extension(endpoint): Extension<&'static Endpoint>,
    caller: Caller,
    headers: HeaderMap,
    JsonText(text): JsonText,
) -> Result<Response, Problem> {
    let key = request_key(&headers, &caller, endpoint, &text)?;
    let body: Transfer = parsed(&text)?;
    let user_id = given::member(&caller, body.user_id.as_deref())?;
    let to = id("to", &body.to)?;
    // Points for somebody who is not there would be lost by a slip of the pen. Members never go away.
    if !state.service.is_known(&to).await? {
        return Err(ServiceError::new(Code::NotFound, format!("there is no member `{to}` to receive points"))
            .at("to")
            .into());
    }
    let act = Act::Transfer { id: Uuid::now_v7(), to, points: given::points(&body.points)? };
    let command = Command { user_id, program: body.program, act, key: Some(key), by: caller.sub };
    Ok(done(StatusCode::CREATED, state.poster.post(command).await?))
}

/// Points to be given or taken by hand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Adjust {
    /// Whose.
    user_id: String,
    /// Which program; may be left out while one is published.
    program: Option<String>,
    /// How many; below zero they are taken.
    #[schema(value_type = String, example = "-50")]
    points: Value,
    /// Last local day on which they can be spent; else as the program has it.
    #[schema(value_type = Option<String>, example = "2027-01-31")]
    expires_on: Option<NaiveDate>,
    /// Why; it stands in the history.
    reason: String,
}

/// An adjustment: posted, or waiting for a second person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdjustmentAnswer {
    /// Its id.
    adjustment_id: Uuid,
    /// Whose points.
    user_id: String,
    /// How many; below zero they were taken.
    points: String,
    /// Why.
    reason: String,
    /// Who asked for it.
    by: String,
    /// Who approved it, where that is due.
    approved_by: Option<String>,
    /// `posted` or `waiting`.
    status: String,
    /// When.
    created_at: String,
}

/// Gives or takes points by hand. More than `points.approval_over` of them wait until a second person approves.
#[utoipa::path(post, path = "/api/v1/rewards/adjustments", tag = "rewards", request_body = Adjust,
    params(("Idempotency-Key" = String, Header, description = "A key of your own choice, one for each adjustment.")), responses(
    (status = 201, description = "Posted. `Idempotent-Replayed: true` if the key came before.", body = AdjustmentAnswer),
    (status = 202, description = "Waiting for a second person.", body = AdjustmentAnswer),
    (status = 409, description = "The member is being changed by another request.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "More points are to be taken than are available, or the key came with another request.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn adjust(
    State(state): State<AppState>,
    Extension(endpoint): Extension<&'static Endpoint>,
    caller: Caller,
    headers: HeaderMap,
    JsonText(text): JsonText,
) -> Result<Response, Problem> {
    let key = request_key(&headers, &caller, endpoint, &text)?;
    let body: Adjust = parsed(&text)?;
    let asked = Asked {
        user_id: id("user_id", &body.user_id)?,
        program: body.program,
        points: given::points(&body.points)?,
        expires_on: body.expires_on.map(|day| given::day("expires_on", day)).transpose()?,
        reason: given::reason(&body.reason)?,
        by: caller.sub,
        key,
    };
    let over = Exact::from(i64::try_from(state.config.approval_over).unwrap_or(i64::MAX));
    if asked.points.checked_abs().is_ok_and(|points| points <= over) {
        return Ok(done(StatusCode::CREATED, state.poster.post(asked.command()).await?));
    }
    Ok(done(StatusCode::ACCEPTED, state.service.ask_adjustment(&asked).await?))
}

/// Adjustments that wait.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaitingAnswer {
    /// Oldest first, at most 200.
    items: Vec<WaitingAdjustment>,
}

/// Adjustments that wait for a second person, oldest first.
#[utoipa::path(get, path = "/api/v1/rewards/adjustments", tag = "rewards", responses(
    (status = 200, description = "Those that wait.", body = WaitingAnswer),
    (status = 304, description = "It is the answer that the caller has."),
))]
pub(crate) async fn waiting(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, Problem> {
    tagged(&headers, &WaitingAnswer { items: state.service.waiting_adjustments().await? })
}

/// Approves an adjustment that somebody else asked for, and posts it.
#[utoipa::path(post, path = "/api/v1/rewards/adjustments/{adjustment_id}/approve", tag = "rewards",
    params(("adjustment_id" = Uuid, Path, description = "The adjustment.")), responses(
    (status = 200, description = "Posted. `Idempotent-Replayed: true` if the caller approved it before.", body = AdjustmentAnswer),
    (status = 404, description = "There is none that waits or waited.", body = inline(Object), content_type = "application/problem+json"),
    (status = 409, description = "Somebody else approved it, or the member is being changed by another request.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "More points are to be taken than are available.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn approve(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let command = state.service.approval(id, &caller.sub).await?;
    match state.poster.post(command).await {
        // Another person was faster by a moment.
        Err(error) if error.code == Code::IdempotencyKeyReused => {
            Err(Problem::new(Code::StateConflict, "the adjustment was approved by somebody else"))
        }
        answer => Ok(done(StatusCode::OK, answer?)),
    }
}
