//! What tells a finding from others when lines above it come and go.
//!
//! A room of its own because two formats need the same: code scanning and code quality services follow a finding from
//! one version of a file to the next by it.

use std::collections::HashMap;

use rewards_rules::source::Report as Finding;
use xxhash_rust::xxh3::xxh3_64;

/// Fingerprints of one run, each once.
#[derive(Debug, Default)]
pub(super) struct Fingerprints {
    seen: HashMap<u64, u32>,
}

impl Fingerprints {
    /// Of a finding: its code, its file and the line as written, and which of several equal ones it is.
    pub(super) fn of(&mut self, finding: &Finding) -> String {
        let file = finding.place.as_ref().map_or("", |p| p.file.as_str());
        let line = finding.source_line.as_deref().unwrap_or(&finding.message);
        self.next(finding.code, file, line.trim())
    }

    /// Of anything with a kind, a file and a text.
    pub(super) fn next(&mut self, kind: &str, file: &str, text: &str) -> String {
        let hash = xxh3_64(format!("{kind}\0{file}\0{text}").as_bytes());
        let before = self.seen.entry(hash).or_default();
        *before = before.saturating_add(1);
        format!("{hash:016x}:{before}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_stable_and_there_once() {
        let mut prints = Fingerprints::default();
        let first = prints.next("R0402", "a.yaml", "rate: 6");
        assert_eq!(first, Fingerprints::default().next("R0402", "a.yaml", "rate: 6"));
        let others = [("R0402", "a.yaml", "rate: 6"), ("R0402", "b.yaml", "rate: 6"), ("R0401", "a.yaml", "rate: 6")];
        assert!(others.iter().all(|(kind, file, text)| prints.next(kind, file, text) != first));
    }
}
