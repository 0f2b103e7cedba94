//! Tables of half-written files: `‸` is the cursor.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use proptest::prelude::*;

use super::{Document, Folder, Symbol};

const PROGRAM: &str = "\
program: card
currency: USD
timezone: America/New_York
facts:
  tx:
    channel_detail: {one_of: [app, web, kiosk], optional: true}
    basket: integer
  member:
    newsletter: boolean
lists:
  partners: [m0001, m0002]
pools:
  choice: {spend: 100.00, per: month}
base:
  - id: online
    when: every_tenth(tx.basket) && tx.category == \"online\"
    rate: 3%
    up_to: {pool: choice}
  - id: rest
    rate: 1%
tiers:
  levels:
    - id: silver
      min_spending: 0
    - id: gold
      min_spending: 100.00
redemption:
  options:
    - {id: cash, type: cash, value: {points: 100, cash: 1.00}}
";
const SCRIPT: &str = "// Each tenth one.\nfn every_tenth(count) { (count + 1) % 10 == 0 }\n";

fn folder(path: &str, text: &str) -> Folder {
    let mut folder = Folder::default();
    for (path, text) in [("program.yaml", PROGRAM), ("sums.rhai", SCRIPT), (path, text)] {
        folder.add(path, Arc::new(Document::new(path, text)));
    }
    folder
}

/// The text without the cursor, and where that was.
fn cut(text: &str) -> (String, usize) {
    let at = text.find('‸').unwrap();
    (text.replacen('‸', "", 1), at)
}

fn labels(path: &str, text: &str) -> Vec<String> {
    let (text, at) = cut(text);
    folder(path, &text).complete(path, at).list.into_iter().map(|c| c.insert).collect()
}

#[test]
fn what_may_stand_here_is_offered() {
    for (text, some, none) in [
        ("campaign: c\nwhen: tx.ch‸", &["tx.channel", "tx.channel_detail"][..], &["tx.amount", "partners"][..]),
        ("campaign: c\nwhen: ‸", &["tx.amount", "member.newsletter", "partners", "min", "every_tenth"], &["line.sku"]),
        ("campaign: c\nlines: line.‸", &["line.sku", "line.amount"], &["tx.amount"]),
        ("campaign: c\nwhen: tx.channel_detail == \"‸", &["app", "web", "kiosk"], &["tx.amount"]),
        ("campaign: c\nwhen: tx.channel_detail in [\"app\", ‸", &["\"web\"", "tx.amount"], &[]),
        ("campaign: c\nwhen: tx.channel_detail == \"app\" && tx.category == \"‸\"\n", &["online"], &["app"]),
        ("campaign: c\nwhen: member.tier == \"‸", &["silver", "gold"], &["app"]),
        ("campaign: c\nwhen: tx.weekday == ‸", &["\"sat\""], &[]),
        ("campaign: c\nwhen: has(‸", &["tx.channel_detail", "tx.mcc"], &["tx.amount", "partners"]),
        ("campaign: c\nwhen: tx.amount > 1.00\n  && mem‸", &["member.tier"], &["tx.amount"]),
        ("campaign: c\nwhen: 'tx.merchant in ‸'\nname: C\n", &["partners"], &[]),
        ("campaign: c\nwhen: \"tx.weekday == ‸", &["\\\"sat\\\""], &["\"sat\""]),
        ("campaign: c\nwhen: >\n  tx.amount > 1\n  && tx.m‸\nname: x", &["tx.mcc"], &["tx.amount"]),
        ("campaign: c\naudience: {tiers: [g‸", &["gold"], &["silver"]),
        ("campaign: c\naudience:\n  tiers:\n    - ‸", &["gold", "silver"], &["cash"]),
        ("campaign: c\naudience:\n  tiers:\n  - si‸\nname: [", &["silver"], &["gold"]),
        ("campaign: c\nreward: {amount: tx.am‸", &["tx.amount"], &["partners"]),
        ("campaign: c\ncaps: {uses: {count: 1, per: ‸}}", &["month", "billing_cycle"], &["USD"]),
        ("campaign: c\nstacking: {group: d}\n---\ncampaign: e\nstacking:\n  group: ‸", &["d"], &["c"]),
        ("campaigns:\n  - when: tx.b‸\n    campaign: c\n", &["tx.basket"], &["tx.amount"]),
        ("when: tx.b‸\ncampaign: c\n", &["tx.basket"], &["tx.amount"]),
        ("program: p\ncurrency: EU‸", &["EUR"], &["USD"]),
        ("program: p\ntimezone: Berl‸", &["Europe/Berlin"], &["UTC"]),
        ("program: p\nbase:\n- id: x\n  up_to:\n    pool: ‸", &["choice"], &["online"]),
        ("program: p\nbase:\n- {id: x, when: tx.ca‸, rate: 1%}\n", &["tx.category"], &["tx.amount"]),
    ] {
        let found = labels("other.yaml", text);
        let has = |label: &&str| found.iter().any(|f| f == *label);
        assert!(some.iter().all(has), "{text}\n{found:?}");
        assert!(!none.iter().any(has), "{text}\n{found:?}");
    }
}

#[test]
fn nothing_is_offered_where_nothing_is_known() {
    for text in [
        "campaign: c\nname: t‸",
        "campaign: c # tx.‸",
        "campaign: c\nwhen: tx.amount > 1‸",
        "campaign: c\nwhen: tx.amount == \"‸",
    ] {
        assert_eq!(labels("other.yaml", text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn keys_and_words_come_from_the_vocabulary() {
    for (path, text, some, none) in [
        ("c.yaml", "‸", &["program: ", "campaign: "][..], &["when: "][..]),
        ("c.yaml", "campaign: c\n‸\nname: C\n", &["when: ", "reward:"], &["name: ", "campaign: ", "rate: "]),
        ("c.yaml", "campaign: c\nreward: {‸", &["rate: ", "fixed: "], &["when: "]),
        ("c.yaml", "campaign: c\nreward:\n  ra‸", &["rate: "], &["fixed: "]),
        ("c.yaml", "campaign: c\ntype: ‸\n", &["percentage", "scripted"], &["when: "]),
        ("c.yaml", "campaign: c\ndays: [sat, ‸", &["sun"], &[]),
        ("c.yaml", "campaign: c\ndays:\n  - ‸", &["sun"], &[]),
        ("c.yaml", "campaigns:\n  - campaign: c\n    au‸", &["audience:"], &["when: "]),
        ("c.yaml", "program: p\nbase:\n- id: x\n  ‸\n  rate: 1%\n", &["when: ", "slabs:"], &["rate: ", "id: "]),
        ("c.yaml", "program: p\nbase:\n- ‸", &["id: ", "rate: "], &["program: "]),
        ("c.yaml", "program: p\nrounding: ‸", &["half_even"], &[]),
        ("c.test.yaml", "tests:\n- ‸", &["name: ", "steps:"], &["campaign: "]),
        ("c.test.yaml", "tests:\n- name: x\n  transaction: {id: t, ‸", &["amount: ", "basket"], &["id: "]),
    ] {
        let found = labels(path, text);
        let has = |label: &&str| found.iter().any(|f| f == *label);
        assert!(some.iter().all(has), "{text}\n{found:?}");
        assert!(!none.iter().any(has), "{text}\n{found:?}");
    }
    let (text, at) = cut("campaign: c\ncaps: {bud‸get: 1.00}\n");
    assert!(folder("c.yaml", &text).hover("c.yaml", at).unwrap().markdown.starts_with("`budget`: "));
}

#[test]
fn a_list_of_one_name_twice_is_offered_once() {
    let text = "program: p\nlists: {partners: [a]}\nbase:\n- when: tx.merchant in part‸";
    assert_eq!(labels("other.yaml", text), ["partners"]);
}

#[test]
fn tests_offer_what_the_rules_define() {
    for (text, some) in [
        ("tests:\n- name: x\n  given: {usage: {base.‸", &["base.online.", "base.rest."][..]),
        ("tests:\n- name: x\n  given:\n    member:\n      tier: ‸", &["silver", "gold"]),
        ("tests:\n- name: x\n  given:\n    member:\n      news‸", &["newsletter"]),
        ("tests:\n- name: x\n  transaction:\n    id: t1\n    ‸", &["basket", "channel_detail"]),
        ("tests:\n- steps:\n  - redeem: {id: x, option: ‸", &["cash"]),
    ] {
        let found = labels("card.test.yaml", text);
        assert!(some.iter().all(|l| found.iter().any(|f| f == l)), "{text}\n{found:?}");
    }
}

#[test]
fn scripts_offer_functions_and_their_own_names() {
    let found = labels("other.rhai", "fn far(distance) { let step = 1; ‸");
    for label in ["distance", "step", "every_tenth", "round", "return"] {
        assert!(found.iter().any(|f| f == label), "{label}: {found:?}");
    }
    assert!(labels("other.rhai", "// a ‸").is_empty());
}

fn definition(path: &str, text: &str) -> Vec<String> {
    let (text, at) = cut(text);
    let folder = folder(path, &text);
    let found = folder.definitions(path, at);
    found.into_iter().map(|l| format!("{} {}", l.path, folder.get(&l.path).unwrap().slice(l.range))).collect()
}

#[test]
fn names_lead_to_their_definitions_from_broken_files_too() {
    for (path, text, found) in [
        ("c.yaml", "campaign: c\nwhen: tx.chan‸nel_detail == [", "program.yaml channel_detail"),
        ("c.yaml", "campaign: c\nwhen: t‸x.basket > 1", "program.yaml basket"),
        ("c.yaml", "campaign: c\nwhen: member.newsletter‸", "program.yaml newsletter"),
        ("c.yaml", "campaign: c\nwhen: tx.merchant in ‸partners", "program.yaml partners"),
        ("c.yaml", "campaign: c\nwhen: every_‸tenth(1)\nname: {", "sums.rhai every_tenth"),
        ("c.yaml", "campaign: c\nwhen: member.tier in [\"silver\", \"go‸ld\"]", "program.yaml gold"),
        ("c.yaml", "campaign: c\naudience: {tiers: [silver, gol‸d]", "program.yaml gold"),
        ("c.yaml", "program: q\nbase: [{id: x, up_to: {pool: ‸choice}}]", "program.yaml choice"),
        ("c.test.yaml", "tests:\n- given: {usage: {base.on‸line.spend.month: 1}}", "program.yaml online"),
        ("c.test.yaml", "tests:\n- given: {member: {tier: ‸gold}}", "program.yaml gold"),
        ("c.test.yaml", "tests:\n- steps: [{redeem: {option: ‸cash", "program.yaml cash"),
        ("c.test.yaml", "tests:\n- transaction: {bas‸ket: 3}", "program.yaml basket"),
        ("c.rhai", "fn f(x) { every_t‸enth(x) }", "sums.rhai every_tenth"),
    ] {
        assert_eq!(definition(path, text), [found], "{text}");
    }
    assert!(definition("c.yaml", "campaign: c\nwhen: tx.am‸ount > 1").is_empty());
    assert!(definition("c.yaml", "campaign: c\nname: go‸ld").is_empty());
}

#[test]
fn renaming_reaches_every_file_and_keeps_scopes() {
    let text = "campaign: c\nwhen: tx.bask‸et > 1 && member.tier != \"gold\"";
    let (text, at) = cut(text);
    let folder = folder("c.yaml", &text);
    let rename = folder.rename("c.yaml", at).unwrap();
    assert_eq!(rename.name, "basket");
    let places: Vec<&str> = rename.places.iter().map(|p| p.path.as_str()).collect();
    assert_eq!(places, ["c.yaml", "program.yaml", "program.yaml"]);
    assert!(rename.refuses("items_count").is_none());
    assert!(
        rename.refuses("items-count").is_some() && rename.refuses("if").is_some() && rename.refuses("1x").is_some()
    );
    let gold = folder.rename("c.yaml", text.find("gold").unwrap()).unwrap();
    assert_eq!(gold.places.len(), 2);
    assert!(folder.rename("c.yaml", 0).is_none());
    let amount = PROGRAM.find("category").unwrap();
    assert!(folder.rename("program.yaml", amount).is_none());
}

#[test]
fn hover_tells_what_a_name_is() {
    let shown = |path: &str, text: &str| {
        let (text, at) = cut(text);
        folder(path, &text).hover(path, at).map(|h| h.markdown).unwrap_or_default()
    };
    insta::assert_snapshot!(shown("c.yaml", "campaign: c\nwhen: tx.chan‸nel_detail == 1"), @r"
    `tx.channel_detail`: one of app, web, kiosk (declared under `facts`)

    It may be absent; `has(tx.channel_detail)` asks whether it is there.
    ");
    insta::assert_snapshot!(shown("c.yaml", "campaign: c\nwhen: tx.week‸day == 1"), @r#"
    `tx.weekday`: text (built in)

    It is one of `"mon"`, `"tue"`, `"wed"`, `"thu"`, `"fri"`, `"sat"`, `"sun"`.
    "#);
    insta::assert_snapshot!(shown("c.yaml", "campaign: c\nwhen: tx.merchant in part‸ners"), @r"
    list `partners` (program.yaml)
    ```yaml
    partners: [m0001, m0002]
    ```
    ");
    insta::assert_snapshot!(shown("c.yaml", "campaign: c\nwhen: every_te‸nth(1)"), @r"
    ```rhai
    fn every_tenth(count)
    ```
    function of sums.rhai

    Each tenth one.
    ");
    insta::assert_snapshot!(shown("c.yaml", "campaign: c\naudience: {tiers: [g‸old]}"), @r"
    tier `gold` (program.yaml)
    ```yaml
    - id: gold
      min_spending: 100.00
    ```
    ");
    insta::assert_snapshot!(shown("c.yaml", "campaign: c\nwhen: ro‸und(tx.amount, 0)"), @"`round(a, decimals)` (built in)");
}

#[test]
fn symbols_are_a_tree() {
    fn write(symbols: &[Symbol], depth: usize, into: &mut String) {
        for symbol in symbols {
            let sort = symbol.sort.map(|s| format!(" ({})", s.words())).unwrap_or_default();
            into.push_str(&format!("{}{}{sort}\n", "  ".repeat(depth), symbol.name));
            write(&symbol.children, depth.saturating_add(1), into);
        }
    }
    let mut shown = String::new();
    write(&Document::new("program.yaml", PROGRAM).symbols(), 0, &mut shown);
    let tests = "tests:\n- name: one thing\n  expect: {total: 1}\n- name: another\n";
    write(&Document::new("c.test.yaml", tests).symbols(), 0, &mut shown);
    write(&Document::new("sums.rhai", SCRIPT).symbols(), 0, &mut shown);
    write(&Document::new("c.yaml", "campaigns:\n- campaign: a\n- campaign: b").symbols(), 0, &mut shown);
    insta::assert_snapshot!(shown, @r"
    card (program)
    facts
      tx
        channel_detail (fact)
        basket (fact)
      member
        newsletter (fact)
    lists
      partners (list)
    pools
      choice (pool)
    base
      online (base rule)
      rest (base rule)
    tiers
      levels
        silver (tier)
        gold (tier)
    redemption
      options
        cash (redemption option)
    tests
      one thing
      another
    every_tenth (function)
    campaigns
      a (campaign)
      b (campaign)
    ");
}

proptest! {
    /// Whatever is typed, every question has an answer, and places are places in the file.
    #[test]
    fn any_text_can_be_asked_about(parts in prop::collection::vec(prop::sample::select(vec![
        "campaign: c", "\n", "\n  ", "\n    ", "- ", "when: ", "lines: ", "tx.category", " == ", "\"", "'", "{", "}", "[", "]",
        ",", ": ", "#", " |", " >", "tiers", "facts:", "tx", "program: p", "é🎁", "\t", "\r\n", "---", "fn f(x) ", "/*", "//", "\\", "\u{feff}",
    ]), 0..40), test in 0..3usize) {
        let path = ["a.yaml", "a.test.yaml", "a.rhai"][test];
        let text = parts.concat();
        let folder = folder(path, &text);
        let document = folder.get(path).unwrap();
        for symbol in document.symbols() {
            prop_assert!(document.text().get(symbol.range).is_some() && document.text().get(symbol.whole).is_some());
        }
        for name in &document.names.list {
            prop_assert!(document.text().get(name.range.clone()).is_some());
        }
        for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
            let found = folder.complete(path, at);
            prop_assert!(text.get(found.replace).is_some());
            let _ = (folder.hover(path, at), folder.definitions(path, at), folder.rename(path, at));
        }
    }
}
