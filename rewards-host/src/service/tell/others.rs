//! What is told of commands that have no outcome.

use rewards_rules::input::Opening;
use rewards_rules::state::record::CounterRecord;

use super::*;
use crate::store::accounts::ApprovalWrite;

impl Teller<'_> {
    pub(super) fn settled(
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

    /// What a member brought along: its line says all of it, so that the member can be folded again from the history.
    fn opened(
        &mut self,
        command: &Command,
        ready: &Ready,
        opening: &Opening,
        counters: &[CounterRecord],
        own: &Step,
    ) -> Result<Value, ServiceError> {
        let (user, rules) = (command.user_id.as_str(), &ready.rules);
        let lots: Vec<Value> = opening
            .lots
            .iter()
            .map(|lot| {
                json!({ "points": lot.points.to_string(), "spendable_on": lot.spendable_on, "expires_on": lot.expires_on })
            })
            .collect();
        let brought = points(rules, own.points().saturating_add(own.expired()));
        let metadata = json!({
            "opening_id": opening.id, "tier": opening.tier, "spending": opening.spending.to_string(),
            "purchases": opening.purchases, "upgrades": opening.upgrades, "lots": lots, "counters": counters,
            "by": command.by,
        });
        self.line(
            ready,
            Line {
                user_id: user,
                action: "opening",
                points: own.points(),
                cashback: 0,
                description: format!(
                    "brought along: {brought} points, tier {}",
                    own.tier_after.as_deref().unwrap_or("none")
                ),
                metadata,
                at: ready.at,
            },
        )?;
        Ok(json!({
            "user_id": user, "program": ready.program, "points": brought.to_string(),
            "expired": points(rules, own.expired()).to_string(), "tier": own.tier_after,
        }))
    }

    pub(super) fn other(
        &mut self,
        command: &Command,
        ready: &Ready,
        act: &Act,
        own: &Step,
        receiver: Option<&Receiver>,
        counters: &[CounterRecord],
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
            Act::Open { opening, .. } => self.opened(command, ready, opening, counters, own)?,
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
}
