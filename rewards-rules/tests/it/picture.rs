//! Pictures of rule sets: what people see of packs, and what is true of every picture.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use rewards_rules::RuleSet;
use rewards_rules::draw::{LightState, Picture, PictureOptions, Stage};
use rewards_rules::input::{Member, Raw, Transaction, Usage};
use rewards_rules::source::{SourceFile, Sources};

fn pack(name: &str) -> RuleSet {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules").join(name);
    let files = fs::read_dir(folder).unwrap().filter_map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let is_rules = name.ends_with(".rhai") || (name.ends_with(".yaml") && !name.ends_with(".test.yaml"));
        is_rules.then(|| SourceFile { path: name, bytes: fs::read(&path).unwrap() })
    });
    RuleSet::compile(Sources::new(files)).unwrap()
}

fn rules(text: &str) -> RuleSet {
    let file = SourceFile { path: "program.yaml".to_owned(), bytes: text.as_bytes().to_vec() };
    RuleSet::compile(Sources::new([file])).unwrap()
}

fn lit(rules: &RuleSet, transaction: &str, member: &str, usage: &str) -> Picture {
    let raw = |text| Raw::from_json_or_yaml(text).unwrap();
    let transaction = Transaction::from_raw(raw(transaction)).unwrap();
    let member = Member::from_raw(raw(member)).unwrap();
    let usage = Usage::from_raw(raw(usage)).unwrap();
    rules.picture_of(PictureOptions::default(), &transaction, &member, &usage).unwrap()
}

/// One line a node, with what it was lit by.
fn listed(picture: &Picture) -> String {
    let mut text = String::new();
    for node in &picture.nodes {
        let light = node.light.as_ref().unwrap();
        writeln!(text, "{:9} {}: {}", light.state.id(), node.id, light.words.join(" | ")).unwrap();
    }
    text
}

#[test]
fn packs_are_drawn_as_reviewed() {
    for name in ["spend-club", "everyday-card", "supermarket-loyalty", "marketplace"] {
        insta::assert_snapshot!(format!("mermaid-{name}"), pack(name).picture(PictureOptions::default()).to_mermaid());
    }
    let picture = pack("everyday-card").picture(PictureOptions::default());
    insta::assert_snapshot!("dot-everyday-card", picture.to_dot());
    insta::assert_snapshot!("svg-everyday-card", picture.to_svg());
    insta::assert_snapshot!("json-everyday-card", picture.to_json().replace(&picture.rule_set, "sha256:…"));
}

#[test]
fn a_purchase_lights_what_it_met() {
    let market = pack("marketplace");
    let app = "{id: t1, amount: 250.00, currency: EUR, occurred_at: '2026-04-15T12:00:00+02:00', merchant: loom, \
               channel_detail: app, country: AT, items: [{sku: a, category: beauty, amount: 40.00}, \
               {sku: b, category: gift_card, amount: 50.00}, {sku: c, category: dress, amount: 160.00}]}";
    let insider = "{id: m1, segments: [insider], purchases: 2}";
    insta::assert_snapshot!("lit-marketplace", listed(&lit(&market, app, insider, "{program.amount.day: 55.00}")));
    let market = pack("supermarket-loyalty");
    let fuel = "{id: t2, amount: 80.00, currency: USD, occurred_at: '2017-05-09T09:00:00-04:00', category: fuel}";
    let gold = "{id: m1, tier: gold, spending: 3100.00}";
    insta::assert_snapshot!("lit-supermarket", listed(&lit(&market, fuel, gold, "{base.fuel.spend.month: 60.00}")));
    let none = "{id: t3, amount: 80.00, currency: USD, occurred_at: '2017-05-09T09:00:00-04:00', category: coupon}";
    insta::assert_snapshot!("lit-not-eligible", listed(&lit(&market, none, gold, "{}")));
    let lit = lit(&market, fuel, gold, "{base.fuel.spend.month: 60.00}");
    assert!(lit.to_mermaid().contains(":::lit"));
    assert!(lit.to_svg().contains("class=\"unreached\""));
}

#[test]
fn a_condition_that_rules_share_is_one_node_and_every_id_is_unique() {
    let rules = rules(
        "program: p\ncurrency: EUR\ntimezone: Europe/Berlin\n\
         base:\n  - {id: a, when: 'tx.category == \"x\" && tx.amount > 5.00', rate: 1%}\n\
         \x20 - {id: b, when: 'tx.amount   >   5.00', rate: 2%}\n\
         campaigns:\n  - {campaign: c, type: fixed, when: 'tx.amount > 5.00 && tx.category == \"x\"', reward: {fixed: 1.00}}\n",
    );
    let picture = rules.picture(PictureOptions::default());
    let conditions: Vec<&str> = picture.of_stage(Stage::Conditions).map(|(_, n)| n.title.as_str()).collect();
    assert_eq!(conditions, ["tx.category == \"x\"", "tx.amount > 5.00"]);
    for name in ["marketplace", "coffee-points", "airline-tiers", "shared-limits", "rotating-categories"] {
        let picture = pack(name).picture(PictureOptions::ALL);
        let mut ids: Vec<&str> = picture.nodes.iter().map(|n| n.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), picture.nodes.len(), "{name}");
        // Nothing floats: every node but a fact has something that leads to it.
        for (at, node) in picture.nodes.iter().enumerate().filter(|(_, n)| n.stage > Stage::Facts && n.id != "eligible")
        {
            let constant = node.stage == Stage::Bonus && node.id.starts_with("tier:");
            assert!(constant || picture.edges.iter().any(|e| e.to == at), "{name}: {}", node.id);
        }
        assert!(picture.edges.iter().all(|e| picture.nodes[e.from].stage <= picture.nodes[e.to].stage), "{name}");
    }
}

#[test]
fn many_campaigns_stand_together_unless_all_are_asked_for_or_they_did_something() {
    let mut text =
        String::from("program: big\ncurrency: EUR\ntimezone: Europe/Berlin\nbase: [{id: all, rate: 1%}]\ncampaigns:\n");
    for i in 0..1000 {
        let group = if i % 3 == 0 { ", stacking: {group: thirds}" } else { "" };
        writeln!(
            text,
            "  - {{campaign: c{i:04}, type: percentage, when: 'tx.merchant == \"m{i}\"', reward: {{rate: 2%}}{group}}}"
        )
        .unwrap();
    }
    let rules = rules(&text);
    let small = rules.picture(PictureOptions::default());
    assert_eq!((small.folded, small.of_stage(Stage::Campaigns).count()), (1000, 2));
    assert!(small.nodes.len() < 15, "{}", small.nodes.len());
    assert!(
        small.to_mermaid().contains("666 campaigns<br/>c0001, c0002, c0004 and 663 more"),
        "{}",
        small.to_mermaid()
    );
    let all = rules.picture(PictureOptions::ALL);
    assert_eq!((all.folded, all.of_stage(Stage::Campaigns).count()), (0, 1000));
    assert_eq!(all.to_svg().matches("class=\"box\"").count(), all.nodes.len());
    let purchase = "{id: t1, amount: 10.00, currency: EUR, occurred_at: '2026-04-15T12:00:00Z', merchant: m7}";
    let lit = lit(&rules, purchase, "{id: m1}", "{}");
    assert_eq!(lit.folded, 999);
    let c7 = lit.nodes.iter().find(|n| n.id == "campaign:c0007").unwrap();
    assert_eq!(c7.light.as_ref().unwrap().state, LightState::Lit);
}

#[test]
fn an_image_is_well_formed_and_says_what_it_is() {
    let rules = rules(
        "program: p\nname: 'Fish & <chips> \"1\"'\ncurrency: EUR\ntimezone: Europe/Berlin\n\
         base:\n  - {id: a, when: 'tx.category == \"<b>&\\\"\"', rate: 1%}\n",
    );
    let svg = rules.picture(PictureOptions::default()).to_svg();
    assert!(svg.contains("<title id=\"title\">Fish &amp; &lt;chips&gt; &quot;1&quot;</title>"), "{svg}");
    assert!(svg.contains("<desc id=\"desc\">"));
    assert!(svg.contains("prefers-color-scheme:dark"));
    assert!(!svg.contains("<b>"));
    let opened = svg.matches("<g ").count();
    assert_eq!(opened, svg.matches("</g>").count());
}
