//! Adjustments that a second person has to approve: asked for by one, posted when another approves.

use chrono::NaiveDate;
use rewards_rules::value::Exact;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answers::{answered, keep_answer};
use super::command::{Act, Command, Done, RequestKey};
use super::error::{Code, ServiceError};
use super::pages::rfc;
use super::rules::InForce;
use super::vault::sha256;
use super::{Service, mend};
use crate::store::accounts::{PendingAdjustment, PendingAdjustmentWrite};
use crate::store::rows::{Clock, Instant};
use crate::store::statements;

/// As many waiting adjustments are listed.
const LISTED: i64 = 200;

/// Points to be given or taken by hand.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Whose.
    pub(crate) user_id: String,
    /// In which program; `None` where there is one only.
    pub(crate) program: Option<String>,
    /// How many; below zero they are taken.
    pub(crate) points: Exact,
    /// Last local day on which they can be spent.
    pub(crate) expires_on: Option<NaiveDate>,
    /// Why.
    pub(crate) reason: String,
    /// Who asks.
    pub(crate) by: String,
    /// The key of the request.
    pub(crate) key: RequestKey,
}

/// An adjustment that waits for a second person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct WaitingAdjustment {
    /// Its id.
    pub(crate) adjustment_id: Uuid,
    /// Whose points.
    pub(crate) user_id: String,
    /// Id of the program.
    pub(crate) program: String,
    /// How many; below zero they are taken.
    pub(crate) points: String,
    /// Last local day on which they can be spent.
    #[schema(value_type = Option<String>)]
    pub(crate) expires_on: Option<NaiveDate>,
    /// Why.
    pub(crate) reason: String,
    /// Who asked.
    pub(crate) by: String,
    /// `waiting`.
    pub(crate) status: String,
    /// When it was asked for.
    pub(crate) created_at: String,
}

impl Asked {
    /// The command that posts it at once.
    pub(crate) fn command(self) -> Command {
        let Asked { user_id, program, points, expires_on, reason, by, key } = self;
        let act = Act::Adjust { id: Uuid::now_v7(), points, expires_on, reason, approved_by: None };
        Command { user_id, program, act, key: Some(key), by }
    }
}

impl Service {
    /// Keeps an adjustment until a second person approves it. The same request again gets the same answer.
    pub(crate) async fn ask_adjustment(&self, asked: &Asked) -> Result<Done, ServiceError> {
        match self.try_to_ask(asked).await {
            // The same key came twice at the same time: the other one has the answer by now.
            Err(error) if error.code == Code::Contention => self.try_to_ask(asked).await,
            answer => answer,
        }
    }

    async fn try_to_ask(&self, asked: &Asked) -> Result<Done, ServiceError> {
        let mut work = self.store.begin().await?;
        if let Some(answer) = answered(&mut work, &asked.key).await? {
            return Ok(Done { answer, replayed: true });
        }
        let in_force = InForce::within(&mut work).await?;
        let program = in_force.program(asked.program.as_deref())?;
        let clock: Vec<Clock> = work.rows(statements::PING, &()).await?;
        let now = clock.first().map(|c| c.now).ok_or_else(|| mend("the store has no clock"))?;
        let hash = in_force.at(&program, now).ok_or_else(|| mend("a program has no publication"))?.to_owned();
        let rules = self.rules.get(&mut work, &hash).await?;
        let decimals = rules.points_decimals();
        if asked.points.to_units_exact(u32::from(decimals)).is_none() {
            let words = format!("points of this program have at most {decimals} decimals");
            return Err(ServiceError::new(Code::InvalidRequest, words).at("points"));
        }
        let id = Uuid::now_v7();
        let row = PendingAdjustmentWrite {
            id,
            user_id: asked.user_id.clone(),
            program: program.clone(),
            points: asked.points.to_string(),
            expires_on: asked.expires_on,
            reason: asked.reason.clone(),
            asked_by: asked.by.clone(),
            created_at: Instant(now),
        };
        let answer = json!({
            "adjustment_id": id, "user_id": asked.user_id, "program": program, "points": row.points, "reason": asked.reason,
            "by": asked.by, "status": "waiting", "created_at": rfc(now),
        });
        let answer = answer.to_string();
        work.write(statements::PUT_PENDING_ADJUSTMENTS, &[row]).await?;
        keep_answer(&mut work, &asked.key, &asked.user_id, &answer, now).await?;
        work.commit().await?;
        Ok(Done { answer, replayed: false })
    }

    /// The command that posts a waiting adjustment, approved by somebody else than who asked. Posted twice it counts
    /// once: its id is its key.
    pub(crate) async fn approval(&self, id: Uuid, by: &str) -> Result<Command, ServiceError> {
        let row: Option<PendingAdjustment> = self.store.read_one(statements::PENDING_ADJUSTMENT, &id).await?;
        let row =
            row.ok_or_else(|| ServiceError::new(Code::NotFound, format!("there is no adjustment `{id}` to approve")))?;
        if row.asked_by == by {
            return Err(ServiceError::new(Code::SamePerson, "whoever asked for an adjustment cannot approve it"));
        }
        if let Some(approved_by) = row.approved_by.filter(|approved_by| approved_by != by) {
            let words = format!("the adjustment was approved by `{approved_by}` and is {}", row.state);
            return Err(ServiceError::new(Code::StateConflict, words));
        }
        let points: Exact = row.points.parse().map_err(|_| mend("an adjustment cannot be read"))?;
        let request_sha256 = sha256(&format!("{id}\n{by}"));
        Ok(Command {
            user_id: row.user_id,
            program: Some(row.program),
            act: Act::Adjust {
                id: row.id,
                points,
                expires_on: row.expires_on,
                reason: row.reason,
                approved_by: Some(by.to_owned()),
            },
            key: Some(RequestKey { scope: "adjustment_approve".to_owned(), key: id.to_string(), request_sha256 }),
            by: row.asked_by,
        })
    }

    /// Adjustments that wait, oldest first, at most 200.
    pub(crate) async fn waiting_adjustments(&self) -> Result<Vec<WaitingAdjustment>, ServiceError> {
        let rows: Vec<PendingAdjustment> = self.store.read(statements::WAITING_ADJUSTMENTS, &LISTED).await?;
        let view = |row: PendingAdjustment| WaitingAdjustment {
            adjustment_id: row.id,
            user_id: row.user_id,
            program: row.program,
            points: row.points,
            expires_on: row.expires_on,
            reason: row.reason,
            by: row.asked_by,
            status: row.state,
            created_at: rfc(row.created_at),
        };
        Ok(rows.into_iter().map(view).collect())
    }
}
