//! Campaigns as they run now: their state, and what is left of their budgets.

use chrono::{DateTime, Utc};
use rewards_rules::RuleSet;
use rewards_rules::describe::{BudgetDescription, CampaignDescription};
use rewards_rules::input::{Member, Raw, Transaction};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::command::{Act, Command};
use super::error::{Code, ServiceError};
use super::pages::rfc;
use super::rules::InForce;
use super::{Service, mend};
use crate::store::rows::{BudgetKey, CounterUnits};
use crate::store::statements;
use crate::store::units::{Stored, Units};

/// A campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CampaignView {
    /// Id of the program.
    pub(crate) program: String,
    /// Its id.
    pub(crate) campaign_id: String,
    /// Its name.
    pub(crate) name: String,
    /// `rate`, `fixed`, `multiplier`, `amount`, `points` or `points_multiplier`.
    pub(crate) kind: &'static str,
    /// The number of the reward; absent for a script.
    pub(crate) value: Option<String>,
    /// ISO 4217 code of the money here.
    pub(crate) currency: String,
    /// Who pays for it.
    pub(crate) funded_by: Option<String>,
    /// `scheduled`, `active`, `paused` or `ended`.
    pub(crate) state: &'static str,
    /// First instant; absent: from ever.
    pub(crate) starts_at: Option<String>,
    /// First instant at which it is over; absent: for ever.
    pub(crate) ends_at: Option<String>,
    /// The least purchase.
    pub(crate) min_transaction: Option<String>,
    /// The most that one purchase can bring.
    pub(crate) max_per_transaction: Option<String>,
    /// Whether members have to enrol.
    pub(crate) enrolment: bool,
    /// What all members share.
    pub(crate) budget: Option<BudgetView>,
}

/// A budget in the period that is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct BudgetView {
    /// Money, or points where the campaign grants points.
    pub(crate) limit: String,
    /// The period by name.
    pub(crate) per: &'static str,
    /// The period that is now.
    pub(crate) period: String,
    /// What was granted of it.
    pub(crate) used: String,
    /// What is left.
    pub(crate) left: String,
}

impl Service {
    /// The campaigns of a program, or of all programs, under the rules in force now.
    pub(crate) async fn campaigns(&self, program: Option<&str>) -> Result<Vec<CampaignView>, ServiceError> {
        let in_force = InForce::now(&self.store).await?;
        let now = self.now().await?;
        let programs = match program {
            Some(program) => vec![in_force.program(Some(program))?],
            None => in_force.programs(),
        };
        let mut views = Vec::new();
        for program in programs {
            let hash = in_force.at(&program, now).ok_or_else(|| mend("a program has no publication"))?;
            let rules = self.rules.read(&self.store, hash).await?;
            let about = rules.describe();
            let keys = budget_keys(&rules, &program, &about.campaigns, now)?;
            let used: Vec<CounterUnits> = match keys.is_empty() {
                true => Vec::new(),
                false => self.store.read(statements::BUDGETS, &keys).await?,
            };
            for campaign in about.campaigns {
                views.push(view(&rules, &program, campaign, now, &keys, &used)?);
            }
        }
        Ok(views)
    }

    /// A campaign by its id; `program` where several programs have one of that id.
    pub(crate) async fn campaign(&self, program: Option<&str>, id: &str) -> Result<CampaignView, ServiceError> {
        let mut found = self.campaigns(program).await?;
        found.retain(|campaign| campaign.campaign_id == id);
        match (found.pop(), found.is_empty()) {
            (Some(only), true) => Ok(only),
            (None, _) => Err(ServiceError::new(Code::NotFound, format!("no program has a campaign `{id}` now"))),
            _ => Err(several(id)),
        }
    }

    /// The command by which a member takes part in a campaign, or no longer.
    pub(crate) async fn enrolment(
        &self,
        campaign: &CampaignView,
        user_id: String,
        takes_part: bool,
        by: String,
    ) -> Result<Command, ServiceError> {
        let id = &campaign.campaign_id;
        if !campaign.enrolment {
            let words = format!("the campaign `{id}` takes no enrolment: members take part by themselves");
            return Err(ServiceError::new(Code::StateConflict, words));
        }
        if takes_part && campaign.state == "ended" {
            return Err(ServiceError::new(Code::CampaignExpired, format!("the campaign `{id}` is over")));
        }
        let act = match takes_part {
            true => Act::Enrol { campaign: id.clone() },
            false => Act::Leave { campaign: id.clone() },
        };
        Ok(Command { user_id, program: Some(campaign.program.clone()), act, key: None, by })
    }
}

/// A campaign's id alone does not say which one is meant.
pub(super) fn several(id: &str) -> ServiceError {
    let words = format!("several programs have a campaign `{id}`: name one with `program`");
    ServiceError::new(Code::InvalidParameter, words)
}

/// The budgets of campaigns in the periods that are now.
fn budget_keys(
    rules: &RuleSet,
    program: &str,
    campaigns: &[CampaignDescription],
    now: DateTime<Utc>,
) -> Result<Vec<BudgetKey>, ServiceError> {
    if campaigns.iter().all(|campaign| campaign.budget.is_none()) {
        return Ok(Vec::new());
    }
    // The engine names periods for a purchase, so one is made up that happens now; budgets depend on no member.
    let transaction = Transaction::from_raw(Raw::from(json!({
        "id": "now", "amount": "0", "currency": rules.currency().code(), "occurred_at": rfc(now),
    })));
    let transaction = transaction.map_err(|_| mend("no purchase can be made up"))?;
    let member = Member { billing_day: Some(1), joined_on: Some(rules.local_date(now)), ..Member::new("now") };
    let keys = rules.usage_keys(&transaction, &member)?;
    let of_budgets = keys.into_iter().filter(|key| key.shared);
    Ok(of_budgets.map(|key| BudgetKey { program: program.to_owned(), key: key.key, period: key.period }).collect())
}

fn view(
    rules: &RuleSet,
    program: &str,
    campaign: CampaignDescription,
    now: DateTime<Utc>,
    keys: &[BudgetKey],
    used: &[CounterUnits],
) -> Result<CampaignView, ServiceError> {
    let state = match (campaign.starts_at, campaign.ends_at) {
        (_, Some(end)) if end <= now => "ended",
        _ if campaign.paused => "paused",
        (Some(start), _) if start > now => "scheduled",
        _ => "active",
    };
    let decimals = match campaign.kind {
        "points" | "points_multiplier" => rules.points_decimals(),
        _ => rules.currency().decimals(),
    };
    let budget = campaign.budget.map(|budget| budget_view(budget, decimals, keys, used)).transpose()?;
    Ok(CampaignView {
        program: program.to_owned(),
        campaign_id: campaign.id,
        name: campaign.name,
        kind: campaign.kind,
        value: campaign.value,
        currency: rules.currency().code().to_owned(),
        funded_by: campaign.funded_by,
        state,
        starts_at: campaign.starts_at.map(rfc),
        ends_at: campaign.ends_at.map(rfc),
        min_transaction: campaign.min_transaction,
        max_per_transaction: campaign.max_per_transaction,
        enrolment: campaign.enrolment,
        budget,
    })
}

fn budget_view(
    budget: BudgetDescription,
    decimals: u8,
    keys: &[BudgetKey],
    used: &[CounterUnits],
) -> Result<BudgetView, ServiceError> {
    let broken = || mend("a budget cannot be read");
    let limit = Stored::Decimal(budget.limit.clone()).units(decimals).ok_or_else(broken)?;
    let key = keys.iter().find(|key| key.key == budget.counter).ok_or_else(broken)?;
    let row = used.iter().find(|row| row.key == key.key && row.period == key.period);
    let used = row.map_or(0, |row| row.units);
    let text = |units| Units::new(units, decimals).to_string();
    Ok(BudgetView {
        limit: budget.limit,
        per: budget.per,
        period: key.period.clone(),
        used: text(used),
        left: text(limit.saturating_sub(used).max(0)),
    })
}
