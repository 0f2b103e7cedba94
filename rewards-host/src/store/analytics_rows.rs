//! Rows of reports.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::rows::Instant;
use super::units::Stored;

/// A stretch of what was processed.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Stretch {
    pub(crate) from: Instant,
    /// Not included.
    pub(crate) until: Instant,
    pub(crate) limit: usize,
}

/// What was processed, as sums need it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct OutcomeRow {
    pub(crate) program: String,
    pub(crate) kind: String,
    pub(crate) occurred_at: DateTime<Utc>,
    pub(crate) created_at: DateTime<Utc>,
    /// That of the purchase, also of a refund.
    pub(crate) category: Option<String>,
    /// Canonical JSON.
    pub(crate) outcome: String,
}

/// What a sum is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct DailyKey {
    pub(crate) program: String,
    pub(crate) day: NaiveDate,
    pub(crate) kind: &'static str,
    pub(crate) rule_id: String,
    pub(crate) campaign_id: String,
    pub(crate) tier: String,
    pub(crate) category: String,
    pub(crate) currency: String,
}

/// A sum, to be added.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct DailyWrite {
    #[serde(flatten)]
    pub(crate) key: DailyKey,
    pub(crate) count: i64,
    pub(crate) amount: i64,
    pub(crate) spend: i64,
}

/// Which sums are wanted.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SumsWanted {
    pub(crate) program: String,
    pub(crate) from: NaiveDate,
    pub(crate) to: NaiveDate,
    /// `day`, `month`, `campaign`, `tier`, `category` or `budget`.
    pub(crate) by: &'static str,
}

/// Sums of one kind under one key.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct SumRow {
    pub(crate) key: String,
    pub(crate) kind: String,
    pub(crate) count: i64,
    pub(crate) amount: i64,
    pub(crate) spend: i64,
}

/// Whose points, seen from which local day.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ExpiryWanted {
    pub(crate) program: String,
    pub(crate) today: NaiveDate,
}

/// Points that expire in one month.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ExpiryRow {
    /// `2026-03`; absent of points that never expire.
    pub(crate) month: Option<String>,
    /// Whether their day is over.
    pub(crate) is_past: bool,
    pub(crate) earned: Stored,
    pub(crate) available: Stored,
    pub(crate) pending: Stored,
    pub(crate) redeemed: Stored,
    pub(crate) expired: Stored,
    pub(crate) reversed: Stored,
    pub(crate) moved: Stored,
}
