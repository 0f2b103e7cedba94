//! A program with its members over time: what is kept between events, and what each event does (semantics §5–§8).

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use num_traits::Zero;
use rewards_rules::input::{ErrorCode, Member, Redemption, Refund, Status, Transaction, Usage};
use rewards_rules::value::Period;

use super::calendar::{period_key, wall_clock, window_of};
use super::evaluate::evaluate_late;
use super::lots::{Lot, Lots};
use super::number::{Number, exact, fixed, number};
use super::outcome::{Deltas, Kind, ReferenceOutcome, Unit};
use super::refund::refund;
use super::rules::Rules;
use super::standing::{Bonus, Standing};

/// What can happen. The facts of a member come with the event; standing and counters are the state's.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event {
    /// A purchase of a member.
    Purchase(Transaction, Member),
    /// A refund of a purchase.
    Refund(Refund),
    /// A redemption of a member: points leave.
    Redeem(Redemption, Member),
    /// A redemption that failed or was cancelled: points return. By its id.
    Return(String, DateTime<Utc>),
}

/// A member as the history left it.
#[derive(Debug, Clone)]
pub(crate) struct MemberState {
    pub(crate) purchases: i64,
    pub(crate) upgrades: BTreeMap<String, NaiveDate>,
    pub(crate) standing: Standing,
    pub(crate) lots: Lots,
    /// Counter and period → used.
    pub(crate) usage: BTreeMap<(String, String), Number>,
    /// The latest event.
    pub(crate) now: DateTime<Utc>,
}

/// A purchase as it was evaluated, and what refunds have taken back of it.
#[derive(Debug, Clone)]
pub(crate) struct Posted {
    pub(crate) tx: Transaction,
    /// The member's facts as they were.
    pub(crate) member: Member,
    pub(crate) usage: Usage,
    pub(crate) outcome: ReferenceOutcome,
    /// Sum of the refunds' amounts.
    pub(crate) refunded: Number,
    /// R of §6.2.
    pub(crate) eligible_refunded: Number,
    /// What of each line has not come back.
    pub(crate) lines_left: Vec<Number>,
    /// What was reversed of each component of money, then of each of points.
    pub(crate) reversed: Vec<Number>,
    /// Campaigns whose use was given back.
    pub(crate) uses_given_back: Vec<String>,
}

/// A redemption whose points have left.
#[derive(Debug, Clone)]
struct Redeemed {
    redemption: Redemption,
    member: String,
    takings: Vec<(usize, Number)>,
    returned: bool,
}

/// §5: what an id was claimed for.
#[derive(Debug, Clone, PartialEq)]
enum Content {
    Purchase(Transaction, String),
    Refund(Refund),
}

/// A rule set with everything that happened under it.
#[derive(Clone)]
pub(crate) struct ReferenceState<'a> {
    pub(crate) rules: Rules<'a>,
    pub(crate) members: BTreeMap<String, MemberState>,
    /// §4.3: budgets are shared by all members.
    pub(crate) budgets: BTreeMap<(String, String), Number>,
    pub(crate) posted: BTreeMap<String, Posted>,
    claimed: BTreeMap<String, (Content, String)>,
    redeemed: BTreeMap<String, Redeemed>,
    /// State that members begin with, until their first event.
    given: BTreeMap<String, (Member, Usage)>,
}

impl<'a> ReferenceState<'a> {
    pub(crate) fn new(rules: Rules<'a>) -> ReferenceState<'a> {
        ReferenceState {
            rules,
            members: BTreeMap::new(),
            budgets: BTreeMap::new(),
            posted: BTreeMap::new(),
            claimed: BTreeMap::new(),
            redeemed: BTreeMap::new(),
            given: BTreeMap::new(),
        }
    }

    /// What a member begins with; usage is in the periods of the first event.
    pub(crate) fn given(&mut self, member: &Member, usage: &Usage) {
        self.given.insert(member.id.clone(), (member.clone(), usage.clone()));
    }

    /// Posts an event. Purchases and refunds give their canonical JSON, others an empty text.
    pub(crate) fn post(&mut self, event: &Event) -> Result<String, ErrorCode> {
        // What fails leaves no trace.
        let mut next = self.clone();
        let answer = match event {
            Event::Purchase(tx, member) => next.purchase(tx, member),
            Event::Refund(event) => next.refund(event),
            Event::Redeem(redemption, member) => next.redeem(redemption, member).map(|()| String::new()),
            Event::Return(id, at) => next.give_back(id, *at).map(|()| String::new()),
        }?;
        *self = next;
        Ok(answer)
    }

    /// §7: what a member can spend at an instant not before the last event.
    pub(crate) fn available(&self, member: &str, at: DateTime<Utc>) -> String {
        let (state, today) = self.at(member, at);
        fixed(&state.map_or_else(Number::zero, |s| s.lots.available(today)), self.rules.points_decimals)
    }

    /// §7: what a member will be able to spend later.
    pub(crate) fn pending(&self, member: &str, at: DateTime<Utc>) -> String {
        let (state, today) = self.at(member, at);
        fixed(&state.map_or_else(Number::zero, |s| s.lots.pending(today)), self.rules.points_decimals)
    }

    /// §6.5: the points that a member owes.
    pub(crate) fn debt(&self, member: &str) -> String {
        let state = self.members.get(member);
        fixed(&state.map_or_else(Number::zero, |s| s.lots.debt.clone()), self.rules.points_decimals)
    }

    /// §8: the level that a member holds at an instant not before the last event.
    pub(crate) fn tier(&self, member: &str, at: DateTime<Utc>) -> Option<String> {
        let (state, _) = self.at(member, at);
        let level = state.map_or(0, |s| s.standing.level());
        self.rules.levels().get(level).map(|l| l.id.value.clone())
    }

    fn at(&self, member: &str, at: DateTime<Utc>) -> (Option<MemberState>, NaiveDate) {
        let today = wall_clock(self.rules.zone, at).date();
        let mut state = self.members.get(member).cloned();
        if let Some(state) = &mut state {
            due(&self.rules, state, today);
        }
        (state, today)
    }

    /// The member's state with everything done that is due before an event (§8), and the day it is then.
    pub(crate) fn prepared(
        &mut self,
        member: &Member,
        at: DateTime<Utc>,
    ) -> Result<(MemberState, NaiveDate), ErrorCode> {
        let mut state = match self.members.get(&member.id) {
            Some(state) => state.clone(),
            None => self.first(member, at)?,
        };
        state.now = state.now.max(at);
        let today = wall_clock(self.rules.zone, state.now).date();
        due(&self.rules, &mut state, today);
        Ok((state, today))
    }

    /// A member at its first event.
    fn first(&mut self, member: &Member, at: DateTime<Utc>) -> Result<MemberState, ErrorCode> {
        let (given, usage) = self.given.remove(&member.id).unwrap_or((member.clone(), Usage::default()));
        let rules = &self.rules;
        let date = wall_clock(rules.zone, at).date();
        let level = match &given.tier {
            None => 0,
            Some(tier) => rules.level_index(tier).ok_or(ErrorCode::UnknownTier)?,
        };
        let mut counters = BTreeMap::new();
        for (key, used) in usage.0 {
            let period = period_key(period_of(&key), date, member).ok_or(ErrorCode::MissingFact)?;
            if is_budget(&key) {
                self.budgets.insert((key, period), number(used));
            } else {
                counters.insert((key, period), number(used));
            }
        }
        Ok(MemberState {
            purchases: given.purchases,
            upgrades: given.upgrades,
            standing: Standing::new(rules, level, number(given.spending), date),
            lots: Lots::default(),
            usage: counters,
            now: at,
        })
    }

    /// §2.5: what earlier transactions used in the periods of a date.
    fn usage_on(&self, state: &MemberState, member: &Member, date: NaiveDate) -> Usage {
        let all = state.usage.iter().chain(&self.budgets);
        let here = all.filter(|((key, period), _)| period_key(period_of(key), date, member).as_ref() == Some(period));
        Usage(here.map(|((key, _), used)| (key.clone(), exact(used))).collect())
    }

    /// §3.11: what an outcome counted.
    pub(crate) fn count(&mut self, state: &mut MemberState, deltas: &Deltas) {
        for ((key, period), (_, delta)) in deltas {
            let counters = if is_budget(key) { &mut self.budgets } else { &mut state.usage };
            *counters.entry((key.clone(), period.clone())).or_default() += delta;
        }
    }

    fn purchase(&mut self, tx: &Transaction, facts: &Member) -> Result<String, ErrorCode> {
        let content = Content::Purchase(tx.clone(), facts.id.clone());
        if let Some(answer) = self.claimed_before(&tx.id, &content)? {
            return Ok(answer);
        }
        let late = self.members.get(&facts.id).is_some_and(|s| tx.occurred_at < s.now);
        let (mut state, _) = self.prepared(facts, tx.occurred_at)?;
        let rules = self.rules.clone();
        let date = wall_clock(rules.zone, tx.occurred_at).date();
        let window = window_of(rules.tier_window(), date);
        let level_id = |level: usize| rules.levels().get(level).map(|l| l.id.value.clone());
        let held_now = level_id(state.standing.level());
        let mut member = facts.clone();
        member.tier = if late { level_id(state.standing.level_at(tx.occurred_at)) } else { held_now.clone() };
        member.purchases = state.purchases;
        member.upgrades = state.upgrades.clone();
        member.spending = exact(&state.standing.spending(&rules, window));
        let usage = self.usage_on(&state, &member, date);
        let outcome = evaluate_late(&rules, tx, &member, &usage, held_now.as_deref())?;

        if outcome.reason.is_none() {
            state.purchases += 1;
            self.count(&mut state, &outcome.usage);
            if !rules.levels().is_empty() {
                let bonus = upgrade_bonus(&outcome, &mut state, date);
                state.standing.add_spending(&rules, date, &outcome.eligible_amount);
                let now = state.now;
                state.standing.purchased(&rules, date, now, bonus);
            }
            for entry in &outcome.points {
                state.lots.credit(Lot {
                    purchase: tx.id.clone(),
                    upgrade: entry.kind == Kind::Upgrade,
                    spendable_on: entry.spendable_on.unwrap(),
                    expires_on: entry.expires_on,
                    earned: entry.grant.granted.clone(),
                    remaining: entry.grant.granted.clone(),
                    redeemed: Number::zero(),
                    expired: Number::zero(),
                    reversed: Number::zero(),
                    expired_taken: Number::zero(),
                });
            }
            // A late purchase may bring what has expired already.
            let today = wall_clock(rules.zone, state.now).date();
            state.lots.expire(today);
        }
        let json = outcome.to_json();
        self.members.insert(facts.id.clone(), state);
        self.claimed.insert(tx.id.clone(), (content, json.clone()));
        let lines_left = tx.items.iter().flatten().map(|l| number(l.amount)).collect();
        let reversed = vec![Number::zero(); outcome.components.len() + outcome.points.len()];
        self.posted.insert(
            tx.id.clone(),
            Posted {
                tx: tx.clone(),
                member,
                usage,
                outcome,
                refunded: Number::zero(),
                eligible_refunded: Number::zero(),
                lines_left,
                reversed,
                uses_given_back: Vec::new(),
            },
        );
        Ok(json)
    }

    /// §5: the stored outcome if the id was claimed with this content; other content is refused.
    fn claimed_before(&self, id: &str, content: &Content) -> Result<Option<String>, ErrorCode> {
        match self.claimed.get(id) {
            None => Ok(None),
            Some((before, answer)) if before == content => Ok(Some(answer.clone())),
            Some(_) => Err(ErrorCode::IdConflict),
        }
    }

    fn refund(&mut self, event: &Refund) -> Result<String, ErrorCode> {
        let content = Content::Refund(event.clone());
        if let Some(answer) = self.claimed_before(&event.id, &content)? {
            return Ok(answer);
        }
        let json = refund(self, event)?.to_json();
        self.claimed.insert(event.id.clone(), (content, json.clone()));
        Ok(json)
    }

    /// §7: all or nothing; the first check that fails answers.
    fn redeem(&mut self, redemption: &Redemption, member: &Member) -> Result<(), ErrorCode> {
        if let Some(before) = self.redeemed.get(&redemption.id) {
            let same = before.redemption == *redemption && before.member == member.id;
            return if same { Ok(()) } else { Err(ErrorCode::IdConflict) };
        }
        let rules = self.rules.clone();
        let option = rules.program.redemption.iter().find(|o| o.id.value == redemption.option);
        let option = option.ok_or(ErrorCode::UnknownOption)?;
        let (mut state, today) = self.prepared(member, redemption.at)?;
        let points = number(redemption.points);
        if member.status != Status::Active {
            return Err(ErrorCode::MemberInactive);
        }
        if points > state.lots.available(today) {
            return Err(ErrorCode::InsufficientPoints);
        }
        if option.min_points.as_ref().is_some_and(|min| points < number(min.value)) {
            return Err(ErrorCode::BelowMinPoints);
        }
        if option.step.as_ref().is_some_and(|step| !(&points / number(step.value)).is_integer()) {
            return Err(ErrorCode::WrongStep);
        }
        let held = rules.levels().get(state.standing.level()).map(|l| l.id.value.clone());
        if option.tiers.as_ref().is_some_and(|tiers| !tiers.iter().any(|t| Some(&t.value) == held.as_ref())) {
            return Err(ErrorCode::TierIneligible);
        }
        if let Some(caps) = &option.caps {
            if caps.per_transaction.as_ref().is_some_and(|cap| points > number(cap.value)) {
                return Err(ErrorCode::RedemptionCapExceeded);
            }
            let usage = self.usage_on(&state, member, today);
            let mut deltas = Deltas::new();
            for cap in &caps.per_member {
                let key = format!("redemption.{}.points.{}", option.id.value, cap.per.value.name());
                let used = usage.0.get(&key).map_or_else(Number::zero, |u| number(*u));
                if used + &points > number(cap.points.as_ref().unwrap().value) {
                    return Err(ErrorCode::RedemptionCapExceeded);
                }
                let period = period_key(cap.per.value, today, member).ok_or(ErrorCode::MissingFact)?;
                deltas.insert((key, period), (Unit::Points, points.clone()));
            }
            self.count(&mut state, &deltas);
        }
        let takings = state.lots.redeem(&points, today);
        self.members.insert(member.id.clone(), state);
        let redeemed = Redeemed { redemption: redemption.clone(), member: member.id.clone(), takings, returned: false };
        self.redeemed.insert(redemption.id.clone(), redeemed);
        Ok(())
    }

    /// §7: points of a failed or cancelled redemption return to their lots.
    fn give_back(&mut self, id: &str, at: DateTime<Utc>) -> Result<(), ErrorCode> {
        let redeemed = self.redeemed.get(id).filter(|r| !r.returned).ok_or(ErrorCode::RedemptionState)?.clone();
        let (mut state, today) = self.prepared(&Member::new(redeemed.member.clone()), at)?;
        state.lots.give_back(&redeemed.takings, today);
        self.members.insert(redeemed.member.clone(), state);
        self.redeemed.insert(id.to_owned(), Redeemed { returned: true, ..redeemed });
        Ok(())
    }
}

/// §8: due activation, tier evaluation and expiry, in that order. Activation is a matter of the date alone.
fn due(rules: &Rules<'_>, state: &mut MemberState, today: NaiveDate) {
    state.standing.evaluate_due(rules, today);
    state.lots.expire(today);
}

/// §3.10: notes the bonus of a level newly reached, to be reversed with it.
fn upgrade_bonus(outcome: &ReferenceOutcome, state: &mut MemberState, date: NaiveDate) -> Option<Bonus> {
    let entry = outcome.points.iter().find(|p| p.kind == Kind::Upgrade)?;
    let previous = state.upgrades.insert(outcome.reached.clone()?, date);
    Some(Bonus { purchase: outcome.transaction_id.clone(), points: entry.grant.granted.clone(), previous })
}

/// §4.3: the period that a counter's key ends with.
fn period_of(key: &str) -> Period {
    Period::from_name(key.rsplit('.').next().unwrap()).unwrap()
}

/// §4.3: budgets have no member.
fn is_budget(key: &str) -> bool {
    key.rsplit('.').nth(1) == Some("budget")
}
