//! The JSON Schemas of inputs and outputs: what fits them is what the readers take and what the writers write.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use jsonschema::Validator;
use rewards_rules::RuleSet;
use rewards_rules::diff::{Trial, alone, compare};
use rewards_rules::input::{ErrorCode, InputError, Member, Raw, Redemption, Refund, Transaction, Usage};
use rewards_rules::schema::{Type, definitions, json_schema, json_schema_of_all, json_schema_of_answers};
use rewards_rules::simulate::{Cell, Options, Row, Simulation};
use rewards_rules::source::Sources;
use serde_json::{Value, json};

fn compiled(text: &str) -> Validator {
    let schema: Value = serde_json::from_str(text).unwrap();
    jsonschema::meta::validate(&schema).unwrap_or_else(|e| panic!("it is no schema: {e}"));
    jsonschema::draft202012::new(&schema).unwrap()
}

fn validator(of: Type) -> &'static Validator {
    static ALL: OnceLock<Vec<Validator>> = OnceLock::new();
    let types = || Type::ALL.into_iter().chain(Type::ANSWERS);
    let all = ALL.get_or_init(|| types().map(|of| compiled(&json_schema(of))).collect());
    &all[types().position(|known| known == of).unwrap()]
}

fn wrong(of: Type, value: &Value) -> Vec<String> {
    validator(of).iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

fn read(of: Type, value: &Value) -> Result<(), InputError> {
    let raw = Raw::from(value.clone());
    match of {
        Type::Transaction => Transaction::from_raw(raw).map(drop),
        Type::Refund => Refund::from_raw(raw).map(drop),
        Type::Member => Member::from_raw(raw).map(drop),
        Type::Usage => Usage::from_raw(raw).map(drop),
        Type::Redemption => Redemption::from_raw(raw).map(drop),
        other => panic!("{other:?} is never read"),
    }
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

/// Every case of the corpus as JSON.
fn corpus() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let yaml = paths.filter(|path| path.extension().is_some_and(|e| e == "yaml"));
    yaml.map(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, json_of(Raw::from_yaml(&fs::read_to_string(&path).unwrap()).unwrap()))
    })
    .collect()
}

/// What a reader refuses for more than its shape.
fn is_of_meaning(error: &InputError) -> bool {
    error.code == ErrorCode::AmountTooLarge
}

/// An input fits where it is read, and only there.
fn agree(of: Type, value: &Value, place: &str) {
    let (found, due) = (wrong(of, value), read(of, value));
    match due {
        Ok(()) => assert!(found.is_empty(), "{place}: it is read, but does not fit: {found:#?}\n{value:#}"),
        Err(error) if is_of_meaning(&error) => {}
        Err(error) => assert!(!found.is_empty(), "{place}: it fits, but is not read: {error}\n{value:#}"),
    }
}

#[test]
fn inputs_of_the_corpus_fit_where_they_are_read() {
    let mut seen = [0; 5];
    let inputs = [Type::Transaction, Type::Refund, Type::Member, Type::Usage, Type::Redemption];
    let keys = ["transaction", "refund", "member", "usage", "redeem"];
    for (name, case) in corpus() {
        let steps = case["steps"].as_array().cloned().unwrap_or_default();
        for part in steps.iter().chain([&case, &case["given"]]) {
            for ((of, key), seen) in inputs.into_iter().zip(keys).zip(&mut seen) {
                let Some(value) = part.get(key) else { continue };
                let mut value = value.clone();
                if of == Type::Member && value.is_object() {
                    value.as_object_mut().unwrap().entry("id").or_insert(json!("member"));
                }
                agree(of, &value, &format!("{name}, {key}"));
                *seen += 1;
            }
        }
    }
    assert!(seen.iter().all(|n| *n > 10), "{seen:?}");
}

#[test]
fn outcomes_of_the_corpus_fit() {
    let mut seen = 0;
    for (name, case) in corpus() {
        for part in case["steps"].as_array().into_iter().flatten().chain([&case]) {
            let Some(outcome) = part.get("outcome") else { continue };
            let outcome: Value = serde_json::from_str(outcome.as_str().unwrap()).unwrap();
            let found = wrong(Type::Outcome, &outcome);
            assert!(found.is_empty(), "{name}: {found:#?}\n{outcome:#}");
            seen += 1;
        }
    }
    assert!(seen > 300, "{seen}");
}

#[test]
fn explained_outcomes_and_errors_of_the_corpus_fit() {
    let (mut explained, mut failed) = (0, 0);
    for (name, case) in corpus() {
        let Some(rules) = case["rules"].as_object() else { continue };
        let mut sources = Sources::default();
        for (path, text) in rules {
            sources.add(path, text.as_str().unwrap());
        }
        let Ok(rules) = RuleSet::compile(sources) else { continue };
        let raw = |key: &str| Raw::from(case[key].clone());
        let Ok(transaction) = Transaction::from_raw(raw("transaction")) else { continue };
        let member = Member::from_raw(raw("member")).unwrap_or_else(|_| Member::new("member"));
        let usage = Usage::from_raw(raw("usage")).unwrap();
        let (of, value) = match rules.evaluate_explained(&transaction, &member, &usage) {
            Ok(outcome) => {
                explained += usize::from(outcome.rejected.as_ref().is_some_and(|r| !r.is_empty()));
                (Type::Outcome, serde_json::to_value(&outcome).unwrap())
            }
            Err(error) => {
                failed += 1;
                (Type::EvaluationError, serde_json::to_value(&error).unwrap())
            }
        };
        let found = wrong(of, &value);
        assert!(found.is_empty(), "{name}: {found:#?}\n{value:#}");
    }
    assert!(explained > 100 && failed > 10, "{explained} {failed}");
}

#[test]
fn findings_fit() {
    let mut sources = Sources::default();
    sources.add("program.yaml", "program: p\ncurrency: USD\ntimezone: UTC\ntiers: 1\nbase: [{id: a, rate: much}]\n");
    let findings = RuleSet::compile(sources).unwrap_err();
    let nowhere = RuleSet::compile(Sources::default()).unwrap_err();
    let found: Vec<Value> =
        findings.report().iter().chain(&nowhere.report()).map(|f| serde_json::to_value(f).unwrap()).collect();
    assert!(found.len() > 2);
    for finding in found {
        assert_eq!(wrong(Type::Finding, &finding), Vec::<String>::new(), "{finding:#}");
    }
    let error = serde_json::to_value(Usage::from_json("[]").unwrap_err()).unwrap();
    assert_eq!(wrong(Type::InputError, &error), Vec::<String>::new(), "{error:#}");
}

/// One sound input a type.
fn sound() -> [(Type, Value); 5] {
    let at = "2026-03-02T10:00:00Z";
    [
        (Type::Transaction, json!({"id": "t1", "amount": "1", "currency": "USD", "occurred_at": at})),
        (Type::Refund, json!({"id": "r1", "original": "t1", "amount": 1, "occurred_at": at})),
        (Type::Member, json!({"id": "m1"})),
        (Type::Usage, json!({"member.spend.month": "1.5"})),
        (Type::Redemption, json!({"id": "x1", "option": "cash", "points": 5, "at": at})),
    ]
}

#[test]
fn whatever_stands_after_a_key_both_take_it_or_neither() {
    let at = "2026-03-02T10:00:00.25-05:00";
    let values = [
        json!(null),
        json!(true),
        json!(15),
        json!(-3),
        serde_json::from_str("1.50").unwrap(),
        json!(""),
        json!("a"),
        json!("15"),
        json!("-1.5"),
        json!("1."),
        json!("1e3"),
        json!("2026-03-02"),
        json!("2026-03-02T10:00:00"),
        json!(at),
        json!("active"),
        json!("with space"),
        json!([]),
        json!(["a"]),
        json!([1]),
        json!([{"amount": "1"}]),
        json!([{"amount": "1", "sku": 1}]),
        json!([{"sku": "a"}]),
        json!([{"amount": "1", "shop": "a"}]),
        json!({}),
        json!({"silver": "2026-03-02"}),
        json!({"silver": 1}),
    ];
    for (of, base) in sound() {
        assert!(read(of, &base).is_ok());
        let all = definitions("#/$defs/");
        let known = all[of.name()]["properties"].as_object().map(|p| p.keys().cloned().collect()).unwrap_or_default();
        let keys: Vec<String> = Vec::into_iter(known).chain(["shop".to_owned()]).collect();
        for key in keys {
            for value in &values {
                // What is unknown and says nothing is as good as absent to the readers.
                if key == "shop" && value.is_null() {
                    continue;
                }
                let mut input = base.clone();
                input[&key] = value.clone();
                agree(of, &input, &key);
            }
            let mut without = base.clone();
            without.as_object_mut().unwrap().remove(&key);
            agree(of, &without, &key);
        }
        for not_a_mapping in [json!([]), json!("a"), json!(1)] {
            agree(of, &not_a_mapping, "the whole");
        }
    }
}

#[test]
fn an_outcome_with_a_field_more_or_less_does_not_fit() {
    let (_, case) = corpus().into_iter().find(|(_, case)| case.get("outcome").is_some()).unwrap();
    let outcome: Value = serde_json::from_str(case["outcome"].as_str().unwrap()).unwrap();
    for key in outcome.as_object().unwrap().keys() {
        let mut less = outcome.clone();
        less.as_object_mut().unwrap().remove(key);
        assert!(!wrong(Type::Outcome, &less).is_empty(), "{key}");
    }
    for place in ["", "/totals", "/components/0"] {
        let mut more = outcome.clone();
        more.pointer_mut(place).unwrap()["more"] = json!("1");
        assert!(!wrong(Type::Outcome, &more).is_empty(), "{place}");
    }
    let mut number = outcome.clone();
    number["totals"]["total"] = json!(1);
    assert!(!wrong(Type::Outcome, &number).is_empty());
}

#[test]
fn definitions_refer_to_one_another_wherever_they_stand() {
    let all: Value = serde_json::from_str(&json_schema_of_all()).unwrap();
    compiled(&all.to_string());
    let prefix = "#/components/schemas/";
    let moved = definitions(prefix);
    let text = Value::from(moved.clone()).to_string();
    assert_eq!(Value::from(moved.clone()), {
        let text = all["$defs"].to_string().replace("#/$defs/", prefix);
        serde_json::from_str::<Value>(&text).unwrap()
    });
    for (at, _) in text.match_indices(prefix) {
        let name = text[at + prefix.len()..].split('"').next().unwrap();
        assert!(moved.contains_key(name), "{name}");
    }
}

const CARD: &str = "program: card
currency: USD
timezone: UTC
tiers:
  window: calendar_year
  levels:
    - {id: new, min_spending: 0}
    - {id: silver, min_spending: 50.00, bonus: {rate: 0.5%}}
points:
  earn: {points: 1, per: 1.00}
base:
  - {id: groceries, when: tx.category in [\"food\", \"fruit\"], rate: 2%, up_to: {spend: 40.00, per: month}}
  - {id: all, rate: 1%}
campaigns:
  - {campaign: spring, type: fixed, min_transaction: 20.00, reward: {fixed: 1.00}, caps: {budget: 2.50}}
";

fn rules(text: &str) -> RuleSet {
    let mut sources = Sources::default();
    sources.add("program.yaml", text);
    RuleSet::compile(sources).unwrap_or_else(|found| panic!("{found:?}"))
}

/// What simulations and comparisons tell fits its schemas, and would not with a field less.
#[test]
fn what_simulations_and_comparisons_tell_fits() {
    let changed = CARD
        .replace("rate: 1%}", "rate: 3%}")
        .replace("\"fruit\"]", "\"bread\", \"tea\"]")
        .replace("id: silver", "id: gold")
        .replace(
            "  - {campaign: spring",
            "  - {campaign: more, type: percentage, reward: {rate: 1%}}\n  - {campaign: spring",
        );
    let (old, new) = (rules(CARD), rules(&changed));
    let header = ["transaction_id", "user_id", "amount", "currency", "occurred_at", "category"].map(str::to_owned);
    let rows = (1..6).map(|n| {
        [
            format!("t{n}"),
            format!("m{}", n % 2),
            format!("{}.50", n * 20),
            "USD".to_owned(),
            format!("2026-0{n}-02T10:00:00Z"),
            "food".to_owned(),
        ]
    });
    let comparison = compare(&old, &new);
    let mut simulation = Simulation::new(old.clone(), Options::default());
    let columns = simulation.transaction_columns(&header).unwrap();
    let mut trial = Trial::new(&old, &new, alone(&old, &new, &comparison), Options::default()).unwrap();
    trial.header(&header).unwrap();
    let mut told = Vec::new();
    for cells in rows {
        let mut row = Row::default();
        columns.read(|at| Cell::Text(&cells[at]), &mut row).unwrap();
        let mut text = String::new();
        simulation.post(&columns, &row).unwrap().unwrap().push_json(&mut text);
        told.push((Type::Row, serde_json::from_str::<Value>(&text).unwrap()));
        trial.post(|at| Cell::Text(&cells[at])).unwrap();
    }
    told.push((Type::Summary, serde_json::to_value(simulation.summary()).unwrap()));
    told.push((Type::Comparison, serde_json::to_value(&comparison).unwrap()));
    told.push((Type::Costs, serde_json::to_value(trial.costs(0)).unwrap()));
    for (of, value) in &told {
        let found = wrong(*of, value);
        assert!(found.is_empty(), "{of:?}: {found:#?}\n{value:#}");
        for key in value.as_object().unwrap().keys() {
            let mut less = value.clone();
            less.as_object_mut().unwrap().remove(key);
            assert!(!wrong(*of, &less).is_empty(), "{of:?}: {key}");
        }
        let mut more = value.clone();
        more["more"] = json!("1");
        assert!(!wrong(*of, &more).is_empty(), "{of:?}");
    }
    let [.., summary, comparison, costs] = told.as_slice() else { panic!("{told:?}") };
    for (place, of) in [
        ("/by_rule/0", summary),
        ("/by_tier/0", summary),
        ("/by_month/0", summary),
        ("/caps/0", summary),
        ("/changes/0", comparison),
        ("/by_rule/0", costs),
        ("/by_change/0", costs),
        ("/tiers/0", costs),
        ("/biggest/0", costs),
    ] {
        assert!(of.1.pointer(place).is_some(), "{place} is not among what is held against the schemas: {:#}", of.1);
    }
    compiled(&json_schema_of_answers());
}
