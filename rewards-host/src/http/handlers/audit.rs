//! Who asked for what.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::tagged;
use crate::http::problem::Problem;
use crate::http::read::Query;
use crate::http::state::AppState;
use crate::service::error::Code;
use crate::store::statements;

/// Lines of a page at most.
const MOST: u32 = 200;

/// Which lines.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AccessQuery {
    /// 1 to 200 lines; 50 if it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Of this subject only.
    subject: Option<String>,
    /// With this status or a higher one only: 400 for what was refused or failed.
    #[param(minimum = 100, maximum = 599)]
    from_status: Option<u16>,
}

#[derive(Debug, Serialize)]
struct Asked {
    limit: u32,
    before: Option<Uuid>,
    subject: Option<String>,
    from_status: Option<u16>,
}

/// Lines of access, latest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccessAnswer {
    items: Vec<AccessLine>,
    /// Gives the next page; absent on the last one.
    next_cursor: Option<String>,
}

/// One request.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct AccessLine {
    #[serde(skip_serializing)]
    #[schema(ignore)]
    id: Uuid,
    /// Subject of the token; absent without a valid one.
    subject: Option<String>,
    /// Its roles, divided by commas.
    roles: String,
    method: String,
    path: String,
    status: u16,
    request_id: String,
    address: String,
    created_at: String,
}

/// Who asked for what, latest first. Lines appear about a second after the answer.
#[utoipa::path(get, path = "/api/v1/audit/access", tag = "audit", params(AccessQuery), responses(
    (status = 200, description = "A page of lines.", body = AccessAnswer),
    (status = 304, description = "It is the answer that the caller has."),
))]
pub(crate) async fn access(
    State(state): State<AppState>,
    headers: HeaderMap,
    Query(query): Query<AccessQuery>,
) -> Result<Response, Problem> {
    let limit = query.limit.unwrap_or(50);
    if limit == 0 || limit > MOST {
        return Err(Problem::new(Code::InvalidParameter, format!("`limit` is from 1 to {MOST}")));
    }
    let wrong = |_| Problem::new(Code::InvalidCursor, "`cursor` is not one of this list");
    let before = query.cursor.map(|cursor| cursor.parse::<Uuid>()).transpose().map_err(wrong)?;
    let asked = Asked { limit, before, subject: query.subject, from_status: query.from_status };
    let items: Vec<AccessLine> = state
        .service
        .store
        .read(statements::ACCESS, &asked)
        .await
        .map_err(crate::service::error::ServiceError::from)?;
    let whole = u32::try_from(items.len()).is_ok_and(|count| count == limit);
    let next_cursor = items.last().filter(|_| whole).map(|line| line.id.to_string());
    tagged(&headers, &AccessAnswer { items, next_cursor })
}
