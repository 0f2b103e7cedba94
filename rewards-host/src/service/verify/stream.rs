//! Rows of a table, page after page, for one member after the other.

use std::collections::VecDeque;

use serde::de::DeserializeOwned;

use crate::service::error::ServiceError;
use crate::store::audit::{After, HistoryRow, MessageRow, PostingRow};
use crate::store::{Statement, Work};

/// A row with its place: whose, and its number there.
pub(super) trait Placed {
    fn place(&self) -> (&str, i64);
}

impl Placed for HistoryRow {
    fn place(&self) -> (&str, i64) {
        (&self.user_id, self.seq)
    }
}

impl Placed for PostingRow {
    fn place(&self) -> (&str, i64) {
        (&self.user_id, self.seq)
    }
}

impl Placed for MessageRow {
    fn place(&self) -> (&str, i64) {
        (&self.user_id, self.seq)
    }
}

/// A table in order of members, which is the order of the store.
pub(super) struct Stream<T> {
    statement: Statement,
    page: VecDeque<T>,
    after: After,
    is_ended: bool,
}

impl<T: Placed + DeserializeOwned> Stream<T> {
    pub(super) fn new(statement: Statement) -> Stream<T> {
        Stream { statement, page: VecDeque::new(), after: After::default(), is_ended: false }
    }

    /// The same from a member on.
    pub(super) fn of(statement: Statement, user_id: &str) -> Stream<T> {
        let after = After { user_id: user_id.to_owned(), seq: 0 };
        Stream { after, ..Stream::new(statement) }
    }

    /// The next row, if it is of this member. Members have to come in the order of the store.
    pub(super) async fn next_of(&mut self, work: &mut Work, user_id: &str) -> Result<Option<T>, ServiceError> {
        if self.page.is_empty() && !self.is_ended {
            self.page = work.rows(self.statement, &self.after).await?.into();
            match self.page.back() {
                Some(last) => {
                    let (user_id, seq) = last.place();
                    self.after = After { user_id: user_id.to_owned(), seq };
                }
                None => self.is_ended = true,
            }
        }
        let own = self.page.front().is_some_and(|row| row.place().0 == user_id);
        Ok(if own { self.page.pop_front() } else { None })
    }
}
