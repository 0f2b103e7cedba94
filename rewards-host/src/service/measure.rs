//! What the business counts: read off the rows of a batch that was committed.

use std::collections::BTreeSet;

use super::write::Rows;

/// Numbers of a batch, by what they are of.
#[derive(Debug, Default)]
pub(super) struct Measured {
    cashback: Vec<(String, String, &'static str, i64)>,
    actions: Vec<(&'static str, String, i64)>,
    members: usize,
}

impl Measured {
    /// What rows that are about to be written tell.
    pub(super) fn of(rows: &Rows) -> Measured {
        let cashback = rows.cashback.iter().map(|row| {
            (
                row.program.clone(),
                row.campaign_id.clone().unwrap_or_default(),
                row.cashback_type,
                row.cashback_amount.units,
            )
        });
        let actions =
            rows.history.iter().map(|line| (line.action_type, line.program.clone(), line.points_change.units));
        let members: BTreeSet<&str> = rows.history.iter().map(|line| line.user_id.as_str()).collect();
        Measured { cashback: cashback.collect(), actions: actions.collect(), members: members.len() }
    }

    /// Counts them, after the commit.
    pub(super) fn count(self) {
        metrics::counter!("rewards_posted_members_total").increment(u64::try_from(self.members).unwrap_or(u64::MAX));
        for (program, campaign, kind, units) in self.cashback {
            let labels = [("program", program), ("campaign", campaign), ("kind", kind.to_owned())];
            metrics::counter!("rewards_cashback_minor_units_total", &labels).increment(units.unsigned_abs());
        }
        for (action, program, points) in self.actions {
            let labels = [("action", action.to_owned()), ("program", program)];
            metrics::counter!("rewards_ledger_actions_total", &labels).increment(1);
            metrics::counter!("rewards_points_units_total", &labels).increment(points.unsigned_abs());
        }
    }
}
