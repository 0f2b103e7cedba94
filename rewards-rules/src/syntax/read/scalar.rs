//! Single values: texts, ids, words, numbers, rates, dates and times, each with its one spelling.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::fields::{Reader, key_list, shorten};
use crate::source::{Code, Span, Spanned, nearest};
use crate::syntax::vocabulary::{MAX_AMOUNT, MAX_MULTIPLIER, MAX_RATE};
use crate::syntax::written::Bound;
use crate::syntax::yaml::Node;
use crate::value::ops::no_such_day;
use crate::value::{Duration, Exact, ParseExactError, Period, is_id};

/// The most decimals of a rate as a fraction, and of a multiplier.
const RATE_DECIMALS: u32 = 8;
/// The longest duration.
const MAX_DAYS: u32 = 36_500;

/// Where a number of some kind may lie, and how it is spelled.
struct Kind {
    /// "a rate"
    due: &'static str,
    /// How it is written.
    help: &'static str,
    least: i64,
    most: i64,
    decimals: Option<u32>,
}

impl Reader<'_> {
    /// Any text; what looks like a number or a boolean is one too.
    pub(super) fn text(&mut self, node: &Node) -> Option<Spanned<String>> {
        let scalar = self.scalar(node, "a text")?;
        Some(Spanned { value: scalar.text.clone(), span: node.span })
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, node: &Node) -> Option<Vec<Spanned<String>>> {
        let items = self.list(node, "a list of texts")?;
        Some(items.iter().filter_map(|item| self.text(item)).collect())
    }

    /// An id: 1 to 64 of `A-Z a-z 0-9 . _ : -` (R0109).
    pub(super) fn id(&mut self, node: &Node) -> Option<Spanned<String>> {
        let id = self.text(node)?;
        if is_id(&id.value) {
            return Some(id);
        }
        self.bad_id(&id.value, id.span);
        None
    }

    /// A list of ids.
    pub(super) fn ids(&mut self, node: &Node) -> Option<Vec<Spanned<String>>> {
        let items = self.list(node, "a list of ids")?;
        Some(items.iter().filter_map(|item| self.id(item)).collect())
    }

    pub(super) fn bad_id(&mut self, text: &str, at: Span) {
        let message = format!("`{}` is not an id", shorten(text));
        self.complain(Code::InvalidId, at, message, "an id is 1 to 64 of A-Z a-z 0-9 . _ : -, without spaces");
    }

    /// A name that expressions use: letters, digits and `_`, not beginning with a digit (R0109).
    pub(super) fn is_name(&mut self, name: &Spanned<String>) -> bool {
        let first = name.value.bytes().next();
        let good = first.is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
            && name.value.len() <= 64
            && name.value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !good {
            let message = format!("`{}` is not a name that an expression can use", shorten(&name.value));
            let help = "a name is letters, digits and `_`, and begins with a letter";
            self.complain(Code::InvalidId, name.span, message, help);
        }
        good
    }

    /// One of some words (R0104).
    pub(super) fn word<T: Copy>(&mut self, node: &Node, words: &[(&'static str, T)]) -> Option<Spanned<T>> {
        self.word_or(node, words, "")
    }

    /// As [`Reader::word`], where something else may stand instead, as the help says.
    pub(super) fn word_or<T: Copy>(
        &mut self,
        node: &Node,
        words: &[(&'static str, T)],
        or_else: &str,
    ) -> Option<Spanned<T>> {
        let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        let due = format!("one of {}", key_list(&names, "and"));
        let scalar = self.scalar(node, &due)?;
        if let Some((_, value)) = words.iter().find(|(name, _)| *name == scalar.text) {
            return Some(Spanned { value: *value, span: node.span });
        }
        let help = match nearest(&scalar.text, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if or_else.is_empty() => format!("it is {}", key_list(&names, "or")),
            None => format!("it is {}, or {or_else}", key_list(&names, "or")),
        };
        self.complain(Code::UnknownWord, node.span, format!("unknown word `{}`", shorten(&scalar.text)), help);
        None
    }

    /// A period of semantics §4.1.
    pub(super) fn period(&mut self, node: &Node) -> Option<Spanned<Period>> {
        let words = Period::ALL.map(|p| (p.name(), p));
        self.word(node, &words)
    }

    /// `true` or `false`, without quotes.
    pub(super) fn boolean(&mut self, node: &Node) -> Option<Spanned<bool>> {
        self.word(node, &[("true", true), ("false", false)])
    }

    /// A whole number from `least` to `most` (R0105, R0107).
    pub(super) fn integer(&mut self, node: &Node, least: i64, most: i64) -> Option<Spanned<i64>> {
        let scalar = self.scalar(node, "a whole number")?;
        let text = scalar.text.trim();
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            let message = format!("`{}` is not a whole number", shorten(text));
            self.complain(Code::InvalidNumber, node.span, message, "write digits only, for example 12");
            return None;
        }
        match text.parse::<i64>().ok().filter(|n| (least..=most).contains(n)) {
            Some(value) => Some(Spanned { value, span: node.span }),
            None => {
                let message = format!("`{}` is out of range", shorten(text));
                self.complain(Code::OutOfRange, node.span, message, format!("it is from {least} to {most}"));
                None
            }
        }
    }

    /// Money in the program's currency, or points: from 0 to 10^15.
    pub(super) fn amount(&mut self, node: &Node) -> Option<Spanned<Exact>> {
        self.number(node, &AMOUNT, false)
    }

    /// As [`Reader::amount`], above zero.
    pub(super) fn positive(&mut self, node: &Node) -> Option<Spanned<Exact>> {
        let amount = self.amount(node)?;
        if !amount.value.is_zero() {
            return Some(amount);
        }
        self.complain(Code::OutOfRange, node.span, "this must be above zero", "for example 1.00, or 100 points");
        None
    }

    /// A rate as a fraction, from `6%`, `6.0 %` or `0.06`; at most 8 decimals as a fraction (R0106).
    pub(super) fn rate(&mut self, node: &Node) -> Option<Spanned<Exact>> {
        self.number(node, &RATE, true)
    }

    /// A rate from 0 % to 100 %.
    pub(super) fn share(&mut self, node: &Node) -> Option<Spanned<Exact>> {
        self.number(node, &Kind { most: 1, ..RATE }, true)
    }

    /// A multiplier: 1 or more.
    pub(super) fn multiplier(&mut self, node: &Node) -> Option<Spanned<Exact>> {
        self.number(node, &MULTIPLIER, false)
    }

    fn number(&mut self, node: &Node, kind: &Kind, percent: bool) -> Option<Spanned<Exact>> {
        let scalar = self.scalar(node, kind.due)?;
        let text = scalar.text.trim();
        let hundredths = text.strip_suffix('%').filter(|_| percent);
        let value = match (Exact::from_str(hundredths.map_or(text, str::trim_end)), hundredths) {
            (Ok(value), None) => Ok(value),
            (Ok(value), Some(_)) => Exact::new(1, 2)
                .and_then(|hundredth| value.checked_mul(hundredth))
                .map_err(|_| ParseExactError::Overflow),
            (Err(error), _) => Err(error),
        };
        let value = match value {
            Ok(value) => value.normalized(),
            Err(ParseExactError::Syntax) => {
                let message = format!("`{}` is not {}", shorten(text), kind.due);
                self.complain(Code::InvalidNumber, node.span, message, kind.help);
                return None;
            }
            Err(ParseExactError::Overflow) => {
                let message = format!("`{}` has more digits than a number can have", shorten(text));
                self.complain(Code::OutOfRange, node.span, message, kind.help);
                return None;
            }
        };
        if value < Exact::from(kind.least) || value > Exact::from(kind.most) {
            let message = format!("`{}` is out of range", shorten(text));
            let (least, most) = (kind.least, kind.most);
            let range = if percent {
                format!("{} is from 0 to {} %", kind.due, most.saturating_mul(100))
            } else {
                format!("{} is from {least} to {most}", kind.due)
            };
            self.complain(Code::OutOfRange, node.span, message, range);
            return None;
        }
        if let Some(most) = kind.decimals
            && value.scale() > most
        {
            let message = format!("`{}` has too many decimals", shorten(text));
            let help = if percent {
                format!("{} has at most {most} as a fraction, {} as a percentage", kind.due, most.saturating_sub(2))
            } else {
                format!("{} has at most {most}", kind.due)
            };
            self.complain(Code::TooManyDecimals, node.span, message, help);
            return None;
        }
        Some(Spanned { value, span: node.span })
    }

    /// `14 days`, `2 weeks`, `12 months`, `1 year` (R0108).
    pub(super) fn duration(&mut self, node: &Node) -> Option<Spanned<Duration>> {
        let scalar = self.scalar(node, "a length of time")?;
        match duration(scalar.text.trim()) {
            Some(value) => Some(Spanned { value, span: node.span }),
            None => {
                let message = format!("`{}` is not a length of time", shorten(&scalar.text));
                let help = "write a whole number of days, weeks, months or years: 14 days";
                self.complain(Code::InvalidTime, node.span, message, help);
                None
            }
        }
    }

    /// A local date, or an instant with its offset (R0108).
    pub(super) fn bound(&mut self, node: &Node) -> Option<Spanned<Bound>> {
        let scalar = self.scalar(node, "a date or an instant")?;
        let text = scalar.text.trim();
        if let Some(value) = date(text).map(Bound::Date).or_else(|| instant(text).map(Bound::Instant)) {
            return Some(Spanned { value, span: node.span });
        }
        let shown = shorten(text);
        if let Some(why) = no_such_day(text) {
            self.complain(Code::InvalidTime, node.span, format!("there is no date `{shown}`"), why);
            return None;
        }
        let (message, help) = match () {
            () if instant(&format!("{text}Z")).is_some() || instant(&format!("{text}:00Z")).is_some() => (
                format!("the instant `{shown}` has no offset"),
                "add Z or the offset from UTC, 2026-03-31T18:00:00+02:00, or write a date alone",
            ),
            () => (
                format!("`{shown}` is neither a date nor an instant"),
                "write 2026-03-31, or 2026-03-31T18:00:00+02:00",
            ),
        };
        self.complain(Code::InvalidTime, node.span, message, help);
        None
    }

    /// A time of day, `HH:MM`; `Some(None)` is `24:00`, where `midnight` allows it (R0108).
    pub(super) fn time(&mut self, node: &Node, midnight: bool) -> Option<Spanned<Option<NaiveTime>>> {
        let scalar = self.scalar(node, "a time of day")?;
        let text = scalar.text.trim();
        let time = match text {
            "24:00" if midnight => Some(None),
            _ => time(text).map(Some),
        };
        if let Some(value) = time {
            return Some(Spanned { value, span: node.span });
        }
        let help = if text == "24:00" {
            "a window that begins at midnight begins at \"00:00\"".to_owned()
        } else {
            match time_padded(text) {
                Some(padded) => format!("write \"{padded}\""),
                None => "write hours and minutes, from \"00:00\" to \"23:59\"".to_owned(),
            }
        };
        self.complain(Code::InvalidTime, node.span, format!("`{}` is not a time of day", shorten(text)), help);
        None
    }
}

const AMOUNT: Kind = Kind {
    due: "an amount",
    help: "write digits, with a point before the decimals: 1250.00",
    least: 0,
    most: MAX_AMOUNT,
    decimals: None,
};
const RATE: Kind = Kind {
    due: "a rate",
    help: "write a percentage, 2.5%, or a fraction, 0.025",
    least: 0,
    most: MAX_RATE,
    decimals: Some(RATE_DECIMALS),
};
const MULTIPLIER: Kind = Kind {
    due: "a multiplier",
    help: "write a number from 1 on: 2, or 1.5",
    least: 1,
    most: MAX_MULTIPLIER,
    decimals: Some(RATE_DECIMALS),
};

/// `dddd-dd-dd`, whether or not there is such a day.
fn looks_like_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() })
}

fn date(text: &str) -> Option<NaiveDate> {
    if looks_like_date(text) { NaiveDate::from_str(text).ok() } else { None }
}

fn instant(text: &str) -> Option<DateTime<Utc>> {
    let dated = text.get(..10).is_some_and(looks_like_date) && text.as_bytes().get(10) == Some(&b'T');
    if dated { DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc)) } else { None }
}

fn time(text: &str) -> Option<NaiveTime> {
    let formed =
        text.len() == 5 && text.bytes().enumerate().all(|(i, b)| if i == 2 { b == b':' } else { b.is_ascii_digit() });
    if formed { NaiveTime::parse_from_str(text, "%H:%M").ok() } else { None }
}

/// What was meant by `8:00`.
fn time_padded(text: &str) -> Option<String> {
    let padded = format!("0{text}");
    time(&padded).map(|_| padded)
}

fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_once(' ')?;
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: u32 = number.parse().ok()?;
    let (factor, days) = match unit.trim_start() {
        "day" | "days" => (1, true),
        "week" | "weeks" => (7, true),
        "month" | "months" => (1, false),
        "year" | "years" => (12, false),
        _ => return None,
    };
    let length = number.checked_mul(factor)?;
    let most = if days { MAX_DAYS } else { 1_200 };
    if length > most {
        return None;
    }
    Some(if days { Duration::Days(length) } else { Duration::Months(length) })
}
