//! What stands in one place of a table, and how it becomes a value of an input.
//!
//! Every format of tables hands over its cells as these: a CSV file texts alone, JSON texts and numbers as written,
//! columnar files values with types. What a column makes of a cell is decided here, so that the same purchase means
//! the same in all of them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

use crate::check::typed::Type;
use crate::input::{
    Attribute, ErrorCode, InputError, Line, Raw, date_error, number_error, parse_date, parse_instant, parse_local,
    read_lines,
};
use crate::value::{Exact, is_id};

/// One cell of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Cell<'a> {
    /// Nothing: an empty cell of CSV, `null`, a missing key.
    #[default]
    Absent,
    /// A text; also how a number, a date or an instant may be written. An empty one is absent.
    Text(&'a str),
    /// The characters of a number, as JSON has it.
    Number(&'a str),
    /// A number that came as one: an integer, a decimal.
    Exact(Exact),
    /// A boolean.
    Boolean(bool),
    /// A date.
    Date(NaiveDate),
    /// An instant.
    Instant(DateTime<Utc>),
    /// A date and a time of day that do not say of which time zone.
    Local(NaiveDateTime),
    /// A list of texts or of lines.
    Nested(Raw),
    /// Something that no column can take, and why.
    Unreadable(&'static str),
}

fn wrong(path: &str, due: &str, found: &Cell<'_>) -> InputError {
    let what = match found {
        Cell::Absent => "nothing",
        Cell::Text(_) => "a text",
        Cell::Number(_) | Cell::Exact(_) => "a number",
        Cell::Boolean(_) => "a boolean",
        Cell::Date(_) => "a date",
        Cell::Instant(_) | Cell::Local(_) => "a timestamp",
        Cell::Nested(Raw::Map(_)) => "a mapping",
        Cell::Nested(_) => "a list",
        Cell::Unreadable(why) => return InputError::new(ErrorCode::WrongType, path, *why),
    };
    InputError::new(ErrorCode::WrongType, path, format!("{due} is due here, this is {what}"))
}

impl<'a> Cell<'a> {
    /// Whether nothing is here.
    pub fn is_absent(&self) -> bool {
        matches!(self, Cell::Absent | Cell::Text("") | Cell::Nested(Raw::Null))
    }

    pub(super) fn text(&self, path: &str) -> Result<&'a str, InputError> {
        match self {
            Cell::Text(text) => Ok(text),
            other => Err(wrong(path, "a text", other)),
        }
    }

    /// Puts an id into a buffer. A whole number is one, too: many tables number their members.
    pub(super) fn id(&self, path: &str, into: &mut String) -> Result<(), InputError> {
        into.clear();
        match self {
            Cell::Text(text) => into.push_str(text),
            Cell::Number(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => into.push_str(digits),
            Cell::Exact(number) if number.scale() == 0 => into.push_str(&number.to_string()),
            other => return Err(wrong(path, "an id", other)),
        }
        if is_id(into) {
            return Ok(());
        }
        into.clear();
        Err(InputError::new(ErrorCode::InvalidId, path, "an id is 1 to 64 of A-Z a-z 0-9 . _ : -"))
    }

    pub(super) fn number(&self, path: &str) -> Result<Exact, InputError> {
        match self {
            Cell::Text(digits) | Cell::Number(digits) => digits.parse().map_err(|e| number_error(e, digits, path)),
            Cell::Exact(number) => Ok(*number),
            other => Err(wrong(path, "a number", other)),
        }
    }

    pub(super) fn whole(&self, path: &str) -> Result<i64, InputError> {
        let due = || InputError::new(ErrorCode::WrongType, path, "a whole number is due here");
        self.number(path)?.to_units_exact(0).ok_or_else(due)
    }

    pub(super) fn date(&self, path: &str) -> Result<NaiveDate, InputError> {
        match self {
            Cell::Text(text) => parse_date(text).ok_or_else(|| date_error(text, path)),
            Cell::Date(date) => Ok(*date),
            other => Err(wrong(path, "a date YYYY-MM-DD", other)),
        }
    }

    /// An instant; one without an offset only where a zone is assumed.
    pub(super) fn instant(&self, zone: Option<Tz>) -> Result<DateTime<Utc>, InputError> {
        let path = "occurred_at";
        let local = match self {
            Cell::Instant(at) => return Ok(*at),
            Cell::Text(text) => match (parse_instant(text, path), zone) {
                (Err(error), Some(_)) if error.code == ErrorCode::MissingOffset => parse_local(text).ok_or(error)?,
                (result, _) => return result,
            },
            Cell::Local(local) => *local,
            Cell::Date(date) => date.and_time(chrono::NaiveTime::MIN),
            other => return Err(wrong(path, "an instant", other)),
        };
        let Some(zone) = zone else {
            return Err(InputError::new(
                ErrorCode::MissingOffset,
                path,
                "an instant needs a time zone: store UTC, or say whose local time it is",
            ));
        };
        // A local time that comes twice is the earlier one; one that never comes is none.
        zone.from_local_datetime(&local).earliest().map(|at| at.with_timezone(&Utc)).ok_or_else(|| {
            let message = format!("{local} never comes in {}: clocks are put forward over it", zone.name());
            InputError::new(ErrorCode::WrongType, path, message)
        })
    }

    /// A list of texts; in one text they are separated by `;`.
    pub(super) fn texts(&self, path: &str) -> Result<Vec<String>, InputError> {
        match self {
            Cell::Text(text) => Ok(text.split(';').filter(|t| !t.is_empty()).map(str::to_owned).collect()),
            Cell::Nested(Raw::List(list)) => list
                .iter()
                .map(|raw| match raw {
                    Raw::Text(text) => Ok(text.clone()),
                    _ => Err(wrong(path, "a list of texts", self)),
                })
                .collect(),
            other => Err(wrong(path, "a list of texts", other)),
        }
    }

    /// Lines of a purchase: a list, or the same list as JSON text.
    pub(super) fn items(self, path: &str) -> Result<Vec<Line>, InputError> {
        match self {
            Cell::Text(json) => read_lines(Raw::from_json(json)?, path),
            Cell::Nested(raw) => read_lines(raw, path),
            other => Err(wrong(path, "a list of lines", &other)),
        }
    }

    /// Puts the value of a declared fact where one may stand already.
    pub(super) fn attribute(&self, path: &str, ty: Type, into: &mut Attribute) -> Result<(), InputError> {
        let value = match (self, ty) {
            (Cell::Text("true"), Type::Boolean) => Attribute::Boolean(true),
            (Cell::Text("false"), Type::Boolean) => Attribute::Boolean(false),
            (Cell::Text(text), Type::Integer | Type::Decimal) if let Ok(number) = text.parse() => {
                Attribute::Number(number)
            }
            // What does not fit the declared type is told when the row is evaluated.
            (Cell::Text(text), _) => {
                if let Attribute::Text(there) = into {
                    there.clear();
                    there.push_str(text);
                    return Ok(());
                }
                Attribute::Text((*text).to_owned())
            }
            (Cell::Number(_) | Cell::Exact(_), _) => Attribute::Number(self.number(path)?),
            (Cell::Boolean(boolean), _) => Attribute::Boolean(*boolean),
            (Cell::Date(date), Type::Date) => Attribute::Text(date.to_string()),
            (other, _) => return Err(wrong(path, due(ty), other)),
        };
        *into = value;
        Ok(())
    }
}

fn due(ty: Type) -> &'static str {
    match ty {
        Type::Boolean => "true or false",
        Type::Integer => "a whole number",
        Type::Decimal => "a number",
        Type::Date => "a date YYYY-MM-DD",
        Type::Text | Type::TextList => "a text",
    }
}
