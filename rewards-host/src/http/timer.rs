//! The clock of a connection: hyper sets a time limit for the headers of each request and takes it back when they are
//! there. Most requests are there long before, so what is set with the runtime stays from one to the next: it is moved
//! only when it goes off too early, instead of being entered and taken out for every request.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

/// What is set with the runtime.
type Alarm = Arc<Mutex<Option<Pin<Box<tokio::time::Sleep>>>>>;

/// A clock for one connection, which waits for one thing at a time.
#[derive(Debug, Clone, Default)]
pub(super) struct OneTimer(Alarm);

impl Timer for OneTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        let now = self.now();
        self.sleep_until(now.checked_add(duration).unwrap_or(now))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Until { deadline, alarm: Arc::clone(&self.0) })
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}

/// A wait; the alarm may be set for an earlier time.
struct Until {
    deadline: Instant,
    alarm: Alarm,
}

impl Sleep for Until {}

impl Future for Until {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let deadline = tokio::time::Instant::from_std(self.deadline);
        let mut alarm = self.alarm.lock().unwrap_or_else(PoisonError::into_inner);
        let alarm = alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if alarm.deadline() > deadline {
            alarm.as_mut().reset(deadline);
        }
        while alarm.as_mut().poll(context).is_ready() {
            if tokio::time::Instant::now() >= deadline {
                return Poll::Ready(());
            }
            alarm.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test stops at the first surprise")]
    use tokio::time::timeout;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_at_its_own_time_whatever_was_set_before() {
        let timer = OneTimer::default();
        let begun = timer.now();
        // Given up after a second, when nothing had gone off.
        assert!(timeout(SECOND, timer.sleep(SECOND * 10)).await.is_err());
        // Later than what is set, then earlier.
        timer.sleep(SECOND * 20).await;
        assert_eq!(timer.now() - begun, SECOND * 21);
        assert!(timeout(SECOND, timer.sleep(SECOND * 10)).await.is_err());
        timer.sleep(SECOND * 2).await;
        assert_eq!(timer.now() - begun, SECOND * 24);
        timer.sleep_until(begun).await;
        assert_eq!(timer.now() - begun, SECOND * 24);
    }
}
