//! A compiled rule set as plain data: what a host lists to people, without evaluating anything.
//!
//! A room of its own because services, pages and reports show the same of a program, and none of them may read rule
//! files or know a node.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::check::program::{Bonus, Campaign, CounterCap, Program, Reward, WindowBound};
use crate::rule_set::RuleSet;
use crate::state::start_of_day;
use crate::value::{Amount, Points};

/// What a program is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Description {
    /// Id of the program.
    pub program: String,
    /// Its name; the id where it has none.
    pub name: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Time zone by name.
    pub timezone: String,
    /// Decimals of points.
    pub points_decimals: u8,
    /// Tier levels, lowest first; none in a program without tiers.
    pub levels: Vec<LevelDescription>,
    /// Campaigns in order of priority, then declaration.
    pub campaigns: Vec<CampaignDescription>,
    /// Options of redemption.
    pub options: Vec<OptionDescription>,
    /// What the program grants all members together, in money.
    pub budget: Option<BudgetDescription>,
}

/// A tier level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LevelDescription {
    /// Its id.
    pub id: String,
    /// Spending from which on it is reached.
    pub min_spending: String,
    /// The threshold of the next level; absent for the highest.
    pub max_spending: Option<String>,
    /// `benefits`, as written.
    pub benefits: Vec<String>,
    /// The loyalty bonus: percentage points of the amount.
    pub bonus_percent: Option<String>,
    /// The loyalty bonus: the whole multiplier of the base.
    pub bonus_multiplier: Option<String>,
    /// Multiplier of points earned.
    pub points_multiplier: String,
    /// Points for reaching it.
    pub upgrade_points: String,
}

/// A campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CampaignDescription {
    /// Its id.
    pub id: String,
    /// Its name; the id where it has none.
    pub name: String,
    /// `rate`, `fixed`, `multiplier`, `amount`, `points` or `points_multiplier`.
    pub kind: &'static str,
    /// The number of the reward: a percentage, an amount, a multiplier or points; absent for a script.
    pub value: Option<String>,
    /// Who pays for it.
    pub funded_by: Option<String>,
    /// First instant; absent: from ever.
    pub starts_at: Option<DateTime<Utc>>,
    /// First instant at which it is over; absent: for ever.
    pub ends_at: Option<DateTime<Utc>>,
    /// The least purchase.
    pub min_transaction: Option<String>,
    /// The most that one purchase can bring.
    pub max_per_transaction: Option<String>,
    /// Whether members have to enrol.
    pub enrolment: bool,
    /// Whether it is paused and does not run.
    pub paused: bool,
    /// Its budget, all members together.
    pub budget: Option<BudgetDescription>,
    /// Where it stands among campaigns, lower first.
    pub priority: i64,
}

/// A budget that all members share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BudgetDescription {
    /// Key of its counter.
    pub counter: String,
    /// Money, or points where the campaign grants points.
    pub limit: String,
    /// The period by name.
    pub per: &'static str,
}

/// An option of redemption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OptionDescription {
    /// Its id.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// This many points…
    pub points: String,
    /// …are worth this much money.
    pub value: String,
    /// The fewest points.
    pub min_points: String,
    /// Points are redeemed in whole steps of this many; absent: any number.
    pub step: Option<String>,
    /// Levels that may use it; absent: all.
    pub tiers: Option<Vec<String>>,
}

impl RuleSet {
    /// What the program is, as plain data.
    pub fn describe(&self) -> Description {
        let program = &self.graph().program;
        let levels = program.tiers.as_ref().map(|t| t.levels.as_slice()).unwrap_or_default();
        let next = levels.iter().skip(1).map(|l| Some(l.min_spending)).chain([None]);
        let levels = levels.iter().zip(next).map(|(level, next)| LevelDescription {
            id: level.id.clone(),
            min_spending: money(program, level.min_spending),
            max_spending: next.map(|n| money(program, n)),
            benefits: level.benefits.clone(),
            bonus_percent: match level.bonus {
                Some(Bonus::Rate(rate)) => percent(rate),
                _ => None,
            },
            bonus_multiplier: match level.bonus {
                Some(Bonus::Multiplier(m)) => Some(m.normalized().to_string()),
                _ => None,
            },
            points_multiplier: level.points_multiplier.normalized().to_string(),
            upgrade_points: points(program, level.upgrade_points),
        });
        let options = program.redemption.iter().map(|option| OptionDescription {
            id: option.id.clone(),
            kind: option.kind.clone(),
            points: points(program, option.value_points),
            value: money(program, option.value_cash),
            min_points: points(program, option.min_points),
            step: option.step.map(|s| points(program, s)),
            tiers: option.tiers.as_ref().map(|tiers| names(program, tiers)),
        });
        Description {
            program: program.id.clone(),
            name: program.name.clone().unwrap_or_else(|| program.id.clone()),
            currency: program.currency.code().to_owned(),
            timezone: program.zone.name().to_owned(),
            points_decimals: program.points_decimals,
            levels: levels.collect(),
            campaigns: program.campaigns.iter().map(|c| self.campaign(program, c)).collect(),
            options: options.collect(),
            budget: program.caps.budget.as_ref().map(|cap| BudgetDescription {
                counter: cap.key.clone(),
                limit: money(program, cap.limit),
                per: cap.per.name(),
            }),
        }
    }

    fn campaign(&self, program: &Program, campaign: &Campaign) -> CampaignDescription {
        let amount = |units| if campaign.is_points() { points(program, units) } else { money(program, units) };
        let (kind, value) = match &campaign.reward {
            Reward::Rate { rate, .. } => ("rate", percent(*rate).map(|p| format!("{p}%"))),
            Reward::Fixed(units) => ("fixed", Some(money(program, *units))),
            Reward::Multiplier { multiplier, .. } => ("multiplier", Some(multiplier.normalized().to_string())),
            Reward::Points(units) => ("points", Some(points(program, *units))),
            Reward::PointsMultiplier(multiplier) => ("points_multiplier", Some(multiplier.normalized().to_string())),
            Reward::Amount(_) => ("amount", None),
        };
        let budget = |cap: &CounterCap| BudgetDescription {
            counter: cap.key.clone(),
            limit: amount(cap.limit),
            per: cap.per.name(),
        };
        let starts_at = campaign.window.from.map(|bound| match bound {
            WindowBound::Instant(at) => at,
            WindowBound::Date(date) => start_of_day(self.graph(), date),
        });
        let ends_at = campaign.window.to.and_then(|bound| match bound {
            WindowBound::Instant(at) => Some(at),
            WindowBound::Date(date) => date.succ_opt().map(|after| start_of_day(self.graph(), after)),
        });
        CampaignDescription {
            id: campaign.id.clone(),
            name: campaign.name.clone().unwrap_or_else(|| campaign.id.clone()),
            kind,
            value,
            funded_by: campaign.funded_by.clone(),
            starts_at,
            ends_at,
            min_transaction: campaign.min_transaction.map(|units| money(program, units)),
            max_per_transaction: campaign.caps.per_transaction.map(amount),
            enrolment: campaign.enrolled,
            paused: campaign.paused,
            budget: campaign.caps.budget.as_ref().map(budget),
            priority: campaign.priority,
        }
    }
}

fn money(program: &Program, minor: i64) -> String {
    Amount::from_minor(minor, program.currency).to_string()
}

fn points(program: &Program, units: i64) -> String {
    Points::from_units(units, program.points_decimals).to_string()
}

fn percent(rate: crate::value::Exact) -> Option<String> {
    rate.checked_mul(crate::value::Exact::from(100)).ok().map(|p| p.normalized().to_string())
}

fn names(program: &Program, levels: &[usize]) -> Vec<String> {
    let all = program.tiers.as_ref().map(|t| t.levels.as_slice()).unwrap_or_default();
    levels.iter().filter_map(|at| all.get(*at)).map(|level| level.id.clone()).collect()
}
