//! What is done without being asked: what is due, anchors of history, partitions of the months to come, gauges.
//!
//! Every replica runs every job; none needs a lease. What a job does to a member goes through the same posting as a
//! request, under the member's lock, and does nothing where nothing is due any more.

pub(crate) mod access;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::service::command::{Act, Command};
use crate::service::error::ServiceError;
use crate::service::queue::Poster;
use crate::service::{Service, unharmed};
use crate::store::rows::CounterUnits;
use crate::store::statements;

/// How often members are looked through for what is due.
const SWEEP: Duration = Duration::from_secs(300);

/// How often gauges are read.
const PULSE: Duration = Duration::from_secs(15);

/// How often partitions are made.
const PARTITIONS: Duration = Duration::from_secs(6 * 3600);

/// How often hours of history are looked for that are over and not anchored.
const ANCHORS: Duration = Duration::from_secs(600);

/// Months for which partitions are made ahead.
const MONTHS_AHEAD: u32 = 3;

/// Starts all jobs.
pub(crate) fn start(service: &Arc<Service>, poster: &Poster) {
    let (sweeper, poster) = (Arc::clone(service), poster.clone());
    tokio::spawn(async move { every(SWEEP, || sweep(&sweeper, &poster), "sweep").await });
    let pulsing = Arc::clone(service);
    tokio::spawn(async move { every(PULSE, || pulse(&pulsing), "pulse").await });
    tokio::spawn(crate::service::counting::run(Arc::clone(service)));
    let anchoring = Arc::clone(service);
    tokio::spawn(async move { every(ANCHORS, || anchoring.anchor(), "anchors").await });
    let making = Arc::clone(service);
    tokio::spawn(async move { every(PARTITIONS, || partitions(&making), "partitions").await });
}

async fn every<F: Future<Output = Result<(), ServiceError>>>(pause: Duration, job: impl Fn() -> F, name: &'static str) {
    let mut ticks = tokio::time::interval(pause);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = unharmed(job()).await {
            tracing::warn!(job = name, %error, "a job failed and is tried again later");
        }
    }
}

#[derive(Debug, Clone, Serialize)]
struct After {
    today: NaiveDate,
    user_id: String,
    program: String,
}

#[derive(Debug, Deserialize)]
struct Due {
    user_id: String,
    program: String,
}

/// Brings about what is due for members who do nothing themselves. The store finds who may be concerned, by tomorrow's
/// date in UTC so that no time zone is left out; the engine decides.
pub(crate) async fn sweep(service: &Service, poster: &Poster) -> Result<(), ServiceError> {
    let now = service.now().await?;
    let today = now.date_naive().succ_opt().unwrap_or(now.date_naive());
    let mut after = After { today, user_id: String::new(), program: String::new() };
    loop {
        let due: Vec<Due> = service.store.read(statements::DUE_MEMBERS, &after).await?;
        let Some(last) = due.last() else { return Ok(()) };
        after = After { today, user_id: last.user_id.clone(), program: last.program.clone() };
        let commands = due.into_iter().map(|due| Command {
            user_id: due.user_id,
            program: Some(due.program),
            act: Act::Advance,
            key: None,
            by: "sweep".to_owned(),
        });
        for answer in poster.post_all(commands.collect()).await {
            if let Err(error) = answer {
                tracing::warn!(%error, "what is due for a member was not done");
            }
        }
    }
}

/// Makes the partitions of this month and the months to come.
pub(crate) async fn partitions(service: &Service) -> Result<(), ServiceError> {
    let mut work = service.store.begin().await?;
    let made: Vec<i64> = work.rows(statements::MAKE_PARTITIONS, &MONTHS_AHEAD).await?;
    work.commit().await?;
    if let Some(made) = made.first().filter(|made| **made > 0) {
        tracing::info!(made, "partitions were made");
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
struct Pulse {
    active_members: u32,
    outbox_waiting: u32,
    outbox_age: u32,
}

/// Reads what is watched into gauges.
async fn pulse(service: &Service) -> Result<(), ServiceError> {
    if let Some(pulse) = service.store.read_one::<Pulse>(statements::PULSE, &()).await? {
        metrics::gauge!("rewards_active_members").set(pulse.active_members);
        metrics::gauge!("rewards_outbox_waiting").set(pulse.outbox_waiting);
        metrics::gauge!("rewards_outbox_age_seconds").set(pulse.outbox_age);
    }
    for count in service.vouchers_left().await? {
        let labels = [("program", count.program), ("option", count.option)];
        #[expect(clippy::cast_precision_loss, reason = "a gauge is for looking at")]
        metrics::gauge!("rewards_voucher_codes_left", &labels).set(count.left as f64);
    }
    for campaign in service.campaigns(None).await? {
        let Some(budget) = campaign.budget else { continue };
        let labels = [("program", campaign.program), ("campaign", campaign.campaign_id)];
        let number = |text: &str| text.parse::<f64>().unwrap_or_default();
        metrics::gauge!("rewards_campaign_budget_used", &labels).set(number(&budget.used));
        metrics::gauge!("rewards_campaign_budget_left", &labels).set(number(&budget.left));
    }
    let (used, idle) = service.store.connections();
    metrics::gauge!("rewards_store_connections", "state" => "used").set(used);
    metrics::gauge!("rewards_store_connections", "state" => "idle").set(idle);
    let budgets: Vec<CounterUnits> = service.store.read(statements::ALL_BUDGETS, &()).await?;
    for budget in budgets {
        let CounterUnits { program, key, period, units, .. } = budget;
        let labels = [("program", program), ("counter", key), ("period", period)];
        // A gauge is for looking at; the ledger has the exact number.
        #[expect(clippy::cast_precision_loss, reason = "a gauge is for looking at")]
        metrics::gauge!("rewards_budget_used_units", &labels).set(units as f64);
    }
    Ok(())
}
