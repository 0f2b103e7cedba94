//! What people and tools read, word for word.

use crate::run::{Ran, rewards};

/// Arguments that show one output each.
const SHOWN: &[(&str, &str)] = &[
    ("help", "--help"),
    ("validate-several", "validate card broken warned packs"),
    ("validate-malformed", "validate malformed"),
    ("validate-json", "validate broken warned --format json"),
    ("validate-sarif", "validate broken warned --format sarif"),
    ("validate-junit", "validate broken warned card --format junit"),
    ("validate-github", "validate broken warned --format github"),
    ("validate-gitlab", "validate broken warned allowed --format gitlab"),
    ("allowed", "validate allowed"),
    ("allowed-json", "validate allowed --format json"),
    ("allowed-sarif", "validate allowed --format sarif"),
    ("allowed-junit", "validate allowed --format junit"),
    ("explain", "explain R0402"),
    ("validate-nowhere", "validate nowhere"),
    ("test-passed", "test card packs"),
    ("test-failed", "test card failing"),
    ("test-malformed", "test malformed"),
    ("test-malformed-and-others", "test malformed failing --filter fine"),
    ("test-malformed-json", "test malformed --format json"),
    ("test-malformed-junit", "test malformed --format junit"),
    ("test-json", "test failing --format json --filter always"),
    ("test-sarif", "test failing --format sarif"),
    ("test-junit", "test card failing --format junit"),
    ("test-github", "test failing --format github"),
    ("test-filter-nothing", "test card --filter nothing"),
    ("evaluate", "evaluate --rules card --transaction inputs/purchase.json"),
    ("test-coverage", "test card packs --coverage"),
    ("test-coverage-min", "test card --coverage-min 99.5%"),
    ("test-coverage-json", "test card --coverage-min 50% --format json"),
    ("test-coverage-junit", "test card --coverage-min 100% --format junit"),
    ("test-coverage-github", "test card --coverage-min 100 --format github"),
    ("test-mutate", "test packs/one failing mutated --mutate"),
    ("test-mutate-json", "test mutated --mutate --format json"),
    ("test-mutate-github", "test mutated --mutate-min 100% --format github"),
    ("test-mutate-junit", "test mutated --mutate-min 95% --coverage --format junit"),
    ("test-mutate-min", "test mutated --mutate-min 60%"),
    ("test-coverage-percent", "test card --coverage-min 101%"),
    (
        "evaluate-explain",
        "evaluate --rules card --transaction inputs/purchase.json --member inputs/member.yaml --usage inputs/usage.json \
         --explain",
    ),
    (
        "evaluate-json",
        "evaluate --rules card --transaction inputs/purchase.json --member inputs/member.yaml --format json",
    ),
    ("evaluate-error", "evaluate --rules card --transaction inputs/divides.yaml"),
    (
        "evaluate-usage-misspelt",
        "evaluate --rules card --transaction inputs/purchase.json --usage inputs/usage-misspelt.json",
    ),
    ("hash", "hash card"),
    ("graph", "graph card"),
    (
        "graph-purchase",
        "graph card --transaction inputs/purchase.json --member inputs/member.yaml --usage inputs/usage.json",
    ),
    ("graph-dot", "graph packs/one --format dot"),
    ("graph-broken", "graph broken"),
    ("graph-member-alone", "graph card --member inputs/member.yaml"),
];

#[test]
fn outputs_are_as_reviewed() {
    for (name, arguments) in SHOWN {
        let Ran { status, out, err } = rewards(arguments);
        let arguments = arguments.split_whitespace().collect::<Vec<_>>().join(" ");
        let err = if err.is_empty() { String::new() } else { format!("\n--- standard error\n{err}") };
        insta::assert_snapshot!(*name, format!("$ rewards {arguments}\n{out}{err}\n--- exit status {status}"));
    }
}
