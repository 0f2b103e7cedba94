//! Expressions after checking: every name resolved, every type known.

use chrono::NaiveDate;

use crate::source::Span;
use crate::syntax::expression::BinaryOp;
use crate::value::{Exact, Period};

/// The type of a fact or expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// `true` or `false`.
    Boolean,
    /// A 64-bit integer.
    Integer,
    /// An exact decimal.
    Decimal,
    /// A text, compared case-sensitively.
    Text,
    /// A local date.
    Date,
    /// A list of texts: `member.segments`, `member.enrolments`.
    TextList,
}

/// Index of a [`Fact`] in `Program::facts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FactId(pub u32);

/// Index of a [`Set`] in `Program::sets`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SetId(pub u32);

/// Index of a [`ScriptCall`] in `Program::scripts.calls`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScriptId(pub u32);

/// A fact that some expression of the rule set reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Where its value comes from.
    pub source: FactSource,
    /// Its type.
    pub ty: Type,
    /// Whether it may be absent; a declared fact that may not is required (semantics §2.4).
    pub optional: bool,
    /// As written: `tx.amount`.
    pub name: String,
}

/// Where the value of a fact comes from (semantics §2.2, §2.3).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FactSource {
    /// `tx.id` (text)
    TxId,
    /// `tx.amount` (decimal)
    TxAmount,
    /// `tx.eligible_amount` (decimal)
    TxEligibleAmount,
    /// `tx.currency` (text)
    TxCurrency,
    /// `tx.category` (text, optional)
    TxCategory,
    /// `tx.mcc` (text, optional)
    TxMcc,
    /// `tx.merchant` (text, optional)
    TxMerchant,
    /// `tx.country` (text, optional)
    TxCountry,
    /// `tx.channel` (text, optional)
    TxChannel,
    /// `tx.payment_method` (text, optional)
    TxPaymentMethod,
    /// `tx.date` (date)
    TxDate,
    /// `tx.time` (text "HH:MM:SS")
    TxTime,
    /// `tx.weekday` (text "mon".."sun")
    TxWeekday,
    /// `tx.hour` (integer)
    TxHour,
    /// `tx.month` (integer)
    TxMonth,
    /// `tx.day` (integer)
    TxDay,
    /// `member.id` (text)
    MemberId,
    /// `member.tier` (text; present exactly where the program has tiers)
    MemberTier,
    /// `member.joined_on` (date, optional)
    MemberJoinedOn,
    /// `member.birthday` (date, optional)
    MemberBirthday,
    /// `member.country` (text, optional)
    MemberCountry,
    /// `member.segments` (list of text, optional)
    MemberSegments,
    /// `member.enrolments` (list of text, optional)
    MemberEnrolments,
    /// `member.billing_day` (integer, optional)
    MemberBillingDay,
    /// `member.purchases` (integer, default 0)
    MemberPurchases,
    /// `member.spending` (decimal, default 0)
    MemberSpending,
    /// `member.status` (text, default "active")
    MemberStatus,
    /// `member.days_since_joined` (integer, absent without `joined_on`)
    MemberDaysSinceJoined,
    /// `tx.NAME` declared by the program.
    TxDeclared(String),
    /// `member.NAME` declared by the program.
    MemberDeclared(String),
    /// `spent.PERIOD` (decimal): counter `member.spend.PERIOD`.
    Spent(Period),
    /// `visits.PERIOD` (integer): counter `member.visits.PERIOD`.
    Visits(Period),
}

/// A fact of one line of `tx.items`, readable in `lines` only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineFact {
    /// `line.sku` (text, optional)
    Sku,
    /// `line.category` (text, optional)
    Category,
    /// `line.quantity` (decimal, optional)
    Quantity,
    /// `line.amount` (decimal)
    Amount,
}

/// A constant set for `in`: a named list or a literal array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// The list's name, or `None` for a literal.
    pub name: Option<String>,
    /// Type of the members (an integer set that meets a decimal is a decimal set).
    pub ty: Type,
    /// The members.
    pub members: Vec<Constant>,
}

/// A constant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Constant {
    /// A boolean.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// A decimal.
    Decimal(Exact),
    /// A text.
    Text(String),
    /// A date.
    Date(NaiveDate),
}

/// A checked expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// What it computes.
    pub kind: TypedKind,
    /// Type of its value.
    pub ty: Type,
    /// Where it was written (inside an inlined function: in the script).
    pub span: Span,
}

/// What a checked expression computes. Absent operands follow semantics §2.4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypedKind {
    /// A constant.
    Constant(Constant),
    /// A fact.
    Fact(FactId),
    /// A fact of the line at hand.
    Line(LineFact),
    /// `has(fact)`: whether the fact is there.
    Has(FactId),
    /// `has(line.x)`.
    HasLine(LineFact),
    /// `!a`
    Not(Box<Typed>),
    /// `-a`
    Negate(Box<Typed>),
    /// An integer that meets a decimal.
    ToDecimal(Box<Typed>),
    /// `&&`, `||`, comparisons of two values of one type, arithmetic on two integers or two decimals
    /// (`/` on decimals only). Never `In` or `NotIn`.
    Binary(BinaryOp, Box<Typed>, Box<Typed>),
    /// `value in set` or `value !in set`.
    InSet {
        /// What is looked for.
        value: Box<Typed>,
        /// Where.
        set: SetId,
        /// `!in`
        negated: bool,
    },
    /// `text in list-fact` or `text !in list-fact`.
    InList {
        /// What is looked for.
        value: Box<Typed>,
        /// `member.segments` or `member.enrolments`.
        list: FactId,
        /// `!in`
        negated: bool,
    },
    /// `if condition { then } else { otherwise }`
    If(Box<Typed>, Box<Typed>, Box<Typed>),
    /// A built-in function.
    Call(Builtin, Vec<Typed>),
    /// A script function whose body was lowered: absent if an argument is absent, else the body.
    /// All arguments are evaluated first, then the body.
    Inlined {
        /// The arguments.
        arguments: Vec<Typed>,
        /// The body, with the arguments in the parameters' places.
        body: Box<Typed>,
    },
    /// A script function that Rhai runs; absent if an argument is absent.
    Script {
        /// Which function with which types.
        function: ScriptId,
        /// Its arguments.
        arguments: Vec<Typed>,
    },
}

/// The built-in functions (semantics §9.1). Arguments are checked: numbers of one call are all integers or all decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Builtin {
    /// `min(a, b, …)` of two or more numbers.
    Min,
    /// `max(a, b, …)` of two or more numbers.
    Max,
    /// `abs(a)`
    Abs,
    /// `round(a, n)`: a decimal by the program's mode, of a negative number its magnitude; n is an integer from 0 to 12.
    Round,
    /// `year(d)`
    Year,
    /// `month(d)`
    Month,
    /// `day(d)`
    Day,
    /// `days_between(a, b)`: b - a.
    DaysBetween,
    /// `is_birthday(d)`: whether the local date of the transaction is the birthday d; 29 February is 28 February in other years.
    IsBirthday,
}

/// A script function at given argument types, which Rhai runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptCall {
    /// The function's name.
    pub name: String,
    /// Types of its arguments.
    pub arguments: Vec<Type>,
    /// Type of its value.
    pub result: Type,
    /// Where the function was written.
    pub span: Span,
}
