//! A member's cashback in sums: by status, kind, campaign and month.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rewards_rules::RuleSet;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::ServiceError;
use super::rules::InForce;
use super::{Service, mend};
use crate::store::accounts::CashbackSum;
use crate::store::statements;
use crate::store::units::Units;

/// A sum of components.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Sum {
    /// Of what: a status, a kind, the id of a campaign, or a month like `2026-03`.
    pub(crate) name: String,
    /// Granted less reversed.
    pub(crate) amount: String,
    /// As many components.
    pub(crate) components: i64,
}

/// Cashback of a member in one program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CashbackSums {
    /// Id of the program.
    pub(crate) program: String,
    /// ISO 4217 code.
    pub(crate) currency: String,
    /// Granted less reversed, of all components.
    pub(crate) total: String,
    /// By `calculated`, `credited`, `credit_failed`.
    pub(crate) by_status: Vec<Sum>,
    /// By `base`, `loyalty`, `campaign`, `reversal`; the sums add up to the total.
    pub(crate) by_kind: Vec<Sum>,
    /// By campaign: what it granted less what was reversed of it.
    pub(crate) by_campaign: Vec<Sum>,
    /// By the month in which purchases and refunds happened, in the program's time zone.
    pub(crate) by_month: Vec<Sum>,
}

impl Service {
    /// A member's cashback in every program; zeros for one who never had any.
    pub(crate) async fn cashback_sums(&self, user_id: &str) -> Result<Vec<CashbackSums>, ServiceError> {
        let in_force = InForce::now(&self.store).await?;
        let rows: Vec<CashbackSum> = self.store.read(statements::CASHBACK_SUMS, &user_id).await?;
        let now = self.now().await?;
        let mut all = Vec::new();
        for program in in_force.programs() {
            let hash = in_force.at(&program, now).ok_or_else(|| mend("a program has no publication"))?;
            let rules = self.rules.read(&self.store, hash).await?;
            all.push(sums(&rules, &program, &rows)?);
        }
        Ok(all)
    }
}

fn sums(rules: &RuleSet, program: &str, rows: &[CashbackSum]) -> Result<CashbackSums, ServiceError> {
    let decimals = rules.currency().decimals();
    // By dimension, then name: months of several instants come together here.
    let mut found: BTreeMap<(&str, String), (i64, i64)> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.program == program) {
        let broken = || mend("a sum of cashback cannot be read");
        let units = row.amount.units(decimals).ok_or_else(broken)?;
        let name = match row.dimension.as_str() {
            "month" => {
                let at: DateTime<Utc> = row.name.parse().map_err(|_| broken())?;
                rules.local_date(at).format("%Y-%m").to_string()
            }
            _ => row.name.clone(),
        };
        let sum = found.entry((&row.dimension, name)).or_insert((0, 0));
        sum.0 = sum.0.checked_add(units).ok_or_else(broken)?;
        sum.1 = sum.1.saturating_add(row.components);
    }
    let text = |units| Units::new(units, decimals).to_string();
    let of = |dimension: &str| -> Vec<Sum> {
        let of_dimension = found.iter().filter(|((d, _), _)| *d == dimension);
        let sum = |((_, name), (units, components)): (&(&str, String), &(i64, i64))| Sum {
            name: name.clone(),
            amount: text(*units),
            components: *components,
        };
        of_dimension.map(sum).collect()
    };
    Ok(CashbackSums {
        program: program.to_owned(),
        currency: rules.currency().code().to_owned(),
        total: of("total").into_iter().next().map_or_else(|| text(0), |sum| sum.amount),
        by_status: of("status"),
        by_kind: of("kind"),
        by_campaign: of("campaign"),
        by_month: of("month"),
    })
}
