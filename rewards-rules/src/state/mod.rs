//! What a program keeps of its members, as one fold: an event and a state give a change.
//!
//! Usage counters, point lots, tier standing, refunds and redemption live here and nowhere else;
//! a host stores what changed, it never computes it. Nothing here reads a clock: every event
//! brings its instant.

mod adjust;
mod canonical;
mod claims;
mod content;
mod counters;
mod fed;
mod give;
mod journal;
mod lots;
mod open;
mod post;
pub mod record;
mod redeem;
mod refund;
mod spending;
mod standing;
#[cfg(test)]
mod tests;
mod transfer;
mod view;

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::evaluate::{EvaluationError, Periods, Read, Texts, Used, Work};
use crate::graph::{CounterSlot, Graph};
use crate::input::{
    Adjustment, ErrorCode, GivenTier, Member, Opening, Redemption, Refund, Transaction, Transfer, Usage,
};
use crate::outcome::Outcome;
use crate::rule_set::RuleSet;
use crate::value::{Amount, Exact, Points, local};

pub(crate) use claims::Halves;
pub use fed::{Fed, SpentByMonth, Taken};
pub use lots::{Balance, Lot, LotSource};
pub use redeem::{RedemptionState, Settlement};
pub(crate) use standing::start_of_day;
pub use view::StandingView;

use claims::{Claim, Claims};
use content::{content_of, id_key, passing_content};
pub(crate) use counters::Counters;
use counters::Seen;
pub(crate) use journal::Journal;
use lots::Lots;
use post::Posted;
use redeem::Redeemed;
use standing::Standing;

/// All that a program keeps: its members, the counters they share, and every id that was claimed.
#[derive(Debug, Default)]
pub struct Ledger {
    numbers: FxHashMap<String, Owner>,
    members: Vec<MemberState>,
    shared: Counters,
    claims: Claims,
    work: Work,
    /// The periods of the last purchase.
    periods: Periods,
    /// Whether purchases are kept so that they can be refunded.
    forgetful: bool,
}

/// A member by number, in order of first appearance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner(u32);

impl Owner {
    /// From 0.
    pub(crate) fn number(self) -> usize {
        self.0 as usize
    }
}

/// One member's state. What every purchase reads and changes stands first and side by side: a simulation goes from one
/// member to another, and waits for each stretch of memory that it touches.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub struct MemberState {
    started: bool,
    purchases: i64,
    /// The latest instant of any event of this member.
    latest: DateTime<Utc>,
    counters: Counters,
    standing: Standing,
    lots: Lots,
    facts: Member,
    given: Usage,
    posted: HashMap<[u64; 2], Posted>,
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
    /// A member gives points to another (semantics §7).
    Transfer(&'a Transfer),
    /// Points are credited or taken by hand (semantics §7).
    Adjust(&'a Adjustment),
    /// A member brings along what it had before its first event (semantics §7).
    Open(&'a Opening),
    /// A tier is given by hand (semantics §8).
    GiveTier(&'a GivenTier),
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
    /// Points changed hands.
    Transferred {
        /// How many.
        points: Points,
    },
    /// Points were credited by hand, or taken.
    Adjusted {
        /// How many; below zero if they were taken.
        points: Points,
    },
    /// The member has its opening balances.
    Opened,
    /// A tier was given by hand.
    TierGiven,
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
        self.numbers.get(id).and_then(|owner| self.state(*owner))
    }

    /// Reads of each member what a purchase will read first. One after the other purchases wait for each such place in
    /// memory; here the processor asks for all of them at once.
    pub(crate) fn bring_near(&self, owners: impl Iterator<Item = Owner>) {
        let mut states = SmallVec::<[&MemberState; 16]>::new();
        states.extend(owners.filter_map(|owner| self.state(owner)));
        let first = states.iter().fold(0, |sum, state| sum ^ state.first_read());
        let then = states.iter().fold(first, |sum, state| sum ^ state.then_read());
        std::hint::black_box(then);
    }

    fn state(&self, owner: Owner) -> Option<&MemberState> {
        self.members.get(owner.0 as usize)
    }

    /// Adds or replaces a member with what is known before the first event. `usage` and `facts.spending` belong to
    /// the periods of that event. A counter that the rule set does not have is left alone, as in [`RuleSet::evaluate`].
    /// Errors: `wrong_type` for a counter below zero or with more decimals than it has, `unknown_tier`.
    pub fn add_member(&mut self, rules: &RuleSet, facts: Member, usage: &Usage) -> Result<(), EvaluationError> {
        rules.used(usage)?;
        rules.graph().level_index(facts.tier.as_deref())?;
        let purchases = facts.purchases;
        let owner = self.owner(&facts.id);
        if let Some(state) = self.members.get_mut(owner.0 as usize) {
            *state = MemberState { facts, given: usage.clone(), purchases, ..MemberState::default() };
        }
        Ok(())
    }

    /// The facts of a member, to change them before an event; a new member is made on first use.
    pub fn facts_mut(&mut self, id: &str) -> &mut Member {
        let owner = self.owner(id);
        let at = owner.0 as usize;
        if self.members.len() <= at {
            self.members.resize_with(at.saturating_add(1), MemberState::default);
        }
        #[expect(clippy::indexing_slicing, reason = "the list was made long enough two lines above")]
        &mut self.members[at].facts
    }

    /// What stands on a counter of a member (of all members, for a budget) in the period of the last purchase.
    pub(crate) fn counted(&self, graph: &Graph, member: &str, slot: CounterSlot) -> i64 {
        let Some(state) = self.member(member) else { return 0 };
        Seen { graph, periods: &self.periods, own: &state.counters, shared: &self.shared }.used(slot)
    }

    /// The periods of the last purchase.
    pub(crate) fn periods(&self) -> &Periods {
        &self.periods
    }

    /// What the last purchase found.
    pub(crate) fn work(&self) -> &Work {
        &self.work
    }

    /// A member by number; a new one is made on first use.
    pub(crate) fn owner_of(&mut self, id: &str) -> Owner {
        self.owner(id)
    }

    fn owner(&mut self, id: &str) -> Owner {
        if let Some(owner) = self.numbers.get(id) {
            return *owner;
        }
        let owner = Owner(u32::try_from(self.members.len()).unwrap_or(u32::MAX));
        self.members.push(MemberState { facts: Member::new(id), ..MemberState::default() });
        self.numbers.insert(id.to_owned(), owner);
        owner
    }

    /// Whether an id is free, or was claimed with this content; with other content it is `id_conflict`.
    fn claimed(&self, key: [u64; 2], id: &str, content: u64) -> Result<bool, EvaluationError> {
        match self.claims.get(&key) {
            None => Ok(false),
            Some(claim) if claim.content == content => Ok(true),
            Some(_) => Err(id_conflict(id)),
        }
    }
}

/// That an id was used before.
pub(crate) fn id_conflict(id: &str) -> EvaluationError {
    EvaluationError::new(ErrorCode::IdConflict, format!("the id `{id}` was used before with other content"))
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
            self.standing.held(local(rules.graph().program.zone, self.latest).date())
        } else {
            rules.graph().level_index(self.facts.tier.as_deref()).unwrap_or(0)
        };
        tiers.levels.get(level).map(|l| l.id.as_str())
    }

    /// Id of the level held on a local date not before the last event, evaluations that are due by then included.
    pub fn tier_on<'a>(&self, rules: &'a RuleSet, on: NaiveDate) -> Option<&'a str> {
        if !self.started {
            return self.tier(rules);
        }
        let mut standing = self.standing.clone();
        standing.evaluate_due(rules.graph(), on).ok()?;
        rules.graph().program.tiers.as_ref()?.levels.get(standing.held(on)).map(|l| l.id.as_str())
    }

    /// The latest instant of any event; `None` before the first one.
    pub fn latest(&self) -> Option<DateTime<Utc>> {
        self.started.then_some(self.latest)
    }

    /// How often the level earned was set: at the start, by purchases, and by evaluations, also those after which it
    /// stayed as it was. 0 before the first event and in a program without tiers.
    pub fn level_changes(&self) -> usize {
        self.standing.history.len()
    }

    /// Points at the start of a local date.
    pub fn balance(&self, rules: &RuleSet, on: NaiveDate) -> Balance {
        self.lots.balance(rules.graph().program.points_decimals, on)
    }

    /// What can be spent on a local date and will have expired on the day after another: points that expire soon.
    pub fn expiring(&self, rules: &RuleSet, on: NaiveDate, by: NaiveDate) -> Points {
        Points::from_units(self.lots.expiring(on, by), rules.graph().program.points_decimals)
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

    /// Something of every stretch of memory that a purchase reads.
    #[inline(always)]
    fn first_read(&self) -> usize {
        usize::from(self.started)
            ^ self.counters.first_read()
            ^ self.standing.first_read()
            ^ self.lots.first_read()
            ^ usize::from(self.facts.billing_day.is_some())
            ^ usize::from(self.facts.segments.is_none())
            ^ self.facts.attributes.len()
            ^ self.facts.upgrades.len()
            ^ usize::from(self.facts.enrolments.is_none())
    }

    /// The same behind pointers.
    #[inline(always)]
    fn then_read(&self) -> usize {
        self.counters.then_read() ^ self.standing.then_read() ^ self.lots.then_read()
    }

    /// Puts what was given at the start into the periods of the first event.
    fn start(&mut self, graph: &Graph, used: &[i64], date: NaiveDate) -> Result<(), EvaluationError> {
        let level = graph.level_index(self.facts.tier.as_deref())?;
        let (spending, upgrades) = (self.facts.spending, self.facts.upgrades.clone());
        self.start_with(graph, level, (spending, &upgrades), used, date)
    }

    fn start_with(
        &mut self,
        graph: &Graph,
        level: usize,
        (spending, upgrades): (Exact, &BTreeMap<String, NaiveDate>),
        used: &[i64],
        date: NaiveDate,
    ) -> Result<(), EvaluationError> {
        if self.started {
            return Ok(());
        }
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
        self.standing.start(graph, level, spending, upgrades, date)?;
        self.started = true;
        Ok(())
    }
}

/// Applies one event. On an error nothing has changed (but that a member may have begun, and, other than for a
/// purchase, that due activation, evaluation and expiry may have taken place, which any later event would have brought
/// about as well).
///
/// Errors: those of an evaluation for purchases; `refund_unknown_purchase`, `refund_exceeds_purchase`,
/// `refund_wrong_member`, `refund_lines_mismatch` for refunds; those of semantics §7 for redemptions, transfers
/// (`same_member`, `member_inactive`, `insufficient_points`) and adjustments (`insufficient_points`);
/// `opening_too_late` and `unknown_fact` for opening balances, `unknown_tier` for them and for given tiers;
/// `wrong_type` for a number of points or a day that cannot be; `id_conflict` for an id that was used with other
/// content.
pub fn apply(rules: &RuleSet, ledger: &mut Ledger, event: Event<'_>) -> Result<Change, EvaluationError> {
    Ok(match fold(rules, ledger, event)? {
        Folded::Purchase => match event {
            Event::Purchase { transaction, .. } => {
                Change::Posted(rules.graph().outcome(&transaction.id, rules.hash_name(), &ledger.work, &ledger.periods))
            }
            _ => Change::Advanced,
        },
        Folded::Other(change) => change,
    })
}

/// What a fold step left: a purchase is in the ledger's work, so that a simulation need not make an outcome of it.
#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is made")]
pub(crate) enum Folded {
    Purchase,
    Other(Change),
}

/// The one step of the fold.
pub(crate) fn fold(rules: &RuleSet, ledger: &mut Ledger, event: Event<'_>) -> Result<Folded, EvaluationError> {
    let placed = |e: EvaluationError| e.placed(rules.sources());
    let change = match event {
        Event::Purchase { transaction, member, tier, explain } => {
            let identity = Identity::of(rules, transaction, member);
            let read = transaction.into();
            let purchase = Purchasing { read, identity, member, owner: None, tier, level: None, explain };
            return Ok(match fold_purchase(rules, ledger, &purchase)? {
                Some(_) => Folded::Purchase,
                None => Folded::Other(Change::Repeated),
            });
        }
        Event::Refund(refund) => refund::refund(rules, ledger, refund).map_err(placed)?,
        Event::Redeem { redemption, member } => redeem::redeem(rules, ledger, redemption, member)?,
        Event::Settle { redemption, member, settlement, at } => {
            let date = local(rules.graph().program.zone, at).date();
            let owner = advance(rules, ledger, member, at)?;
            redeem::settle(ledger, redemption, owner, settlement, date)?
        }
        Event::Transfer(transfer) => transfer::transfer(rules, ledger, transfer)?,
        Event::Adjust(adjustment) => adjust::adjust(rules, ledger, adjustment)?,
        Event::Open(opening) => open::open(rules, ledger, opening)?,
        Event::GiveTier(given) => give::give_tier(rules, ledger, given)?,
        Event::Advance { member, at } => advance(rules, ledger, member, at).map(|_| Change::Advanced)?,
    };
    Ok(Folded::Other(change))
}

/// Keys of a purchase: what a claim of its id keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Identity {
    id: [u64; 2],
    content: u64,
}

impl Identity {
    pub(crate) fn of(rules: &RuleSet, transaction: &Transaction, member: &str) -> Identity {
        let content = content_of("purchase", member, rules.program(), |c| c.purchase(transaction));
        Identity { id: id_key(&transaction.id), content }
    }

    /// The same for a fold that begins and ends with the process, all of whose purchases come with this one.
    pub(crate) fn passing(transaction: &Transaction, texts: &Texts<'_>, member: &str) -> Identity {
        Identity { id: id_key(&transaction.id), content: passing_content(member, transaction, texts) }
    }
}

/// The key of a member's id, for who knows many members by number.
pub(crate) fn member_key(id: &str) -> [u64; 2] {
    id_key(id)
}

/// A purchase on its way into the ledger, with what its reader made of it already.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Purchasing<'a> {
    pub(crate) read: Read<'a>,
    pub(crate) identity: Identity,
    pub(crate) member: &'a str,
    /// The number of the member, where it is known.
    pub(crate) owner: Option<Owner>,
    pub(crate) tier: Option<&'a str>,
    /// Index of the tier, where it is known.
    pub(crate) level: Option<usize>,
    pub(crate) explain: bool,
}

/// The step of the fold for a purchase: whose it is, or `None` for one that was posted before.
pub(crate) fn fold_purchase(
    rules: &RuleSet,
    ledger: &mut Ledger,
    purchase: &Purchasing<'_>,
) -> Result<Option<Owner>, EvaluationError> {
    let Identity { id, content } = purchase.identity;
    let text = purchase.read.transaction.id.as_str();
    // Who may be refunded is asked for by key, out of any order.
    let in_order = ledger.forgetful && ledger.claims.is_next(text);
    if !in_order {
        match ledger.claims.look_up(&id) {
            None => {}
            Some(claim) if claim.content == content => return Ok(None),
            Some(_) => return Err(id_conflict(text)),
        }
    }
    let owner = post::purchase(rules, ledger, purchase).map_err(|e| e.placed(rules.sources()))?;
    let claim = Claim { content, owner };
    match (in_order, ledger.forgetful) {
        (true, _) => ledger.claims.claim_next(text, id, claim),
        (false, true) => ledger.claims.claim(id, claim),
        (false, false) => ledger.claims.insert(id, claim),
    }
    Ok(Some(owner))
}

/// Due activation, tier evaluation and expiry of a member, up to an instant (semantics §8).
fn advance(rules: &RuleSet, ledger: &mut Ledger, member: &str, at: DateTime<Utc>) -> Result<Owner, EvaluationError> {
    let owner = ledger.owner(member);
    advance_owner(rules, ledger, owner, at)?;
    Ok(owner)
}

/// How a member stood before time passed; what nothing changed is not kept.
struct Passed {
    latest: DateTime<Utc>,
    /// Of one who had not begun: what a host had put.
    unbegun: Option<Box<(Standing, Counters)>>,
    before: Option<Box<(Standing, Lots)>>,
}

impl MemberState {
    /// Takes back what passing time did, for an event that could not be.
    fn unpass(&mut self, passed: Passed) {
        self.latest = passed.latest;
        if let Some(before) = passed.before {
            (self.standing, self.lots) = *before;
        }
        if let Some(put) = passed.unbegun {
            self.started = false;
            (self.standing, self.counters) = *put;
        }
    }
}

fn advance_owner(
    rules: &RuleSet,
    ledger: &mut Ledger,
    owner: Owner,
    at: DateTime<Utc>,
) -> Result<Option<Passed>, EvaluationError> {
    let date = ledger.work.clock.local(rules.graph().program.zone, at).date();
    advance_on(rules, ledger, owner, at, date)
}

/// The same; `date` is the local date of the instant.
fn advance_on(
    rules: &RuleSet,
    ledger: &mut Ledger,
    owner: Owner,
    at: DateTime<Utc>,
    date: NaiveDate,
) -> Result<Option<Passed>, EvaluationError> {
    let graph = rules.graph();
    let Some(state) = ledger.members.get_mut(owner.0 as usize) else { return Ok(None) };
    if !state.started {
        let used = rules.used(&state.given)?;
        let put = Box::new((state.standing.clone(), state.counters.clone()));
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
        let passed = advance_on(rules, ledger, owner, at, date)?;
        return Ok(passed.map(|passed| Passed { unbegun: Some(put), ..passed }));
    }
    let mut passed = Passed { latest: state.latest, unbegun: None, before: None };
    if at < state.latest {
        return Ok(Some(passed));
    }
    state.latest = at;
    if state.standing.is_due(graph, date) || state.lots.are_due(date) {
        passed.before = Some(Box::new((state.standing.clone(), state.lots.clone())));
        state.standing.evaluate_due(graph, date)?;
        state.lots.expire(date);
    }
    Ok(Some(passed))
}
