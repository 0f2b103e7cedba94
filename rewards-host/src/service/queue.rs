//! The queue before the store: concurrent posts become batches.
//!
//! Members are shared out by a hash of their ids, and each share has one writer, so writers never wait for each other.
//! A writer takes what has gathered while it wrote the batch before; when nothing has, a post goes alone and at once.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::Service;
use super::command::{Command, Done};
use super::error::{Code, ServiceError};

/// As many commands at most are written together.
const BATCH: usize = 200;

/// As many may wait for one writer; more are refused.
const WAITING: usize = 4_000;

type Reply = oneshot::Sender<Result<Done, ServiceError>>;

/// The writers of a process.
#[derive(Debug, Clone)]
pub(crate) struct Poster {
    shares: Arc<[mpsc::Sender<(Command, Reply)>]>,
}

impl Poster {
    /// Starts so many writers. They end when the poster and all its clones are gone and what waited is written.
    pub(crate) fn start(service: &Arc<Service>, writers: usize) -> Poster {
        let shares = (0..writers.max(1)).map(|_| {
            let (sender, receiver) = mpsc::channel(WAITING);
            tokio::spawn(write(Arc::clone(service), receiver));
            sender
        });
        Poster { shares: shares.collect() }
    }

    /// Posts a command and waits for its answer. Error `overloaded` if too many wait already.
    pub(crate) async fn post(&self, command: Command) -> Result<Done, ServiceError> {
        let answer = self.enqueue(command)?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// Posts commands; the answers come in the same order. Those of one member are done in order.
    pub(crate) async fn post_all(&self, commands: Vec<Command>) -> Vec<Result<Done, ServiceError>> {
        let mut waiting = Vec::with_capacity(commands.len());
        for command in commands {
            // A batch waits for room where a single post is refused: it was let in as a whole.
            let (reply, answer) = oneshot::channel();
            let sent = match self.share(&command.user_id) {
                Some(share) => share.send((command, reply)).await.is_ok(),
                None => false,
            };
            waiting.push(if sent { Ok(answer) } else { Err(stopped()) });
        }
        let mut answers = Vec::with_capacity(waiting.len());
        for answer in waiting {
            answers.push(match answer {
                Ok(answer) => answer.await.unwrap_or_else(|_| Err(stopped())),
                Err(error) => Err(error),
            });
        }
        answers
    }

    fn share(&self, user_id: &str) -> Option<&mpsc::Sender<(Command, Reply)>> {
        let mut hasher = DefaultHasher::new();
        user_id.hash(&mut hasher);
        let at = usize::try_from(hasher.finish()).unwrap_or(0).checked_rem(self.shares.len())?;
        self.shares.get(at)
    }

    fn enqueue(&self, command: Command) -> Result<oneshot::Receiver<Result<Done, ServiceError>>, ServiceError> {
        let (reply, answer) = oneshot::channel();
        let share = self.share(&command.user_id).ok_or_else(stopped)?;
        share.try_send((command, reply)).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => {
                ServiceError::new(Code::Overloaded, "too many posts wait already").retry_after(Duration::from_secs(1))
            }
            mpsc::error::TrySendError::Closed(_) => stopped(),
        })?;
        Ok(answer)
    }
}

fn stopped() -> ServiceError {
    ServiceError::new(Code::ShuttingDown, "the service is being stopped; ask again whether it was done")
        .retry_after(Duration::from_secs(1))
}

async fn write(service: Arc<Service>, mut waiting: mpsc::Receiver<(Command, Reply)>) {
    let mut gathered = Vec::new();
    while waiting.recv_many(&mut gathered, BATCH).await > 0 {
        let (commands, replies): (Vec<Command>, Vec<Reply>) = gathered.drain(..).unzip();
        let answers = service.post(&commands).await;
        for (reply, answer) in replies.into_iter().zip(answers) {
            // Who asked may have gone away; it is posted all the same.
            let _ = reply.send(answer);
        }
    }
}
