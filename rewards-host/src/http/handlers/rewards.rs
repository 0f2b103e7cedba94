//! Points of a member.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::{given, id, written};
use crate::cache::Kind;
use crate::http::conditional::Had;
use crate::http::problem::Problem;
use crate::http::read::Path;
use crate::http::state::AppState;
use crate::service::views::PointsSummary;

/// Points of a member in every program.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RewardsAnswer {
    /// The member.
    user_id: String,
    /// One entry a program.
    programs: Vec<PointsSummary>,
}

/// Points of a member: what is available, pending, redeemed, expired, expiring soon, and owed.
#[utoipa::path(get, path = "/api/v1/rewards/{user_id}", tag = "rewards",
    params(("user_id" = String, Path, description = "The member.")), responses(
    (status = 200, description = "Zeros for a member who never had any.", body = RewardsAnswer),
    (status = 304, description = "It is the answer that the caller has."),
))]
pub(crate) async fn summary(
    State(state): State<AppState>,
    had: Had,
    Path(user_id): Path<String>,
) -> Result<Response, Problem> {
    let user_id = id("user_id", &user_id)?;
    let service = &state.service;
    let make = || async {
        let programs = service.member(&user_id).await?.into_iter().map(|view| view.points).collect();
        written(&RewardsAnswer { user_id: user_id.clone(), programs })
    };
    let entry = service.caches.get(Kind::Points, &user_id, || service.stamp(&user_id), make).await?;
    Ok(given(&had, &entry))
}
