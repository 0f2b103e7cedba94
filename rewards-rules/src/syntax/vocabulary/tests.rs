//! The vocabulary and the readers agree: in both directions, for every block, key, word and range.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

use std::collections::BTreeSet;

use super::*;
use crate::input::{Member, Raw, Redemption, Refund, Transaction};
use crate::source::{Code, Finding, SourceFile, Sources};
use crate::syntax::read;
use crate::testing;

/// A block in braces: its required keys, one of each choice, and what is given.
fn sample(block: &Block, given: &[(&str, &str)]) -> String {
    let chosen = block.choice.iter().find(|set| set.iter().any(|k| given.iter().any(|(g, _)| g == k)));
    let chosen = chosen.or(block.choice.first());
    let due = |key: &Key| key.required || chosen.is_some_and(|set| set.contains(&key.name));
    entries(block, given, due)
}

fn entries(block: &Block, given: &[(&str, &str)], due: impl Fn(&Key) -> bool) -> String {
    let text = |key: &Key| match given.iter().find(|(name, _)| *name == key.name) {
        Some((name, value)) => Some(format!("{name}: {value}")),
        None => due(key).then(|| format!("{}: {}", key.name, key.example)),
    };
    let others = given.iter().filter(|(name, _)| block.key(name).is_none());
    let others = others.map(|(name, value)| format!("{name}: {value}"));
    let all: Vec<String> = block.keys.iter().filter_map(text).chain(others).collect();
    format!("{{{}}}", all.join(", "))
}

/// Makes a document of a block's text.
type Wrap = Box<dyn Fn(&str) -> String>;

/// A block, the path to it, and how it is put into a document.
struct Place {
    document: Document,
    path: Vec<&'static str>,
    block: &'static Block,
    wrap: Wrap,
}

/// Every block at every place where it can stand.
fn places(document: Document) -> Vec<Place> {
    fn gather(place: Place, all: &mut Vec<Place>) {
        let Place { document, path, block, wrap } = place;
        let wrap: &'static Wrap = Box::leak(Box::new(wrap));
        for key in block.keys {
            for (child, dress) in shapes(&key.value) {
                let points = ["points-campaign-caps"].contains(&child.name);
                let step = move |text: &str| {
                    let value = dress(text);
                    let mut given = vec![(key.name, value.as_str())];
                    if points {
                        given.extend([("type", "points"), ("reward", "{points: 1}")]);
                    }
                    wrap(&sample(block, &given))
                };
                let path = path.iter().copied().chain([key.name]).collect();
                gather(Place { document, path, block: child, wrap: Box::new(step) }, all);
            }
        }
        all.push(Place { document, path, block, wrap: Box::new(|text| wrap(text)) });
    }
    let mut all = Vec::new();
    gather(Place { document, path: Vec::new(), block: document.block(), wrap: Box::new(str::to_owned) }, &mut all);
    all
}

/// The blocks of a value, each with what makes a value of its text.
fn shapes(value: &Value) -> Vec<(&'static Block, Wrap)> {
    match value {
        Value::Block(block) => vec![(block, Box::new(str::to_owned))],
        Value::List(of) => dressed(of, |text| format!("[{text}]")),
        Value::Names(of) => dressed(of, |text| format!("{{x: {text}}}")),
        Value::Either(kinds) => kinds.iter().flat_map(shapes).collect(),
        _ => Vec::new(),
    }
}

fn dressed(of: &Value, dress: fn(&str) -> String) -> Vec<(&'static Block, Wrap)> {
    let outer = |inner: Wrap| -> Wrap { Box::new(move |text| dress(&inner(text))) };
    shapes(of).into_iter().map(|(block, inner)| (block, outer(inner))).collect()
}

/// Places in rule files.
fn rule_places() -> Vec<Place> {
    Document::ALL.into_iter().filter(|d| *d != Document::Tests).flat_map(places).collect()
}

fn findings(text: &str) -> Vec<Finding> {
    read(&Sources::new([SourceFile { path: "rules.yaml".to_owned(), bytes: text.as_bytes().into() }])).1
}

/// The one finding of a text.
fn finding(text: &str) -> Finding {
    let all = findings(text);
    assert_eq!(all.len(), 1, "{text}\n{all:#?}");
    all.into_iter().next().unwrap()
}

#[test]
fn every_key_is_allowed_and_its_example_can_be_read() {
    let mut seen = 0;
    for place in rule_places() {
        for key in place.block.keys {
            let text = (place.wrap)(&sample(place.block, &[(key.name, key.example)]));
            let found = findings(&text);
            assert!(found.is_empty(), "{text}\n{found:#?}");
            seen += 1;
        }
    }
    assert!(seen > 200, "{seen}");
}

#[test]
fn every_key_is_looked_at() {
    for place in rule_places() {
        for key in place.block.keys {
            let text = (place.wrap)(&sample(place.block, &[(key.name, "[[[]]]")]));
            assert!(!findings(&text).is_empty(), "nobody reads `{}` of {}: {text}", key.name, place.block.name);
        }
    }
}

#[test]
fn every_other_key_is_refused() {
    for place in rule_places() {
        let text = (place.wrap)(&sample(place.block, &[("zzzzzzzz", "1")]));
        let found = finding(&text);
        assert_eq!(found.code, Code::UnknownKey, "{text}");
        let help = found.help.unwrap();
        let told: Vec<&str> = help.split('`').skip(1).step_by(2).collect();
        for name in place.block.names() {
            assert!(told.contains(&name), "{}: `{name}` is not told: {help}", place.block.name);
        }
    }
}

#[test]
fn keys_are_required_where_the_vocabulary_says_so_and_nowhere_else() {
    for place in rule_places() {
        for key in place.block.keys {
            let chosen = place.block.choice.first();
            let due = |k: &Key| k.required || chosen.is_some_and(|set| set.contains(&k.name));
            if place.path.is_empty() && key.name == place.block.keys[0].name || !due(key) {
                continue;
            }
            let found = findings(&(place.wrap)(&entries(place.block, &[], |k| due(k) && k.name != key.name)));
            assert!(
                found.iter().any(|f| f.code == Code::MissingKey && f.message.contains(&format!("`{}`", key.name))),
                "`{}` of {} is not missed: {found:#?}",
                key.name,
                place.block.name
            );
        }
    }
}

#[test]
fn of_a_choice_exactly_one_is_there() {
    for place in rule_places() {
        for (index, set) in place.block.choice.iter().enumerate() {
            for other in place.block.choice.iter().skip(index + 1) {
                let both = |k: &Key| k.required || set.contains(&k.name) || other.contains(&k.name);
                let text = (place.wrap)(&entries(place.block, &[], both));
                let found = findings(&text);
                assert!(found.iter().any(|f| f.code == Code::KeysConflict), "{text}\n{found:#?}");
            }
        }
    }
}

/// Makes a value of a word.
type Write = fn(&str) -> String;

/// The words of a value, unless it is a list or may be a mapping too, and how to write one of them.
fn words_of(value: &Value) -> Option<(Vec<Word>, Write)> {
    match value {
        Value::Word(_) | Value::Boolean | Value::Either(_) if !value.words().is_empty() => {
            Some((value.words(), str::to_owned))
        }
        Value::List(of) => words_of(of).map(|(words, _)| (words, (|word| format!("[{word}]")) as Write)),
        Value::Names(of) => words_of(of).map(|(words, _)| (words, (|word| format!("{{x: {word}}}")) as Write)),
        _ => None,
    }
}

#[test]
fn the_words_are_those_that_the_reader_takes() {
    let mut seen = 0;
    for place in rule_places() {
        for key in place.block.keys {
            let Some((words, write)) = words_of(&key.value) else { continue };
            for word in &words {
                let text = (place.wrap)(&sample(place.block, &[(key.name, &write(word.word))]));
                let wrong = findings(&text);
                assert!(wrong.is_empty(), "{text}\n{wrong:#?}");
            }
            let text = (place.wrap)(&sample(place.block, &[(key.name, &write("zzzzzzzz"))]));
            let help = finding(&text).help.unwrap();
            let told: BTreeSet<&str> = help.split('`').skip(1).step_by(2).collect();
            // Which periods a block may have is not the reader's business.
            let known: BTreeSet<&str> = words.iter().map(|w| w.word).collect();
            let beyond: Vec<&str> =
                told.symmetric_difference(&known).copied().filter(|w| key.name != "per" || *w != "campaign").collect();
            assert!(beyond.is_empty(), "`{}` of {}: {beyond:?}", key.name, place.block.name);
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn the_ranges_are_those_of_the_reader() {
    let mut seen = 0;
    for place in rule_places() {
        for key in place.block.keys {
            let (good, bad): (Vec<String>, Vec<String>) = match key.value {
                Value::Integer { least, most } => {
                    (vec![least.to_string(), most.to_string()], vec![(least - 1).to_string(), (most + 1).to_string()])
                }
                Value::Amount => (
                    vec!["0".to_owned(), MAX_AMOUNT.to_string()],
                    vec!["-0.01".to_owned(), format!("{MAX_AMOUNT}.01"), "4 %".to_owned()],
                ),
                Value::Positive => (vec!["0.01".to_owned()], vec!["0".to_owned(), "-1".to_owned()]),
                Value::Rate => (
                    vec!["0".to_owned(), MAX_RATE.to_string(), format!("{MAX_RATE}00 %"), "0.00000001".to_owned()],
                    vec!["-1%".to_owned(), format!("{MAX_RATE}00.1%"), "0.000000001".to_owned()],
                ),
                Value::Share => (vec!["0%".to_owned(), "1".to_owned()], vec!["100.1%".to_owned()]),
                Value::Multiplier => (
                    vec!["1".to_owned(), MAX_MULTIPLIER.to_string()],
                    vec!["0.99".to_owned(), format!("{MAX_MULTIPLIER}.1")],
                ),
                _ => continue,
            };
            let text = |value: &String| (place.wrap)(&sample(place.block, &[(key.name, value)]));
            for value in &good {
                assert!(findings(&text(value)).is_empty(), "{}", text(value));
            }
            for value in &bad {
                assert!(!findings(&text(value)).is_empty(), "{}", text(value));
            }
            seen += 1;
        }
    }
    assert!(seen > 60, "{seen}");
}

/// Findings of a test file that goes with a small program.
fn test_findings(tests: &str) -> Vec<String> {
    let program = "{program: p, currency: USD, timezone: UTC, base: [{id: groceries, rate: 1%, up_to: {spend: 6000.00, \
                   per: year}}], tiers: {window: lifetime, levels: [{id: silver, min_spending: 0}]}}";
    let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), bytes: text.as_bytes().into() };
    let files = Sources::new([file("p.yaml", program), file("p.test.yaml", tests)]);
    let rules = crate::RuleSet::compile(files.clone()).unwrap();
    testing::check(&rules, &files).iter().map(|f| format!("{:?} {}", f.code, f.message)).collect()
}

/// Blocks of data, which are read when a test runs.
const DATA: [&str; 5] = ["transaction", "refund", "redemption-of-points", "member", "line"];

#[test]
fn the_vocabulary_of_test_files_is_that_of_their_reader() {
    let mut seen = 0;
    for place in places(Document::Tests).into_iter().filter(|p| !DATA.contains(&p.block.name)) {
        for key in place.block.keys {
            let redeem = place.path.ends_with(&["steps", "expect"]);
            if redeem && place.block.name == "expect" {
                continue;
            }
            let mut given = vec![(key.name, key.example)];
            if place.block.name == "step" || place.block.name == "test" && key.name != "steps" {
                given.push(("expect", "{debt: 0}"));
            }
            given.dedup_by_key(|(name, _)| *name);
            let text = (place.wrap)(&sample(place.block, &given));
            let found = test_findings(&text);
            let good = |f: &String| f.contains("TestExpectsNothing");
            assert!(found.iter().all(good), "{text}\n{found:#?}");
            seen += 1;
        }
        let text = (place.wrap)(&sample(place.block, &[("zzzzzzzz", "1")]));
        let found = test_findings(&text);
        assert!(found.iter().any(|f| f.contains("unknown key `zzzzzzzz`")), "{text}\n{found:#?}");
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn the_vocabulary_of_data_is_that_of_its_reader() {
    type Read = fn(Raw) -> Result<bool, String>;
    let readers: [(&Block, Read); 4] = [
        (&test_file::TRANSACTION, |raw| {
            Transaction::from_raw(raw).map(|t| t.attributes.is_empty()).map_err(|e| e.to_string())
        }),
        (&test_file::MEMBER, |raw| Member::from_raw(raw).map(|m| m.attributes.is_empty()).map_err(|e| e.to_string())),
        (&test_file::REFUND, |raw| Refund::from_raw(raw).map(|_| true).map_err(|e| e.to_string())),
        (&test_file::REDEEM, |raw| Redemption::from_raw(raw).map(|_| true).map_err(|e| e.to_string())),
    ];
    for (block, reader) in readers {
        let read = |text: &str| reader(Raw::from_yaml(text).unwrap());
        let whole = entries(block, &[], |_| true);
        assert_eq!(read(&whole), Ok(true), "{whole}");
        for key in block.keys {
            let text = entries(block, &[(key.name, "[[[]]]")], |_| true);
            assert!(read(&text).is_err(), "nobody reads {text}");
            // The member of a test has an id in any case.
            let missed = key.required || key.name == "id";
            let text = entries(block, &[], |k| k.name != key.name);
            assert_eq!(read(&text).is_err(), missed, "{text}");
        }
        let strange = read(&entries(block, &[("zzzzzzzz", "1")], |_| true));
        assert_eq!(strange.is_ok_and(|named| !named), block.open != Open::No, "{}", block.name);
    }
}

#[test]
fn paths_lead_to_blocks_and_keys() {
    let name = |document, path: &[&str]| at(document, path).map(|b| b.name);
    for (document, path, block) in [
        (Document::Program, &[] as &[&str], Some("program")),
        (Document::Program, &["base"], Some("base-rule")),
        (Document::Program, &["base", "up_to"], Some("up-to")),
        (Document::Program, &["pools", "choice"], Some("pool")),
        (Document::Program, &["facts", "tx", "floor"], Some("fact")),
        (Document::Program, &["campaigns", "caps", "per_member"], Some("campaign-per-member")),
        (Document::Campaign, &["reward"], Some("reward")),
        (Document::Campaigns, &["campaigns", "audience"], Some("audience")),
        (Document::Tests, &["tests", "steps", "refund", "lines"], Some("line")),
        (Document::Program, &["lists", "partners"], None),
        (Document::Program, &["currency"], None),
        (Document::Program, &["nothing", "here"], None),
    ] {
        assert_eq!(name(document, path), block, "{path:?}");
    }
    let both: Vec<&str> = blocks_at(Document::Campaign, &["caps"]).iter().map(|b| b.name).collect();
    assert_eq!(both, ["campaign-caps", "points-campaign-caps"]);
    assert_eq!(key_at(Document::Campaign, &["hours", "to"]).map(|k| k.name), Some("to"));
    assert!(key_at(Document::Program, &["pools", "choice"]).is_none());
    for place in Document::ALL.into_iter().flat_map(places) {
        let without_names: Vec<&str> = place.path.clone();
        let found = blocks_at(place.document, &without_names);
        let named = blocks_at(place.document, &without_names.iter().copied().chain(["x"]).collect::<Vec<_>>());
        assert!(
            found.iter().chain(&named).any(|b| b.name == place.block.name)
                || place.path.contains(&"pools")
                || place.path.contains(&"facts"),
            "{:?}",
            place.path
        );
    }
}

#[test]
fn a_document_is_what_the_reader_takes_it_for() {
    for (path, keys, document) in [
        ("p.yaml", &["name", "program"] as &[&str], Some(Document::Program)),
        ("p.yaml", &["campaigns", "program"], Some(Document::Program)),
        ("c.yaml", &["campaign"], Some(Document::Campaign)),
        ("c.yaml", &["campaigns"], Some(Document::Campaigns)),
        ("c.test.yaml", &["tests"], Some(Document::Tests)),
        ("c.yaml", &["name"], None),
    ] {
        assert_eq!(Document::of(path, keys.iter().copied()), document, "{path} {keys:?}");
    }
}

#[test]
fn every_word_is_explained_and_every_paragraph_is_there() {
    let semantics = include_str!("../../../../docs/semantics.md");
    let titles: BTreeSet<&str> = semantics
        .lines()
        .filter(|line| line.starts_with("##"))
        .filter_map(|line| line.trim_start_matches('#').trim().split(' ').next())
        .map(|number| number.trim_end_matches('.'))
        .collect();
    let sentence = |text: &str| text.ends_with(['.', '`']) && !text.starts_with(' ');
    for place in Document::ALL.into_iter().flat_map(places) {
        assert!(sentence(place.block.about), "{}", place.block.about);
        for key in place.block.keys {
            assert!(sentence(key.about), "{}", key.about);
            assert!(!key.example.is_empty());
            assert!(key.paragraph.is_empty() || titles.contains(key.paragraph), "there is no {}", key.paragraph);
            for word in key.value.words() {
                assert!(sentence(word.about), "{}", word.about);
            }
        }
    }
}
