//! Posting: one transaction of the store for a batch of commands.

use std::time::Duration;

use super::Service;
use super::apply::{Answers, fold};
use super::command::{Command, Done};
use super::error::{Code, ServiceError};
use super::load::Loaded;
use super::plan::plan;
use super::tell::tell;

/// How often a batch is tried again that met another transaction.
const RETRIES: u32 = 3;

impl Service {
    /// Does the commands of a batch, in order, each on its own; the answers come in the same order. All that succeed
    /// are kept together; what an answer tells is in the store.
    pub(crate) async fn post(&self, commands: &[Command]) -> Answers {
        if let Some(at) = commands.iter().position(|c| commands.len() > 1 && c.act.stands_alone()) {
            let (before, rest) = commands.split_at(at);
            let (alone, after) = rest.split_at(1);
            let mut answers = Vec::with_capacity(commands.len());
            for part in [before, alone, after].into_iter().filter(|part| !part.is_empty()) {
                answers.extend(Box::pin(self.post(part)).await);
            }
            return answers;
        }
        let mut attempt = 0_u32;
        loop {
            let error = match self.attempt(commands).await {
                Ok(answers) => return answers,
                Err(error) => error,
            };
            let contention = error.code == Code::Contention;
            if contention && attempt < RETRIES {
                attempt = attempt.saturating_add(1);
                // Between 1 and 2 times 10, 20, 40 ms, so that two do not meet again.
                let random = u64::from(uuid::Uuid::new_v4().as_bytes().first().copied().unwrap_or(0));
                let base = 10_u64.saturating_mul(1 << attempt.saturating_sub(1));
                let wait = base.saturating_add(base.saturating_mul(random).checked_div(255).unwrap_or(0));
                tokio::time::sleep(Duration::from_millis(wait)).await;
                continue;
            }
            if let [_] = commands {
                return vec![Err(self.told(error))];
            }
            // One bad item fails alone.
            let (first, second) = commands.split_at(commands.len() / 2);
            let mut answers = Box::pin(self.post(first)).await;
            answers.extend(Box::pin(self.post(second)).await);
            return answers;
        }
    }

    /// Does one command.
    pub(crate) async fn post_one(&self, command: Command) -> Result<Done, ServiceError> {
        self.post(std::slice::from_ref(&command)).await.pop().unwrap_or_else(|| Err(super::mend("no answer")))
    }

    async fn attempt(&self, commands: &[Command]) -> Result<Answers, ServiceError> {
        let mut work = self.store.begin().await?;
        let mut loaded = Loaded::read(&mut work, &self.vault, commands).await?;
        let (plans, wanted) = plan(self, &mut work, &loaded, commands).await?;
        loaded.read_counters(&mut work, &wanted.own, &wanted.shared).await?;
        let mut folded = fold(&loaded, commands, &plans)?;
        let (rows, answers) = tell(self, &loaded, commands, plans, &mut folded)?;
        let changed = rows.write(self, &mut work, &loaded, &folded).await?;
        work.commit().await?;
        self.forget(&changed);
        Ok(answers)
    }

    /// What the caller hears of an error that all tries ended with.
    fn told(&self, error: ServiceError) -> ServiceError {
        match error.code {
            Code::Contention => ServiceError::new(Code::DatabaseTimeout, "the member or a budget was changed by others at the same time")
                .retry_after(Duration::from_secs(1)),
            _ => error,
        }
    }
}
