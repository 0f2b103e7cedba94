//! Which files become a rule set, and what cannot be read.

use std::fs;
use std::path::Path;

use crate::run::{command, fixtures, rewards, rewards_in};

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn program(id: &str) -> String {
    format!("program: {id}\ncurrency: USD\ntimezone: UTC\nbase:\n  - {{id: all, rate: 1%}}\n")
}

const CAMPAIGN: &str = "campaign: extra\ntype: fixed\nreward: {fixed: 1.00}\n";

#[test]
fn the_hash_is_over_the_rule_files_alone_wherever_they_stand() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "rules/program.yaml", &program("p"));
    write(at, "rules/deep/er/extra.yaml", CAMPAIGN);
    let hash = rewards_in(at, "hash rules").out;
    assert!(hash.starts_with("sha256:") && hash.len() == 72, "{hash}");
    write(at, "rules/p.test.yaml", "tests: []\n");
    write(at, "rules/README.md", "text\n");
    write(at, "rules/deep/data.csv", "text\n");
    for path in ["rules", "rules/", "./rules", "rules/../rules", &at.join("rules").to_string_lossy()] {
        assert_eq!(rewards_in(at, &format!("hash {path}")).out, hash, "{path}");
    }
    assert_eq!(rewards_in(&at.join("rules"), "hash .").out, hash);
    fs::rename(at.join("rules/deep/er/extra.yaml"), at.join("rules/deep/extra.yaml")).unwrap();
    assert_ne!(rewards_in(at, "hash rules").out, hash);
}

#[test]
fn a_folder_holds_rule_sets_only_without_rule_files_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "all/one/program.yaml", &program("one"));
    write(at, "all/group/two/program.yaml", &program("two"));
    write(at, "all/group/two/extras/extra.yaml", CAMPAIGN);
    write(at, "all/group/three/rules/program.yaml", &program("three"));
    write(at, "all/group/three/campaigns/extra.yaml", CAMPAIGN);
    let found = rewards_in(at, "validate all").out;
    let names: Vec<&str> = found.lines().filter_map(|l| l.strip_prefix("ok ")?.split(',').next()).collect();
    let due = ["all/group/three: program three", "all/group/two: program two", "all/one: program one"];
    assert_eq!(names, due, "{found}");
    // With a program of its own it is one rule set, with too many programs.
    write(at, "all/program.yaml", &program("four"));
    let ran = rewards_in(at, "validate all");
    assert_eq!(ran.status, 1);
    assert!(ran.out.contains("error[R0301]"), "{}", ran.out);
}

#[test]
fn a_folder_without_rule_files_is_wrong_use() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "r/README.md", "text\n");
    for arguments in ["validate r", "test r", "hash r", "evaluate --rules r --transaction -"] {
        let ran = rewards_in(folder.path(), arguments);
        assert!(ran.status == 2 && ran.err.starts_with("error: r has no rule files"), "{ran:?}");
    }
}

#[test]
fn tests_stand_beside_their_rules() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let test = |name: &str| {
        format!(
            "tests:\n  - name: {name}\n    transaction: {{id: t1, amount: 1.00, currency: USD, occurred_at: \
             \"2026-03-02T10:00:00Z\"}}\n    expect: {{total: 0.01}}\n"
        )
    };
    write(at, "r/card.yaml", &program("p"));
    write(at, "r/card.test.yaml", &test("a"));
    write(at, "r/more.test.yaml", &test("b"));
    for (path, ran) in [("r", "ok r: 2 tests"), ("r/card.yaml", "1 test"), ("r/more.test.yaml", "1 test")] {
        let found = rewards_in(at, &format!("test {path}"));
        assert!(found.status == 0 && found.out.contains(ran), "{path}: {found:?}");
    }
    let found = rewards_in(&at.join("r"), "test more.test.yaml --format json").out;
    assert!(found.contains("\"name\": \"b\"") && found.contains("\"file\": \"more.test.yaml\""), "{found}");
}

#[test]
fn places_can_be_opened_from_where_the_command_runs() {
    for (path, place) in [
        ("broken", "broken/pack/program.yaml:6:11"),
        ("./broken/", "broken/pack/program.yaml:6:11"),
        ("broken/pack/program.yaml", "broken/pack/program.yaml:6:11"),
    ] {
        let out = rewards(&format!("validate {path}")).out;
        assert!(out.contains(place), "{path}: {out}");
    }
    let whole = fixtures().join("broken");
    let out = rewards(&format!("validate {}", whole.display())).out;
    assert!(out.contains(&format!("{}/pack/program.yaml:6:11", whole.display())), "{out}");
}

#[test]
fn a_file_ending_in_yml_is_told() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "r/program.yaml", &program("p"));
    write(folder.path(), "r/extra.yml", CAMPAIGN);
    let ran = rewards_in(folder.path(), "validate r");
    assert!(ran.status == 1 && ran.out.contains("error[R0006]"), "{ran:?}");
    assert_eq!(rewards_in(folder.path(), "validate r/extra.yml").status, 1);
}

#[cfg(unix)]
#[test]
fn links_are_followed_but_not_in_circles() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "shared/extra.yaml", CAMPAIGN);
    write(at, "r/program.yaml", &program("p"));
    symlink(at.join("shared"), at.join("r/shared")).unwrap();
    symlink(at.join("nowhere"), at.join("r/notes")).unwrap();
    let ran = rewards_in(at, "validate r");
    assert!(ran.status == 0, "{ran:?}");
    symlink(at.join("nowhere"), at.join("r/lost.yaml")).unwrap();
    let ran = rewards_in(at, "validate r");
    assert!(ran.status == 2 && ran.err.contains("r/lost.yaml cannot be read"), "{ran:?}");
    fs::remove_file(at.join("r/lost.yaml")).unwrap();
    symlink(at.join("r"), at.join("r/again")).unwrap();
    for arguments in ["validate r", "test r", "hash r", "evaluate --rules r --transaction -"] {
        let ran = rewards_in(at, arguments);
        assert!(ran.status == 2 && ran.err.contains("r/again is a link to a folder that it stands in"), "{ran:?}");
        assert_eq!(ran.out, "");
    }
}

/// A reader that has gone away, as after `| head`, is no reason to complain.
#[test]
fn a_broken_pipe_is_quiet() {
    for (arguments, status) in [("validate card", 0), ("test failing", 1), ("hash card", 0), ("completions bash", 0)] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command(&fixtures(), arguments).stdout(writer).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments}");
        assert_eq!(output.status.code(), Some(status), "{arguments}");
    }
}
