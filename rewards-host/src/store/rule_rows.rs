//! Rows of drafts, publications and their audit.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rows::Instant;

/// How far a draft is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DraftState {
    /// It is being written.
    Draft,
    /// Its author is done; somebody else has to look at it.
    InReview,
    /// Somebody else agreed.
    Approved,
    /// It was published.
    Published,
    /// It was given up.
    Withdrawn,
}

impl DraftState {
    /// Its word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            DraftState::Draft => "draft",
            DraftState::InReview => "in_review",
            DraftState::Approved => "approved",
            DraftState::Published => "published",
            DraftState::Withdrawn => "withdrawn",
        }
    }
}

/// A draft.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct DraftRow {
    pub(crate) id: Uuid,
    pub(crate) program: String,
    /// JSON, path to text.
    pub(crate) files: String,
    pub(crate) version: i64,
    pub(crate) state: DraftState,
    pub(crate) author: String,
    /// JSON, a list of subjects.
    pub(crate) editors: String,
    pub(crate) submitted_by: Option<String>,
    pub(crate) approved_by: Option<String>,
    /// Hash of the files, from submission on.
    pub(crate) rule_set: Option<String>,
    pub(crate) note: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// The same on the way in; a change names the version that it changes.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct DraftWrite {
    pub(crate) id: Uuid,
    pub(crate) program: String,
    pub(crate) files: String,
    pub(crate) version: i64,
    pub(crate) state: DraftState,
    pub(crate) author: String,
    pub(crate) editors: String,
    pub(crate) submitted_by: Option<String>,
    pub(crate) approved_by: Option<String>,
    pub(crate) rule_set: Option<String>,
    pub(crate) note: String,
    pub(crate) created_at: Instant,
    pub(crate) updated_at: Instant,
}

impl DraftRow {
    /// The row to be written back at an instant.
    pub(crate) fn written(&self, at: DateTime<Utc>) -> DraftWrite {
        let row = self.clone();
        DraftWrite {
            id: row.id,
            program: row.program,
            files: row.files,
            version: row.version,
            state: row.state,
            author: row.author,
            editors: row.editors,
            submitted_by: row.submitted_by,
            approved_by: row.approved_by,
            rule_set: row.rule_set,
            note: row.note,
            created_at: Instant(row.created_at),
            updated_at: Instant(at),
        }
    }
}

/// Who did what with rules.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RuleAuditWrite {
    pub(crate) id: Uuid,
    pub(crate) program: String,
    pub(crate) draft_id: Option<Uuid>,
    pub(crate) rule_set: Option<String>,
    pub(crate) action: &'static str,
    pub(crate) subject: String,
    /// JSON.
    pub(crate) detail: String,
    pub(crate) created_at: Instant,
}

/// The same as it is shown.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = RuleAudit)]
pub(crate) struct RuleAuditRow {
    /// `created`, `changed`, `withdrawn`, `validated`, `tried`, `sampled`, `submitted`, `approved`, `published` or
    /// `rolled_back`.
    pub(crate) action: String,
    /// Subject of who did it.
    pub(crate) subject: String,
    /// Content hash of the rules, where they had one.
    pub(crate) rule_set: Option<String>,
    /// What else there is to tell.
    #[schema(value_type = Object)]
    pub(crate) detail: serde_json::Value,
    /// When.
    pub(crate) created_at: DateTime<Utc>,
}

/// Which audit is wanted.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AuditOf {
    pub(crate) draft: Option<Uuid>,
    pub(crate) rule_set: Option<String>,
}

/// Which drafts and publications are wanted, newest first.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct RulesWanted {
    pub(crate) program: Option<String>,
    pub(crate) kind: Option<&'static str>,
    pub(crate) rule_set: Option<String>,
    pub(crate) state: Option<DraftState>,
    pub(crate) before: Option<Uuid>,
    pub(crate) limit: u32,
}

/// A draft or a publication in a list.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = RulesItem)]
pub(crate) struct RulesItem {
    /// `draft` or `publication`.
    pub(crate) kind: String,
    /// Its id; that of a draft is its address.
    pub(crate) id: Uuid,
    /// The program.
    pub(crate) program: String,
    /// Content hash; of a draft from its submission on.
    pub(crate) rule_set: Option<String>,
    /// State of a draft.
    pub(crate) state: Option<DraftState>,
    /// Version of a draft.
    pub(crate) version: Option<i64>,
    /// Who began the draft, or published.
    pub(crate) author: String,
    /// Who submitted the draft.
    pub(crate) submitted_by: Option<String>,
    /// Who approved.
    pub(crate) approved_by: Option<String>,
    /// What was said with it.
    pub(crate) note: String,
    /// From when a publication is in force.
    pub(crate) in_force_from: Option<DateTime<Utc>>,
    /// When it was made.
    pub(crate) created_at: DateTime<Utc>,
}

/// What of a program cannot change.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ProgramRow {
    pub(crate) currency: String,
    pub(crate) money_decimals: u8,
    pub(crate) points_decimals: u8,
    pub(crate) timezone: String,
}

/// Levels of a program that would go.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LevelsOf {
    pub(crate) program: String,
    pub(crate) levels: Vec<String>,
}

/// Which postings are wanted to try rules on.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RecentWanted {
    pub(crate) program: String,
    /// Neither posted nor happened before this.
    pub(crate) from: Instant,
    pub(crate) limit: usize,
}

/// A posting to try rules on.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RecentRow {
    pub(crate) transaction_id: String,
    pub(crate) kind: String,
    pub(crate) user_id: String,
    pub(crate) original_id: Option<String>,
    /// Canonical JSON.
    pub(crate) content: String,
    /// Sealed; empty for a member who was forgotten.
    pub(crate) facts: String,
    /// Canonical JSON.
    pub(crate) outcome: String,
    pub(crate) wrapped: Option<String>,
    pub(crate) master_key: Option<String>,
}
