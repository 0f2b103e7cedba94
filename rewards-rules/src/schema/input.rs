//! What the engine reads: the blocks of the vocabulary that are data, as JSON has them.
//!
//! Apart from the schema of rule files because JSON tells texts from numbers, which plain YAML does not: a merchant
//! category code is a text here and nothing else, and only where a number is due both spellings are taken.

use serde_json::{Map, Value as Json, json};

use super::{Definitions, date, decimal, id, instant, or_null};
use crate::syntax::vocabulary::{Block, Key, LINE, MEMBER, Open, REDEEM, REFUND, TRANSACTION, Value};

/// The blocks that are inputs, and their names among the definitions.
const NAMES: [(&Block, &str); 5] =
    [(&TRANSACTION, "Transaction"), (&LINE, "Line"), (&MEMBER, "Member"), (&REFUND, "Refund"), (&REDEEM, "Redemption")];

fn name_of(block: &Block) -> &'static str {
    NAMES.iter().find(|(known, _)| known.name == block.name).map_or("", |(_, name)| name)
}

/// A value of a declared fact.
fn fact() -> Json {
    json!({
        "description": "A value of a fact that the program declares: text, number or boolean; a date as text.",
        "type": ["string", "number", "boolean", "null"],
    })
}

fn whole() -> Json {
    json!({
        "description": "A whole number, also as text.",
        "type": ["integer", "string"],
        "pattern": "^(-?0*[1-9][0-9]*|0+)(\\.0+)?$",
    })
}

/// Adds a block and those below it.
pub(super) fn define(block: &'static Block, into: &mut Definitions) {
    let name = name_of(block);
    if !into.opens(name) {
        return;
    }
    // Only a member of a test file may be without an id.
    let required = |key: &Key| key.required || (block.name == MEMBER.name && key.name == "id");
    let mut properties = Map::new();
    for key in block.keys {
        let value = if key.name == "purchases" { into.plain("Whole", whole) } else { shape(&key.value, into) };
        // A key that may be left out may also be `null`.
        let mut property = if required(key) { value } else { or_null(value) };
        if let Some(property) = property.as_object_mut() {
            property.insert("description".to_owned(), json!(about(key)));
        }
        properties.insert(key.name.to_owned(), property);
    }
    let others = if block.open == Open::No { json!(false) } else { into.plain("Fact", fact) };
    let needed: Vec<&str> = block.keys.iter().filter(|key| required(key)).map(|key| key.name).collect();
    let definition = json!({
        "description": block.about,
        "type": "object",
        "properties": properties,
        "required": needed,
        "additionalProperties": others,
    });
    into.by_name.insert(name, definition);
}

/// Adds the usage of counters, which is a mapping and no block.
pub(super) fn define_usage(into: &mut Definitions) {
    let number = into.plain("Decimal", decimal);
    let definition = json!({
        "description": "What earlier transactions used of each counter in the period of this one; a counter that is \
                        not named is 0.",
        "type": "object",
        "additionalProperties": number,
        "examples": [{"base.groceries.spend.year": "5950.00"}],
    });
    into.by_name.insert("Usage", definition);
}

fn about(key: &Key) -> String {
    let default = key.default.filter(|_| key.name != "id");
    default.map_or_else(|| key.about.to_owned(), |default| format!("{} Without it: {default}.", key.about))
}

/// What may stand there in JSON.
fn shape(value: &Value, into: &mut Definitions) -> Json {
    match value {
        Value::Id => into.plain("Id", id),
        Value::Number => into.plain("Decimal", decimal),
        Value::Date => into.plain("Date", date),
        Value::Instant => into.plain("Instant", instant),
        Value::Integer { least, most } => json!({
            "type": ["integer", "string"], "minimum": least, "maximum": most, "pattern": "^[0-9]+$",
        }),
        Value::Boolean => json!({"type": "boolean"}),
        Value::Word(words) => json!({"type": "string", "enum": words.iter().map(|w| w.word).collect::<Vec<_>>()}),
        Value::Block(block) => {
            define(block, into);
            into.refer(name_of(block))
        }
        Value::List(of) => json!({"type": "array", "items": shape(of, into)}),
        Value::Names(of) => json!({"type": "object", "additionalProperties": shape(of, into)}),
        // The rest is of rule files and never data.
        _ => json!({"type": "string"}),
    }
}
