//! Sums for reports: what was processed is added up by local day, up to a watermark.
//!
//! A posting touches none of it. A pass takes what was kept from the watermark on to an instant before which nothing
//! more can come: in PostgreSQL the begin of the oldest transaction that is open, since what a transaction keeps is
//! dated after its begin (while there are connections whose transactions it does not show, the pass waits); in the embedded store, where one transaction writes at a time, the clock. So each processed
//! row is counted once, and the sums are exact up to the watermark.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

use super::error::ServiceError;
use super::rules::InForce;
use super::{Service, mend};
use crate::store::analytics_rows::{DailyKey, DailyWrite, OutcomeRow, Stretch};
use crate::store::rows::{Clock, Instant};
use crate::store::units::Stored;
use crate::store::{Work, statements};

/// As many processed rows are added in one transaction; more than a posting keeps at the same instant.
const ROWS: usize = 5_000;

/// As many changes of lots are added to their sums at once.
const LOT_CHANGES: usize = 10_000;

/// As many transactions does one call make.
const CHUNKS: usize = 200;

/// What is read of an outcome.
#[derive(Debug, Deserialize)]
struct Told {
    amount: String,
    currency: String,
    tier: Option<String>,
    components: Vec<Part>,
    points: Vec<Part>,
    usage: Vec<Used>,
}

#[derive(Debug, Deserialize)]
struct Part {
    kind: String,
    id: String,
    granted: String,
}

#[derive(Debug, Deserialize)]
struct Used {
    key: String,
    delta: String,
}

/// Count, amount, spend.
#[derive(Debug, Default)]
struct Sum(i64, i64, i64);

#[derive(Debug, Default)]
struct Sums(BTreeMap<DailyKey, Sum>);

impl Sums {
    fn add(&mut self, key: DailyKey, count: i64, amount: i64, spend: i64) {
        let sum = self.0.entry(key).or_default();
        sum.0 = sum.0.saturating_add(count);
        sum.1 = sum.1.saturating_add(amount);
        sum.2 = sum.2.saturating_add(spend);
    }

    fn take(&mut self, row: &OutcomeRow, day: NaiveDate) -> Result<(), ServiceError> {
        let told: Told = serde_json::from_str(&row.outcome).map_err(|_| mend("a stored outcome cannot be read"))?;
        let is_refund = row.kind == "refund";
        let amount = units(&told.amount)?;
        let key = |kind: &'static str, rule: &str, campaign: &str| DailyKey {
            program: row.program.clone(),
            day,
            kind,
            rule_id: rule.to_owned(),
            campaign_id: campaign.to_owned(),
            tier: told.tier.clone().unwrap_or_default(),
            category: row.category.clone().unwrap_or_default(),
            currency: told.currency.clone(),
        };
        self.add(key(if is_refund { "refund" } else { "purchase" }, "", ""), 1, amount, amount);
        for part in &told.components {
            let kind = match part.kind.as_str() {
                _ if is_refund => "reversal",
                "base" => "base",
                "loyalty" => "loyalty",
                _ => "campaign",
            };
            let campaign = if part.kind == "campaign" { part.id.as_str() } else { "" };
            self.add(key(kind, &part.id, campaign), 1, units(&part.granted)?, amount);
        }
        for part in &told.points {
            let campaign = if part.kind == "campaign" { part.id.as_str() } else { "" };
            let (count, spend) = if is_refund { (0, 0) } else { (1, amount) };
            self.add(key("points", &part.id, campaign), count, units(&part.granted)?, spend);
        }
        for used in told.usage.iter().filter(|used| used.key.contains(".budget.")) {
            // Budgets are by key alone.
            let key = DailyKey { tier: String::new(), category: String::new(), ..key("budget", &used.key, "") };
            self.add(key, 1, units(&used.delta)?, 0);
        }
        Ok(())
    }

    fn rows(self) -> Vec<DailyWrite> {
        let row = |(key, sum): (DailyKey, Sum)| DailyWrite { key, count: sum.0, amount: sum.1, spend: sum.2 };
        self.0.into_iter().map(row).collect()
    }
}

/// Units of a number that has as many digits as its unit.
fn units(text: &str) -> Result<i64, ServiceError> {
    Stored::Decimal(text.to_owned()).raw().ok_or_else(|| mend("a number of a stored outcome cannot be read"))
}

/// An instant before which nothing more can come.
#[derive(Debug, Deserialize)]
struct Horizon {
    now: DateTime<Utc>,
    /// Connections of the service whose transactions the database does not show to this one.
    hidden: u32,
}

async fn watermark(work: &mut Work) -> Result<DateTime<Utc>, ServiceError> {
    let rows: Vec<Clock> = work.rows(statements::LOCK_ANALYTICS, &()).await?;
    rows.first().map(|row| row.now).ok_or_else(|| mend("the sums for reports have no watermark"))
}

pub(super) async fn horizon(work: &mut Work) -> Result<Option<DateTime<Utc>>, ServiceError> {
    let rows: Vec<Horizon> = work.rows(statements::ANALYTICS_HORIZON, &()).await?;
    let row = rows.first().ok_or_else(|| mend("the store does not say what is under way"))?;
    if row.hidden > 0 {
        tracing::warn!(
            connections = row.hidden,
            "reports wait: the service has connections of another role, whose transactions only a member of `pg_read_all_stats` sees"
        );
    }
    Ok((row.hidden == 0).then_some(row.now))
}

impl Service {
    /// Adds up what was processed since the last time; answers up to when the sums are exact.
    pub(crate) async fn aggregate(&self) -> Result<DateTime<Utc>, ServiceError> {
        self.fold_lots().await?;
        self.aggregate_most(CHUNKS).await
    }

    /// As [`Service::aggregate`], with so many transactions at most.
    pub(crate) async fn aggregate_most(&self, chunks: usize) -> Result<DateTime<Utc>, ServiceError> {
        let mut reached = DateTime::UNIX_EPOCH;
        for _ in 0..chunks {
            let (watermark, is_done) = self.chunk().await?;
            reached = watermark;
            if is_done {
                break;
            }
        }
        Ok(reached)
    }

    /// Adds what changed of lots to their sums. Each change is a row until it is added, and reports add those that are left
    /// themselves: they are exact at any time, and a posting never waits for a sum.
    async fn fold_lots(&self) -> Result<(), ServiceError> {
        let mut work = self.store.begin().await?;
        work.run(statements::FOLD_LOT_CHANGES, &LOT_CHANGES).await?;
        Ok(work.commit().await?)
    }

    async fn chunk(&self) -> Result<(DateTime<Utc>, bool), ServiceError> {
        let mut work = self.store.begin().await?;
        let from = watermark(&mut work).await?;
        // Read after the lock and before the rows.
        let Some(horizon) = horizon(&mut work).await?.filter(|horizon| *horizon > from) else {
            return Ok((from, true));
        };
        let stretch = Stretch { from: Instant(from), until: Instant(horizon), limit: ROWS };
        let mut rows: Vec<OutcomeRow> = work.rows(statements::ANALYTICS_ROWS, &stretch).await?;
        let mut until = horizon;
        let is_done = rows.len() < ROWS;
        if !is_done {
            // The last instant may have more rows than were read.
            until = rows.last().map_or(horizon, |row| row.created_at);
            rows.retain(|row| row.created_at < until);
        }
        let in_force = InForce::within(&mut work).await?;
        let mut sums = Sums::default();
        for row in &rows {
            // A program's time zone never changes, so any of its rule sets tells the day.
            let hash =
                in_force.at(&row.program, row.occurred_at).ok_or_else(|| mend("a program has no publication"))?;
            let rules = self.rules.get(&mut work, hash).await?;
            sums.take(row, rules.local_date(row.occurred_at))?;
        }
        work.write(statements::ADD_ANALYTICS, &sums.rows()).await?;
        work.run(statements::SET_WATERMARK, &Instant(until)).await?;
        work.commit().await?;
        Ok((until, is_done))
    }
}
