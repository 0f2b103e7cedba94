//! What a store keeps of a member: plain values with names where the state has slots and indices.
//!
//! A host with a database loads the records that one event needs, puts them into an empty [`super::Ledger`], applies
//! the event with the one fold, and stores the records as they are then. Records survive a publication: counters and
//! levels go on by their names. JSON of them is stable; its numbers are whole units or decimals as text, never floats,
//! and a field that is not known is refused.

mod facts;
mod member;
mod purchase;
mod redemption;
mod standing;

use crate::evaluate::EvaluationError;
use crate::input::ErrorCode;

pub use facts::{AttributeRecord, FactsRecord, LineRecord, TransactionRecord};
pub use member::{CounterRecord, LotRecord, MemberRecord};
pub use purchase::{
    BeforeRecord, PartRecord, PurchaseRecord, RefundedRecord, RequalifyRecord, SoldLineRecord, SpendRecord,
};
pub use redemption::{RedemptionRecord, TakenRecord};
pub use standing::StandingRecord;
pub(super) use standing::kind_named;

/// A record that no state was ever written as.
fn bad(what: impl std::fmt::Display) -> EvaluationError {
    EvaluationError::new(ErrorCode::InvalidRecord, format!("the stored record cannot be right: {what}"))
}

/// The hash of an event's content as a record has it: 16 hexadecimal digits.
fn content_text(content: u64) -> String {
    format!("{content:016x}")
}

fn content_of_text(text: &str) -> Result<u64, EvaluationError> {
    let digits = text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let content = if digits { u64::from_str_radix(text, 16).ok() } else { None };
    content.ok_or_else(|| bad(format!("`{text}` is no content, which has 16 hexadecimal digits")))
}
