//! The life of a member: status, tiers by hand, facts, being forgotten.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::NaiveDate;
use rewards_rules::input::Status;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{done, given, id, tagged};
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::http::read::{Json, Path};
use crate::http::state::AppState;
use crate::service::command::{Act, Command};
use crate::service::error::Code;
use crate::service::lots::LotView;
use crate::service::views::PointsSummary;

/// A member as those who help them see them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberAnswer {
    /// The member.
    user_id: String,
    /// `active`, `blocked` or `closed`.
    status: String,
    /// Whether what is personal was deleted.
    forgotten: bool,
    /// What others told of the member.
    #[schema(value_type = BTreeMap<String, Value>)]
    member: Map<String, Value>,
    /// One entry a program.
    programs: Vec<MemberProgram>,
}

/// A member in a program.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberProgram {
    /// Points.
    points: PointsSummary,
    /// Tier, window, spending, next threshold, progress, and until when the tier holds.
    #[schema(value_type = BTreeMap<String, Value>)]
    standing: Value,
}

fn unknown(user_id: &str) -> Problem {
    Problem::new(Code::NotFound, format!("there is no member `{user_id}`"))
}

/// A member: status, what others told, points and tiers.
#[utoipa::path(get, path = "/api/v1/members/{user_id}", tag = "members",
    params(("user_id" = String, Path, description = "The member.")), responses(
    (status = 200, description = "The member.", body = MemberAnswer),
    (status = 304, description = "It is the answer that the caller has."),
    (status = 404, description = "Nothing is known of that member.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn read(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(user_id): Path<String>,
) -> Result<Response, Problem> {
    let user_id = id("user_id", &user_id)?;
    let person = state.service.person(&user_id).await?.ok_or_else(|| unknown(&user_id))?;
    let programs = person.views.into_iter().map(|view| MemberProgram {
        points: view.points,
        standing: serde_json::to_value(view.standing).unwrap_or_default(),
    });
    let programs = programs.collect();
    let (status, forgotten, member) = (person.status, person.forgotten, person.facts);
    tagged(&headers, &MemberAnswer { user_id, status, forgotten, member, programs })
}

/// Points of a member by lot.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LotsAnswer {
    /// The member.
    user_id: String,
    /// Those in which points are left, the first to expire first.
    items: Vec<LotView>,
}

/// The lots in which a member has points: from where, and until when.
#[utoipa::path(get, path = "/api/v1/members/{user_id}/lots", tag = "members",
    params(("user_id" = String, Path, description = "The member.")), responses(
    (status = 200, description = "The lots.", body = LotsAnswer),
    (status = 304, description = "It is the answer that the caller has."),
    (status = 404, description = "There is no such member.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn lots(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(user_id): Path<String>,
) -> Result<Response, Problem> {
    let user_id = id("user_id", &user_id)?;
    if !state.service.is_known(&user_id).await? {
        return Err(unknown(&user_id));
    }
    let items = state.service.lots(&user_id).await?;
    tagged(&headers, &LotsAnswer { user_id, items })
}

/// What a member may be.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[schema(as = MemberStatus)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StatusWord {
    /// Takes part.
    Active,
    /// Earns and spends nothing for now.
    Blocked,
    /// Earns and spends nothing any more.
    Closed,
}

/// A status for a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetStatus {
    /// What the member is from now on.
    status: StatusWord,
    /// Why; it stands in the history.
    reason: String,
}

/// That it was set.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatusSet {
    /// The member.
    user_id: String,
    /// What the member is now.
    status: String,
}

/// Blocks or closes a member, or makes them active again. Setting what is so already changes nothing.
#[utoipa::path(put, path = "/api/v1/members/{user_id}/status", tag = "members", request_body = SetStatus,
    params(("user_id" = String, Path, description = "The member.")), responses(
    (status = 200, description = "Set.", body = StatusSet),
    (status = 409, description = "The member was forgotten, or is being changed by another request.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "Several programs are published and none is meant.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn status(
    State(state): State<AppState>,
    caller: Caller,
    Path(user_id): Path<String>,
    Json(body): Json<SetStatus>,
) -> Result<Response, Problem> {
    let status = match body.status {
        StatusWord::Active => Status::Active,
        StatusWord::Blocked => Status::Blocked,
        StatusWord::Closed => Status::Closed,
    };
    let act = Act::SetStatus { status, reason: given::reason(&body.reason)? };
    let command = Command { user_id: id("user_id", &user_id)?, program: None, act, key: None, by: caller.sub };
    post(&state, command).await
}

/// A tier to be given by hand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GiveTier {
    /// Which program; may be left out while one is published.
    program: Option<String>,
    /// Id of the level.
    level: String,
    /// Last local day on which it is held; not before today.
    #[schema(value_type = String, example = "2026-12-31")]
    until: NaiveDate,
    /// Why; it stands in the history.
    reason: String,
}

/// That it was given.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TierGiven {
    /// The member.
    user_id: String,
    /// The level held now: the higher of the one given and the one earned.
    tier: Option<String>,
    /// The level given.
    level: String,
    /// Last local day on which it is held.
    until: String,
}

/// Gives a tier by hand until a day. It stands beside the one that is earned; the higher one holds.
#[utoipa::path(put, path = "/api/v1/members/{user_id}/tier", tag = "members", request_body = GiveTier,
    params(("user_id" = String, Path, description = "The member.")), responses(
    (status = 200, description = "Given.", body = TierGiven),
    (status = 409, description = "The member is being changed by another request.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "There is no such level, or the day is past.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn tier(
    State(state): State<AppState>,
    caller: Caller,
    Path(user_id): Path<String>,
    Json(body): Json<GiveTier>,
) -> Result<Response, Problem> {
    let until = given::day("until", body.until)?;
    let act = Act::GiveTier { level: body.level, until, reason: given::reason(&body.reason)? };
    let command = Command { user_id: id("user_id", &user_id)?, program: body.program, act, key: None, by: caller.sub };
    post(&state, command).await
}

/// What is told of a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetFacts {
    /// Which program's names are meant; may be left out while one is published.
    program: Option<String>,
    /// Put over what is known; `null` forgets a name.
    #[schema(value_type = BTreeMap<String, Value>)]
    member: Map<String, Value>,
}

/// What is known now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FactsSet {
    /// The member.
    user_id: String,
    /// All that others told.
    #[schema(value_type = BTreeMap<String, Value>)]
    member: Map<String, Value>,
}

/// Keeps what is told of a member; purchases from now on are evaluated with it.
#[utoipa::path(put, path = "/api/v1/members/{user_id}/facts", tag = "members", request_body = SetFacts,
    params(("user_id" = String, Path, description = "The member.")), responses(
    (status = 200, description = "Kept.", body = FactsSet),
    (status = 409, description = "The member was forgotten, or is being changed by another request.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "A value is not of the type due.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn facts(
    State(state): State<AppState>,
    caller: Caller,
    Path(user_id): Path<String>,
    Json(body): Json<SetFacts>,
) -> Result<Response, Problem> {
    let act = Act::SetFacts { facts: body.member };
    let command = Command { user_id: id("user_id", &user_id)?, program: body.program, act, key: None, by: caller.sub };
    post(&state, command).await
}

/// That a member was forgotten.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Forgotten {
    /// The member.
    user_id: String,
    /// `closed`.
    status: String,
    /// `true`.
    forgotten: bool,
}

/// Forgets a member: what is personal is deleted with the key that it was sealed under, and the member is closed. Sums
/// and outcomes stay, and earlier purchases can still be refunded. It cannot be undone.
#[utoipa::path(delete, path = "/api/v1/members/{user_id}/personal-data", tag = "members",
    params(("user_id" = String, Path, description = "The member.")), responses(
    (status = 200, description = "Forgotten, now or before.", body = Forgotten),
    (status = 404, description = "Nothing is known of that member.", body = inline(Object), content_type = "application/problem+json"),
    (status = 409, description = "The member is being changed by another request.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn forget(
    State(state): State<AppState>,
    caller: Caller,
    Path(user_id): Path<String>,
) -> Result<Response, Problem> {
    let user_id = id("user_id", &user_id)?;
    if !state.service.is_known(&user_id).await? {
        return Err(unknown(&user_id));
    }
    post(&state, Command { user_id, program: None, act: Act::Forget, key: None, by: caller.sub }).await
}

/// Posts a command that concerns the member as a whole. Where several programs are published and none is named, the
/// first stands for it: a line of history is of a program.
async fn post(state: &AppState, mut command: Command) -> Result<Response, Problem> {
    if command.program.is_none() && matches!(command.act, Act::SetStatus { .. } | Act::SetFacts { .. } | Act::Forget) {
        command.program = state.service.first_program().await?;
    }
    Ok(done(StatusCode::OK, state.poster.post(command).await?))
}
