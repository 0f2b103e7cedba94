//! Reading redemptions.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{Code, ServiceError};
use super::pages::{decimal, rfc};
use super::{Service, mend};
use crate::store::accounts::RedemptionHere;
use crate::store::statements;

/// A redemption.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct RedemptionView {
    /// Its id.
    pub(crate) redemption_id: Uuid,
    /// Whose.
    pub(crate) user_id: String,
    /// Id of the program.
    pub(crate) program: String,
    /// Id of the option.
    pub(crate) option: String,
    /// Points that left.
    pub(crate) points: String,
    /// What they are worth.
    pub(crate) cash_value: String,
    /// ISO 4217 code.
    pub(crate) currency: String,
    /// `pending`, `completed`, `failed` or `cancelled`.
    pub(crate) status: String,
    /// The code that it brought, once it is completed, where its option has a pool of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    /// What the member said with it; absent for one who was forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(crate) details: Option<Value>,
    /// When it was made.
    pub(crate) created_at: String,
    /// When it ended.
    pub(crate) processed_at: Option<String>,
}

/// There is none, as far as the caller may know.
pub(crate) fn no_redemption(id: Uuid) -> ServiceError {
    ServiceError::new(Code::NotFound, format!("there is no redemption `{id}`"))
}

impl Service {
    /// A redemption by its id.
    pub(crate) async fn redemption(&self, id: Uuid) -> Result<RedemptionView, ServiceError> {
        let row: Option<RedemptionHere> = self.store.read_one(statements::REDEMPTION, &id).await?;
        let row = row.ok_or_else(|| no_redemption(id))?;
        Ok(RedemptionView {
            redemption_id: row.id,
            details: self.details(&row)?,
            code: None,
            points: decimal(&row.points_used, row.points_decimals)?,
            cash_value: decimal(&row.cash_value, row.money_decimals)?,
            user_id: row.user_id,
            program: row.program,
            option: row.redemption_type,
            currency: row.currency,
            status: row.status,
            created_at: rfc(row.created_at),
            processed_at: row.processed_at.map(rfc),
        })
    }

    fn details(&self, row: &RedemptionHere) -> Result<Option<Value>, ServiceError> {
        let Some(sealed) = &row.redemption_details else { return Ok(None) };
        let seal = self.vault.known(&row.user_id, row.wrapped.as_deref(), row.master_key.as_deref())?;
        let Some(seal) = seal else { return Ok(None) };
        let text = seal.open("redemption", sealed)?;
        serde_json::from_str(&text).map(Some).map_err(|_| mend("the details of a redemption cannot be read"))
    }
}
