//! What is told of a batch: history, messages to others, components, and the answers of its commands.

use chrono::{DateTime, Utc};
use rewards_rules::RuleSet;
use rewards_rules::outcome::{ComponentKind, Outcome, OutcomeKind, PointsKind};
use rewards_rules::value::{Exact, Points};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Service;
use super::apply::{Answers, Applied, Effect, Folded, Receiver, Step};
use super::budgets::Exhausted;
use super::command::{Act, Command, Done};
use super::enrol::EnrolmentWrite;
use super::error::ServiceError;
use super::load::{Loaded, Locked};
use super::mend;
use super::plan::{Plan, Ready};
use super::write::{Rows, seal_purchase, sealing};
use crate::store::accounts::ApprovalWrite;
use crate::store::rows::{
    AnswerWrite, CampaignTotals, CashbackWrite, HistoryWrite, Instant, OutboxWrite, ProcessedWrite, RedemptionLotWrite,
    RedemptionWrite,
};
use crate::store::units::Units;

/// One line of history on its way.
struct Line<'a> {
    user_id: &'a str,
    action: &'static str,
    points: i64,
    cashback: i64,
    description: String,
    metadata: Value,
    at: DateTime<Utc>,
}

struct Teller<'a> {
    service: &'a Service,
    loaded: &'a Loaded,
    rows: Rows,
}

/// Rows and answers of a batch.
pub(super) fn tell(
    service: &Service,
    loaded: &Loaded,
    commands: &[Command],
    plans: Vec<Plan>,
    folded: &mut Folded,
) -> Result<(Rows, Answers), ServiceError> {
    let mut teller = Teller { service, loaded, rows: Rows::default() };
    let mut answers: Vec<Option<Result<Done, ServiceError>>> = Vec::new();
    let mut ready: Vec<Option<Box<Ready>>> = Vec::new();
    for plan in plans {
        match plan {
            Plan::Ended(answer) => {
                answers.push(Some(answer));
                ready.push(None);
            }
            Plan::Run(run) => {
                answers.push(None);
                ready.push(Some(run));
            }
        }
    }
    for applied in std::mem::take(&mut folded.applied) {
        let index = applied.index;
        let (Some(command), Some(Some(run))) = (commands.get(index), ready.get(index)) else { continue };
        let answer = match &applied.effect {
            Ok(Effect::Repeated(earlier)) => match answers.get(*earlier) {
                Some(Some(answer)) => answer.clone().map(|done| Done { replayed: true, ..done }),
                _ => Err(mend("the answer of a repeated command is missing")),
            },
            _ => teller.command(command, run, applied)?,
        };
        if let Some(slot) = answers.get_mut(index) {
            *slot = Some(answer);
        }
    }
    let answers =
        answers.into_iter().map(|answer| answer.unwrap_or_else(|| Err(mend("a command was left out")))).collect();
    Ok((teller.rows, answers))
}

impl Teller<'_> {
    fn locked(&self, user_id: &str) -> Result<&Locked, ServiceError> {
        self.loaded.members.get(user_id).ok_or_else(|| mend("a member was not locked"))
    }

    /// Tells of what was due, then of the command.
    fn command(
        &mut self,
        command: &Command,
        ready: &Ready,
        mut applied: Applied,
    ) -> Result<Result<Done, ServiceError>, ServiceError> {
        let user = command.user_id.as_str();
        self.due(user, ready, &applied.due)?;
        if let Some(receiver) = &applied.receiver {
            self.due(&receiver.user_id, ready, &receiver.due)?;
        }
        let effect = match std::mem::replace(&mut applied.effect, Ok(Effect::Other)) {
            Ok(effect) => effect,
            Err(error) => return Ok(Err(error)),
        };
        let answer = match (&command.act, effect) {
            (Act::Purchase { .. } | Act::Refund(_), Effect::Outcome(outcome, record)) => {
                if let Some(record) = record {
                    let sealed = seal_purchase(self.locked(user)?.seal.as_ref(), *record)?;
                    self.rows.purchases.push(sealed);
                }
                let answer = self.outcome(command, ready, &outcome, &applied)?;
                for budget in &applied.exhausted {
                    self.exhausted(user, ready, &outcome, budget)?;
                }
                answer
            }
            (Act::Redeem { id, option, details, .. }, Effect::Redeemed { points, cash, record }) => {
                let details = match (details, &self.locked(user)?.seal) {
                    (Some(details), Some(seal)) => {
                        Some(seal.seal("redemption", &details.to_string()).map_err(sealing)?)
                    }
                    _ => None,
                };
                let currency = ready.rules.currency();
                for taken in &record.taken {
                    self.rows.redemption_lots.push(RedemptionLotWrite {
                        redemption_id: *id,
                        lot_key: taken.lot.clone(),
                        points: Units::new(taken.points, points.decimals()),
                    });
                }
                self.rows.redemptions.push(RedemptionWrite {
                    id: *id,
                    user_id: user.to_owned(),
                    program: ready.program.clone(),
                    points_used: Units::new(points.units(), points.decimals()),
                    redemption_type: option.clone(),
                    redemption_details: details,
                    cash_value: Units::new(cash.minor(), currency.decimals()),
                    currency: currency.code().to_owned(),
                    status: "pending",
                    rule_set: ready.rules.hash().to_owned(),
                    record: serde_json::to_string(&record).map_err(|_| mend("a redemption cannot be written"))?,
                    occurred_at: Instant(ready.at),
                    processed_at: None,
                    created_at: Instant(self.loaded.now),
                });
                let told = json!({
                    "redemption_id": id, "user_id": user, "program": ready.program, "option": option, "points": points.to_string(),
                    "cash_value": cash.to_string(), "currency": currency.code(), "status": "pending", "created_at": rfc(self.loaded.now),
                });
                self.line(
                    ready,
                    Line {
                        user_id: user,
                        action: "redemption",
                        points: applied.own.points(),
                        cashback: 0,
                        description: format!("{points} points redeemed for {option}, worth {cash} {}", currency.code()),
                        metadata: json!({ "redemption_id": id, "option": option, "by": command.by }),
                        at: ready.at,
                    },
                )?;
                self.message(user, "PointsRedeemed", &format!("redeemed:{id}"), &told)?;
                told
            }
            (Act::Settle { id, reason, .. }, Effect::Settled(record)) => {
                self.settled(command, ready, *id, reason, &record, &applied.own)?
            }
            (act, _) => self.other(command, ready, act, &applied.own, applied.receiver.as_ref())?,
        };
        let answer = match answer {
            Value::String(text) => text,
            value => value.to_string(),
        };
        if let Some(key) = &command.key {
            self.rows.answers.push(AnswerWrite {
                scope: key.scope.clone(),
                key: key.key.clone(),
                request_sha256: key.request_sha256.clone(),
                user_id: user.to_owned(),
                answer: answer.clone(),
                created_at: Instant(self.loaded.now),
            });
        }
        if let Some(facts) = self.changed_facts(user, ready)? {
            let locked = self.loaded.members.get(user).ok_or_else(|| mend("a member was not locked"))?;
            self.rows.member(user, locked).facts = Some(facts);
        }
        Ok(Ok(Done { answer, replayed: false }))
    }

    fn changed_facts(&self, user: &str, ready: &Ready) -> Result<Option<String>, ServiceError> {
        let locked = self.locked(user)?;
        match &locked.seal {
            Some(seal) if locked.facts != ready.facts || locked.row.facts.is_none() => {
                let text = serde_json::to_string(&ready.facts).map_err(|_| mend("facts cannot be written"))?;
                Ok(Some(seal.seal("facts", &text).map_err(sealing)?))
            }
            _ => Ok(None),
        }
    }

    /// Expiry, and a level that an evaluation took or gave.
    fn due(&mut self, user: &str, ready: &Ready, step: &Step) -> Result<(), ServiceError> {
        if step.expired() != 0 || step.points() != 0 {
            let points = points(&ready.rules, step.expired());
            self.line(
                ready,
                Line {
                    user_id: user,
                    action: "points_expired",
                    points: step.points(),
                    cashback: 0,
                    description: format!("{points} points expired"),
                    metadata: json!({}),
                    at: ready.at,
                },
            )?;
            let about = json!({ "program": ready.program, "points": points.to_string() });
            let id = format!("expired:{user}:{}", self.latest(user)?);
            self.message(user, "PointsExpired", &id, &about)?;
        }
        self.tier(user, ready, step)
    }

    fn tier(&mut self, user: &str, ready: &Ready, step: &Step) -> Result<(), ServiceError> {
        if step.renewed {
            return self.line(
                ready,
                Line {
                    user_id: user,
                    action: "tier_renewed",
                    points: 0,
                    cashback: 0,
                    description: format!("tier {} goes on", step.tier_after.as_deref().unwrap_or("none")),
                    metadata: json!({ "program": ready.program, "tier": step.tier_after }),
                    at: ready.at,
                },
            );
        }
        if step.tier_before == step.tier_after {
            return Ok(());
        }
        let rank = |tier: &Option<String>| ready.rules.levels().position(|l| Some(l) == tier.as_deref());
        let action = if rank(&step.tier_after) > rank(&step.tier_before) { "tier_upgraded" } else { "tier_downgraded" };
        let word = |tier: &Option<String>| tier.clone().unwrap_or_else(|| "none".to_owned());
        let about = json!({ "program": ready.program, "from": step.tier_before, "to": step.tier_after });
        self.line(
            ready,
            Line {
                user_id: user,
                action,
                points: 0,
                cashback: 0,
                description: format!("tier {} after {}", word(&step.tier_after), word(&step.tier_before)),
                metadata: about.clone(),
                at: ready.at,
            },
        )?;
        let id = format!("tier:{user}:{}", self.latest(user)?);
        self.message(user, "TierChanged", &id, &about)
    }

    fn outcome(
        &mut self,
        command: &Command,
        ready: &Ready,
        outcome: &Outcome,
        applied: &Applied,
    ) -> Result<Value, ServiceError> {
        let own = &applied.own;
        let user = command.user_id.as_str();
        let refund = outcome.kind == OutcomeKind::Refund;
        let currency = ready.rules.currency();
        let currency = currency.code();
        let total = outcome.totals.total;
        let canonical = outcome.to_canonical_json();
        self.components(command, ready, outcome);
        self.campaigns(user, ready, outcome);
        let granted = outcome.totals.points;
        let what = if refund { "refund" } else { "purchase" };
        let id = &outcome.transaction_id;
        self.line(
            ready,
            Line {
                user_id: user,
                action: what,
                points: own.points(),
                cashback: total.minor(),
                description: format!("{what} {id}: {total} {currency} and {granted} points"),
                metadata: json!({
                    "transaction_id": id, "original": outcome.original, "points_granted": granted.to_string(),
                    "reason": outcome.reason.map(|r| r.as_str()),
                }),
                at: ready.at,
            },
        )?;
        self.processed(command, ready, outcome, &canonical, applied)?;
        if !granted.is_zero() && !refund {
            let about = json!({ "program": ready.program, "transaction_id": id, "points": granted.to_string() });
            self.message(user, "PointsEarned", &format!("earned:{id}"), &about)?;
        }
        self.tier(user, ready, own)?;
        if !total.is_zero() || (refund && !granted.is_zero()) {
            let kind = if refund { "CashbackReversed" } else { "CashbackProcessed" };
            let about = json!({
                "program": ready.program, "transaction_id": id, "original": outcome.original, "amount": total.to_string(), "currency": currency, "points": granted.to_string(),
            });
            self.message(user, kind, &format!("cashback:{id}"), &about)?;
        }
        Ok(Value::String(canonical))
    }

    /// Tells that the budget of a campaign is used up.
    fn exhausted(
        &mut self,
        user: &str,
        ready: &Ready,
        outcome: &Outcome,
        budget: &Exhausted,
    ) -> Result<(), ServiceError> {
        let Exhausted { campaign, counter, period, limit } = budget;
        let about = json!({
            "program": ready.program, "campaign_id": campaign, "counter": counter, "period": period, "budget": limit,
        });
        // A refund may open it again: it is used up once a posting.
        let id = format!("exhausted:{counter}:{period}:{}", outcome.transaction_id);
        self.message(user, "CampaignBudgetExhausted", &id, &about)
    }

    fn processed(
        &mut self,
        command: &Command,
        ready: &Ready,
        outcome: &Outcome,
        canonical: &str,
        applied: &Applied,
    ) -> Result<(), ServiceError> {
        let (content, content_sha256) = ready.content.clone().ok_or_else(|| mend("a command has no content"))?;
        let locked = self.locked(&command.user_id)?;
        let facts = json!({
            "facts": ready.facts, "status": ready.member.status.as_str(), "enrolments": ready.member.enrolments,
            "latest": applied.latest,
        });
        let facts = match &locked.seal {
            Some(seal) => seal.seal("posting", &facts.to_string()).map_err(sealing)?,
            None => String::new(),
        };
        // Budgets as this evaluation met them; a member's own counters follow from the history.
        let usage = serde_json::to_string(&applied.met).map_err(|_| mend("counters cannot be written"))?;
        let seq = self.latest(&command.user_id)?;
        self.rows.processed.push(ProcessedWrite {
            seq,
            transaction_id: outcome.transaction_id.clone(),
            kind: if outcome.kind == OutcomeKind::Refund { "refund" } else { "purchase" },
            user_id: command.user_id.clone(),
            program: ready.program.clone(),
            original_id: outcome.original.clone(),
            content_sha256,
            rule_set: ready.rules.hash().to_owned(),
            currency: ready.rules.currency().code().to_owned(),
            occurred_at: Instant(outcome.occurred_at),
            content,
            facts,
            usage,
            outcome: canonical.to_owned(),
            created_at: Instant(self.loaded.now),
        });
        Ok(())
    }

    fn components(&mut self, command: &Command, ready: &Ready, outcome: &Outcome) {
        let decimals = ready.rules.currency().decimals();
        let category = match &command.act {
            Act::Purchase { transaction, .. } => transaction.category.clone(),
            _ => None,
        };
        let refund = outcome.kind == OutcomeKind::Refund;
        for (position, component) in (0_i64..).zip(&outcome.components) {
            let campaign = component.kind == ComponentKind::Campaign;
            self.rows.cashback.push(CashbackWrite {
                id: Uuid::now_v7(),
                user_id: command.user_id.clone(),
                transaction_id: outcome.transaction_id.clone(),
                program: ready.program.clone(),
                position,
                transaction_amount: Units::new(outcome.amount.minor(), decimals),
                cashback_percentage: component.rate.as_ref().and_then(percent),
                cashback_amount: Units::new(component.granted.minor(), decimals),
                cashback_type: if refund { "reversal" } else { component.kind.as_str() },
                component: component.kind.as_str(),
                rule_id: component.id.to_string(),
                campaign_id: campaign.then(|| component.id.to_string()),
                category: category.clone(),
                tier: outcome.tier.as_ref().map(ToString::to_string),
                currency: ready.rules.currency().code().to_owned(),
                rule_set: ready.rules.hash().to_owned(),
                status: "credited",
                occurred_at: Instant(outcome.occurred_at),
                processed_at: Some(Instant(self.loaded.now)),
                created_at: Instant(self.loaded.now),
            });
        }
    }

    fn campaigns(&mut self, user: &str, ready: &Ready, outcome: &Outcome) {
        let (money, points) = (ready.rules.currency().decimals(), outcome.totals.points.decimals());
        let refund = outcome.kind == OutcomeKind::Refund;
        let of_money = outcome
            .components
            .iter()
            .filter(|c| c.kind == ComponentKind::Campaign)
            .map(|c| (c.id.to_string(), c.granted.minor(), 0));
        let of_points = outcome
            .points
            .iter()
            .filter(|p| p.kind == PointsKind::Campaign)
            .map(|p| (p.id.to_string(), 0, p.granted.units()));
        for (campaign, earned, earned_points) in of_money.chain(of_points).filter(|(_, m, p)| *m != 0 || *p != 0) {
            let key = (user.to_owned(), ready.program.clone(), campaign.clone());
            let totals = self.rows.totals.entry(key).or_insert_with(|| CampaignTotals {
                id: Uuid::now_v7(),
                user_id: user.to_owned(),
                program: ready.program.clone(),
                campaign_id: campaign,
                total_earned: Units::new(0, money),
                total_points: Units::new(0, points),
                usage_count: 0,
                last_used: None,
            });
            totals.total_earned.units = totals.total_earned.units.saturating_add(earned);
            totals.total_points.units = totals.total_points.units.saturating_add(earned_points);
            if !refund {
                totals.usage_count = totals.usage_count.saturating_add(1);
                totals.last_used = Some(outcome.local.date());
            }
        }
    }

    fn settled(
        &mut self,
        command: &Command,
        ready: &Ready,
        id: Uuid,
        reason: &str,
        record: &rewards_rules::state::record::RedemptionRecord,
        own: &Step,
    ) -> Result<Value, ServiceError> {
        use rewards_rules::state::RedemptionState;
        let row = self.loaded.redemptions.get(&id).ok_or_else(|| mend("a redemption was not read"))?;
        let (status, action) = match record.state {
            RedemptionState::Pending => ("pending", "redemption_pending"),
            RedemptionState::Completed => ("completed", "redemption_completed"),
            RedemptionState::Failed => ("failed", "redemption_failed"),
            RedemptionState::Cancelled => ("cancelled", "redemption_cancelled"),
        };
        let (points, money) = (ready.rules.points_decimals(), ready.rules.currency().decimals());
        let used = Units::new(row.points_used.units(points).ok_or_else(|| mend("points cannot be read"))?, points);
        let cash = Units::new(row.cash_value.units(money).ok_or_else(|| mend("cash cannot be read"))?, money);
        self.rows.redemptions.push(RedemptionWrite {
            id,
            user_id: row.user_id.clone(),
            program: row.program.clone(),
            points_used: used,
            redemption_type: row.redemption_type.clone(),
            redemption_details: row.redemption_details.clone(),
            cash_value: cash,
            currency: row.currency.clone(),
            status,
            rule_set: row.rule_set.clone(),
            record: serde_json::to_string(record).map_err(|_| mend("a redemption cannot be written"))?,
            occurred_at: Instant(row.occurred_at),
            processed_at: Some(Instant(self.loaded.now)),
            created_at: Instant(row.created_at),
        });
        let told = json!({
            "redemption_id": id, "user_id": row.user_id, "program": row.program, "option": row.redemption_type, "points": used.to_string(),
            "cash_value": cash.to_string(), "currency": row.currency, "status": status, "created_at": rfc(row.created_at),
        });
        if row.status != status {
            self.line(
                ready,
                Line {
                    user_id: &command.user_id,
                    action,
                    points: own.points(),
                    cashback: 0,
                    description: format!("redemption of {used} points {status}"),
                    metadata: json!({ "redemption_id": id, "reason": reason, "by": command.by }),
                    at: ready.at,
                },
            )?;
        }
        Ok(told)
    }

    fn other(
        &mut self,
        command: &Command,
        ready: &Ready,
        act: &Act,
        own: &Step,
        receiver: Option<&Receiver>,
    ) -> Result<Value, ServiceError> {
        let user = command.user_id.as_str();
        let (rules, at, by) = (&ready.rules, ready.at, &command.by);
        let tell = |teller: &mut Self, action, points, description: String, metadata| {
            teller.line(ready, Line { user_id: user, action, points, cashback: 0, description, metadata, at })
        };
        Ok(match act {
            Act::Transfer { id, to, .. } => {
                let moved = points(rules, own.points().saturating_neg());
                tell(
                    self,
                    "transfer_out",
                    own.points(),
                    format!("{moved} points to another member"),
                    json!({ "transfer_id": id, "by": by }),
                )?;
                if let Some(Receiver { user_id, own, .. }) = receiver {
                    self.line(
                        ready,
                        Line {
                            user_id,
                            action: "transfer_in",
                            points: own.points(),
                            cashback: 0,
                            description: format!("{moved} points from another member"),
                            metadata: json!({ "transfer_id": id }),
                            at,
                        },
                    )?;
                }
                json!({ "transfer_id": id, "from": user, "to": to, "points": moved.to_string(), "created_at": rfc(self.loaded.now) })
            }
            Act::Adjust { id, points: asked, reason, approved_by, .. } => {
                let metadata = json!({ "adjustment_id": id, "reason": reason, "by": by, "approved_by": approved_by });
                if let Some(approved_by) = approved_by {
                    let (approved_by, decided_at) = (approved_by.clone(), Instant(self.loaded.now));
                    self.rows.approvals.push(ApprovalWrite { id: *id, approved_by, decided_at });
                }
                tell(self, "adjustment", own.points(), format!("{asked} points by hand: {reason}"), metadata)?;
                json!({
                    "adjustment_id": id, "user_id": user, "points": asked.to_string(), "reason": reason, "by": by,
                    "approved_by": approved_by, "status": "posted", "created_at": rfc(self.loaded.now),
                })
            }
            Act::GiveTier { level, until, reason } => {
                let metadata = json!({ "level": level, "until": until, "reason": reason, "by": by });
                tell(self, "tier_given", 0, format!("tier {level} by hand until {until}: {reason}"), metadata)?;
                self.tier(user, ready, own)?;
                json!({ "user_id": user, "tier": own.tier_after, "level": level, "until": until })
            }
            Act::SetStatus { status, reason } => {
                let was = self.locked(user)?.status;
                let locked = self.loaded.members.get(user).ok_or_else(|| mend("a member was not locked"))?;
                self.rows.member(user, locked).status = status.as_str().to_owned();
                if was != *status {
                    let metadata = json!({ "from": was.as_str(), "to": status.as_str(), "reason": reason, "by": by });
                    tell(
                        self,
                        "status_changed",
                        0,
                        format!("{} after {}: {reason}", status.as_str(), was.as_str()),
                        metadata,
                    )?;
                }
                json!({ "user_id": user, "status": status.as_str() })
            }
            Act::SetFacts { .. } => {
                let locked = self.loaded.members.get(user).ok_or_else(|| mend("a member was not locked"))?;
                self.rows.member(user, locked);
                json!({ "user_id": user, "member": ready.facts })
            }
            Act::Enrol { campaign } | Act::Leave { campaign } => {
                let enrolled = matches!(act, Act::Enrol { .. });
                let now = Some(Instant(self.loaded.now));
                let told = json!({ "user_id": user, "campaign_id": campaign, "enrolled": enrolled });
                if enrolled && ready.member.enrolments.iter().flatten().any(|known| known == campaign) {
                    return Ok(told);
                }
                self.rows.enrolments.push(EnrolmentWrite {
                    id: Uuid::now_v7(),
                    user_id: user.to_owned(),
                    program: ready.program.clone(),
                    campaign_id: campaign.clone(),
                    enrolled_at: if enrolled { now } else { None },
                    left_at: if enrolled { None } else { now },
                });
                let (action, words) =
                    if enrolled { ("enrolled", "takes part in") } else { ("left", "takes part no longer in") };
                tell(self, action, 0, format!("{words} {campaign}"), json!({ "campaign_id": campaign, "by": by }))?;
                told
            }
            Act::Forget => {
                let locked = self.loaded.members.get(user).ok_or_else(|| mend("a member was not locked"))?;
                if locked.seal.is_some() {
                    self.rows.member(user, locked).status = "closed".to_owned();
                    self.rows.forgotten.push(user.to_owned());
                    tell(self, "forgotten", 0, "personal data deleted, member closed".to_owned(), json!({ "by": by }))?;
                }
                json!({ "user_id": user, "status": "closed", "forgotten": true })
            }
            _ => json!({ "user_id": user, "tier": own.tier_after, "changed": own.tier_before != own.tier_after }),
        })
    }

    /// Number of the member's last line of history.
    fn latest(&mut self, user_id: &str) -> Result<i64, ServiceError> {
        let locked = self.loaded.members.get(user_id).ok_or_else(|| mend("a member was not locked"))?;
        Ok(self.rows.member(user_id, locked).history_seq)
    }

    /// Writes a line of history, chained to the one before it.
    fn line(&mut self, ready: &Ready, line: Line<'_>) -> Result<(), ServiceError> {
        let locked = self.loaded.members.get(line.user_id).ok_or_else(|| mend("a member was not locked"))?;
        let member = self.rows.member(line.user_id, locked);
        member.history_seq = member.history_seq.saturating_add(1);
        let points = Units::new(line.points, ready.rules.points_decimals());
        let cashback = Units::new(line.cashback, ready.rules.currency().decimals());
        let mut row = HistoryWrite {
            id: Uuid::now_v7(),
            user_id: line.user_id.to_owned(),
            program: ready.program.clone(),
            seq: member.history_seq,
            action_type: line.action,
            points_change: points,
            cashback_change: cashback,
            currency: ready.rules.currency().code().to_owned(),
            rule_set: ready.rules.hash().to_owned(),
            description: line.description,
            metadata: line.metadata.to_string(),
            chain: String::new(),
            occurred_at: Instant(line.at),
            created_at: Instant(self.loaded.now),
        };
        let link = Link {
            user_id: &row.user_id,
            program: &row.program,
            seq: row.seq,
            action: row.action_type,
            points,
            cashback,
            currency: &row.currency,
            rule_set: &row.rule_set,
            description: &row.description,
            metadata: &row.metadata,
            occurred_at: line.at,
            created_at: self.loaded.now,
        };
        row.chain = self.service.vault.link(&member.history_head, &link.text());
        member.history_head.clone_from(&row.chain);
        self.rows.history.push(row);
        Ok(())
    }

    /// Writes a message to others. Its id follows from what it tells, so that a repeat is recognisable.
    fn message(&mut self, user_id: &str, kind: &'static str, id: &str, about: &Value) -> Result<(), ServiceError> {
        let locked = self.loaded.members.get(user_id).ok_or_else(|| mend("a member was not locked"))?;
        let member = self.rows.member(user_id, locked);
        member.outbox_seq = member.outbox_seq.saturating_add(1);
        let seq = member.outbox_seq;
        let payload = json!({
            "specversion": "1.0", "id": id, "source": "/rewards", "type": kind, "subject": user_id,
            "time": rfc(self.loaded.now), "datacontenttype": "application/json", "data": about,
        });
        self.rows.outbox.push(OutboxWrite {
            id: Uuid::now_v7(),
            user_id: user_id.to_owned(),
            seq,
            kind,
            payload: payload.to_string(),
            created_at: Instant(self.loaded.now),
        });
        Ok(())
    }
}

/// What a link of the chain is made of: all that a line says, so that none of it can be changed unseen. Points and money
/// are decimals with the program's decimals.
#[derive(Debug)]
pub(super) struct Link<'a> {
    pub(super) user_id: &'a str,
    pub(super) program: &'a str,
    pub(super) seq: i64,
    pub(super) action: &'a str,
    pub(super) points: Units,
    pub(super) cashback: Units,
    pub(super) currency: &'a str,
    pub(super) rule_set: &'a str,
    pub(super) description: &'a str,
    pub(super) metadata: &'a str,
    pub(super) occurred_at: DateTime<Utc>,
    pub(super) created_at: DateTime<Utc>,
}

impl Link<'_> {
    /// Its text, which the keyed hash is made of.
    pub(super) fn text(&self) -> String {
        json!([
            self.user_id,
            self.program,
            self.seq,
            self.action,
            self.points,
            self.cashback,
            self.currency,
            self.rule_set,
            self.description,
            self.metadata,
            self.occurred_at.timestamp_micros(),
            self.created_at.timestamp_micros(),
        ])
        .to_string()
    }
}

fn points(rules: &RuleSet, units: i64) -> Points {
    Points::from_units(units, rules.points_decimals())
}

/// A rate as a percentage, which is how the column has it.
fn percent(rate: &Exact) -> Option<String> {
    rate.checked_mul(Exact::from(100)).ok().map(|p| p.normalized().to_string())
}

fn rfc(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}
