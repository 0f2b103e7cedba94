//! What an event says, in canonical form: two events with one id are the same if these are (semantics §5).

use std::hash::Hasher;

use chrono::{DateTime, Utc};
use rustc_hash::FxHasher;
use xxhash_rust::xxh3::{xxh3_64_with_seed, xxh3_128};

use crate::evaluate::Texts;
use crate::input::{Attribute, Line, Refund, Transaction};
use crate::value::Exact;

/// The content of an event in canonical form, hashed (semantics §5): numbers by value, instants in UTC, absent = null.
pub(super) fn content_of(kind: &str, member: &str, program: &str, body: impl FnOnce(&mut Content)) -> u64 {
    let mut content = Content(0);
    for part in [kind, member, program] {
        content.text(Some(part));
    }
    body(&mut content);
    content.0
}

/// A hash that takes the parts of a content one after the other: each is hashed with what came before as the seed, so
/// that their order and where one ends both count.
pub(super) struct Content(u64);

impl Content {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    /// Something that is not a text and has no text's length.
    pub(super) fn mark(&mut self, mark: u8) {
        self.0 = self.0.rotate_left(9) ^ u64::from(mark);
        self.bytes(&[]);
    }

    pub(super) fn text(&mut self, text: Option<&str>) {
        match text {
            None => self.mark(b'-'),
            Some(text) => self.bytes(text.as_bytes()),
        }
    }

    pub(super) fn number(&mut self, number: Exact) {
        let number = number.normalized();
        self.bytes(&number.mantissa().to_le_bytes());
        self.bytes(&number.scale().to_le_bytes());
    }

    pub(super) fn instant(&mut self, at: DateTime<Utc>) {
        self.bytes(&at.timestamp().to_le_bytes());
        self.bytes(&at.timestamp_subsec_nanos().to_le_bytes());
    }

    pub(super) fn lines(&mut self, lines: Option<&[Line]>) {
        let Some(lines) = lines else { return self.mark(b'-') };
        self.mark(b'[');
        for line in lines {
            self.text(line.sku.as_deref());
            self.text(line.category.as_deref());
            match line.quantity {
                None => self.mark(b'-'),
                Some(quantity) => self.number(quantity),
            }
            self.number(line.amount);
        }
        self.mark(b']');
    }

    pub(super) fn purchase(&mut self, tx: &Transaction) {
        self.number(tx.amount);
        self.instant(tx.occurred_at);
        self.text(Some(&tx.currency));
        for value in [&tx.category, &tx.mcc, &tx.merchant, &tx.country, &tx.channel, &tx.payment_method] {
            self.text(value.as_deref());
        }
        self.lines(tx.items.as_deref());
        self.attributes(tx);
    }

    fn attributes(&mut self, tx: &Transaction) {
        for (name, value) in &tx.attributes {
            self.text(Some(name));
            match value {
                Attribute::Boolean(b) => self.mark(if *b { b'1' } else { b'0' }),
                // A number may come as a text.
                Attribute::Number(n) => self.text(Some(&n.to_string())),
                Attribute::Text(t) => self.text(Some(t)),
            }
        }
    }

    pub(super) fn refund(&mut self, refund: &Refund) {
        self.text(Some(&refund.original));
        self.number(refund.amount);
        self.instant(refund.occurred_at);
        self.lines(refund.lines.as_deref());
    }
}

/// The content of a purchase for as long as one process knows it: by value as [`content_of`], and several times as quick.
/// It is written nowhere. The texts need not stand in the transaction.
pub(super) fn passing_content(member: &str, tx: &Transaction, texts: &Texts<'_>) -> u64 {
    // The quick one has no more bits than an address.
    if cfg!(target_pointer_width = "32") {
        return passing_in_parts(member, tx, texts);
    }
    let mut content = FxHasher::default();
    content.write(member.as_bytes());
    match ten_thousandths(tx.amount) {
        Some(units) => content.write_i64(units),
        None => number(&mut content, tx.amount),
    }
    content.write_i64(tx.occurred_at.timestamp());
    content.write_u32(tx.occurred_at.timestamp_subsec_nanos());
    content.write(tx.currency.as_bytes());
    for value in texts.all() {
        match value {
            None => content.write_u8(b'-'),
            Some(text) => content.write(text.as_bytes()),
        }
    }
    if tx.items.is_some() || !tx.attributes.is_empty() {
        let mut rest = Content(0);
        rest.lines(tx.items.as_deref());
        rest.attributes(tx);
        content.write_u64(rest.0);
    }
    content.finish()
}

fn passing_in_parts(member: &str, tx: &Transaction, texts: &Texts<'_>) -> u64 {
    let mut content = Content(0);
    content.text(Some(member));
    content.number(tx.amount);
    content.instant(tx.occurred_at);
    content.text(Some(&tx.currency));
    for text in texts.all() {
        content.text(text);
    }
    content.lines(tx.items.as_deref());
    content.attributes(tx);
    content.0
}

/// An amount in units of 10^-4, if it is a whole number of them.
fn ten_thousandths(amount: Exact) -> Option<i64> {
    let by = [10_000, 1_000, 100, 10, 1].get(amount.scale() as usize).copied();
    let units = by.and_then(|by| i64::try_from(amount.mantissa()).ok()?.checked_mul(by));
    units.or_else(|| amount.to_units_exact(4))
}

fn number(content: &mut FxHasher, number: Exact) {
    let number = number.normalized();
    content.write_i128(number.mantissa());
    content.write_u32(number.scale());
}

/// An id as the claims keep it: 128 bits instead of its text.
pub(super) fn id_key(id: &str) -> [u64; 2] {
    let hash = xxh3_128(id.as_bytes());
    #[allow(clippy::cast_possible_truncation, reason = "the two halves")]
    [(hash >> 64) as u64, hash as u64]
}
