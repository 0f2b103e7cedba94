//! The facts of a purchase as they were, for a campaign that is tested again when the purchase comes back.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::bad;
use crate::evaluate::EvaluationError;
use crate::input::{Attribute, Line, Member, Status, Transaction};
use crate::value::Exact;

/// A transaction (semantics §2.2); numbers are decimals as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields of `input::Transaction`")]
pub struct TransactionRecord {
    pub id: String,
    pub amount: String,
    pub currency: String,
    pub occurred_at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcc: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merchant: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<LineRecord>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, AttributeRecord>,
}

/// A line; numbers are decimals as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields of `input::Line`")]
pub struct LineRecord {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<String>,
    pub amount: String,
}

/// The value of a declared attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeRecord {
    /// A boolean.
    Boolean(bool),
    /// A decimal as text.
    Number(String),
    /// A text.
    Text(String),
}

/// The facts of a member (semantics §2.3); numbers are decimals as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields of `input::Member`")]
pub struct FactsRecord {
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_on: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birthday: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolments: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub upgrades: BTreeMap<String, NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_day: Option<u8>,
    pub purchases: i64,
    pub spending: String,
    pub status: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, AttributeRecord>,
}

pub(super) fn exact(text: &str) -> Result<Exact, EvaluationError> {
    text.parse().map_err(|e| bad(format!("`{text}`: {e}")))
}

fn attributes(all: &BTreeMap<String, Attribute>) -> BTreeMap<String, AttributeRecord> {
    let record = |attribute: &Attribute| match attribute {
        Attribute::Boolean(b) => AttributeRecord::Boolean(*b),
        Attribute::Number(n) => AttributeRecord::Number(n.to_string()),
        Attribute::Text(t) => AttributeRecord::Text(t.clone()),
    };
    all.iter().map(|(name, attribute)| (name.clone(), record(attribute))).collect()
}

fn read_attributes(all: BTreeMap<String, AttributeRecord>) -> Result<BTreeMap<String, Attribute>, EvaluationError> {
    let read = |record: AttributeRecord| -> Result<Attribute, EvaluationError> {
        Ok(match record {
            AttributeRecord::Boolean(b) => Attribute::Boolean(b),
            AttributeRecord::Number(n) => Attribute::Number(exact(&n)?),
            AttributeRecord::Text(t) => Attribute::Text(t),
        })
    };
    all.into_iter().map(|(name, record)| Ok((name, read(record)?))).collect()
}

impl From<&Line> for LineRecord {
    fn from(line: &Line) -> LineRecord {
        LineRecord {
            sku: line.sku.clone(),
            category: line.category.clone(),
            quantity: line.quantity.map(|q| q.to_string()),
            amount: line.amount.to_string(),
        }
    }
}

impl From<&Transaction> for TransactionRecord {
    fn from(tx: &Transaction) -> TransactionRecord {
        TransactionRecord {
            id: tx.id.clone(),
            amount: tx.amount.to_string(),
            currency: tx.currency.clone(),
            occurred_at: tx.occurred_at,
            category: tx.category.clone(),
            mcc: tx.mcc.clone(),
            merchant: tx.merchant.clone(),
            country: tx.country.clone(),
            channel: tx.channel.clone(),
            payment_method: tx.payment_method.clone(),
            items: tx.items.as_ref().map(|items| items.iter().map(LineRecord::from).collect()),
            attributes: attributes(&tx.attributes),
        }
    }
}

impl From<&Member> for FactsRecord {
    fn from(member: &Member) -> FactsRecord {
        FactsRecord {
            id: member.id.clone(),
            tier: member.tier.clone(),
            joined_on: member.joined_on,
            birthday: member.birthday,
            country: member.country.clone(),
            segments: member.segments.clone(),
            enrolments: member.enrolments.clone(),
            upgrades: member.upgrades.clone(),
            billing_day: member.billing_day,
            purchases: member.purchases,
            spending: member.spending.to_string(),
            status: member.status.as_str().to_owned(),
            attributes: attributes(&member.attributes),
        }
    }
}

impl TryFrom<TransactionRecord> for Transaction {
    type Error = EvaluationError;

    fn try_from(record: TransactionRecord) -> Result<Transaction, EvaluationError> {
        let line = |line: LineRecord| {
            Ok(Line {
                sku: line.sku,
                category: line.category,
                quantity: line.quantity.as_deref().map(exact).transpose()?,
                amount: exact(&line.amount)?,
            })
        };
        let items = record.items.map(|items| items.into_iter().map(line).collect::<Result<_, EvaluationError>>());
        Ok(Transaction {
            id: record.id,
            amount: exact(&record.amount)?,
            currency: record.currency,
            occurred_at: record.occurred_at,
            category: record.category,
            mcc: record.mcc,
            merchant: record.merchant,
            country: record.country,
            channel: record.channel,
            payment_method: record.payment_method,
            items: items.transpose()?,
            attributes: read_attributes(record.attributes)?,
        })
    }
}

impl TryFrom<FactsRecord> for Member {
    type Error = EvaluationError;

    fn try_from(record: FactsRecord) -> Result<Member, EvaluationError> {
        let all = [Status::Active, Status::Blocked, Status::Closed];
        let status = all.into_iter().find(|status| status.as_str() == record.status);
        Ok(Member {
            id: record.id,
            tier: record.tier,
            joined_on: record.joined_on,
            birthday: record.birthday,
            country: record.country,
            segments: record.segments,
            enrolments: record.enrolments,
            upgrades: record.upgrades,
            billing_day: record.billing_day,
            purchases: record.purchases,
            spending: exact(&record.spending)?,
            status: status.ok_or_else(|| bad(format!("`{}` is no status", record.status)))?,
            attributes: read_attributes(record.attributes)?,
        })
    }
}
