//! Rules tried on what was bought: what a change would have cost, and purchases for a preview elsewhere.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::rules::{MaybeBody, named};
use super::tagged;
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::http::read::{Path, Query, parsed};
use crate::http::state::AppState;
use crate::service::error::Code;
use crate::service::impact::Impact;
use crate::service::samples::Samples;

/// On which purchases.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImpactRequest {
    /// Those of so many days until now, 1 to 90; 30 unless said.
    days: Option<u32>,
}

/// How many purchases.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SamplesQuery {
    /// At most so many, 1 to 500; 200 unless said.
    limit: Option<usize>,
}

/// What rules would have cost on the purchases of the last days, beside those in force; the audit says that somebody looked.
#[utoipa::path(post, path = "/api/v1/rules/{rule_set}/impact", tag = "rules", request_body = Option<ImpactRequest>,
    params(("rule_set" = String, Path, description = "Id of a draft, or a content hash.")), responses(
    (status = 200, description = "What both pay, who gains and who loses.", body = Impact),
    (status = 404, description = "There is none.", body = inline(Object), content_type = "application/problem+json"),
    (status = 409, description = "Nothing is in force.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "It has mistakes, or counts in other money.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn impact(
    State(state): State<AppState>,
    caller: Caller,
    Path(rule_set): Path<String>,
    body: MaybeBody,
) -> Result<Json<Impact>, Problem> {
    let asked = body.text().map(parsed::<ImpactRequest>).transpose()?;
    let days = asked.and_then(|asked| asked.days).unwrap_or(30);
    if !(1..=90).contains(&days) {
        return Err(Problem::new(Code::InvalidRequest, "days: a number from 1 to 90 is due"));
    }
    Ok(Json(state.service.impact(&named(&rule_set)?, &caller.sub, days).await?))
}

/// The newest purchases without names, with the facts that the rules name and nothing else; the audit says who took them.
#[utoipa::path(get, path = "/api/v1/rules/{rule_set}/sample-purchases", tag = "rules",
    params(("rule_set" = String, Path, description = "Id of a draft, or a content hash."), SamplesQuery), responses(
    (status = 200, description = "Purchases of the last 30 days, oldest first.", body = Samples),
    (status = 304, description = "It is the answer that the caller has."),
    (status = 404, description = "There is none.", body = inline(Object), content_type = "application/problem+json"),
    (status = 409, description = "Nothing is in force.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn samples(
    State(state): State<AppState>,
    headers: HeaderMap,
    caller: Caller,
    Path(rule_set): Path<String>,
    Query(query): Query<SamplesQuery>,
) -> Result<Response, Problem> {
    let limit = query.limit.unwrap_or(200);
    if !(1..=500).contains(&limit) {
        return Err(Problem::new(Code::InvalidParameter, "limit: a number from 1 to 500 is due"));
    }
    tagged(&headers, &state.service.samples(&named(&rule_set)?, &caller.sub, limit).await?)
}
