//! What people see of wrong files, word for word.

use proptest::prelude::*;

use super::sources;
use crate::source::Findings;
use crate::syntax::read::read;

/// The findings of a set of files, as a terminal shows them.
fn shown(files: &[(&str, &str)]) -> String {
    let sources = sources(files);
    let (_, findings) = read(&sources);
    Findings::new(sources, findings).render(false)
}

macro_rules! wrong {
    ($($name:ident: $text:expr;)+) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(shown(&[("rules.yaml", $text)]));
        }
    )+};
}

wrong! {
    an_unknown_key: "campaign: c\ntype: fixed\npririty: 10\nreward: {fixed: 1.00}\ncolour: red\n";
    a_missing_key: "program: p\nname: P\n";
    a_misspelled_key_is_not_missing_too: "program: p\ncurency: USD\ntimezone: UTC\n";
    several_mistakes_at_once: "campaign: weekend dining\ntype: percent\ndays: [sat, sonday]\nhours: {from: \"5pm\", to: \"23:00\"}\nreward: {rate: 2,5%}\nmin_transaction: 20 USD\n";
    a_duplicate_key: "campaign: c\ntype: fixed\nreward: {fixed: 1.00}\ntype: points\n";
    a_tab: "campaign: c\nreward:\n\tfixed: 1.00\n";
    an_open_bracket: "campaign: c\ndays: [sat, sun\nreward: {fixed: 1.00}\n";
    an_open_quote: "campaign: c\nwhen: 'tx.category == \"dining\"\nreward: {fixed: 1.00}\n";
    a_second_colon: "campaign: c\nname: Dining: weekends\n";
    a_wrong_indent: "campaign: c\n  type: fixed\n";
    a_line_without_colon: "campaign: c\ntype\nreward: {fixed: 1.00}\n";
    an_anchor_and_an_alias: "campaign: c\ntype: fixed\nreward: &r {fixed: 1.00}\ncaps: *r\n";
    a_merge_key: "campaign: c\ntype: fixed\nreward: {<<: *r}\n";
    a_tag: "campaign: !id c\ntype: fixed\nreward: {fixed: 1.00}\n";
    a_reserved_character: "campaign: @c\n";
    nesting_too_deep: &"[".repeat(100_000);
    neither_program_nor_campaign: "progam: p\ncurrency: USD\n---\n- campaign: c\n---\njust text\n---\nbase: []\n";
    a_mapping_where_a_text_is_due: "campaign: c\nname: {en: Dining}\ntype: fixed\nreward: 5\ncaps: [1]\ndays:\n";
    numbers_out_of_range: "campaign: c\ntype: multiplier\nmin_transaction: -1\naudience: {share: 150%}\nreward: {multiplier: 0.5}\n";
    too_many_decimals: "campaign: c\ntype: percentage\nreward: {rate: 0.123456789%}\n";
    dates_and_times: "campaign: c\ntype: fixed\nreward: {fixed: 1.00}\nactive: {from: 2026-02-30, to: 2026-03-31T18:00:00}\nhours: {from: 8:00, to: \"24:30\"}\n";
    rewards_that_exclude_each_other: "campaigns:\n  - campaign: c\n    type: fixed\n    reward: {fixed: 1.00, rate: 1%}\n  - campaign: d\n    type: fixed\n    reward: {up_to: {spend: 1.00, per: day}}\n";
    caps_of_the_wrong_block: "campaign: c\ntype: points\nreward: {points: 5}\ncaps:\n  max_percent: 5%\n  per_member: {amount: 5.00, per: month}\n";
    a_program_with_wrong_parts: "program: Every Day\ncurrency: USD\ntimezone: UTC\nrounding: half_evn\nfacts:\n  tx:\n    basket-size: integer\n    floor: number\n    where: one_of\n  mebmer: {}\nlists: {partners: m1}\nbase:\n  - when: tx.amount > 5.00\n  - id: a b\n    rate: 1%\n    up_to: {pool: x, spend: 5.00}\ntiers:\n  window: rolling_months\n  levels: []\npoints: {earn: {points: 1, per: 0}, expires_after: 12}\n";
    a_redemption_option: "program: p\ncurrency: USD\ntimezone: UTC\nredemption:\n  options:\n    - id: cash\n      type: money\n      value: {points: 0}\n      step: x\n";
    wide_and_long_text: "campaign: c\nname: 日本\nтип: x\ntype: fixed\nreward: {fixed: 1.00, note: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", colour: red}\n";
}

#[test]
fn several_files() {
    insta::assert_snapshot!(shown(&[
        ("b.yml", "campaign: b\n"),
        ("a/dining.yaml", "campaign: a\r\ntype: fixed\r\nreward: {fixd: 1.00}\r\n"),
        ("c.yaml", "\u{feff}campaign: c d\n"),
    ]));
}

#[test]
fn bytes_that_are_not_utf8() {
    let mut files = sources(&[]);
    files.add("latin.yaml", b"campaign: caf\xe9\ntype: fixed\n".to_vec());
    files.add("utf16.yaml", b"\xff\xfep\0".to_vec());
    let (_, findings) = read(&files);
    insta::assert_snapshot!(Findings::new(files, findings).render(false));
}

#[test]
fn hostile_files_end_soon() {
    let program = "program: p\ncurrency: USD\ntimezone: UTC\n";
    let many = 250_000;
    for (name, text, most) in [
        ("unknown keys", (0..100_000).map(|i| format!("pririty{i}: 1\n")).collect::<String>() + program, 101),
        ("campaigns", format!("campaigns: [{}]", "{campaign: c, pririty: 1}, ".repeat(100_000)), 101),
        ("bad rates", format!("{program}base: [{}]", "{id: a, rate: x}, ".repeat(150_000)), 101),
        ("a long list", format!("{program}lists: {{l: [{}]}}", "m00000000001, ".repeat(many)), 0),
        ("a long line", format!("campaigns: [{}]", "{campaign: c c}, ".repeat(150_000)), 101),
        ("a long text", format!("campaign: {}\ntype: x\n", "é".repeat(2_000_000)), 3),
        ("a long expression", format!("{program}eligible: {{when: {}}}", "(".repeat(1_000_000)), 1),
    ] {
        // Were one of them quadratic, this would not end.
        let files = sources(&[("a.yaml", &text)]);
        let (_, findings) = read(&files);
        let found = findings.len();
        let rendered = Findings::new(files, findings);
        let length = rendered.render(false).len().max(rendered.report().len());
        assert!(found <= most && length < 1_000_000, "{name}: {found} findings, {length} bytes");
    }
}

proptest! {
    #[test]
    fn any_file_is_read_and_its_findings_shown(
        parts in prop::collection::vec(prop::sample::select(vec![
            "program: ", "campaign: ", "campaigns: ", "- ", "  ", "    ", "\n", "id: ", "when: ", "rate: ", "base:\n",
            "caps: ", "{", "}", "[", "]", ", ", "per_member: ", "amount: ", "per: ", "month", "6%", "é", "\t", "\"",
            "!has(tx.x)", "tiers:\n", "levels:\n", "window: ", "lists: ", "facts: ", "tx: ", "points: ", "earn: ",
            "reward: ", "up_to: ", "hours: ", "from: ", "17:00", "2026-01-01", "active: ", "type: ", "&a ", "\u{feff}",
            "pools: ", "slabs: ", "redemption: ", "options: ", "'", "1e5", "-1", "99999999999999999999999999999999999999999",
        ]), 0..60)
    ) {
        let text = parts.concat();
        let files = sources(&[("a.yaml", &text)]);
        let (_, findings) = read(&files);
        for span in findings.iter().filter_map(|f| f.span) {
            let (start, end) = (usize::try_from(span.start).unwrap(), usize::try_from(span.end).unwrap());
            prop_assert!(text.get(start..end).is_some());
        }
        let findings = Findings::new(files, findings);
        prop_assert!(!findings.render(true).is_empty());
    }
}
