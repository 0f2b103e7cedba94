//! Drafts of rules: files that somebody writes, in a version that grows with every change.

use std::collections::BTreeMap;

use rewards_rules::RuleSet;
use rewards_rules::diff::{Comparison, compare};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Service;
use super::answers::keep_answer;
use super::command::RequestKey;
use super::error::{Code, ServiceError};
use super::impact::{TrialState, trial_state};
use super::mend;
use super::rules::{InForce, sources_of};
use crate::store::rows::{Clock, Instant, RuleSetRow};
use crate::store::rule_rows::{
    AuditOf, DraftRow, DraftState, DraftWrite, RuleAuditRow, RuleAuditWrite, RulesItem, RulesWanted,
};
use crate::store::{Work, statements};

/// As many files may a rule set have.
const MOST_FILES: usize = 500;

/// Path → text of the files of a rule set.
pub(crate) type Files = BTreeMap<String, String>;

/// Which versions a caller knows; `None` within: any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected(pub(crate) Option<Vec<i64>>);

impl Expected {
    fn meets(&self, version: i64) -> Result<(), ServiceError> {
        match &self.0 {
            Some(known) if !known.contains(&version) => {
                Err(ServiceError::new(Code::PreconditionFailed, format!("the draft has version {version} by now")))
            }
            _ => Ok(()),
        }
    }
}

/// What a new draft begins with.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewDraft {
    /// Of which program; `None`: that of the files, else the only one that is published.
    pub(crate) program: Option<String>,
    /// Its files; `None`: a copy.
    pub(crate) files: Option<Files>,
    /// Content hash to copy; `None`: what is in force now.
    pub(crate) copy_of: Option<String>,
    /// What it is for.
    pub(crate) note: String,
    /// The key of the request, where it has one: the same request again gets the same draft.
    pub(crate) key: Option<RequestKey>,
}

/// A change of a draft; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub(crate) struct DraftChange {
    /// All of its files.
    pub(crate) files: Option<Files>,
    /// What it is for.
    pub(crate) note: Option<String>,
    /// Whether it is given up.
    pub(crate) withdraw: bool,
}

/// A rule set by its draft, or by its hash once it was published.
#[derive(Debug, Clone)]
pub(crate) enum Named {
    /// A draft.
    Draft(Uuid),
    /// A content hash.
    Hash(String),
}

/// A draft with its audit, as read.
#[derive(Debug)]
pub(crate) struct DraftView {
    /// It.
    pub(crate) row: DraftRow,
    /// Who did what, oldest first.
    pub(crate) audit: Vec<RuleAuditRow>,
    /// Whether its files were tried as they are.
    pub(crate) trial: TrialState,
}

/// A published rule set, as read.
#[derive(Debug)]
pub(crate) struct HashView {
    /// Its program.
    pub(crate) program: String,
    /// Its files.
    pub(crate) files: Files,
    /// Its publications, newest first.
    pub(crate) publications: Vec<RulesItem>,
    /// Who did what, oldest first.
    pub(crate) audit: Vec<RuleAuditRow>,
}

pub(super) fn no_draft() -> ServiceError {
    ServiceError::new(Code::NotFound, "there is no such draft")
}

pub(super) fn nothing_in_force(program: &str) -> ServiceError {
    let words = format!("nothing of the program `{program}` is in force to compare with");
    ServiceError::new(Code::StateConflict, words)
}

pub(super) fn no_rules(hash: &str) -> ServiceError {
    ServiceError::new(Code::NotFound, format!("no rule set `{hash}` was published"))
}

/// The files as the store keeps them, if their paths are good.
fn checked(files: &Files) -> Result<String, ServiceError> {
    let refuse = |words: String, path: &str| ServiceError::new(Code::InvalidRequest, words).at(format!("files.{path}"));
    if files.is_empty() || files.len() > MOST_FILES {
        let words = format!("a rule set has 1 to {MOST_FILES} files, this one has {}", files.len());
        return Err(ServiceError::new(Code::InvalidRequest, words).at("files"));
    }
    for path in files.keys() {
        let plain = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        };
        let ends = [".yaml", ".rhai"].iter().any(|ending| path.ends_with(ending));
        if path.len() > 200 || !ends || !path.split('/').all(plain) {
            let words = format!(
                "`{path}`: a path has parts of letters, digits, `.`, `_` and `-` between `/`, and ends in `.yaml` or `.rhai`"
            );
            return Err(refuse(words, path));
        }
    }
    serde_json::to_string(files).map_err(|_| mend("files cannot be written"))
}

/// The files of a draft or a rule set.
pub(super) fn files_of_row(files: &str) -> Result<Files, ServiceError> {
    serde_json::from_str(files).map_err(|_| mend("the files of a rule set cannot be read"))
}

/// Compiles; `None` where there are mistakes.
pub(super) fn compiled(files: &str) -> Option<RuleSet> {
    RuleSet::compile(sources_of(files)?).ok()
}

impl Service {
    /// Begins a draft. Errors: `invalid_request` for paths, `unknown_program`, `not_found` for a hash that was never
    /// published.
    pub(crate) async fn new_draft(&self, by: &str, new: NewDraft) -> Result<DraftRow, ServiceError> {
        let in_force = InForce::now(&self.store).await?;
        let now = self.now().await?;
        let (program, files, from) = match (new.files, new.copy_of) {
            (Some(_), Some(_)) => {
                let words = "a draft has `files`, or is a copy; not both";
                return Err(ServiceError::new(Code::InvalidRequest, words).at("copy_of"));
            }
            (Some(files), None) => {
                let files = checked(&files)?;
                let program = match new.program {
                    Some(named) => named,
                    None => match compiled(&files) {
                        Some(rules) => rules.program().to_owned(),
                        None => in_force.program(None)?,
                    },
                };
                (program, files, None)
            }
            (None, hash) => {
                let hash = match hash {
                    Some(hash) => hash,
                    None => {
                        let program = in_force.program(new.program.as_deref())?;
                        in_force.at(&program, now).ok_or_else(|| mend("a program has no publication"))?.to_owned()
                    }
                };
                let row = self.rule_set_row(&hash).await?;
                (row.program, row.files, Some(hash))
            }
        };
        let draft = DraftWrite {
            id: Uuid::now_v7(),
            program,
            files,
            version: 1,
            state: DraftState::Draft,
            author: by.to_owned(),
            editors: json!([by]).to_string(),
            submitted_by: None,
            approved_by: None,
            rule_set: None,
            note: new.note,
            created_at: Instant(now),
            updated_at: Instant(now),
        };
        let id = draft.id;
        let audit = Audit { program: &draft.program, draft: Some(id), rule_set: None, action: "created", by };
        let mut work = self.store.begin().await?;
        work.write(statements::PUT_DRAFTS, &[&draft]).await?;
        audit.write(&mut work, &json!({ "copy_of": from, "note": draft.note })).await?;
        if let Some(key) = &new.key {
            keep_answer(&mut work, key, by, &id.to_string(), now).await?;
        }
        work.commit().await?;
        self.draft_row(id).await
    }

    /// The draft that a request with this key began; none without a key. Error `idempotency_key_reused` where it was another
    /// request.
    pub(crate) async fn begun(&self, key: Option<&RequestKey>) -> Result<Option<DraftRow>, ServiceError> {
        match self.answer_of(key).await?.and_then(|id| Uuid::parse_str(&id).ok()) {
            Some(id) => Ok(Some(self.draft_row(id).await?)),
            None => Ok(None),
        }
    }

    pub(super) async fn rule_set_row(&self, hash: &str) -> Result<RuleSetRow, ServiceError> {
        self.store.read_one(statements::RULE_SET, &hash).await?.ok_or_else(|| no_rules(hash))
    }

    /// A draft. Error `not_found`.
    pub(crate) async fn draft_row(&self, id: Uuid) -> Result<DraftRow, ServiceError> {
        self.store.read_one(statements::DRAFT, &id).await?.ok_or_else(no_draft)
    }

    /// A draft with its audit. Error `not_found`.
    pub(crate) async fn draft(&self, id: Uuid) -> Result<DraftView, ServiceError> {
        let row = self.draft_row(id).await?;
        let audit = self.store.read(statements::RULE_AUDIT_OF, &AuditOf { draft: Some(id), rule_set: None }).await?;
        let trial = trial_state(&InForce::now(&self.store).await?, &row, &audit);
        Ok(DraftView { row, audit, trial })
    }

    /// A published rule set with its publications and audit. Error `not_found`.
    pub(crate) async fn published(&self, hash: &str) -> Result<HashView, ServiceError> {
        let row = self.rule_set_row(hash).await?;
        let wanted = RulesWanted {
            kind: Some("publication"),
            rule_set: Some(hash.to_owned()),
            limit: 200,
            ..RulesWanted::default()
        };
        let publications = self.store.read(statements::RULES_LIST, &wanted).await?;
        let audit = AuditOf { draft: None, rule_set: Some(hash.to_owned()) };
        let audit = self.store.read(statements::RULE_AUDIT_OF, &audit).await?;
        Ok(HashView { program: row.program, files: files_of_row(&row.files)?, publications, audit })
    }

    /// Drafts and publications, newest first.
    pub(crate) async fn list_rules(&self, wanted: &RulesWanted) -> Result<Vec<RulesItem>, ServiceError> {
        Ok(self.store.read(statements::RULES_LIST, wanted).await?)
    }

    /// Changes a draft that was not published: it then is a draft again, and has to be submitted and approved anew.
    /// Errors: `not_found`, `precondition_failed`, `state_conflict`, and `invalid_request` for paths.
    pub(crate) async fn change_draft(
        &self,
        id: Uuid,
        by: &str,
        expected: &Expected,
        change: DraftChange,
    ) -> Result<DraftRow, ServiceError> {
        let files = change.files.as_ref().map(checked).transpose()?;
        let mut work = self.store.begin().await?;
        let locked = lock(&mut work, id, expected).await?;
        if matches!(locked.state, DraftState::Published | DraftState::Withdrawn) {
            return Err(wrong_state(&locked, "it cannot be changed any more"));
        }
        let mut editors: Vec<String> = serde_json::from_str(&locked.editors).unwrap_or_default();
        let mut write = locked.written(clock(&mut work).await?);
        if let Some(files) = files {
            write.files = files;
            if !editors.iter().any(|one| one == by) {
                editors.push(by.to_owned());
            }
            write.editors = json!(editors).to_string();
        }
        write.note = change.note.unwrap_or(write.note);
        write.state = if change.withdraw { DraftState::Withdrawn } else { DraftState::Draft };
        (write.submitted_by, write.approved_by, write.rule_set) = (None, None, None);
        let action = if change.withdraw { "withdrawn" } else { "changed" };
        put(&mut work, &write, action, by, &json!({ "version": next(&write) })).await?;
        work.commit().await?;
        self.draft_row(id).await
    }

    /// What differs between the rules in force, or those of the hash `against`, and a draft or a published rule set. Errors:
    /// `not_found`, `state_conflict` where nothing is in force, `findings_present`, `invalid_parameter` for a rule set of
    /// another program.
    pub(crate) async fn difference(&self, of: &Named, against: Option<&str>) -> Result<Comparison, ServiceError> {
        let (program, files) = self.files(of).await?;
        let in_force = InForce::now(&self.store).await?;
        let now = self.now().await?;
        let hash = match against {
            Some(hash) => {
                let row = self.rule_set_row(hash).await?;
                if row.program != program {
                    let words = format!("`against` is a rule set of `{}`, not of `{program}`", row.program);
                    return Err(ServiceError::new(Code::InvalidParameter, words));
                }
                hash
            }
            None => in_force.at(&program, now).ok_or_else(|| nothing_in_force(&program))?,
        };
        let old = self.rules.read(&self.store, hash).await?;
        let new = RuleSet::compile(sources_of(&files).ok_or_else(|| mend("files cannot be read"))?)
            .map_err(|findings| super::review::refused(&findings, &[]))?;
        tokio::task::spawn_blocking(move || compare(&old, &new)).await.map_err(|_| mend("a comparison ended early"))
    }

    /// Program and files.
    pub(super) async fn files(&self, of: &Named) -> Result<(String, String), ServiceError> {
        Ok(match of {
            Named::Draft(id) => {
                let row = self.draft_row(*id).await?;
                (row.program, row.files)
            }
            Named::Hash(hash) => {
                let row = self.rule_set_row(hash).await?;
                (row.program, row.files)
            }
        })
    }
}

/// Locks a draft in a version that the caller knows.
pub(super) async fn lock(work: &mut Work, id: Uuid, expected: &Expected) -> Result<DraftRow, ServiceError> {
    let row: Option<DraftRow> = work.rows(statements::LOCK_DRAFT, &id).await?.into_iter().next();
    let row = row.ok_or_else(no_draft)?;
    expected.meets(row.version)?;
    Ok(row)
}

/// The version that a draft gets when it is written.
pub(super) fn next(write: &DraftWrite) -> i64 {
    write.version.saturating_add(1)
}

/// Writes a locked draft back, with its audit.
pub(super) async fn put(
    work: &mut Work,
    write: &DraftWrite,
    action: &'static str,
    by: &str,
    detail: &Value,
) -> Result<(), ServiceError> {
    if work.run(statements::CHANGE_DRAFT, write).await? != 1 {
        return Err(mend("a draft that was locked has another version"));
    }
    let audit =
        Audit { program: &write.program, draft: Some(write.id), rule_set: write.rule_set.as_deref(), action, by };
    audit.write(work, detail).await
}

/// It is in another state than the step needs.
pub(super) fn wrong_state(row: &DraftRow, so: &str) -> ServiceError {
    let state = row.state.as_str();
    ServiceError::new(Code::StateConflict, format!("the draft is `{state}`: {so}")).with("state", state)
}

/// The clock of the database.
pub(super) async fn clock(work: &mut Work) -> Result<chrono::DateTime<chrono::Utc>, ServiceError> {
    let rows: Vec<Clock> = work.rows(statements::PING, &()).await?;
    rows.first().map(|row| row.now).ok_or_else(|| mend("the store has no clock"))
}

/// Who did what with rules.
pub(super) struct Audit<'a> {
    pub(super) program: &'a str,
    pub(super) draft: Option<Uuid>,
    pub(super) rule_set: Option<&'a str>,
    pub(super) action: &'static str,
    pub(super) by: &'a str,
}

impl Audit<'_> {
    pub(super) async fn write(&self, work: &mut Work, detail: &Value) -> Result<(), ServiceError> {
        let created_at = Instant(clock(work).await?);
        let row = RuleAuditWrite {
            id: Uuid::now_v7(),
            program: self.program.to_owned(),
            draft_id: self.draft,
            rule_set: self.rule_set.map(str::to_owned),
            action: self.action,
            subject: self.by.to_owned(),
            detail: detail.to_string(),
            created_at,
        };
        Ok(work.write(statements::PUT_RULE_AUDIT, &[row]).await?)
    }
}
