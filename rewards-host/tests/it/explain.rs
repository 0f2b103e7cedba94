//! Pages of codes: what `rewards explain` prints, the document made of them, and the snippets for CI.

use std::fs;
use std::process::Command;

use rewards_rules::input::Raw;
use rewards_rules::source::pages;

use crate::documents::{blocks, desk, root, shell};
use crate::run::{fixtures, rewards};

#[test]
fn a_page_is_printed_whatever_the_case_of_the_code() {
    let page = rewards("explain R0402");
    assert!(page.status == 0 && page.out.starts_with("# R0402: rate above 100 %\n"), "{page:?}");
    assert_eq!(rewards("explain r0402").out, page.out);
    assert!(rewards("explain currency_mismatch").out.starts_with("# currency_mismatch\n\nThe purchase is in another"));
}

#[test]
fn an_unknown_code_is_wrong_use_and_the_nearest_is_named() {
    for (code, told) in [
        ("R402", "error: there is no code `R402`; did you mean `R0402`?\n"),
        ("below_minimun", "error: there is no code `below_minimun`; did you mean `below_minimum`?\n"),
        ("nonsense", "error: there is no code `nonsense`; `rewards explain --all` prints those there are\n"),
    ] {
        let ran = rewards(&format!("explain {code}"));
        assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (2, "", told));
    }
}

/// `make reference` writes the document anew.
#[test]
fn the_document_of_findings_is_made_from_the_pages() {
    let path = root().join("docs/findings.md");
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        fs::write(&path, pages::document()).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap();
    assert!(written == pages::document(), "run `rewards explain --all > docs/findings.md`");
    assert_eq!(rewards("explain --all").out, written);
}

/// Colours only where a terminal is asked for them: with a pseudo-terminal from `script`, which POSIX systems have.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_has_colours_unless_there_should_be_none() {
    let run = |no_color: Option<&str>| {
        let line = format!("{} validate warned", env!("CARGO_BIN_EXE_rewards"));
        let mut script = Command::new("script");
        script.args(["-qec", &line, "/dev/null"]).current_dir(fixtures()).env("TERM", "xterm").env_remove("NO_COLOR");
        no_color.iter().for_each(|value| {
            script.env("NO_COLOR", value);
        });
        script.output().ok().map(|o| String::from_utf8_lossy(&o.stdout).into_owned())
    };
    // Where there is no such command, the rules for colours are tested without a terminal.
    if let (Some(coloured), Some(plain)) = (run(None), run(Some("1"))) {
        assert!(coloured.contains("\u{1b}[1;33mwarning[R0402]"), "{coloured}");
        assert!(plain.contains("warning[R0402]") && !plain.contains('\u{1b}'), "{plain}");
    }
}

/// The lines of the snippets that run the command, in a folder with the shipped rules.
#[test]
fn the_snippets_for_ci_are_yaml_and_their_lines_run() {
    let desk = desk();
    let mut lines = Vec::new();
    for block in blocks("docs/ci.md") {
        if block.info.starts_with("yaml") {
            Raw::from_yaml(&block.text).unwrap_or_else(|e| panic!("{e}\n{}", block.text));
        }
        let words = |line: &str| line.trim().trim_start_matches("- ").trim_start_matches("run: ").to_owned();
        lines.extend(block.text.lines().map(words).filter(|line| line.starts_with("rewards ")));
    }
    assert_eq!(lines.len(), 9, "{lines:?}");
    for line in &lines {
        let ran = shell(line, desk.path());
        let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success(), "{line}: {out}{err}");
    }
    let read = |name: &str| fs::read_to_string(desk.path().join(name)).unwrap();
    assert!(read("rewards.sarif").contains("\"version\": \"2.1.0\""));
    assert_eq!(read("gl-code-quality-report.json"), "[]\n");
    assert!(read("rewards.xml").starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites"));
}
