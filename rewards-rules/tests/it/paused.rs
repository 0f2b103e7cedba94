//! Campaigns that are paused.

use rewards_rules::RuleSet;
use rewards_rules::input::{Member, Transaction, Usage};
use rewards_rules::source::{SourceFile, Sources};

const PROGRAM: &str = "program: shop\ncurrency: EUR\ntimezone: UTC\nbase: [{id: all, rate: 1%}]\n";
const CAMPAIGNS: &str = "campaigns:
  - {campaign: spring, type: percentage, reward: {rate: 10%}, caps: {budget: 5.00}}
  - {campaign: extra, type: fixed, reward: {fixed: 1.00}}
";

fn compiled(more: &str) -> Result<RuleSet, String> {
    let files = [("program.yaml", PROGRAM), ("campaigns.yaml", CAMPAIGNS), ("paused.yaml", more)];
    let files = files.into_iter().filter(|(_, text)| !text.is_empty());
    let file = |(path, text): (&str, &str)| SourceFile { path: path.to_owned(), bytes: text.as_bytes().to_vec() };
    RuleSet::compile(Sources::new(files.map(file))).map_err(|findings| findings.render(false))
}

#[test]
fn a_paused_campaign_does_not_run_and_keeps_its_place_and_its_counters() {
    let runs = compiled("").unwrap();
    let paused = compiled("campaigns: []\npaused: [spring]\n").unwrap();
    assert_ne!(runs.hash(), paused.hash());
    let transaction = r#"{"id":"t1","amount":"20.00","currency":"EUR","occurred_at":"2026-03-01T12:00:00Z"}"#;
    let transaction = Transaction::from_json(transaction).unwrap();
    let member = Member::new("m");
    let total = |rules: &RuleSet| {
        let outcome = rules.evaluate(&transaction, &member, &Usage::default()).unwrap();
        let explained = rules.evaluate_explained(&transaction, &member, &Usage::default()).unwrap();
        assert_eq!(outcome.to_canonical_json(), explained.to_canonical_json());
        (outcome.totals.total.to_string(), explained.to_json())
    };
    assert_eq!(total(&runs).0, "3.20");
    let (left, told) = total(&paused);
    assert_eq!(left, "1.20");
    assert!(told.contains("outside_window") && told.contains("paused: [spring]"), "{told}");
    assert_eq!(
        runs.usage_keys(&transaction, &member).unwrap(),
        paused.usage_keys(&transaction, &member).unwrap(),
        "its budget goes on"
    );
    let states: Vec<bool> = paused.describe().campaigns.iter().map(|campaign| campaign.paused).collect();
    assert_eq!(states, [true, false]);
}

#[test]
fn what_is_paused_has_to_be_there() {
    let found = compiled("campaigns: []\npaused: [sprint]\n").unwrap_err();
    assert!(found.contains("R0306") && found.contains("did you mean `spring`?"), "{found}");
}

#[test]
fn a_pause_is_a_change_in_words() {
    let changes =
        rewards_rules::diff::compare(&compiled("").unwrap(), &compiled("campaigns: []\npaused: [extra]\n").unwrap());
    let words: Vec<String> = changes.changes.iter().map(|change| format!("{change:?}")).collect();
    assert!(words.len() == 1 && words.concat().contains("paused"), "{words:?}");
}
