//! Why a purchase brought what it brought, and why other rules brought nothing: its posting is done again, explained.
//!
//! The stored outcome says what granted. Why a rule did not is not kept; it follows from the same rules, facts and counters,
//! which the member's earlier postings give as they do for a replay.

use std::collections::HashMap;

use super::fold::Fold;
use super::stream::Stream;
use crate::service::counting::Counted;
use crate::service::error::ServiceError;
use crate::service::{Service, mend};
use crate::store::audit::{HistoryRow, PostingRow};
use crate::store::rows::{MemberCounted, MemberRow, Processed};
use crate::store::statements;

impl Service {
    /// The outcome of a processed id with `rejected`: each rule that did not grant, and why. Of a refund, and of a member
    /// whose facts are gone, the stored outcome as it is. It takes as long as the member's history up to there. Error
    /// `processing_error` if the posting comes to something else than is stored.
    pub(crate) async fn derivation(&self, of: &Processed) -> Result<String, ServiceError> {
        let member: Option<MemberRow> = self.store.read_one(statements::MEMBER, &of.user_id).await?;
        let member = member.ok_or_else(|| mend("a posting has no member"))?;
        let seal = self.vault.known(&of.user_id, member.wrapped.as_deref(), member.master_key.as_deref())?;
        if seal.is_none() {
            return Ok(of.outcome.clone());
        }
        let mut work = self.store.snapshot().await?;
        let mut history: Stream<HistoryRow> = Stream::of(statements::VERIFY_HISTORY, &of.user_id);
        let mut postings: Stream<PostingRow> = Stream::of(statements::VERIFY_PROCESSED, &of.user_id);
        let fills = self.rules.fills(&mut work, member.counted).await?;
        let lines: Vec<MemberCounted> = work.rows(statements::MEMBERS_COUNTED, &[&of.user_id]).await?;
        let mut fold = Fold::new(&of.user_id, seal.as_ref(), Counted::new(&fills, member.counted, lines));
        let mut bought: HashMap<String, String> = HashMap::new();
        while let Some(line) = history.next_of(&mut work, &of.user_id).await? {
            if !matches!(line.action_type.as_str(), "purchase" | "refund") {
                let rules = self.rules.get(&mut work, &line.rule_set).await?;
                fold.line(&rules, &line)?;
                continue;
            }
            let Some(row) = postings.next_of(&mut work, &of.user_id).await? else { break };
            let rules = self.rules.get(&mut work, &row.rule_set).await?;
            let of_purchase = match row.original_id.as_ref().and_then(|original| bought.get(original)) {
                Some(hash) => Some(self.rules.get(&mut work, hash).await?),
                None => None,
            };
            if row.refunded {
                bought.insert(row.transaction_id.clone(), row.rule_set.clone());
            }
            let is_wanted = row.transaction_id == of.transaction_id;
            let outcome = fold.posting(&rules, of_purchase.as_ref(), &row, is_wanted)?;
            if is_wanted {
                let Some(outcome) = outcome else { return Ok(of.outcome.clone()) };
                if outcome.to_canonical_json() != of.outcome {
                    return Err(mend(
                        "the posting comes to something else than is stored: see `rewards ledger replay`",
                    ));
                }
                return Ok(outcome.to_json());
            }
        }
        Err(mend("a posting is not in the history of its member"))
    }
}
