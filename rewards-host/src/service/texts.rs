//! What no store can hold: PostgreSQL has no NUL character, and a calendar of years 1 to 9999 is one that both stores
//! write alike. It is refused before anything is asked of them.

use chrono::{DateTime, Datelike, Utc};
use rewards_rules::input::{Attribute, ErrorCode, Line, Transaction};
use serde_json::{Map, Value};

use super::command::{Act, Command};
use super::error::{Code, ServiceError};

/// Refuses a command that has a NUL character in a text, with the place of the first one, or an instant that is too long
/// ago.
pub(super) fn storable(command: &Command) -> Result<(), ServiceError> {
    let key = command.key.iter().flat_map(|key| [("scope", key.scope.as_str()), ("key", key.key.as_str())]);
    let own = [("user_id", command.user_id.as_str()), ("by", command.by.as_str())];
    let program = command.program.as_deref().map(|program| ("program", program));
    let texts = own.into_iter().chain(program).chain(key);
    let place = texts.into_iter().find_map(|(place, text)| has_nul(text).then(|| place.to_owned()));
    match place.or_else(|| of_act(&command.act)) {
        None => in_calendar(&command.act),
        Some(place) => Err(ServiceError::new(
            Code::Input(ErrorCode::WrongType),
            format!("`{place}` has the character U+0000, which cannot be kept"),
        )
        .at(place)),
    }
}

/// Whether the day of an instant is one of the calendar in every time zone. What is yet to come is refused elsewhere.
fn in_calendar(act: &Act) -> Result<(), ServiceError> {
    let (place, at): (_, DateTime<Utc>) = match act {
        Act::Purchase { transaction, .. } => ("transaction.occurred_at", transaction.occurred_at),
        Act::Refund(refund) => ("occurred_at", refund.occurred_at),
        _ => return Ok(()),
    };
    if at.date_naive().pred_opt().is_some_and(|day| day.year() >= 1) {
        return Ok(());
    }
    let words = format!("`{place}`: an instant of the years 1 to 9999 is due");
    Err(ServiceError::new(Code::Input(ErrorCode::WrongType), words).at(place))
}

fn has_nul(text: &str) -> bool {
    text.contains('\0')
}

fn first<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<String> {
    texts.into_iter().find_map(|(place, text)| has_nul(text).then(|| place.to_owned()))
}

fn of_act(act: &Act) -> Option<String> {
    match act {
        Act::Purchase { transaction, facts } => {
            of_transaction(transaction).or_else(|| facts.as_ref().and_then(|facts| of_facts("member", facts)))
        }
        Act::Refund(refund) => {
            let ids = [("id", refund.id.as_str()), ("original", &refund.original)];
            first(ids).or_else(|| of_lines("lines", refund.lines.as_deref()))
        }
        Act::Redeem { option, details, .. } => {
            first([("option", option.as_str())]).or_else(|| details.as_ref().and_then(|d| of_value("details", d)))
        }
        Act::Settle { reason, .. } | Act::SetStatus { reason, .. } => first([("reason", reason.as_str())]),
        Act::Transfer { to, .. } => first([("to", to.as_str())]),
        Act::Adjust { reason, approved_by, .. } => {
            first([("reason", reason.as_str()), ("approved_by", approved_by.as_deref().unwrap_or_default())])
        }
        Act::GiveTier { level, reason, .. } => first([("level", level.as_str()), ("reason", reason)]),
        Act::SetFacts { facts } => of_facts("member", facts),
        Act::Open { opening, facts } => first([("tier", opening.tier.as_deref().unwrap_or_default())])
            .or_else(|| facts.as_ref().and_then(|facts| of_facts("member", facts))),
        Act::Enrol { campaign } | Act::Leave { campaign } => first([("campaign_id", campaign.as_str())]),
        Act::Advance | Act::Forget => None,
    }
}

fn of_transaction(of: &Transaction) -> Option<String> {
    let own = [("id", Some(&of.id)), ("currency", Some(&of.currency)), ("category", of.category.as_ref())];
    let rest = [
        ("mcc", of.mcc.as_ref()),
        ("merchant", of.merchant.as_ref()),
        ("country", of.country.as_ref()),
        ("channel", of.channel.as_ref()),
        ("payment_method", of.payment_method.as_ref()),
    ];
    let own = own.into_iter().chain(rest).find(|(_, text)| text.is_some_and(|text| has_nul(text)));
    let attribute = |(name, value): (&String, &Attribute)| {
        let in_value = matches!(value, Attribute::Text(text) if has_nul(text));
        (in_value || has_nul(name)).then(|| format!("attributes.{}", name.replace('\0', "")))
    };
    own.map(|(name, _)| name.to_owned())
        .or_else(|| of_lines("items", of.items.as_deref()))
        .or_else(|| of.attributes.iter().find_map(attribute))
        .map(|place| format!("transaction.{place}"))
}

fn of_lines(within: &str, lines: Option<&[Line]>) -> Option<String> {
    lines.into_iter().flatten().enumerate().find_map(|(at, line)| {
        let texts = [("sku", line.sku.as_deref()), ("category", line.category.as_deref())];
        let (name, _) = texts.into_iter().find(|(_, text)| text.is_some_and(has_nul))?;
        Some(format!("{within}[{at}].{name}"))
    })
}

fn of_facts(within: &str, facts: &Map<String, Value>) -> Option<String> {
    facts.iter().find_map(|(name, value)| {
        let place = format!("{within}.{}", name.replace('\0', ""));
        if has_nul(name) { Some(place) } else { of_value(&place, value) }
    })
}

fn of_value(within: &str, value: &Value) -> Option<String> {
    match value {
        Value::String(text) => has_nul(text).then(|| within.to_owned()),
        Value::Array(values) => values.iter().find_map(|value| of_value(within, value)),
        Value::Object(fields) => of_facts(within, fields),
        _ => None,
    }
}
