//! The JSON Schema: sound rule files fit it, and the mistakes that it can see do not.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use jsonschema::Validator;
use rewards_rules::RuleSet;
use rewards_rules::input::Raw;
use rewards_rules::syntax::json_schema;
use serde_json::{Value, json};

use crate::generate::single;
use crate::subject::sources;

fn schema() -> &'static Validator {
    static SCHEMA: OnceLock<Validator> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let schema: Value = serde_json::from_str(&json_schema()).unwrap();
        jsonschema::meta::validate(&schema).unwrap_or_else(|e| panic!("it is no schema: {e}"));
        jsonschema::draft7::new(&schema).unwrap()
    })
}

fn json_of(raw: Raw) -> Value {
    match raw {
        Raw::Null => Value::Null,
        Raw::Boolean(b) => json!(b),
        Raw::Number(n) => Value::Number(n.parse().unwrap()),
        Raw::Text(t) => json!(t),
        Raw::List(items) => items.into_iter().map(json_of).collect(),
        Raw::Map(entries) => Value::Object(entries.into_iter().map(|(k, v)| (k, json_of(v))).collect()),
    }
}

/// What does not fit in a file.
fn errors(text: &str) -> Vec<String> {
    let file = json_of(Raw::from_yaml(text).unwrap());
    schema().iter_errors(&file).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

fn gather(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap().path();
        if entry.is_dir() {
            gather(&entry, into);
        } else if entry.extension().is_some_and(|e| e == "yaml") {
            into.push(entry);
        }
    }
}

fn files_of(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder), &mut files);
    files
}

#[test]
fn every_file_of_the_packs_fits() {
    let files = files_of("rules");
    assert!(files.len() > 20);
    for file in files {
        let wrong = errors(&fs::read_to_string(&file).unwrap());
        assert!(wrong.is_empty(), "{}: {wrong:#?}", file.display());
    }
}

#[test]
fn every_sound_rule_set_of_the_corpus_fits() {
    let mut seen = 0;
    for file in files_of("tests/conformance") {
        let case = Raw::from_yaml(&fs::read_to_string(&file).unwrap()).unwrap();
        let Raw::Map(case) = case else { panic!("{}", file.display()) };
        let Some((_, Raw::Map(rules))) = case.into_iter().find(|(key, _)| key == "rules") else { continue };
        let rules = rules.into_iter().map(|(path, text)| match text {
            Raw::Text(text) => (path, text),
            other => panic!("{other:?}"),
        });
        let rules: BTreeMap<String, String> = rules.collect();
        if RuleSet::compile(sources(&rules)).is_err() {
            continue;
        }
        for (_, text) in rules.iter().filter(|(path, _)| path.ends_with(".yaml")) {
            let wrong = errors(text);
            assert!(wrong.is_empty(), "{}: {wrong:#?}\n{text}", file.display());
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn every_generated_rule_set_fits() {
    use proptest::strategy::{Strategy, ValueTree};
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..300 {
        let case = single().new_tree(&mut runner).unwrap().current();
        for (_, text) in case.files.iter().filter(|(path, _)| path.ends_with(".yaml")) {
            let wrong = errors(text);
            assert!(wrong.is_empty(), "{wrong:#?}\n{text}");
        }
    }
}

#[test]
fn mistakes_do_not_fit() {
    const HEAD: &str = "program: p\ncurrency: USD\ntimezone: UTC\n";
    let program = |rest: &str| format!("{HEAD}{rest}");
    let campaign = |rest: &str| format!("campaign: c\ntype: percentage\nreward: {{rate: 1%}}\n{rest}");
    let test = |rest: &str| format!("tests:\n  - name: t\n    {rest}");
    for (text, place) in [
        (program("tier: {}"), ""),
        (program("rounding: nearest"), "/rounding"),
        (program("base: {id: a, rate: 1%}"), "/base"),
        (program("base: [{id: a}]"), "/base/0"),
        (program("base: [{id: a, rate: 1%, slabs: []}]"), "/base/0"),
        (program("base: [{id: a, rate: much}]"), "/base/0/rate"),
        (program("base: [{id: a, rate: 1%, up_to: {spend: 1, pool: b}}]"), "/base/0/up_to"),
        (program("base: [{id: a, rate: 1%, up_to: {spend: 1, per: campaign}}]"), "/base/0/up_to/per"),
        (program("caps: {uses: {count: 1}}"), "/caps"),
        (program("caps: {per_member: {points: 1, per: day}}"), "/caps/per_member"),
        (program("points: {expires_after: 12}"), "/points/expires_after"),
        (program("tiers: {window: rolling_months, levels: []}"), "/tiers/window"),
        ("currency: USD\ntimezone: UTC\n".to_owned(), ""),
        ("campaign: c\ntype: percentage\n".to_owned(), ""),
        (campaign("days: [saturday]"), "/days/0"),
        (campaign("hours: {from: \"8:00\", to: \"9:00\"}"), "/hours/from"),
        (campaign("caps: {per_member: {points: 1, per: day}}"), "/caps"),
        ("campaign: c\ntype: fixed\nreward: {rate: 1%}\n".to_owned(), "/reward"),
        ("campaigns: {campaign: c}".to_owned(), "/campaigns"),
        (test("expect: {total: 1}"), "/tests/0"),
        (test("transaction: {id: t1, amount: 1}"), "/tests/0/transaction"),
        (test("steps: [{refund: {id: r1, original: t1, amount: x, occurred_at: \"2026-01-01T00:00:00Z\"}}]"), "amount"),
        (test("transaction: {id: t1, amount: 1}\n    expect: {totl: 1}"), "/tests/0/expect"),
    ] {
        let wrong = errors(&text);
        assert!(
            wrong.iter().any(|e| e.split_once(": ").is_some_and(|(at, _)| at.contains(place))),
            "{text}\n{wrong:#?}"
        );
    }
}

#[test]
fn an_event_may_be_wrong_where_an_error_is_expected() {
    let text = "tests:\n  - {name: t, transaction: {id: t1, amount: x}, expect: {error: wrong_type}}\n";
    assert_eq!(errors(text), Vec::<String>::new());
}
