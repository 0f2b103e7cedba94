//! Any text as a transaction, a member and usage.

use rewards_rules::RuleSet;
use rewards_rules::input::{Member, Raw, Transaction, Usage};

use super::files::{compile, fixed, invariants};

/// As JSON or YAML with `transaction`, `member` and `usage`, under the fixed rule set.
pub(super) fn inputs(data: &[u8]) {
    thread_local! {
        static RULES: RuleSet = compile(fixed()).unwrap();
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = Raw::from_json(text);
    let Ok(Raw::Map(entries)) = Raw::from_json_or_yaml(text) else { return };
    let mut tx = None;
    let mut member = Member::new("member");
    let mut usage = Usage::default();
    for (key, value) in entries {
        match key.as_str() {
            "transaction" => tx = Transaction::from_raw(value).ok(),
            "member" => member = Member::from_raw(value).unwrap_or(member),
            "usage" => usage = Usage::from_raw(value).unwrap_or(usage),
            _ => {}
        }
    }
    if let Some(tx) = tx {
        RULES.with(|rules| invariants(rules, &tx, &member, &usage));
    }
}
