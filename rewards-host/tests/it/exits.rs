//! Every exit status, and which stream says why.

use crate::run::{Ran, rewards, rewards_with_input};

const EVALUATE: &str = "evaluate --rules card --transaction";

/// Arguments; the status; whether anything is on standard output; whether anything is on standard error.
const CASES: &[(&str, i32, bool, bool)] = &[
    ("--help", 0, true, false),
    ("--version", 0, true, false),
    ("help evaluate", 0, true, false),
    ("validate card", 0, true, false),
    ("validate card packs split", 0, true, false),
    ("validate card/program.yaml", 0, true, false),
    ("validate warned", 0, true, false),
    ("validate warned --deny warnings", 1, true, false),
    ("validate card --deny warnings", 0, true, false),
    ("validate broken", 1, true, false),
    ("validate card broken", 1, true, false),
    ("validate malformed", 1, true, false),
    ("validate failing", 0, true, false),
    ("validate broken --format json", 1, true, false),
    ("validate broken --format sarif", 1, true, false),
    ("validate broken --format junit", 1, true, false),
    ("validate broken --format github", 1, true, false),
    ("validate card --format github", 0, false, false),
    ("validate", 2, false, true),
    ("validate nowhere", 2, false, true),
    ("validate card nowhere", 2, false, true),
    ("validate inputs/purchase.json", 2, false, true),
    ("validate inputs", 1, true, false),
    ("validate card --format xml", 2, false, true),
    ("validate card --deny errors", 2, false, true),
    ("test card", 0, true, false),
    ("test card/card.test.yaml", 0, true, false),
    ("test card failing", 1, true, false),
    ("test failing --filter passes", 0, true, false),
    ("test failing --filter step", 1, true, false),
    ("test failing --filter nothing", 2, false, true),
    ("test warned", 0, true, true),
    ("test broken", 1, true, false),
    ("test malformed", 1, true, false),
    ("test nowhere", 2, false, true),
    ("test", 2, false, true),
    ("explain R0402", 0, true, false),
    ("explain --all", 0, true, false),
    ("explain", 2, false, true),
    ("explain R9999", 2, false, true),
    ("explain R0402 --all", 2, false, true),
    ("validate allowed --deny warnings", 0, true, false),
    ("validate allowed --format gitlab", 0, true, false),
    ("diff card packs/one", 0, true, false),
    ("diff card packs/one --exit-code", 1, true, false),
    ("diff card card --exit-code", 0, true, false),
    ("diff card broken", 1, false, true),
    ("diff broken card --exit-code", 1, false, true),
    ("diff card nowhere", 2, false, true),
    ("hash card", 0, true, false),
    ("hash broken", 0, true, false),
    ("hash nowhere", 2, false, true),
    ("hash card broken", 2, false, true),
    ("evaluate --rules card --transaction inputs/purchase.json", 0, true, false),
    (
        "evaluate --rules card --transaction inputs/purchase.json --member inputs/member.yaml --usage inputs/usage.json",
        0,
        true,
        false,
    ),
    ("evaluate --rules card --transaction inputs/purchase.json --usage inputs/usage-misspelt.json", 1, false, true),
    ("graph card --transaction inputs/purchase.json --usage inputs/usage-misspelt.json", 1, false, true),
    ("evaluate --rules card --transaction inputs/purchase.json --explain", 0, true, false),
    ("evaluate --rules card --transaction inputs/purchase.json --format json", 0, true, false),
    ("evaluate --rules warned --transaction inputs/purchase.json", 0, true, false),
    ("evaluate --rules card --transaction inputs/divides.yaml", 1, false, true),
    ("evaluate --rules card --transaction inputs/no-amount.yaml", 1, false, true),
    ("evaluate --rules card --transaction inputs/not.json", 1, false, true),
    ("evaluate --rules card --transaction inputs/purchase.json --member inputs/usage.json", 1, false, true),
    ("evaluate --rules broken --transaction inputs/purchase.json", 1, false, true),
    ("evaluate --rules card --transaction nowhere.json", 2, false, true),
    ("evaluate --rules card --transaction inputs/purchase.json --member nowhere.json", 2, false, true),
    ("evaluate --rules card --transaction inputs/purchase.json --usage nowhere.json", 2, false, true),
    ("evaluate --rules card --transaction inputs", 2, false, true),
    ("evaluate --rules nowhere --transaction inputs/purchase.json", 2, false, true),
    ("evaluate --rules card", 2, false, true),
    ("evaluate --rules card --transaction inputs/purchase.json --format sarif", 2, false, true),
    #[cfg(feature = "service")]
    ("config", 2, false, true),
    #[cfg(feature = "service")]
    ("config check --config nowhere.toml", 2, false, true),
    #[cfg(feature = "service")]
    ("serve --port web", 2, false, true),
    #[cfg(feature = "service")]
    ("token --sub alice", 2, false, true),
    #[cfg(feature = "service")]
    ("token --sub alice --role king", 2, false, true),
    ("completions bash", 0, true, false),
    ("completions tcl", 2, false, true),
    ("man", 0, true, false),
    ("man validate", 0, true, false),
    ("man nowhere", 2, false, true),
    ("", 2, false, true),
    ("valdate card", 2, false, true),
    ("--colour", 2, false, true),
];

#[test]
fn every_exit_status_and_stream() {
    let told: Vec<String> = CASES
        .iter()
        .filter_map(|(arguments, status, out, err)| {
            let ran = rewards(arguments);
            let as_due = ran.status == *status && ran.out.is_empty() != *out && ran.err.is_empty() != *err;
            (!as_due).then(|| format!("rewards {arguments}: {ran:?}"))
        })
        .collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn a_transaction_may_come_from_standard_input() {
    let purchase = "{id: t1, amount: 10.00, currency: USD, occurred_at: \"2026-02-02T10:00:00-05:00\"}";
    let Ran { status, out, err } = rewards_with_input(&format!("{EVALUATE} - --format json"), purchase);
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(out.contains("\"total\":\"0.10\"") && out.ends_with("}\n") && out.lines().count() == 1, "{out}");
    let ran = rewards_with_input(&format!("{EVALUATE} -"), "");
    assert_eq!(ran.status, 1, "{ran:?}");
}

/// Results are not mixed with colours when nobody looks at a terminal.
#[test]
fn what_goes_to_a_file_has_no_colours() {
    for arguments in ["validate broken", "test failing", "evaluate --rules broken --transaction inputs/purchase.json"] {
        let ran = rewards(arguments);
        assert!(!ran.out.contains('\u{1b}') && !ran.err.contains('\u{1b}'), "{ran:?}");
    }
}

#[test]
fn json_and_sarif_are_json_and_the_outcome_says_why_only_when_asked() {
    for arguments in [
        "validate card broken warned --format json",
        "validate broken --format sarif",
        "test failing --format json",
        "test failing --format sarif",
        "evaluate --rules card --transaction inputs/purchase.json --format json",
    ] {
        let out = rewards(arguments).out;
        assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok(), "{arguments}: {out}");
    }
    let plain = rewards(&format!("{EVALUATE} inputs/purchase.json --format json")).out;
    let explained = rewards(&format!("{EVALUATE} inputs/purchase.json --format json --explain")).out;
    let start = plain.trim_end().trim_end_matches('}');
    assert!(!plain.contains("rejected"));
    assert!(explained.starts_with(start) && explained.contains(",\"rejected\":[{\"kind\":"), "{explained}");
    let error = rewards(&format!("{EVALUATE} inputs/divides.yaml --format json")).err;
    let error: serde_json::Value = serde_json::from_str(&error).unwrap();
    assert_eq!((&error["code"], &error["rule"]), (&"division_by_zero".into(), &"shared-cost".into()));
    assert_eq!(error["place"]["file"], "card/campaigns.yaml");
}
