//! Hearing of what other replicas changed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::StreamExt;
use redis::Client;

use super::Caches;
use super::far::channel;

/// How long to wait before the subscription is tried again.
const AGAIN: Duration = Duration::from_millis(500);

/// How long the channel may be silent before it is asked whether it is still there.
const SILENCE: Duration = Duration::from_secs(1);

/// What the replicas say to themselves to know that they hear.
const PROBE: &str = "\u{1}probe";

/// Whether this replica hears of changes.
#[derive(Debug, Clone)]
pub(crate) struct Hearing(Arc<AtomicBool>);

impl Hearing {
    /// For a process that needs not hear, or never hears.
    pub(super) fn fixed(sure: bool) -> Hearing {
        Hearing(Arc::new(AtomicBool::new(sure)))
    }

    pub(super) fn nothing_yet() -> Hearing {
        Hearing::fixed(false)
    }

    /// Whether near answers can be trusted.
    pub(super) fn is_sure(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn set(&self, sure: bool) {
        if self.0.swap(sure, Ordering::AcqRel) != sure {
            tracing::info!(sure, "hearing of changes by other replicas");
        }
    }
}

/// Listens as long as the caches are there.
pub(crate) fn listen(client: Client, caches: &Arc<Caches>) {
    let hearing = caches.hearing.clone();
    let channel = channel(&caches.store);
    let caches = Arc::downgrade(caches);
    tokio::spawn(async move {
        while caches.strong_count() > 0 {
            let ended = hear(&client, &channel, &caches, &hearing).await;
            hearing.set(false);
            if let Err(error) = ended {
                tracing::debug!(why = error.category(), "the subscription ended");
            }
            tokio::time::sleep(AGAIN).await;
        }
    });
}

async fn hear(client: &Client, channel: &str, caches: &Weak<Caches>, hearing: &Hearing) -> redis::RedisResult<()> {
    let mut subscription = client.get_async_pubsub().await?;
    subscription.subscribe(channel).await?;
    let mut probing = client.get_multiplexed_async_connection().await?;
    // What was changed before this moment was not heard.
    if let Some(caches) = caches.upgrade() {
        caches.unreach_all();
    }
    hearing.set(true);
    let mut messages = subscription.on_message();
    let mut quiet = false;
    while caches.strong_count() > 0 {
        match tokio::time::timeout(SILENCE, messages.next()).await {
            Ok(Some(message)) => {
                quiet = false;
                let member: String = message.get_payload()?;
                if member != PROBE
                    && let Some(caches) = caches.upgrade()
                {
                    caches.unreach(&member);
                }
            }
            Ok(None) => return Ok(()),
            // A connection that was cut off in silence looks like one on which nobody says anything: say something.
            Err(_) if !quiet => {
                quiet = true;
                let asked = redis::cmd("PUBLISH").arg(channel).arg(PROBE).query_async::<i64>(&mut probing).await;
                asked?;
            }
            Err(_) => return Ok(()),
        }
    }
    Ok(())
}
