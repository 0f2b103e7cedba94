//! The JSON Schema of the YAML format, made from the vocabulary: editors complete, explain and check from it.
//!
//! A room of its own because it only translates: a block becomes a definition, a key a property. It is of draft 07,
//! which every version of the language server for YAML and every other editor knows; drafts after it would add
//! nothing that is needed here. It is as strict as the reader about keys, words and ranges. What an expression says,
//! whether a name exists and what belongs together are for `check` to tell.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::vocabulary::{
    Block, CAMPAIGN, CAMPAIGNS, Document, Key, MAX_AMOUNT, MAX_MULTIPLIER, MAX_RATE, Open, PROGRAM, REWARD_OF, STEP,
    TEST, TEST_FILE, Value, Word,
};
use crate::input::Raw;

/// The schema of programs, campaigns and test files, as JSON with line breaks. Always the same text.
pub fn json_schema() -> String {
    let mut definitions = BTreeMap::new();
    for document in Document::ALL {
        define(document.block(), &mut definitions);
    }
    let refer = |block: &Block| json!({"$ref": format!("#/definitions/{}", block.name)});
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Rewards: rules for cashback, loyalty and campaigns",
        "description": "A program, a campaign, a list of campaigns, or tests of them (*.test.yaml).",
        "type": "object",
        "if": {"required": ["tests"]},
        "then": refer(&TEST_FILE),
        "else": {
            "if": {"required": ["program"]},
            "then": refer(&PROGRAM),
            "else": {
                "if": {"required": ["campaigns"]},
                "then": refer(&CAMPAIGNS),
                "else": {
                    "if": {"required": ["campaign"]},
                    "then": refer(&CAMPAIGN),
                    "else": {"anyOf": [refer(&PROGRAM), refer(&CAMPAIGN), refer(&CAMPAIGNS), refer(&TEST_FILE)]},
                },
            },
        },
        "definitions": definitions,
    });
    format!("{schema:#}\n")
}

/// Adds a block and those below it.
fn define(block: &'static Block, definitions: &mut BTreeMap<&'static str, Json>) {
    if definitions.contains_key(block.name) {
        return;
    }
    definitions.insert(block.name, definition(block));
    for key in block.keys {
        for below in nested(&key.value) {
            define(below, definitions);
        }
    }
}

/// The blocks of a value, wherever they stand in it.
fn nested(value: &Value) -> Vec<&'static Block> {
    match value {
        Value::Names(of) => nested(of),
        other => other.blocks(),
    }
}

fn definition(block: &Block) -> Json {
    let properties: Map<String, Json> = block.keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let mut schema = json!({
        "title": block.name.replace('-', " "),
        "description": block.about,
        "type": "object",
        "properties": properties,
    });
    let Some(object) = schema.as_object_mut() else { return schema };
    let facts = json!({"type": ["string", "number", "boolean", "null"]});
    object.insert("additionalProperties".to_owned(), if block.open == Open::No { json!(false) } else { facts });
    let required: Vec<&str> = block.keys.iter().filter(|k| k.required).map(|k| k.name).collect();
    if !required.is_empty() {
        object.insert("required".to_owned(), json!(required));
    }
    if !block.choice.is_empty() {
        let sets: Vec<Json> = block.choice.iter().map(|set| alternative(set, block.choice)).collect();
        object.insert("oneOf".to_owned(), json!(sets));
    }
    if block.name == CAMPAIGN.name {
        object.insert("allOf".to_owned(), json!(reward_of_type()));
    }
    if [TEST.name, STEP.name].contains(&block.name) {
        wrong_on_purpose(block, object);
    }
    schema
}

/// One set of keys, whole, and of the other sets none.
fn alternative(set: &[&str], all: &[&[&str]]) -> Json {
    if all.iter().all(|set| set.len() == 1) {
        return json!({"required": set});
    }
    let others = all.iter().copied().flatten().filter(|key| !set.contains(key));
    let none: Map<String, Json> = others.map(|key| ((*key).to_owned(), json!(false))).collect();
    json!({"required": set, "properties": none})
}

/// For each type of campaign, which rewards fit it, and which caps.
fn reward_of_type() -> Vec<Json> {
    let rule = |(kind, rewards): &(&str, &[&str])| {
        let fits: Vec<Json> = rewards.iter().map(|reward| json!({"required": [reward]})).collect();
        let caps = if *kind == "points" { "points-campaign-caps" } else { "campaign-caps" };
        json!({
            "if": {"properties": {"type": {"const": kind}}, "required": ["type"]},
            "then": {"properties": {"reward": {"anyOf": fits}, "caps": {"$ref": format!("#/definitions/{caps}")}}},
        })
    };
    REWARD_OF.iter().map(rule).collect()
}

/// An event that ends with an expected error may be wrong on purpose: then it only has to be a mapping.
fn wrong_on_purpose(block: &Block, object: &mut Map<String, Json>) {
    let mut sound = Map::new();
    for key in block.keys {
        let Value::Block(event) = key.value else { continue };
        if !["transaction", "refund", "redeem"].contains(&key.name) {
            continue;
        }
        sound.insert(key.name.to_owned(), json!({"$ref": format!("#/definitions/{}", event.name)}));
        if let Some(property) = object.get_mut("properties").and_then(|p| p.get_mut(key.name)) {
            let mut told = told(key);
            told.insert("type".to_owned(), json!("object"));
            *property = Json::Object(told);
        }
    }
    object.insert(
        "if".to_owned(),
        json!({"properties": {"expect": {"type": "object", "required": ["error"]}}, "required": ["expect"]}),
    );
    object.insert("then".to_owned(), json!({}));
    object.insert("else".to_owned(), json!({"properties": sound}));
}

/// A key as a property: what it says to people, and what may stand there.
fn property(key: &Key) -> Json {
    let mut property = told(key);
    // Beside `$ref` this draft knows nothing else.
    match shape(&key.value) {
        reference @ Json::Object(_) if reference.get("$ref").is_some() => {
            property.insert("allOf".to_owned(), json!([reference]));
        }
        Json::Object(shape) => property.extend(shape),
        _ => {}
    }
    Json::Object(property)
}

/// What a key says to people.
fn told(key: &Key) -> Map<String, Json> {
    let mut told = Map::new();
    told.insert("description".to_owned(), json!(key.about));
    told.insert("markdownDescription".to_owned(), json!(key.markdown()));
    if let Ok(example) = Raw::from_yaml(key.example) {
        told.insert("examples".to_owned(), json!([json_of(&example)]));
    }
    told
}

/// A value of YAML in JSON.
fn json_of(raw: &Raw) -> Json {
    match raw {
        Raw::Null => Json::Null,
        Raw::Boolean(b) => json!(b),
        Raw::Number(n) => n.parse().map_or_else(|_| json!(n), Json::Number),
        Raw::Text(t) => json!(t),
        Raw::List(items) => Json::Array(items.iter().map(json_of).collect()),
        Raw::Map(entries) => Json::Object(entries.iter().map(|(k, v)| (k.clone(), json_of(v))).collect()),
    }
}

/// Digits, maybe a point within.
const DIGITS: &str = "[0-9]+(\\.[0-9]+)?";

/// A number, also in quotes.
fn number(least: i64, most: i64) -> Json {
    json!({"type": ["number", "string"], "minimum": least, "maximum": most, "pattern": format!("^{DIGITS}$")})
}

/// A rate: a percentage, or a fraction up to `most`.
fn rate(most: i64) -> Json {
    json!({"type": ["string", "number"], "minimum": 0, "maximum": most, "pattern": format!("^{DIGITS} *%?$")})
}

fn words(words: &[Word]) -> Json {
    let names: Vec<&str> = words.iter().map(|w| w.word).collect();
    let abouts: Vec<&str> = words.iter().map(|w| w.about).collect();
    json!({"enum": names, "markdownEnumDescriptions": abouts})
}

/// What may stand there.
fn shape(value: &Value) -> Json {
    match value {
        Value::Text | Value::Literal => json!({"type": ["string", "number", "boolean"]}),
        Value::Id => json!({"type": ["string", "number", "boolean"], "pattern": "^[A-Za-z0-9._:-]{1,64}$"}),
        Value::ProgramId => json!({"type": ["string", "integer"], "pattern": "^[a-z0-9-]{1,64}$"}),
        Value::Boolean => json!({"type": "boolean"}),
        Value::Word(of) => words(of),
        Value::Integer { least, most } => json!({
            "type": ["integer", "string"], "minimum": least, "maximum": most, "pattern": "^-?[0-9]+$",
        }),
        Value::Amount => number(0, MAX_AMOUNT),
        Value::Positive => json!({
            "type": ["number", "string"], "exclusiveMinimum": 0, "maximum": MAX_AMOUNT, "pattern": format!("^{DIGITS}$"),
        }),
        Value::Rate => rate(MAX_RATE),
        Value::Share => rate(1),
        Value::Multiplier => number(1, MAX_MULTIPLIER),
        Value::Duration => json!({"type": "string", "pattern": "^[0-9]+ +(day|week|month|year)s?$"}),
        Value::Bound => json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T.+)?$"}),
        Value::Time { midnight: false } => json!({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}),
        Value::Time { midnight: true } => {
            json!({"type": "string", "pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"})
        }
        Value::Expression => json!({"type": ["string", "number", "boolean"]}),
        Value::Number => json!({"type": ["number", "string"], "pattern": format!("^-?{DIGITS}$")}),
        Value::Date => json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
        Value::Instant => json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ].+$"}),
        Value::Block(block) => json!({"$ref": format!("#/definitions/{}", block.name)}),
        Value::List(of) => json!({"type": "array", "items": shape(of)}),
        Value::Names(of) => json!({"type": "object", "additionalProperties": shape(of)}),
        Value::Either(kinds) => json!({"anyOf": kinds.iter().map(shape).collect::<Vec<_>>()}),
    }
}
