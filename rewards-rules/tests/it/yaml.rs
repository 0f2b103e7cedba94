//! YAML of the corpus as raw values: characters kept, quoted scalars are texts. Apart from the engine's own reader,
//! so that a mistake there cannot hide behind itself.

use rewards_rules::input::Raw;
use saphyr_parser::{Event, Parser, ScalarStyle};

/// The one document of a text.
pub(crate) fn read(text: &str) -> Raw {
    let mut events = Parser::new_from_str(text).map(|event| event.unwrap().0);
    let mut next = move || events.next();
    loop {
        match next().unwrap() {
            Event::StreamStart | Event::DocumentStart(_) => {}
            event => return value(event, &mut next),
        }
    }
}

fn value<'a>(event: Event<'a>, next: &mut impl FnMut() -> Option<Event<'a>>) -> Raw {
    match event {
        Event::Scalar(text, ScalarStyle::Plain, ..) => plain(&text),
        Event::Scalar(text, ..) => Raw::Text(text.into_owned()),
        Event::SequenceStart(..) => {
            let mut list = Vec::new();
            loop {
                match next().unwrap() {
                    Event::SequenceEnd => return Raw::List(list),
                    event => list.push(value(event, next)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut entries = Vec::new();
            loop {
                match next().unwrap() {
                    Event::MappingEnd => return Raw::Map(entries),
                    Event::Scalar(key, ..) => {
                        let event = next().unwrap();
                        entries.push((key.into_owned(), value(event, next)));
                    }
                    other => panic!("a key is due: {other:?}"),
                }
            }
        }
        other => panic!("a value is due: {other:?}"),
    }
}

fn plain(text: &str) -> Raw {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let is_number = unsigned.starts_with(|c: char| c.is_ascii_digit())
        && unsigned.chars().all(|c| c.is_ascii_digit() || c == '.')
        && unsigned.matches('.').count() <= 1;
    match text {
        "" | "~" | "null" => Raw::Null,
        "true" => Raw::Boolean(true),
        "false" => Raw::Boolean(false),
        number if is_number => Raw::Number(number.to_owned()),
        other => Raw::Text(other.to_owned()),
    }
}
