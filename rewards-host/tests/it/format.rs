//! `rewards fmt`, from outside: what it writes, what it leaves, and what it says.
#![cfg(feature = "fmt")]

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::run::{Ran, rewards_in};

const UNTIDY: &str = "program: p   # the id\ncurrency:   USD\ntimezone: UTC\nbase:\n- {id: all,   rate: 1 %}\n";
const TIDY: &str = "program: p # the id\ncurrency: USD\ntimezone: UTC\nbase:\n  - {id: all, rate: 1 %}\n";

fn desk(files: &[(&str, &str)]) -> TempDir {
    let desk = TempDir::new().unwrap();
    for (name, text) in files {
        let path = desk.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    desk
}

fn text(desk: &TempDir, name: &str) -> String {
    fs::read_to_string(desk.path().join(name)).unwrap()
}

#[test]
fn files_are_brought_into_one_layout_once() {
    let desk = desk(&[("pack/p.yaml", UNTIDY), ("pack/f.rhai", "fn  f(x){x}"), ("pack/x.test.yaml", "tests:   []\n")]);
    let Ran { status, out, .. } = rewards_in(desk.path(), "fmt pack");
    assert_eq!(
        (status, out.as_str()),
        (
            0,
            "formatted pack/p.yaml\nformatted pack/x.test.yaml\n\
             2 files formatted, 0 as they should be; 1 script left alone, as `.rhai` has no one layout\n"
        )
    );
    assert_eq!(text(&desk, "pack/p.yaml"), TIDY);
    assert_eq!(text(&desk, "pack/f.rhai"), "fn  f(x){x}");
    let Ran { status, out, .. } = rewards_in(desk.path(), "fmt pack/p.yaml pack/x.test.yaml");
    assert_eq!((status, out.as_str()), (0, "0 files formatted, 2 as they should be\n"));
    let alone = rewards_in(desk.path(), "fmt pack/f.rhai");
    let due = "error: pack/f.rhai: scripts are left alone; only files that end in `.yaml` are laid out\n";
    assert_eq!((alone.status, alone.err.as_str()), (2, due));
}

#[test]
fn check_writes_nothing_and_shows_what_would_change() {
    let desk = desk(&[("p.yaml", UNTIDY)]);
    let Ran { status, out, .. } = rewards_in(desk.path(), "fmt --check .");
    assert_eq!(status, 1);
    insta::assert_snapshot!(out);
    assert_eq!(text(&desk, "p.yaml"), UNTIDY);
    fs::write(desk.path().join("p.yaml"), TIDY).unwrap();
    assert_eq!(rewards_in(desk.path(), "fmt --check .").status, 0);
}

#[test]
fn a_file_with_a_mistake_is_left_and_the_others_are_not() {
    let broken = "program: p\nbase: [{id: a\n";
    let desk = desk(&[("a.yaml", broken), ("b.yaml", UNTIDY)]);
    let Ran { status, out, .. } = rewards_in(desk.path(), "fmt .");
    assert_eq!(status, 1);
    insta::assert_snapshot!(out);
    assert_eq!(text(&desk, "a.yaml"), broken);
    assert_eq!(text(&desk, "b.yaml"), TIDY);
}

#[test]
fn what_is_no_yaml_rule_file_is_wrong_use() {
    let desk = desk(&[("f.rhai", "fn f(x) { x }"), ("p.yml", "a: 1")]);
    for arguments in ["fmt f.rhai", "fmt p.yml", "fmt nowhere", "fmt ."] {
        let Ran { status, out, err } = rewards_in(desk.path(), arguments);
        assert_eq!((status, out.as_str()), (2, ""), "{arguments}: {err}");
        assert!(err.starts_with("error: "), "{err}");
    }
}

#[cfg(unix)]
#[test]
fn permissions_stay_and_links_are_followed() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let desk = desk(&[("real/p.yaml", UNTIDY)]);
    let real = desk.path().join("real/p.yaml");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real/p.yaml", desk.path().join("link.yaml")).unwrap();
    assert_eq!(rewards_in(desk.path(), "fmt link.yaml").status, 0);
    assert_eq!(text(&desk, "real/p.yaml"), TIDY);
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(desk.path().join("link.yaml")).unwrap().is_symlink());
    let left: Vec<PathBuf> = fs::read_dir(desk.path().join("real")).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(left, [real]);
}
