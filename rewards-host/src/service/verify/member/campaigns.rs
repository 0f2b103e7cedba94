//! What campaigns brought a member, in sum.

use super::*;

/// Units that a campaign brought, how often, and when last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Brought {
    earned: i64,
    points: i64,
    used: i64,
    last: Option<NaiveDate>,
}

impl std::fmt::Display for Brought {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Brought { earned, points, used, last } = self;
        let last = last.map_or_else(|| "never".to_owned(), |day| day.to_string());
        write!(f, "{earned} and {points} points, {used} times, last {last}")
    }
}

impl Check<'_, '_> {
    /// What campaigns brought by an outcome.
    pub(super) fn brought(&mut self, told: &Told, rules: &RuleSet) {
        let money = told.components.iter().filter(|part| part.kind == "campaign").map(|part| (part, true));
        let points = told.points.iter().filter(|part| part.kind == "points_campaign").map(|part| (part, false));
        for (part, is_money) in money.chain(points) {
            let granted = units(&part.granted);
            if granted == 0 {
                continue;
            }
            let sums = self.campaigns.entry((told.program.clone(), part.id.clone())).or_default();
            let sum = if is_money { &mut sums.earned } else { &mut sums.points };
            *sum = sum.saturating_add(granted);
            if told.kind != "refund" {
                sums.used = sums.used.saturating_add(1);
                sums.last = Some(rules.local_date(told.occurred_at));
            }
        }
    }

    /// Whoever took part in a campaign has a row for it.
    pub(super) fn belonged(&mut self, line: &HistoryRow) {
        if let Some(id) = named_in(line, "campaign_id") {
            self.campaigns.entry((line.program.clone(), id)).or_default();
        }
    }

    /// Totals of campaigns are the sums of outcomes.
    pub(super) fn campaigns(&mut self) {
        let mut due = std::mem::take(&mut self.campaigns);
        for row in std::mem::take(&mut self.tables.campaigns) {
            let found =
                Brought { earned: raw(&row.earned), points: raw(&row.points), used: row.used, last: row.last_used };
            let key = (row.program, row.campaign_id);
            let due = due.remove(&key).unwrap_or_default();
            if found != due {
                self.tell(1, "user_campaigns", &format!("{}/{}", key.0, key.1), found, due);
            }
        }
        for ((program, campaign), brought) in due {
            self.tell(1, "user_campaigns", &format!("{program}/{campaign}"), "no row", brought);
        }
    }
}
