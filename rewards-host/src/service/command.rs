//! What can be done to a member, as the service takes it: one command, one answer.

use chrono::NaiveDate;
use rewards_rules::input::{Opening, Refund, Status, Transaction};
use rewards_rules::state::Settlement;
use rewards_rules::value::Exact;
use serde_json::{Map, Value};
use uuid::Uuid;

/// One change of one member (of two, for a transfer). Commands of a batch are done in order, each on its own.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    /// Whose.
    pub(crate) user_id: String,
    /// In which program; `None` where there is one only.
    pub(crate) program: Option<String>,
    /// What.
    pub(crate) act: Act,
    /// The key of a request that has no id of its own.
    pub(crate) key: Option<RequestKey>,
    /// Subject of the token that asks for it.
    pub(crate) by: String,
}

/// An `Idempotency-Key`, and what came with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct RequestKey {
    /// Subject and endpoint.
    pub(crate) scope: String,
    /// The key itself.
    pub(crate) key: String,
    /// SHA-256 of the request's body.
    pub(crate) request_sha256: String,
}

/// What is done.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// A purchase is posted.
    Purchase {
        /// It.
        transaction: Box<Transaction>,
        /// What the caller tells of the member; it is kept. `None` leaves what is known.
        facts: Option<Map<String, Value>>,
    },
    /// A purchase is refunded, whole or in part.
    Refund(Box<Refund>),
    /// Points are redeemed; the redemption is pending afterwards.
    Redeem {
        /// Its id.
        id: Uuid,
        /// The option's id.
        option: String,
        /// How many.
        points: Exact,
        /// Where to, as the member says; sealed.
        details: Option<Value>,
    },
    /// A pending redemption ends.
    Settle {
        /// Its id.
        id: Uuid,
        /// How.
        settlement: Settlement,
        /// Why, for the history.
        reason: String,
    },
    /// Points go to another member.
    Transfer {
        /// Its id.
        id: Uuid,
        /// To whom.
        to: String,
        /// How many.
        points: Exact,
    },
    /// Points are given or taken by hand.
    Adjust {
        /// Its id.
        id: Uuid,
        /// How many; below zero they are taken.
        points: Exact,
        /// Last local day on which they can be spent; `None` as the program has it.
        expires_on: Option<NaiveDate>,
        /// Why.
        reason: String,
        /// Who approved it, where that is due.
        approved_by: Option<String>,
    },
    /// A level is given by hand until a day.
    GiveTier {
        /// The level's id.
        level: String,
        /// Last local day.
        until: NaiveDate,
        /// Why.
        reason: String,
    },
    /// A member brings along what it had elsewhere, before its first event here.
    Open {
        /// It.
        opening: Box<Opening>,
        /// What is told of the member; it is kept. `None` leaves what is known.
        facts: Option<Map<String, Value>>,
    },
    /// What is due: activation, tier evaluation, expiry.
    Advance,
    /// The member is blocked, closed, or active again.
    SetStatus {
        /// What the member is from now on.
        status: Status,
        /// Why.
        reason: String,
    },
    /// What others tell of the member.
    SetFacts {
        /// Replaces what is known of each name; `null` forgets it.
        facts: Map<String, Value>,
    },
    /// The member takes part in a campaign that asks for it.
    Enrol {
        /// The campaign's id.
        campaign: String,
    },
    /// The member takes part no longer.
    Leave {
        /// The campaign's id.
        campaign: String,
    },
    /// What is personal of the member is deleted, and the member is closed.
    Forget,
}

impl Act {
    /// The id that is claimed for ever: that of a purchase or a refund.
    pub(crate) fn claims(&self) -> Option<&str> {
        match self {
            Act::Purchase { transaction, .. } => Some(&transaction.id),
            Act::Refund(refund) => Some(&refund.id),
            _ => None,
        }
    }
}

/// What a command came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Done {
    /// The answer: canonical JSON of an outcome, or what is told of the command.
    pub(crate) answer: String,
    /// Whether it was done before, and nothing changed.
    pub(crate) replayed: bool,
}
