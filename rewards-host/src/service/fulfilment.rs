//! Fulfilling redemptions: what was redeemed reaches the member, then the redemption ends.
//!
//! Redemptions wait in the store, so that one that was made before the process died is fulfilled by the next. Two
//! replicas may try the same one: a fulfilment has to be safe to be asked twice, and the redemption ends once.

use std::sync::Arc;
use std::time::Duration;

use rewards_rules::describe::OptionDescription;
use rewards_rules::state::Settlement;

use super::command::{Act, Command};
use super::error::{Code, ServiceError};
use super::queue::Poster;
use super::redemptions::RedemptionView;
use super::rules::InForce;
use super::{Service, mend, unharmed};
use crate::store::accounts::{OptionKey, Pending, PendingRules};
use crate::store::statements;

/// How often pending redemptions are looked for.
const EVERY: Duration = Duration::from_secs(1);

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fulfilled {
    /// The member has it; how, for the history.
    Completed(String),
    /// The member will never have it; why, for the history. The points go back.
    #[cfg_attr(not(test), expect(dead_code, reason = "no way of the service itself refuses for good"))]
    Failed(String),
    /// Not yet: it is tried again.
    Later,
}

/// A way to fulfil redemptions of some types.
#[async_trait::async_trait]
pub(crate) trait Fulfilment: Send + Sync + std::fmt::Debug {
    /// Whether it fulfils options of this `type`.
    fn takes(&self, kind: &str) -> bool;

    /// Of options that it takes those that it can fulfil now.
    async fn has_any(&self, options: Vec<OptionKey>) -> Result<Vec<OptionKey>, ServiceError> {
        Ok(options)
    }

    /// Fulfils one. It may be asked again for the same redemption; its id tells.
    async fn fulfil(&self, redemption: &RedemptionView) -> Fulfilled;
}

/// Redemptions that are complete as soon as they are made: who keeps the member's account hears of them by event.
#[derive(Debug, Clone)]
pub(crate) struct AtOnce(pub(crate) Vec<String>);

#[async_trait::async_trait]
impl Fulfilment for AtOnce {
    fn takes(&self, kind: &str) -> bool {
        self.0.iter().any(|known| known == kind)
    }

    async fn fulfil(&self, _: &RedemptionView) -> Fulfilled {
        Fulfilled::Completed("complete as soon as it is made".to_owned())
    }
}

/// Fulfils what is pending, for ever.
pub(crate) async fn run(service: Arc<Service>, poster: Poster, way: Arc<dyn Fulfilment>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = unharmed(round(&service, &poster, &*way)).await {
            tracing::warn!(%error, "fulfilment");
        }
    }
}

/// Tries what is pending once, at most 100 redemptions; answers how many ended.
pub(crate) async fn round(service: &Service, poster: &Poster, way: &dyn Fulfilment) -> Result<usize, ServiceError> {
    let options = options(service, way).await?;
    if options.is_empty() {
        return Ok(0);
    }
    let pending: Vec<Pending> = service.store.read(statements::PENDING_REDEMPTIONS, &options).await?;
    let mut ended = 0_usize;
    for Pending { id } in pending {
        let redemption = match service.redemption(id).await {
            Ok(redemption) => redemption,
            // One that cannot be read keeps no other back.
            Err(error) => {
                tracing::error!(redemption = %id, %error, "a redemption cannot be fulfilled");
                continue;
            }
        };
        let (settlement, reason) = match way.fulfil(&redemption).await {
            Fulfilled::Completed(reason) => (Settlement::Complete, reason),
            Fulfilled::Failed(reason) => (Settlement::Fail, reason),
            Fulfilled::Later => continue,
        };
        let act = Act::Settle { id, settlement, reason };
        let command =
            Command { user_id: redemption.user_id, program: None, act, key: None, by: "fulfilment".to_owned() };
        match poster.post(command).await {
            Ok(_) => ended = ended.saturating_add(1),
            // Withdrawn meanwhile, or ended by another replica: what is written stands.
            Err(error) if matches!(error.code, Code::Input(_)) => {
                tracing::warn!(redemption = %id, %error, "a redemption that was fulfilled had ended already");
            }
            // Nobody can be served now; the rest is tried in the next round.
            Err(error)
                if matches!(
                    error.code,
                    Code::DatabaseTimeout
                        | Code::MemoryLimit
                        | Code::Contention
                        | Code::Overloaded
                        | Code::ShuttingDown
                ) =>
            {
                return Err(error);
            }
            Err(error) => tracing::error!(redemption = %id, %error, "a redemption cannot be ended"),
        }
    }
    Ok(ended)
}

/// The options, in every program, that this way fulfils.
async fn options(service: &Service, way: &dyn Fulfilment) -> Result<Vec<OptionKey>, ServiceError> {
    let all = service.options().await?.into_iter().filter(|(_, option)| way.takes(&option.kind));
    way.has_any(all.map(|(program, option)| OptionKey { program, option: option.id }).collect()).await
}

impl Service {
    /// The options of every program: those that can be redeemed now, and those that are gone from the rules and of
    /// which a redemption is pending still.
    pub(super) async fn options(&self) -> Result<Vec<(String, OptionDescription)>, ServiceError> {
        let in_force = InForce::now(&self.store).await?;
        let now = self.now().await?;
        let mut hashes = Vec::new();
        for program in in_force.programs() {
            let hash = in_force.at(&program, now).ok_or_else(|| mend("a program has no publication"))?.to_owned();
            hashes.push((program, hash));
        }
        let pending: Vec<PendingRules> = self.store.read(statements::PENDING_RULES, &()).await?;
        hashes.extend(pending.into_iter().map(|of| (of.program, of.rule_set)));
        let mut all: Vec<(String, OptionDescription)> = Vec::new();
        for (program, hash) in hashes {
            for option in self.rules.read(&self.store, &hash).await?.describe().options {
                if !all.iter().any(|(of, known)| *of == program && known.id == option.id) {
                    all.push((program.clone(), option));
                }
            }
        }
        Ok(all)
    }
}
