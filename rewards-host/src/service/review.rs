//! From a draft to rules in force: examined, submitted, approved by somebody else, published; and rolled back.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use rewards_rules::RuleSet;
use rewards_rules::source::{AllowedReport, Findings, Place, Report as FindingReport};
use rewards_rules::testing::{self, TestReport, TestResult};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Service;
use super::answers::keep_answer;
use super::changes::{Gap, gaps, lock_program, must_stay};
use super::command::RequestKey;
use super::counting;
use super::drafts::{Audit, Expected, Named, clock, compiled, lock, next, no_rules, put, wrong_state};
use super::error::{Code, ServiceError};
use super::impact::{TrialState, trial_state};
use super::mend;
use super::publish::Publishing;
use super::rules::{InForce, sources_of};
use crate::store::rule_rows::{AuditOf, DraftRow, DraftState, RuleAuditRow};
use crate::store::{Work, statements};

/// Rules that take force as soon as they can do so this long after their publication was asked for.
pub(super) const SOON: TimeDelta = TimeDelta::seconds(3);

/// The least time between the last look at the clock and the instant from which rules are in force: a second after the
/// commit, and a second for the commit.
const LEAST: TimeDelta = TimeDelta::seconds(2);

/// What was found in the files of a rule set.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct Examined {
    /// Content hash of the files.
    pub(crate) rule_set: String,
    /// The program; absent where the files do not say it.
    pub(crate) program: Option<String>,
    /// Whether there is no error, and no test failed.
    pub(crate) ok: bool,
    /// Errors and warnings in order of place: `code`, `severity`, `message`, `help`, `source_line`, and `place` with
    /// `file`, `line` and `column`.
    #[schema(value_type = Vec<crate::http::openapi::engine::Finding>)]
    pub(crate) findings: Vec<FindingReport>,
    /// Warnings that comments in the files allow, with the reason.
    #[schema(value_type = Vec<Object>)]
    pub(crate) allowed: Vec<AllowedReport>,
    /// The tests of the rule set's own `*.test.yaml`; none where the rules have an error.
    pub(crate) tests: Vec<TestTold>,
}

/// A test of a rule set.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct TestTold {
    /// Its name.
    pub(crate) name: String,
    /// Where it stands: `file`, `line`, `column`.
    #[schema(value_type = crate::http::openapi::engine::Place)]
    pub(crate) place: Place,
    /// Whether all came that it expects.
    pub(crate) passed: bool,
    /// What did not.
    pub(crate) failures: Vec<FailureTold>,
}

/// An expectation that was not met.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct FailureTold {
    /// Id of the purchase, refund or redemption.
    pub(crate) event: String,
    /// What was named: `total`, `tier`, …
    pub(crate) item: &'static str,
    /// What should have come.
    pub(crate) expected: String,
    /// What came.
    pub(crate) actual: String,
    /// Where the expectation stands.
    #[schema(value_type = crate::http::openapi::engine::Place)]
    pub(crate) place: Place,
}

/// What was put in force.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct Published {
    /// Id of the publication.
    pub(crate) publication: Uuid,
    /// The program.
    pub(crate) program: String,
    /// Content hash of the rules.
    pub(crate) rule_set: String,
    /// From when purchases follow them, by when they happen.
    pub(crate) in_force_from: DateTime<Utc>,
    /// Who published.
    pub(crate) published_by: String,
    /// Who approved.
    pub(crate) approved_by: Option<String>,
    /// Counters that are not whole, which the caller accepted.
    pub(crate) incomplete_counters: Vec<String>,
}

/// When and how a rule set is to take force.
#[derive(Debug, Clone, Default)]
pub(crate) struct Start {
    /// From when; `None`: as soon as possible.
    pub(crate) from: Option<DateTime<Utc>>,
    /// Why.
    pub(crate) note: Option<String>,
    /// Whether counters may be short of what was posted while they were not counted.
    pub(crate) accept_gaps: bool,
    /// The key of the request, where it has one: the same roll-back again gets the same publication.
    pub(crate) key: Option<RequestKey>,
}

fn told(result: &TestResult) -> TestTold {
    let failures = result.steps.iter().flat_map(|step| {
        step.mismatches.iter().map(|missed| FailureTold {
            event: step.id.clone(),
            item: missed.item,
            expected: missed.expected.clone(),
            actual: missed.actual.clone(),
            place: missed.place.clone(),
        })
    });
    TestTold {
        name: result.name.clone(),
        place: result.place.clone(),
        passed: result.passed(),
        failures: failures.collect(),
    }
}

/// Compiles files and runs their tests; takes as long as those do.
fn examined(files: &str) -> Result<(Option<RuleSet>, Examined), ServiceError> {
    let sources = sources_of(files).ok_or_else(|| mend("files cannot be read"))?;
    let hash = sources.hash();
    Ok(match RuleSet::compile(sources.clone()) {
        Ok(rules) => {
            let report: TestReport = testing::run(&rules, &sources, None);
            let mut findings = rules.findings().report();
            findings.extend(report.findings.report());
            let mut allowed = rules.findings().allowed_report();
            allowed.extend(report.findings.allowed_report());
            let seen = Examined {
                rule_set: hash,
                program: Some(rules.program().to_owned()),
                ok: report.passed(),
                findings,
                allowed,
                tests: report.results.iter().map(told).collect(),
            };
            (Some(rules), seen)
        }
        Err(findings) => {
            let (allowed, findings) = (findings.allowed_report(), findings.report());
            (None, Examined { rule_set: hash, program: None, ok: false, findings, allowed, tests: Vec::new() })
        }
    })
}

/// The refusal of files with mistakes.
pub(super) fn refused(findings: &Findings, tests: &[TestTold]) -> ServiceError {
    refusal(&findings.report(), tests)
}

fn refusal(findings: &[FindingReport], tests: &[TestTold]) -> ServiceError {
    let errors = findings.iter().filter(|finding| finding.severity == "error").count();
    let failed: Vec<&TestTold> = tests.iter().filter(|test| !test.passed).collect();
    let words = format!("the rules have {errors} errors, and {} of their tests fail", failed.len());
    ServiceError::new(Code::FindingsPresent, words)
        .with("findings", json!(findings))
        .with("failed_tests", json!(failed))
}

/// Gaps that only other rules can close.
fn not_ready(gaps: &[&Gap]) -> ServiceError {
    let names: Vec<String> = gaps.iter().map(|gap| format!("`{}`", gap.counter)).collect();
    let words = format!(
        "{} would have counted what is posted already, which does not tell how much; leave it out, or give the rule another \
         id",
        names.join(", ")
    );
    let counters: Vec<&str> = gaps.iter().map(|gap| gap.counter.as_str()).collect();
    ServiceError::new(Code::CounterNotReady, words).with("counters", json!(counters))
}

/// Counters that are being filled.
fn being_filled(gaps: &[&Gap], left: u64) -> ServiceError {
    let counters: Vec<&str> = gaps.iter().map(|gap| gap.counter.as_str()).collect();
    let words = format!(
        "{} is being filled from what is posted already; {left} members are left",
        counters.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
    );
    ServiceError::new(Code::CounterNotReady, words).with("counters", json!(counters)).with("members_left", left)
}

/// Counters among gaps that can be filled from purchases or redemptions, and windows. Those whose periods begin with a fact
/// of the member cannot: a purchase was posted without it where no rule wanted it.
fn fillable(gaps: &[Gap]) -> BTreeSet<String> {
    let is_own_time = |key: &str| key.ends_with(".billing_cycle") || key.ends_with(".anniversary");
    gaps.iter().map(|gap| gap.counter.clone()).filter(|key| !is_own_time(key)).collect()
}

impl Service {
    /// Asks for those of these counters to be filled that nobody asked for yet.
    async fn ask_for(&self, work: &mut Work, rules: &RuleSet, keys: BTreeSet<String>) -> Result<(), ServiceError> {
        let fills = self.asked(work).await?;
        let mut keys = keys;
        keys.retain(|key| !fills.iter().any(|fill| fill.has(rules.program(), key)));
        let today = rules.local_date(clock(work).await?);
        self.ask_counters(work, rules, &keys, today).await
    }

    /// Of gaps those that are not filled.
    async fn not_filled(&self, work: &mut Work, rules: &RuleSet, gaps: Vec<Gap>) -> Result<Vec<Gap>, ServiceError> {
        let fills = self.asked(work).await?;
        let mut rest = Vec::with_capacity(gaps.len());
        for gap in gaps {
            let asked = fills.iter().find(|fill| fill.has(rules.program(), &gap.counter));
            let left: Vec<u64> = match asked {
                Some(fill) => work.rows(statements::COUNT_BEHIND, &fill.seq).await?,
                None => Vec::new(),
            };
            if left.first() != Some(&0) {
                rest.push(gap);
            }
        }
        Ok(rest)
    }

    /// The refusal of rules whose counters are not whole. What can be filled is asked for, in a transaction of its own: the
    /// one that found it out is over.
    async fn short(&self, rules: &RuleSet, gaps: &[Gap]) -> Result<ServiceError, ServiceError> {
        let keys = fillable(gaps);
        let (can, never): (Vec<&Gap>, Vec<&Gap>) = gaps.iter().partition(|gap| keys.contains(&gap.counter));
        if !never.is_empty() {
            return Ok(not_ready(&never));
        }
        let mut work = self.store.begin().await?;
        lock_program(&mut work, rules.program()).await?;
        self.ask_for(&mut work, rules, keys.clone()).await?;
        let fills = self.asked(&mut work).await?;
        let through = fills.iter().filter(|fill| keys.iter().any(|key| fill.has(rules.program(), key)));
        let through = through.map(|fill| fill.seq).max().unwrap_or(0);
        let left: Vec<u64> = work.rows(statements::COUNT_BEHIND, &through).await?;
        work.commit().await?;
        let left = left.first().copied().unwrap_or(0);
        let lead = self.lead.to_std().unwrap_or_default();
        Ok(being_filled(&can, left).retry_after(counting::about(left).saturating_add(lead)))
    }

    /// Examines a draft or a published rule set. Error `not_found`.
    pub(crate) async fn validate(&self, of: &Named, by: &str) -> Result<Examined, ServiceError> {
        let (program, files) = self.files(of).await?;
        let (_, seen) = self.examine(files).await?;
        let (draft, rule_set) = match of {
            Named::Draft(id) => (Some(*id), None),
            Named::Hash(hash) => (None, Some(hash.as_str())),
        };
        let failed = seen.tests.iter().filter(|test| !test.passed).count();
        let mut work = self.store.begin().await?;
        let audit = Audit { program: &program, draft, rule_set, action: "validated", by };
        audit
            .write(&mut work, &json!({ "ok": seen.ok, "findings": seen.findings.len(), "failed_tests": failed }))
            .await?;
        work.commit().await?;
        Ok(seen)
    }

    async fn examine(&self, files: String) -> Result<(Option<RuleSet>, Examined), ServiceError> {
        let task = tokio::task::spawn_blocking(move || examined(&files));
        task.await.map_err(|_| mend("the examination of rules ended early"))?
    }

    /// Hands a draft to somebody else. Errors: `findings_present`, `invalid_change` for files of another program,
    /// `state_conflict`, `precondition_failed`, `not_found`.
    pub(crate) async fn submit(&self, id: Uuid, by: &str, expected: &Expected) -> Result<DraftRow, ServiceError> {
        let seen_row = self.draft_row(id).await?;
        let (rules, seen) = self.examine(seen_row.files.clone()).await?;
        self.compile_published(&seen_row.program).await?;
        let mut work = self.store.begin().await?;
        let locked = self.same(&mut work, id, expected, &seen_row).await?;
        if locked.state != DraftState::Draft {
            return Err(wrong_state(&locked, "only a draft can be submitted"));
        }
        let rules = rules.filter(|_| seen.ok).ok_or_else(|| refusal(&seen.findings, &seen.tests))?;
        if rules.program() != locked.program {
            let words =
                format!("the files are those of `{}`, the draft is one of `{}`", rules.program(), locked.program);
            return Err(ServiceError::new(Code::InvalidChange, words));
        }
        lock_program(&mut work, rules.program()).await?;
        let mut write = locked.written(clock(&mut work).await?);
        write.state = DraftState::InReview;
        write.submitted_by = Some(by.to_owned());
        write.rule_set = Some(rules.hash().to_owned());
        let detail = json!({ "version": next(&write), "tests": seen.tests.len(), "warnings": seen.findings.len() });
        put(&mut work, &write, "submitted", by, &detail).await?;
        // Counters that they would find short are filled while somebody reads them.
        let now = clock(&mut work).await?;
        let gaps = gaps(self, &mut work, &rules, now, false).await?;
        self.ask_for(&mut work, &rules, fillable(&gaps)).await?;
        work.commit().await?;
        self.draft_row(id).await
    }

    /// Compiles all rules of a program that were published, with nothing locked: new ones are compared with them while the
    /// program is held.
    async fn compile_published(&self, program: &str) -> Result<(), ServiceError> {
        let in_force = InForce::now(&self.store).await?;
        for (hash, _) in in_force.spans(program, chrono::DateTime::<chrono::Utc>::MAX_UTC) {
            self.rules.read(&self.store, &hash).await?;
        }
        Ok(())
    }

    /// Locks a draft that must be the one that was looked at.
    async fn same(
        &self,
        work: &mut Work,
        id: Uuid,
        expected: &Expected,
        seen: &DraftRow,
    ) -> Result<DraftRow, ServiceError> {
        let locked = lock(work, id, expected).await?;
        if locked.version != seen.version {
            return Err(ServiceError::new(Code::StateConflict, "somebody changed the draft at the same time"));
        }
        Ok(locked)
    }

    /// Agrees to a draft that somebody else wrote and submitted, and that was tried as it is, or for which it is said why it
    /// was not. Errors: `same_person`, `not_tried`, `invalid_change`, `counter_not_ready`, `state_conflict`,
    /// `precondition_failed`, `not_found`.
    pub(crate) async fn approve(
        &self,
        id: Uuid,
        by: &str,
        expected: &Expected,
        without_trial: Option<&str>,
    ) -> Result<DraftRow, ServiceError> {
        let seen = self.draft_row(id).await?;
        self.compile_published(&seen.program).await?;
        let mut work = self.store.begin().await?;
        let locked = self.same(&mut work, id, expected, &seen).await?;
        if locked.state != DraftState::InReview {
            return Err(wrong_state(&locked, "only what was submitted can be approved"));
        }
        let editors: Vec<String> = serde_json::from_str(&locked.editors).unwrap_or_default();
        let took_part = |who: &str| {
            locked.author == who || locked.submitted_by.as_deref() == Some(who) || editors.iter().any(|one| one == who)
        };
        if took_part(by) {
            return Err(ServiceError::new(
                Code::SamePerson,
                "whoever wrote, changed or submitted a draft cannot approve it",
            ));
        }
        let audit: Vec<RuleAuditRow> =
            work.rows(statements::RULE_AUDIT_OF, &AuditOf { draft: Some(id), rule_set: None }).await?;
        let trial = trial_state(&InForce::within(&mut work).await?, &locked, &audit);
        if trial == TrialState::Missing && without_trial.is_none() {
            return Err(ServiceError::new(
                Code::NotTried,
                "nobody tried the files of this draft, as they are, on the purchases of the last 30 days",
            ));
        }
        let rules = compiled(&locked.files).ok_or_else(|| mend("a submitted draft does not compile"))?;
        must_stay(&mut work, &rules).await?;
        let now = clock(&mut work).await?;
        // What is posted until they take force is looked at again when they are published.
        let found = gaps(self, &mut work, &rules, now, true).await?;
        let short: Vec<Gap> = self.not_filled(&mut work, &rules, found).await?;
        let short: Vec<Gap> = short.into_iter().filter(|gap| gap.is_needed).collect();
        if !short.is_empty() {
            drop(work);
            return Err(self.short(&rules, &short).await?);
        }
        let mut write = locked.written(now);
        write.state = DraftState::Approved;
        write.approved_by = Some(by.to_owned());
        let version = next(&write);
        let detail = match without_trial.filter(|_| trial == TrialState::Missing) {
            Some(reason) => json!({ "version": version, "without_trial": reason }),
            None => json!({ "version": version }),
        };
        put(&mut work, &write, "approved", by, &detail).await?;
        work.commit().await?;
        self.draft_row(id).await
    }

    /// Puts an approved draft in force. Errors: `invalid_request` for an instant that is too early, `invalid_change`,
    /// `counter_not_ready`, `state_conflict`, `precondition_failed`, `not_found`.
    pub(crate) async fn publish_draft(
        &self,
        id: Uuid,
        by: &str,
        expected: &Expected,
        start: &Start,
    ) -> Result<Published, ServiceError> {
        self.compile_published(&self.draft_row(id).await?.program).await?;
        let mut work = self.store.begin().await?;
        let locked = lock(&mut work, id, expected).await?;
        if locked.state != DraftState::Approved {
            return Err(wrong_state(&locked, "only what was approved can be published"));
        }
        let rules = compiled(&locked.files).ok_or_else(|| mend("an approved draft does not compile"))?;
        if locked.rule_set.as_deref() != Some(rules.hash()) {
            return Err(mend("an approved draft has other files than were submitted"));
        }
        let note = start.note.clone().unwrap_or_else(|| locked.note.clone());
        let start = Start { note: Some(note), ..start.clone() };
        let put_in_force = self.put_in_force(&mut work, &rules, by, locked.approved_by.clone(), &start).await?;
        let published = match put_in_force {
            Ok(published) => published,
            Err(short) => {
                drop(work);
                return Err(self.short(&rules, &short).await?);
            }
        };
        let mut write = locked.written(clock(&mut work).await?);
        write.state = DraftState::Published;
        put(&mut work, &write, "published", by, &detail(&published)).await?;
        finish(work, &published).await?;
        Ok(published)
    }

    /// Puts rules in force again that were so before. Errors: `not_found` for rules that were never published,
    /// `state_conflict` where they are in force, and those of [`Service::publish_draft`].
    pub(crate) async fn roll_back(&self, to: &Named, by: &str, start: &Start) -> Result<Published, ServiceError> {
        let hash = match to {
            Named::Hash(hash) => hash.clone(),
            Named::Draft(id) => {
                let row = self.draft_row(*id).await?;
                match row.rule_set.clone().filter(|_| row.state == DraftState::Published) {
                    Some(hash) => hash,
                    None => return Err(wrong_state(&row, "only rules that were published can be rolled back to")),
                }
            }
        };
        if let Some(program) = InForce::now(&self.store).await?.program_of(&hash) {
            self.compile_published(program).await?;
        }
        let mut work = self.store.begin().await?;
        let published: Vec<bool> = work.rows(statements::WAS_PUBLISHED, &hash).await?;
        if published.is_empty() {
            return Err(no_rules(&hash));
        }
        let rules = self.rules.get(&mut work, &hash).await?;
        lock_program(&mut work, rules.program()).await?;
        let rules = self.as_paused(Some(&mut work), &rules).await?;
        let in_force = InForce::within(&mut work).await?;
        let at = match start.from {
            Some(from) => from,
            None => clock(&mut work).await?,
        };
        if in_force.at(rules.program(), at) == Some(rules.hash()) {
            return Err(ServiceError::new(Code::StateConflict, "these rules are the ones in force at that instant"));
        }
        let published = match self.put_in_force(&mut work, &rules, by, None, start).await? {
            Ok(published) => published,
            Err(short) => {
                drop(work);
                return Err(self.short(&rules, &short).await?);
            }
        };
        let audit = Audit { program: rules.program(), draft: None, rule_set: Some(&hash), action: "rolled_back", by };
        audit.write(&mut work, &detail(&published)).await?;
        if let Some(key) = &start.key {
            let answer = serde_json::to_string(&published).map_err(|_| mend("a publication cannot be written"))?;
            let now = clock(&mut work).await?;
            keep_answer(&mut work, key, by, &answer, now).await?;
        }
        finish(work, &published).await?;
        Ok(published)
    }

    /// The publication that a roll-back with this key made; none without a key. Error `idempotency_key_reused` where it was another request.
    pub(crate) async fn rolled_back(&self, key: Option<&RequestKey>) -> Result<Option<Published>, ServiceError> {
        let read = |answer: String| serde_json::from_str(&answer).map_err(|_| mend("a kept answer cannot be read"));
        self.answer_of(key).await?.map(read).transpose()
    }

    /// The publication, or the counters that are not whole for it.
    async fn put_in_force(
        &self,
        work: &mut Work,
        rules: &RuleSet,
        by: &str,
        approved_by: Option<String>,
        start: &Start,
    ) -> Result<Result<Published, Vec<Gap>>, ServiceError> {
        // Holds the program until the commit: one publication at a time.
        must_stay(work, rules).await?;
        let approved = rules;
        let rules = &self.as_paused(Some(work), approved).await?;
        let now = clock(work).await?;
        let soonest = now.checked_add_signed(SOON).unwrap_or(now);
        let from = start.from.unwrap_or(soonest);
        in_time(from, now)?;
        let in_force = InForce::within(work).await?;
        if in_force.begins(rules.program(), from) {
            return Err(ServiceError::new(Code::StateConflict, "another publication takes force at that very instant"));
        }
        // As after a pause: what is asked for now would hold for a moment, and the rules of before again from then on.
        if let Some(at) = in_force.next(rules.program(), from).filter(|at| *at <= soonest) {
            let words =
                format!("another publication takes force at {}: this one has to begin after it", at.to_rfc3339());
            return Err(ServiceError::new(Code::StateConflict, words).at("from"));
        }
        let found = gaps(self, work, rules, from, start.from.is_none()).await?;
        let all = self.not_filled(work, rules, found).await?;
        let gaps: Vec<Gap> = all.iter().filter(|gap| gap.is_needed).cloned().collect();
        if !gaps.is_empty() && !start.accept_gaps {
            return Ok(Err(gaps));
        }
        // Accepted for now: they are filled nevertheless.
        self.ask_for(work, rules, fillable(&all)).await?;
        // Members are filled before the rules take force, also where they were asked for a moment ago.
        self.make_due(work, TimeDelta::zero()).await?;
        let how = Publishing {
            from,
            published_by: by.to_owned(),
            approved_by: approved_by.clone(),
            note: start.note.clone().unwrap_or_default(),
        };
        if rules.hash() != approved.hash() {
            self.keep_rule_set(work, approved).await?;
        }
        let publication = self.publish(work, rules, &how).await?;
        Ok(Ok(Published {
            publication,
            program: rules.program().to_owned(),
            rule_set: rules.hash().to_owned(),
            in_force_from: from,
            published_by: by.to_owned(),
            approved_by,
            incomplete_counters: gaps.into_iter().map(|gap| gap.counter).collect(),
        }))
    }
}

fn detail(published: &Published) -> Value {
    json!({
        "publication": published.publication, "in_force_from": published.in_force_from,
        "incomplete_counters": published.incomplete_counters,
    })
}

/// Commits, if the clock of the database still leaves time before the rules take force.
async fn finish(mut work: Work, published: &Published) -> Result<(), ServiceError> {
    in_time(published.in_force_from, clock(&mut work).await?)?;
    Ok(work.commit().await?)
}

pub(super) fn in_time(from: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), ServiceError> {
    let least = now.checked_add_signed(LEAST).unwrap_or(now);
    if from >= least {
        return Ok(());
    }
    let words = format!(
        "rules take force at least a second after their publication is kept: by the store's clock not before {}",
        least.to_rfc3339()
    );
    Err(ServiceError::new(Code::InvalidRequest, words).at("from"))
}
