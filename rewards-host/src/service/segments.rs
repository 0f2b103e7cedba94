//! Segments whose members are uploaded as a list: an audience that is made elsewhere.
//!
//! A posting reads them in its own transaction, beside the segments that were told of the member, and keeps with the
//! outcome what it read. So a list may change at any time and every purchase can still be evaluated again.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::Service;
use super::drafts::{Audit, clock};
use super::error::{Code, ServiceError};
use super::rules::InForce;
use super::vault::sha256;
use crate::store::rows::Instant;
use crate::store::statements;

/// A segment of which the members were uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SegmentView {
    /// Id of the program.
    pub(crate) program: String,
    /// Its name, as rules have it.
    pub(crate) segment: String,
    /// How many members were uploaded.
    pub(crate) members: u64,
    /// SHA-256 of their ids in order, each with a line end.
    pub(crate) content_sha256: String,
    /// Who uploaded them.
    pub(crate) uploaded_by: String,
    /// When.
    #[schema(value_type = String)]
    pub(crate) uploaded_at: DateTime<Utc>,
}

/// What an upload changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SegmentUploaded {
    /// The segment as it is now.
    #[serde(flatten)]
    pub(crate) segment: SegmentView,
    /// Members who were not in it before.
    pub(crate) added: u64,
    /// Members who were in it and are no more.
    pub(crate) removed: u64,
}

#[derive(Serialize)]
struct SegmentWrite<'a> {
    program: &'a str,
    segment: &'a str,
    members: usize,
    content_sha256: &'a str,
    uploaded_by: &'a str,
    uploaded_at: Instant,
}

#[derive(Serialize)]
struct SegmentMembers<'a> {
    program: &'a str,
    segment: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<&'a BTreeSet<String>>,
}

impl Service {
    /// Makes these the members of a segment, in place of those before. Members who were forgotten are left out.
    pub(crate) async fn upload_segment(
        &self,
        program: Option<&str>,
        segment: &str,
        members: &BTreeSet<String>,
        by: &str,
    ) -> Result<SegmentUploaded, ServiceError> {
        let mut work = self.store.begin().await?;
        let program = InForce::within(&mut work).await?.program(program)?;
        let now = clock(&mut work).await?;
        let content: String = members.iter().flat_map(|id| [id.as_str(), "\n"]).collect();
        let content_sha256 = sha256(&content);
        // The row of the segment is written first, so that two uploads come one after the other.
        let row = SegmentWrite {
            program: &program,
            segment,
            members: members.len(),
            content_sha256: &content_sha256,
            uploaded_by: by,
            uploaded_at: Instant(now),
        };
        work.write(statements::PUT_SEGMENTS, &[row]).await?;
        let list = SegmentMembers { program: &program, segment, members: Some(members) };
        let removed = work.run(statements::LEAVE_SEGMENT, &list).await?;
        let added = work.run(statements::JOIN_SEGMENT, &list).await?;
        let audit = Audit { program: &program, draft: None, rule_set: None, action: "segment_uploaded", by };
        let about = json!({
            "segment": segment, "members": members.len(), "content_sha256": content_sha256,
            "added": added, "removed": removed,
        });
        audit.write(&mut work, &about).await?;
        work.commit().await?;
        let segment = self.segment(Some(&program), segment).await?;
        Ok(SegmentUploaded { segment, added, removed })
    }

    /// A segment that was uploaded. Error `not_found`.
    pub(crate) async fn segment(&self, program: Option<&str>, segment: &str) -> Result<SegmentView, ServiceError> {
        let program = InForce::now(&self.store).await?.program(program)?;
        let asked = SegmentMembers { program: &program, segment, members: None };
        let view: Option<SegmentView> = self.store.read_one(statements::SEGMENT, &asked).await?;
        view.ok_or_else(|| {
            ServiceError::new(Code::NotFound, format!("no members of a segment `{segment}` were uploaded"))
        })
    }
}
