//! What is told of a purchase or a refund.

use super::*;

impl Teller<'_> {
    pub(super) fn outcome(
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
    pub(super) fn exhausted(
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
            "segments": ready.segments, "latest": applied.latest,
        });
        let facts = match &locked.seal {
            Some(seal) => seal.seal("posting", &facts.to_string())?,
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
}
