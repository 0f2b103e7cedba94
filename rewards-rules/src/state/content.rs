//! What an event says, in canonical form: two events with one id are the same if these are (semantics §5).

use chrono::{DateTime, Utc};
use xxhash_rust::xxh3::{xxh3_64_with_seed, xxh3_128};

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

/// An id as the claims keep it: 128 bits instead of its text.
pub(super) fn id_key(id: &str) -> [u64; 2] {
    let hash = xxh3_128(id.as_bytes());
    #[allow(clippy::cast_possible_truncation, reason = "the two halves")]
    [(hash >> 64) as u64, hash as u64]
}
