//! How long an editor waits: the real command with 1,000 campaigns, from an edit to its findings, and for an answer.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    missing_docs,
    dead_code,
    reason = "a tool that measures stops at the first surprise, and uses a part of the tests' client"
)]

#[path = "../tests/it/lsp/client.rs"]
mod client;

use std::fs;
use std::time::{Duration, Instant};

use serde_json::json;

const CAMPAIGNS: usize = 1_000;
const ROUNDS: usize = 51;

fn campaign(number: usize) -> String {
    format!(
        "campaign: promo-{number:04}\nname: Promotion {number}\ntype: percentage\nactive: {{from: 2026-01-01, to: 2026-03-31}}\n\
         days: [sat, sun]\nwhen: tx.category == \"dining\" && tx.merchant == \"m{number:04}\"\nmin_transaction: 20.00\n\
         reward: {{rate: 2%}}\ncaps:\n  per_transaction: 10.00\n  per_member: {{amount: 50.00, per: month}}\n"
    )
}

/// Prints the middle and the longest of some times.
fn print(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let milliseconds = |at: usize| times[at].as_micros();
    let (middle, longest) = (milliseconds(times.len() / 2), milliseconds(times.len() - 1));
    println!("{what:<44} {middle:>7} µs, longest {longest:>7} µs");
}

fn main() {
    let folder = tempfile::TempDir::new().unwrap();
    let program = "program: card\ncurrency: USD\ntimezone: UTC\nbase:\n  - id: everything\n    rate: 1%\n";
    fs::write(folder.path().join("program.yaml"), program).unwrap();
    for number in 0..CAMPAIGNS {
        fs::write(folder.path().join(format!("c{number:04}.yaml")), campaign(number)).unwrap();
    }
    let (mut client, _) = client::Client::new(folder.path(), json!({}));
    let text = campaign(0);
    let broken = text.replace("merchant", "merchnt");
    let begun = Instant::now();
    client.open("c0000.yaml", &broken);
    client.findings("c0000.yaml", &["R0203"]);
    print("open the first file, to its findings", vec![begun.elapsed()]);
    let (mut edits, mut completions, mut definitions) = (Vec::new(), Vec::new(), Vec::new());
    let mut version = 1;
    for _ in 0..ROUNDS {
        for (text, codes) in [(text.as_str(), &[][..]), (broken.as_str(), &["R0203"][..])] {
            version += 1;
            let begun = Instant::now();
            client.write("c0000.yaml", version, text);
            client.findings("c0000.yaml", codes);
            edits.push(begun.elapsed());
        }
        let begun = Instant::now();
        assert!(!client.complete("c0000.yaml", 5, 9).is_empty());
        completions.push(begun.elapsed());
        let place = client.at("c0000.yaml", 5, 9);
        let begun = Instant::now();
        client.ask("textDocument/definition", place);
        definitions.push(begun.elapsed());
    }
    print("an edit, to its findings", edits);
    print("completion in a condition", completions);
    print("definition", definitions);
    assert!(client.end().success());
}
