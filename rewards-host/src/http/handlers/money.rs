//! A member's cashback: in sums, and component by component.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{given, id, tagged, written};
use crate::cache::Kind;
use crate::http::conditional::Had;
use crate::http::problem::Problem;
use crate::http::read::{Path, Query};
use crate::http::state::AppState;
use crate::service::error::Code;
use crate::service::pages::{COUNTED, CashbackLine};
use crate::service::sums::CashbackSums;
use crate::store::accounts::CashbackWanted;

/// No page begins later.
const OFFSET: u32 = 1_000_000;

/// Cashback of a member in every program.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SummaryAnswer {
    /// The member.
    user_id: String,
    /// One entry a program.
    programs: Vec<CashbackSums>,
}

/// A member's cashback in sums: by status, kind, campaign and month.
#[utoipa::path(get, path = "/api/v1/cashback/{user_id}/summary", tag = "cashback",
    params(("user_id" = String, Path, description = "The member.")), responses(
    (status = 200, description = "Zeros for a member who never had any.", body = SummaryAnswer),
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
        let programs = service.cashback_sums(&user_id).await?;
        written(&SummaryAnswer { user_id: user_id.clone(), programs })
    };
    let entry = service.caches.get(Kind::Cashback, &user_id, || service.stamp(&user_id), make).await?;
    Ok(given(&had, &entry))
}

/// A status of a component.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[schema(as = CashbackStatus)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// Not credited yet.
    Calculated,
    /// Credited.
    Credited,
    /// Could not be credited.
    CreditFailed,
}

/// Which components.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    offset: Option<u32>,
    limit: Option<u32>,
    from: Option<String>,
    to: Option<String>,
    status: Option<Status>,
    campaign_id: Option<String>,
}

/// A part of a member's components of money, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TransactionsAnswer {
    /// The member.
    user_id: String,
    /// The components.
    items: Vec<CashbackLine>,
    /// Where this page begins.
    offset: u32,
    /// How many items a page has at most.
    limit: u32,
    /// How many there are in all; exact to 10,000.
    total: i64,
    /// Whether there are more than `total`.
    total_is_estimate: bool,
}

/// A member's cashback component by component, newest first.
#[utoipa::path(get, path = "/api/v1/cashback/{user_id}/transactions", tag = "cashback",
    params(
        ("user_id" = String, Path, description = "The member."),
        ("offset" = Option<u32>, Query, description = "As many are left out; 0 unless said, at most 1000000."),
        ("limit" = Option<u32>, Query, description = "1 to 200; 50 unless said."),
        ("from" = Option<String>, Query, description = "Of purchases and refunds at this instant or later (RFC 3339)."),
        ("to" = Option<String>, Query, description = "Of purchases and refunds before this instant (RFC 3339)."),
        ("status" = Option<Status>, Query, description = "With this status alone."),
        ("campaign_id" = Option<String>, Query, description = "Of this campaign alone."),
    ), responses(
    (status = 200, description = "No items for a member of whom nothing is known.", body = TransactionsAnswer),
    (status = 304, description = "It is the answer that the caller has."),
))]
pub(crate) async fn transactions(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(user_id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let user_id = id("user_id", &user_id)?;
    let limit = given::limit(asked.limit)?;
    let offset = asked.offset.unwrap_or(0);
    if offset > OFFSET {
        return Err(Problem::new(
            Code::InvalidParameter,
            format!("`offset`: 0 to {OFFSET} are due; `from` and `to` narrow the list"),
        ));
    }
    let status = asked.status.map(|status| match status {
        Status::Calculated => "calculated",
        Status::Credited => "credited",
        Status::CreditFailed => "credit_failed",
    });
    let wanted = CashbackWanted {
        user_id: user_id.clone(),
        from: given::instant("from", asked.from.as_deref())?,
        to: given::instant("to", asked.to.as_deref())?,
        status: status.map(str::to_owned),
        campaign_id: given::word("campaign_id", asked.campaign_id)?,
        offset: i64::from(offset),
        limit: i64::from(limit),
        most: COUNTED.saturating_add(1),
    };
    let (items, count) = state.service.cashback_page(&wanted).await?;
    let (total, total_is_estimate) = (count.min(COUNTED), count > COUNTED);
    tagged(&headers, &TransactionsAnswer { user_id, items, offset, limit, total, total_is_estimate })
}
