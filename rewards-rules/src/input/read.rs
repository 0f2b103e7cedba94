//! Reading inputs from JSON or YAML, digit for digit.
//!
//! Both come as a [`Raw`] tree, so that a transaction means the same in a test file, a request and a table.

use std::collections::BTreeMap;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::Deserialize;

use super::{Attribute, ErrorCode, InputError, Line, Member, Redemption, Refund, Status, Transaction, Usage};
use crate::source::nearest;
use crate::value::ops::no_such_day;
use crate::value::{Exact, ParseExactError, is_id};

/// A value as it was written: scalars keep their text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Raw {
    /// `null`, an empty cell: absent.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number's own characters.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Raw>),
    /// A mapping in the order written.
    Map(Vec<(String, Raw)>),
}

impl Raw {
    /// Reads JSON text. Duplicate keys keep the last.
    pub fn from_json(text: &str) -> Result<Raw, InputError> {
        let value: serde_json::Value = serde_json::from_str(text)
            .map_err(|e| InputError::new(ErrorCode::InvalidSyntax, "", format!("this is not JSON: {e}")))?;
        Ok(Raw::from(value))
    }

    fn kind(&self) -> &'static str {
        match self {
            Raw::Null => "nothing",
            Raw::Boolean(_) => "a boolean",
            Raw::Number(_) => "a number",
            Raw::Text(_) => "a text",
            Raw::List(_) => "a list",
            Raw::Map(_) => "a mapping",
        }
    }
}

impl From<serde_json::Value> for Raw {
    fn from(value: serde_json::Value) -> Raw {
        match value {
            serde_json::Value::Null => Raw::Null,
            serde_json::Value::Bool(b) => Raw::Boolean(b),
            serde_json::Value::Number(n) => Raw::Number(n.to_string()),
            serde_json::Value::String(s) => Raw::Text(s),
            serde_json::Value::Array(a) => Raw::List(a.into_iter().map(Raw::from).collect()),
            serde_json::Value::Object(o) => Raw::Map(o.into_iter().map(|(k, v)| (k, Raw::from(v))).collect()),
        }
    }
}

fn wrong(path: &str, due: &str, found: &Raw) -> InputError {
    InputError::new(ErrorCode::WrongType, path, format!("{due} is due here, this is {}", found.kind()))
}

/// A mapping whose keys are taken one by one; what is left over is unknown.
struct Fields {
    path: String,
    /// The keys that the format names.
    known: &'static [&'static str],
    map: BTreeMap<String, Raw>,
}

impl Fields {
    fn new(raw: Raw, path: &str, known: &'static [&'static str]) -> Result<Fields, InputError> {
        match raw {
            Raw::Map(entries) => Ok(Fields {
                path: path.to_owned(),
                known,
                map: entries.into_iter().filter(|(_, v)| *v != Raw::Null).collect(),
            }),
            other => Err(wrong(path, "a mapping", &other)),
        }
    }

    fn at(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn optional<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(Raw, &str) -> Result<T, InputError>,
    ) -> Result<Option<T>, InputError> {
        match self.map.remove(key) {
            None => Ok(None),
            Some(raw) => read(raw, &self.at(key)).map(Some),
        }
    }

    fn required<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(Raw, &str) -> Result<T, InputError>,
    ) -> Result<T, InputError> {
        let path = self.at(key);
        match self.optional(key, read)? {
            Some(value) => Ok(value),
            None => {
                let help = match nearest(key, self.map.keys().map(String::as_str)) {
                    Some(written) => format!("; did you mean it where it says `{written}`?"),
                    None => self.strangers(),
                };
                Err(InputError::new(ErrorCode::MissingFact, path, format!("`{key}` is missing{help}")))
            }
        }
    }

    /// Tells of the first keys that the format does not name: one of them may be the one that is missing.
    fn strangers(&self) -> String {
        let strangers = self.map.keys().filter(|key| !self.known.contains(&key.as_str()));
        let strangers: Vec<String> = strangers.take(3).map(|key| format!("`{key}`")).collect();
        match strangers.as_slice() {
            [] => String::new(),
            [one] => format!("; {one}, which stands here, is no key of the format"),
            several => format!("; {}, which stand here, are no keys of the format", several.join(", ")),
        }
    }

    /// What the format does not name.
    fn attributes(self) -> Result<BTreeMap<String, Attribute>, InputError> {
        let Fields { path, known, map } = self;
        map.into_iter()
            .map(|(name, raw)| {
                let value = match raw {
                    Raw::Boolean(b) => Attribute::Boolean(b),
                    Raw::Text(t) => Attribute::Text(t),
                    Raw::Number(n) => Attribute::Number(number(Raw::Number(n), &name)?),
                    Raw::Null | Raw::List(_) | Raw::Map(_) => {
                        let at = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                        let help = match nearest(&name, known.iter().copied()) {
                            Some(near) => format!("; did you mean `{near}`?"),
                            None => String::new(),
                        };
                        let message = format!("`{name}` is not a known fact{help}");
                        return Err(InputError::new(ErrorCode::UnknownFact, at, message));
                    }
                };
                Ok((name, value))
            })
            .collect()
    }

    fn finish(self) -> Result<(), InputError> {
        match self.map.keys().next() {
            None => Ok(()),
            Some(key) => {
                Err(InputError::new(ErrorCode::UnknownFact, self.at(key), format!("`{key}` is not known here")))
            }
        }
    }
}

/// Keys of a purchase that the format names.
pub(crate) const TRANSACTION_KEYS: [&str; 11] = [
    "id",
    "amount",
    "currency",
    "occurred_at",
    "category",
    "mcc",
    "merchant",
    "country",
    "channel",
    "payment_method",
    "items",
];

/// Keys of a member that the format names.
pub(crate) const MEMBER_KEYS: [&str; 12] = [
    "id",
    "tier",
    "joined_on",
    "birthday",
    "country",
    "segments",
    "enrolments",
    "upgrades",
    "billing_day",
    "purchases",
    "spending",
    "status",
];

const LINE_KEYS: [&str; 4] = ["sku", "category", "quantity", "amount"];
const REFUND_KEYS: [&str; 6] = ["id", "original", "amount", "lines", "occurred_at", "member"];
const REDEMPTION_KEYS: [&str; 4] = ["id", "option", "points", "at"];

fn text(raw: Raw, path: &str) -> Result<String, InputError> {
    match raw {
        Raw::Text(t) => Ok(t),
        other => Err(wrong(path, "a text", &other)),
    }
}

fn id(raw: Raw, path: &str) -> Result<String, InputError> {
    let value = text(raw, path)?;
    if is_id(&value) {
        Ok(value)
    } else {
        Err(InputError::new(ErrorCode::InvalidId, path, "an id is 1 to 64 of A-Z a-z 0-9 . _ : -"))
    }
}

/// A number, digit for digit, from a number or a text (semantics §1.1, §1.7).
fn number(raw: Raw, path: &str) -> Result<Exact, InputError> {
    let digits = match &raw {
        Raw::Number(n) => n,
        Raw::Text(t) => t,
        other => return Err(wrong(path, "a number", other)),
    };
    Exact::from_str(digits).map_err(|e| number_error(e, digits, path))
}

/// Why a text is no number here (semantics §1.7).
pub(crate) fn number_error(error: ParseExactError, text: &str, path: &str) -> InputError {
    match error {
        ParseExactError::Syntax => {
            let help = separated(text).unwrap_or_else(|| {
                "it has digits, maybe a minus before and a point within, no exponent, no plus, no -0".to_owned()
            });
            let message = format!("a plain number is due here, this is {}; {help}", quoted(text));
            InputError::new(ErrorCode::WrongType, path, message)
        }
        ParseExactError::Overflow => {
            InputError::new(ErrorCode::AmountTooLarge, path, "the number has more digits than any amount can have")
        }
    }
}

/// How a number is written that has a decimal comma or something between its thousands, if it is one.
pub(crate) fn separated(text: &str) -> Option<String> {
    const LONGEST: usize = 40;
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let (sign, unsigned) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, decimals) = unsigned.rsplit_once([',', '.']).filter(|_| text.len() <= LONGEST)?;
    let whole = whole.replace([',', '.', ' ', '\'', '\u{a0}'], "");
    let number = format!("{sign}{whole}.{decimals}");
    if !digits(&whole) || !digits(decimals) || Exact::from_str(&number).is_err() {
        return None;
    }
    let rule = "decimals stand after a point, and nothing between thousands";
    // Three digits may be thousands or decimals.
    Some(if decimals.len() == 3 { rule.to_owned() } else { format!("{rule}: `{number}`") })
}

fn integer(raw: Raw, path: &str) -> Result<i64, InputError> {
    let value = number(raw, path)?;
    value
        .to_units_exact(0)
        .ok_or_else(|| InputError::new(ErrorCode::WrongType, path, "a whole number of at most 64 bits is due here"))
}

fn date(raw: Raw, path: &str) -> Result<NaiveDate, InputError> {
    let value = text(raw, path)?;
    parse_date(&value).ok_or_else(|| date_error(&value, path))
}

/// Why a text is no date here.
pub(crate) fn date_error(text: &str, path: &str) -> InputError {
    let found = quoted(text);
    let message = match no_such_day(text) {
        Some(why) => format!("there is no date {found}: {why}"),
        None => format!("a date YYYY-MM-DD is due here, such as `1990-03-01`; this is {found}"),
    };
    InputError::new(ErrorCode::WrongType, path, message)
}

/// `YYYY-MM-DD`, exactly.
pub(crate) fn parse_date(text: &str) -> Option<NaiveDate> {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = *text.as_bytes() else { return None };
    let [century, year, month, day] = [two([y0, y1])?, two([y2, y3])?, two([m0, m1])?, two([d0, d1])?];
    let year = century.checked_mul(100)?.checked_add(year)?;
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

/// Two digits.
fn two([tens, ones]: [u8; 2]) -> Option<u32> {
    if !(tens.is_ascii_digit() && ones.is_ascii_digit()) {
        return None;
    }
    let digit = |byte: u8| u32::from(byte.wrapping_sub(b'0'));
    digit(tens).checked_mul(10)?.checked_add(digit(ones))
}

fn instant(raw: Raw, path: &str) -> Result<DateTime<Utc>, InputError> {
    match raw {
        Raw::Text(value) => parse_instant(&value, path),
        other => Err(instant_error(ErrorCode::WrongType, path, "is due here", other.kind())),
    }
}

/// What an instant lacks, how one is written, and what is there instead.
fn instant_error(code: ErrorCode, path: &str, lacks: &str, found: &str) -> InputError {
    let message = format!("an instant {lacks}, such as `2026-03-02T10:00:00-05:00`; this is {found}");
    InputError::new(code, path, message)
}

/// A text as a message shows it: on one line, and no longer than an instant could be.
pub(crate) fn quoted(text: &str) -> String {
    const SHOWN: usize = 40;
    let shown: String = text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let rest = if text.chars().nth(SHOWN).is_some() { "…" } else { "" };
    format!("`{shown}{rest}`")
}

/// An RFC 3339 instant; `missing_offset` without offset or `Z` (semantics §2.2).
pub fn parse_instant(text: &str, path: &str) -> Result<DateTime<Utc>, InputError> {
    if let Some(at) = common_instant(text) {
        return Ok(at);
    }
    // A second 60 is one that most stores and languages cannot keep.
    if let Ok(at) = DateTime::parse_from_rfc3339(text)
        && at.timestamp_subsec_nanos() < 1_000_000_000
    {
        return Ok(at.with_timezone(&Utc));
    }
    let found = quoted(text);
    if parse_local(text).is_some() {
        return Err(instant_error(ErrorCode::MissingOffset, path, "needs an offset or `Z`", &found));
    }
    if text.is_empty() {
        return Err(instant_error(ErrorCode::WrongType, path, "is due here", "an empty text"));
    }
    Err(instant_error(ErrorCode::WrongType, path, "is due here", &found))
}

/// The two spellings that nearly every instant has, `2026-03-02T10:00:00Z` and `2026-03-02T10:00:00-05:00`, several
/// times faster than what reads all of RFC 3339. `None` may still be an instant.
fn common_instant(text: &str) -> Option<DateTime<Utc>> {
    let (local, zone) = text.as_bytes().split_at_checked(19)?;
    let [.., b'T', h0, h1, b':', m0, m1, b':', s0, s1] = *local else { return None };
    let date = parse_date(text.get(..10)?)?;
    let local = date.and_hms_opt(two([h0, h1])?, two([m0, m1])?, two([s0, s1])?)?;
    let east = match *zone {
        [b'Z'] => 0,
        [sign @ (b'+' | b'-'), h0, h1, b':', m0, m1] => {
            let (hours, minutes) = (two([h0, h1])?, two([m0, m1])?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let seconds = i64::from(hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?);
            if sign == b'-' { seconds.checked_neg()? } else { seconds }
        }
        _ => return None,
    };
    local.checked_sub_signed(chrono::TimeDelta::try_seconds(east)?).map(|utc| utc.and_utc())
}

/// A date, maybe with a time of day, that does not say of which time zone.
pub(crate) fn parse_local(text: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f")
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f"))
        .ok()
        .filter(|at| at.and_utc().timestamp_subsec_nanos() < 1_000_000_000)
        .or_else(|| parse_date(text).map(|date| date.and_time(chrono::NaiveTime::MIN)))
}

fn texts(raw: Raw, path: &str) -> Result<Vec<String>, InputError> {
    match raw {
        Raw::List(list) => list.into_iter().enumerate().map(|(i, r)| text(r, &format!("{path}[{i}]"))).collect(),
        other => Err(wrong(path, "a list of texts", &other)),
    }
}

/// A list of lines.
pub(crate) fn lines(raw: Raw, path: &str) -> Result<Vec<Line>, InputError> {
    match raw {
        Raw::List(list) => list.into_iter().enumerate().map(|(i, r)| line(r, &format!("{path}[{i}]"))).collect(),
        other => Err(wrong(path, "a list of lines", &other)),
    }
}

fn line(raw: Raw, path: &str) -> Result<Line, InputError> {
    let mut fields = Fields::new(raw, path, &LINE_KEYS)?;
    let line = Line {
        sku: fields.optional("sku", text)?,
        category: fields.optional("category", text)?,
        quantity: fields.optional("quantity", number)?,
        amount: fields.required("amount", number)?,
    };
    fields.finish()?;
    Ok(line)
}

fn status(raw: Raw, path: &str) -> Result<Status, InputError> {
    match text(raw, path)?.as_str() {
        "active" => Ok(Status::Active),
        "blocked" => Ok(Status::Blocked),
        "closed" => Ok(Status::Closed),
        _ => Err(InputError::new(ErrorCode::WrongType, path, "one of active, blocked, closed is due here")),
    }
}

fn billing_day(raw: Raw, path: &str) -> Result<u8, InputError> {
    let day = integer(raw, path)?;
    u8::try_from(day)
        .ok()
        .filter(|d| (1..=31).contains(d))
        .ok_or_else(|| InputError::new(ErrorCode::WrongType, path, "a day from 1 to 31 is due here"))
}

impl Transaction {
    /// Reads a purchase from its raw form. Errors: `missing_fact`, `wrong_type`, `missing_offset`, `invalid_id`,
    /// `amount_too_large`; keys that the format does not name become attributes.
    pub fn from_raw(raw: Raw) -> Result<Transaction, InputError> {
        let mut f = Fields::new(raw, "", &TRANSACTION_KEYS)?;
        Ok(Transaction {
            id: f.required("id", id)?,
            amount: f.required("amount", number)?,
            currency: f.required("currency", text)?,
            occurred_at: f.required("occurred_at", instant)?,
            category: f.optional("category", text)?,
            mcc: f.optional("mcc", text)?,
            merchant: f.optional("merchant", text)?,
            country: f.optional("country", text)?,
            channel: f.optional("channel", text)?,
            payment_method: f.optional("payment_method", text)?,
            items: f.optional("items", lines)?,
            attributes: f.attributes()?,
        })
    }

    /// Reads a purchase from JSON text; errors as [`Transaction::from_raw`], and `invalid_syntax`.
    pub fn from_json(text: &str) -> Result<Transaction, InputError> {
        Transaction::from_raw(Raw::from_json(text)?)
    }
}

impl Member {
    /// A member of whom only the id is known.
    pub fn new(id: impl Into<String>) -> Member {
        Member { id: id.into(), ..Member::default() }
    }

    /// Reads a member from its raw form; errors as [`Transaction::from_raw`].
    pub fn from_raw(raw: Raw) -> Result<Member, InputError> {
        let mut f = Fields::new(raw, "", &MEMBER_KEYS)?;
        let upgrades = f.optional("upgrades", |raw, path| match raw {
            Raw::Map(entries) => {
                entries.into_iter().map(|(k, v)| Ok((k.clone(), date(v, &format!("{path}.{k}"))?))).collect()
            }
            other => Err(wrong(path, "a mapping of level to date", &other)),
        })?;
        Ok(Member {
            id: f.required("id", id)?,
            tier: f.optional("tier", text)?,
            joined_on: f.optional("joined_on", date)?,
            birthday: f.optional("birthday", date)?,
            country: f.optional("country", text)?,
            segments: f.optional("segments", texts)?,
            enrolments: f.optional("enrolments", texts)?,
            upgrades: upgrades.unwrap_or_default(),
            billing_day: f.optional("billing_day", billing_day)?,
            purchases: f.optional("purchases", integer)?.unwrap_or(0),
            spending: f.optional("spending", number)?.unwrap_or(Exact::ZERO),
            status: f.optional("status", status)?.unwrap_or_default(),
            attributes: f.attributes()?,
        })
    }

    /// Reads a member from JSON text; errors as [`Transaction::from_raw`], and `invalid_syntax`.
    pub fn from_json(text: &str) -> Result<Member, InputError> {
        Member::from_raw(Raw::from_json(text)?)
    }
}

impl Usage {
    /// Reads usage from its raw form: a mapping of counter key to number.
    pub fn from_raw(raw: Raw) -> Result<Usage, InputError> {
        match raw {
            Raw::Null => Ok(Usage::default()),
            Raw::Map(entries) => {
                let map: Result<_, InputError> =
                    entries.into_iter().map(|(k, v)| Ok((k.clone(), number(v, &k)?))).collect();
                Ok(Usage(map?))
            }
            other => Err(wrong("", "a mapping of counter to number", &other)),
        }
    }

    /// Reads usage from JSON text; errors as [`Transaction::from_raw`], and `invalid_syntax`.
    pub fn from_json(text: &str) -> Result<Usage, InputError> {
        Usage::from_raw(Raw::from_json(text)?)
    }
}

impl Refund {
    /// Reads a refund from its raw form; errors as [`Transaction::from_raw`].
    pub fn from_raw(raw: Raw) -> Result<Refund, InputError> {
        let mut f = Fields::new(raw, "", &REFUND_KEYS)?;
        let refund = Refund {
            id: f.required("id", id)?,
            original: f.required("original", id)?,
            amount: f.required("amount", number)?,
            lines: f.optional("lines", lines)?,
            occurred_at: f.required("occurred_at", instant)?,
            member: f.optional("member", id)?,
        };
        f.finish()?;
        Ok(refund)
    }
}

impl Redemption {
    /// Reads a redemption from its raw form; errors as [`Transaction::from_raw`].
    pub fn from_raw(raw: Raw) -> Result<Redemption, InputError> {
        let mut f = Fields::new(raw, "", &REDEMPTION_KEYS)?;
        let redemption = Redemption {
            id: f.required("id", id)?,
            option: f.required("option", text)?,
            points: f.required("points", number)?,
            at: f.required("at", instant)?,
        };
        f.finish()?;
        Ok(redemption)
    }
}

macro_rules! deserialize_through_raw {
    ($($name:ident),+) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = serde_json::Value::deserialize(deserializer)?;
                $name::from_raw(Raw::from(value)).map_err(serde::de::Error::custom)
            }
        }
    )+};
}
deserialize_through_raw!(Transaction, Member, Usage, Refund, Redemption);

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(entries: &[(&str, &str)]) -> Raw {
        Raw::Map(entries.iter().map(|(key, value)| ((*key).to_owned(), Raw::Text((*value).to_owned()))).collect())
    }

    fn told<T>(read: Result<T, InputError>) -> String {
        read.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn an_instant_that_is_none_is_shown_beside_a_right_one() {
        let due = "such as `2026-03-02T10:00:00-05:00`; this is";
        for (written, expected) in [
            ("2026-03-02T10:00:00", "missing_offset: at: an instant needs an offset or `Z`, DUE `2026-03-02T10:00:00`"),
            ("2026-03-02", "missing_offset: at: an instant needs an offset or `Z`, DUE `2026-03-02`"),
            ("2026-13-02T10:00:00Z", "wrong_type: at: an instant is due here, DUE `2026-13-02T10:00:00Z`"),
            ("2016-12-31T23:59:60Z", "wrong_type: at: an instant is due here, DUE `2016-12-31T23:59:60Z`"),
            (
                "2016-12-31T23:59:60.5+01:00",
                "wrong_type: at: an instant is due here, DUE `2016-12-31T23:59:60.5+01:00`",
            ),
            ("yester\nday", "wrong_type: at: an instant is due here, DUE `yester day`"),
            ("", "wrong_type: at: an instant is due here, DUE an empty text"),
        ] {
            assert_eq!(told(instant(Raw::Text(written.to_owned()), "at")), expected.replace("DUE", due));
        }
        let long = told(instant(Raw::Text("9".repeat(1000)), "at"));
        assert!(long.ends_with(&format!("this is `{}…`", "9".repeat(40))), "{long}");
        let number = told(instant(Raw::Number("20260302".to_owned()), "at"));
        assert_eq!(number, format!("wrong_type: at: an instant is due here, {due} a number"));
    }

    #[test]
    fn a_number_that_is_none_is_shown_with_how_it_is_written() {
        let rule = "decimals stand after a point, and nothing between thousands";
        for (written, help) in [
            ("4,50", format!("{rule}: `4.50`")),
            ("-4,5", format!("{rule}: `-4.5`")),
            ("1.234.50", format!("{rule}: `1234.50`")),
            ("1.234,50", format!("{rule}: `1234.50`")),
            ("1 234,50", format!("{rule}: `1234.50`")),
            ("1,234", rule.to_owned()),
            ("1e3", "it has digits, maybe a minus before and a point within, no exponent, no plus, no -0".to_owned()),
            ("-0.0", "it has digits, maybe a minus before and a point within, no exponent, no plus, no -0".to_owned()),
            (
                "4.50 USD",
                "it has digits, maybe a minus before and a point within, no exponent, no plus, no -0".to_owned(),
            ),
        ] {
            let due = format!("wrong_type: amount: a plain number is due here, this is `{written}`; {help}");
            assert_eq!(told(number(Raw::Text(written.to_owned()), "amount")), due);
        }
    }

    #[test]
    fn a_date_that_is_none_is_shown_with_what_is_wrong() {
        for (written, expected) in [
            ("01.03.1990", "a date YYYY-MM-DD is due here, such as `1990-03-01`; this is `01.03.1990`"),
            ("1990-3-1", "a date YYYY-MM-DD is due here, such as `1990-03-01`; this is `1990-3-1`"),
            ("1990-13-01", "there is no date `1990-13-01`: months are 01 to 12"),
            ("1990-02-29", "there is no date `1990-02-29`: February 1990 has 28 days"),
        ] {
            let told = told(date(Raw::Text(written.to_owned()), "birthday"));
            assert_eq!(told, format!("wrong_type: birthday: {expected}"));
        }
    }

    #[test]
    fn a_missing_key_is_looked_for_among_those_written() {
        let base = [("id", "t1"), ("amount", "1"), ("currency", "USD")];
        for (key, help) in [
            ("ocurred_at", "; did you mean it where it says `ocurred_at`?"),
            ("shop", "; `shop`, which stands here, is no key of the format"),
            ("items", ""),
        ] {
            let entries = [&base[..], &[(key, "2026-03-02T10:00:00Z")]].concat();
            let expected = format!("missing_fact: occurred_at: `occurred_at` is missing{help}");
            assert_eq!(told(Transaction::from_raw(raw(&entries))), expected);
        }
        let segments =
            Raw::Map(vec![("segmnts".to_owned(), Raw::List(Vec::new())), ("id".to_owned(), Raw::Text("m".into()))]);
        let expected = "unknown_fact: segmnts: `segmnts` is not a known fact; did you mean `segments`?";
        assert_eq!(told(Member::from_raw(segments)), expected);
    }

    #[test]
    fn the_keys_that_are_proposed_are_those_that_are_read() {
        let nested = |key: &str| Raw::Map(vec![(key.to_owned(), Raw::Map(Vec::new()))]);
        let of = |key: &str, rest: &[(&str, &str)]| match (nested(key), raw(rest)) {
            (Raw::Map(one), Raw::Map(rest)) => {
                Raw::Map(rest.into_iter().filter(|(k, _)| k != key).chain(one).collect())
            }
            (one, _) => one,
        };
        let purchase = [("id", "t1"), ("amount", "1"), ("currency", "USD"), ("occurred_at", "2026-03-02T10:00:00Z")];
        let unknown = |told: &str| told.starts_with("unknown_fact");
        assert!(TRANSACTION_KEYS.iter().all(|key| !unknown(&told(Transaction::from_raw(of(key, &purchase))))));
        assert!(MEMBER_KEYS.iter().all(|key| !unknown(&told(Member::from_raw(of(key, &[("id", "m1")]))))));
        assert!(unknown(&told(Transaction::from_raw(of("shop", &purchase)))));
    }
}
