//! Warnings that comments allow are set apart, and comments that allow nothing are told.
//!
//! A room of its own because it is the last of the checks: it needs to know everything that was found.

use super::report::did_you_mean;
use crate::source::{Allowed, Code, Finding, Severity, Sources, nearest};
use crate::syntax::allow::{Allow, allows};

/// Sets apart what comments in the files that `concerns` names allow. What is wrong with those comments is added,
/// unless there is an error: then not everything was looked for.
pub(crate) fn apply(
    sources: &Sources,
    concerns: impl Fn(&str) -> bool,
    findings: Vec<Finding>,
) -> (Vec<Finding>, Vec<Allowed>) {
    let files = (0_u32..).zip(sources.files()).filter(|(_, file)| concerns(&file.path));
    let comments: Vec<Allow> = files.flat_map(|(index, file)| allows(index, file)).collect();
    if comments.is_empty() {
        return (findings, Vec::new());
    }
    let errors = findings.iter().any(|f| f.severity() == Severity::Error);
    let codes: Vec<Vec<Option<Code>>> =
        comments.iter().map(|a| a.codes.iter().map(|c| usable(&c.value)).collect()).collect();
    let mut used: Vec<Vec<bool>> = codes.iter().map(|c| vec![false; c.len()]).collect();
    let (mut kept, mut allowed) = (Vec::new(), Vec::new());
    for finding in findings {
        let mut reason: Option<&str> = None;
        for ((comment, codes), used) in comments.iter().zip(&codes).zip(&mut used) {
            for (code, used) in codes.iter().zip(used) {
                if *code == Some(finding.code) && holds(comment, &finding) {
                    *used = true;
                    reason = reason.filter(|r| !r.is_empty()).or(Some(&comment.reason));
                }
            }
        }
        match reason {
            Some(reason) => allowed.push(Allowed { reason: reason.to_owned(), finding }),
            None => kept.push(finding),
        }
    }
    if !errors {
        for ((comment, codes), used) in comments.iter().zip(&codes).zip(&used) {
            about(comment, codes, used, &mut kept);
        }
    }
    (kept, allowed)
}

fn usable(code: &str) -> Option<Code> {
    Code::from_text(code).filter(|c| c.can_be_allowed())
}

fn holds(comment: &Allow, finding: &Finding) -> bool {
    finding.span.is_some_and(|span| {
        span.file == comment.holds.file && (comment.holds.start..comment.holds.end).contains(&span.start)
    })
}

/// What is wrong with a comment, if anything.
fn about(comment: &Allow, codes: &[Option<Code>], used: &[bool], findings: &mut Vec<Finding>) {
    if comment.codes.is_empty() {
        let message = "this comment names no code";
        let help = "write `rewards: allow CODE -- reason`, for example `rewards: allow R0402 -- meant so`";
        findings.push(Finding::new(Code::AllowUnusable, comment.span, message).help(help));
        return;
    }
    let mut sound = true;
    for ((written, code), used) in comment.codes.iter().zip(codes).zip(used) {
        let name = written.value.as_str();
        if code.is_none() {
            sound = false;
            let (message, help) = match Code::from_text(name) {
                Some(code) if code.severity() == Severity::Error => (
                    format!("{name} is an error and cannot be allowed"),
                    "only warnings can be; an error is mended".to_owned(),
                ),
                Some(_) => (format!("{name} cannot be allowed"), "mend the comment that it is about".to_owned()),
                None => {
                    let codes = Code::ALL.iter().filter(|c| c.can_be_allowed()).map(|c| c.as_str());
                    let otherwise = || "codes look like R0402; the reason stands after `--`".to_owned();
                    (format!("there is no code `{name}`"), did_you_mean(nearest(name, codes), otherwise))
                }
            };
            findings.push(Finding::new(Code::AllowUnusable, written.span, message).help(help));
        } else if !used {
            sound = false;
            let message = format!("{name} is allowed here and was not found");
            let help = "take it out, or put it at the end of the line that the warning names";
            findings.push(Finding::new(Code::AllowUnused, written.span, message).help(help));
        }
    }
    // A comment that is of no use needs no reason.
    if sound && comment.reason.is_empty() {
        let message = "this comment does not say why";
        let help = "write the reason after the code: `-- reason`";
        findings.push(Finding::new(Code::AllowWithoutReason, comment.span, message).help(help));
    }
}
