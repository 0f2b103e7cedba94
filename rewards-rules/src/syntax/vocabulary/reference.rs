//! The vocabulary for people to read: tables of keys, and what a page or a hover says of one key.

use std::fmt::Write as _;

use super::{
    BASE_CAPS, Block, CAMPAIGN_CAPS, Document, Key, POINTS_CAMPAIGN_CAPS, POINTS_CAPS, PROGRAM_CAPS, REDEMPTION_CAPS,
    TIER_CAPS, Value,
};

/// The blocks of caps, and whose they are.
const CAPS: [(&str, &Block); 7] = [
    ("base rule", &BASE_CAPS),
    ("campaign", &CAMPAIGN_CAPS),
    ("campaign of points", &POINTS_CAMPAIGN_CAPS),
    ("tier", &TIER_CAPS),
    ("program", &PROGRAM_CAPS),
    ("`points`", &POINTS_CAPS),
    ("redemption option", &REDEMPTION_CAPS),
];

/// Which key of `caps` stands in which block, in Markdown.
fn caps_table() -> String {
    let (mut table, mut line) = (String::from("| Key |"), String::from("\n| --- |"));
    for (whose, _) in CAPS {
        let _ = write!(table, " {whose} |");
        line.push_str(" --- |");
    }
    table.push_str(&line);
    let mut keys: Vec<&Key> = Vec::new();
    for key in CAPS.iter().flat_map(|(_, block)| block.keys) {
        if !keys.iter().any(|known| known.name == key.name) {
            keys.push(key);
        }
    }
    for key in keys {
        let _ = write!(table, "\n| `{}` |", key.name);
        for (_, block) in CAPS {
            let limit = block.key(key.name).map(|key| match key.value.blocks().first().and_then(|b| b.keys.first()) {
                Some(limit) if key.name == "per_member" => format!(" `{}` |", limit.name),
                _ => " yes |".to_owned(),
            });
            table.push_str(&limit.unwrap_or_else(|| " |".to_owned()));
        }
    }
    table.push('\n');
    table
}

/// A table of a block's keys in Markdown, for the rule reference; `caps` is that of all blocks of caps. `None` if
/// there is no block of that name.
pub fn key_table(name: &str) -> Option<String> {
    if name == "caps" {
        return Some(caps_table());
    }
    let block = all_blocks().into_iter().find(|block| block.name == name)?;
    let mut table = String::from("| Key | | What it is | |\n| --- | --- | --- | --- |\n");
    for key in block.keys {
        let paragraph = match key.paragraph {
            "" => String::new(),
            number => format!(" ({number})"),
        };
        let kind = kind(&key.value);
        let presence = presence(block, key);
        let example = key.example.replace('|', "\\|");
        let _ = writeln!(table, "| `{}` | {presence} | {} {kind}{paragraph} | `{example}` |", key.name, key.about);
    }
    Some(table)
}

/// Every block, each once, from the top of each kind of document down.
pub fn all_blocks() -> Vec<&'static Block> {
    let mut all: Vec<&'static Block> = Vec::new();
    let mut due: Vec<&'static Block> = Document::ALL.iter().rev().map(|d| d.block()).collect();
    while let Some(block) = due.pop() {
        if all.iter().any(|seen| seen.name == block.name) {
            continue;
        }
        all.push(block);
        for key in block.keys.iter().rev() {
            due.extend(nested(&key.value).into_iter().rev());
        }
    }
    all
}

fn nested(value: &Value) -> Vec<&'static Block> {
    match value {
        Value::Names(of) => nested(of),
        other => other.blocks(),
    }
}

/// Whether a key must be there, or what is assumed without it.
fn presence(block: &Block, key: &Key) -> String {
    if key.required {
        return "required".to_owned();
    }
    if let Some(set) = block.choice.iter().find(|set| set.contains(&key.name)) {
        let of: Vec<String> = block.choice.iter().filter_map(|s| s.first()).map(|k| format!("`{k}`")).collect();
        return if set.first() == Some(&key.name) {
            format!("one of {}", of.join(", "))
        } else {
            format!("with `{}`", set.first().unwrap_or(&""))
        };
    }
    match key.default {
        Some(default) if is_written(key, default) => format!("`{default}`"),
        Some(default) => default.to_owned(),
        None => String::new(),
    }
}

/// Whether a default is what could be written, not a word about it.
fn is_written(key: &Key, default: &str) -> bool {
    let number = default.bytes().next().is_some_and(|b| b.is_ascii_digit());
    number || key.value.words().iter().any(|w| w.word == default)
}

/// What may stand there, as a sentence.
fn kind(value: &Value) -> String {
    match value {
        Value::Word(words) => {
            let listed: Vec<String> = words.iter().map(|w| format!("`{}`", w.word)).collect();
            format!("One of {}.", listed.join(", "))
        }
        Value::Boolean => "`true` or `false`.".to_owned(),
        Value::Integer { least, most } if *least == 0 && *most > 1_000_000 => "A whole number.".to_owned(),
        Value::Integer { least, most } => format!("A whole number from {least} to {most}."),
        Value::Text => "A text.".to_owned(),
        Value::Id | Value::ProgramId => "An id.".to_owned(),
        Value::Amount => "An amount.".to_owned(),
        Value::Positive => "An amount above 0.".to_owned(),
        Value::Rate => "A rate: `6%`, `2.5 %` or `0.06`.".to_owned(),
        Value::Share => "A rate up to 100 %.".to_owned(),
        Value::Multiplier => "A number from 1 on.".to_owned(),
        Value::Duration => "Days, weeks, months or years.".to_owned(),
        Value::Bound => "A date, or an instant with its offset.".to_owned(),
        Value::Time { .. } => "`HH:MM`.".to_owned(),
        Value::Expression => "An expression.".to_owned(),
        Value::Literal => "A text or a number.".to_owned(),
        Value::Number => "A number.".to_owned(),
        Value::Date => "A date.".to_owned(),
        Value::Instant => "An instant with its offset.".to_owned(),
        Value::Block(block) => format!("A mapping of {}.", key_names(block)),
        Value::List(of) => match &**of {
            Value::Block(_) => "A list.".to_owned(),
            Value::Text => "A list of texts.".to_owned(),
            Value::Id => "A list of ids.".to_owned(),
            Value::Literal => "A list of texts or numbers.".to_owned(),
            other => format!("A list of: {}", lower(&kind(other))),
        },
        Value::Names(of) => match &**of {
            Value::Block(block) => format!("Names, each with {}.", key_names(block)),
            other => format!("Names, each with {}", lower(&kind(other))),
        },
        Value::Either(kinds) => {
            let mut told: Vec<String> = Vec::new();
            for each in kinds.iter().map(kind) {
                let each = each.trim_end_matches('.').to_owned();
                let each = if told.is_empty() { each } else { lower(&each) };
                if !told.contains(&each) {
                    told.push(each);
                }
            }
            format!("{}.", told.join(", or "))
        }
    }
}

fn key_names(block: &Block) -> String {
    let names: Vec<String> = block.names().map(|n| format!("`{n}`")).collect();
    names.join(", ")
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_lowercase(), letters.as_str()))
}

impl Key {
    /// What there is to say of the key, in Markdown: for a hover, or beside a completion.
    pub fn markdown(&self) -> String {
        let mut text = format!("{} {}", self.about, kind(&self.value));
        let words = self.value.words();
        if !words.is_empty() && !matches!(self.value, Value::Boolean) {
            text.push('\n');
            for word in words {
                let _ = write!(text, "\n- `{}`: {}", word.word, word.about);
            }
        }
        if self.required {
            text.push_str("\n\nRequired.");
        } else if let Some(default) = self.default {
            let default = if is_written(self, default) { format!("`{default}`") } else { default.to_owned() };
            let _ = write!(text, "\n\nWithout it: {default}.");
        }
        let _ = write!(text, "\n\n```yaml\n{}: {}\n```", self.name, self.example);
        if !self.paragraph.is_empty() {
            let _ = write!(text, "\n\nSemantics {}.", self.paragraph);
        }
        text
    }
}
