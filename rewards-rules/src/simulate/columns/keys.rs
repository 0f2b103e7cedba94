//! The few cells of a row that say where it belongs: whose it is, its id, and when it happened.
//!
//! A room of its own because rows are shared out over cores before they are read: this reads no more than that needs.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{Cell, Column, TransactionColumns};
use crate::state::member_key;

/// Where those cells are.
#[derive(Debug, Clone, Copy)]
pub(in crate::simulate) struct KeyColumns {
    id: usize,
    user: usize,
    at: usize,
    original: Option<usize>,
    zone: Option<Tz>,
}

/// What they say; a cell that cannot be read says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::simulate) struct RowKeys {
    pub(in crate::simulate) member: Option<[u64; 2]>,
    pub(in crate::simulate) id: Option<[u64; 2]>,
    /// Of a refund: the purchase.
    pub(in crate::simulate) original: Option<[u64; 2]>,
    pub(in crate::simulate) at: Option<DateTime<Utc>>,
}

impl TransactionColumns {
    pub(in crate::simulate) fn keys(&self) -> KeyColumns {
        let place = |column: &Column| self.shared.columns.iter().position(|c| c == column);
        let required = |column: &Column| place(column).unwrap_or(usize::MAX);
        KeyColumns {
            id: required(&Column::TransactionId),
            user: required(&Column::UserId),
            at: required(&Column::OccurredAt),
            original: place(&Column::Type).and_then(|_| place(&Column::Original)),
            zone: self.shared.zone,
        }
    }
}

impl KeyColumns {
    /// Reads the keys of a row. Its id is in the buffer afterwards.
    pub(in crate::simulate) fn read<'a>(&self, cell: impl Fn(usize) -> Cell<'a>, buffer: &mut String) -> RowKeys {
        let mut key = |column: usize| {
            let cell = cell(column);
            (!cell.is_absent() && cell.id("", buffer).is_ok()).then(|| member_key(buffer))
        };
        let member = key(self.user);
        let original = self.original.and_then(&mut key);
        let id = key(self.id);
        if id.is_none() {
            buffer.clear();
        }
        RowKeys { member, id, original, at: cell(self.at).instant(self.zone).ok() }
    }
}
