//! Pools of codes for redemptions.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::campaigns::Asked;
use super::tagged;
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::http::read::{Json, Query};
use crate::http::state::AppState;
use crate::service::error::{Code, ServiceError};
use crate::service::vouchers::{VoucherCount, VouchersUploaded};

/// The most characters of a code.
const LONGEST: usize = 200;

/// Codes for an option.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VoucherCodes {
    /// Which program; may be left out while one is published.
    program: Option<String>,
    /// Id of an option of type `voucher` or `gift_card`.
    option: String,
    /// The codes, of 1 to 200 characters; one that is there twice counts once.
    codes: Vec<String>,
}

/// Adds codes to the pool of an option; pending redemptions of it take one each, oldest first. Codes that are there already
/// are left as they are, so that an upload may be repeated.
#[utoipa::path(post, path = "/api/v1/voucher-codes", tag = "vouchers", request_body = VoucherCodes, responses(
    (status = 200, description = "Kept.", body = VouchersUploaded),
    (status = 409, description = "Options of its type are completed at once, without a code.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "There is no such program or option, or a code is none.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn upload(
    State(state): State<AppState>,
    caller: Caller,
    Json(body): Json<VoucherCodes>,
) -> Result<Response, Problem> {
    let is_code = |code: &String| {
        let characters = 1..=LONGEST;
        characters.contains(&code.chars().count()) && code.trim() == code && !code.chars().any(char::is_control)
    };
    if let Some((at, _)) = body.codes.iter().enumerate().find(|(_, code)| !is_code(code)) {
        let words = format!(
            "`codes[{at}]` has 1 to {LONGEST} characters, none of them a control character, the first and the last no space"
        );
        return Err(ServiceError::new(Code::InvalidRequest, words).at(format!("codes[{at}]")).into());
    }
    let codes: BTreeSet<String> = body.codes.into_iter().collect();
    let pool = (body.program.as_deref(), body.option.as_str());
    let done = state.service.add_vouchers(pool, &codes, &state.config.at_once, &caller.sub).await?;
    Ok(axum::Json(done).into_response())
}

/// How many codes each option with a pool has left.
#[utoipa::path(get, path = "/api/v1/voucher-codes", tag = "vouchers",
    params(("program" = Option<String>, Query, description = "Which program; all without it.")), responses(
    (status = 200, description = "Counts, by program and option.", body = Vec<VoucherCount>),
    (status = 304, description = "It is the answer that the caller has."),
))]
pub(crate) async fn list(
    State(state): State<AppState>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    tagged(&headers, &state.service.vouchers(asked.program.as_deref()).await?)
}
