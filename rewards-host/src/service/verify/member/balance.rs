//! Lots, redemptions, counters and standing of a member.

use super::*;
use crate::service::counting::Made;

impl Check<'_, '_> {
    /// Redemptions took from lots what they say, and their counters count it while it is not returned.
    pub(super) fn redemptions(&mut self) {
        for row in std::mem::take(&mut self.tables.redemptions) {
            let used = raw(&row.points_used);
            let Ok(record) = serde_json::from_str::<RedemptionRecord>(&row.record) else {
                self.tell(4, "reward_redemptions", &row.id.to_string(), "a record that cannot be read", "a record");
                continue;
            };
            let by_lots = row.lots.iter().fold(0_i64, |sum, taken| sum.saturating_add(raw(&taken.points)));
            let mut taken: Vec<(&str, i64)> = record.taken.iter().map(|t| (t.lot.as_str(), t.points)).collect();
            taken.sort_unstable();
            let mut lots: Vec<(&str, i64)> = row.lots.iter().map(|t| (t.lot.as_str(), raw(&t.points))).collect();
            lots.sort_unstable();
            if by_lots != used || record.points != used || taken != lots {
                self.tell(
                    4,
                    "redemption_lots",
                    &row.id.to_string(),
                    format!("{lots:?}"),
                    format!("{used} as {taken:?}"),
                );
            }
            self.value(&row);
            let state = serde_json::to_value(record.state).ok();
            if state.as_ref().and_then(Value::as_str) != Some(row.status.as_str()) {
                let due = state.map(|state| state.to_string()).unwrap_or_default();
                self.tell(4, "reward_redemptions", &format!("{}, status", row.id), &row.status, due);
            }
            if !matches!(row.status.as_str(), "pending" | "completed") {
                continue;
            }
            let made = Made { program: &row.program, option: &row.redemption_type, at: row.occurred_at };
            for ((key, period, _), units) in self.counted.net_of_redemption(made, &record).0 {
                let sum = self.counters.entry((row.program.clone(), key, period)).or_insert(0);
                *sum = sum.saturating_add(units);
            }
            for counter in record.counters {
                let sum = self.counters.entry((row.program.clone(), counter.key, counter.period)).or_insert(0);
                *sum = sum.saturating_add(counter.units);
            }
            let sums = self.sums(&row.program);
            sums.redeemed = sums.redeemed.saturating_add(used);
        }
        for id in std::mem::take(&mut self.redeemed).into_keys() {
            self.tell(4, "reward_redemptions", &id, "no row", "the row of its line of history");
        }
    }

    /// Points and money of a redemption are what its line of history says.
    fn value(&mut self, row: &RedemptionSums) {
        let Some(Decimals { money_decimals, points_decimals }) = self.audit.decimals.get(&row.program).copied() else {
            return self.tell(4, "reward_redemptions", &row.id.to_string(), &row.program, "a program");
        };
        let (points, cash) = (decimal(&row.points_used, points_decimals), decimal(&row.cash_value, money_decimals));
        let found = format!("{points} points redeemed for {}, worth {cash} {}", row.redemption_type, row.currency);
        let found = (found, row.rule_set.clone());
        match self.redeemed.remove(&row.id.to_string()) {
            Some(due) if due == found => {}
            due => {
                let text = |(words, rules): (String, String)| format!("{words} under {rules}");
                let due = due.map_or_else(|| "a line of history".to_owned(), text);
                self.tell(4, "reward_redemptions", &format!("{}, value", row.id), text(found), due);
            }
        }
    }

    pub(super) fn counters(&mut self) {
        for row in std::mem::take(&mut self.tables.counters) {
            let key = (row.program, row.key, row.period);
            let began = self.opened.remove(&key).unwrap_or(0);
            if row.opening != began {
                self.tell(3, "usage_counters", &format!("{}, opening", named(&key)), row.opening, began);
            }
            let due = row.opening.saturating_add(self.counters.remove(&key).unwrap_or(0));
            if row.units != due {
                self.tell(3, "usage_counters", &named(&key), row.units, due);
            }
        }
        let rest: Vec<_> = self.counters.iter().chain(&self.opened).map(|(key, units)| (key.clone(), *units)).collect();
        for (key, units) in rest.into_iter().filter(|(_, units)| *units != 0) {
            self.tell(3, "usage_counters", &named(&key), "no row", units);
        }
    }

    /// Lots add up in themselves, with redemptions and transfers, and to what the history tells.
    pub(super) fn points(&mut self) -> Result<(), ServiceError> {
        let mut left: BTreeMap<String, [i64; 3]> = BTreeMap::new();
        for lot in std::mem::take(&mut self.tables.lots) {
            let (rest, gone) = (
                [&lot.points_available, &lot.points_pending],
                [&lot.points_redeemed, &lot.points_expired, &lot.points_reversed, &lot.points_moved],
            );
            let all: Vec<i64> = rest.into_iter().chain(gone).map(raw).collect();
            let sum = all.iter().fold(0_i64, |sum, part| sum.saturating_add(*part));
            let earned = raw(&lot.points_earned);
            if sum != earned || all.iter().any(|part| *part < 0) {
                self.tell(4, "reward_points", &format!("{}/{}", lot.program, lot.lot_key), format!("{all:?}"), earned);
            }
            self.dated(&lot);
            let sums = left.entry(lot.program).or_default();
            let parts = [
                raw(&lot.points_available).saturating_add(raw(&lot.points_pending)),
                raw(&lot.points_redeemed),
                raw(&lot.points_moved),
            ];
            for (sum, part) in sums.iter_mut().zip(parts) {
                *sum = sum.saturating_add(part);
            }
        }
        let mut programs: BTreeSet<String> = self.sums.keys().chain(left.keys()).cloned().collect();
        programs.extend(self.tables.standing.iter().map(|row| row.program.clone()));
        for program in programs {
            let [rest, redeemed, moved] = left.get(&program).copied().unwrap_or_default();
            let debts = match self.tables.standing.iter().find(|row| row.program == program) {
                Some(row) => record_of(&row.record)?.debts.iter().fold(0_i64, |sum, debt| sum.saturating_add(*debt)),
                None => 0,
            };
            let Sums { history_points, history_cashback, granted_cashback, reversed, transferred, redeemed: spent } =
                self.sums.remove(&program).unwrap_or_default();
            let net = rest.saturating_sub(debts);
            for (invariant, table, what, found, due) in [
                (5, "reward_history", "points", history_points, net),
                (5, "reward_history", "cashback", history_cashback, granted_cashback),
                (4, "reward_points", "redeemed", redeemed, spent),
                (4, "reward_points", "moved", moved, transferred),
                (4, "user_loyalty_status", "debt, which refunds alone can make", debts.max(reversed), reversed),
            ] {
                if found != due {
                    self.tell(invariant, table, &format!("{program}, {what}"), found, due);
                }
            }
        }
        Ok(())
    }

    /// A lot can be spent when its outcome, or what was brought along, says. What came by hand or from another member has
    /// its dates in the lot alone.
    fn dated(&mut self, lot: &LotSums) {
        let Some((id, source)) = lot.lot_key.rsplit_once('/') else {
            return self.tell(4, "reward_points", &lot.lot_key, "no source", "`TRANSACTION/SOURCE`");
        };
        let key = if source.starts_with("upgrade:") { format!("{id}/upgrade") } else { lot.lot_key.clone() };
        let found = (lot.spendable_date, lot.expiry_date);
        let Some(due) = self.dates.get(&key).copied().filter(|due| *due != found) else { return };
        let text = |(from, through): Dates| match through {
            Some(through) => format!("{from} to {through}"),
            None => format!("{from} and for ever"),
        };
        self.tell(4, "reward_points", &format!("{}/{}, dates", lot.program, lot.lot_key), text(found), text(due));
    }

    /// What is shown of a standing is what the rules of the day on which it was written make of its record.
    pub(super) async fn shown(&mut self) -> Result<(), ServiceError> {
        for row in self.tables.standing.clone() {
            let record = record_of(&row.record)?;
            let in_force = self.audit.in_force.at(&row.program, row.last_updated).map(str::to_owned);
            let last = self.last_rules.get(&row.program).cloned();
            let found = shown(&row);
            let mut due = None;
            // A purchase that came ahead is shown by its own rules, where those of the day do not have its level.
            for hash in in_force.into_iter().chain(last) {
                let rules = self.rules(&hash).await?;
                let Ok(view) = rules.standing_of(&record, rules.local_date(row.last_updated)) else { continue };
                let held = (view.held_since, view.held_through);
                let wanted = standing_text(view.tier.as_deref(), &view.spending, &view.progress, held);
                if wanted == found {
                    due = None;
                    break;
                }
                due.get_or_insert(wanted);
            }
            if let Some(due) = due {
                self.tell(7, "user_loyalty_status", &format!("{}, shown", row.program), found, due);
            }
        }
        Ok(())
    }

    /// The standing is what the history folds to.
    pub(super) async fn standing(&mut self, fold: &mut Fold<'_>) -> Result<(), ServiceError> {
        fold.fill_windows(i64::MAX)?;
        for row in std::mem::take(&mut self.tables.standing) {
            let kept = record_of(&row.record)?;
            let mut due = fold.record(&row.program);
            let at = kept.latest.unwrap_or_default();
            let Some(hash) = self.audit.in_force.at(&row.program, at).map(str::to_owned) else { continue };
            let rules = self.rules(&hash).await?;
            if kept.started && !due.started {
                // It began with something that has no line.
                fold.advance(&rules, at)?;
                due = fold.record(&row.program);
            }
            // What has no line may have been under other rules, which write the same standing by other windows.
            due.latest = kept.latest;
            let both = fold.under(&rules, &kept).zip(fold.under(&rules, &due));
            let written = |record: &MemberRecord| serde_json::to_string(&record.standing).unwrap_or_default();
            let (mut found, mut wanted) = both.unwrap_or_else(|| (written(&kept), written(&due)));
            // What was written before levels had a day does not tell it.
            if found.matches("\"by_purchase\"").count() > found.matches(",\"on\":").count() {
                (found, wanted) = (without_days(&found), without_days(&wanted));
            }
            let text = |record: &MemberRecord, standing: String| format!("{} purchases, {standing}", record.purchases);
            let (found, due) = (text(&kept, found), text(&due, wanted));
            if found != due {
                self.tell(7, "user_loyalty_status", &row.program, found, due);
            }
        }
        Ok(())
    }
}

fn shown(row: &ShownStanding) -> String {
    let held = (row.tier_achieved_date, row.tier_expiry_date);
    standing_text(row.current_tier.as_deref(), &row.total_spending, &row.tier_progress, held)
}

fn standing_text(
    tier: Option<&str>,
    spending: &str,
    progress: &str,
    (since, through): (Option<NaiveDate>, Option<NaiveDate>),
) -> String {
    let day = |day: Option<NaiveDate>| day.map_or_else(|| "ever".to_owned(), |day| day.to_string());
    format!(
        "{}, {spending} spent, {progress} of the way, {} to {}",
        tier.unwrap_or("no tier"),
        day(since),
        day(through)
    )
}

/// A standing without the days on which levels were earned.
fn without_days(standing: &str) -> String {
    let mut parts = standing.split(",\"on\":\"");
    let first = parts.next().unwrap_or_default().to_owned();
    // Ten characters of a date, and a quote.
    parts.fold(first, |text, part| text + part.get(11..).unwrap_or_default())
}
