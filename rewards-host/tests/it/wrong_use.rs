//! Slips in the use of the command: each is told in one plain line, and destroys nothing.

use std::fs;
use std::path::Path;

use crate::run::{Ran, fixtures, rewards, rewards_in, rewards_with_input};

const PROGRAM: &str = "program: p\ncurrency: USD\ntimezone: UTC\nbase:\n  - {id: all, rate: 1%}\n";
const HEAD: &str = "transaction_id,user_id,amount,currency,occurred_at\n";
const ROW: &str = "t1,m1,10.00,USD,2026-03-01T10:00:00Z\n";

/// A folder with rules, a purchase in `s.csv` and its member in `m.csv`.
fn desk() -> tempfile::TempDir {
    let desk = tempfile::tempdir().unwrap();
    let at = desk.path();
    fs::create_dir_all(at.join("rules")).unwrap();
    fs::create_dir_all(at.join("deep")).unwrap();
    for (path, text) in [
        ("rules/program.yaml", PROGRAM.to_owned()),
        ("p.yaml", PROGRAM.to_owned()),
        ("s.csv", format!("{HEAD}{ROW}")),
        ("m.csv", "user_id\nm1\n".to_owned()),
    ] {
        fs::write(at.join(path), text).unwrap();
    }
    desk
}

fn simulate(at: &Path, more: &str) -> Ran {
    rewards_in(at, &format!("simulate --rules rules {more}"))
}

/// Everything in a folder, with what it holds.
fn held(at: &Path) -> Vec<(String, Option<Vec<u8>>)> {
    let mut all: Vec<_> = fs::read_dir(at)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).ok()))
        .collect();
    all.sort();
    all
}

#[test]
fn no_file_is_named_twice_and_each_has_a_folder() {
    let desk = desk();
    let at = desk.path();
    let before = held(at);
    for (arguments, told) in [
        ("--transactions s.csv --output s.csv", "`--output` and `--transactions` name the same file, s.csv"),
        (
            "--transactions s.csv --output ./deep/../s.csv",
            "`--output` and `--transactions` name the same file, ./deep/../s.csv",
        ),
        ("--transactions ./s.csv --summary s.csv", "`--summary` and `--transactions` name the same file, s.csv"),
        ("--transactions s.csv --rejects s.csv", "`--rejects` and `--transactions` name the same file, s.csv"),
        ("--transactions s.csv --members m.csv --output m.csv", "`--output` and `--members` name the same file, m.csv"),
        (
            "--transactions s.csv --output o.csv --rejects deep/../o.csv",
            "`--rejects` and `--output` name the same file, deep/../o.csv",
        ),
        ("--transactions s.csv --output o.csv --summary o.csv", "`--summary` and `--output` name the same file, o.csv"),
        // Told before anything is read: the transactions do not exist.
        (
            "--transactions lost.csv --output o.csv --summary o.csv",
            "`--summary` and `--output` name the same file, o.csv",
        ),
        ("--transactions s.csv --output no/x.csv", "no/x.csv cannot be written: there is no folder no"),
        ("--transactions lost.csv --summary no/deep/x", "no/deep/x cannot be written: there is no folder no/deep"),
        ("--transactions s.csv --summary deep", "deep cannot be written: it is a folder"),
    ] {
        let ran = simulate(at, arguments);
        assert_eq!((ran.status, ran.out.as_str()), (2, ""), "{arguments}: {ran:?}");
        assert_eq!(ran.err, format!("error: {told}\n"), "{arguments}");
        assert_eq!(held(at), before, "{arguments}");
    }
    let ran = rewards_in(at, "simulate --rules p.yaml --transactions s.csv --summary p.yaml");
    assert_eq!(ran.err, "error: `--summary` and `--rules` name the same file, p.yaml\n");
    assert_eq!(held(at), before);
    let ran = simulate(at, "--transactions s.csv --members m.csv --output o.csv --summary sum.json --rejects r.csv");
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
}

#[cfg(unix)]
#[test]
fn a_link_to_what_is_read_is_what_is_read() {
    let desk = desk();
    std::os::unix::fs::symlink("s.csv", desk.path().join("link.csv")).unwrap();
    let ran = simulate(desk.path(), "--transactions s.csv --output link.csv");
    assert_eq!(
        (ran.status, ran.err.as_str()),
        (2, "error: `--output` and `--transactions` name the same file, link.csv\n")
    );
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_replaced_by_one() {
    let desk = desk();
    let _socket = std::os::unix::net::UnixListener::bind(desk.path().join("socket")).unwrap();
    let ran = simulate(desk.path(), "--transactions s.csv --summary socket");
    assert_eq!((ran.status, ran.err.as_str()), (2, "error: socket cannot be written: it is no file\n"));
    assert!(!desk.path().join("socket").is_file());
}

#[test]
fn tables_that_cannot_be_used_are_told_by_what_is_wrong() {
    let desk = desk();
    let at = desk.path();
    fs::write(at.join("empty.csv"), "").unwrap();
    fs::write(at.join("semicolons.csv"), HEAD.replace(',', ";")).unwrap();
    fs::write(at.join("m-tabs.csv"), HEAD.replace(',', "\t")).unwrap();
    fs::write(at.join("bad.csv"), format!("{HEAD}{}", ROW.replace("10.00", "x"))).unwrap();
    fs::write(at.join("comma.csv"), format!("{HEAD}{}", ROW.replace("10.00", "\"4,50\""))).unwrap();
    fs::write(at.join("commas.csv"), format!("{HEAD}{}", ROW.replace("10.00", "4,50"))).unwrap();
    fs::write(at.join("born.csv"), "user_id,birthday\nm1,01.03.1990\n").unwrap();
    fs::write(at.join("local.csv"), format!("{HEAD}{}", ROW.replace("00Z", "00"))).unwrap();
    let hint = "`--rejects FILE` sets bad rows aside and goes on\n";
    for (arguments, status, end) in [
        ("--transactions empty.csv", 2, "error: empty.csv is empty; a header is due in the first line\n".to_owned()),
        (
            "--transactions s.csv --members empty.csv",
            2,
            "error: empty.csv is empty; a header is due in the first line\n".to_owned(),
        ),
        (
            "--transactions - --from csv",
            2,
            "error: standard input is empty; a header is due in the first line\n".to_owned(),
        ),
        (
            "--transactions missing",
            2,
            "error: missing cannot be read: No such file or directory (os error 2)\n".to_owned(),
        ),
        (
            "--transactions semicolons.csv",
            1,
            "error: semicolons.csv:1: invalid_syntax: the cells are divided by `;`, a comma is due; decimals stand after a point\n".to_owned(),
        ),
        (
            "--transactions s.csv --members m-tabs.csv",
            1,
            "error: m-tabs.csv:1: invalid_syntax: the cells are divided by tabs, a comma is due; decimals stand after a point\n".to_owned(),
        ),
        ("--transactions bad.csv", 1, format!("\n{hint}")),
        (
            "--transactions comma.csv",
            1,
            format!(
                "this is `4,50`; decimals stand after a point, and nothing between thousands: `4.50`\n{hint}"
            ),
        ),
        (
            "--transactions commas.csv",
            1,
            format!(
                "this row has 6 cells, the header has 5; a comma ends a cell: decimals stand after a point, a text with a \
                 comma in quotation marks\n{hint}"
            ),
        ),
        (
            "--transactions s.csv --members born.csv",
            1,
            "error: born.csv:2: wrong_type: birthday: a date YYYY-MM-DD is due here, such as `1990-03-01`; this is \
             `01.03.1990`\n"
                .to_owned(),
        ),
        (
            "--transactions local.csv",
            1,
            format!(
                "\n`--assume-timezone program` reads instants without an offset as local time of the program\n{hint}"
            ),
        ),
        ("--transactions bad.csv --output o.csv", 1, format!("\nnothing was written; {hint}")),
    ] {
        let ran = simulate(at, arguments);
        assert_eq!(ran.status, status, "{arguments}: {ran:?}");
        assert!(ran.err.ends_with(&end), "{arguments}: {}", ran.err);
        assert!(status == 1 || ran.err == end, "{arguments}: {}", ran.err);
    }
}

#[test]
fn a_small_run_is_summed_up_without_what_it_cannot_tell() {
    let desk = desk();
    let at = desk.path();
    let ran = simulate(at, "--transactions s.csv --output o.csv");
    assert!(
        ran.out.starts_with("1 purchase, 0 refunds, 0 repeated, 0 rejected; 1 member, 1 of them reached\n"),
        "{ran:?}"
    );
    assert!(ran.out.contains("1.0000 % of what was bought") && !ran.out.contains("a second"), "{}", ran.out);
    fs::write(at.join("s.csv"), HEAD).unwrap();
    let ran = simulate(at, "--transactions s.csv --output o.csv");
    assert!(ran.out.starts_with("0 purchases, 0 refunds,") && !ran.out.contains("of what was bought"), "{}", ran.out);
    let many: String = (0..1_000).map(|n| ROW.replace("t1", &format!("t{n}"))).collect();
    fs::write(at.join("s.csv"), format!("{HEAD}{many}")).unwrap();
    let ran = simulate(at, "--transactions s.csv --output o.csv");
    assert!(ran.out.contains("\n1000 rows in ") && ran.out.contains(" a second"), "{}", ran.out);
}

#[test]
fn a_hash_is_of_one_rule_set() {
    let ran = rewards("hash packs");
    assert_eq!((ran.status, ran.out.as_str()), (2, ""));
    assert_eq!(ran.err, "error: packs holds 2 rule sets; name one of them\n");
    for path in ["packs/one", "split", "broken", "card/card.test.yaml"] {
        assert_eq!(rewards(&format!("hash {path}")).status, 0, "{path}");
    }
}

#[test]
fn a_filter_that_meets_no_test_is_wrong_use() {
    for paths in ["card", "card failing", "card --coverage-min 50%", "card --mutate", "warned"] {
        let ran = rewards(&format!("test {paths} --filter TEXT"));
        assert_eq!((ran.status, ran.out.as_str()), (2, ""), "{paths}");
        assert!(ran.err.ends_with("error: no test has `TEXT` in its name\n"), "{paths}: {}", ran.err);
    }
    // The mistakes of rules are told, whatever is filtered.
    assert_eq!(rewards("test broken --filter TEXT").status, 1);
}

#[test]
fn a_format_without_room_for_it_says_elsewhere_why_the_tests_do_not_suffice() {
    for format in ["gitlab", "sarif"] {
        let ran = rewards(&format!("test warned --coverage-min 50% --format {format}"));
        assert_eq!((ran.status, ran.err.as_str()), (1, "warned: the coverage is 0 %, less than 50 %\n"), "{format}");
        let ran = rewards(&format!("test mutated --mutate-min 100% --format {format}"));
        assert_eq!(ran.status, 1, "{format}");
        assert!(
            ran.err.starts_with("mutated: the tests notice ") && ran.err.ends_with("less than 100 %\n"),
            "{}",
            ran.err
        );
    }
    let ran = rewards("test warned --coverage-min 50% --format junit");
    assert_eq!((ran.status, ran.err.as_str()), (1, ""));
}

#[test]
fn standard_input_is_read_once() {
    for more in ["--member -", "--usage -", "--member - --usage -"] {
        let ran = rewards_with_input(&format!("evaluate --rules card --transaction - {more}"), "");
        assert_eq!((ran.status, ran.out.as_str()), (2, ""), "{more}");
        assert_eq!(ran.err, "error: standard input can be only one of --transaction, --member, --usage\n", "{more}");
    }
}

#[test]
fn a_path_that_is_named_twice_counts_once() {
    let whole = fixtures().join("card");
    for again in ["card", "./card/", "packs/../card", &whole.to_string_lossy()] {
        for command in ["validate", "test"] {
            let once = rewards(&format!("{command} card"));
            assert_eq!(rewards(&format!("{command} card {again}")).out, once.out, "{command} card {again}");
        }
    }
}

#[cfg(feature = "fmt")]
#[test]
fn an_empty_file_has_no_layout() {
    let desk = desk();
    fs::write(desk.path().join("rules/empty.yaml"), "").unwrap();
    for arguments in ["fmt --check rules/empty.yaml", "fmt rules/empty.yaml"] {
        let ran = rewards_in(desk.path(), arguments);
        assert_eq!(ran.status, 0, "{arguments}: {ran:?}");
        assert!(ran.out.starts_with("0 files ") && ran.out.ends_with(", 1 as they should be\n"), "{}", ran.out);
        assert_eq!(fs::read(desk.path().join("rules/empty.yaml")).unwrap(), b"");
    }
}
