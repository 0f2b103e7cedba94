//! Segments whose members are uploaded.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::campaigns::Asked;
use super::{id, tagged};
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::http::read::{Json, Path, Query};
use crate::http::state::AppState;
use crate::service::error::{Code, ServiceError};
use crate::service::segments::{SegmentUploaded, SegmentView};

/// The members of a segment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SegmentMembers {
    /// Which program; may be left out while one is published.
    program: Option<String>,
    /// Ids of its members; one that is there twice counts once. Members need not be known yet.
    members: Vec<String>,
}

/// Makes these the members of a segment, in place of those before; an empty list empties it. Purchases from now on are
/// evaluated with it, beside the segments that were told of a member. Members who were forgotten are left out.
#[utoipa::path(put, path = "/api/v1/segments/{segment}/members", tag = "segments", request_body = SegmentMembers,
    params(("segment" = String, Path, description = "The segment, as rules name it.")), responses(
    (status = 200, description = "Kept.", body = SegmentUploaded),
    (status = 422, description = "There is no such program, or an id is none.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn upload(
    State(state): State<AppState>,
    caller: Caller,
    Path(segment): Path<String>,
    Json(body): Json<SegmentMembers>,
) -> Result<Response, Problem> {
    let segment = id("segment", &segment)?;
    if let Some((at, _)) = body.members.iter().enumerate().find(|(_, id)| !rewards_rules::value::is_id(id)) {
        let words = format!("`members[{at}]` has 1 to 64 letters, digits, `.`, `_`, `:` or `-`");
        let code = Code::Input(rewards_rules::input::ErrorCode::InvalidId);
        return Err(ServiceError::new(code, words).at(format!("members[{at}]")).into());
    }
    let members: BTreeSet<String> = body.members.into_iter().collect();
    let done = state.service.upload_segment(body.program.as_deref(), &segment, &members, &caller.sub).await?;
    Ok(axum::Json(done).into_response())
}

/// A segment of which the members were uploaded: how many, by whom and when.
#[utoipa::path(get, path = "/api/v1/segments/{segment}", tag = "segments",
    params(
        ("segment" = String, Path, description = "The segment, as rules name it."),
        ("program" = Option<String>, Query, description = "Which program; may be left out while one is published."),
    ), responses(
    (status = 200, description = "The segment.", body = SegmentView),
    (status = 304, description = "It is the answer that the caller has."),
    (status = 404, description = "No members of it were uploaded.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "There is no such program.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn read(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(segment): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let segment = id("segment", &segment)?;
    tagged(&headers, &state.service.segment(asked.program.as_deref(), &segment).await?)
}
