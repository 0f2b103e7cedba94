//! The conformance corpus as hosts in other languages read it: one JSON file with every case, its inputs as the JSON
//! text that they are given, and what the engine itself answers.
//!
//! Made anew by each run of the tests, below the build directory: `target/tmp/conformance.json`. Who runs it needs
//! neither a reader of YAML nor an opinion: a host gives these texts to its engine and compares bytes.

use std::collections::BTreeMap;
use std::path::Path;

use rewards_rules::input::{Member, Raw, Redemption, Refund, Transaction, Usage};
use rewards_rules::source::Sources;
use serde_json::{Map, Value, json};

use crate::compiled::Compiled;
use crate::conformance::{corpus, map, text};
use crate::reference::Event;
use crate::subject::{Engine, Subject};

/// A value as JSON, digit for digit.
fn json_of(raw: &Raw) -> Value {
    match raw {
        Raw::Null => Value::Null,
        Raw::Boolean(b) => json!(b),
        Raw::Number(n) => n.parse().map_or_else(|_| json!(n), Value::Number),
        Raw::Text(t) => json!(t),
        Raw::List(items) => items.iter().map(json_of).collect(),
        Raw::Map(entries) => Value::Object(entries.iter().map(|(k, v)| (k.clone(), json_of(v))).collect()),
    }
}

/// An input as the JSON text that a host is given. A member without an id gets the one that it has then.
fn input(keys: &BTreeMap<String, Raw>, key: &str) -> Option<String> {
    let mut value = json_of(keys.get(key)?);
    if key == "member"
        && let Some(object) = value.as_object_mut()
    {
        object.entry("id").or_insert(json!("member"));
    }
    Some(value.to_string())
}

/// What an event gave.
fn answer(step: &mut Map<String, Value>, found: Result<String, String>) {
    match found {
        Ok(outcome) if outcome.is_empty() => {}
        Ok(outcome) => drop(step.insert("outcome".to_owned(), json!(outcome))),
        Err(code) => drop(step.insert("error".to_owned(), json!(code))),
    }
}

fn steps(keys: &BTreeMap<String, Raw>, subject: &Compiled, told: &mut Map<String, Value>) {
    let given = keys.get("given").cloned().map(map).unwrap_or_default();
    let member_text = input(&given, "member").unwrap_or_else(|| json!({"id": "member"}).to_string());
    let member = Member::from_json(&member_text).unwrap();
    let usage_text = input(&given, "usage");
    let usage = usage_text.as_deref().map_or_else(Usage::default, |text| Usage::from_json(text).unwrap());
    let mut engine: Box<dyn Engine + '_> = subject.begin(&[(member.clone(), usage)]);
    told.insert("member".to_owned(), json!(member_text));
    told.extend(usage_text.map(|text| ("usage".to_owned(), json!(text))));
    let Raw::List(list) = &keys["steps"] else { panic!("steps are a list") };
    let mut at = None;
    let mut all = Vec::new();
    for step in list {
        let step = map(step.clone());
        let mut due = Map::new();
        let kind = ["transaction", "refund", "redeem"].into_iter().find(|kind| step.contains_key(*kind)).unwrap();
        let text = input(&step, kind).unwrap();
        let raw = Raw::from_json(&text).unwrap();
        due.insert(kind.to_owned(), json!(text));
        let event = match kind {
            "transaction" => Transaction::from_raw(raw).map(|tx| {
                at = Some(tx.occurred_at);
                Event::Purchase(tx, member.clone())
            }),
            "refund" => Refund::from_raw(raw).map(|refund| {
                at = Some(refund.occurred_at);
                Event::Refund(refund)
            }),
            _ => Redemption::from_raw(raw).map(|redemption| {
                at = Some(redemption.at);
                Event::Redeem(redemption, member.clone())
            }),
        };
        let found = match event {
            Err(error) => Err(error.code.as_str().to_owned()),
            Ok(event) => engine.post(&event).map_err(|code| code.as_str().to_owned()),
        };
        answer(&mut due, found);
        if let Some(at) = at {
            due.insert("at".to_owned(), json!(at.to_rfc3339()));
            let standing = json!({
                "tier": engine.tier(&member.id, at),
                "available": engine.available(&member.id, at),
                "pending": engine.pending(&member.id, at),
                "debt": engine.debt(&member.id),
            });
            due.insert("standing".to_owned(), standing);
        }
        all.push(Value::Object(due));
    }
    told.insert("steps".to_owned(), Value::Array(all));
}

fn case(name: &str, rules: &Sources, keys: &BTreeMap<String, Raw>) -> Value {
    let subject = Compiled::read(rules.clone()).unwrap_or_else(|message| panic!("{name}: {message}"));
    let files: Map<String, Value> = rules
        .files()
        .iter()
        .map(|file| (file.path.clone(), json!(String::from_utf8(file.bytes.clone()).unwrap())))
        .collect();
    let mut told = Map::new();
    told.insert("name".to_owned(), json!(name));
    told.insert("rules".to_owned(), Value::Object(files));
    if keys.contains_key("steps") {
        steps(keys, &subject, &mut told);
        return Value::Object(told);
    }
    for key in ["transaction", "member", "usage"] {
        told.extend(input(keys, key).map(|text| (key.to_owned(), json!(text))));
    }
    let found = (|| {
        let code = |error: rewards_rules::input::InputError| error.code.as_str().to_owned();
        let text = |key: &str| told.get(key).and_then(Value::as_str);
        let tx = Transaction::from_json(text("transaction").unwrap()).map_err(code)?;
        let member = text("member").map_or_else(|| Ok(Member::new("member")), Member::from_json).map_err(code)?;
        let usage = text("usage").map_or_else(|| Ok(Usage::default()), Usage::from_json).map_err(code)?;
        subject.evaluate(&tx, &member, &usage).map_err(|code| code.as_str().to_owned())
    })();
    // What the corpus itself says, and not only the engine.
    match keys.get("outcome") {
        Some(outcome) => assert_eq!(found.as_deref(), Ok(text(outcome).as_str()), "{name}"),
        None => assert!(found.is_err(), "{name}"),
    }
    answer(&mut told, found);
    Value::Object(told)
}

#[test]
fn the_corpus_is_written_for_other_hosts() {
    let cases: Vec<Value> = corpus().iter().map(|c| case(&c.name, &c.rules, &c.keys)).collect();
    assert!(cases.len() > 500);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("conformance.json");
    // Whole or not at all: another test may be reading it.
    let unfinished = file.with_extension("new");
    std::fs::write(&unfinished, format!("{:#}\n", json!({"cases": cases}))).unwrap();
    std::fs::rename(&unfinished, &file).unwrap();
}
