#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> (Vec<Node>, Vec<Finding>) {
    let mut findings = Vec::new();
    let nodes = parse_documents(0, text.as_bytes(), &mut findings);
    (nodes, findings)
}

/// The tree in one line, quoted scalars in quotes.
fn show(node: &Node) -> String {
    match &node.kind {
        NodeKind::Null => "null".into(),
        NodeKind::Failed => "FAILED".into(),
        NodeKind::Scalar(s) if s.quoted => format!("{:?}", s.text),
        NodeKind::Scalar(s) => s.text.clone(),
        NodeKind::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(" | ")),
        NodeKind::Map(entries) => {
            let shown: Vec<_> = entries.iter().map(|e| format!("{}: {}", e.key.value, show(&e.value))).collect();
            format!("{{{}}}", shown.join(" | "))
        }
    }
}

fn shown(text: &str) -> String {
    let (nodes, findings) = parse(text);
    assert_eq!(findings, Vec::new(), "{text}");
    nodes.iter().map(show).collect::<Vec<_>>().join(" --- ")
}

fn codes(text: &str) -> Vec<(String, usize)> {
    let (_, findings) = parse(text);
    findings
        .iter()
        .map(|f| {
            let start = range(f.span.unwrap()).start;
            (f.code.to_string(), text[..start].matches('\n').count() + 1)
        })
        .collect()
}

#[test]
fn scalars_keep_their_characters() {
    for (text, tree) in [
        ("country: NO\non: yes\n", "{country: NO | on: yes}"),
        ("mcc: 0742\nrate: 6.0 %\nx: 1e3\n", "{mcc: 0742 | rate: 6.0 % | x: 1e3}"),
        ("hours: {from: 17:00, to: \"23:00\"}", "{hours: {from: 17:00 | to: \"23:00\"}}"),
        ("a: ~\nb:\nc: null\nd: 'null'\n", "{a: null | b: null | c: null | d: \"null\"}"),
        ("\u{feff}a: 1\r\nb: [x,\r\n y]\r\n", "{a: 1 | b: [x | y]}"),
        ("campaign: a\n---\ncampaign: b\n...\n---\n# nothing\n", "{campaign: a} --- {campaign: b}"),
        ("", ""),
        ("# only a comment\n", ""),
        ("a:\t1\n", "{a: 1}"),
        ("? a\n: b\n", "{a: b}"),
        ("{\"a\":1,\"b\":[true,null]}", "{a: 1 | b: [true | null]}"),
        ("{\n\t\"a\": \"\\u00e9\\/\\ud83d\\ude00\"\n}\n", "{a: \"é/😀\"}"),
    ] {
        assert_eq!(shown(text), tree);
    }
}

#[test]
fn expressions_need_no_quotes() {
    for (text, tree) in [
        ("when: tx.mcc !in cash_like", "{when: tx.mcc !in cash_like}"),
        ("when: tx.x == \"a\"", "{when: tx.x == \"a\"}"),
        ("when: tx.x == \"a: b # c\"  # d", "{when: tx.x == \"a: b # c\"}"),
        ("when: !has(tx.x)", "{when: !has(tx.x)}"),
        ("when: !has(tx.x) && tx.a > 3\nb: 1", "{when: !has(tx.x) && tx.a > 3 | b: 1}"),
        ("when: !(tx.a == \"é, ü\")", "{when: !(tx.a == \"é, ü\")}"),
        ("when:\n  !tx.flag\n", "{when: !tx.flag}"),
        ("when: \"app\" == tx.channel", "{when: \"app\" == tx.channel}"),
        ("when: \"tx.a == 1\"", "{when: \"tx.a == 1\"}"),
        ("- {when: tx.x in [\"a\", \"b\"], rate: 3%}", "[{when: tx.x in [\"a\", \"b\"] | rate: 3%}]"),
        ("reward: {amount: f(tx.a, 0.002) + min(1.0, 2.0)}", "{reward: {amount: f(tx.a, 0.002) + min(1.0, 2.0)}}"),
        (
            "reward: {amount: if tx.a > 1.0 { 2.0 } else { 3.0 }}",
            "{reward: {amount: if tx.a > 1.0 { 2.0 } else { 3.0 }}}",
        ),
        ("when: tx.a == 1\n  && tx.b in [\"x\",\n  \"y\"]\nc: d", "{when: tx.a == 1 && tx.b in [\"x\", \"y\"] | c: d}"),
        ("lines: [{amount: 1.00, sku: a}]", "{lines: [{amount: 1.00 | sku: a}]}"),
        ("name: \"when: !x\"\nwhen: !x", "{name: \"when: !x\" | when: !x}"),
        ("a: |\n  when: !f(x, y)\n  b\n", "{a: \"when: !f(x, y)\\nb\\n\"}"),
        ("# when: !f(x, y)\na: 1", "{a: 1}"),
        ("# when: f(\"\nwhen: !b", "{when: !b}"),
        ("when: true", "{when: true}"),
    ] {
        assert_eq!(shown(text), tree, "{text}");
    }
}

#[test]
fn spans_are_byte_offsets() {
    let text = "näme: Ünïcode  # ü\nlist: [\"é\", 日本, {ö: x}]\nlast: |\n  ä\n  b\n";
    let (nodes, _) = parse(text);
    let slice = |n: &Node| &text[range(n.span)];
    assert_eq!(slice(nodes[0].get("näme").unwrap()), "Ünïcode");
    let list = nodes[0].get("list").unwrap();
    assert_eq!(slice(list), "[\"é\", 日本, {ö: x}]");
    let NodeKind::List(items) = &list.kind else { panic!() };
    assert_eq!(items.iter().map(slice).collect::<Vec<_>>(), ["\"é\"", "日本", "{ö: x}"]);
    assert_eq!(slice(nodes[0].get("last").unwrap()).trim_end(), "ä\n  b");
}

#[test]
fn an_input_keeps_its_digits() {
    let (nodes, _) =
        parse("{a: 1.50, b: \"1.50\", c: true, d: 'true', e: ~, f: 1e3, g: 0742, h: -3, i: [x, .5], j: NO, k: *z}");
    let text = |t: &str| Raw::Text(t.to_owned());
    let number = |t: &str| Raw::Number(t.to_owned());
    let due = [
        ("a", number("1.50")),
        ("b", text("1.50")),
        ("c", Raw::Boolean(true)),
        ("d", text("true")),
        ("e", Raw::Null),
        ("f", text("1e3")),
        ("g", number("0742")),
        ("h", number("-3")),
        ("i", Raw::List(vec![text("x"), text(".5")])),
        ("j", text("NO")),
    ];
    assert_eq!(Raw::from(&nodes[0]), Raw::Map(due.map(|(k, v)| (k.to_owned(), v)).to_vec()));
}

#[test]
fn mistakes_stand_at_their_line() {
    for (text, found) in [
        ("a: 1\nb: 2\na: 3\n", vec![("R0004", 3)]),
        ("x: {a: 1, a: 2}\n", vec![("R0004", 1)]),
        ("a:\n\tb: 1\n", vec![("R0002", 2)]),
        ("a: 1\nb: &x 2\nc: *x\n", vec![("R0005", 2), ("R0005", 3)]),
        ("a: 1\nb: {<<: *x}\n", vec![("R0005", 2)]),
        ("a: 1\nb: !!str 2\n", vec![("R0005", 2)]),
        ("%YAML 1.2\n---\na: 1\n", vec![("R0005", 1)]),
        ("a: 1\nb: [1, 2\n", vec![("R0002", 2)]),
        ("a: 1\nb: [1, 2\nc: 3\n", vec![("R0002", 2)]),
        ("a: 1\nb: {x: 1\nc: {y: 2}\n", vec![("R0002", 2)]),
        ("a: 1\nb: \"x\nc: 1\n", vec![("R0002", 2)]),
        ("a: 1\nb\nc: 2\n", vec![("R0002", 2)]),
        ("a: 1\n  b: 2\n", vec![("R0002", 2)]),
        ("a: 1\nb: c: d\n", vec![("R0002", 2)]),
        ("a: @x\n", vec![("R0002", 1)]),
        ("a: \0\n", vec![("R0002", 1)]),
        ("? [a, b]\n: c\n", vec![("R0005", 1)]),
        ("a: }\n---\nb: ]\n---\nc: 1\n", vec![("R0002", 1), ("R0002", 3)]),
        ("a: !has(tx.x)\n", vec![("R0005", 1)]),
    ] {
        let found: Vec<_> = found.into_iter().map(|(c, l)| (c.to_owned(), l)).collect();
        assert_eq!(codes(text), found, "{text}");
    }
    assert_eq!(parse("a: 1\nb: [\n---\nc: 1\n").0.len(), 1);
}

#[test]
fn an_expression_that_begins_as_a_list_is_to_be_quoted() {
    for text in [
        "a: 1\nwhen: [1, 2] == tx.hour\nb: 2\n",
        "a: 1\nwhen:\n  [1, 2] == tx.hour\n",
        "- {a: 1, when: [1, 2] == tx.hour}\n",
        "- a: 1\n  lines: [\"a\"] != line.sku\n",
    ] {
        let (_, findings) = parse(text);
        let told: Vec<_> = findings.iter().map(|f| (f.message.as_str(), &text[range(f.span.unwrap())])).collect();
        assert_eq!(told, [("an expression that begins with `[` is a list to YAML", "[")], "{text}: {findings:?}");
        assert!(findings[0].help.as_deref().unwrap().contains("in quotes"));
    }
    for text in ["when: [a]\nb\nc: 1\n", "other: [1, 2] == tx.hour\n"] {
        let (_, findings) = parse(text);
        assert!(!findings[0].message.contains("a list to YAML"), "{text}: {findings:?}");
    }
}

/// What `docs/rules.md` says of quotes.
#[test]
fn an_expression_on_one_line_needs_no_quotes_and_one_on_several_seldom() {
    for expression in [
        "!has(tx.a) || tx.b in [\"x]\", \"}\"]",
        "\"a: b # c\" == tx.a",
        "-tx.a < 1",
        "(tx.a > 1) && true",
        "if tx.a > 1 { true } else { false }",
        "tx.a == \"it's\"",
    ] {
        assert_eq!(
            shown(&format!("a:\n  when: {expression}\n  b: 1\n")),
            format!("{{a: {{when: {expression} | b: 1}}}}")
        );
        assert_eq!(
            shown(&format!("a: {{when: {expression}, b: 1}}\n")),
            format!("{{a: {{when: {expression} | b: 1}}}}")
        );
    }
    assert!(!parse("a: {when: tx.a in [\"x\",\n    \"y\"], b: 1}\n").1.is_empty());
    for (expression, good) in [
        ("tx.a > 1\n    && tx.b == \"c\"", true),
        ("tx.a in [\"x\",\n    \"y\"]", true),
        ("!has(tx.a)\n    && tx.b > 1", true),
        ("\"a: b\" == tx.a\n    && tx.b > 1", true),
        ("tx.a > 1\n    && tx.b == \"c: d\"", false),
        ("tx.a > 1\n    && tx.b == \"c # d\"", false),
        ("\"a\" in [\"x\",\n    \"y\"]", false),
        ("[1, 2] == tx.a", false),
        ("'a' == tx.a", false),
    ] {
        let (nodes, findings) = parse(&format!("a:\n  when: {expression}\n"));
        let due = expression.split_whitespace().collect::<Vec<_>>().join(" ");
        let found = nodes.first().map(show).unwrap_or_default();
        assert_eq!(findings.is_empty() && found == format!("{{a: {{when: {due}}}}}"), good, "{expression}: {found}");
    }
}

#[test]
fn a_tab_is_told_where_it_stands() {
    for text in [
        "a:\n\tb: 1\n",
        "a: 1\n\tb: 2\n",
        "a: 1 # c\n\n  # d\n\tb: 2\n",
        "a: 1\r\n\tb: 2\r\n",
        "a:\n  b: 1\n  \tc: 2\n",
        "- a: 1\n\tb: 2\n",
        "a: 1\n  \n\tb: 2\nc:\n\td: 1\n",
    ] {
        let (_, findings) = parse(text);
        let told: Vec<_> = findings.iter().map(|f| (f.code.as_str(), &text[range(f.span.unwrap())])).collect();
        assert_eq!(told, [("R0002", "\t")], "{text:?}: {findings:?}");
    }
}

#[test]
fn bytes_that_are_not_utf8_are_found() {
    let mut findings = Vec::new();
    assert_eq!(parse_documents(3, b"a: 1\nb: \xE9\n", &mut findings), Vec::new());
    assert_eq!(findings[0].code, Code::InvalidUtf8);
    assert_eq!(findings[0].span, Some(Span { file: 3, start: 8, end: 9 }));
}

#[test]
fn hostile_files_end_soon() {
    let laughs = {
        let mut text = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
        for i in 1..10 {
            let aliases = vec![format!("*a{}", i - 1); 9].join(", ");
            text.push_str(&format!("a{i}: &a{i} [{aliases}]\n"));
        }
        text
    };
    let blocks: String = (0..2_000).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    let many = 4 * 1024 * 1024 / 8;
    for (name, text, code) in [
        ("laughs", laughs, "R0005"),
        ("brackets", "[".repeat(100_000), "R0003"),
        ("braces", "{a: ".repeat(100_000), "R0003"),
        ("dashes", "- ".repeat(100_000), "R0003"),
        ("questions", "? ".repeat(100_000), "R0003"),
        ("blocks", blocks, "R0003"),
        ("closed brackets", format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)), "R0003"),
        ("expressions", "when: f(".repeat(many), "R0002"),
        ("texts", "when: \"".repeat(many), "R0002"),
        ("negations", "when: !a ".repeat(many / 2), "R0002"),
        ("flow", format!("[{}]", "{when: f(a, b)}, ".repeat(many / 4)), ""),
        ("tags", format!("[{}]", "!a,".repeat(many)), "R0005"),
        ("anchors", format!("[{}]", "&a b,\n".repeat(many)), "R0005"),
        ("aliases", format!("[{}]", "*a ,\n".repeat(many)), "R0005"),
        ("keys", "a: 1\n".repeat(many), "R0004"),
        ("items", format!("[{}]", "a,".repeat(many)), "R0003"),
        ("documents", "---\na\n".repeat(many), "R0003"),
        ("bad documents", "---\n]\n".repeat(many), "R0002"),
        ("long key", "a".repeat(many) + ": 1", "R0002"),
        ("colons", ":".repeat(many), "R0002"),
        ("spaces", format!("when:{}", " ".repeat(many)), ""),
        ("blank lines", "\n".repeat(many), ""),
        ("quotes", format!("'{}'", "''\n".repeat(many)), ""),
        ("comments", "#a\n".repeat(many), ""),
        ("words", "a\n".repeat(many), ""),
        ("too large", " ".repeat(MAX_FILE_BYTES + 1), "R0003"),
    ] {
        // Were one of them quadratic, this would not end.
        let (_, findings) = parse(&text);
        assert!(findings.len() <= MAX_FINDINGS + 1, "{name}");
        let first = findings.first().map_or("", |f| f.code.as_str());
        assert_eq!(first, code, "{name}: {:?}", findings.first());
    }
}

proptest! {
    #[test]
    fn any_bytes_give_spans_within_the_file(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&bytes);
    }

    #[test]
    fn any_yaml_like_text_gives_spans_within_the_file(
        parts in prop::collection::vec(prop::sample::select(vec![
            "a: ", "when: ", "amount: ", "- ", "[", "]", "{", "}", ", ", ": ", "\"", "'", "!", "!has(x)", "&a ", "*a ",
            "\n", "\n  ", "\r\n", "\t", "# c", "|\n", ">-\n", "---\n", "...\n", "%T", "é", "日", "? ", "<<: ", "~",
            "\\", "(", ")", "x", "1", "\u{feff}",
        ]), 0..40)
    ) {
        check(parts.concat().as_bytes());
    }
}

fn check(bytes: &[u8]) {
    let mut findings = Vec::new();
    let nodes = parse_documents(0, bytes, &mut findings);
    for finding in &findings {
        let span = finding.span.unwrap();
        assert!(span.start <= span.end && range(span).end <= bytes.len(), "{finding:?}");
    }
    let text = String::from_utf8_lossy(bytes);
    let mut queue: Vec<&Node> = nodes.iter().collect();
    while let Some(node) = queue.pop() {
        assert!(node.span.start <= node.span.end && range(node.span).end <= bytes.len(), "{node:?}");
        assert!(text.is_char_boundary(range(node.span).start) && text.is_char_boundary(range(node.span).end));
        match &node.kind {
            NodeKind::List(items) => queue.extend(items),
            NodeKind::Map(entries) => queue.extend(entries.iter().map(|e| &e.value)),
            NodeKind::Scalar(s) => assert!(s.inner.start <= s.inner.end && range(s.inner).end <= bytes.len()),
            NodeKind::Null | NodeKind::Failed => {}
        }
    }
}
