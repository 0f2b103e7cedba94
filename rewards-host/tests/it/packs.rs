//! The rule packs: no findings, every rule and branch reached, and tests that notice nearly every change.

use std::path::{Path, PathBuf};

use crate::run::rewards_in;

/// The least share of changes that the tests of a pack notice, in percent.
const NOTICED: &str = "95%";

fn rules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules")
}

/// Every folder of a rule set, by path from `rules/`.
fn packs() -> Vec<String> {
    let mut found = Vec::new();
    for group in ["", "mechanics/"] {
        for entry in std::fs::read_dir(rules().join(group)).unwrap() {
            let folder = entry.unwrap();
            if folder.path().join("program.yaml").is_file() {
                found.push(format!("{group}{}", folder.file_name().to_str().unwrap()));
            }
        }
    }
    found.sort();
    assert!(found.len() >= 17, "{found:?}");
    found
}

#[test]
fn each_pack_is_without_findings() {
    let ran = rewards_in(&rules(), &format!("validate {} --deny warnings", packs().join(" ")));
    assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{}", ran.out);
}

#[test]
fn the_tests_of_each_pack_reach_all_of_it_and_notice_changes() {
    let packs = packs().join(" ");
    let ran = rewards_in(&rules(), &format!("test {packs} --coverage-min 100% --mutate-min {NOTICED}"));
    assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{}", ran.out);
}
