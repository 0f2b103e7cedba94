//! Putting a rule set in force: it is kept under its hash, described for people, and published from an instant on.

use chrono::{DateTime, Utc};
use rewards_rules::RuleSet;
use rewards_rules::describe::{CampaignDescription, Description, LevelDescription};
use serde_json::json;
use uuid::Uuid;

use super::Service;
use super::changes::lock_program;
use super::error::{Code, ServiceError};
use super::rules::{InForce, STANDARD, files_of};
use crate::store::rows::{CampaignWrite, Instant, LevelWrite, ProgramWrite, PublicationWrite, RuleSetWrite};
use crate::store::{Work, statements};

/// Who publishes, and from when.
#[derive(Debug, Clone)]
pub(crate) struct Publishing {
    /// From this instant on.
    pub(crate) from: DateTime<Utc>,
    /// Subject of who published.
    pub(crate) published_by: String,
    /// Subject of who approved.
    pub(crate) approved_by: Option<String>,
    /// Why.
    pub(crate) note: String,
}

impl Service {
    /// Publishes a rule set within a transaction.
    pub(crate) async fn publish(
        &self,
        work: &mut Work,
        rules: &RuleSet,
        how: &Publishing,
    ) -> Result<Uuid, ServiceError> {
        let about = rules.describe();
        work.write(statements::PUT_PROGRAM, &[program(rules)]).await?;
        work.write(statements::PUT_LEVELS, &levels(&about)).await?;
        let campaigns: Vec<CampaignWrite> = about.campaigns.iter().map(|c| campaign(&about, c)).collect();
        work.write(statements::PUT_CAMPAIGNS, &campaigns).await?;
        self.put_in_time(work, rules, how).await
    }

    /// Publishes a rule set that shows nothing new to people.
    pub(super) async fn put_in_time(
        &self,
        work: &mut Work,
        rules: &RuleSet,
        how: &Publishing,
    ) -> Result<Uuid, ServiceError> {
        self.keep_rule_set(work, rules).await?;
        let id = Uuid::now_v7();
        work.write(
            statements::PUT_PUBLICATION,
            &[PublicationWrite {
                id,
                program: rules.program().to_owned(),
                rule_set: rules.hash().to_owned(),
                in_force_from: Instant(how.from),
                published_by: how.published_by.clone(),
                approved_by: how.approved_by.clone(),
                note: how.note.clone(),
            }],
        )
        .await?;
        self.rules.keep(rules);
        Ok(id)
    }

    /// Keeps a rule set of a program that is known under its hash.
    pub(super) async fn keep_rule_set(&self, work: &mut Work, rules: &RuleSet) -> Result<(), ServiceError> {
        let files = files_of(rules.sources())
            .ok_or_else(|| ServiceError::new(Code::FindingsPresent, "a file of the rule set is not UTF-8"))?;
        let row = RuleSetWrite { hash: rules.hash().to_owned(), program: rules.program().to_owned(), files };
        Ok(work.write(statements::PUT_RULE_SET, &[row]).await?)
    }

    /// Publishes a rule set from ever on, if its program has no publication yet.
    pub(crate) async fn publish_first(&self, rules: &RuleSet) -> Result<bool, ServiceError> {
        let mut work = self.store.begin().await?;
        if is_published(&mut work, rules).await? {
            return Ok(false);
        }
        // Another replica that starts for the first time as well: the second one waits here, and finds the first one's.
        work.write(statements::PUT_PROGRAM, &[program(rules)]).await?;
        lock_program(&mut work, rules.program()).await?;
        if is_published(&mut work, rules).await? {
            return Ok(false);
        }
        let how = Publishing {
            from: DateTime::UNIX_EPOCH,
            published_by: "start".to_owned(),
            approved_by: None,
            note: "published when the service started with this program for the first time".to_owned(),
        };
        self.publish(&mut work, rules, &how).await?;
        work.commit().await?;
        Ok(true)
    }
}

async fn is_published(work: &mut Work, rules: &RuleSet) -> Result<bool, ServiceError> {
    Ok(InForce::within(work).await?.programs().iter().any(|known| known == rules.program()))
}

fn program(rules: &RuleSet) -> ProgramWrite {
    ProgramWrite {
        program: rules.program().to_owned(),
        currency: rules.currency().code().to_owned(),
        money_decimals: rules.currency().decimals(),
        points_decimals: rules.points_decimals(),
        timezone: rules.timezone().to_owned(),
    }
}

fn levels(about: &Description) -> Vec<LevelWrite> {
    if about.levels.is_empty() {
        return vec![LevelWrite {
            id: Uuid::now_v7(),
            program: about.program.clone(),
            name: about.name.clone(),
            description: String::new(),
            tier_type: STANDARD.to_owned(),
            rank: 0,
            benefits: json!({}),
            requirements: json!({}),
            min_spending: "0".to_owned(),
            max_spending: None,
            is_active: true,
        }];
    }
    let row = |(rank, level): (i64, &LevelDescription)| LevelWrite {
        id: Uuid::now_v7(),
        program: about.program.clone(),
        name: about.name.clone(),
        description: String::new(),
        tier_type: level.id.clone(),
        rank,
        benefits: json!({
            "texts": level.benefits, "bonus_percent": level.bonus_percent, "bonus_multiplier": level.bonus_multiplier,
            "points_multiplier": level.points_multiplier, "upgrade_points": level.upgrade_points,
        }),
        requirements: json!({ "min_spending": level.min_spending }),
        min_spending: level.min_spending.clone(),
        max_spending: level.max_spending.clone(),
        is_active: true,
    };
    (0_i64..).zip(&about.levels).map(row).collect()
}

fn campaign(about: &Description, campaign: &CampaignDescription) -> CampaignWrite {
    CampaignWrite {
        program: about.program.clone(),
        id: campaign.id.clone(),
        name: campaign.name.clone(),
        description: String::new(),
        campaign_type: campaign.kind.to_owned(),
        rules: json!({ "enrolment": campaign.enrolment, "priority": campaign.priority, "budget": campaign.budget }),
        rewards: json!({ "kind": campaign.kind, "value": campaign.value }),
        start_date: campaign.starts_at.map(Instant),
        end_date: campaign.ends_at.map(Instant),
        min_transaction: campaign.min_transaction.clone(),
        max_cashback: campaign.max_per_transaction.clone(),
        funded_by: campaign.funded_by.clone(),
        is_active: true,
    }
}
