//! The conformance corpus, run by whatever calls itself a subject. Each case has its rule files, its inputs, and the
//! canonical outcome to the byte, or an error code.

use std::collections::BTreeMap;
use std::path::Path;

use rewards_rules::input::{InputError, Member, Raw, Redemption, Refund, Transaction, Usage};
use rewards_rules::outcome::Difference;
use rewards_rules::source::Sources;

use crate::reference::Event;
use crate::subject::{Reference, Subject, sources};
use crate::yaml;

/// One file of the corpus.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) rules: Sources,
    /// Every key but `rules`.
    pub(crate) keys: BTreeMap<String, Raw>,
}

pub(crate) fn map(raw: Raw) -> BTreeMap<String, Raw> {
    let Raw::Map(entries) = raw else { panic!("a mapping is due: {raw:?}") };
    entries.into_iter().collect()
}

pub(crate) fn text(raw: &Raw) -> String {
    match raw {
        Raw::Text(text) | Raw::Number(text) => text.clone(),
        other => panic!("a text is due: {other:?}"),
    }
}

/// Every case of the corpus, by name.
pub(crate) fn corpus() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance");
    let mut cases: Vec<Case> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        .map(|path| {
            let mut keys = map(yaml::read(&std::fs::read_to_string(&path).unwrap()));
            let files = map(keys.remove("rules").unwrap());
            let files = files.iter().map(|(path, content)| (path.clone(), text(content))).collect();
            Case { name: path.file_stem().unwrap().to_str().unwrap().to_owned(), rules: sources(&files), keys }
        })
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!cases.is_empty());
    cases
}

/// What a step or a case gives: canonical JSON or a code.
type Answer = Result<String, String>;

fn code(error: InputError) -> String {
    error.code.as_str().to_owned()
}

/// A member as written, with the id that it has where none is written.
fn member(raw: Option<&Raw>) -> Result<Member, InputError> {
    let mut entries = raw.cloned().map(map).unwrap_or_default();
    entries.entry("id".to_owned()).or_insert(Raw::Text("member".to_owned()));
    Member::from_raw(Raw::Map(entries.into_iter().collect()))
}

fn usage(raw: Option<&Raw>) -> Result<Usage, InputError> {
    raw.map_or(Ok(Usage::default()), |raw| Usage::from_raw(raw.clone()))
}

/// What is due, of a case or of a step; `None` where only `expect` is.
fn due(keys: &BTreeMap<String, Raw>) -> Option<Answer> {
    match (keys.get("outcome"), keys.get("error")) {
        (Some(outcome), _) => Some(Ok(text(outcome))),
        (None, Some(error)) => Some(Err(text(&map(error.clone())["code"]))),
        (None, None) => None,
    }
}

fn compare(place: &str, found: &Answer, due: &Answer) -> Result<(), String> {
    if found == due {
        return Ok(());
    }
    Err(match (due, found) {
        (Ok(due), Ok(found)) => {
            let Difference { place: at, first, second } = Difference::between(due, found).unwrap();
            format!("{place}: {at}\n    due:   {first}\n    found: {second}")
        }
        _ => format!("{place}\n    due:   {due:?}\n    found: {found:?}"),
    })
}

fn check(case: &Case, subject: &dyn Subject) -> Result<(), String> {
    if let Some(steps) = case.keys.get("steps") {
        return check_steps(case, subject, steps);
    }
    let found = (|| {
        let tx = Transaction::from_raw(case.keys["transaction"].clone()).map_err(code)?;
        let member = member(case.keys.get("member")).map_err(code)?;
        let usage = usage(case.keys.get("usage")).map_err(code)?;
        subject.evaluate(&tx, &member, &usage).map_err(|code| code.as_str().to_owned())
    })();
    compare(&case.name, &found, &due(&case.keys).unwrap())
}

fn check_steps(case: &Case, subject: &dyn Subject, steps: &Raw) -> Result<(), String> {
    let given = case.keys.get("given").cloned().map(map).unwrap_or_default();
    let member = member(given.get("member")).unwrap();
    let mut engine = subject.begin(&[(member.clone(), usage(given.get("usage")).unwrap())]);
    let Raw::List(steps) = steps else { panic!("steps are a list") };
    let mut at = None;
    for (number, step) in steps.iter().enumerate() {
        let place = format!("{}, step {}", case.name, number + 1);
        let step = map(step.clone());
        let event = (|| {
            Ok(if let Some(raw) = step.get("transaction") {
                let tx = Transaction::from_raw(raw.clone())?;
                at = Some(tx.occurred_at);
                Event::Purchase(tx, member.clone())
            } else if let Some(raw) = step.get("refund") {
                let refund = Refund::from_raw(raw.clone())?;
                at = Some(refund.occurred_at);
                Event::Refund(refund)
            } else {
                let redemption = Redemption::from_raw(step["redeem"].clone())?;
                at = Some(redemption.at);
                Event::Redeem(redemption, member.clone())
            })
        })();
        let found = match event {
            Err(error) => Err(code(error)),
            Ok(event) => engine.post(&event).map_err(|code| code.as_str().to_owned()),
        };
        match (due(&step), &found) {
            (Some(due), found) => compare(&place, found, &due)?,
            (None, Err(_)) => return Err(format!("{place}: {found:?}")),
            (None, Ok(_)) => {}
        }
        for (what, value) in step.get("expect").cloned().map(map).unwrap_or_default() {
            let answer = match what.as_str() {
                "available" => Ok(engine.available(&member.id, at.unwrap())),
                "pending" => Ok(engine.pending(&member.id, at.unwrap())),
                "debt" => Ok(engine.debt(&member.id)),
                "tier" => Ok(engine.tier(&member.id, at.unwrap()).unwrap_or_default()),
                other => panic!("{place}: `{other}` is not known"),
            };
            compare(&format!("{place}, {what}"), &answer, &Ok(text(&value)))?;
        }
    }
    Ok(())
}

/// Runs the whole corpus and tells of every case that fails.
pub(crate) fn run<S: Subject>(read: impl Fn(&Sources) -> Result<S, String>) {
    let cases = corpus();
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| match read(&case.rules) {
            Ok(subject) => check(case, &subject).err(),
            Err(message) => Some(format!("{}: {message}", case.name)),
        })
        .collect();
    assert!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

#[test]
fn the_reference_agrees_with_the_corpus() {
    run(Reference::read);
}
