//! The file: TOML whose tables and keys are the settings' names.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::value::{Kind, Value};
use super::{Source, Values, settings};

/// Reads a file into the values; what is wrong is told with line and column.
pub(super) fn read(path: &Path, values: &mut Values) {
    let name = path.display().to_string();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return values.wrong.push(format!("{name} cannot be read: {error}")),
    };
    match DeTable::parse(&text) {
        Ok(table) => take(table.get_ref(), "", &Place { name: &name, text: &text }, values),
        Err(error) => {
            let start = error.span().map_or(0, |span| span.start);
            let place = Place { name: &name, text: &text }.of(start);
            values.wrong.push(format!("{place}: {}", error.message().replace('\n', "; ")));
        }
    }
}

struct Place<'a> {
    name: &'a str,
    text: &'a str,
}

impl Place<'_> {
    fn of(&self, offset: usize) -> Source {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count().saturating_add(1);
        let column = before.chars().rev().take_while(|c| *c != '\n').count().saturating_add(1);
        Source::File(self.name.to_owned(), line, column)
    }
}

fn take(table: &DeTable<'_>, prefix: &str, place: &Place<'_>, values: &mut Values) {
    for (key, value) in table {
        let name = format!("{prefix}{}", key.get_ref());
        let at = place.of(key.span().start);
        match (value.get_ref(), settings::kind_of(&name)) {
            (_, Some(kind)) => match of(value, kind) {
                Ok(found) => values.put(&name, found, at),
                Err(due) => {
                    let shown = place.text.get(value.span()).unwrap_or_default();
                    values.wrong(&name, &kind.shown(shown), &due, &at);
                }
            },
            (DeValue::Table(inner), None) if is_group(&name) => take(inner, &format!("{name}."), place, values),
            (_, None) => values.wrong.push(settings::unknown(&name, &at)),
        }
    }
}

/// Whether settings have names that begin so.
fn is_group(name: &str) -> bool {
    let prefix = format!("{name}.");
    prefix == settings::PER_MINUTE || settings::SETTINGS.iter().any(|setting| setting.key.starts_with(&prefix))
}

fn of(value: &Spanned<DeValue<'_>>, kind: Kind) -> Result<Value, String> {
    match (value.get_ref(), kind) {
        (DeValue::Array(all), Kind::List) => {
            let texts = all.iter().map(|one| match one.get_ref() {
                DeValue::String(text) => Ok(text.to_string()),
                _ => Err(kind.due()),
            });
            texts.collect::<Result<_, _>>().map(Value::List)
        }
        (DeValue::String(text), Kind::Number(..)) => Err(format!("{}, without quotes: `{text}`", kind.due())),
        (DeValue::String(text), _) => kind.read(text),
        (DeValue::Integer(number), Kind::Number(..)) if number.radix() == 10 => kind.read(number.as_str()),
        _ => Err(kind.due()),
    }
}
