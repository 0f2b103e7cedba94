//! What happened to a member.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{given, id, tagged};
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::http::read::{Path, Query};
use crate::http::state::AppState;
use crate::service::error::Code;
use crate::service::pages::HistoryLine;
use crate::service::vault::{from_hex, hex, sha256};
use crate::store::accounts::HistoryWanted;

/// Which lines.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    cursor: Option<String>,
    from: Option<String>,
    to: Option<String>,
    action_type: Option<String>,
    limit: Option<u32>,
}

/// A part of a member's history, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryAnswer {
    /// The member.
    user_id: String,
    /// The lines.
    items: Vec<HistoryLine>,
    /// Where the next page begins; absent on the last one.
    next_cursor: Option<String>,
}

/// What a member's history says, newest first. Lines that are added meanwhile move no page.
#[utoipa::path(get, path = "/api/v1/rewards/{user_id}/history", tag = "rewards",
    params(
        ("user_id" = String, Path, description = "The member."),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before, with the same filters."),
        ("from" = Option<String>, Query, description = "What happened at this instant or later (RFC 3339)."),
        ("to" = Option<String>, Query, description = "What happened before this instant (RFC 3339)."),
        ("action_type" = Option<String>, Query, description = "Lines of this kind alone, like `purchase`."),
        ("limit" = Option<u32>, Query, description = "1 to 200; 50 unless said."),
    ), responses(
    (status = 200, description = "No lines for a member of whom nothing is known.", body = HistoryAnswer),
    (status = 304, description = "It is the answer that the caller has."),
))]
pub(crate) async fn history(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path(user_id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let user_id = id("user_id", &user_id)?;
    let limit = given::limit(asked.limit)?;
    let list = format!("{user_id}\n{:?}\n{:?}\n{:?}", asked.from, asked.to, asked.action_type);
    let wanted = HistoryWanted {
        user_id: user_id.clone(),
        before: asked.cursor.as_deref().map(|cursor| place(cursor, &list)).transpose()?,
        from: given::instant("from", asked.from.as_deref())?,
        to: given::instant("to", asked.to.as_deref())?,
        action_type: given::word("action_type", asked.action_type)?,
        // One more tells whether there is a next page.
        limit: i64::from(limit).saturating_add(1),
    };
    let mut items = state.service.history(&wanted).await?;
    let kept = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_last = items.len() <= kept;
    items.truncate(kept);
    if caller.own_only {
        // Who of the staff did something is the program's own business.
        for item in &mut items {
            item.metadata.retain(|name, _| name != "by" && name != "approved_by");
        }
    }
    let last = items.last().filter(|_| !is_last);
    let next_cursor = last.map(|line| cursor(line.seq, &list));
    tagged(&headers, &HistoryAnswer { user_id, items, next_cursor })
}

/// A cursor: the number of the last line of a page, bound to the list that it is of.
fn cursor(seq: i64, list: &str) -> String {
    hex(format!("{seq}:{}", mark(list)).as_bytes())
}

/// The number of the line that a cursor stands after; error `invalid_cursor`.
fn place(cursor: &str, list: &str) -> Result<i64, Problem> {
    let text = from_hex(cursor).and_then(|bytes| String::from_utf8(bytes).ok());
    let parts = text.as_deref().and_then(|text| text.split_once(':'));
    let seq = parts.filter(|(_, found)| *found == mark(list)).and_then(|(seq, _)| seq.parse().ok());
    seq.ok_or_else(|| Problem::new(Code::InvalidCursor, "the cursor belongs to no such list"))
}

fn mark(list: &str) -> String {
    let mut mark = sha256(list);
    mark.truncate(12);
    mark
}
