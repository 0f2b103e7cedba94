//! A member as those who help members see them.

use serde_json::{Map, Value};

use super::Service;
use super::error::ServiceError;
use super::load::open_facts;
use super::rules::InForce;
use super::views::MemberView;
use crate::store::rows::MemberRow;
use crate::store::statements;

/// A member, with what others told of them.
#[derive(Debug)]
pub(crate) struct Person {
    /// `active`, `blocked` or `closed`.
    pub(crate) status: String,
    /// Whether what is personal was deleted.
    pub(crate) forgotten: bool,
    /// What others told; nothing of one who was forgotten.
    pub(crate) facts: Map<String, Value>,
    /// Points and standing, by program.
    pub(crate) views: Vec<MemberView>,
}

impl Service {
    /// Whether the ledger knows a member.
    pub(crate) async fn is_known(&self, user_id: &str) -> Result<bool, ServiceError> {
        let row: Option<MemberRow> = self.store.read_one(statements::MEMBER, &user_id).await?;
        Ok(row.is_some())
    }

    /// The first of the published programs, by id.
    pub(crate) async fn first_program(&self) -> Result<Option<String>, ServiceError> {
        Ok(InForce::now(&self.store).await?.programs().into_iter().next())
    }

    /// A member; `None` for one of whom nothing is known.
    pub(crate) async fn person(&self, user_id: &str) -> Result<Option<Person>, ServiceError> {
        let row: Option<MemberRow> = self.store.read_one(statements::MEMBER, &user_id).await?;
        let Some(row) = row else { return Ok(None) };
        let seal = self.vault.known(user_id, row.wrapped.as_deref(), row.master_key.as_deref())?;
        let facts = open_facts(seal.as_ref(), row.facts.as_deref())?;
        let views = self.member(user_id).await?;
        Ok(Some(Person { status: row.status, forgotten: seal.is_none(), facts, views }))
    }
}
