//! Lists of a member: history, and components of money.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::ServiceError;
use super::{Service, mend};
use crate::store::accounts::{CashbackRow, CashbackWanted, HistoryRow, HistoryWanted};
use crate::store::statements;
use crate::store::units::{Stored, Units};

/// A line of a member's history.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct HistoryLine {
    /// Its number; lines of a member are numbered from 1 without gaps.
    pub(crate) seq: i64,
    /// Id of the program.
    pub(crate) program: String,
    /// What happened: `purchase`, `refund`, `redemption`, `transfer_in`, `points_expired` and so on.
    pub(crate) action_type: String,
    /// Points that came, or went.
    pub(crate) points_change: String,
    /// Cashback that came, or went.
    pub(crate) cashback_change: String,
    /// ISO 4217 code.
    pub(crate) currency: String,
    /// The line in words.
    pub(crate) description: String,
    /// Ids and reasons that belong to it.
    #[schema(value_type = Object)]
    pub(crate) metadata: Map<String, Value>,
    /// When it happened.
    pub(crate) occurred_at: String,
    /// When it was posted.
    pub(crate) created_at: String,
}

/// A component of money of a purchase or a refund.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct CashbackLine {
    /// Its id.
    pub(crate) id: Uuid,
    /// The purchase or refund.
    pub(crate) transaction_id: String,
    /// Id of the program.
    pub(crate) program: String,
    /// `base`, `loyalty`, `campaign` or `reversal`.
    pub(crate) kind: String,
    /// Of a reversal: what is reversed, `base`, `loyalty` or `campaign`; else as `kind`.
    pub(crate) component: String,
    /// Id of the rule that granted it.
    pub(crate) rule_id: String,
    /// Id of the campaign, where one granted it.
    pub(crate) campaign_id: Option<String>,
    /// Category of the purchase.
    pub(crate) category: Option<String>,
    /// Tier of the purchase.
    pub(crate) tier: Option<String>,
    /// Amount of the purchase; below zero for a refund.
    pub(crate) transaction_amount: String,
    /// The rate in percent, where there is one.
    pub(crate) percentage: Option<String>,
    /// What was granted; below zero for a reversal.
    pub(crate) amount: String,
    /// ISO 4217 code.
    pub(crate) currency: String,
    /// `calculated`, `credited` or `credit_failed`.
    pub(crate) status: String,
    /// When the purchase or refund happened.
    pub(crate) occurred_at: String,
    /// When it was credited.
    pub(crate) processed_at: Option<String>,
    /// When it was posted.
    pub(crate) created_at: String,
}

/// Exact up to here; a larger count is not counted to its end.
pub(crate) const COUNTED: i64 = 10_000;

/// An instant as answers have it: UTC with microseconds.
pub(crate) fn rfc(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A number of the store with its decimals.
pub(super) fn decimal(stored: &Stored, decimals: u8) -> Result<String, ServiceError> {
    let units = stored.units(decimals).ok_or_else(|| mend("a number of the store has too many decimals"))?;
    Ok(Units::new(units, decimals).to_string())
}

impl HistoryLine {
    fn of(row: HistoryRow) -> Result<HistoryLine, ServiceError> {
        Ok(HistoryLine {
            seq: row.seq,
            program: row.program,
            action_type: row.action_type,
            points_change: decimal(&row.points_change, row.points_decimals)?,
            cashback_change: decimal(&row.cashback_change, row.money_decimals)?,
            currency: row.currency,
            description: row.description,
            metadata: serde_json::from_str(&row.metadata).map_err(|_| mend("a line of history cannot be read"))?,
            occurred_at: rfc(row.occurred_at),
            created_at: rfc(row.created_at),
        })
    }
}

impl CashbackLine {
    fn of(row: CashbackRow) -> Result<CashbackLine, ServiceError> {
        Ok(CashbackLine {
            id: row.id,
            transaction_id: row.transaction_id,
            program: row.program,
            kind: row.cashback_type,
            component: row.component,
            rule_id: row.rule_id,
            campaign_id: row.campaign_id,
            category: row.category,
            tier: row.tier,
            transaction_amount: decimal(&row.transaction_amount, row.money_decimals)?,
            percentage: row.cashback_percentage,
            amount: decimal(&row.cashback_amount, row.money_decimals)?,
            currency: row.currency,
            status: row.status,
            occurred_at: rfc(row.occurred_at),
            processed_at: row.processed_at.map(rfc),
            created_at: rfc(row.created_at),
        })
    }
}

impl Service {
    /// Lines of a member's history, newest first.
    pub(crate) async fn history(&self, wanted: &HistoryWanted) -> Result<Vec<HistoryLine>, ServiceError> {
        let rows: Vec<HistoryRow> = self.store.read(statements::HISTORY, wanted).await?;
        rows.into_iter().map(HistoryLine::of).collect()
    }

    /// Components of money of a member, newest first, and how many fit in all, counted up to `wanted.most`.
    pub(crate) async fn cashback_page(
        &self,
        wanted: &CashbackWanted,
    ) -> Result<(Vec<CashbackLine>, i64), ServiceError> {
        let count: Option<i64> = self.store.read_one(statements::CASHBACK_COUNT, wanted).await?;
        let rows: Vec<CashbackRow> = self.store.read(statements::CASHBACK_PAGE, wanted).await?;
        let lines: Result<Vec<CashbackLine>, ServiceError> = rows.into_iter().map(CashbackLine::of).collect();
        Ok((lines?, count.unwrap_or(0)))
    }
}
