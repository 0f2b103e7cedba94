//! The conformance corpus through the command: `evaluate` prints the bytes of the engine, or its code.
//!
//! A case of several steps is asked for its first purchase, since the command keeps no ledger of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rewards_rules::input::Raw;
use rewards_rules::outcome::Difference;
use serde_json::{Map, Number, Value, json};
use tempfile::TempDir;

use crate::documents::root;
use crate::run::{Ran, rewards_in};

type Keys = BTreeMap<String, Raw>;

fn map(raw: &Raw) -> Keys {
    let Raw::Map(entries) = raw else { panic!("a mapping is due: {raw:?}") };
    entries.iter().cloned().collect()
}

fn text(raw: &Raw) -> &str {
    let Raw::Text(text) = raw else { panic!("a text is due: {raw:?}") };
    text
}

/// Digit for digit.
fn json_of(raw: &Raw) -> Value {
    match raw {
        Raw::Null => Value::Null,
        Raw::Boolean(value) => json!(value),
        Raw::Number(digits) => digits.parse::<Number>().map_or_else(|_| json!(digits), Value::Number),
        Raw::Text(text) => json!(text),
        Raw::List(items) => items.iter().map(json_of).collect(),
        Raw::Map(entries) => {
            entries.iter().map(|(key, value)| (key.clone(), json_of(value))).collect::<Map<_, _>>().into()
        }
    }
}

/// Cases that are asked for: of one step, and of several, of which the first is a purchase.
const ASKED: [usize; 2] = [478, 83];

/// Asks the command for one case. `None` where a case begins with something else than a purchase with an answer.
fn ask(name: &str, keys: &Keys) -> Option<Result<(), String>> {
    let (given, step) = match keys.get("steps") {
        Some(Raw::List(steps)) => {
            (keys.get("given").map(map).unwrap_or_default(), steps.first().map(map).unwrap_or_default())
        }
        _ => (keys.clone(), keys.clone()),
    };
    let transaction = json_of(step.get("transaction")?);
    let due = match (step.get("outcome"), step.get("error")) {
        (Some(outcome), _) => Ok(text(outcome)),
        (None, Some(error)) => Err(text(map(error).get("code")?).to_owned()),
        (None, None) => return None,
    };
    let mut member = given.get("member").map_or_else(|| json!({}), json_of);
    if let Some(fields) = member.as_object_mut() {
        fields.entry("id").or_insert(json!("member"));
    }
    let usage = given.get("usage").map_or_else(|| json!({}), json_of);

    let folder = TempDir::new().unwrap();
    for (path, content) in map(&keys["rules"]) {
        let path = folder.path().join("rules").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text(&content)).unwrap();
    }
    for (file, value) in [("transaction.json", transaction), ("member.json", member), ("usage.json", usage)] {
        fs::write(folder.path().join(file), value.to_string()).unwrap();
    }
    let Ran { out, err, .. } = rewards_in(
        folder.path(),
        "evaluate --rules rules --transaction transaction.json --member member.json --usage usage.json --format json",
    );
    let found = match serde_json::from_str::<Value>(&err)
        .ok()
        .and_then(|error| Some(error.get("code")?.as_str()?.to_owned()))
    {
        Some(code) => Err(code),
        None => Ok(out.trim_end_matches('\n')),
    };
    Some(match (due, found) {
        (due, found) if due == found => Ok(()),
        (Ok(due), Ok(found)) => {
            let Difference { place, first, second } = Difference::between(due, found).unwrap();
            Err(format!("{name}: {place}\n    due:   {first}\n    found: {second}\n{err}"))
        }
        (due, found) => Err(format!("{name}\n    due:   {due:?}\n    found: {found:?}\n{err}")),
    })
}

fn ask_each(paths: &[std::path::PathBuf], asked: &[AtomicUsize; 2]) -> Vec<String> {
    let mut wrong = Vec::new();
    for path in paths {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let keys = map(&Raw::from_json_or_yaml(&fs::read_to_string(path).unwrap()).unwrap());
        if let Some(answer) = ask(name, &keys) {
            asked[usize::from(keys.contains_key("steps"))].fetch_add(1, Ordering::Relaxed);
            wrong.extend(answer.err());
        }
    }
    wrong
}

#[test]
fn the_command_answers_with_the_bytes_of_the_corpus() {
    let folder = root().join("tests/conformance");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path: &std::path::PathBuf| Path::new(path).extension().is_some_and(|ending| ending == "yaml"));
    let asked = [const { AtomicUsize::new(0) }; 2];
    let wrong: Vec<String> = thread::scope(|scope| {
        let shares: Vec<_> =
            paths.chunks(paths.len().div_ceil(4)).map(|share| scope.spawn(|| ask_each(share, &asked))).collect();
        shares.into_iter().flat_map(|share| share.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), paths.len(), wrong.join("\n"));
    assert_eq!(asked.map(AtomicUsize::into_inner), ASKED, "docs/hosts.md tells of these numbers as well");
    let page = fs::read_to_string(root().join("docs/hosts.md")).unwrap();
    let [one, several] = ASKED;
    let told = format!("| The command | {one} cases of one step; of {several} of several steps the first purchase |");
    assert!(page.contains(&told), "docs/hosts.md does not say `{told}`");
    let told = format!("{} cases", paths.len());
    assert!(page.contains(&told), "docs/hosts.md does not say `{told}`");
}
