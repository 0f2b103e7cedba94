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

/// A pack is somewhere to start from: its page says what it is for, what it pays and how to adapt it, and each worked
/// number is what a test expects.
#[test]
fn each_pack_has_a_page_whose_numbers_are_tested() {
    for pack in packs().iter().filter(|pack| !pack.starts_with("mechanics/")) {
        let read = |file: &str| std::fs::read_to_string(rules().join(pack).join(file)).unwrap();
        let (page, tests) = (read("README.md"), read(&format!("{pack}.test.yaml")));
        assert!(page.contains("\n## What to change first\n"), "{pack}/README.md does not say how to adapt it");
        let worked = page.split("\n## ").find_map(|part| part.strip_prefix("Worked numbers\n")).expect(pack);
        let rows: Vec<Vec<&str>> = worked
            .lines()
            .filter(|line| line.starts_with('|'))
            .skip(2)
            .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
            .collect();
        assert!(rows.len() >= 3, "{pack}/README.md works {} numbers", rows.len());
        for row in rows {
            let [name, amount, total, points] = row[..] else { panic!("{pack}/README.md: {row:?}") };
            let cases = tests.split("\n  - name: ");
            let case = cases.skip(1).find(|case| case.lines().next().unwrap().trim_matches('"') == name);
            let case = case.unwrap_or_else(|| panic!("{pack}: there is no test `{name}`"));
            for (key, value) in [("amount", amount), ("total", total), ("points", points)] {
                let written = [format!(" {key}: {value},"), format!("{key}: \"{value}\"")];
                let expected = value.is_empty() || written.iter().any(|text| case.contains(text.as_str()));
                assert!(expected, "{pack}/README.md: `{name}`: {key} {value} is not in the test:\n{case}");
            }
        }
    }
}

/// The picture in the page of a pack is what the command draws. `make reference` draws them anew.
#[test]
fn the_picture_of_each_pack_is_what_the_command_draws() {
    for pack in packs() {
        let file = rules().join(&pack).join("README.md");
        let page = std::fs::read_to_string(&file).unwrap();
        let drawn = rewards_in(&rules(), &format!("graph {pack}"));
        assert_eq!((drawn.status, drawn.err.as_str()), (0, ""), "{pack}");
        let (words, _) = page.split_once("\n## Picture\n").unwrap_or((&page, ""));
        let due = format!("{}\n\n## Picture\n\n```mermaid\n{}```\n", words.trim_end(), drawn.out);
        if std::env::var_os("UPDATE_REFERENCE").is_some() {
            std::fs::write(&file, &due).unwrap();
        } else {
            assert_eq!(page, due, "{pack}/README.md: `make reference` draws its picture anew");
        }
    }
}
