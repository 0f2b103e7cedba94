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

use super::campaigns::several;
use super::changes::lock_program;
use super::drafts::{Audit, clock};
use super::error::{Code, ServiceError};
use super::pages::rfc;
use super::publish::Publishing;
use super::review::{SOON, in_time};
use super::rules::InForce;
use super::{Service, mend};
use crate::store::rows::Instant;
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
    /// Whether it is paused from then on, by a pause or by the rules.
    pub(crate) paused: bool,
    /// Whether the rules themselves have it under `paused`: to resume it changes nothing of that, other rules do.
    pub(crate) by_rules: bool,
    /// Whether a pause was made or ended.
    pub(crate) changed: bool,
    /// From when on; absent where no rules changed.
    pub(crate) from: Option<String>,
}

/// A campaign of rules in force, or about to be, or that is paused.
struct Found {
    program: String,
    /// The rules that hold now or, where they do not have it, the first ones from then on that do.
    rules: Option<RuleSet>,
}

impl Service {
    /// Pauses a campaign, or lets it run again. What is so already stays as it is. It need not be in force now: rules that
    /// take force later may have it, or rules that are over, with its pause left. Errors: `not_found`, `unknown_program`,
    /// `invalid_parameter` where several programs have one.
    pub(crate) async fn pause(
        &self,
        program: Option<&str>,
        id: &str,
        pauses: bool,
        (reason, by): (&str, &str),
    ) -> Result<PauseAnswer, ServiceError> {
        let mut work = self.store.begin().await?;
        let Found { program, rules } = self.pausable(&mut work, program, id).await?;
        let program = program.as_str();
        // One publication at a time. Levels and currency are not asked about: they stay.
        lock_program(&mut work, program).await?;
        let mut paused = paused(&mut work, program).await?;
        let was = paused.iter().any(|known| known == id);
        let by_rules = match &rules {
            Some(rules) => is_paused(&self.with_pauses(rules, &[]).await?, id),
            None => false,
        };
        let mut answer = PauseAnswer {
            program: program.to_owned(),
            campaign_id: id.to_owned(),
            paused: pauses || by_rules,
            by_rules,
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
        let now = clock(&mut work).await?;
        for hash in InForce::within(&mut work).await?.from(program, now) {
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
        answer.from = rule_set.map(|_| rfc(from));
        Ok(answer)
    }

    /// The campaign that is meant.
    async fn pausable(&self, work: &mut Work, program: Option<&str>, id: &str) -> Result<Found, ServiceError> {
        let in_force = InForce::within(work).await?;
        let now = clock(work).await?;
        let programs = match program {
            Some(program) => vec![in_force.program(Some(program))?],
            None => in_force.programs(),
        };
        let mut found: Vec<Found> = Vec::new();
        for program in programs {
            let mut with = None;
            for hash in in_force.from(&program, now) {
                let rules = self.rules.get(work, &hash).await?;
                if rules.describe().campaigns.iter().any(|campaign| campaign.id == id) {
                    with = Some(rules);
                    break;
                }
            }
            if with.is_some() || paused(work, &program).await?.iter().any(|known| known == id) {
                found.push(Found { program, rules: with });
            }
        }
        match (found.pop(), found.is_empty()) {
            (Some(only), true) => Ok(only),
            (None, _) => {
                let words = format!("no rules in force now or later have a campaign `{id}`, and none is paused");
                Err(ServiceError::new(Code::NotFound, words))
            }
            _ => Err(several(id)),
        }
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

    /// The rules with the campaigns of their program left out that are paused now, as a transaction sees it or as it is
    /// committed.
    pub(super) async fn as_paused(&self, work: Option<&mut Work>, rules: &RuleSet) -> Result<RuleSet, ServiceError> {
        let paused = match work {
            Some(work) => paused(work, rules.program()).await?,
            None => ids(self.store.read(statements::PAUSES, &rules.program()).await?),
        };
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
    Ok(ids(work.rows(statements::PAUSES, &program).await?))
}

fn ids(rows: Vec<Pause>) -> Vec<String> {
    rows.into_iter().map(|row| row.campaign_id).collect()
}

fn is_paused(rules: &RuleSet, id: &str) -> bool {
    rules.describe().campaigns.iter().any(|campaign| campaign.id == id && campaign.paused)
}
