//! What the checks of a rule set find, case by case: each text carries its findings as comments on their lines.
//!
//! A line that ends in `# R0107` must have exactly that finding, and a line without such a comment none; so each
//! case also shows that one mistake is told once. `=== path` begins another file. A text that does not begin with
//! `program:` or `===` stands after the head of a valid program in `program.yaml`. Only findings of rule sets that do
//! not compile are listed here.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;

use rewards_rules::RuleSet;
use rewards_rules::input::{Member, Transaction};
use rewards_rules::source::{SourceFile, Sources};

const HEAD: &str = "program: p\ncurrency: USD\ntimezone: America/New_York\n";

/// Files of a case.
pub(crate) fn sources(text: &str) -> Sources {
    let whole =
        if text.starts_with("program:") || text.starts_with("===") { text.to_owned() } else { format!("{HEAD}{text}") };
    let mut files: Vec<(String, String)> = Vec::new();
    for line in whole.lines() {
        if let Some(path) = line.strip_prefix("=== ") {
            files.push((path.to_owned(), String::new()));
            continue;
        }
        if files.is_empty() {
            files.push(("program.yaml".to_owned(), String::new()));
        }
        if let Some((_, content)) = files.last_mut() {
            content.push_str(line);
            content.push('\n');
        }
    }
    Sources::new(files.into_iter().map(|(path, content)| SourceFile { path, bytes: content.into_bytes() }))
}

/// `file:line code` of each finding that the comments name.
pub(crate) fn expected(sources: &Sources) -> BTreeSet<String> {
    let mut expected = BTreeSet::new();
    for file in sources.files() {
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        for (line, number) in text.lines().zip(1..) {
            let codes = line.rsplit_once("# R").map(|(_, codes)| format!("R{codes}")).unwrap_or_default();
            for code in codes.split_whitespace() {
                expected.insert(format!("{}:{number} {code}", file.path));
            }
        }
    }
    expected
}

fn found(sources: Sources) -> BTreeSet<String> {
    let Err(findings) = RuleSet::compile(sources) else {
        return BTreeSet::new();
    };
    let place = |finding: &rewards_rules::source::Finding| {
        let place = finding.span.and_then(|span| findings.sources().place(span));
        place.map_or("nowhere".to_owned(), |p| format!("{}:{}", p.file, p.line))
    };
    findings.iter().map(|f| format!("{} {}", place(f), f.code)).collect()
}

#[test]
fn each_mistake_is_found_once_and_in_its_place() {
    let mut wrong = String::new();
    for &(name, text) in CASES {
        let sources = sources(text);
        let (expected, found) = (expected(&sources), found(sources));
        if expected != found {
            wrong.push_str(&format!("{name}\n  expected {expected:?}\n  found    {found:?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_finding_without_a_file_has_no_place() {
    let campaign = "campaign: c\ntype: fixed\nreward: {fixed: 1.00}\n";
    let alone = sources(&format!("=== c.yaml\n{campaign}"));
    assert_eq!(found(alone), BTreeSet::from(["nowhere R0301".to_owned()]));
    assert_eq!(found(Sources::default()), BTreeSet::from(["nowhere R0301".to_owned()]));
}

#[test]
fn the_first_place_of_a_duplicate_is_named() {
    let findings = RuleSet::compile(sources(
        "base:\n  - {id: one, rate: 1%, when: tx.amount > 1}\n=== c.yaml\ncampaign: one\ntype: fixed\nreward: {fixed: 1.00}\n",
    ));
    let messages: Vec<String> = findings.err().iter().flatten().map(|f| f.message.clone()).collect();
    assert_eq!(messages, ["the id `one` of this base rule is already that of the campaign at c.yaml:1"]);
}

#[test]
fn another_program_is_told_with_the_place_of_the_first() {
    let file = |name: &str, id: &str| format!("=== {name}.yaml\nprogram: {id}\ncurrency: USD\ntimezone: UTC\n");
    let found = RuleSet::compile(sources(
        &[file("a", "card"), file("b", "card"), file("c", "card"), file("d", "other")].concat(),
    ));
    let messages: Vec<String> = found.err().iter().flatten().map(|f| f.message.clone()).collect();
    assert_eq!(
        messages,
        [
            "this is a second program; the first is at a.yaml:1",
            "this is one more program; the first is at a.yaml:1",
            "`other` is another program; `card` is at a.yaml:1",
        ]
    );
}

#[test]
fn counters_have_the_keys_of_the_semantics() {
    let Some(&(_, text)) = CASES.iter().find(|(name, _)| *name == "all sections together") else {
        panic!("the case is there");
    };
    let set = RuleSet::compile(sources(text)).expect("it compiles");
    let transaction = r#"{"id":"t","amount":"1","currency":"USD","occurred_at":"2026-03-02T10:00:00Z"}"#;
    let transaction = Transaction::from_json(transaction).expect("a purchase");
    let member = r#"{"id":"m","billing_day":5,"joined_on":"2020-02-29"}"#;
    let member = Member::from_json(member).expect("a member");
    let mut keys: Vec<String> =
        set.usage_keys(&transaction, &member).expect("keys").into_iter().map(|k| k.key).collect();
    keys.sort();
    assert_eq!(
        keys,
        [
            "base.fuel.spend.anniversary",
            "base.online.budget.lifetime",
            "base.rest.amount.billing_cycle",
            "campaign.a.spend.campaign",
            "campaign.e.budget.campaign",
            "campaign.e.points.campaign",
            "campaign.f.uses.month",
            "campaign.g.uses.campaign",
            "pool.choice.spend.quarter",
            "program.amount.day",
            "program.amount.month",
            "program.budget.lifetime",
            "program.points.month",
            "tier.silver.amount.month",
        ]
    );
}

const CASES: &[(&str, &str)] = &[
    // Programs that are right.
    ("the least program", ""),
    (
        "all sections together",
        r#"
rounding: {mode: half_up, at: total}
facts:
  tx: {basket_size: integer, channel_detail: {one_of: [app, web], optional: true}}
  member: {newsletter: boolean}
lists: {partners: [m1, m2], sizes: [1, 2.5], nothing: []}
eligible: {when: tx.merchant !in partners, lines: line.category != "gift_card"}
pools: {choice: {spend: 2500.00, per: quarter}}
base:
  - {id: online, when: tx.category == "online", rate: 3%, up_to: {pool: choice}, caps: {per_transaction: 5.00, budget: 10.00}}
  - {id: fuel, when: tx.category == "fuel", slabs: [{up_to: 50.00, rate: 1%}, {rate: 2%}], up_to: {spend: 500, per: anniversary}}
  - {id: rest, rate: 1%, caps: {max_percent: 5%, per_member: {amount: 5, per: billing_cycle}, on_exceed: skip}}
tiers:
  window: {rolling_months: 12}
  grace_days: 30
  levels:
    - {id: bronze, min_spending: 0}
    - {id: silver, min_spending: 10, bonus: {rate: 0.25%}, caps: {per_member: {amount: 5, per: month}, cut: proportional}}
    - {id: gold, min_spending: 20, bonus: {multiplier: 1.5}, points_multiplier: 1.1, upgrade_points: 5, benefits: [x]}
caps: {per_transaction: 50, max_percent: 10%, per_member: [{amount: 5, per: day}, {amount: 9, per: month}], budget: 100}
points:
  earn: {points: 1.5, per: 1.00}
  expires_after: 12 months
  activation_delay: 14 days
  caps: {per_transaction: 100, per_member: {points: 1000, per: month}}
redemption:
  options:
    - {id: cash, type: cash, value: {points: 100, cash: 1}, step: 10, tiers: [gold], caps: {per_member: {points: 5, per: day}}}
campaigns:
  - {campaign: a, type: percentage, lines: line.category == "x", reward: {rate: 2%, up_to: {spend: 5, per: campaign}}}
  - {campaign: b, type: multiplier, reward: {multiplier: 2}, audience: {tiers: [gold], segments: [s], share: 50%}}
  - {campaign: c, type: fixed, reward: {fixed: 2.00}, hours: {from: "22:00", to: "02:00"}, days: [sat], stacking: {group: g}}
  - {campaign: d, type: scripted, reward: {amount: tx.amount * 0.01}, stacking: {group: g}}
  - {campaign: e, type: points, reward: {points: 5}, caps: {per_member: {points: 5, per: campaign}, budget: 50}}
  - {campaign: f, type: points, reward: {points_multiplier: 3}, caps: {uses: {count: 4, per: month}, per_transaction: 9}}
  - {campaign: g, type: fixed, reward: {fixed: 2}, caps: {uses: {count: 1}, on_exceed: skip}, stacking: {exclusive: true}}
"#,
    ),
    ("a currency without decimals", "program: p\ncurrency: JPY\ntimezone: Asia/Tokyo\ncaps: {per_transaction: 50}\n"),
    ("a currency with three decimals", "program: p\ncurrency: KWD\ntimezone: UTC\ncaps: {per_transaction: 0.005}\n"),
    ("trailing zeros are no decimals", "caps: {per_transaction: 1.000}\n"),
    (
        "hours to midnight",
        "campaigns: [{campaign: a, type: fixed, reward: {fixed: 1}, hours: {from: \"00:00\", to: \"24:00\"}}]\n",
    ),
    (
        "one day",
        "campaigns: [{campaign: a, type: fixed, reward: {fixed: 1}, active: {from: 2026-03-01, to: 2026-03-01}}]\n",
    ),
    // R0301
    (
        "two programs",
        "=== a.yaml\nprogram: a\ncurrency: USD\ntimezone: UTC\n=== b.yaml\nprogram: b # R0301\ncurrency: EUR\ntimezone: UTC\n",
    ),
    (
        "three programs",
        "=== a.yaml\nprogram: a\ncurrency: USD\ntimezone: UTC\n=== b.yaml\nprogram: b # R0301\ncurrency: USD\ntimezone: UTC\n=== c.yaml\nprogram: c # R0301\ncurrency: USD\ntimezone: UTC\n",
    ),
    // R0109
    (
        "a program with a wrong id is checked all the same",
        "program: Bean Club # R0109\ncurrency: USE # R0304\ntimezone: Nowhere # R0305\nfacts: {tx: {size: integer}}\nbase:\n  - {id: a, rate: 1%, when: tx.sise > 5} # R0203\n",
    ),
    (
        "a program with a list for its id",
        "program: [a] # R0103\ncurrency: USE # R0304\ntimezone: UTC\nbase:\n  - {id: a, rate: 1%, when: tx.sise > 5} # R0203\n",
    ),
    // R0302, R0303
    ("base rules with one id", "base:\n  - {id: a, rate: 1%, when: tx.amount > 5}\n  - {id: a, rate: 1%} # R0302\n"),
    ("a base rule and a pool", "pools:\n  a: {spend: 5, per: month}\nbase:\n  - {id: a, rate: 1%} # R0302\n"),
    (
        "a base rule and a tier",
        "base:\n  - {id: gold, rate: 1%}\ntiers:\n  window: lifetime\n  levels:\n    - {id: gold, min_spending: 0} # R0302\n",
    ),
    (
        "a tier twice",
        "tiers:\n  window: lifetime\n  levels:\n    - {id: a, min_spending: 0}\n    - {id: a, min_spending: 5} # R0302\n",
    ),
    (
        "campaigns of two files",
        "=== a.yaml\nprogram: p\ncurrency: USD\ntimezone: UTC\n=== b.yaml\ncampaign: x\ntype: fixed\nreward: {fixed: 1}\n=== c.yaml\ncampaign: x # R0302\ntype: fixed\nreward: {fixed: 1}\n",
    ),
    (
        "a redemption option and a campaign",
        "points: {earn: {points: 1, per: 1}}\nredemption:\n  options:\n    - {id: cash, type: cash, value: {points: 1, cash: 1}}\ncampaigns:\n  - {campaign: cash, type: fixed, reward: {fixed: 1}} # R0302\n",
    ),
    (
        "three times",
        "base:\n  - {id: a, rate: 1%, when: tx.amount > 5}\n  - {id: a, rate: 1%, when: tx.amount > 2} # R0302\n  - {id: a, rate: 1%} # R0302\n",
    ),
    ("earn as an id", "base:\n  - {id: earn, rate: 1%} # R0303\n"),
    ("upgrade as an id", "campaigns:\n  - {campaign: upgrade, type: fixed, reward: {fixed: 1}} # R0303\n"),
    // R0304, R0305
    ("an unknown currency", "program: p\ncurrency: USE # R0304\ntimezone: UTC\n"),
    ("a currency in lower case", "program: p\ncurrency: usd # R0304\ntimezone: UTC\n"),
    (
        "an unknown currency has no decimals to exceed",
        "program: p\ncurrency: KDW # R0304\ntimezone: UTC\ncaps: {per_transaction: 1.125}\nbase: [{id: earn, rate: 1%}] # R0303\n",
    ),
    ("an unknown time zone", "program: p\ncurrency: USD\ntimezone: America/New_Yrok # R0305\n"),
    ("a city is no time zone", "program: p\ncurrency: USD\ntimezone: Berlin # R0305\n"),
    (
        "mixed ends of a window need a zone",
        "program: p\ncurrency: USD\ntimezone: Nowhere # R0305\ncampaigns: [{campaign: a, type: fixed, reward: {fixed: 1}, active: {from: 2027-03-01, to: \"2026-03-01T00:00:00Z\"}}]\n",
    ),
    // R0313
    ("a built-in fact", "facts:\n  tx:\n    amount: decimal # R0313\n"),
    ("a built-in fact of the member", "facts:\n  member:\n    tier: text # R0313\n"),
    ("the lines of a transaction", "facts:\n  tx:\n    items: text # R0313\n"),
    ("one name in both scopes", "facts:\n  tx: {level: text}\n  member: {level: text}\n"),
    ("a list named like a fact", "lists:\n  member: [a] # R0313\n"),
    ("one_of without values", "facts:\n  tx:\n    size: {one_of: []} # R0103\n"),
    ("a fact that no expression can spell", "facts:\n  tx:\n    basket-size: integer # R0109\n"),
    ("a list that no expression can spell", "lists:\n  cash-like: [a] # R0109\n"),
    ("a list of texts and numbers", "lists:\n  cash:\n    - \"4829\"\n    - 6010 # R0204\n"),
    ("a list of numbers and texts", "lists:\n  cash:\n    - 6010\n    - 6011.5\n    - \"4829\" # R0204\n"),
    // R0106
    ("too many decimals of money", "caps:\n  per_transaction: 5.005 # R0106\n"),
    ("decimals of a currency without", "program: p\ncurrency: JPY\ntimezone: UTC\ncaps:\n  budget: 5.5 # R0106\n"),
    ("too many decimals of a pool", "pools:\n  a: {spend: 5.001, per: month} # R0106\n"),
    ("too many decimals of points", "points:\n  decimals: 1\n  caps:\n    per_transaction: 5.25 # R0106\n"),
    ("points without decimals", "campaigns:\n  - {campaign: a, type: points, reward: {points: 5.5}} # R0106\n"),
    ("too many decimals of a rate", "base:\n  - {id: a, rate: 0.123456789} # R0106\n"),
    (
        "too many decimals of a fixed reward",
        "campaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 1.001}} # R0106\n",
    ),
    (
        "too many decimals of min_transaction",
        "campaigns:\n  - campaign: a\n    type: fixed\n    reward: {fixed: 1}\n    min_transaction: 1.001 # R0106\n",
    ),
    // R0107
    ("an amount below 0", "caps:\n  per_transaction: -5 # R0107\n"),
    ("an amount that is too large", "caps:\n  budget: 1000000000000001 # R0107\n"),
    ("the largest amount", "caps:\n  budget: 1000000000000000\n"),
    ("a rate below 0", "base:\n  - {id: a, rate: -1%} # R0107\n"),
    ("a multiplier below 1", "campaigns:\n  - {campaign: a, type: multiplier, reward: {multiplier: 0.5}} # R0107\n"),
    (
        "a points multiplier below 1",
        "tiers:\n  window: lifetime\n  levels:\n    - {id: a, min_spending: 0, points_multiplier: 0.9} # R0107\n",
    ),
    (
        "a bonus multiplier below 1",
        "tiers:\n  window: lifetime\n  levels:\n    - {id: a, min_spending: 0, bonus: {multiplier: 0}} # R0107\n",
    ),
    (
        "a share above 1",
        "campaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 1}, audience: {share: 150%}} # R0107\n",
    ),
    ("no uses", "campaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 1}, caps: {uses: {count: 0}}} # R0107\n"),
    ("too many decimals for points", "points:\n  decimals: 7 # R0107\n  caps: {per_transaction: 0.5}\n"),
    ("decimals below 0", "points:\n  decimals: -1 # R0107\n"),
    ("earn per nothing", "points:\n  earn: {points: 1, per: 0} # R0107\n"),
    (
        "a value of no points",
        "points: {earn: {points: 1, per: 1}}\nredemption:\n  options:\n    - {id: a, type: cash, value: {points: 0, cash: 1}} # R0107\n",
    ),
    (
        "a step of 0",
        "points: {earn: {points: 1, per: 1}}\nredemption:\n  options:\n    - {id: a, type: cash, value: {points: 1, cash: 1}, step: 0} # R0107\n",
    ),
    ("grace below 0", "tiers:\n  window: lifetime\n  grace_days: -1 # R0107\n  levels: [{id: a, min_spending: 0}]\n"),
    // R0307
    (
        "levels that do not rise",
        "tiers:\n  window: lifetime\n  levels:\n    - {id: a, min_spending: 5}\n    - {id: b, min_spending: 5} # R0307\n    - {id: c, min_spending: 6}\n",
    ),
    (
        "slabs that do not rise",
        "base:\n  - id: a\n    slabs:\n      - {up_to: 50, rate: 1%}\n      - {up_to: 20, rate: 2%} # R0307\n      - {rate: 3%}\n",
    ),
    (
        "a first slab of nothing",
        "base:\n  - id: a\n    slabs:\n      - {up_to: 0, rate: 1%} # R0307\n      - {rate: 3%}\n",
    ),
    (
        "a last slab that is not open",
        "base:\n  - id: a\n    slabs:\n      - {up_to: 50, rate: 1%}\n      - {up_to: 90, rate: 2%} # R0307\n",
    ),
    ("an open slab in between", "base:\n  - id: a\n    slabs:\n      - {rate: 1%} # R0307\n      - {rate: 2%}\n"),
    // R0102
    ("no currency", "program: p # R0102\ntimezone: UTC\n"),
    ("no time zone", "program: p # R0102\ncurrency: USD\n"),
    ("neither rate nor slabs", "base:\n  - {id: a, when: tx.amount > 5} # R0102\n"),
    ("a level without a threshold", "tiers:\n  window: lifetime\n  levels:\n    - {id: a} # R0102\n"),
    ("tiers without a window", "tiers: {levels: [{id: a, min_spending: 0}]} # R0102\n"),
    ("tiers without a level", "tiers: {window: lifetime, levels: []} # R0103\n"),
    ("a campaign without a type", "campaigns:\n  - {campaign: a, reward: {fixed: 1}} # R0102\n"),
    ("a campaign without a reward", "campaigns:\n  - {campaign: a, type: fixed} # R0102\n"),
    ("earn without per", "points:\n  earn: {points: 1} # R0102\n"),
    (
        "an option without a value",
        "points: {earn: {points: 1, per: 1}}\nredemption:\n  options:\n    - {id: a, type: cash} # R0102\n",
    ),
    ("a cap per member of nothing", "caps:\n  per_member: {per: month} # R0102\n"),
    // R0311
    ("rate and slabs", "base:\n  - {id: a, rate: 1%, slabs: [{rate: 2%}]} # R0311\n"),
    (
        "two bonuses",
        "tiers:\n  window: lifetime\n  levels:\n    - {id: a, min_spending: 0, bonus: {rate: 1%, multiplier: 2}} # R0311\n",
    ),
    ("two rewards", "campaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 1, rate: 2%}} # R0311\n"),
    (
        "lines with a fixed reward",
        "campaigns:\n  - {campaign: a, type: fixed, lines: line.amount > 5, reward: {fixed: 1}} # R0311\n",
    ),
    (
        "up_to with a fixed reward",
        "campaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 1, up_to: {spend: 5, per: month}}} # R0311\n",
    ),
    (
        "a pool in a campaign",
        "pools: {x: {spend: 5, per: month}}\ncampaigns:\n  - {campaign: a, type: percentage, reward: {rate: 1%, up_to: {pool: x, spend: 5, per: day}}} # R0101\n",
    ),
    (
        "points_multiplier without earn",
        "campaigns:\n  - {campaign: a, type: points, reward: {points_multiplier: 2}} # R0311\n",
    ),
    ("skip with proportional", "caps:\n  per_transaction: 5\n  cut: proportional\n  on_exceed: skip # R0311\n"),
    ("amount and points in one cap", "caps:\n  per_member: {amount: 5, points: 5, per: month} # R0311\n"),
    ("points in a cap of money", "base:\n  - {id: a, rate: 1%, caps: {per_member: {points: 5, per: month}}} # R0311\n"),
    (
        "money in a campaign of points",
        "campaigns:\n  - {campaign: a, type: points, reward: {points: 5}, caps: {per_member: {amount: 5, per: month}}} # R0311\n",
    ),
    (
        "max_percent of points",
        "campaigns:\n  - {campaign: a, type: points, reward: {points: 5}, caps: {max_percent: 5%}} # R0101\n",
    ),
    ("money in points.caps", "points:\n  caps:\n    per_member: {amount: 5, per: month} # R0311\n"),
    (
        "one counter twice",
        "caps:\n  per_member:\n    - {amount: 5, per: month}\n    - {amount: 6, per: month} # R0311\n",
    ),
    (
        "redemption without points",
        "redemption:\n  options:\n    - {id: a, type: cash, value: {points: 1, cash: 1}} # R0311\n",
    ),
    // R0101: caps that a block never has
    ("uses of a base rule", "base:\n  - {id: a, rate: 1%, caps: {uses: {count: 1, per: day}}} # R0101\n"),
    (
        "a budget of a tier",
        "tiers:\n  window: lifetime\n  levels:\n    - {id: a, min_spending: 0, caps: {budget: 5}} # R0101\n",
    ),
    (
        "cut of a campaign",
        "campaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 1}, caps: {cut: last_first}} # R0101\n",
    ),
    ("a budget of points", "points:\n  caps: {budget: 5} # R0101\n"),
    (
        "a transaction cap of redemption",
        "points: {earn: {points: 1, per: 1}}\nredemption:\n  options:\n    - {id: a, type: cash, value: {points: 1, cash: 1}, caps: {per_transaction: 5}} # R0101\n",
    ),
    // R0312
    ("campaign as a period of a pool", "pools:\n  a: {spend: 5, per: campaign} # R0312\n"),
    ("campaign as a period of a base rule", "base:\n  - {id: a, rate: 1%, up_to: {spend: 5, per: campaign}} # R0312\n"),
    ("campaign as a period of the program", "caps:\n  per_member: {amount: 5, per: campaign} # R0312\n"),
    ("campaign as a period of points", "points:\n  caps: {per_member: {points: 5, per: campaign}} # R0312\n"),
    // R0306
    (
        "an unknown pool",
        "pools: {choice: {spend: 5, per: month}}\nbase:\n  - {id: a, rate: 1%, up_to: {pool: chioce}} # R0306\n",
    ),
    ("no pools at all", "base:\n  - {id: a, rate: 1%, up_to: {pool: choice}} # R0306\n"),
    (
        "an unknown tier in an audience",
        "tiers: {window: lifetime, levels: [{id: gold, min_spending: 0}]}\ncampaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 1}, audience: {tiers: [glod]}} # R0306\n",
    ),
    (
        "an audience of tiers without tiers",
        "campaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 1}, audience: {tiers: [gold, silver]}} # R0306\n",
    ),
    (
        "an unknown tier of a redemption",
        "tiers: {window: lifetime, levels: [{id: gold, min_spending: 0}]}\npoints: {earn: {points: 1, per: 1}}\nredemption:\n  options:\n    - {id: a, type: cash, value: {points: 1, cash: 1}, tiers: [silver]} # R0306\n",
    ),
    // R0308
    (
        "dates the wrong way",
        "campaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 1}, active: {from: 2026-03-02, to: 2026-03-01}} # R0308\n",
    ),
    (
        "instants that are one",
        "campaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 1}, active: {from: \"2026-03-02T10:00:00Z\", to: \"2026-03-02T10:00:00Z\"}} # R0308\n",
    ),
    (
        "a local date after an instant",
        "campaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 1}, active: {from: 2026-03-01, to: \"2026-03-01T05:00:00Z\"}} # R0308\n",
    ),
    (
        "hours of nothing",
        "campaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 1}, hours: {from: \"10:00\", to: \"10:00\"}} # R0308\n",
    ),
    ("no days", "campaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 1}, days: []} # R0308\n"),
    // R0309, R0310
    (
        "a mixed group",
        "campaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 1}, stacking: {group: g}}\n  - {campaign: b, type: points, reward: {points: 1}, stacking: {group: g}} # R0309\n  - {campaign: c, type: percentage, reward: {rate: 1%}, stacking: {group: g}}\n",
    ),
    ("a percentage that is fixed", "campaigns:\n  - {campaign: a, type: percentage, reward: {fixed: 1}} # R0310\n"),
    (
        "points that are money",
        "campaigns:\n  - {campaign: a, type: points, reward: {fixed: 1}, caps: {per_member: {amount: 5, per: day}}} # R0310\n",
    ),
    ("a script that is a rate", "campaigns:\n  - {campaign: a, type: scripted, reward: {rate: 1%}} # R0310\n"),
    (
        "a multiplier of points",
        "points: {earn: {points: 1, per: 1}}\ncampaigns:\n  - {campaign: a, type: multiplier, reward: {points_multiplier: 2}} # R0310\n",
    ),
    // R0104
    (
        "an unknown type of redemption",
        "points: {earn: {points: 1, per: 1}}\nredemption:\n  options:\n    - {id: a, type: cach, value: {points: 1, cash: 1}} # R0104\n",
    ),
    // Warnings that are told beside errors; the others are in `lints`.
    ("a rate above 100 %", "base:\n  - {id: earn, rate: 6} # R0303 R0402\n"),
    ("a rate of 100 %", "base:\n  - {id: earn, rate: 100%} # R0303\n"),
    (
        "a campaign above 100 %",
        "campaigns:\n  - {campaign: earn, type: percentage, reward: {rate: 150%}} # R0303 R0402\n",
    ),
    // Mistakes that bring no others
    (
        "an unreadable fact is not unknown",
        "facts:\n  tx:\n    size: intger # R0104\nbase:\n  - {id: a, rate: 1%, when: tx.size > 5}\n",
    ),
    ("an unreadable rate is not missing", "base:\n  - {id: a, rate: much} # R0105\n"),
    (
        "all sections in one run",
        "caps: {budget: -1} # R0107\nbase:\n  - {id: a, rate: -1%} # R0107\npoints:\n  decimals: 9 # R0107\ncampaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 1.001}} # R0106 R0302\n",
    ),
];
