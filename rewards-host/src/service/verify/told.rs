//! What a stored outcome says, as far as rows have to agree with it.

use chrono::{DateTime, NaiveDate, Utc};
use rewards_rules::value::Exact;
use serde::Deserialize;

use crate::service::tell::percent;
use crate::store::units::Stored;

/// An outcome.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Told {
    pub(super) transaction_id: String,
    pub(super) kind: String,
    pub(super) program: String,
    pub(super) currency: String,
    pub(super) occurred_at: DateTime<Utc>,
    pub(super) original: Option<String>,
    pub(super) amount: String,
    pub(super) tier: Option<String>,
    pub(super) components: Vec<Part>,
    pub(super) totals: Totals,
    pub(super) points: Vec<Part>,
    pub(super) usage: Vec<Usage>,
}

/// A component.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Part {
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) granted: String,
    rate: Option<String>,
    pub(super) spendable_on: Option<NaiveDate>,
    pub(super) expires_on: Option<NaiveDate>,
}

impl Part {
    /// Its rate as a percentage, as the row of a component has it.
    pub(super) fn percentage(&self) -> Option<String> {
        percent(&self.rate.as_ref()?.parse::<Exact>().ok()?)
    }
}

/// Its sums.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Totals {
    pub(super) total: String,
    pub(super) points: String,
}

/// A counter that it fed.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Usage {
    pub(super) key: String,
    pub(super) period: String,
    pub(super) delta: String,
}

impl Usage {
    /// Whether all members share it. The key says so: `SCOPE.ID.budget.PERIOD`.
    pub(super) fn is_shared(&self) -> bool {
        self.key.rsplit('.').nth(1) == Some("budget")
    }
}

/// Units of a decimal that has all its digits; what is none counts as 0, and differs from what it should be.
pub(super) fn units(decimal: &str) -> i64 {
    Stored::Decimal(decimal.to_owned()).raw().unwrap_or(0)
}
