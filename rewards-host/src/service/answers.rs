//! Answers to requests with a key, kept in the transaction of what they did: the same request again gets the first one.

use chrono::{DateTime, Utc};

use super::Service;
use super::command::RequestKey;
use super::error::ServiceError;
use super::plan::key_reused;
use crate::store::rows::{AnswerKey, AnswerWrite, Answered, Instant};
use crate::store::{Work, statements};

/// What the request was answered before. Error `idempotency_key_reused` where it was another one.
pub(super) async fn answered(work: &mut Work, key: &RequestKey) -> Result<Option<String>, ServiceError> {
    let wanted = AnswerKey { scope: key.scope.clone(), key: key.key.clone() };
    let known: Vec<Answered> = work.rows(statements::ANSWERED, &[wanted]).await?;
    match known.into_iter().next() {
        None => Ok(None),
        Some(row) if row.request_sha256 == key.request_sha256 => Ok(Some(row.answer)),
        Some(_) => Err(key_reused(None)),
    }
}

impl Service {
    /// As [`answered`], for one who only reads; nothing without a key.
    pub(super) async fn answer_of(&self, key: Option<&RequestKey>) -> Result<Option<String>, ServiceError> {
        let Some(key) = key else { return Ok(None) };
        answered(&mut self.store.snapshot().await?, key).await
    }
}

/// Keeps an answer. `user_id` is whom it is about. Where the same key came at the same time this waits for the other
/// transaction, and fails as contention: asked again, it finds that one's answer.
pub(super) async fn keep_answer(
    work: &mut Work,
    key: &RequestKey,
    user_id: &str,
    answer: &str,
    now: DateTime<Utc>,
) -> Result<(), ServiceError> {
    let row = AnswerWrite {
        scope: key.scope.clone(),
        key: key.key.clone(),
        request_sha256: key.request_sha256.clone(),
        user_id: user_id.to_owned(),
        answer: answer.to_owned(),
        created_at: Instant(now),
    };
    Ok(work.write(statements::PUT_ANSWERS, &[row]).await?)
}
