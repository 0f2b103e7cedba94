//! The page of each code, and all of them as one document.
//!
//! A room of its own because a page is text for a reader, and every host shows the same: the command prints it, an
//! editor shows it, `docs/findings.md` has all. A page is written once, in `pages/`.

use super::{Code, Severity};
use crate::input::ErrorCode;
use crate::outcome::Reason;
use crate::source::nearest;

/// What stands before the pages in the document.
const INTRODUCTION: &str = include_str!("pages/introduction.md");
/// Pages of the errors of evaluations and inputs: a heading and some sentences each.
const ERRORS: &str = include_str!("pages/errors.md");
/// Pages of the reasons for which a rule grants nothing.
const REASONS: &str = include_str!("pages/reasons.md");

impl Code {
    /// Its page in Markdown: a heading, what it means, why it matters, a wrong and a right example. What
    /// `rewards explain` prints.
    pub fn page(self) -> String {
        let kind = match self.severity() {
            Severity::Error if self.is_of_tests() => "An error: this test is not run until it is mended.",
            Severity::Error => "An error: there is no rule set until it is mended.",
            Severity::Warning if self.can_be_allowed() => "A warning, which can be allowed in place.",
            Severity::Warning => "A warning.",
        };
        format!("# {self}: {}\n\n{kind}\n\n{}", self.title(), self.explanation())
    }
}

/// The page of a finding's code (`R0402`), of an error (`currency_mismatch`) or of a reason for which nothing was
/// granted (`below_minimum`), in capitals or small letters. An error and a reason of one name share a page.
pub fn page(name: &str) -> Option<String> {
    if let Some(code) = Code::from_text(&name.to_uppercase()) {
        return Some(code.page());
    }
    let name = name.to_lowercase();
    let title = format!("# {name}");
    match (section(ERRORS, &name), section(REASONS, &name)) {
        (Some(error), Some(reason)) => Some(format!(
            "{title}\n\nAs an error (of a redemption or transfer):\n\n{error}\n\nAs a reason (of a purchase):\n\n{reason}\n"
        )),
        (error, reason) => error.or(reason).map(|text| format!("{title}\n\n{text}\n")),
    }
}

/// Everything that has a page: findings by number, then errors, then reasons.
pub fn names() -> impl Iterator<Item = &'static str> {
    let codes = Code::ALL.iter().map(|c| c.as_str());
    let errors = ErrorCode::ALL.iter().map(|e| e.as_str());
    let reasons = Reason::ALL.iter().map(|r| r.as_str()).filter(|r| ErrorCode::ALL.iter().all(|e| e.as_str() != *r));
    codes.chain(errors).chain(reasons)
}

/// The name that was probably meant where there is no page.
pub fn nearest_name(name: &str) -> Option<&'static str> {
    nearest(name, names())
}

/// All pages as one document in Markdown: `docs/findings.md`.
pub fn document() -> String {
    let mut text = INTRODUCTION.to_owned();
    for code in Code::ALL {
        text.push_str("\n#");
        text.push_str(&code.page());
    }
    for part in [ERRORS, REASONS] {
        text.push('\n');
        text.push_str(part);
    }
    text
}

/// The text below the heading `### NAME` or `### NAME (of what)`.
fn section<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut parts = text.split("\n### ").skip(1);
    let found = parts.find_map(|part| {
        let (heading, text) = part.split_once('\n')?;
        (heading.split(' ').next() == Some(name)).then_some(text)
    })?;
    Some(found.split("\n## ").next().unwrap_or(found).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_page_of_its_own() {
        for name in names() {
            let page = page(name).unwrap_or_default();
            assert!(page.starts_with(&format!("# {name}")), "{name}: {page}");
            assert!(page.len() > name.len().saturating_add(40), "{name}: {page}");
            assert!(page.lines().all(|l| !l.starts_with("##")), "{name}: {page}");
        }
    }

    #[test]
    fn every_page_of_errors_and_reasons_is_of_something_that_there_is() {
        for (text, known) in [
            (ERRORS, ErrorCode::ALL.iter().map(|e| e.as_str()).collect::<Vec<_>>()),
            (REASONS, Reason::ALL.iter().map(|r| r.as_str()).collect()),
        ] {
            let headings: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("### ")).collect();
            let names: Vec<&str> = headings.iter().filter_map(|h| h.split(' ').next()).collect();
            assert_eq!(names, known);
        }
    }

    #[test]
    fn a_name_of_both_says_which_is_which_and_has_two_headings() {
        let both: Vec<&str> = ErrorCode::ALL
            .iter()
            .map(|e| e.as_str())
            .filter(|e| Reason::ALL.iter().any(|r| r.as_str() == *e))
            .collect();
        // What `page` says of both is true of this one: a redemption fails, a purchase earns nothing.
        assert_eq!(both, ["member_inactive"]);
        assert_eq!(
            page("member_inactive").as_deref(),
            Some(
                "# member_inactive\n\nAs an error (of a redemption or transfer):\n\nThe member is `blocked` or `closed` \
                 and can redeem or transfer nothing, and nothing can be transferred to it.\n\nAs a reason (of a \
                 purchase):\n\nThe member is `blocked` or `closed`. Purchases are \
                 recorded and earn nothing.\n"
            )
        );
        let document = document();
        let mut headings: Vec<&str> = document.lines().filter(|l| l.starts_with('#')).collect();
        headings.sort_unstable();
        let all = headings.len();
        headings.dedup();
        assert_eq!(headings.len(), all);
    }

    #[test]
    fn a_page_says_what_its_error_prevents() {
        for (name, kind) in [
            ("R0109", "An error: there is no rule set until it is mended."),
            ("R0501", "An error: this test is not run until it is mended."),
            ("R0505", "An error: this test is not run until it is mended."),
            ("R0506", "A warning, which can be allowed in place."),
            ("R0601", "A warning."),
        ] {
            assert_eq!(page(name).unwrap_or_default().lines().nth(2), Some(kind), "{name}");
        }
    }

    #[test]
    fn a_name_is_found_whatever_its_case_and_a_slip_is_told() {
        assert_eq!(page("r0402"), Some(Code::RateAboveOne.page()));
        assert_eq!(page("Currency_Mismatch"), page("currency_mismatch"));
        assert_eq!(page("R9999"), None);
        assert_eq!(nearest_name("curency_mismatch"), Some("currency_mismatch"));
        assert_eq!(nearest_name("below_minimun"), Some("below_minimum"));
        assert_eq!(nearest_name("R402"), Some("R0402"));
    }
}
