//! What an event says, as a text that a store keeps: two events with one id are the same if these texts are.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::check::typed::Type;
use crate::input::{Attribute, Line, Redemption, Refund, Transaction};
use crate::outcome::instant;
use crate::rule_set::RuleSet;
use crate::value::Exact;

/// Kind, member and program stand before everything.
#[derive(Serialize)]
struct Envelope<'a, T> {
    kind: &'static str,
    member: &'a str,
    program: &'a str,
    #[serde(flatten)]
    body: T,
}

#[derive(Serialize)]
struct LineContent<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<String>,
    amount: String,
}

#[derive(Serialize)]
#[serde(untagged)]
enum AttributeContent<'a> {
    Boolean(bool),
    Number(String),
    Text(&'a str),
}

#[derive(Serialize)]
struct PurchaseContent<'a> {
    id: &'a str,
    amount: String,
    currency: &'a str,
    occurred_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mcc: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<LineContent<'a>>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<&'a str, AttributeContent<'a>>,
}

#[derive(Serialize)]
struct RefundContent<'a> {
    id: &'a str,
    original: &'a str,
    amount: String,
    occurred_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<Vec<LineContent<'a>>>,
}

#[derive(Serialize)]
struct RedemptionContent<'a> {
    id: &'a str,
    option: &'a str,
    points: String,
    at: String,
}

fn line(line: &Line) -> LineContent<'_> {
    LineContent {
        sku: line.sku.as_deref(),
        category: line.category.as_deref(),
        quantity: line.quantity.map(|q| q.to_string()),
        amount: line.amount.to_string(),
    }
}

impl RuleSet {
    fn content(&self, kind: &'static str, member: &str, body: impl Serialize) -> String {
        let content = Envelope { kind, member, program: self.program(), body };
        serde_json::to_string(&content).unwrap_or_default()
    }

    /// What a purchase says, as canonical JSON (semantics §5): kind, member, program and the transaction, numbers by
    /// value as text, instants in UTC, absent values left out. Two purchases with one id are the same if these texts
    /// are; a store may keep a hash of it.
    pub fn content_of_purchase(&self, transaction: &Transaction, member: &str) -> String {
        let declared = &self.graph().program.declared;
        let attribute = |name: &str, value: &'_ Attribute| -> Option<Exact> {
            match value {
                Attribute::Boolean(_) => None,
                Attribute::Number(n) => Some(*n),
                // A number may come as a text, where a number was declared.
                Attribute::Text(text) => {
                    let fact = declared.iter().find(|d| d.name.strip_prefix("tx.") == Some(name))?;
                    let number = matches!(fact.ty, Type::Integer | Type::Decimal);
                    number.then(|| text.parse().ok()).flatten()
                }
            }
        };
        let attributes = transaction.attributes.iter().map(|(name, value)| {
            let content = match (attribute(name, value), value) {
                (Some(number), _) => AttributeContent::Number(number.to_string()),
                (None, Attribute::Boolean(b)) => AttributeContent::Boolean(*b),
                (None, Attribute::Number(n)) => AttributeContent::Number(n.to_string()),
                (None, Attribute::Text(t)) => AttributeContent::Text(t),
            };
            (name.as_str(), content)
        });
        let body = PurchaseContent {
            id: &transaction.id,
            amount: transaction.amount.to_string(),
            currency: &transaction.currency,
            occurred_at: instant(transaction.occurred_at),
            category: transaction.category.as_deref(),
            mcc: transaction.mcc.as_deref(),
            merchant: transaction.merchant.as_deref(),
            country: transaction.country.as_deref(),
            channel: transaction.channel.as_deref(),
            payment_method: transaction.payment_method.as_deref(),
            items: transaction.items.as_ref().map(|items| items.iter().map(line).collect()),
            attributes: attributes.collect(),
        };
        self.content("purchase", member, body)
    }

    /// What a refund says, likewise. `member` is the one of its purchase, whether the refund names it or not.
    pub fn content_of_refund(&self, refund: &Refund, member: &str) -> String {
        let body = RefundContent {
            id: &refund.id,
            original: &refund.original,
            amount: refund.amount.to_string(),
            occurred_at: instant(refund.occurred_at),
            lines: refund.lines.as_ref().map(|lines| lines.iter().map(line).collect()),
        };
        self.content("refund", member, body)
    }

    /// What a redemption says, likewise.
    pub fn content_of_redemption(&self, redemption: &Redemption, member: &str) -> String {
        let body = RedemptionContent {
            id: &redemption.id,
            option: &redemption.option,
            points: redemption.points.to_string(),
            at: instant(redemption.at),
        };
        self.content("redemption", member, body)
    }
}
