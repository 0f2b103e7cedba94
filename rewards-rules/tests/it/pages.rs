//! The pages of the codes: each wrong example has exactly its finding, each right one none.

use rewards_rules::RuleSet;
use rewards_rules::source::{Code, SourceFile, Sources, pages};
use rewards_rules::testing;

/// What stands before an example that does not begin with `program:`.
const HEAD: &str = "program: shop\ncurrency: USD\ntimezone: America/New_York\n";

/// The files after the line that begins with `Wrong` or `Right`. A block names its file after its language; the
/// first block without a name is the program.
fn files(page: &str, which: &str) -> Sources {
    let other = if which == "Wrong" { "Right" } else { "Wrong" };
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut within = false;
    let mut open: Option<(String, String)> = None;
    for line in page.lines() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(info), None) => open = Some((info.to_owned(), String::new())),
            (Some(_), Some((info, text))) if within => files.push(file(&info, &text)),
            (Some(_), Some(_)) => {}
            (None, Some((info, text))) => open = Some((info, format!("{text}{line}\n"))),
            (None, None) if line.starts_with(which) => within = true,
            (None, None) if line.starts_with(other) => within = false,
            (None, None) => {}
        }
    }
    let has_program = files.iter().any(|(_, bytes)| bytes.starts_with(b"program:"));
    if !has_program {
        match files.iter_mut().find(|(path, _)| path == "program.yaml") {
            Some((_, bytes)) => *bytes = [HEAD.as_bytes(), bytes].concat(),
            None => files.push(("program.yaml".to_owned(), HEAD.into())),
        }
    }
    Sources::new(files.into_iter().map(|(path, bytes)| SourceFile { path, bytes }))
}

fn file(info: &str, text: &str) -> (String, Vec<u8>) {
    match info.split_once(' ').map_or("", |(_, name)| name) {
        // One byte a character, as an old editor saves it.
        "latin-1" => ("program.yaml".to_owned(), text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()),
        "" => ("program.yaml".to_owned(), text.into()),
        name => (name.to_owned(), text.into()),
    }
}

/// Codes of all that is found, in the rules and their tests.
fn found(sources: &Sources) -> Vec<String> {
    let shown = |findings: &rewards_rules::source::Findings| {
        findings.iter().map(|f| format!("{} {}", f.code, f.message)).collect::<Vec<_>>()
    };
    match RuleSet::compile(sources.clone()) {
        Err(findings) => shown(&findings),
        Ok(rules) => [shown(rules.findings()), shown(&testing::check(&rules, sources))].concat(),
    }
}

#[test]
fn each_wrong_example_has_exactly_its_finding_and_each_right_one_none() {
    let mut told = String::new();
    for code in Code::ALL {
        let page = code.page();
        for which in ["Wrong", "Right"] {
            let sources = files(&page, which);
            let found = found(&sources);
            let as_due = match which {
                "Wrong" => found.len() == 1 && found.iter().all(|f| f.starts_with(code.as_str())),
                _ => found.is_empty(),
            };
            let written = page.lines().any(|l| l.starts_with(which));
            if !as_due || !written {
                told.push_str(&format!("{code} {which}: {found:?}\n"));
            }
        }
    }
    assert!(told.is_empty(), "{told}");
}

/// Tests of the examples pass, where they are right.
#[test]
fn right_examples_pass_their_tests() {
    for code in Code::ALL {
        let sources = files(&code.page(), "Right");
        let rules = RuleSet::compile(sources.clone()).unwrap();
        let report = testing::run(&rules, &sources, None);
        let failed: Vec<_> = report.results.iter().filter(|r| !r.passed()).map(|r| r.explain()).collect();
        assert!(failed.is_empty(), "{code}: {failed:?}");
    }
}

#[test]
fn the_document_says_what_stands_before_the_examples() {
    let document = pages::document();
    assert!(document.contains(&format!("```yaml\n{HEAD}```\n")));
    assert!(Code::ALL.iter().all(|c| document.contains(&format!("\n## {c}: {}\n", c.title()))));
}
