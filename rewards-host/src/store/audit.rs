//! Rows as the verification of the ledger reads them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rows::Instant;
use super::units::Stored;

/// After which row to go on: in order of members, and of numbers within one.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct After {
    pub(crate) user_id: String,
    pub(crate) seq: i64,
}

/// Decimals of a program.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Decimals {
    pub(crate) money_decimals: u8,
    pub(crate) points_decimals: u8,
}

/// A program with its decimals.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ProgramDecimals {
    pub(crate) program: String,
    #[serde(flatten)]
    pub(crate) decimals: Decimals,
}

/// A member with the heads of its history and messages.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct MemberHeads {
    pub(crate) user_id: String,
    pub(crate) history_seq: i64,
    pub(crate) history_head: String,
    pub(crate) outbox_seq: i64,
    /// Through which number its counters are filled.
    pub(crate) counted: i64,
    pub(crate) wrapped: Option<String>,
    pub(crate) master_key: Option<String>,
}

/// A line of history.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct HistoryRow {
    pub(crate) user_id: String,
    pub(crate) seq: i64,
    pub(crate) program: String,
    pub(crate) action_type: String,
    pub(crate) points_change: Stored,
    pub(crate) cashback_change: Stored,
    pub(crate) currency: String,
    pub(crate) rule_set: String,
    pub(crate) description: String,
    /// JSON.
    pub(crate) metadata: String,
    pub(crate) chain: String,
    pub(crate) occurred_at: DateTime<Utc>,
    pub(crate) created_at: DateTime<Utc>,
}

/// What the heads of histories were at an instant.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct AnchorRow {
    pub(crate) seq: i64,
    /// Lines before it and not before the anchor before.
    pub(crate) until: DateTime<Utc>,
    /// Members with such lines.
    pub(crate) members: i64,
    /// Keyed hash over the last such line of each, and over the anchor before.
    pub(crate) chain: String,
}

/// An anchor on its way into the store.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AnchorWrite {
    pub(crate) seq: i64,
    pub(crate) until: Instant,
    pub(crate) members: i64,
    pub(crate) chain: String,
}

/// Lines of history between two instants.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Between {
    pub(crate) from: Instant,
    /// Not included.
    pub(crate) until: Instant,
}

/// The last line of a member in a stretch of history.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct HeadRow {
    pub(crate) user_id: String,
    pub(crate) seq: i64,
    pub(crate) chain: String,
}

/// Sums of lots that differ from the lots.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct LotSumsOff {
    pub(crate) key: String,
    /// Earned, available, pending, redeemed, expired, reversed, moved.
    pub(crate) found: String,
    pub(crate) due: String,
}

/// A component of money as its row has it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ComponentRow {
    pub(crate) position: i64,
    pub(crate) component: String,
    pub(crate) cashback_type: String,
    pub(crate) rule_id: String,
    pub(crate) amount: Stored,
    /// Of the whole purchase or refund.
    pub(crate) purchase: Stored,
    pub(crate) percentage: Option<String>,
    pub(crate) campaign_id: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) tier: Option<String>,
    pub(crate) currency: String,
    pub(crate) rule_set: String,
    pub(crate) status: String,
}

/// A processed id with all that belongs to it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PostingRow {
    pub(crate) user_id: String,
    pub(crate) seq: i64,
    pub(crate) transaction_id: String,
    pub(crate) kind: String,
    pub(crate) program: String,
    pub(crate) original_id: Option<String>,
    pub(crate) content: String,
    pub(crate) content_sha256: String,
    pub(crate) rule_set: String,
    /// Sealed; empty for a member who was forgotten.
    pub(crate) facts: String,
    /// Budgets as it met them, JSON.
    pub(crate) usage: String,
    pub(crate) outcome: String,
    /// Of a purchase: its record, JSON.
    pub(crate) record: Option<String>,
    /// Whether there is a refund of it.
    pub(crate) refunded: bool,
    pub(crate) components: Vec<ComponentRow>,
}

/// A message to others.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct MessageRow {
    pub(crate) user_id: String,
    pub(crate) seq: i64,
    pub(crate) payload: String,
}

/// What became of a lot.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct LotSums {
    pub(crate) user_id: String,
    pub(crate) program: String,
    pub(crate) lot_key: String,
    pub(crate) spendable_date: NaiveDate,
    pub(crate) expiry_date: Option<NaiveDate>,
    pub(crate) points_earned: Stored,
    pub(crate) points_available: Stored,
    pub(crate) points_pending: Stored,
    pub(crate) points_redeemed: Stored,
    pub(crate) points_expired: Stored,
    pub(crate) points_reversed: Stored,
    pub(crate) points_moved: Stored,
}

/// A counter and what it began with. Of a budget `user_id` is empty.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CounterRow {
    #[serde(default)]
    pub(crate) user_id: String,
    pub(crate) program: String,
    pub(crate) key: String,
    pub(crate) period: String,
    pub(crate) units: i64,
    pub(crate) opening: i64,
}

/// What a redemption took from a lot.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct TakenRow {
    pub(crate) lot: String,
    pub(crate) points: Stored,
}

/// Where a member stands in a program, as it is shown and as it is kept.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ShownStanding {
    pub(crate) user_id: String,
    pub(crate) program: String,
    pub(crate) current_tier: Option<String>,
    /// Decimals.
    pub(crate) total_spending: String,
    pub(crate) tier_progress: String,
    pub(crate) tier_achieved_date: Option<NaiveDate>,
    pub(crate) tier_expiry_date: Option<NaiveDate>,
    pub(crate) last_updated: DateTime<Utc>,
    pub(crate) record: String,
}

/// What a campaign brought a member.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CampaignSums {
    pub(crate) user_id: String,
    pub(crate) program: String,
    pub(crate) campaign_id: String,
    pub(crate) earned: Stored,
    pub(crate) points: Stored,
    pub(crate) used: i64,
    pub(crate) last_used: Option<NaiveDate>,
}

/// A redemption.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RedemptionSums {
    pub(crate) user_id: String,
    pub(crate) id: Uuid,
    pub(crate) program: String,
    pub(crate) redemption_type: String,
    pub(crate) status: String,
    pub(crate) points_used: Stored,
    pub(crate) cash_value: Stored,
    pub(crate) currency: String,
    pub(crate) rule_set: String,
    pub(crate) record: String,
    pub(crate) occurred_at: DateTime<Utc>,
    pub(crate) lots: Vec<TakenRow>,
}

/// A transfer whose two sides differ.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct TransferSums {
    pub(crate) id: String,
    pub(crate) given: Stored,
    pub(crate) received: Stored,
}

/// A row that belongs to no member.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Stray {
    pub(crate) place: String,
    pub(crate) key: String,
}

/// A code that belongs to a redemption of another option.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct StrayVoucher {
    pub(crate) id: String,
    pub(crate) redemption: String,
    pub(crate) found: String,
    pub(crate) due: String,
}
