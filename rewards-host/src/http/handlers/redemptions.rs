//! Spending points: redeeming, withdrawing, fulfilling.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use rewards_rules::state::Settlement;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{done, given, request_key, tagged};
use crate::http::auth::Caller;
use crate::http::endpoints::{Endpoint, Role};
use crate::http::problem::Problem;
use crate::http::read::{JsonText, Path, parsed};
use crate::http::state::AppState;
use crate::service::command::{Act, Command};
use crate::service::redemptions::{RedemptionView, no_redemption};

/// Points to be spent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redeem {
    /// Whose points; may be left out by a member for their own.
    user_id: Option<String>,
    /// Which program; may be left out while one is published.
    program: Option<String>,
    /// Id of an option that the program has.
    option: String,
    /// How many, all or nothing.
    #[schema(value_type = String, example = "500")]
    points: Value,
    /// Where to, in whatever form the fulfilment takes; kept sealed.
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    details: Option<Value>,
}

/// Spends points: all or nothing. The redemption is pending until it is settled or cancelled.
#[utoipa::path(post, path = "/api/v1/rewards/redeem", tag = "rewards", request_body = Redeem,
    params(("Idempotency-Key" = String, Header, description = "A key of your own choice, one for each redemption.")), responses(
    (status = 201, description = "The redemption. `Idempotent-Replayed: true` if the key came before.", body = RedemptionView),
    (status = 409, description = "The member is being changed by another request.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "There are not enough points, the option is not for this, or the key came with another request.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn redeem(
    State(state): State<AppState>,
    Extension(endpoint): Extension<&'static Endpoint>,
    caller: Caller,
    headers: HeaderMap,
    JsonText(text): JsonText,
) -> Result<Response, Problem> {
    let key = request_key(&headers, &caller, endpoint, &text)?;
    let body: Redeem = parsed(&text)?;
    let user_id = given::member(&caller, body.user_id.as_deref())?;
    let act = Act::Redeem {
        id: Uuid::now_v7(),
        option: body.option,
        points: given::points(&body.points)?,
        details: body.details,
    };
    let command = Command { user_id, program: body.program, act, key: Some(key), by: caller.sub };
    Ok(done(StatusCode::CREATED, state.poster.post(command).await?))
}

/// The redemption, if the caller may know of it.
async fn of(state: &AppState, caller: &Caller, id: Uuid) -> Result<RedemptionView, Problem> {
    let found = state.service.redemption(id).await?;
    // Its id says nothing of whose it is: to others it is not there.
    caller.reach(&found.user_id).map_err(|_| no_redemption(id))?;
    Ok(found)
}

/// A redemption: what it took, what it is worth, how it stands.
#[utoipa::path(get, path = "/api/v1/rewards/redemptions/{redemption_id}", tag = "rewards",
    params(("redemption_id" = Uuid, Path, description = "The redemption.")), responses(
    (status = 200, description = "The redemption.", body = RedemptionView),
    (status = 304, description = "It is the answer that the caller has."),
    (status = 404, description = "There is none, or it is another member's.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn read(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let mut found = of(&state, &caller, id).await?;
    // Whoever helps members sees the code as they do; machines do not need it.
    if caller.own_only || caller.roles.iter().any(|role| matches!(role, Role::Manager | Role::Admin)) {
        found.code = state.service.voucher(&found).await?;
    }
    tagged(&headers, &found)
}

/// Withdraws a pending redemption: its points go back to where they were, those past their date expire.
#[utoipa::path(post, path = "/api/v1/rewards/redemptions/{redemption_id}/cancel", tag = "rewards",
    params(
        ("redemption_id" = Uuid, Path, description = "The redemption."),
        ("Idempotency-Key" = String, Header, description = "A key of your own choice."),
    ), responses(
    (status = 200, description = "The redemption, cancelled.", body = RedemptionView),
    (status = 404, description = "There is none, or it is another member's.", body = inline(Object), content_type = "application/problem+json"),
    (status = 409, description = "The member is being changed by another request.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "It is not pending any more.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn cancel(
    State(state): State<AppState>,
    Extension(endpoint): Extension<&'static Endpoint>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let key = request_key(&headers, &caller, endpoint, &id.to_string())?;
    let found = of(&state, &caller, id).await?;
    let reason = if caller.own_only { "withdrawn by the member" } else { "withdrawn for the member" };
    let act = Act::Settle { id, settlement: Settlement::Cancel, reason: reason.to_owned() };
    let command = Command { user_id: found.user_id, program: None, act, key: Some(key), by: caller.sub };
    Ok(done(StatusCode::OK, state.poster.post(command).await?))
}

/// How a redemption ended.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ending {
    /// It was fulfilled.
    Completed,
    /// It could not be fulfilled.
    Failed,
}

/// That a redemption ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settle {
    /// How.
    outcome: Ending,
    /// Why, or by what: it stands in the history.
    reason: String,
}

/// Ends a pending redemption: it was fulfilled, or it could not be and its points go back.
#[utoipa::path(post, path = "/api/v1/rewards/redemptions/{redemption_id}/settle", tag = "rewards", request_body = Settle,
    params(
        ("redemption_id" = Uuid, Path, description = "The redemption."),
        ("Idempotency-Key" = String, Header, description = "A key of your own choice."),
    ), responses(
    (status = 200, description = "The redemption, ended.", body = RedemptionView),
    (status = 404, description = "There is none.", body = inline(Object), content_type = "application/problem+json"),
    (status = 409, description = "The member is being changed by another request.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "It ended otherwise already.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn settle(
    State(state): State<AppState>,
    Extension(endpoint): Extension<&'static Endpoint>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
    JsonText(text): JsonText,
) -> Result<Response, Problem> {
    let key = request_key(&headers, &caller, endpoint, &format!("{id}\n{text}"))?;
    let body: Settle = parsed(&text)?;
    let found = of(&state, &caller, id).await?;
    let settlement = match body.outcome {
        Ending::Completed => Settlement::Complete,
        Ending::Failed => Settlement::Fail,
    };
    let act = Act::Settle { id, settlement, reason: given::reason(&body.reason)? };
    let command = Command { user_id: found.user_id, program: None, act, key: Some(key), by: caller.sub };
    Ok(done(StatusCode::OK, state.poster.post(command).await?))
}
