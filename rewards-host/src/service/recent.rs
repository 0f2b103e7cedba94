//! Purchases of the last days as they were posted: what a change of rules is tried on.
//!
//! What a purchase met is kept beside it: the facts as they were told, the tier, spending and counters that its outcome
//! changed. So what a member had before a purchase is what they have now, less what came from then on.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use rewards_rules::value::Exact;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::ServiceError;
use super::facts::Belongs;
use super::vault::MemberSeal;
use super::{Service, mend};
use crate::store::rows::Instant;
use crate::store::rule_rows::{RecentRow, RecentWanted};
use crate::store::statements;

/// What a member was when something was posted.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Told {
    pub(super) facts: Map<String, Value>,
    pub(super) status: String,
    pub(super) enrolments: Vec<String>,
    /// Those whose members were uploaded. Absent in what was posted before that could be.
    #[serde(default)]
    pub(super) segments: Vec<String>,
    /// The latest instant that the member's state had seen.
    pub(super) latest: Option<DateTime<Utc>>,
}

impl Told {
    /// The segments of the member, told and uploaded.
    pub(super) fn all_segments(&self) -> Vec<&str> {
        let told = self.facts.get("segments").and_then(Value::as_array).into_iter().flatten();
        let told = told.filter_map(Value::as_str);
        let mut all: Vec<&str> = told.chain(self.segments.iter().map(String::as_str)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What the store said of the member.
    pub(super) fn belongs(&self) -> Belongs {
        Belongs { enrolments: self.enrolments.clone(), segments: self.segments.clone() }
    }
}

/// What an outcome says of the state that it left.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Came {
    pub(super) currency: String,
    pub(super) eligible_amount: Option<String>,
    pub(super) tier: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) progress: Option<Progress>,
    #[serde(default)]
    pub(super) usage: Vec<Delta>,
}

/// Spending in the tier window, this purchase included.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Progress {
    pub(super) spending: String,
}

/// What a counter grew by.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Delta {
    pub(super) key: String,
    pub(super) period: String,
    pub(super) delta: String,
}

/// A posting.
#[derive(Debug, Clone)]
pub(super) struct Recent {
    pub(super) row: RecentRow,
    /// The purchase or refund as the engine reads it, without kind, member and program.
    pub(super) content: Map<String, Value>,
    /// `None` if what was told is gone, or does not open.
    pub(super) told: Option<Told>,
    pub(super) came: Came,
}

impl Recent {
    fn of(service: &Service, row: RecentRow) -> Result<Recent, ServiceError> {
        let unreadable = |_| mend("a posting cannot be read");
        let mut content: Map<String, Value> = serde_json::from_str(&row.content).map_err(unreadable)?;
        for name in ["kind", "member", "program"] {
            content.remove(name);
        }
        let came = serde_json::from_str(&row.outcome).map_err(unreadable)?;
        let seal = service.vault.known(&row.user_id, row.wrapped.as_deref(), row.master_key.as_deref())?;
        let told = seal.as_ref().and_then(|seal| told(seal, &row.facts));
        Ok(Recent { row, content, told, came })
    }

    /// Whether it is a purchase.
    pub(super) fn is_purchase(&self) -> bool {
        self.row.kind == "purchase"
    }

    /// Whether it counts among the member's purchases.
    pub(super) fn counts(&self) -> bool {
        self.is_purchase() && self.came.reason.is_none()
    }

    /// Spending in the tier window before it, never below zero.
    pub(super) fn spending_before(&self) -> Option<String> {
        let spending = exact(&self.came.progress.as_ref()?.spending)?;
        let eligible =
            if self.came.reason.is_none() { exact(self.came.eligible_amount.as_ref()?)? } else { Exact::from(0) };
        let before = spending.checked_sub(eligible).ok()?;
        let is_below = before < Exact::from(0);
        Some(if is_below { Exact::from(0) } else { before }.to_string())
    }
}

/// What counters grew by in postings.
#[derive(Debug, Default)]
pub(super) struct Grown(HashMap<(Option<String>, String, String), Exact>);

impl Grown {
    /// Takes up a posting.
    pub(super) fn take(&mut self, posting: &Recent) {
        for delta in &posting.came.usage {
            let Some(by) = exact(&delta.delta) else { continue };
            // Whose counter it is, a key alone does not say; adding it to both takes from the one that is asked for.
            for owner in [Some(posting.row.user_id.clone()), None] {
                let sum = self.0.entry((owner, delta.key.clone(), delta.period.clone())).or_insert(Exact::from(0));
                *sum = sum.checked_add(by).unwrap_or(*sum);
            }
        }
    }

    /// What a counter of a member grew by, or one of all.
    pub(super) fn by(&self, owner: Option<String>, key: &str, period: &str) -> Exact {
        self.0.get(&(owner, key.to_owned(), period.to_owned())).copied().unwrap_or(Exact::from(0))
    }
}

/// A number as answers have it.
pub(super) fn exact(text: &str) -> Option<Exact> {
    text.parse().ok()
}

fn told(seal: &MemberSeal, facts: &str) -> Option<Told> {
    if facts.is_empty() {
        return None;
    }
    serde_json::from_str(&seal.open("posting", facts).ok()?).ok()
}

impl Service {
    /// Postings of the last days, oldest first; whether there were more than `limit`, of which these are the newest; and
    /// since when.
    pub(super) async fn recent(
        &self,
        program: &str,
        days: u32,
        limit: usize,
    ) -> Result<(Vec<Recent>, bool, DateTime<Utc>), ServiceError> {
        let now = self.now().await?;
        let from = now.checked_sub_signed(TimeDelta::days(days.into())).unwrap_or(now);
        let wanted = RecentWanted { program: program.to_owned(), from: Instant(from), limit: limit.saturating_add(1) };
        let mut rows: Vec<RecentRow> = self.store.read(statements::RECENT_POSTINGS, &wanted).await?;
        let is_sample = rows.len() > limit;
        rows.truncate(limit);
        rows.reverse();
        let postings: Result<Vec<Recent>, ServiceError> = rows.into_iter().map(|row| Recent::of(self, row)).collect();
        Ok((postings?, is_sample, from))
    }
}
