//! The formatter: what it makes of cases, and that it never changes what a file says.

use std::fs;
use std::path::Path;

use proptest::prelude::{ProptestConfig, any};
use proptest::proptest;
use rewards_rules::source::Sources;
use rewards_rules::syntax::format::{FormatError, format};
use rewards_rules::syntax::read;

use crate::generate::single;

fn formatted(text: &str) -> String {
    format("rules.yaml", text.as_bytes()).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

#[test]
fn one_layout_comes_out() {
    for (written, due) in [
        ("a:   1\n", "a: 1\n"),
        ("a: 1", "a: 1\n"),
        ("a:\n- 1\n-    2\n", "a:\n  - 1\n  - 2\n"),
        ("a:\n    b: 1\n    c: 2\n", "a:\n  b: 1\n  c: 2\n"),
        ("a: {b: 1,c: 2 ,  d: [ 1,2 ]}\n", "a: {b: 1, c: 2, d: [1, 2]}\n"),
        ("a: { b: 1 }\n", "a: {b: 1}\n"),
        ("a: 1   # one\n\n\n\n#two\nb: 2\n", "a: 1 # one\n\n#two\nb: 2\n"),
        ("rate: 2.50 %\namount: 0010.00\n", "rate: 2.50 %\namount: 0010.00\n"),
        ("a: 'x'\nb: \"y\"\nc: 'it''s'\nd: 'say \"x\"'\n", "a: \"x\"\nb: \"y\"\nc: 'it''s'\nd: 'say \"x\"'\n"),
        ("when:   !has(tx.floor)   # c\n", "when: !has(tx.floor) # c\n"),
        (
            "base:\n- {id: x,   when: \"app\" == tx.a, rate: 1%}\n",
            "base:\n  - {id: x, when: \"app\" == tx.a, rate: 1%}\n",
        ),
        ("when: tx.a in [ \"x\",\"y\" ] && max(1,2) > 1\n", "when: tx.a in [ \"x\",\"y\" ] && max(1,2) > 1\n"),
        ("a: >\n    x\n      y\n", "a: >\n  x\n    y\n"),
        ("z: 1\ny: 2\na: 3\n", "z: 1\ny: 2\na: 3\n"),
        ("a:   1\r\nb: 2\r\n", "a: 1\r\nb: 2\r\n"),
        ("\u{feff}a:   1\n", "a: 1\n"),
        ("# only a comment\n", "# only a comment\n"),
        ("a:   1\n---\nb:  2\n", "a: 1\n---\nb: 2\n"),
        ("z:   0\n# rewards-fmt-ignore\na:   1\nb:   2\n", "z: 0\n# rewards-fmt-ignore\na:   1\nb: 2\n"),
        ("# rewards-fmt-ignore\na:   1\nb:   2\n", "# rewards-fmt-ignore\na:   1\nb:   2\n"),
    ] {
        assert_eq!(formatted(written), due, "{written}");
    }
}

#[test]
fn what_does_not_fit_on_a_line_is_broken_and_what_was_broken_stays_so() {
    let long =
        format!("a: {{{}}}\n", (0..12).map(|i| format!("key_number_{i}: 100.00")).collect::<Vec<_>>().join(", "));
    let broken = formatted(&long);
    assert_eq!(broken.lines().count(), 14, "{broken}");
    assert_eq!(broken.lines().next(), Some("a: {"));
    assert_eq!(formatted("a: {\n b: 1}\n"), "a: {\n  b: 1\n}\n");
    let condition = format!("when: {}\n", vec!["tx.category == \"groceries\""; 20].join(" || "));
    assert_eq!(formatted(&condition), condition);
}

#[test]
fn what_cannot_be_read_is_left_with_its_finding() {
    for (text, code) in [("a: [1\n", "R0002"), ("a: 1\na: 2\n", "R0004"), ("a: &x 1\nb: *x\n", "R0005")] {
        let Err(FormatError::Unreadable(findings)) = format("rules.yaml", text.as_bytes()) else { panic!("{text}") };
        let codes: Vec<&str> = findings.iter().map(|f| f.code.as_str()).collect();
        assert!(codes.contains(&code), "{text} {codes:?}");
        assert_eq!(findings.sources().files()[0].path, "rules.yaml");
    }
}

/// The parser behind the layout counts columns in the bits of a number, and panics past the 63rd where overflow is checked.
#[test]
fn deep_indentation_is_laid_out_or_left() {
    let deep = format!("a:\n{:70}b: 1\n", "");
    match format("rules.yaml", deep.as_bytes()) {
        Ok(after) => assert_eq!(meaning(&after), meaning(&deep)),
        Err(error) => assert!(matches!(error, FormatError::Unsafe(_)), "{error}"),
    }
}

/// What the parser behind the layout takes doubles with each bracket that opens in a plain text.
#[test]
fn brackets_in_each_other_are_left() {
    let open = format!("......{}.\nb\n", "[".repeat(200));
    let Err(error) = format("rules.yaml", open.as_bytes()) else { panic!("{open}") };
    assert!(matches!(error, FormatError::Unsafe("its brackets are nested too deeply")), "{error}");
    let few = format!("a: {}1{}\n", "[".repeat(10), "]".repeat(10));
    assert_eq!(format("rules.yaml", few.as_bytes()).unwrap(), few);
}

#[test]
fn lone_carriage_returns_are_left() {
    for text in ["a: 1\rb: 2\n", "\r\r\ra: 1\r\n>-\n"] {
        let Err(error) = format("rules.yaml", text.as_bytes()) else { panic!("{text:?}") };
        assert!(matches!(error, FormatError::Unsafe(_) | FormatError::Unreadable(_)), "{text:?}: {error}");
    }
}

/// What was read, without the places.
fn meaning(text: &str) -> String {
    let mut sources = Sources::default();
    sources.add("rules.yaml", text);
    let (files, findings) = read(&sources);
    let whole = format!("{files:?} {:?}", findings.iter().map(|f| (f.code, &f.message)).collect::<Vec<_>>());
    let mut parts = whole.split("Span {");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(part.split_once('}').unwrap().1);
    }
    out
}

fn must_stay(text: &str) -> String {
    let after = formatted(text);
    assert_eq!(meaning(&after), meaning(text), "{text}\n{after}");
    assert_eq!(formatted(&after), after);
    after
}

#[test]
fn packs_and_cases_stay_what_they_are() {
    fn walk(folder: &Path, seen: &mut usize) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap().path();
            if entry.is_dir() {
                walk(&entry, seen);
            } else if entry.extension().is_some_and(|e| e == "yaml") {
                must_stay(&fs::read_to_string(&entry).unwrap());
                *seen += 1;
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut seen = 0;
    walk(&root.join("rules"), &mut seen);
    walk(&root.join("tests/conformance"), &mut seen);
    assert!(seen > 300, "{seen}");
}

/// Untidies a text line by line: comments between and behind lines, empty lines, spaces after a colon.
fn untidied(text: &str, choices: &[u8]) -> (String, usize) {
    let (mut out, mut comments) = (String::new(), 0);
    for (line, choice) in text.lines().zip(choices.iter().cycle()) {
        if choice & 1 != 0 {
            let indent = line.len() - line.trim_start().len();
            out.push_str(&format!("{}#  comment {comments}  \n", " ".repeat(indent)));
            comments += 1;
        }
        if choice & 2 != 0 {
            out.push_str("\n\n");
        }
        match line.split_once(": ") {
            Some((key, value)) if choice & 4 != 0 && !key.contains(['"', '\'']) => {
                out.push_str(&format!("{key}:    {value}"));
            }
            _ => out.push_str(line),
        }
        if choice & 8 != 0 {
            out.push_str(&format!("     # behind {comments}"));
            comments += 1;
        }
        out.push('\n');
    }
    (out, comments)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn generated_rule_sets_stay_what_they_are(case in single(), choices in proptest::collection::vec(any::<u8>(), 1..40)) {
        for text in case.files.iter().filter(|(path, _)| path.ends_with(".yaml")).map(|(_, text)| text) {
            must_stay(text);
            let (untidy, comments) = untidied(text, &choices);
            let after = must_stay(&untidy);
            let kept = after.matches("#  comment ").count() + after.matches("# behind ").count();
            assert_eq!(kept, comments, "{untidy}\n{after}");
        }
    }

    #[test]
    fn any_text_is_laid_out_or_left(parts in proptest::collection::vec(proptest::sample::select(vec![
        "a", "b: ", "- ", "\n", "\n  ", "\n    ", "{", "}", "[", "]", ", ", "'", "\"", "# c", " ", "when: ", "!has(x)", "|\n", ">-\n",
        "---\n", "? ", "~", "1.50", "2 %", "\\", "\t", "\r\n", "é", "\u{feff}", ": ", ":", "lines: ", "\"x\" == y", "...\n",
    ]), 0..40)) {
        let text = parts.concat();
        if let Ok(after) = format("rules.yaml", text.as_bytes()) {
            assert_eq!(meaning(&after), meaning(&text), "{text:?}\n{after:?}");
            assert_eq!(formatted(&after), after);
        }
    }
}
