//! What several requests have in common: numbers of points, reasons, days, instants, pages.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use rewards_rules::input::parse_instant;
use rewards_rules::value::Exact;
use serde_json::Value;

use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::service::error::{Code, ServiceError};
use crate::store::rows::Instant;

/// As many items has a page unless the caller says, and as many at most.
pub(crate) const PAGE: (u32, u32) = (50, 200);

fn wrong(path: &str, words: &str) -> Problem {
    ServiceError::new(Code::InvalidRequest, format!("`{path}`: {words}")).at(path).into()
}

fn wrong_parameter(name: &str, words: &str) -> Problem {
    Problem::new(Code::InvalidParameter, format!("`{name}`: {words}"))
}

/// The member that a request is for: the one named, else the caller, if they are let in as a member.
pub(crate) fn member(caller: &Caller, named: Option<&str>) -> Result<String, Problem> {
    let user_id = match named {
        Some(named) => super::id("user_id", named)?,
        None if caller.own_only => super::id("user_id", &caller.sub)?,
        None => return Err(wrong("user_id", "whose points these are has to be said")),
    };
    caller.reach(&user_id)?;
    Ok(user_id)
}

/// A number of points: digits as text or as a number. What it may be is for the engine to say.
pub(crate) fn points(value: &Value) -> Result<Exact, Problem> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    text.parse().map_err(|_| wrong("points", "a number is due, like `\"500\"`"))
}

/// Why something is done by hand: 1 to 500 characters.
pub(crate) fn reason(text: &str) -> Result<String, Problem> {
    why("reason", text)
}

/// The same in a place of another name.
pub(crate) fn why(path: &str, text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let is_fine = (1..=500).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if is_fine { Ok(text.to_owned()) } else { Err(wrong(path, "1 to 500 characters in one line are due")) }
}

/// A note: any characters but U+0000, which stores cannot keep.
pub(crate) fn note(text: String) -> Result<String, Problem> {
    if text.contains('\0') { Err(wrong("note", "the character U+0000 cannot be kept")) } else { Ok(text) }
}

/// A day of a calendar that stores can keep.
pub(crate) fn day(path: &str, day: NaiveDate) -> Result<NaiveDate, Problem> {
    if (1..=9999).contains(&day.year()) { Ok(day) } else { Err(wrong(path, "a day of the years 1 to 9999 is due")) }
}

/// An instant of the address: RFC 3339 with an offset.
pub(crate) fn instant(name: &str, text: Option<&str>) -> Result<Option<Instant>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let at: Option<DateTime<Utc>> = parse_instant(text, name).ok().filter(|at| (1..=9999).contains(&at.year()));
    let due = "an instant is due, like `2026-03-01T00:00:00Z` (a `+` has to be written `%2B`)";
    at.map(|at| Some(Instant(at))).ok_or_else(|| wrong_parameter(name, due))
}

/// A word of the address: an id, or the name of something.
pub(crate) fn word(name: &str, text: Option<String>) -> Result<Option<String>, Problem> {
    match text {
        Some(text) if !rewards_rules::value::is_id(&text) => {
            Err(wrong_parameter(name, "1 to 64 letters, digits, `.`, `_`, `:` or `-` are due"))
        }
        text => Ok(text),
    }
}

/// How many items a page has.
pub(crate) fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    let (usual, most) = PAGE;
    match asked {
        None => Ok(usual),
        Some(asked) if (1..=most).contains(&asked) => Ok(asked),
        Some(_) => Err(wrong_parameter("limit", &format!("1 to {most} are due"))),
    }
}
