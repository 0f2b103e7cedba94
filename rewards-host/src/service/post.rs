//! Posting: one transaction of the store for a batch of commands.

use std::time::Duration;

use super::apply::{Answers, fold};
use super::command::Command;
#[cfg(test)]
use super::command::Done;
use super::error::{Code, ServiceError};
use super::load::Loaded;
use super::measure::Measured;
use super::plan::plan;
use super::tell::tell;
use super::texts::storable;
use super::{Service, mend, unharmed};
use crate::store::Work;

/// How often a batch is tried again that met another transaction.
const RETRIES: u32 = 3;

impl Service {
    /// Does the commands of a batch, in order, each on its own; the answers come in the same order. What an answer
    /// tells is in the store.
    ///
    /// As many as can be are kept in one transaction. Where that fails, the half of them is tried, down to the one that
    /// is in the way: it fails alone. While the store is away nothing more is tried: whether a transaction was kept
    /// whose end nobody heard of, only asking again tells.
    pub(crate) async fn post(&self, commands: &[Command]) -> Answers {
        let refused: Vec<Option<ServiceError>> = commands.iter().map(|command| storable(command).err()).collect();
        if refused.iter().all(Option::is_none) {
            return self.post_storable(commands).await;
        }
        let good = commands.iter().zip(&refused).filter(|(_, refused)| refused.is_none());
        let good: Vec<Command> = good.map(|(command, _)| command.clone()).collect();
        let mut answers = self.post_storable(&good).await.into_iter();
        let missing = || Err(mend("an answer is missing"));
        refused.into_iter().map(|refused| refused.map_or_else(|| answers.next().unwrap_or_else(missing), Err)).collect()
    }

    async fn post_storable(&self, commands: &[Command]) -> Answers {
        let mut answers: Answers = Vec::with_capacity(commands.len());
        let mut most = commands.len();
        while let Some(rest) = commands.get(answers.len()..).filter(|rest| !rest.is_empty()) {
            let part = rest.get(..most.max(1)).unwrap_or(rest);
            match self.patiently(part).await {
                Ok(done) => {
                    answers.extend(done);
                    most = most.saturating_mul(2).clamp(1, commands.len());
                }
                Err(error) if error.code == Code::DatabaseTimeout => {
                    answers.extend(rest.iter().map(|_| Err(error.clone())));
                }
                Err(error) if part.len() <= 1 => answers.push(Err(Self::told(error))),
                Err(_) => most = part.len() / 2,
            }
        }
        answers
    }

    /// Tries again what met another transaction.
    async fn patiently(&self, commands: &[Command]) -> Result<Answers, ServiceError> {
        let mut attempt = 0_u32;
        loop {
            match unharmed(self.attempt(commands)).await {
                Err(error) if error.code == Code::Contention && attempt < RETRIES => {
                    attempt = attempt.saturating_add(1);
                    // Between 1 and 2 times 10, 20, 40 ms, so that two do not meet again.
                    let random = u64::from(uuid::Uuid::new_v4().as_bytes().first().copied().unwrap_or(0));
                    let base = 10_u64.saturating_mul(1 << attempt.saturating_sub(1));
                    let wait = base.saturating_add(base.saturating_mul(random).checked_div(255).unwrap_or(0));
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                }
                ended => return ended,
            }
        }
    }

    /// Does one command.
    #[cfg(test)]
    pub(crate) async fn post_one(&self, command: Command) -> Result<Done, ServiceError> {
        self.post(std::slice::from_ref(&command)).await.pop().unwrap_or_else(|| Err(mend("no answer")))
    }

    /// Answers to as many commands from the front as one transaction can take.
    async fn attempt(&self, commands: &[Command]) -> Result<Answers, ServiceError> {
        let (mut work, mut loaded) = self.locked(commands).await?;
        let (plans, wanted) = plan(self, &mut work, &loaded, commands).await?;
        loaded.read_counters(&mut work, &wanted.own, &wanted.shared).await?;
        let mut folded = fold(self, &loaded, commands, &plans)?;
        let (rows, answers) = tell(self, &loaded, commands, plans, &mut folded)?;
        let measured = Measured::of(&rows);
        let changed = rows.write(self, &mut work, &loaded, &folded).await?;
        let ended = work.commit().await;
        // What was kept unheard is read anew as well.
        self.caches.forget(&changed).await;
        ended?;
        measured.count();
        Ok(answers)
    }

    /// The members of commands, locked; their counters are filled.
    async fn locked(&self, commands: &[Command]) -> Result<(Work, Loaded), ServiceError> {
        loop {
            let mut work = self.store.begin().await?;
            let mut loaded = Loaded::read(&mut work, &self.vault, commands).await?;
            if !loaded.is_behind() {
                let through = loaded.members.values().map(|locked| locked.row.counted).max().unwrap_or(0);
                if let Some(fills) = self.rules.fills_through(through) {
                    loaded.fills = fills;
                    return Ok((work, loaded));
                }
                // Nobody is locked while rules are compiled.
                drop(work);
                self.prepare_through(through).await?;
                continue;
            }
            let members = loaded.members.keys().cloned().collect();
            drop(work);
            self.catch_up_all(&members).await?;
        }
    }

    /// What the caller hears of an error that all tries ended with.
    fn told(error: ServiceError) -> ServiceError {
        match error.code {
            Code::Contention => ServiceError::new(
                Code::DatabaseTimeout,
                "the member or a budget was changed by others at the same time",
            )
            .retry_after(Duration::from_secs(1)),
            _ => error,
        }
    }
}
