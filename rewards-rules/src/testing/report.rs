//! A failed test in words: every expectation that was not met, and where each cent that was granted came from.

use super::{StepResult, TestResult};

impl StepResult {
    /// What was expected and what came, one a line, and under it what was granted; empty if all came. Each line is
    /// ended.
    pub fn explain(&self) -> String {
        if self.mismatches.is_empty() {
            return String::new();
        }
        let widest = |texts: &mut dyn Iterator<Item = &str>| texts.map(|t| t.chars().count()).max().unwrap_or(0);
        let items = widest(&mut self.mismatches.iter().map(|m| m.item));
        let expected = widest(&mut self.mismatches.iter().map(|m| m.expected.as_str()));
        let mut text = String::new();
        for m in &self.mismatches {
            text.push_str(&format!("{:<items$}  expected {:<expected$}  got {}\n", m.item, m.expected, m.actual));
        }
        if let Some(outcome) = &self.outcome {
            let waterfall = outcome.waterfall();
            match outcome.reason {
                Some(reason) => text.push_str(&format!("nothing was granted: {} ({reason})\n", reason.words())),
                None if waterfall.is_empty() => text.push_str("nothing was granted\n"),
                None => {
                    text.push_str("what was granted:\n");
                    for line in waterfall.lines() {
                        let indent = if line.is_empty() { "" } else { "  " };
                        text.push_str(&format!("{indent}{line}\n"));
                    }
                }
            }
        }
        text
    }
}

impl TestResult {
    /// Why it failed, step by step; empty if it passed. Each line is ended.
    pub fn explain(&self) -> String {
        let mut text = String::new();
        for (step, number) in self.steps.iter().zip(1_u32..).filter(|(s, _)| !s.mismatches.is_empty()) {
            let details = step.explain();
            if !self.has_steps {
                text.push_str(&details);
                continue;
            }
            let line = step.place.line;
            text.push_str(&format!("step {number}, {} {} (line {line}):\n", step.kind, step.id));
            for line in details.lines() {
                let indent = if line.is_empty() { "" } else { "  " };
                text.push_str(&format!("{indent}{line}\n"));
            }
        }
        text
    }
}
