//! What goes into an evaluation: a transaction, a member, the usage of counters, and the other events of a member.
//!
//! A room of its own because every host fills exactly these types, and they know nothing of rules: whether a
//! declared attribute is there and has its type is decided against a rule set, when it is evaluated.

mod error;
mod read;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::value::Exact;

pub use error::{ErrorCode, InputError};
pub(crate) use error::{INPUT_ERROR, codes as error_codes};
pub(crate) use read::{
    MEMBER_KEYS, TRANSACTION_KEYS, date_error, lines as read_lines, number_error, parse_date, parse_local, quoted,
    separated,
};
pub use read::{Raw, parse_instant};

/// A purchase (semantics §2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// 1 to 64 of `[A-Za-z0-9._:-]`; claimed once for ever.
    pub id: String,
    /// At least 0, with at most the currency's decimals, at most 10^15.
    pub amount: Exact,
    /// ISO 4217 code; must be the program's.
    pub currency: String,
    /// When it happened; every date and period follows from it in the program's time zone.
    pub occurred_at: DateTime<Utc>,
    /// Category of the whole purchase.
    pub category: Option<String>,
    /// Merchant category code, a text: `0742` keeps its zero.
    pub mcc: Option<String>,
    /// The merchant.
    pub merchant: Option<String>,
    /// The country.
    pub country: Option<String>,
    /// The channel.
    pub channel: Option<String>,
    /// The means of payment.
    pub payment_method: Option<String>,
    /// Its lines. `Some` and empty counts as having lines.
    pub items: Option<Vec<Line>>,
    /// Attributes that the program declares under `facts.tx`.
    pub attributes: BTreeMap<String, Attribute>,
}

/// One line of a purchase or a refund.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// Article.
    pub sku: Option<String>,
    /// Category of the line.
    pub category: Option<String>,
    /// How many.
    pub quantity: Option<Exact>,
    /// The line's total, not the price of one.
    pub amount: Exact,
}

/// The value of a declared attribute as it came in; its declared type is applied at evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribute {
    /// A boolean.
    Boolean(bool),
    /// A number, digit for digit.
    Number(Exact),
    /// A text; also how a date comes, and a number may (`"3"`).
    Text(String),
}

/// Whether a member takes part (semantics §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Status {
    /// Takes part.
    #[default]
    Active,
    /// Earns nothing for now.
    Blocked,
    /// Earns nothing any more.
    Closed,
}

impl Status {
    /// The word that inputs use.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::Blocked => "blocked",
            Status::Closed => "closed",
        }
    }
}

/// What is known of a member before the transaction (semantics §2.3). What every purchase asks for stands side by side.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Member {
    /// Whether the member takes part.
    pub status: Status,
    /// Day of the month on which a billing cycle begins, 1 to 31.
    pub billing_day: Option<u8>,
    /// When the member joined.
    pub joined_on: Option<NaiveDate>,
    /// Segments the member is in.
    pub segments: Option<Vec<String>>,
    /// Ids of campaigns the member enrolled in.
    pub enrolments: Option<Vec<String>>,
    /// Attributes that the program declares under `facts.member`.
    pub attributes: BTreeMap<String, Attribute>,
    /// Level → local date of its last upgrade bonus.
    pub upgrades: BTreeMap<String, NaiveDate>,
    /// 1 to 64 of `[A-Za-z0-9._:-]`.
    pub id: String,
    /// Level held; `None` is the lowest.
    pub tier: Option<String>,
    /// Birthday.
    pub birthday: Option<NaiveDate>,
    /// Country.
    pub country: Option<String>,
    /// Purchases before this one.
    pub purchases: i64,
    /// Eligible amount in the tier window before this purchase, net of refunds, in the currency's major unit (`12.50`).
    pub spending: Exact,
}

/// Counter key (`base.groceries.spend.year`) → what earlier transactions used of it in the period of this one: money in
/// the currency's major unit (`12.50`), whole points with their decimals, or a number of times, by the key's WHAT.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Usage(pub BTreeMap<String, Exact>);

/// A refund of a purchase, whole or in part (semantics §6.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Shares one id space with purchases.
    pub id: String,
    /// Id of the purchase.
    pub original: String,
    /// Above 0; all refunds of a purchase never exceed its `amount`.
    pub amount: Exact,
    /// Which lines came back; they are lines of the purchase and sum to the amount.
    pub lines: Option<Vec<Line>>,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// The member, where the source names one; another than the purchase's is `refund_wrong_member`.
    pub member: Option<String>,
}

/// A wish to spend points (semantics §7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redemption {
    /// Its id.
    pub id: String,
    /// Id of a redemption option.
    pub option: String,
    /// How many points.
    pub points: Exact,
    /// When.
    pub at: DateTime<Utc>,
}

/// Points that a member gives to another (semantics §7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Its id; transfers have an id space of their own.
    pub id: String,
    /// Who gives.
    pub from: String,
    /// Who receives; another member.
    pub to: String,
    /// How many, above 0.
    pub points: Exact,
    /// When.
    pub at: DateTime<Utc>,
}

/// Points that are credited or taken by hand (semantics §7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// Its id; adjustments have an id space of their own.
    pub id: String,
    /// Whose.
    pub member: String,
    /// Credited if above 0, taken if below; never 0.
    pub points: Exact,
    /// When.
    pub at: DateTime<Utc>,
    /// Last local day on which credited points can be spent; as the program has it if not given.
    pub expires_on: Option<NaiveDate>,
}

/// What a member brings along from before its first event (semantics §7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Its id; openings have an id space of their own.
    pub id: String,
    /// Whose.
    pub member: String,
    /// Lots, oldest first.
    pub lots: Vec<OpeningLot>,
    /// Level held; `None` is the lowest.
    pub tier: Option<String>,
    /// Eligible amount in the tier window of `at`, not below 0.
    pub spending: Exact,
    /// Level → local date of its last upgrade bonus.
    pub upgrades: BTreeMap<String, NaiveDate>,
    /// Purchases made, not below 0.
    pub purchases: i64,
    /// What was used of the member's counters in the periods of `at`.
    pub usage: Usage,
    /// When.
    pub at: DateTime<Utc>,
}

/// A lot of points that a member brings along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpeningLot {
    /// How many, above 0.
    pub points: Exact,
    /// First local day on which they can be spent.
    pub spendable_on: NaiveDate,
    /// Last local day on which they can be spent; `None` if they never expire.
    pub expires_on: Option<NaiveDate>,
}

/// A tier that is given by hand (semantics §8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenTier {
    /// Its id, where the host has one; given tiers have an id space of their own.
    pub id: Option<String>,
    /// Whose.
    pub member: String,
    /// Id of the level.
    pub level: String,
    /// Last local day on which it is held; not before the day of `at`.
    pub until: NaiveDate,
    /// From when.
    pub at: DateTime<Utc>,
}
