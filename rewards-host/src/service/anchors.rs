//! Anchors of history: what the last lines of members were, hour by hour, so that a tail cannot be cut off unseen.
//!
//! Each line of a member's history says what the line before was, and nothing says what the last one was but the
//! member's row. An anchor has a keyed hash over the last line of every member with lines in its hour, and over the
//! anchor before it. The last value, kept somewhere else, proves all lines up to it.

use std::collections::BTreeMap;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use serde_json::json;

use super::error::ServiceError;
use super::vault::{Vault, hex};
use super::{Service, aggregate};
use crate::store::audit::{AnchorRow, AnchorWrite, Between, HeadRow};
use crate::store::rows::{Clock, Instant};
use crate::store::statements;

/// The stretch of history that an anchor is of.
const HOUR: TimeDelta = TimeDelta::hours(1);

/// A line is anchored so much later at the earliest: where another machine became the database, its clock may be behind
/// the one before by less.
const MARGIN: TimeDelta = TimeDelta::minutes(5);

/// Heads of an hour, put together in any order.
#[derive(Debug, Clone, Default)]
pub(super) struct Heads {
    members: i64,
    sum: [u8; 32],
}

impl Heads {
    /// Adds the last line of a member.
    pub(super) fn add(&mut self, vault: &Vault, user_id: &str, seq: i64, chain: &str) {
        let hash = vault.hash("head of history", &json!([user_id, seq, chain]).to_string());
        for (sum, byte) in self.sum.iter_mut().zip(hash) {
            *sum ^= byte;
        }
        self.members = self.members.saturating_add(1);
    }

    /// The value of the anchor. The sum itself is shown to nobody: who saw many could make one of them out of others.
    fn chain(&self, vault: &Vault, before: &str, seq: i64, until: DateTime<Utc>) -> String {
        let text = json!(["anchor", seq, until.timestamp_micros(), self.members, hex(&self.sum)]);
        vault.link(before, &text.to_string())
    }
}

/// Anchors, and what the lines that are there now make of them.
#[derive(Debug, Default)]
pub(super) struct Anchored {
    anchors: Vec<(AnchorRow, Heads)>,
}

/// An anchor that is not what the lines make of it.
#[derive(Debug)]
pub(super) struct Differs {
    pub(super) key: String,
    pub(super) found: String,
    pub(super) due: String,
}

impl Anchored {
    pub(super) fn new(rows: Vec<AnchorRow>) -> Anchored {
        Anchored { anchors: rows.into_iter().map(|row| (row, Heads::default())).collect() }
    }

    /// The number of the anchor that has a line of this instant.
    pub(super) fn of(&self, created_at: DateTime<Utc>) -> Option<usize> {
        let index = self.anchors.partition_point(|(row, _)| row.until <= created_at);
        (index < self.anchors.len()).then_some(index)
    }

    /// Adds the last lines of a member, by the number of the anchor.
    pub(super) fn add(&mut self, vault: &Vault, user_id: &str, last: &BTreeMap<usize, (i64, String)>) {
        for (index, (seq, chain)) in last {
            if let Some((_, heads)) = self.anchors.get_mut(*index) {
                heads.add(vault, user_id, *seq, chain);
            }
        }
    }

    /// The last anchor.
    pub(super) fn last(&self) -> Option<&AnchorRow> {
        self.anchors.last().map(|(row, _)| row)
    }

    /// Whether one of them has this value.
    pub(super) fn has(&self, chain: &str) -> bool {
        self.anchors.iter().any(|(row, _)| row.chain == chain)
    }

    /// Those that differ, each as if those before it were right.
    pub(super) fn differing(&self, vault: &Vault) -> Vec<Differs> {
        let mut differing = Vec::new();
        let (mut before, mut number) = ("", 0_i64);
        for (row, heads) in &self.anchors {
            number = number.saturating_add(1);
            let key = format!("{} of the lines until {}", row.seq, row.until.to_rfc3339());
            if row.seq != number {
                let (found, due) = (format!("anchor {}", row.seq), format!("anchor {number}"));
                differing.push(Differs { key, found, due });
                number = row.seq;
            } else if heads.members != row.members {
                let (found, due) = (format!("lines of {}", heads.members), format!("of {} members", row.members));
                differing.push(Differs { key, found, due });
            } else if heads.chain(vault, before, row.seq, row.until) != row.chain {
                let (found, due) = ("other last lines of members".to_owned(), "those that were anchored".to_owned());
                differing.push(Differs { key, found, due });
            }
            before = &row.chain;
        }
        differing
    }
}

impl Service {
    /// Anchors each hour of history that is over and is not anchored yet.
    pub(crate) async fn anchor(&self) -> Result<(), ServiceError> {
        let mut work = self.store.begin().await?;
        let horizon = aggregate::horizon(&mut work).await?;
        drop(work);
        match horizon.and_then(|horizon| horizon.checked_sub_signed(MARGIN)) {
            Some(end) => self.anchor_before(end).await,
            None => Ok(()),
        }
    }

    /// As [`Service::anchor`], for the hours before an instant, before which no line comes any more.
    pub(crate) async fn anchor_before(&self, end: DateTime<Utc>) -> Result<(), ServiceError> {
        let last: Option<AnchorRow> = self.store.read_one(statements::LAST_HISTORY_ANCHOR, &()).await?;
        let (mut seq, mut from, mut before) = match last {
            Some(last) => (last.seq, last.until, last.chain),
            None => {
                let first: Option<Clock> = self.store.read_one(statements::FIRST_HISTORY_LINE, &()).await?;
                let Some(from) = first.and_then(|first| first.now.duration_trunc(HOUR).ok()) else { return Ok(()) };
                (0, from, String::new())
            }
        };
        while let Some(until) = from.checked_add_signed(HOUR).filter(|until| *until <= end) {
            seq = seq.saturating_add(1);
            let between = Between { from: Instant(from), until: Instant(until) };
            let lines: Vec<HeadRow> = self.store.read(statements::HISTORY_HEADS, &between).await?;
            let mut heads = Heads::default();
            for HeadRow { user_id, seq, chain } in &lines {
                heads.add(&self.vault, user_id, *seq, chain);
            }
            let chain = heads.chain(&self.vault, &before, seq, until);
            let row = AnchorWrite { seq, until: Instant(until), members: heads.members, chain: chain.clone() };
            let mut work = self.store.begin().await?;
            let kept = work.run(statements::PUT_HISTORY_ANCHOR, &[row]).await?;
            work.commit().await?;
            if kept == 0 {
                // Another replica was faster, and goes on.
                return Ok(());
            }
            tracing::info!(anchor = seq, until = %until.to_rfc3339(), members = heads.members, %chain, "history is anchored");
            (from, before) = (until, chain);
        }
        Ok(())
    }
}
