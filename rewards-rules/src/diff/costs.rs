//! What a comparison over rows tells: sums, members, rules, changes, tiers and the purchases that change most.
//!
//! Money and points are texts here, as everywhere outside of the engine; how they come about is in `cost`.

use serde::Serialize;

/// A purchase and what it brings under both rule sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Swing {
    /// Id of the transaction.
    pub transaction_id: String,
    /// Id of the member.
    pub user_id: String,
    /// What the old rules grant, as `simulate` writes it.
    pub old_rules: String,
    /// What the new rules grant.
    pub new_rules: String,
    /// What it pays under each.
    pub sums: Sums,
    #[serde(skip)]
    pub(super) by: (i64, i64),
}

/// Old, new and their difference, written as money and points are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// Money under the old rules.
    pub old: String,
    /// Money under the new rules.
    pub new: String,
    /// New less old.
    pub difference: String,
    /// Points under the old rules.
    pub old_points: String,
    /// Points under the new rules.
    pub new_points: String,
    /// New less old.
    pub points_difference: String,
}

/// Members for whom a change means the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Members {
    /// How many.
    pub count: u64,
    /// The sum of their differences in money.
    pub money: String,
    /// The sum of their differences in points.
    pub points: String,
}

/// One rule under both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleCost {
    /// `base`, `loyalty`, `campaign`, …
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// What it cost and costs.
    pub sums: Sums,
}

/// What one change costs when it is the only one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeCost {
    /// What changed.
    pub name: String,
    /// The difference in money to the old rules; absent where it cannot be made alone or fails on a row.
    pub money: Option<String>,
    /// The difference in points.
    pub points: Option<String>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
}

/// Members by tier, at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TierCount {
    /// The tier.
    pub tier: String,
    /// Members that hold it under the old rules; absent if those do not have it.
    pub old: Option<u64>,
    /// Members that hold it under the new rules.
    pub new: Option<u64>,
}

/// What the rows cost under both rule sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Costs {
    /// The currency of all money here.
    pub currency: String,
    /// Purchases that both posted.
    pub purchases: u64,
    /// Bad rows.
    pub rejected: u64,
    /// All rows.
    pub total: Sums,
    /// Members whose money grows, or whose points do where their money stays.
    pub gain: Members,
    /// Members whose money shrinks, or whose points do where their money stays.
    pub lose: Members,
    /// Members for whom nothing changes.
    pub unchanged: Members,
    /// Each rule that cost anything under either.
    pub by_rule: Vec<RuleCost>,
    /// Each change alone, where it can be made alone.
    pub by_change: Vec<ChangeCost>,
    /// What several changes cost beyond their sum, since they meet each other: the total difference less those alone.
    pub together: Option<ChangeCost>,
    /// Tiers at the end.
    pub tiers: Vec<TierCount>,
    /// The purchases that change most, the biggest first.
    pub biggest: Vec<Swing>,
}
