//! What a comparison over rows tells: sums, members, rules, changes, tiers and the purchases that change most.
//!
//! Money and points are texts here, as everywhere outside of the engine; how they come about is in `cost`.

use crate::schema::{Shape, written};

/// A purchase and what it brings under both rule sets.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    pub(super) by: (i64, i64),
}

/// Old, new and their difference, written as money and points are.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    /// How many.
    pub count: u64,
    /// The sum of their differences in money.
    pub money: String,
    /// The sum of their differences in points.
    pub points: String,
}

/// One rule under both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCost {
    /// `base`, `loyalty`, `campaign`, …
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// What it cost and costs.
    pub sums: Sums,
}

/// What one change costs when it is the only one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeCost {
    /// What changed.
    pub name: String,
    /// The difference in money to the old rules; absent where it cannot be made alone or fails on a row.
    pub money: Option<String>,
    /// The difference in points.
    pub points: Option<String>,
    /// Why there is none.
    pub why_not: Option<String>,
}

/// Members by tier, at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierCount {
    /// The tier.
    pub tier: String,
    /// Members that hold it under the old rules; absent if those do not have it.
    pub old: Option<u64>,
    /// Members that hold it under the new rules.
    pub new: Option<u64>,
}

/// What the rows cost under both rule sets.
#[derive(Debug, Clone, PartialEq, Eq)]
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

written! {
    /// What the rows cost under both rule sets.
    pub(crate) static COSTS: Costs as "Costs", c {
        "currency" Always Shape::Text, "The currency of all money here." => c.currency;
        "purchases" Always Shape::Count, "Purchases that both posted." => c.purchases;
        "rejected" Always Shape::Count, "Rows that one of them did not post." => c.rejected;
        "total" Always Shape::Object(&SUMS), "All rows." => c.total;
        "gain" Always Shape::Object(&MEMBERS), "Members whose money grows, or whose points do where their money stays." => c.gain;
        "lose" Always Shape::Object(&MEMBERS), "Members whose money shrinks, or whose points do where their money stays." => c.lose;
        "unchanged" Always Shape::Object(&MEMBERS), "Members for whom nothing changes." => c.unchanged;
        "by_rule" Always Shape::List(&RULE_COST), "Each rule that cost anything under either." => c.by_rule;
        "by_change" Always Shape::List(&CHANGE_COST), "Each change alone, where it can be made alone and was asked for." => c.by_change;
        "together" Nullable Shape::Object(&CHANGE_COST), "What several changes cost beyond their sum, since they meet each other." => c.together;
        "tiers" Always Shape::List(&TIER_COUNT), "Tiers at the end." => c.tiers;
        "biggest" Always Shape::List(&SWING), "The purchases that change most, the biggest first." => c.biggest;
    }
}

written! {
    /// Old, new and their difference.
    static SUMS: Sums as "Sums", s {
        "old" Always Shape::Decimal, "Money under the old rules." => s.old;
        "new" Always Shape::Decimal, "Money under the new rules." => s.new;
        "difference" Always Shape::Decimal, "New less old." => s.difference;
        "old_points" Always Shape::Decimal, "Points under the old rules." => s.old_points;
        "new_points" Always Shape::Decimal, "Points under the new rules." => s.new_points;
        "points_difference" Always Shape::Decimal, "New less old." => s.points_difference;
    }
}

written! {
    /// Members for whom a change means the same.
    static MEMBERS: Members as "Members", m {
        "count" Always Shape::Count, "How many." => m.count;
        "money" Always Shape::Decimal, "The sum of their differences in money." => m.money;
        "points" Always Shape::Decimal, "The sum of their differences in points." => m.points;
    }
}

written! {
    /// One rule under both.
    static RULE_COST: RuleCost as "RuleCost", r {
        "kind" Always Shape::Words(crate::simulate::kinds), "What kind of rule it is." => r.kind;
        "id" Always Shape::Text, "Its id." => r.id;
        "sums" Always Shape::Object(&SUMS), "What it cost and costs." => r.sums;
    }
}

written! {
    /// What one change costs when it is the only one.
    static CHANGE_COST: ChangeCost as "ChangeCost", c {
        "name" Always Shape::Text, "What changed." => c.name;
        "money" Nullable Shape::Decimal, "The difference in money to the old rules." => c.money;
        "points" Nullable Shape::Decimal, "The difference in points." => c.points;
        "why_not" Maybe Shape::Text, "Why there is none." => c.why_not.as_ref();
    }
}

written! {
    /// Members by tier, at the end.
    static TIER_COUNT: TierCount as "TierCount", t {
        "tier" Always Shape::Text, "The tier." => t.tier;
        "old" Nullable Shape::Count, "Members that hold it under the old rules; nothing if those do not have it." => t.old;
        "new" Nullable Shape::Count, "Members that hold it under the new rules." => t.new;
    }
}

written! {
    /// A purchase and what it brings under both rule sets.
    static SWING: Swing as "Swing", s {
        "transaction_id" Always Shape::Id, "Id of the transaction." => s.transaction_id;
        "user_id" Always Shape::Id, "Id of the member." => s.user_id;
        "old_rules" Always Shape::Text, "What the old rules grant, as a row of a simulation tells it." => s.old_rules;
        "new_rules" Always Shape::Text, "What the new rules grant." => s.new_rules;
        "sums" Always Shape::Object(&SUMS), "What it pays under each." => s.sums;
    }
}
