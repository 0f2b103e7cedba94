//! A member's lots of points, for those who help: which points, from where, until when.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::ServiceError;
use super::pages::decimal;
use super::rules::InForce;
use super::{Service, mend};
use crate::store::rows::{LotRow, LotsWanted};
use crate::store::statements;

/// A lot in which points are left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct LotView {
    /// Id of the program.
    pub(crate) program: String,
    /// What brought it: `earn`, `upgrade`, `adjustment`, `transfer` and so on, or a campaign's points.
    pub(crate) source_type: String,
    /// The purchase, transfer or adjustment.
    pub(crate) source_id: String,
    /// All that it had.
    pub(crate) earned: String,
    /// Can be spent, if its day has come and is not past.
    pub(crate) available: String,
    /// Held by redemptions that are pending, or not spendable yet.
    pub(crate) pending: String,
    /// First local day on which it can be spent.
    #[schema(value_type = String)]
    pub(crate) spendable_on: NaiveDate,
    /// Last local day; absent of points that never expire.
    #[schema(value_type = Option<String>)]
    pub(crate) expires_on: Option<NaiveDate>,
    /// `pending`, `available`, or `expired` where the day is past and the sweep has not come yet.
    pub(crate) state: &'static str,
}

impl Service {
    /// Lots in which points are left, those that expire first first. None for a member of whom nothing is known.
    pub(crate) async fn lots(&self, user_id: &str) -> Result<Vec<LotView>, ServiceError> {
        let in_force = InForce::now(&self.store).await?;
        let now = self.now().await?;
        let wanted = LotsWanted { members: vec![user_id.to_owned()], ..LotsWanted::default() };
        let rows: Vec<LotRow> = self.store.read(statements::LOTS, &wanted).await?;
        let mut views = Vec::with_capacity(rows.len());
        for row in rows {
            let hash = in_force.at(&row.program, now).ok_or_else(|| mend("a program has no publication"))?;
            let rules = self.rules.read(&self.store, hash).await?;
            let (today, decimals) = (rules.local_date(now), rules.points_decimals());
            let state = match row.expiry_date {
                Some(last) if last < today => "expired",
                _ if row.spendable_date > today => "pending",
                _ => "available",
            };
            views.push(LotView {
                earned: decimal(&row.points_earned, decimals)?,
                available: decimal(&row.points_available, decimals)?,
                pending: decimal(&row.points_pending, decimals)?,
                program: row.program,
                source_type: row.source_type,
                source_id: row.source_id,
                spendable_on: row.spendable_date,
                expires_on: row.expiry_date,
                state,
            });
        }
        views.sort_by_key(|view| (view.expires_on.is_none(), view.expires_on, view.spendable_on));
        Ok(views)
    }
}
