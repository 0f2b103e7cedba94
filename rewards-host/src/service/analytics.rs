//! Reports for those who look after a program. None reads the ledger's components: they are summed up by day before.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use rewards_rules::RuleSet;
use rewards_rules::describe::BudgetDescription;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::changes::periods;
use super::error::ServiceError;
use super::rules::InForce;
use super::{Service, mend};
use crate::store::analytics_rows::{ExpiryRow, ExpiryWanted, SumRow, SumsWanted};
use crate::store::rows::{Clock, CounterUnits};
use crate::store::statements;
use crate::store::units::{Stored, Units};

/// The last so many days tell how fast a budget is used.
const BURN_DAYS: u64 = 14;

/// As many transactions are added up before an answer.
const CHUNKS: usize = 2;

/// Which program and local days a report is of.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    rules: RuleSet,
    program: String,
    today: NaiveDate,
    from: NaiveDate,
    to: NaiveDate,
    /// Up to when the sums are exact.
    exact_up_to: DateTime<Utc>,
}

/// What a report is of.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct About {
    /// The program.
    pub(crate) program: String,
    /// ISO 4217 code of all money.
    pub(crate) currency: String,
    /// First local day.
    #[schema(value_type = String)]
    pub(crate) from: NaiveDate,
    /// Last local day.
    #[schema(value_type = String)]
    pub(crate) to: NaiveDate,
    /// Everything that was posted before this instant is in the sums, and nothing else.
    pub(crate) exact_up_to: DateTime<Utc>,
}

/// What was bought and granted under a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ReportTotals)]
pub(crate) struct Totals {
    /// The day, month, tier, category or campaign; empty for none.
    pub(crate) key: String,
    /// Number of purchases; of a campaign, those on which it granted.
    pub(crate) purchases: i64,
    /// Number of refunds.
    pub(crate) refunds: i64,
    /// Money of the purchases.
    pub(crate) spend: String,
    /// Money that came back, not above zero.
    pub(crate) refunded: String,
    /// Granted by base rules.
    pub(crate) base: String,
    /// Granted by levels.
    pub(crate) loyalty: String,
    /// Granted by campaigns.
    pub(crate) campaign: String,
    /// Taken back by refunds, not above zero.
    pub(crate) reversed: String,
    /// What remains granted.
    pub(crate) total: String,
    /// Points granted, less those taken back.
    pub(crate) points: String,
    /// `total` for each 1.00 of `spend` and `refunded` together, with 6 decimals; absent without any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) return_on_spend: Option<String>,
}

/// Points by the month in which they expire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Liability {
    /// `2026-03`; absent of points that never expire.
    pub(crate) month: Option<String>,
    /// Can be spent.
    pub(crate) available: String,
    /// Held by redemptions that are pending, or not spendable yet.
    pub(crate) pending: String,
    /// Both.
    pub(crate) owed: String,
}

/// What became of points by the month in which they expire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Breakage {
    /// `2026-03`; absent of points that never expire.
    pub(crate) month: Option<String>,
    /// Credited, less what refunds took back and what members gave to others.
    pub(crate) earned: String,
    /// Spent.
    pub(crate) redeemed: String,
    /// Past their date.
    pub(crate) expired: String,
    /// Not yet either.
    pub(crate) open: String,
    /// `expired` for each point of `earned`, with 6 decimals; absent without any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rate: Option<String>,
}

/// A budget that all members share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Budget {
    /// The campaign; absent of the program's own.
    pub(crate) campaign_id: Option<String>,
    /// Key of its counter.
    pub(crate) counter: String,
    /// `money` or `points`.
    pub(crate) unit: &'static str,
    /// The period by name, and its key now.
    pub(crate) per: &'static str,
    /// Key of the period that runs now.
    pub(crate) period: String,
    /// The most that may be granted in a period.
    pub(crate) limit: String,
    /// Granted in this period, by this instant.
    pub(crate) used: String,
    /// What is left.
    pub(crate) left: String,
    /// Granted in the last 14 local days.
    pub(crate) used_in_14_days: String,
    /// The local day on which nothing is left if it goes on so; absent where it is not used, or lasts longer than the
    /// calendar.
    #[schema(value_type = Option<String>)]
    pub(crate) exhausted_on: Option<NaiveDate>,
}

/// Sums by kind.
#[derive(Debug, Default)]
struct Kinds(BTreeMap<String, (i64, i64, i64)>);

impl Kinds {
    fn of(&self, kind: &str) -> (i64, i64, i64) {
        self.0.get(kind).copied().unwrap_or_default()
    }
}

fn ratio(part: i64, whole: i64) -> Option<String> {
    let rate = Decimal::from(part).checked_div(Decimal::from(whole))?;
    Some(format!("{:.6}", rate.round_dp(6)))
}

fn points(stored: &Stored, decimals: u8) -> Result<i64, ServiceError> {
    stored.units(decimals).ok_or_else(|| mend("a sum of points cannot be read"))
}

impl Scope {
    /// What the report is of.
    pub(crate) fn about(&self) -> About {
        About {
            program: self.program.clone(),
            currency: self.rules.currency().code().to_owned(),
            from: self.from,
            to: self.to,
            exact_up_to: self.exact_up_to,
        }
    }

    fn money(&self, units: i64) -> String {
        Units::new(units, self.rules.currency().decimals()).to_string()
    }

    fn points(&self, units: i64) -> String {
        Units::new(units, self.rules.points_decimals()).to_string()
    }

    fn totals(&self, key: String, kinds: &Kinds, of_campaign: bool) -> Totals {
        let (bought, refunded) = (kinds.of("purchase"), kinds.of("refund"));
        let [base, loyalty, campaign, reversed] = ["base", "loyalty", "campaign", "reversal"].map(|k| kinds.of(k).1);
        let granted = base.saturating_add(loyalty).saturating_add(campaign).saturating_add(reversed);
        let of_points = kinds.of("points");
        // Of a campaign: the purchases on which it granted money or points.
        let (count, spend, back) = if of_campaign {
            let money = kinds.of("campaign");
            let reversal = kinds.of("reversal");
            (money.0.saturating_add(of_points.0), money.2.saturating_add(of_points.2), (reversal.0, reversal.2))
        } else {
            (bought.0, bought.1, (refunded.0, refunded.1))
        };
        Totals {
            key,
            purchases: count,
            refunds: back.0,
            spend: self.money(spend),
            refunded: self.money(back.1),
            base: self.money(base),
            loyalty: self.money(loyalty),
            campaign: self.money(campaign),
            reversed: self.money(reversed),
            total: self.money(granted),
            points: self.points(of_points.1),
            return_on_spend: ratio(granted, spend.saturating_add(back.1)),
        }
    }
}

impl Service {
    /// What a report is of: the program that is meant, and local days, the last 30 unless said. What was processed since
    /// the last pass is added first, if that is not much. Error `unknown_program`.
    pub(crate) async fn scope(
        &self,
        program: Option<&str>,
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
    ) -> Result<Scope, ServiceError> {
        let in_force = InForce::now(&self.store).await?;
        let program = in_force.program(program)?;
        if let Err(error) = self.aggregate_most(CHUNKS).await {
            // The answer says up to when it is exact.
            tracing::debug!(%error, "nothing was added up before a report");
        }
        let watermark: Option<Clock> = self.store.read_one(statements::ANALYTICS_WATERMARK, &()).await?;
        let exact_up_to = watermark.map(|clock| clock.now).ok_or_else(|| mend("the sums have no watermark"))?;
        let now = self.now().await?;
        let hash = in_force.at(&program, now).ok_or_else(|| mend("a program has no publication"))?;
        let rules = self.rules.read(&self.store, hash).await?;
        let today = rules.local_date(now);
        let to = to.unwrap_or(today);
        let from = from.unwrap_or_else(|| to.checked_sub_days(Days::new(29)).unwrap_or(to));
        Ok(Scope { rules, program, today, from, to, exact_up_to })
    }

    /// Sums by `day`, `month`, `tier`, `category` or `campaign`, in order of the key.
    pub(crate) async fn totals(&self, scope: &Scope, by: &'static str) -> Result<Vec<Totals>, ServiceError> {
        let wanted = SumsWanted { program: scope.program.clone(), from: scope.from, to: scope.to, by };
        let rows: Vec<SumRow> = self.store.read(statements::ANALYTICS_SUMS, &wanted).await?;
        let mut keys: BTreeMap<String, Kinds> = BTreeMap::new();
        for row in rows {
            keys.entry(row.key).or_default().0.insert(row.kind, (row.count, row.amount, row.spend));
        }
        let of_campaign = by == "campaign";
        let told = keys.into_iter().filter(|(key, _)| !of_campaign || !key.is_empty());
        Ok(told.map(|(key, kinds)| scope.totals(key, &kinds, of_campaign)).collect())
    }

    async fn expiry(&self, scope: &Scope) -> Result<Vec<ExpiryRow>, ServiceError> {
        let wanted = ExpiryWanted { program: scope.program.clone(), today: scope.today };
        Ok(self.store.read(statements::POINTS_BY_EXPIRY, &wanted).await?)
    }

    /// Points that members can still spend, by the month in which they expire.
    pub(crate) async fn liability(&self, scope: &Scope) -> Result<Vec<Liability>, ServiceError> {
        let decimals = scope.rules.points_decimals();
        let mut months: BTreeMap<Option<String>, (i64, i64)> = BTreeMap::new();
        // What is past its day is owed no longer, whether it was swept or not.
        for row in self.expiry(scope).await?.into_iter().filter(|row| !row.is_past) {
            let month = months.entry(row.month).or_default();
            month.0 = month.0.saturating_add(points(&row.available, decimals)?);
            month.1 = month.1.saturating_add(points(&row.pending, decimals)?);
        }
        months.retain(|_, (available, pending)| *available != 0 || *pending != 0);
        let told = months.into_iter().map(|(month, (available, pending))| Liability {
            month,
            available: scope.points(available),
            pending: scope.points(pending),
            owed: scope.points(available.saturating_add(pending)),
        });
        Ok(told.collect())
    }

    /// How many points expired, by the month in which they do.
    pub(crate) async fn breakage(&self, scope: &Scope) -> Result<Vec<Breakage>, ServiceError> {
        let decimals = scope.rules.points_decimals();
        /// Earned, redeemed, expired, open.
        type Parts = (i64, i64, i64, i64);
        let mut months: BTreeMap<Option<String>, Parts> = BTreeMap::new();
        for row in self.expiry(scope).await? {
            let of = |stored: &Stored| points(stored, decimals);
            let gone = of(&row.reversed)?.saturating_add(of(&row.moved)?);
            let rest = of(&row.available)?.saturating_add(of(&row.pending)?);
            let month = months.entry(row.month.clone()).or_default();
            month.0 = month.0.saturating_add(of(&row.earned)?.saturating_sub(gone));
            month.1 = month.1.saturating_add(of(&row.redeemed)?);
            month.2 = month.2.saturating_add(of(&row.expired)?);
            let part = if row.is_past { &mut month.2 } else { &mut month.3 };
            *part = part.saturating_add(rest);
        }
        let told = months.into_iter().map(|(month, (earned, redeemed, expired, open))| Breakage {
            month,
            earned: scope.points(earned),
            redeemed: scope.points(redeemed),
            expired: scope.points(expired),
            open: scope.points(open),
            rate: ratio(expired, earned),
        });
        Ok(told.collect())
    }

    /// Budgets of the rules in force: the program's, then those of campaigns by priority.
    pub(crate) async fn budgets(&self, scope: &Scope) -> Result<Vec<Budget>, ServiceError> {
        let since = scope.today.checked_sub_days(Days::new(BURN_DAYS.saturating_sub(1))).unwrap_or(scope.today);
        let wanted = SumsWanted { program: scope.program.clone(), from: since, to: scope.today, by: "budget" };
        let burnt: Vec<SumRow> = self.store.read(statements::ANALYTICS_SUMS, &wanted).await?;
        let used: Vec<CounterUnits> = self.store.read(statements::BUDGETS_USED, &scope.program).await?;
        let about = scope.rules.describe();
        let mut all: Vec<(Option<String>, bool, &BudgetDescription)> =
            about.budget.iter().map(|budget| (None, false, budget)).collect();
        all.extend(about.campaigns.iter().filter_map(|campaign| {
            Some((Some(campaign.id.clone()), campaign.kind.starts_with("points"), campaign.budget.as_ref()?))
        }));
        let periods = periods(&scope.rules, self.now().await?)?;
        let told = all.into_iter().map(|(campaign_id, is_points, budget)| {
            let decimals = if is_points { scope.rules.points_decimals() } else { scope.rules.currency().decimals() };
            let period = periods.get(&budget.counter).cloned().unwrap_or_default();
            let limit = Stored::Decimal(budget.limit.clone()).units(decimals).unwrap_or_default();
            let here = used.iter().find(|row| row.key == budget.counter && row.period == period);
            let here = here.map_or(0, |row| row.units);
            let burnt = burnt.iter().filter(|row| row.key == budget.counter).map(|row| row.amount).sum::<i64>();
            let left = limit.saturating_sub(here).max(0);
            let text = |units: i64| Units::new(units, decimals).to_string();
            Budget {
                campaign_id,
                counter: budget.counter.clone(),
                unit: if is_points { "points" } else { "money" },
                per: budget.per,
                period,
                limit: text(limit),
                used: text(here),
                left: text(left),
                used_in_14_days: text(burnt),
                exhausted_on: exhausted(scope.today, left, burnt),
            }
        });
        Ok(told.collect())
    }
}

/// The day on which nothing is left, at the pace of the last days; rounded up.
fn exhausted(today: NaiveDate, left: i64, burnt: i64) -> Option<NaiveDate> {
    if burnt <= 0 {
        return None;
    }
    let days = i128::from(left).checked_mul(i128::from(BURN_DAYS))?;
    let days = days.checked_add(i128::from(burnt).checked_sub(1)?)?.checked_div(i128::from(burnt))?;
    today.checked_add_days(Days::new(u64::try_from(days).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_lasts_as_long_as_its_pace_says() {
        let today = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap_or_default();
        let after = |days| today.checked_add_days(Days::new(days));
        assert_eq!(exhausted(today, 100, 0), None);
        assert_eq!(exhausted(today, 100, -5), None);
        assert_eq!(exhausted(today, 0, 5), after(0));
        assert_eq!(exhausted(today, 100, 1400), after(1));
        assert_eq!(exhausted(today, 101, 1400), after(2));
        assert_eq!(exhausted(today, i64::MAX, 1), None);
    }

    #[test]
    fn rates_have_six_decimals() {
        assert_eq!(ratio(1, 3).as_deref(), Some("0.333333"));
        assert_eq!(ratio(0, 3).as_deref(), Some("0.000000"));
        assert_eq!(ratio(1, 0), None);
    }
}
