//! When a campaign's budget, which all members share, is used up.

use std::collections::HashMap;
use std::sync::Arc;

use rewards_rules::RuleSet;

use super::rules::Compiled;
use crate::store::units::{Stored, Units};

/// A budget that an outcome used up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exhausted {
    pub(super) campaign: String,
    /// Key of its counter, and of the period.
    pub(super) counter: String,
    pub(super) period: String,
    /// How much it is, as a decimal.
    pub(super) limit: String,
}

/// A campaign's budget. Units are those of its counter.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    pub(crate) campaign: String,
    pub(crate) limit: Units,
}

/// The budgets of a rule set, by the key of their counter.
pub(crate) type Budgets = Arc<HashMap<String, Budget>>;

/// Reads them off the description of a rule set.
pub(crate) fn budgets_of(rules: &RuleSet) -> Budgets {
    let about = rules.describe();
    let of_points = |kind: &str| matches!(kind, "points" | "points_multiplier");
    let budgets = about.campaigns.into_iter().filter_map(|campaign| {
        let budget = campaign.budget?;
        let decimals = if of_points(campaign.kind) { about.points_decimals } else { rules.currency().decimals() };
        let limit = Units::new(Stored::Decimal(budget.limit).units(decimals)?, decimals);
        Some((budget.counter, Budget { campaign: campaign.id, limit }))
    });
    Arc::new(budgets.collect())
}

impl Compiled {
    /// Tells that a budget was not used up before and is now. Units before and after are those of its counter.
    pub(super) fn exhausted(
        &self,
        rules: &RuleSet,
        (counter, period): (&str, &str),
        before: i64,
        after: i64,
    ) -> Option<Exhausted> {
        let budgets = self.budgets(rules);
        let budget = budgets.get(counter)?;
        let limit = budget.limit.units;
        (before < limit && after >= limit).then(|| Exhausted {
            campaign: budget.campaign.clone(),
            counter: counter.to_owned(),
            period: period.to_owned(),
            limit: budget.limit.to_string(),
        })
    }
}
