//! Rows of what members and those who help them read and ask for. As in [`super::rows`], names are those of the columns.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rows::Instant;
use super::units::Stored;

/// Which lines of a history.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct HistoryWanted {
    pub(crate) user_id: String,
    /// Lines before the one with this number.
    pub(crate) before: Option<i64>,
    pub(crate) from: Option<Instant>,
    pub(crate) to: Option<Instant>,
    pub(crate) action_type: Option<String>,
    pub(crate) limit: i64,
}

/// A line of history.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct HistoryRow {
    pub(crate) program: String,
    pub(crate) seq: i64,
    pub(crate) action_type: String,
    pub(crate) points_change: Stored,
    pub(crate) cashback_change: Stored,
    pub(crate) currency: String,
    pub(crate) description: String,
    /// JSON.
    pub(crate) metadata: String,
    pub(crate) money_decimals: u8,
    pub(crate) points_decimals: u8,
    pub(crate) occurred_at: DateTime<Utc>,
    pub(crate) created_at: DateTime<Utc>,
}

/// A sum over components of a member: which one, and its name in that dimension.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CashbackSum {
    pub(crate) program: String,
    /// `total`, `status`, `kind`, `campaign` or `month`.
    pub(crate) dimension: String,
    /// Of `month`: an instant in it.
    pub(crate) name: String,
    pub(crate) amount: Stored,
    pub(crate) components: i64,
}

/// Which components of money.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CashbackWanted {
    pub(crate) user_id: String,
    pub(crate) from: Option<Instant>,
    pub(crate) to: Option<Instant>,
    pub(crate) status: Option<String>,
    pub(crate) campaign_id: Option<String>,
    pub(crate) offset: i64,
    pub(crate) limit: i64,
    /// Counting ends here.
    pub(crate) most: i64,
}

/// A component of money.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CashbackRow {
    pub(crate) id: Uuid,
    pub(crate) transaction_id: String,
    pub(crate) program: String,
    pub(crate) transaction_amount: Stored,
    /// A decimal.
    pub(crate) cashback_percentage: Option<String>,
    pub(crate) cashback_amount: Stored,
    pub(crate) cashback_type: String,
    pub(crate) component: String,
    pub(crate) rule_id: String,
    pub(crate) campaign_id: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) tier: Option<String>,
    pub(crate) currency: String,
    pub(crate) status: String,
    pub(crate) money_decimals: u8,
    pub(crate) occurred_at: DateTime<Utc>,
    pub(crate) processed_at: Option<DateTime<Utc>>,
    pub(crate) created_at: DateTime<Utc>,
}

/// A redemption with what opens its details.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RedemptionHere {
    pub(crate) id: Uuid,
    pub(crate) user_id: String,
    pub(crate) program: String,
    pub(crate) redemption_type: String,
    pub(crate) points_used: Stored,
    pub(crate) cash_value: Stored,
    pub(crate) currency: String,
    pub(crate) status: String,
    /// Sealed.
    pub(crate) redemption_details: Option<String>,
    pub(crate) wrapped: Option<String>,
    pub(crate) master_key: Option<String>,
    pub(crate) money_decimals: u8,
    pub(crate) points_decimals: u8,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) processed_at: Option<DateTime<Utc>>,
}

/// An option of a program.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OptionKey {
    pub(crate) program: String,
    pub(crate) option: String,
}

/// A redemption that is pending.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Pending {
    pub(crate) id: Uuid,
}

/// A rule set of redemptions that are pending.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PendingRules {
    pub(crate) program: String,
    pub(crate) rule_set: String,
}

/// An adjustment that a second person has to approve.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PendingAdjustmentWrite {
    pub(crate) id: Uuid,
    pub(crate) user_id: String,
    pub(crate) program: String,
    /// A decimal.
    pub(crate) points: String,
    pub(crate) expires_on: Option<NaiveDate>,
    pub(crate) reason: String,
    pub(crate) asked_by: String,
    pub(crate) created_at: Instant,
}

/// The same, as it is kept.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PendingAdjustment {
    pub(crate) id: Uuid,
    pub(crate) user_id: String,
    pub(crate) program: String,
    pub(crate) points: String,
    pub(crate) expires_on: Option<NaiveDate>,
    pub(crate) reason: String,
    pub(crate) asked_by: String,
    /// `waiting` or `posted`.
    pub(crate) state: String,
    pub(crate) approved_by: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
}

/// That it was approved and posted.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ApprovalWrite {
    pub(crate) id: Uuid,
    pub(crate) approved_by: String,
    pub(crate) decided_at: Instant,
}
