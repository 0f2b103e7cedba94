//! What a program keeps of its members, as one fold: an event and a state give a change.
//!
//! Usage counters, point lots, tier standing, refunds and redemption live here and nowhere else;
//! a host stores what changed, it never computes it. Nothing here reads a clock: every event
//! brings its instant.

mod counters;
mod lots;
mod post;
mod redeem;
mod refund;
mod standing;

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest, Sha256};

use crate::evaluate::{EvaluationError, Work};
use crate::graph::Graph;
use crate::input::{ErrorCode, Member, Redemption, Refund, Transaction, Usage};
use crate::outcome::{Outcome, instant};
use crate::rule_set::RuleSet;
use crate::value::{Amount, Points, local};

pub use lots::{Balance, Lot, LotSource};
pub use redeem::{RedemptionState, Settlement};

use counters::Counters;
use lots::Lots;
use post::Posted;
use redeem::Redeemed;
use standing::Standing;

/// All that a program keeps: its members, the counters they share, and every id that was claimed.
#[derive(Debug, Default)]
pub struct Ledger {
    members: HashMap<String, MemberState>,
    shared: Counters,
    claims: HashMap<String, Claim>,
    work: Work,
    /// Whether purchases are kept so that they can be refunded.
    forgetful: bool,
}

/// Who claimed an id, with what content (semantics §5).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Claim {
    member: String,
    content: [u8; 16],
}

/// One member's state.
#[derive(Debug, Default)]
pub struct MemberState {
    facts: Member,
    given: Usage,
    started: bool,
    purchases: i64,
    /// The latest instant of any event of this member.
    latest: DateTime<Utc>,
    counters: Counters,
    standing: Standing,
    lots: Lots,
    posted: HashMap<String, Posted>,
    redeemed: HashMap<String, Redeemed>,
}

/// Something that happens to a member.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A purchase.
    Purchase {
        /// It.
        transaction: &'a Transaction,
        /// Whose.
        member: &'a str,
        /// A tier that holds for this purchase only and leaves the standing alone (semantics §10 on 3.4).
        tier: Option<&'a str>,
        /// Whether to record why rules did not grant.
        explain: bool,
    },
    /// A refund of an earlier purchase (semantics §6).
    Refund(&'a Refund),
    /// A redemption of points (semantics §7); it is pending afterwards.
    Redeem {
        /// It.
        redemption: &'a Redemption,
        /// Whose.
        member: &'a str,
    },
    /// A pending redemption ends.
    Settle {
        /// Id of the redemption.
        redemption: &'a str,
        /// Whose.
        member: &'a str,
        /// How it ends.
        settlement: Settlement,
        /// When.
        at: DateTime<Utc>,
    },
    /// Time passes: due activation, tier evaluation and expiry (semantics §8).
    Advance {
        /// Whose.
        member: &'a str,
        /// Until when.
        at: DateTime<Utc>,
    },
}

/// What an event changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "nearly every change is a posted outcome, and it is moved once")]
pub enum Change {
    /// A purchase or refund was posted.
    Posted(Outcome),
    /// The id was posted before with the same content; nothing changed (semantics §5).
    Repeated,
    /// Points left for a redemption, which is pending.
    Redeemed {
        /// How many.
        points: Points,
        /// What they are worth, rounded down.
        cash: Amount,
    },
    /// A redemption ended.
    Settled,
    /// Time passed.
    Advanced,
}

impl Ledger {
    /// An empty ledger.
    pub fn new() -> Ledger {
        Ledger::default()
    }

    /// A ledger that keeps no purchases, for streams without refunds: a refund of one is `refund_unknown_purchase`.
    pub(crate) fn without_refunds() -> Ledger {
        Ledger { forgetful: true, ..Ledger::default() }
    }

    /// The state of a member that had an event or was added.
    pub fn member(&self, id: &str) -> Option<&MemberState> {
        self.members.get(id)
    }

    /// Adds or replaces a member with what is known before the first event. `usage` and `facts.spending` belong to
    /// the periods of that event. Errors: `unknown_fact` for a counter that the rule set does not have.
    pub fn add_member(&mut self, rules: &RuleSet, facts: Member, usage: &Usage) -> Result<(), EvaluationError> {
        rules.used(usage)?;
        rules.graph().level_index(facts.tier.as_deref())?;
        let purchases = facts.purchases;
        let id = facts.id.clone();
        let state = MemberState { facts, given: usage.clone(), purchases, ..MemberState::default() };
        self.members.insert(id, state);
        Ok(())
    }

    /// The facts of a member that is known, to change them before an event; a new member is made on first use.
    pub fn facts_mut(&mut self, id: &str) -> &mut Member {
        &mut self.member_mut(id).facts
    }

    fn member_mut(&mut self, id: &str) -> &mut MemberState {
        if !self.members.contains_key(id) {
            let state = MemberState { facts: Member::new(id), ..MemberState::default() };
            self.members.insert(id.to_owned(), state);
        }
        self.members.entry(id.to_owned()).or_default()
    }

    /// Whether an id is free (`None`), or was claimed with this content, or with other content.
    fn claimed(&self, id: &str, content: [u8; 16]) -> Result<bool, EvaluationError> {
        match self.claims.get(id) {
            None => Ok(false),
            Some(claim) if claim.content == content => Ok(true),
            Some(_) => Err(EvaluationError::new(
                ErrorCode::IdConflict,
                format!("the id `{id}` was used before with other content"),
            )),
        }
    }
}

impl MemberState {
    /// What is known of the member beside the state: attributes, segments, dates.
    pub fn facts(&self) -> &Member {
        &self.facts
    }

    /// Id of the level held; `None` in a program without tiers.
    pub fn tier<'a>(&self, rules: &'a RuleSet) -> Option<&'a str> {
        let tiers = rules.graph().program.tiers.as_ref()?;
        let level = if self.started {
            self.standing.level()
        } else {
            rules.graph().level_index(self.facts.tier.as_deref()).unwrap_or(0)
        };
        tiers.levels.get(level).map(|l| l.id.as_str())
    }

    /// Points at the start of a local date.
    pub fn balance(&self, rules: &RuleSet, on: NaiveDate) -> Balance {
        self.lots.balance(rules.graph().program.points_decimals, on)
    }

    /// Every lot, oldest first.
    pub fn lots(&self) -> &[Lot] {
        self.lots.all()
    }

    /// Purchases posted, those given at the start included.
    pub fn purchases(&self) -> i64 {
        self.purchases
    }

    /// State of a redemption.
    pub fn redemption(&self, id: &str) -> Option<RedemptionState> {
        self.redeemed.get(id).map(|r| r.state)
    }

    /// Puts what was given at the start into the periods of the first event.
    fn start(&mut self, graph: &Graph, used: &[i64], date: NaiveDate) -> Result<(), EvaluationError> {
        if self.started {
            return Ok(());
        }
        let level = graph.level_index(self.facts.tier.as_deref())?;
        let calendar =
            crate::evaluate::Calendar { date, billing_day: self.facts.billing_day, joined_on: self.facts.joined_on };
        for ((slot, counter), value) in graph.slots().zip(used) {
            if *value != 0
                && !counter.shared
                && let Some(period) = calendar.key(counter.period)
            {
                self.counters.add(slot, period, *value);
            }
        }
        self.standing.start(graph, level, self.facts.spending, &self.facts.upgrades, date)?;
        self.started = true;
        Ok(())
    }
}

/// The content of an event in canonical form, hashed (semantics §5): numbers by value, instants in UTC, absent = null.
fn content_of(kind: &str, member: &str, program: &str, body: &str) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for part in [kind, member, program, body] {
        hasher.update(part.len().to_string());
        hasher.update([0]);
        hasher.update(part);
    }
    let mut content = [0_u8; 16];
    for (to, from) in content.iter_mut().zip(hasher.finalize()) {
        *to = from;
    }
    content
}

fn optional(text: Option<&str>) -> String {
    text.map_or_else(|| "-".to_owned(), |t| format!("{}:{t}", t.len()))
}

fn lines_text(lines: Option<&[crate::input::Line]>) -> String {
    let Some(lines) = lines else { return "-".to_owned() };
    let each = lines.iter().map(|l| {
        let quantity = l.quantity.map_or_else(|| "-".to_owned(), |q| q.to_string());
        format!("{}|{}|{quantity}|{}", optional(l.sku.as_deref()), optional(l.category.as_deref()), l.amount)
    });
    format!("[{}]", each.collect::<Vec<_>>().join(";"))
}

/// Canonical text of a purchase, for telling the same content from other content.
pub(crate) fn purchase_text(tx: &Transaction) -> String {
    let texts = [&tx.category, &tx.mcc, &tx.merchant, &tx.country, &tx.channel, &tx.payment_method];
    let mut text = format!("{}|{}|{}", tx.amount, tx.currency, instant(tx.occurred_at));
    for value in texts {
        text.push('|');
        text.push_str(&optional(value.as_deref()));
    }
    text.push('|');
    text.push_str(&lines_text(tx.items.as_deref()));
    for (name, value) in &tx.attributes {
        let value = match value {
            crate::input::Attribute::Boolean(b) => b.to_string(),
            crate::input::Attribute::Number(n) => n.to_string(),
            crate::input::Attribute::Text(t) => t.clone(),
        };
        text.push_str(&format!("|{name}={}", optional(Some(&value))));
    }
    text
}

fn refund_text(refund: &Refund) -> String {
    format!(
        "{}|{}|{}|{}",
        refund.original,
        refund.amount,
        instant(refund.occurred_at),
        lines_text(refund.lines.as_deref())
    )
}

/// Applies one event. On an error nothing has changed (but that due activation, evaluation and expiry may have
/// taken place, which any later event would have brought about as well).
///
/// Errors: those of an evaluation for purchases; `refund_unknown_purchase`, `refund_exceeds_purchase`,
/// `refund_wrong_member`, `refund_lines_mismatch` for refunds; those of semantics §7 for redemptions; `id_conflict`
/// for an id that was used with other content.
pub fn apply(rules: &RuleSet, ledger: &mut Ledger, event: Event<'_>) -> Result<Change, EvaluationError> {
    let placed = |e: EvaluationError| e.placed(rules.sources());
    match event {
        Event::Purchase { transaction, member, tier, explain } => {
            let content = content_of("purchase", member, rules.program(), &purchase_text(transaction));
            if ledger.claimed(&transaction.id, content)? {
                return Ok(Change::Repeated);
            }
            post::purchase(rules, ledger, transaction, member, tier, explain).map_err(placed)?;
            let outcome = rules.graph().outcome(&transaction.id, rules.hash(), &ledger.work);
            ledger.claims.insert(transaction.id.clone(), Claim { member: member.to_owned(), content });
            Ok(Change::Posted(outcome))
        }
        Event::Refund(refund) => refund::refund(rules, ledger, refund).map_err(placed),
        Event::Redeem { redemption, member } => redeem::redeem(rules, ledger, redemption, member),
        Event::Settle { redemption, member, settlement, at } => {
            let date = local(rules.graph().program.zone, at).date();
            advance(rules, ledger, member, at)?;
            redeem::settle(rules, ledger, redemption, member, settlement, date)
        }
        Event::Advance { member, at } => advance(rules, ledger, member, at).map(|()| Change::Advanced),
    }
}

/// Due activation, tier evaluation and expiry of a member, up to an instant (semantics §8).
fn advance(rules: &RuleSet, ledger: &mut Ledger, member: &str, at: DateTime<Utc>) -> Result<(), EvaluationError> {
    let graph = rules.graph();
    let state = ledger.member_mut(member);
    let date = local(graph.program.zone, at).date();
    if !state.started {
        let used = rules.used(&state.given)?;
        state.start(graph, &used, date)?;
        // Budgets that were given belong to the program, not to the member.
        let billing = (state.facts.billing_day, state.facts.joined_on);
        for ((slot, counter), value) in graph.slots().zip(&used) {
            if counter.shared
                && *value != 0
                && let Some(period) = counter.period.key(date, billing.0, billing.1)
            {
                ledger.shared.set(slot, period, *value);
            }
        }
        return advance(rules, ledger, member, at);
    }
    if at < state.latest {
        return Ok(());
    }
    state.latest = at;
    state.standing.evaluate_due(graph, date)?;
    state.lots.expire(date);
    Ok(())
}
