//! Campaigns, and taking part in them.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{done, given, id, tagged};
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::http::read::{Json, Path, Query};
use crate::http::state::AppState;
use crate::service::campaigns::CampaignView;
use crate::service::pauses::PauseAnswer;

/// Of which program.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    pub(super) program: Option<String>,
}

/// Campaigns.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CampaignsAnswer {
    /// By program; in order of priority, then as the rules have them.
    campaigns: Vec<CampaignView>,
}

/// The campaigns of the rules in force, with their state and what is left of their budgets.
#[utoipa::path(get, path = "/api/v1/campaigns", tag = "campaigns",
    params(("program" = Option<String>, Query, description = "Of this program alone.")), responses(
    (status = 200, description = "The campaigns.", body = CampaignsAnswer),
    (status = 304, description = "It is the answer that the caller has."),
    (status = 422, description = "There is no such program.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    State(state): State<AppState>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let campaigns = state.service.campaigns(asked.program.as_deref()).await?;
    tagged(&headers, &CampaignsAnswer { campaigns })
}

/// A campaign: its state, and what is left of its budget.
#[utoipa::path(get, path = "/api/v1/campaigns/{campaign_id}", tag = "campaigns",
    params(
        ("campaign_id" = String, Path, description = "The campaign."),
        ("program" = Option<String>, Query, description = "Its program, where several have a campaign of that id."),
    ), responses(
    (status = 200, description = "The campaign.", body = CampaignView),
    (status = 304, description = "It is the answer that the caller has."),
    (status = 404, description = "The rules in force have none of that id.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "There is no such program.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn read(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(campaign_id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    tagged(&headers, &state.service.campaign(asked.program.as_deref(), &campaign_id).await?)
}

/// That a member takes part, or no longer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EnrolmentAnswer {
    /// The member.
    user_id: String,
    /// The campaign.
    campaign_id: String,
    /// Whether the member takes part.
    enrolled: bool,
}

/// A member takes part in a campaign that asks for it, from the next purchase on. Twice is once.
#[utoipa::path(put, path = "/api/v1/campaigns/{campaign_id}/members/{user_id}", tag = "campaigns",
    params(
        ("campaign_id" = String, Path, description = "The campaign."),
        ("user_id" = String, Path, description = "The member."),
        ("program" = Option<String>, Query, description = "Its program, where several have a campaign of that id."),
    ), responses(
    (status = 200, description = "The member takes part.", body = EnrolmentAnswer),
    (status = 404, description = "The rules in force have no such campaign.", body = inline(Object), content_type = "application/problem+json"),
    (status = 409, description = "The campaign takes no enrolment, or the member is being changed by another request.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "The campaign is over, or the member is not active.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn enrol(
    State(state): State<AppState>,
    caller: Caller,
    Path(path): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    takes_part(&state, caller, path, asked, true).await
}

/// A member takes part no longer, from the next purchase on.
#[utoipa::path(delete, path = "/api/v1/campaigns/{campaign_id}/members/{user_id}", tag = "campaigns",
    params(
        ("campaign_id" = String, Path, description = "The campaign."),
        ("user_id" = String, Path, description = "The member."),
        ("program" = Option<String>, Query, description = "Its program, where several have a campaign of that id."),
    ), responses(
    (status = 200, description = "The member takes part no longer.", body = EnrolmentAnswer),
    (status = 404, description = "There is no such campaign, or the member took no part.", body = inline(Object), content_type = "application/problem+json"),
    (status = 409, description = "The campaign takes no enrolment, or the member is being changed by another request.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "There is no such program.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn leave(
    State(state): State<AppState>,
    caller: Caller,
    Path(path): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    takes_part(&state, caller, path, asked, false).await
}

async fn takes_part(
    state: &AppState,
    caller: Caller,
    (campaign_id, user_id): (String, String),
    asked: Asked,
    takes_part: bool,
) -> Result<Response, Problem> {
    let user_id = id("user_id", &user_id)?;
    let campaign = state.service.campaign(asked.program.as_deref(), &campaign_id).await?;
    let command = state.service.enrolment(&campaign, user_id, takes_part, caller.sub).await?;
    Ok(done(StatusCode::OK, state.poster.post(command).await?))
}

/// Why a campaign is paused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PauseRequest {
    /// Its program, where several have a campaign of that id.
    program: Option<String>,
    /// Why: 1 to 500 characters in one line.
    reason: String,
}

/// Pauses a campaign of rules in force or published for later: from about three seconds on it grants nothing, to nobody, until
/// it is resumed, whatever is published meanwhile. Purchases from before are not touched. No second person is asked. Twice is once.
#[utoipa::path(put, path = "/api/v1/campaigns/{campaign_id}/pause", tag = "campaigns", request_body = PauseRequest,
    params(("campaign_id" = String, Path, description = "The campaign.")), responses(
    (status = 200, description = "It is paused, now or before.", body = PauseAnswer),
    (status = 404, description = "No rules in force now or later have such a campaign.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "There is no such program.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn pause(
    State(state): State<AppState>,
    caller: Caller,
    Path(campaign_id): Path<String>,
    Json(body): Json<PauseRequest>,
) -> Result<Response, Problem> {
    let reason = given::reason(&body.reason)?;
    let program = body.program.as_deref();
    Ok(answer(&state.service.pause(program, &campaign_id, true, (&reason, &caller.sub)).await?))
}

/// Lets a campaign run again that was paused, from about three seconds on, also where no rules in force have it any more. Its
/// limits and budget go on where they stood. One that the rules themselves have under `paused` stays so: `by_rules`.
#[utoipa::path(delete, path = "/api/v1/campaigns/{campaign_id}/pause", tag = "campaigns",
    params(
        ("campaign_id" = String, Path, description = "The campaign."),
        ("program" = Option<String>, Query, description = "Its program, where several have a campaign of that id."),
    ), responses(
    (status = 200, description = "It runs, as far as its own dates and the rules let it.", body = PauseAnswer),
    (status = 404, description = "No rules in force now or later have such a campaign, and none is paused.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "There is no such program.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn resume(
    State(state): State<AppState>,
    caller: Caller,
    Path(campaign_id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let program = asked.program.as_deref();
    Ok(answer(&state.service.pause(program, &campaign_id, false, ("resumed", &caller.sub)).await?))
}

fn answer(answer: &PauseAnswer) -> Response {
    axum::Json(answer).into_response()
}
