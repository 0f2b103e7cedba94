//! What is made from the vocabulary and committed: the tables of docs/rules.md, docs/rewards.schema.json,
//! docs/border.schema.json and docs/answers.schema.json, which are made from the tables of what goes in and out, and
//! docs/reasons.json.
//!
//! `make reference` writes them anew: it runs these tests with UPDATE_REFERENCE=1.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rewards_rules::outcome::Reason;
use rewards_rules::syntax::vocabulary::{all_blocks, key_table};

use crate::run::rewards;

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

/// Compares a file with what it must be, or writes it.
fn must_be(name: &str, due: &str) {
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        fs::write(docs(name), due).unwrap();
    }
    let found = fs::read_to_string(docs(name)).unwrap_or_default();
    assert!(found == due, "docs/{name} is not what the vocabulary says: run `make reference`");
}

#[test]
fn the_schema_in_the_documents_is_what_the_command_prints() {
    let ran = rewards("schema");
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    must_be("rewards.schema.json", &ran.out);
}

#[test]
fn the_schema_of_the_border_is_what_the_command_prints() {
    let ran = rewards("schema --of all");
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    must_be("border.schema.json", &ran.out);
    // Each type alone is the same definition.
    let all: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    for (of, name) in [("transaction", "Transaction"), ("outcome", "Outcome"), ("finding", "Finding")] {
        let one: serde_json::Value = serde_json::from_str(&rewards(&format!("schema --of {of}")).out).unwrap();
        assert_eq!(one["$ref"], format!("#/$defs/{name}"));
        for (name, definition) in one["$defs"].as_object().unwrap() {
            assert_eq!(*definition, all["$defs"][name], "{name}");
        }
    }
}

#[test]
fn the_schema_of_answers_is_what_the_command_prints() {
    let ran = rewards("schema --of answers");
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    must_be("answers.schema.json", &ran.out);
}

/// The admin page and the package for Python say it in these words, as the command, the graph and the browser do.
#[test]
fn the_words_of_reasons_in_the_documents_are_those_of_the_engine() {
    let words: BTreeMap<&str, &str> = Reason::ALL.iter().map(|reason| (reason.as_str(), reason.words())).collect();
    let due = serde_json::to_string_pretty(&words).unwrap();
    must_be("reasons.json", &format!("{due}\n"));
}

/// Between `<!-- keys: NAME -->` and `<!-- /keys -->` stands the table of a block.
#[test]
fn the_tables_of_the_rule_reference_are_those_of_the_vocabulary() {
    let page = fs::read_to_string(docs("rules.md")).unwrap();
    let mut due = String::new();
    let mut rest = page.as_str();
    let mut told = Vec::new();
    while let Some((before, after)) = rest.split_once("<!-- keys: ") {
        let (name, after) = after.split_once(" -->\n").unwrap();
        let (_, after) = after.split_once("<!-- /keys -->").unwrap();
        let table = key_table(name).unwrap_or_else(|| panic!("there is no block `{name}`"));
        due.push_str(&format!("{before}<!-- keys: {name} -->\n{table}<!-- /keys -->"));
        told.push(name);
        rest = after;
    }
    due.push_str(rest);
    must_be("rules.md", &due);
    // The blocks of caps have one table together.
    let is_told = |name: &str| told.contains(&name) || name.ends_with("-caps") && told.contains(&"caps");
    let missing: Vec<&str> = all_blocks().iter().map(|b| b.name).filter(|name| !is_told(name)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "these blocks have no table in docs/rules.md");
}
