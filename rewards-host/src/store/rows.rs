//! Rows as statements take and answer them. Names are those of the columns.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use super::units::{Stored, Units};

/// An instant on the way into the store: UTC with microseconds, a text of fixed width that sorts as instants do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(pub(crate) DateTime<Utc>);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.format("%Y-%m-%dT%H:%M:%S%.6fZ"))
    }
}

/// A member that was locked.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct LockedMember {
    pub(crate) user_id: String,
    pub(crate) status: String,
    /// Sealed.
    pub(crate) facts: Option<String>,
    pub(crate) history_seq: i64,
    pub(crate) history_head: String,
    pub(crate) outbox_seq: i64,
    /// Through which number its counters are filled, and the last number there is.
    pub(crate) counted: i64,
    pub(crate) counted_due: i64,
    pub(crate) wrapped: Option<String>,
    pub(crate) master_key: Option<String>,
    /// The clock of the database, after the lock was given.
    pub(crate) now: DateTime<Utc>,
}

/// A member that is written; the version goes up by one.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MemberWrite {
    pub(crate) user_id: String,
    pub(crate) status: String,
    /// Sealed; `None` leaves what is there.
    pub(crate) facts: Option<String>,
    pub(crate) history_seq: i64,
    pub(crate) history_head: String,
    pub(crate) outbox_seq: i64,
}

/// A member that may be new.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct NewMember {
    pub(crate) user_id: String,
}

/// The key of a member.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MemberKey {
    pub(crate) user_id: String,
    pub(crate) wrapped: String,
    pub(crate) master_key: String,
}

/// Which store it is.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct StoreId {
    pub(crate) id: String,
}

/// A key that the store is written by.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoreKey {
    pub(crate) id: String,
    /// A keyed hash that tells whether another key is the same.
    pub(crate) fingerprint: String,
}

/// Which rule set is in force from when.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Publication {
    pub(crate) program: String,
    pub(crate) rule_set: String,
    pub(crate) in_force_from: DateTime<Utc>,
    /// The last number through which counters are due to be filled.
    pub(crate) counted_due: i64,
}

/// An id that was processed.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Processed {
    pub(crate) transaction_id: String,
    pub(crate) user_id: String,
    pub(crate) program: String,
    pub(crate) content_sha256: String,
    pub(crate) rule_set: String,
    pub(crate) outcome: String,
}

/// A processed id on the way in.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ProcessedWrite {
    pub(crate) transaction_id: String,
    pub(crate) kind: &'static str,
    pub(crate) user_id: String,
    pub(crate) seq: i64,
    pub(crate) program: String,
    pub(crate) original_id: Option<String>,
    pub(crate) content_sha256: String,
    pub(crate) rule_set: String,
    pub(crate) currency: String,
    pub(crate) occurred_at: Instant,
    pub(crate) content: String,
    pub(crate) facts: String,
    pub(crate) usage: String,
    pub(crate) outcome: String,
    pub(crate) created_at: Instant,
}

/// A purchase as its refunds need it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PostedPurchase {
    pub(crate) transaction_id: String,
    pub(crate) user_id: String,
    pub(crate) program: String,
    pub(crate) rule_set: String,
    /// All but what is personal.
    pub(crate) record: String,
    /// Sealed: the facts with which a campaign is tested again.
    pub(crate) personal: Option<String>,
}

/// The same on the way in.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PurchaseWrite {
    pub(crate) transaction_id: String,
    pub(crate) record: String,
    pub(crate) personal: Option<String>,
}

/// What the ledger keeps of a member in a program, beside lots and counters.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StandingRow {
    pub(crate) user_id: String,
    pub(crate) program: String,
    pub(crate) record: String,
}

/// A line of history by which a member brought along what it had.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct OpeningRow {
    pub(crate) user_id: String,
    pub(crate) program: String,
    pub(crate) metadata: String,
    pub(crate) occurred_at: DateTime<Utc>,
}

/// Standing on the way in.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StandingWrite {
    pub(crate) id: Uuid,
    pub(crate) user_id: String,
    pub(crate) program_id: Uuid,
    pub(crate) program: String,
    pub(crate) current_tier: Option<String>,
    /// A decimal.
    pub(crate) total_spending: String,
    /// A decimal from 0 to 1.
    pub(crate) tier_progress: String,
    pub(crate) tier_achieved_date: Option<NaiveDate>,
    pub(crate) tier_expiry_date: Option<NaiveDate>,
    pub(crate) record: String,
    pub(crate) last_updated: Instant,
}

/// A lot of points.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct LotRow {
    pub(crate) user_id: String,
    pub(crate) program: String,
    pub(crate) lot_key: String,
    pub(crate) seq: i64,
    pub(crate) points_earned: Stored,
    pub(crate) points_available: Stored,
    pub(crate) points_pending: Stored,
    pub(crate) points_redeemed: Stored,
    pub(crate) points_expired: Stored,
    pub(crate) points_reversed: Stored,
    pub(crate) points_moved: Stored,
    pub(crate) counted_expired: Stored,
    pub(crate) source_type: String,
    pub(crate) source_id: String,
    pub(crate) spendable_date: NaiveDate,
    pub(crate) expiry_date: Option<NaiveDate>,
}

/// The same on the way in.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LotWrite {
    pub(crate) id: Uuid,
    pub(crate) user_id: String,
    pub(crate) program: String,
    pub(crate) lot_key: String,
    pub(crate) seq: i64,
    pub(crate) points_earned: Units,
    pub(crate) points_available: Units,
    pub(crate) points_pending: Units,
    pub(crate) points_redeemed: Units,
    pub(crate) points_expired: Units,
    pub(crate) points_reversed: Units,
    pub(crate) points_moved: Units,
    pub(crate) counted_expired: Units,
    pub(crate) source_type: String,
    pub(crate) source_id: String,
    pub(crate) spendable_date: NaiveDate,
    pub(crate) expiry_date: Option<NaiveDate>,
    pub(crate) rule_set: String,
    pub(crate) occurred_at: Instant,
    pub(crate) created_at: Instant,
}

/// Which lots to read.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct LotsWanted {
    /// Of these members every lot that still holds points, and those below.
    pub(crate) members: Vec<String>,
    /// Of these only the lots that time may change: pending ones, and those that can be spent no longer on this day.
    pub(crate) buyers: Vec<String>,
    pub(crate) over_on: Option<NaiveDate>,
    /// Transactions whose lots are concerned.
    pub(crate) sources: Vec<String>,
    /// Lots by key.
    pub(crate) lots: Vec<String>,
}

/// A campaign in which a member takes part, or took part last, and from when to when.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Enrolment {
    pub(crate) user_id: String,
    pub(crate) program: String,
    pub(crate) campaign_id: String,
    pub(crate) enrolled_at: DateTime<Utc>,
    pub(crate) left_at: Option<DateTime<Utc>>,
}

/// A segment of which the members were uploaded, and a member is one.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct SegmentMember {
    pub(crate) user_id: String,
    pub(crate) program: String,
    pub(crate) segment: String,
}

/// Something that a member belongs to.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Membership {
    /// A campaign.
    Enrolment(Enrolment),
    /// A segment.
    Segment(SegmentMember),
}

impl Membership {
    pub(crate) fn user_id(&self) -> &str {
        match self {
            Membership::Enrolment(of) => &of.user_id,
            Membership::Segment(of) => &of.user_id,
        }
    }

    pub(crate) fn program(&self) -> &str {
        match self {
            Membership::Enrolment(of) => &of.program,
            Membership::Segment(of) => &of.program,
        }
    }
}

/// A counter of a member.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) struct CounterKey {
    pub(crate) user_id: String,
    pub(crate) program: String,
    pub(crate) key: String,
    pub(crate) period: String,
}

/// A counter that all members share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) struct BudgetKey {
    pub(crate) program: String,
    pub(crate) key: String,
    pub(crate) period: String,
}

/// Units of a counter, or what is added to it. Of a budget `user_id` is absent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CounterUnits {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) user_id: String,
    pub(crate) program: String,
    pub(crate) key: String,
    pub(crate) period: String,
    pub(crate) units: i64,
}

/// A component of money.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CashbackWrite {
    pub(crate) id: Uuid,
    pub(crate) user_id: String,
    pub(crate) transaction_id: String,
    pub(crate) program: String,
    pub(crate) position: i64,
    pub(crate) transaction_amount: Units,
    /// A decimal.
    pub(crate) cashback_percentage: Option<String>,
    pub(crate) cashback_amount: Units,
    pub(crate) cashback_type: &'static str,
    pub(crate) component: &'static str,
    pub(crate) rule_id: String,
    pub(crate) campaign_id: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) tier: Option<String>,
    pub(crate) currency: String,
    pub(crate) rule_set: String,
    pub(crate) status: &'static str,
    pub(crate) occurred_at: Instant,
    pub(crate) processed_at: Option<Instant>,
    pub(crate) created_at: Instant,
}

/// What a member earned by a campaign, to be added.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CampaignTotals {
    pub(crate) id: Uuid,
    pub(crate) user_id: String,
    pub(crate) program: String,
    pub(crate) campaign_id: String,
    pub(crate) total_earned: Units,
    pub(crate) total_points: Units,
    pub(crate) usage_count: i64,
    pub(crate) last_used: Option<NaiveDate>,
}

/// A line of history.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct HistoryWrite {
    pub(crate) id: Uuid,
    pub(crate) user_id: String,
    pub(crate) program: String,
    pub(crate) seq: i64,
    pub(crate) action_type: &'static str,
    pub(crate) points_change: Units,
    pub(crate) cashback_change: Units,
    pub(crate) currency: String,
    pub(crate) rule_set: String,
    pub(crate) description: String,
    /// JSON.
    pub(crate) metadata: String,
    pub(crate) chain: String,
    pub(crate) occurred_at: Instant,
    pub(crate) created_at: Instant,
}

/// A message to others.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct OutboxWrite {
    pub(crate) id: Uuid,
    pub(crate) user_id: String,
    pub(crate) seq: i64,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) payload: String,
    pub(crate) created_at: Instant,
}

/// A key under which a request was answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct AnswerKey {
    pub(crate) scope: String,
    pub(crate) key: String,
}

/// What was answered under it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Answered {
    pub(crate) scope: String,
    pub(crate) key: String,
    pub(crate) request_sha256: String,
    pub(crate) answer: String,
}

/// The same on the way in.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AnswerWrite {
    pub(crate) scope: String,
    pub(crate) key: String,
    pub(crate) request_sha256: String,
    pub(crate) user_id: String,
    pub(crate) answer: String,
    pub(crate) created_at: Instant,
}

/// A redemption.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RedemptionRow {
    pub(crate) id: Uuid,
    pub(crate) user_id: String,
    pub(crate) program: String,
    pub(crate) redemption_type: String,
    pub(crate) points_used: Stored,
    pub(crate) cash_value: Stored,
    pub(crate) currency: String,
    pub(crate) status: String,
    pub(crate) rule_set: String,
    pub(crate) record: String,
    /// Sealed.
    pub(crate) redemption_details: Option<String>,
    pub(crate) occurred_at: DateTime<Utc>,
    pub(crate) created_at: DateTime<Utc>,
}

/// The same on the way in.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RedemptionWrite {
    pub(crate) id: Uuid,
    pub(crate) user_id: String,
    pub(crate) program: String,
    pub(crate) points_used: Units,
    pub(crate) redemption_type: String,
    pub(crate) redemption_details: Option<String>,
    pub(crate) cash_value: Units,
    pub(crate) currency: String,
    pub(crate) status: &'static str,
    pub(crate) rule_set: String,
    pub(crate) record: String,
    pub(crate) occurred_at: Instant,
    pub(crate) processed_at: Option<Instant>,
    pub(crate) created_at: Instant,
}

/// A part of a redemption.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RedemptionLotWrite {
    pub(crate) redemption_id: Uuid,
    pub(crate) lot_key: String,
    pub(crate) points: Units,
}

/// A program.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ProgramWrite {
    pub(crate) program: String,
    pub(crate) currency: String,
    pub(crate) money_decimals: u8,
    pub(crate) points_decimals: u8,
    pub(crate) timezone: String,
}

/// A rule set; `files` is JSON.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RuleSetWrite {
    pub(crate) hash: String,
    pub(crate) program: String,
    pub(crate) files: String,
}

/// A rule set as it is kept.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RuleSetRow {
    pub(crate) program: String,
    pub(crate) files: String,
}

/// A publication.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PublicationWrite {
    pub(crate) id: Uuid,
    pub(crate) program: String,
    pub(crate) rule_set: String,
    pub(crate) in_force_from: Instant,
    pub(crate) published_by: String,
    pub(crate) approved_by: Option<String>,
    pub(crate) note: String,
}

/// A level of a program.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LevelWrite {
    pub(crate) id: Uuid,
    pub(crate) program: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) tier_type: String,
    pub(crate) rank: i64,
    pub(crate) benefits: serde_json::Value,
    pub(crate) requirements: serde_json::Value,
    pub(crate) min_spending: String,
    pub(crate) max_spending: Option<String>,
    pub(crate) is_active: bool,
}

/// The same, as it is kept.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct LevelRow {
    pub(crate) id: Uuid,
    pub(crate) program: String,
    pub(crate) name: String,
    pub(crate) tier_type: String,
    pub(crate) benefits: serde_json::Value,
    pub(crate) min_spending: String,
    pub(crate) max_spending: Option<String>,
    pub(crate) currency: String,
    pub(crate) timezone: String,
}

/// A campaign of a program.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CampaignWrite {
    pub(crate) program: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) campaign_type: String,
    pub(crate) rules: serde_json::Value,
    pub(crate) rewards: serde_json::Value,
    pub(crate) start_date: Option<Instant>,
    pub(crate) end_date: Option<Instant>,
    pub(crate) min_transaction: Option<String>,
    pub(crate) max_cashback: Option<String>,
    pub(crate) funded_by: Option<String>,
    pub(crate) is_active: bool,
}

/// A member as reads see it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct MemberRow {
    pub(crate) status: String,
    pub(crate) facts: Option<String>,
    pub(crate) version: i64,
    /// Through which number its counters are filled.
    pub(crate) counted: i64,
    pub(crate) wrapped: Option<String>,
    pub(crate) master_key: Option<String>,
    pub(crate) now: DateTime<Utc>,
}

/// The clock of the database.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Clock {
    pub(crate) now: DateTime<Utc>,
}

/// Points of a member in a program, summed over lots.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PointsSums {
    pub(crate) program: String,
    pub(crate) points_earned: Stored,
    pub(crate) points_redeemed: Stored,
    pub(crate) points_expired: Stored,
    pub(crate) points_reversed: Stored,
    pub(crate) points_moved: Stored,
}

/// Counters that are to be filled.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AskedCounters {
    pub(crate) program: String,
    /// A list of keys, JSON.
    pub(crate) keys: String,
    pub(crate) rule_set: String,
    pub(crate) files: String,
    pub(crate) since: chrono::NaiveDate,
}

/// Counters that were asked for under a number.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct AskedFill {
    pub(crate) seq: i64,
    pub(crate) program: String,
    /// A list of keys, JSON.
    pub(crate) keys: String,
}

/// The same with the rules that want them.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CounterFill {
    #[serde(flatten)]
    pub(crate) asked: AskedFill,
    pub(crate) files: String,
    pub(crate) since: chrono::NaiveDate,
}

/// A purchase of a member.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PurchaseOf {
    pub(crate) seq: i64,
    pub(crate) program: String,
    pub(crate) record: String,
    pub(crate) outcome: String,
}

/// A redemption of a member, as far as counters go.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RedemptionOf {
    pub(crate) user_id: String,
    pub(crate) program: String,
    pub(crate) redemption_type: String,
    pub(crate) record: String,
    pub(crate) occurred_at: DateTime<Utc>,
}

/// That the counters after one number and through another were filled after a line of a member's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MemberCounted {
    pub(crate) user_id: String,
    pub(crate) through_fill: i64,
    pub(crate) after_fill: i64,
    pub(crate) history_seq: i64,
}
