//! How much of a batch one transaction of the store can take.
//!
//! Commands of a batch see what earlier ones did to points, counters and budgets. What else they do is seen in the
//! store alone, so a command that needs it begins a transaction of its own.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::command::{Act, Command};
use super::plan::Ready;

/// What the commands before did.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// The rule set of a member in a program.
    rules: BTreeMap<(String, String), String>,
    /// Members of whom something else changed: facts, status, enrolments.
    changed: BTreeSet<String>,
    /// Ids of purchases and refunds.
    claimed: BTreeSet<String>,
    redemptions: BTreeSet<Uuid>,
    /// Whether counters were given back to that the rules of the purchase or the redemption did not have: who comes after
    /// has to read them.
    fed: bool,
}

impl Part {
    /// Whether a command needs what one before it leaves in the store.
    pub(super) fn ends_before(&self, command: &Command) -> bool {
        if self.fed {
            return true;
        }
        let needs = match &command.act {
            Act::Refund(refund) => self.claimed.contains(&refund.original),
            Act::Redeem { id, .. } | Act::Settle { id, .. } => self.redemptions.contains(id),
            Act::Transfer { to, .. } => self.changed.contains(to),
            _ => false,
        };
        needs || self.changed.contains(&command.user_id)
    }

    /// Takes a command up; `false` if one of its members is under another rule set of the program already.
    pub(super) fn takes(&mut self, command: &Command, ready: &Ready, tells: bool) -> bool {
        let to = match &command.act {
            Act::Transfer { to, .. } => Some(to),
            _ => None,
        };
        let pairs: Vec<(String, String)> =
            std::iter::once(&command.user_id).chain(to).map(|m| (m.clone(), ready.program.clone())).collect();
        let hash = ready.rules.hash();
        if pairs.iter().any(|pair| self.rules.get(pair).is_some_and(|known| known != hash)) {
            return false;
        }
        self.rules.extend(pairs.into_iter().map(|pair| (pair, hash.to_owned())));
        let changes =
            matches!(command.act, Act::SetStatus { .. } | Act::Enrol { .. } | Act::Leave { .. } | Act::Forget);
        if changes || tells {
            self.changed.insert(command.user_id.clone());
        }
        if let Act::Redeem { id, .. } | Act::Settle { id, .. } = &command.act {
            self.redemptions.insert(*id);
        }
        self.fed = ready.feeds_more;
        self.claimed.extend(command.act.claims().map(str::to_owned));
        true
    }
}
