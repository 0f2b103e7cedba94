//! Who asked for what: written behind the answers, a second's worth at once. Of all that is kept, this alone may lose:
//! lines that do not fit, that wait while the process is killed, or whose client went away before the answer. A service that is stopped writes
//! those that wait.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::service::{Service, unharmed};
use crate::store::rows::Instant;
use crate::store::statements;

/// Lines that may wait.
const WAITING: usize = 10_000;

/// How long lines gather.
const GATHER: Duration = Duration::from_secs(1);

/// One request.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Access {
    pub(crate) id: Uuid,
    pub(crate) subject: Option<String>,
    /// Divided by commas.
    pub(crate) roles: String,
    pub(crate) method: String,
    /// Without what stands after `?`.
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) request_id: String,
    pub(crate) address: String,
    pub(crate) created_at: Instant,
}

/// Where lines are handed in.
#[derive(Debug)]
pub(crate) struct AccessLog {
    lines: mpsc::Sender<Access>,
    lost: metrics::Counter,
    is_over: watch::Sender<bool>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl AccessLog {
    /// Starts the writer. It ends when the log is closed, or gone.
    pub(crate) fn start(service: &Arc<Service>) -> AccessLog {
        let (sender, mut lines) = mpsc::channel(WAITING);
        let (is_over, mut over) = watch::channel(false);
        let service = Arc::clone(service);
        let lost = metrics::counter!("rewards_access_log_lost_total");
        let lost_by_writer = lost.clone();
        let writer = tokio::spawn(async move {
            let mut gathered = Vec::new();
            loop {
                let come = tokio::select! {
                    come = lines.recv_many(&mut gathered, WAITING) => come,
                    // Those that wait are taken; none comes any more.
                    _ = over.wait_for(|is_over| *is_over), if !lines.is_closed() => {
                        lines.close();
                        continue;
                    }
                };
                if come == 0 {
                    return;
                }
                if let Err(error) = unharmed(write(&service, &gathered)).await {
                    lost_by_writer.increment(gathered.len() as u64);
                    tracing::warn!(%error, lines = gathered.len(), "lines of access are lost");
                }
                gathered.clear();
                let _ = tokio::time::timeout(GATHER, over.wait_for(|is_over| *is_over)).await;
            }
        });
        AccessLog { lines: sender, lost, is_over, writer: Mutex::new(Some(writer)) }
    }

    /// Takes no more lines, and waits until those that wait are written.
    pub(crate) async fn close(&self) {
        self.is_over.send_replace(true);
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            // It cannot panic.
            let _ = writer.await;
        }
    }

    /// Hands in a line. Where too many wait it is lost, and not even made; half of the places are for requests of whom is
    /// known (`is_known`), so that strangers cannot take them all.
    pub(crate) fn note(&self, is_known: bool, line: impl FnOnce() -> Access) {
        let has_place = is_known || self.lines.capacity() > WAITING / 2;
        match self.lines.try_reserve().ok().filter(|_| has_place) {
            Some(place) => place.send(line()),
            None => self.lost.increment(1),
        }
    }
}

pub(super) async fn write(service: &Service, lines: &[Access]) -> Result<(), crate::service::error::ServiceError> {
    let mut work = service.store.begin().await?;
    work.load(statements::PUT_ACCESS, lines).await?;
    work.commit().await?;
    Ok(())
}
