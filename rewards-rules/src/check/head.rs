//! The head of a program: that there is one, its currency and time zone, the facts it declares, its lists.
//!
//! A room of its own because everything else is checked against these.

use chrono_tz::Tz;

use super::program::Declared;
use super::report::{Reporter, did_you_mean};
use super::typed::Type;
use crate::source::{Code, Finding, Spanned, nearest};
use crate::syntax::expression::ExprKind;
use crate::syntax::written::{FactKind, FactScope, List, Program, RuleFiles};
use crate::value::Currency;

/// The program of a rule set: the first, if there are several.
pub(super) fn the_program<'f>(files: &'f RuleFiles, report: &mut Reporter<'_>) -> Option<&'f Program> {
    let Some((first, others)) = files.programs.split_first() else {
        // A document that could not be read may have been the program.
        if !files.unread.documents {
            report.add(Finding {
                code: Code::ProgramCount,
                span: None,
                message: "there is no program among the files".to_owned(),
                help: Some("add a file that begins with `program:` and the program's id".to_owned()),
            });
        }
        return None;
    };
    for (index, other) in others.iter().enumerate() {
        let place = report.at(first.id.span);
        let message = match index {
            _ if other.id.value != first.id.value => {
                format!("`{}` is another program; `{}` is at {place}", other.id.value, first.id.value)
            }
            0 => format!("this is a second program; the first is at {place}"),
            _ => format!("this is one more program; the first is at {place}"),
        };
        let help = "a rule set has exactly one program; put the other one into a folder of its own";
        report.tell(Code::ProgramCount, other.id.span, message, help);
    }
    Some(first)
}

/// The program's currency.
pub(super) fn currency(program: &Program, report: &mut Reporter<'_>) -> Option<Currency> {
    let written = program.currency.as_ref()?;
    let found = Currency::from_code(&written.value);
    if found.is_none() {
        let help = did_you_mean(nearest(&written.value, Currency::codes()), || {
            "write the three letters of ISO 4217, for example `USD`".to_owned()
        });
        let message = format!("`{}` is no currency of ISO 4217", written.value);
        report.tell(Code::UnknownCurrency, written.span, message, help);
    }
    found
}

/// The program's time zone.
pub(super) fn zone(program: &Program, report: &mut Reporter<'_>) -> Option<Tz> {
    let written = program.timezone.as_ref()?;
    let found = written.value.parse::<Tz>().ok();
    if found.is_none() {
        let help = did_you_mean(nearest_zone(&written.value), || {
            "write an IANA name, for example `America/New_York` or `UTC`".to_owned()
        });
        report.tell(Code::UnknownTimezone, written.span, format!("there is no time zone `{}`", written.value), help);
    }
    found
}

/// The closest name, or for a city without its continent the zone of that city.
fn nearest_zone(name: &str) -> Option<&'static str> {
    let names = || chrono_tz::TZ_VARIANTS.iter().map(|z| z.name());
    let spelled = name.trim().replace(' ', "_");
    let of_city = |city: &str| names().find(|n| n.rsplit('/').next() == Some(city));
    names()
        .find(|n| n.eq_ignore_ascii_case(&spelled))
        .or_else(|| nearest(&spelled, names()))
        .or_else(|| of_city(&spelled))
        .or_else(|| of_city(nearest(&spelled, names().filter_map(|n| n.rsplit('/').next()))?))
}

/// Facts of a transaction that the engine knows, and the keys beside them.
const TX_FACTS: [&str; 18] = [
    "id",
    "amount",
    "eligible_amount",
    "currency",
    "category",
    "mcc",
    "merchant",
    "country",
    "channel",
    "payment_method",
    "date",
    "time",
    "weekday",
    "hour",
    "month",
    "day",
    "occurred_at",
    "items",
];

/// Facts of a member that the engine knows, and the keys beside them.
const MEMBER_FACTS: [&str; 13] = [
    "id",
    "tier",
    "joined_on",
    "birthday",
    "country",
    "segments",
    "enrolments",
    "billing_day",
    "purchases",
    "spending",
    "status",
    "days_since_joined",
    "upgrades",
];

/// The facts that a program declares.
pub(super) fn declared(program: &Program, report: &mut Reporter<'_>) -> Vec<Declared> {
    let mut declared = Vec::with_capacity(program.facts.len());
    for fact in &program.facts {
        let (scope, built_in): (&str, &[&str]) = match fact.scope {
            FactScope::Tx => ("tx", &TX_FACTS),
            FactScope::Member => ("member", &MEMBER_FACTS),
        };
        let name = fact.name.value.as_str();
        if built_in.contains(&name) {
            let message = format!("`{scope}.{name}` is there without being declared");
            report.tell(Code::FactExists, fact.name.span, message, "leave it out, or choose another name");
            continue;
        }
        check_name(&fact.name, "a fact", report);
        let (ty, one_of) = match &fact.kind {
            FactKind::Text => (Type::Text, None),
            FactKind::Integer => (Type::Integer, None),
            FactKind::Decimal => (Type::Decimal, None),
            FactKind::Boolean => (Type::Boolean, None),
            FactKind::Date => (Type::Date, None),
            FactKind::OneOf(values) => {
                if values.is_empty() {
                    let message = format!("`one_of` of `{scope}.{name}` names no value");
                    report.tell(Code::WrongShape, fact.name.span, message, "write the values, or the type `text`");
                }
                (Type::Text, (!values.is_empty()).then(|| values.iter().map(|v| v.value.clone()).collect()))
            }
        };
        declared.push(Declared { name: format!("{scope}.{name}"), ty, one_of, optional: fact.optional });
    }
    declared
}

/// Names that expressions use for something else.
const FACT_SCOPES: [&str; 5] = ["tx", "member", "spent", "visits", "line"];

/// The lists of a program, mended where they were wrong, so that each use of one does not tell of it again.
pub(super) fn lists(program: &Program, report: &mut Reporter<'_>) -> Vec<List> {
    let mut lists = Vec::with_capacity(program.lists.len());
    for list in &program.lists {
        let name = list.name.value.as_str();
        if FACT_SCOPES.contains(&name) {
            let message =
                format!("a list cannot have the name `{name}`, which begins facts such as `{}`", example(name));
            report.tell(Code::FactExists, list.name.span, message, "choose another name");
            continue;
        }
        check_name(&list.name, "a list", report);
        lists.push(of_one_type(list, report));
    }
    lists
}

fn example(scope: &str) -> &'static str {
    match scope {
        "tx" => "tx.amount",
        "member" => "member.tier",
        "spent" => "spent.month",
        "visits" => "visits.month",
        _ => "line.amount",
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Member {
    Number,
    Text,
}

/// The list with only the members that have the type of the first; tells of the first one that has not.
fn of_one_type(list: &List, report: &mut Reporter<'_>) -> List {
    let type_of = |kind: &ExprKind| match kind {
        ExprKind::Integer(_) | ExprKind::Decimal(_) => Some(Member::Number),
        ExprKind::Text(_) => Some(Member::Text),
        _ => None,
    };
    let Some(due) = list.members.first().and_then(|m| type_of(&m.kind)) else {
        return list.clone();
    };
    let fits = |kind: &ExprKind| type_of(kind) == Some(due);
    if let Some(other) = list.members.iter().find(|m| !fits(&m.kind)) {
        let (first, this) = match due {
            Member::Number => ("number", "text"),
            Member::Text => ("text", "number"),
        };
        let message = format!("the list `{}` begins with a {first}, and this is a {this}", list.name.value);
        let help = "members of a list are all texts or all numbers; in quotes, digits are a text: \"4829\"";
        report.tell(Code::TypeMismatch, other.span, message, help);
    }
    let members = list.members.iter().filter(|m| fits(&m.kind)).cloned().collect();
    List { name: list.name.clone(), members }
}

/// Words of the expression language.
pub(crate) const WORDS: [&str; 12] =
    ["true", "false", "if", "else", "in", "let", "fn", "for", "while", "return", "has", "null"];

/// A name that is no word of the expression language; of which characters it is made the reader has seen.
fn check_name(name: &Spanned<String>, what: &str, report: &mut Reporter<'_>) {
    if WORDS.contains(&name.value.as_str()) {
        let message = format!("`{}` cannot be the name of {what}", name.value);
        let help = "expressions use this word for something else; choose another name";
        report.tell(Code::InvalidId, name.span, message, help);
    }
}

#[cfg(test)]
mod tests {
    use super::nearest_zone;

    #[test]
    fn a_zone_is_guessed_from_its_spelling_or_its_city() {
        for (written, meant) in [
            ("america/new_york", Some("America/New_York")),
            ("America/NewYork", Some("America/New_York")),
            ("America/New York", Some("America/New_York")),
            ("Berlin", Some("Europe/Berlin")),
            ("Berlim", Some("Europe/Berlin")),
            ("Europe/Berln", Some("Europe/Berlin")),
            ("the moon and beyond", None),
        ] {
            assert_eq!(nearest_zone(written), meant, "{written}");
        }
    }
}
