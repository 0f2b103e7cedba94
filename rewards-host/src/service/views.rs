//! What members and managers see of a member. Nothing here changes anything; what is due by today is shown as done.

use chrono::Days;
use rewards_rules::input::Status;
use rewards_rules::state::{Ledger, StandingView};
use serde::Serialize;

use super::Service;
use super::error::ServiceError;
use super::load::record_with_lots;
use super::rules::InForce;
use super::{facts, mend};
use crate::store::rows::{LotRow, LotsWanted, MemberRow, PointsSums, StandingRow};
use crate::store::statements;
use crate::store::units::Units;

/// Points count as expiring soon within so many days.
const SOON: Days = Days::new(30);

/// Points of a member in one program, as text with the program's decimals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct PointsSummary {
    /// Id of the program.
    pub(crate) program: String,
    /// Can be spent today.
    pub(crate) available: String,
    /// Credited, and not spendable yet.
    pub(crate) pending: String,
    /// Spent.
    pub(crate) redeemed: String,
    /// Past their date.
    pub(crate) expired: String,
    /// Taken back by refunds, or used to pay debt.
    pub(crate) reversed: String,
    /// Given to other members.
    pub(crate) transferred: String,
    /// All that was ever credited.
    pub(crate) earned: String,
    /// Of what is available: what expires within 30 days.
    pub(crate) expiring_soon: String,
    /// Owed: reversed points that were spent already.
    pub(crate) debt: String,
}

/// A member as the store has it now, in one program.
#[derive(Debug)]
pub(crate) struct MemberView {
    /// Points.
    pub(crate) points: PointsSummary,
    /// Standing.
    pub(crate) standing: StandingView,
    /// Whether the member takes part.
    pub(crate) status: Status,
}

impl Service {
    /// A member's points and standing in every program; zeros for one of whom nothing is known.
    pub(crate) async fn member(&self, user_id: &str) -> Result<Vec<MemberView>, ServiceError> {
        let in_force = InForce::now(&self.store).await?;
        // Of one moment: a posting between two of them would tear the record and its lots apart.
        let mut work = self.store.snapshot().await?;
        let member: Option<MemberRow> = work.rows(statements::MEMBER, &user_id).await?.pop();
        let standing: Vec<StandingRow> = work.rows(statements::STANDING, &[user_id]).await?;
        let wanted = LotsWanted { members: vec![user_id.to_owned()], ..LotsWanted::default() };
        let lots: Vec<LotRow> = work.rows(statements::LOTS, &wanted).await?;
        let sums: Vec<PointsSums> = work.rows(statements::POINTS_OF, &user_id).await?;
        drop(work);
        let now = match &member {
            Some(row) => row.now,
            None => self.now().await?,
        };
        let mut views = Vec::new();
        for program in in_force.programs() {
            let hash = in_force.at(&program, now).ok_or_else(|| mend("a program has no publication"))?;
            let rules = self.rules.read(&self.store, hash).await?;
            let record = record_with_lots(&program, &standing, &lots)?;
            let today = rules.local_date(now);
            let view = rules.standing_of(&record, today)?;
            let status = member.as_ref().and_then(|m| facts::status(&m.status)).unwrap_or_default();
            let swept: i64 = record.lots.iter().map(|lot| lot.expired).sum();
            let mut ledger = Ledger::new();
            ledger.put_member(
                &rules,
                facts::member(user_id, &serde_json::Map::new(), status, facts::Belongs::default())?,
                record,
            )?;
            let state = ledger.member(user_id).ok_or_else(|| mend("a member is not where it was put"))?;
            let balance = state.balance(&rules, today);
            let soon = today.checked_add_days(SOON).unwrap_or(today);
            let decimals = rules.points_decimals();
            let of = |pick: fn(&PointsSums) -> &crate::store::units::Stored| {
                sums.iter().find(|s| s.program == program).map_or(Some(0), |s| pick(s).units(decimals))
            };
            let sum = |pick| of(pick).ok_or_else(|| mend("points cannot be read"));
            let text = |units: i64| Units::new(units, decimals).to_string();
            // What is past its date and was not swept yet shows as expired.
            let unswept = balance.expired.units().saturating_sub(swept);
            views.push(MemberView {
                points: PointsSummary {
                    program: program.clone(),
                    available: balance.available.to_string(),
                    pending: balance.pending.to_string(),
                    redeemed: text(sum(|s| &s.points_redeemed)?),
                    expired: text(sum(|s| &s.points_expired)?.saturating_add(unswept)),
                    reversed: text(sum(|s| &s.points_reversed)?),
                    transferred: text(sum(|s| &s.points_moved)?),
                    earned: text(sum(|s| &s.points_earned)?),
                    expiring_soon: state.expiring(&rules, today, soon).to_string(),
                    debt: balance.debt.to_string(),
                },
                standing: view,
                status,
            });
        }
        Ok(views)
    }

    /// What an answer about a member depends on: the member's version, the rules in force, and the day in each program.
    pub(crate) async fn stamp(&self, user_id: &str) -> Result<String, ServiceError> {
        let member: Option<MemberRow> = self.store.read_one(statements::MEMBER, &user_id).await?;
        let now = match &member {
            Some(row) => row.now,
            None => self.now().await?,
        };
        let in_force = InForce::now(&self.store).await?;
        let mut stamp = member.map_or(0, |row| row.version).to_string();
        for program in in_force.programs() {
            let Some(hash) = in_force.at(&program, now) else { continue };
            let rules = self.rules.read(&self.store, hash).await?;
            let short = hash.trim_start_matches("sha256:").get(..16).unwrap_or(hash);
            stamp.push_str(&format!(":{short}:{}", rules.local_date(now)));
        }
        Ok(stamp)
    }

    /// The clock of the database.
    pub(crate) async fn now(&self) -> Result<chrono::DateTime<chrono::Utc>, ServiceError> {
        let clock: Option<crate::store::rows::Clock> = self.store.read_one(statements::PING, &()).await?;
        clock.map(|c| c.now).ok_or_else(|| mend("the store has no clock"))
    }
}
