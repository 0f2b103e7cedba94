//! What is told of a batch: history, messages to others, components, and the answers of its commands.

mod others;
mod outcome;

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
use super::pages::rfc;
use super::plan::{Plan, Ready};
use super::write::{Rows, seal_purchase};
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
                    (Some(details), Some(seal)) => Some(seal.seal("redemption", &details.to_string())?),
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
            (act, effect) => {
                let counters = if let Effect::Opened(counters) = effect { counters } else { Vec::new() };
                self.other(command, ready, act, &applied.own, applied.receiver.as_ref(), &counters)?
            }
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
                Ok(Some(seal.seal("facts", &text)?))
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
pub(super) fn percent(rate: &Exact) -> Option<String> {
    rate.checked_mul(Exact::from(100)).ok().map(|p| p.normalized().to_string())
}
