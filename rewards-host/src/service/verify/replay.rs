//! Does every posting again and compares: the same rules, facts and budgets have to give the same bytes.

use std::collections::HashMap;

use rewards_rules::RuleSet;
use rewards_rules::outcome::Difference;

use super::counted;
use super::fold::Fold;
use super::stream::Stream;
use crate::service::Service;
use crate::service::counting::Counted;
use crate::service::error::{Code, ServiceError};
use crate::store::audit::{HistoryRow, MemberHeads, PostingRow};
use crate::store::{Work, statements};

/// A posting that comes to something else now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replayed {
    /// Id of the purchase or refund.
    pub(crate) transaction_id: String,
    /// Whose.
    pub(crate) user_id: String,
    /// The first place that differs, and what stands there.
    pub(crate) place: String,
    /// In the store.
    pub(crate) stored: String,
    /// Now.
    pub(crate) now: String,
}

impl std::fmt::Display for Replayed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Replayed { transaction_id, user_id, place, stored, now } = self;
        write!(f, "{transaction_id} of {user_id}: {place}: stored {stored}, now {now}")
    }
}

/// How much was done again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Replay {
    /// Purchases and refunds.
    pub(crate) postings: u64,
    /// Those of members whose facts are gone: they cannot be done again.
    pub(crate) forgotten: u64,
    /// Those that come to something else.
    pub(crate) differing: u64,
}

struct Again<'a> {
    service: &'a Service,
    work: Work,
    history: Stream<HistoryRow>,
    postings: Stream<PostingRow>,
    done: Replay,
    tell: &'a mut (dyn FnMut(Replayed) + Send),
}

impl Service {
    /// Does every posting again; tells each that comes to something else.
    pub(crate) async fn replay(&self, tell: &mut (dyn FnMut(Replayed) + Send)) -> Result<Replay, ServiceError> {
        let work = self.store.snapshot().await?;
        let (history, postings) = (Stream::new(statements::VERIFY_HISTORY), Stream::new(statements::VERIFY_PROCESSED));
        let mut again = Again { service: self, work, history, postings, done: Replay::default(), tell };
        let mut last = String::new();
        loop {
            let page: Vec<MemberHeads> = again.work.rows(statements::VERIFY_MEMBERS, &last).await?;
            let Some(end) = page.last() else { break };
            last.clone_from(&end.user_id);
            let counted = counted(self, &mut again.work, &page).await?;
            for (member, counted) in page.iter().zip(counted) {
                again.member(member, counted).await?;
            }
        }
        Ok(again.done)
    }
}

impl Again<'_> {
    async fn rules(&mut self, hash: &str) -> Result<RuleSet, ServiceError> {
        self.service.rules.get(&mut self.work, hash).await
    }

    async fn member(&mut self, heads: &MemberHeads, counted: Counted) -> Result<(), ServiceError> {
        let user_id = heads.user_id.as_str();
        let opened = self.service.vault.known(user_id, heads.wrapped.as_deref(), heads.master_key.as_deref());
        let seal = opened.map_err(|e| ServiceError::new(Code::ProcessingError, format!("member {user_id}: {e}")))?;
        let mut fold = Fold::new(user_id, seal.as_ref(), counted);
        // Under which rules each purchase was made that refunds refer to.
        let mut bought: HashMap<String, String> = HashMap::new();
        while let Some(line) = self.history.next_of(&mut self.work, user_id).await? {
            if !matches!(line.action_type.as_str(), "purchase" | "refund") {
                let rules = self.rules(&line.rule_set).await?;
                fold.line(&rules, &line)?;
                continue;
            }
            let Some(row) = self.postings.next_of(&mut self.work, user_id).await? else { continue };
            let rules = self.rules(&row.rule_set).await?;
            let of_purchase = match row.original_id.as_ref().and_then(|original| bought.get(original)).cloned() {
                Some(hash) => Some(self.rules(&hash).await?),
                None => None,
            };
            if row.refunded {
                bought.insert(row.transaction_id.clone(), row.rule_set.clone());
            }
            self.done.postings = self.done.postings.saturating_add(1);
            let now = match fold.posting(&rules, of_purchase.as_ref(), &row, false) {
                Ok(Some(now)) => now.to_canonical_json(),
                Ok(None) => {
                    self.done.forgotten = self.done.forgotten.saturating_add(1);
                    continue;
                }
                Err(error) => format!("{:?}", error.detail),
            };
            if now != row.outcome {
                self.differs(row, &now);
            }
        }
        while self.postings.next_of(&mut self.work, user_id).await?.is_some() {}
        Ok(())
    }

    fn differs(&mut self, row: PostingRow, now: &str) {
        self.done.differing = self.done.differing.saturating_add(1);
        let Some(Difference { place, first: stored, second: now }) = Difference::between(&row.outcome, now) else {
            return;
        };
        let PostingRow { transaction_id, user_id, .. } = row;
        (self.tell)(Replayed { transaction_id, user_id, place, stored, now });
    }
}
