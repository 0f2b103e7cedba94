//! Pausing a campaign, and letting it run again: at once, by one person.
//!
//! What holds when is said by publications alone, so a pause is one: the rules in force, with one more file that names
//! the campaigns that are paused, take force seconds later. The posting's own transaction reads which rules hold, so a
//! pause holds on every replica from one instant on; a late purchase from before it, a refund and a replay have the rules
//! of their own time. One person may, because nothing is granted that was not approved: a pause only takes away, and
//! resuming gives back what was published before.
//!
//! A pause outlasts publications: rules that take force later, already published or to be published, are published with
//! it, until it is ended.

use chrono::{DateTime, Utc};
use rewards_rules::RuleSet;
use rewards_rules::source::{SourceFile, Sources};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::campaigns::CampaignView;
use super::drafts::{Audit, clock};
use super::error::ServiceError;
use super::pages::rfc;
use super::publish::Publishing;
use super::review::{SOON, in_time};
use super::rules::InForce;
use super::{Service, mend};
use crate::store::rows::Instant;
use crate::store::rule_rows::ProgramRow;
use crate::store::{Work, statements};

/// The file that names the campaigns that are paused. It is the service's own: one of that name in a draft is replaced.
pub(super) const FILE: &str = "paused-campaigns.yaml";

/// A campaign that is paused.
#[derive(Debug, Clone, Deserialize)]
struct Pause {
    campaign_id: String,
}

#[derive(Serialize)]
struct PauseWrite<'a> {
    program: &'a str,
    campaign_id: &'a str,
    reason: &'a str,
    paused_by: &'a str,
    paused_at: Instant,
}

/// That a campaign is paused, or runs again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PauseAnswer {
    /// Id of the program.
    pub(crate) program: String,
    /// The campaign.
    pub(crate) campaign_id: String,
    /// Whether it is paused.
    pub(crate) paused: bool,
    /// Whether it was not so before.
    pub(crate) changed: bool,
    /// From when on; absent where nothing changed.
    pub(crate) from: Option<String>,
}

impl Service {
    /// Pauses a campaign, or lets it run again. What is so already stays as it is.
    pub(crate) async fn pause(
        &self,
        campaign: &CampaignView,
        pauses: bool,
        reason: &str,
        by: &str,
    ) -> Result<PauseAnswer, ServiceError> {
        let (program, id) = (campaign.program.as_str(), campaign.campaign_id.as_str());
        let mut work = self.store.begin().await?;
        let now = clock(&mut work).await?;
        let hash = InForce::within(&mut work).await?.at(program, now).map(str::to_owned);
        let hash = hash.ok_or_else(|| mend("a program has no publication"))?;
        // Holds the program until the commit: one publication at a time. Levels and currency are not asked about: they stay.
        let _: Vec<ProgramRow> = work.rows(statements::LOCK_PROGRAM, &program).await?;
        let mut paused = paused(&mut work, program).await?;
        let was = paused.iter().any(|known| known == id);
        let mut answer = PauseAnswer {
            program: program.to_owned(),
            campaign_id: id.to_owned(),
            paused: pauses,
            changed: false,
            from: None,
        };
        if was == pauses {
            return Ok(answer);
        }
        if pauses {
            paused.push(id.to_owned());
        } else {
            paused.retain(|known| known != id);
        }
        // What has to be compiled is compiled before an instant is chosen, so that many rules make nothing late.
        let in_force = InForce::within(&mut work).await?;
        for hash in std::iter::once(hash).chain(in_force.after(program, now).into_iter().map(|(hash, _)| hash)) {
            let rules = self.rules.get(&mut work, &hash).await?;
            self.with_pauses(&rules, &paused).await?;
        }
        let now = clock(&mut work).await?;
        let row = PauseWrite { program, campaign_id: id, reason, paused_by: by, paused_at: Instant(now) };
        if pauses {
            work.write(statements::PUT_PAUSES, &[row]).await?;
        } else {
            work.write(statements::END_PAUSES, &[row]).await?;
        }
        let from = now.checked_add_signed(SOON).unwrap_or(now);
        let action = if pauses { "campaign_paused" } else { "campaign_resumed" };
        let note = format!("{}: {id}: {reason}", if pauses { "paused" } else { "resumed" });
        let rule_set = self.publish_with(&mut work, program, &paused, from, (by, &note)).await?;
        let audit = Audit { program, draft: None, rule_set: rule_set.as_deref(), action, by };
        audit.write(&mut work, &json!({ "campaign_id": id, "reason": reason, "in_force_from": rfc(from) })).await?;
        in_time(from, clock(&mut work).await?)?;
        work.commit().await?;
        answer.changed = true;
        answer.from = Some(rfc(from));
        Ok(answer)
    }

    /// Publishes anew, with these pauses, the rules that hold at an instant and all that take force after it; the hash of
    /// the first.
    async fn publish_with(
        &self,
        work: &mut Work,
        program: &str,
        paused: &[String],
        from: DateTime<Utc>,
        (by, note): (&str, &str),
    ) -> Result<Option<String>, ServiceError> {
        let in_force = InForce::within(work).await?;
        let holds = in_force.at(program, from).ok_or_else(|| mend("a program has no publication"))?.to_owned();
        // Another publication from that very instant on: the later one holds, and this one is made after it.
        let mut all = vec![(holds, from)];
        all.extend(in_force.after(program, from));
        let mut first = None;
        for (hash, at) in all {
            let rules = self.rules.get(work, &hash).await?;
            let with = self.with_pauses(&rules, paused).await?;
            if with.hash() == rules.hash() {
                continue;
            }
            let how = Publishing { from: at, published_by: by.to_owned(), approved_by: None, note: note.to_owned() };
            self.put_in_time(work, &with, &how).await?;
            first = first.or_else(|| Some(with.hash().to_owned()));
        }
        Ok(first)
    }

    /// The rules with the campaigns of their program left out that are paused now.
    pub(super) async fn as_paused(&self, work: &mut Work, rules: &RuleSet) -> Result<RuleSet, ServiceError> {
        let paused = paused(work, rules.program()).await?;
        self.with_pauses(rules, &paused).await
    }

    /// The same outside of a transaction.
    pub(super) async fn as_paused_now(&self, rules: &RuleSet) -> Result<RuleSet, ServiceError> {
        let rows: Vec<Pause> = self.store.read(statements::PAUSES, &rules.program()).await?;
        let paused: Vec<String> = rows.into_iter().map(|row| row.campaign_id).collect();
        self.with_pauses(rules, &paused).await
    }

    /// The same rules with these pauses and no others; campaigns that the rules do not have are of no concern.
    async fn with_pauses(&self, rules: &RuleSet, paused: &[String]) -> Result<RuleSet, ServiceError> {
        let known = rules.describe().campaigns;
        let mut ids: Vec<&str> =
            known.iter().map(|c| c.id.as_str()).filter(|id| paused.iter().any(|paused| paused == id)).collect();
        ids.sort_unstable();
        let mut files: Vec<SourceFile> =
            rules.sources().files().iter().filter(|file| file.path != FILE).cloned().collect();
        if !ids.is_empty() {
            let lines: String = ids.iter().map(|id| format!("  - \"{id}\"\n")).collect();
            let text = format!("# Campaigns that are paused. Written by the service.\ncampaigns: []\npaused:\n{lines}");
            files.push(SourceFile { path: FILE.to_owned(), bytes: text.into_bytes() });
        }
        let sources = Sources::new(files);
        if sources.hash() == rules.hash() {
            return Ok(rules.clone());
        }
        if let Some(known) = self.rules.known(&sources.hash()) {
            return Ok(known);
        }
        // Many rules take a while; requests of others do not wait for them.
        let compiled = tokio::task::spawn_blocking(move || RuleSet::compile(sources)).await;
        let compiled = compiled
            .map_err(|_| mend("rules could not be compiled"))?
            .map_err(|_| mend("rules do not compile with a campaign paused"))?;
        self.rules.keep(&compiled);
        Ok(compiled)
    }
}

async fn paused(work: &mut Work, program: &str) -> Result<Vec<String>, ServiceError> {
    let rows: Vec<Pause> = work.rows(statements::PAUSES, &program).await?;
    Ok(rows.into_iter().map(|row| row.campaign_id).collect())
}
