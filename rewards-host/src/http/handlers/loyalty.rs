//! Programs, levels, and where a member stands.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{done, given, id, written};
use crate::cache::Kind;
use crate::http::auth::Caller;
use crate::http::conditional::Had;
use crate::http::problem::Problem;
use crate::http::read::Path;
use crate::http::state::AppState;
use crate::service::command::{Act, Command};
use crate::service::error::Code;
use crate::service::rules::InForce;
use crate::store::rows::LevelRow;

/// Every published program.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProgramsAnswer {
    programs: Vec<ProgramAnswer>,
}

/// A program.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProgramAnswer {
    /// Its id.
    program: String,
    /// Its name.
    name: String,
    /// ISO 4217 code.
    currency: String,
    /// The time zone by which it counts days.
    timezone: String,
    /// Its levels, lowest first; one, `standard`, in a program without tiers.
    tiers: Vec<TierAnswer>,
}

/// A level.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TierAnswer {
    /// Its id.
    tier: String,
    /// Spending from which on it is reached.
    min_spending: String,
    /// The threshold of the next one; absent for the highest.
    max_spending: Option<String>,
    /// What it brings.
    #[schema(value_type = BTreeMap<String, Value>)]
    benefits: Value,
}

/// Every published program with its levels, their thresholds and benefits.
#[utoipa::path(get, path = "/api/v1/loyalty/programs", tag = "loyalty", responses(
    (status = 200, description = "The programs.", body = ProgramsAnswer),
    (status = 304, description = "It is the answer that the caller has."),
))]
pub(crate) async fn programs(State(state): State<AppState>, had: Had) -> Result<Response, Problem> {
    let service = &state.service;
    let stamp = || async { Ok(InForce::now(&service.store).await?.stamp()) };
    let make = || async { written(&ProgramsAnswer { programs: all_programs(service.levels().await?) }) };
    let entry = service.caches.get(Kind::Programs, "", stamp, make).await?;
    Ok(given(&had, &entry))
}

fn all_programs(levels: Vec<LevelRow>) -> Vec<ProgramAnswer> {
    let mut programs: Vec<ProgramAnswer> = Vec::new();
    for row in levels {
        let tier = TierAnswer {
            tier: row.tier_type.clone(),
            min_spending: row.min_spending.clone(),
            max_spending: row.max_spending.clone(),
            benefits: row.benefits.clone(),
        };
        match programs.last_mut() {
            Some(last) if last.program == row.program => last.tiers.push(tier),
            _ => programs.push(program(row, tier)),
        }
    }
    programs
}

fn program(row: LevelRow, tier: TierAnswer) -> ProgramAnswer {
    let LevelRow { program, name, currency, timezone, .. } = row;
    ProgramAnswer { program, name, currency, timezone, tiers: vec![tier] }
}

/// Where a member stands, in every program.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatusAnswer {
    /// The member.
    user_id: String,
    /// `active`, `blocked` or `closed`.
    status: &'static str,
    /// One entry a program: currency, tier, window, spending, next threshold, what is missing, progress from 0 to 1, and
    /// until when the tier holds.
    #[schema(value_type = Vec<Object>)]
    programs: Vec<Value>,
}

/// Where a member stands: tier, progress, next threshold, and until when the tier holds.
#[utoipa::path(get, path = "/api/v1/loyalty/{user_id}/status", tag = "loyalty",
    params(("user_id" = String, Path, description = "The member.")), responses(
    (status = 200, description = "The lowest tier for a member of whom nothing is known.", body = StatusAnswer),
    (status = 304, description = "It is the answer that the caller has."),
))]
pub(crate) async fn status(
    State(state): State<AppState>,
    had: Had,
    Path(user_id): Path<String>,
) -> Result<Response, Problem> {
    let user_id = id("user_id", &user_id)?;
    let service = &state.service;
    let make = || async {
        let views = service.member(&user_id).await?;
        let status = views.first().map_or("active", |view| view.status.as_str());
        let programs = views.into_iter().filter_map(|view| {
            let mut value = serde_json::to_value(view.standing).ok()?;
            let fields = value.as_object_mut()?;
            fields.insert("program".to_owned(), view.points.program.into());
            fields.insert("currency".to_owned(), view.currency.into());
            Some(value)
        });
        written(&StatusAnswer { user_id: user_id.clone(), status, programs: programs.collect() })
    };
    let entry = service.caches.get(Kind::Standing, &user_id, || service.stamp(&user_id), make).await?;
    Ok(given(&had, &entry))
}

/// Evaluates a member's standing now: what is due is done, and an upgrade brings its bonus once.
#[utoipa::path(put, path = "/api/v1/loyalty/{user_id}/upgrade", tag = "loyalty",
    params(("user_id" = String, Path, description = "The member.")), responses(
    (status = 200, description = "`changed: false` when nothing changes.", body = Object),
    (status = 404, description = "Nothing is known of that member.", body = inline(Object), content_type = "application/problem+json"),
    (status = 409, description = "The member is being changed by another request.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "There is no such program.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn upgrade(
    State(state): State<AppState>,
    caller: Caller,
    Path(user_id): Path<String>,
) -> Result<Response, Problem> {
    let user_id = id("user_id", &user_id)?;
    // An evaluation of nobody would make a member of a slip of the pen.
    if !state.service.is_known(&user_id).await? {
        return Err(Problem::new(Code::NotFound, format!("there is no member `{user_id}`")));
    }
    let command = Command { user_id, program: None, act: Act::Advance, key: None, by: caller.sub };
    Ok(done(StatusCode::OK, state.poster.post(command).await?))
}
