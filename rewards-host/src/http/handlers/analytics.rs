//! Reports: totals, campaigns, tiers, liability, breakage, return on spend, budgets.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::tagged;
use crate::http::problem::Problem;
use crate::http::read::Query;
use crate::http::state::AppState;
use crate::service::analytics::{About, Breakage, Budget, Liability, Scope, Totals};
use crate::service::error::Code;

/// A report spans so many days at most.
const MOST_DAYS: i64 = 1_100;

/// Which program and days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SpanQuery {
    /// The program; may be left out while one is published.
    program: Option<String>,
    /// First local day; 29 days before the last unless said.
    #[param(value_type = Option<String>, example = "2026-03-01")]
    from: Option<NaiveDate>,
    /// Last local day; today unless said.
    #[param(value_type = Option<String>, example = "2026-03-31")]
    to: Option<NaiveDate>,
    /// What the sums are by; `day` unless said. Campaigns and tiers have reports of their own.
    by: Option<By>,
}

/// What sums are by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum By {
    /// Local days.
    Day,
    /// Months of local days.
    Month,
    /// Levels.
    Tier,
    /// Categories of purchases.
    Category,
    /// Campaigns.
    Campaign,
}

/// Which program.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProgramQuery {
    /// The program; may be left out while one is published.
    program: Option<String>,
}

/// Sums of a span of days.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TotalsAnswer {
    /// What they are of.
    #[serde(flatten)]
    about: About,
    /// In order of their key.
    items: Vec<Totals>,
}

/// Points that are owed, as of now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LiabilityAnswer {
    /// The program.
    program: String,
    /// By month of expiry; points that never expire first.
    items: Vec<Liability>,
}

/// Points that expired, as of now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BreakageAnswer {
    /// The program.
    program: String,
    /// By month of expiry; points that never expire first.
    items: Vec<Breakage>,
}

/// Budgets, as of now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BudgetsAnswer {
    /// What `used_in_14_days` is of.
    #[serde(flatten)]
    about: About,
    /// The program's own, then those of campaigns.
    items: Vec<Budget>,
}

impl By {
    fn as_str(self) -> &'static str {
        match self {
            By::Day => "day",
            By::Month => "month",
            By::Tier => "tier",
            By::Category => "category",
            By::Campaign => "campaign",
        }
    }
}

async fn scope(state: &AppState, query: &SpanQuery) -> Result<Scope, Problem> {
    let scope = state.service.scope(query.program.as_deref(), query.from, query.to).await?;
    let about = scope.about();
    let days = about.to.signed_duration_since(about.from).num_days();
    if !(0..=MOST_DAYS).contains(&days) {
        let words = format!("from, to: `from` is not after `to`, and at most {MOST_DAYS} days before");
        return Err(Problem::new(Code::InvalidParameter, words));
    }
    Ok(scope)
}

async fn sums(state: &AppState, query: &SpanQuery, usual: By, fixed: bool) -> Result<TotalsAnswer, Problem> {
    let by = query.by.unwrap_or(usual);
    if fixed && by != usual {
        return Err(Problem::new(Code::InvalidParameter, format!("by: this report is by {}", usual.as_str())));
    }
    let scope = scope(state, query).await?;
    let items = state.service.totals(&scope, by.as_str()).await?;
    Ok(TotalsAnswer { about: scope.about(), items })
}

async fn now(state: &AppState, query: &ProgramQuery) -> Result<Scope, Problem> {
    Ok(state.service.scope(query.program.as_deref(), None, None).await?)
}

/// What was bought and granted, by day, month, tier, category or campaign.
#[utoipa::path(get, path = "/api/v1/analytics/totals", tag = "analytics", params(SpanQuery), responses(
    (status = 200, description = "Sums by `by`, exact up to `exact_up_to`.", body = TotalsAnswer),
    (status = 304, description = "It is the answer that the caller has."),
    (status = 422, description = "There is no such program.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn totals(
    State(state): State<AppState>,
    headers: HeaderMap,
    Query(query): Query<SpanQuery>,
) -> Result<Response, Problem> {
    tagged(&headers, &sums(&state, &query, By::Day, false).await?)
}

/// What campaigns granted, and the purchases on which they did.
#[utoipa::path(get, path = "/api/v1/analytics/campaigns", tag = "analytics", params(SpanQuery), responses(
    (status = 200, description = "Sums by campaign, exact up to `exact_up_to`.", body = TotalsAnswer),
    (status = 304, description = "It is the answer that the caller has."),
    (status = 422, description = "There is no such program.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn campaigns(
    State(state): State<AppState>,
    headers: HeaderMap,
    Query(query): Query<SpanQuery>,
) -> Result<Response, Problem> {
    tagged(&headers, &sums(&state, &query, By::Campaign, true).await?)
}

/// What was bought and granted at each level.
#[utoipa::path(get, path = "/api/v1/analytics/tiers", tag = "analytics", params(SpanQuery), responses(
    (status = 200, description = "Sums by the level that a purchase had, exact up to `exact_up_to`.", body = TotalsAnswer),
    (status = 304, description = "It is the answer that the caller has."),
    (status = 422, description = "There is no such program.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn tiers(
    State(state): State<AppState>,
    headers: HeaderMap,
    Query(query): Query<SpanQuery>,
) -> Result<Response, Problem> {
    tagged(&headers, &sums(&state, &query, By::Tier, true).await?)
}

/// What is granted for each 1.00 that is spent, by month unless said.
#[utoipa::path(get, path = "/api/v1/analytics/return-on-spend", tag = "analytics", params(SpanQuery), responses(
    (status = 200, description = "Sums with `return_on_spend`, exact up to `exact_up_to`.", body = TotalsAnswer),
    (status = 304, description = "It is the answer that the caller has."),
    (status = 422, description = "There is no such program.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn return_on_spend(
    State(state): State<AppState>,
    headers: HeaderMap,
    Query(query): Query<SpanQuery>,
) -> Result<Response, Problem> {
    tagged(&headers, &sums(&state, &query, By::Month, false).await?)
}

/// Points that members can still spend, by the month in which they expire.
#[utoipa::path(get, path = "/api/v1/analytics/liability", tag = "analytics", params(ProgramQuery), responses(
    (status = 200, description = "As of now.", body = LiabilityAnswer),
    (status = 304, description = "It is the answer that the caller has."),
    (status = 422, description = "There is no such program.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn liability(
    State(state): State<AppState>,
    headers: HeaderMap,
    Query(query): Query<ProgramQuery>,
) -> Result<Response, Problem> {
    let scope = now(&state, &query).await?;
    tagged(&headers, &LiabilityAnswer { program: scope.about().program, items: state.service.liability(&scope).await? })
}

/// Points that expired, by the month in which they do, beside what became of the others.
#[utoipa::path(get, path = "/api/v1/analytics/breakage", tag = "analytics", params(ProgramQuery), responses(
    (status = 200, description = "As of now.", body = BreakageAnswer),
    (status = 304, description = "It is the answer that the caller has."),
    (status = 422, description = "There is no such program.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn breakage(
    State(state): State<AppState>,
    headers: HeaderMap,
    Query(query): Query<ProgramQuery>,
) -> Result<Response, Problem> {
    let scope = now(&state, &query).await?;
    tagged(&headers, &BreakageAnswer { program: scope.about().program, items: state.service.breakage(&scope).await? })
}

/// Budgets of the rules in force: used, left, and when nothing will be left.
#[utoipa::path(get, path = "/api/v1/analytics/budgets", tag = "analytics", params(ProgramQuery), responses(
    (status = 200, description = "As of now.", body = BudgetsAnswer),
    (status = 304, description = "It is the answer that the caller has."),
    (status = 422, description = "There is no such program.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn budgets(
    State(state): State<AppState>,
    headers: HeaderMap,
    Query(query): Query<ProgramQuery>,
) -> Result<Response, Problem> {
    let scope = now(&state, &query).await?;
    tagged(&headers, &BudgetsAnswer { about: scope.about(), items: state.service.budgets(&scope).await? })
}
