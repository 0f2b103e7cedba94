//! Findings for people, with the line they are about underlined, and for programs, as plain data.
//!
//! A room of its own so that every host shows the same text; a host chooses colours and where it goes, no words.

use std::fmt;

use serde::Serialize;
use unicode_width::UnicodeWidthChar;

use super::files::{PLACE, characters, is_continuation};
use super::{Finding, Findings, Place, Severity, SourceFile, Sources, Span};
use crate::schema::{Shape, written};

/// The most columns of a source line that are shown; of a longer one, what is around the mistake.
const MAX_COLUMNS: usize = 120;
/// How many columns before the mistake stay visible in a long line.
const LEAD: usize = 40;
/// How many bytes around the mistake are looked at for that.
const WINDOW: usize = 1_000;
/// The most characters of a line in a [`Report`].
const MAX_LINE: usize = 400;
/// What a tab becomes.
const TAB: &str = "    ";

/// A finding as data, for JSON and the formats made from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The stable code: `R0101`.
    pub code: &'static str,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Where it stands; absent where no file is to blame.
    pub place: Option<Place>,
    /// The first line it is about, as written, cut after 400 characters.
    pub source_line: Option<String>,
}

written! {
    /// Something found in the rule files.
    pub(crate) static FINDING: Report as "Finding", f {
        "code" Always Shape::Text, "The stable code: `R0101`. Its page is in docs/findings.md." => f.code;
        "severity" Always Shape::Words(severities), "Whether the rules can be used as they are." => f.severity;
        "message" Always Shape::Text, "What is wrong." => f.message;
        "help" Nullable Shape::Text, "What to do about it." => f.help;
        "place" Nullable Shape::Object(&PLACE), "Where it stands; nothing where no file is to blame." => f.place;
        "source_line" Nullable Shape::Text, "The first line it is about, as written, cut after 400 characters." => f.source_line;
    }
}

fn severities() -> Vec<&'static str> {
    [Severity::Error, Severity::Warning].map(Severity::as_str).to_vec()
}

/// A warning that a comment allows, as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AllowedReport {
    /// The warning.
    #[serde(flatten)]
    pub finding: Report,
    /// Why it is allowed, as the comment says.
    pub reason: String,
}

impl Severity {
    /// `error` or `warning`.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// The first line of a stretch of a file, as it can be shown, and where in it the stretch is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The line; of a long one, what is around the stretch.
    pub line: String,
    /// Columns before the stretch.
    pub indent: usize,
    /// Columns of the stretch, at least one.
    pub width: usize,
}

impl Sources {
    /// The line of a span, for underlining; `None` if it is in none of the files.
    pub fn excerpt(&self, span: Span) -> Option<Excerpt> {
        let located = Lines::new(self.files()).locate(span)?;
        let (line, indent, width) = excerpt(located.line, located.mistake);
        Some(Excerpt { line, indent, width })
    }
}

impl Findings {
    /// The findings as data, in order of place.
    pub fn report(&self) -> Vec<Report> {
        let mut lines = Lines::new(self.sources().files());
        self.iter().map(|finding| report(finding, &mut lines)).collect()
    }

    /// The warnings that comments allow as data, in order of place.
    pub fn allowed_report(&self) -> Vec<AllowedReport> {
        let mut lines = Lines::new(self.sources().files());
        let report =
            |a: &super::Allowed| AllowedReport { finding: report(&a.finding, &mut lines), reason: a.reason.clone() };
        self.allowed().iter().map(report).collect()
    }

    /// The findings for a terminal or a log, with ANSI colours if asked for. The last line, without a line break
    /// after it, counts them.
    pub fn render(&self, colour: bool) -> String {
        let mut text = String::new();
        let mut lines = Lines::new(self.sources().files());
        for finding in self {
            let located = finding.span.and_then(|span| lines.locate(span));
            render_one(&mut text, finding, located.as_ref(), colour);
            text.push('\n');
        }
        text.push_str(&self.summary());
        text
    }

    /// "2 errors, 1 warning", or "no findings"; with ", 1 allowed" where comments allow any.
    pub fn summary(&self) -> String {
        let errors = self.iter().filter(|f| f.severity() == Severity::Error).count();
        let warnings = self.len().saturating_sub(errors);
        let count = |n: usize, word: &str| match n {
            0 => None,
            1 => Some(format!("1 {word}")),
            n => Some(format!("{n} {word}s")),
        };
        let mut counts: Vec<String> =
            [count(errors, "error"), count(warnings, "warning")].into_iter().flatten().collect();
        if counts.is_empty() {
            counts.push("no findings".to_owned());
        }
        if !self.allowed().is_empty() {
            counts.push(format!("{} allowed", self.allowed().len()));
        }
        counts.join(", ")
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Findings {}

/// Where a finding stands, with its first line.
struct Located<'s> {
    place: Place,
    /// The first line.
    line: &'s [u8],
    /// The mistake in it: first byte and one past the last.
    mistake: (usize, usize),
}

/// Finds lines of files; each file is searched for line breaks once.
struct Lines<'s> {
    files: &'s [SourceFile],
    starts: Vec<Option<Vec<usize>>>,
}

impl<'s> Lines<'s> {
    fn new(files: &'s [SourceFile]) -> Lines<'s> {
        Lines { files, starts: vec![None; files.len()] }
    }

    fn locate(&mut self, span: Span) -> Option<Located<'s>> {
        let index = usize::try_from(span.file).ok()?;
        let file = self.files.get(index)?;
        let starts = self.starts.get_mut(index)?.get_or_insert_with(|| line_starts(&file.bytes));
        let offset = |n: u32| usize::try_from(n).unwrap_or(usize::MAX).min(file.bytes.len());
        let (start, end) = (offset(span.start), offset(span.end.max(span.start)));
        let (line, line_start) = line_of(starts, start);
        let (end_line, end_line_start) = line_of(starts, end);
        let column = |from: usize, to: usize| count(characters(file.bytes.get(from..to).unwrap_or_default()));
        let place = Place {
            file: file.path.clone(),
            line: count(line),
            column: column(line_start, start),
            end_line: count(end_line),
            end_column: column(end_line_start, end),
        };
        let rest = file.bytes.get(line_start..).unwrap_or_default();
        let length = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
        let line = rest.get(..length).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let within = |at: usize| at.saturating_sub(line_start).min(line.len());
        Some(Located { place, line, mistake: (within(start), within(end)) })
    }
}

fn report(finding: &Finding, lines: &mut Lines<'_>) -> Report {
    let located = finding.span.and_then(|span| lines.locate(span));
    Report {
        code: finding.code.as_str(),
        severity: finding.severity().as_str(),
        message: finding.message.clone(),
        help: finding.help.clone(),
        source_line: located.as_ref().map(|l| source_line(l.line)),
        place: located.map(|l| l.place),
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX).saturating_add(1)
}

fn line_starts(bytes: &[u8]) -> Vec<usize> {
    let breaks = bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at.saturating_add(1));
    std::iter::once(0).chain(breaks).collect()
}

/// Number of the line, from 0, and its first byte.
fn line_of(starts: &[usize], offset: usize) -> (usize, usize) {
    let line = starts.partition_point(|&start| start <= offset).saturating_sub(1);
    (line, starts.get(line).copied().unwrap_or_default())
}

fn render_one(text: &mut String, finding: &Finding, located: Option<&Located<'_>>, colour: bool) {
    let paint = |code: &'static str, t: &str| if colour { format!("\u{1b}[{code}m{t}\u{1b}[0m") } else { t.to_owned() };
    let mark = match finding.severity() {
        Severity::Error => "1;31",
        Severity::Warning => "1;33",
    };
    let head = format!("{}[{}]", finding.severity().as_str(), finding.code);
    text.push_str(&paint(mark, &head));
    text.push_str(&paint("1", &format!(": {}", finding.message)));
    text.push('\n');
    let number = located.map_or_else(String::new, |l| l.place.line.to_string());
    let margin = " ".repeat(number.len());
    if let Some(l) = located {
        let Place { file, line, column, .. } = &l.place;
        text.push_str(&format!("{margin}{} {file}:{line}:{column}\n", paint("34", "-->")));
        let (shown, indent, carets) = excerpt(l.line, l.mistake);
        let bar = paint("34", "|");
        text.push_str(&format!("{margin} {bar}\n"));
        text.push_str(format!("{} {bar} {shown}", paint("34", &number)).trim_end());
        text.push('\n');
        let underline = paint(mark, &"^".repeat(carets));
        text.push_str(&format!("{margin} {bar} {}{underline}\n", " ".repeat(indent)));
    }
    if let Some(help) = &finding.help {
        text.push_str(&format!("{margin} {} help: {help}\n", paint("34", "=")));
    }
}

/// The start of a line, as text.
fn source_line(line: &[u8]) -> String {
    let most = MAX_LINE.saturating_mul(4).min(line.len());
    let text = String::from_utf8_lossy(line.get(..most).unwrap_or_default());
    let text = text.trim_start_matches('\u{feff}');
    match text.char_indices().nth(MAX_LINE) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// One character as it is shown, with its columns.
fn cell(c: char) -> (String, usize) {
    match c {
        '\t' => (TAB.to_owned(), TAB.len()),
        c if c.is_control() || is_invisible(c) => ('\u{fffd}'.to_string(), 1),
        c => (c.to_string(), c.width().unwrap_or(1)),
    }
}

fn cells(bytes: &[u8]) -> Vec<(String, usize)> {
    String::from_utf8_lossy(bytes).trim_start_matches('\u{feff}').chars().map(cell).collect()
}

fn width(cells: &[(String, usize)]) -> usize {
    cells.iter().map(|(_, w)| *w).fold(0, usize::saturating_add)
}

/// A line as it can be shown, with the column of the first caret and the number of carets.
fn excerpt(line: &[u8], (start, end): (usize, usize)) -> (String, usize, usize) {
    let boundary = |at: usize| (0..=at).rev().find(|&i| line.get(i).is_none_or(|&b| !is_continuation(b))).unwrap_or(0);
    let from = boundary(start.saturating_sub(WINDOW));
    let to = boundary(start.saturating_add(WINDOW).min(line.len()));
    let part = |from: usize, to: usize| line.get(from..to.max(from)).unwrap_or_default();
    let mut before = cells(part(from, start));
    let mistake = cells(part(start, end.min(to)));
    let after = cells(part(end.min(to), to));
    let mut cut = from > 0;
    if cut || width(&before).saturating_add(width(&mistake)) > MAX_COLUMNS {
        let mut kept = 0;
        let lead = before.iter().rev().take_while(|(_, w)| {
            kept = usize::saturating_add(kept, *w);
            kept <= LEAD
        });
        let first = before.len().saturating_sub(lead.count());
        cut |= first > 0;
        before.drain(..first.min(before.len()));
    }
    let mut shown = String::from(if cut { "…" } else { "" });
    let indent = width(&before).saturating_add(usize::from(cut));
    let (mut used, mut carets) = (0usize, 0usize);
    for (index, (text, columns)) in before.iter().chain(&mistake).chain(&after).enumerate() {
        used = used.saturating_add(*columns);
        if used > MAX_COLUMNS {
            shown.push('…');
            break;
        }
        shown.push_str(text);
        let in_mistake = index >= before.len() && index < before.len().saturating_add(mistake.len());
        carets = carets.saturating_add(if in_mistake { *columns } else { 0 });
    }
    (shown, indent, carets.max(1))
}

/// Characters that would change the direction or the look of what follows.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;
    use crate::source::Code;

    fn findings(text: &str, spans: &[(u32, u32)]) -> Findings {
        let mut sources = Sources::default();
        sources.add("a.yaml", text);
        let list = spans
            .iter()
            .map(|&(start, end)| {
                Finding::new(Code::UnknownKey, Span { file: 0, start, end }, "unknown key").help("a b")
            })
            .collect();
        Findings::new(sources, list)
    }

    #[test]
    fn the_mistake_is_underlined() {
        insta::assert_snapshot!(findings("name: x\npririty: 10\n", &[(8, 15)]).render(false), @r"
        error[R0101]: unknown key
         --> a.yaml:2:1
          |
        2 | pririty: 10
          | ^^^^^^^
          = help: a b

        1 error
        ");
    }

    #[test]
    fn wide_characters_tabs_and_long_lines_keep_the_carets_in_place() {
        let wide = "日本:\t\"é\u{301}\" x: y\r\n";
        let at = u32::try_from(wide.find("x:").unwrap()).unwrap();
        insta::assert_snapshot!(findings(wide, &[(at, at.saturating_add(1))]).render(false), @r#"
        error[R0101]: unknown key
         --> a.yaml:1:10
          |
        1 | 日本:    "é́" x: y
          |              ^
          = help: a b

        1 error
        "#);
        let long = format!("{}HERE{}", "a".repeat(5_000), "b".repeat(5_000));
        let rendered = findings(&long, &[(5_000, 5_004), (0, 10_004)]).render(false);
        assert!(rendered.lines().all(|l| l.chars().count() < 140), "{rendered}");
        assert!(rendered.contains("aHEREb"));
        let bidi = findings("a: \u{202e}x\u{1b}[31m\n", &[(0, 1)]).render(false);
        assert!(!bidi.contains('\u{202e}') && !bidi.contains('\u{1b}'));
    }

    #[test]
    fn any_span_can_be_rendered() {
        for span in [(0, 0), (3, 900), (900, 901), (7, 2), (4, 5), (u32::MAX, u32::MAX)] {
            let rendered = findings("a: é\n\u{feff}b", &[span]).render(true);
            assert!(rendered.contains("a.yaml:"), "{rendered}");
        }
        let list = vec![Finding { code: Code::ProgramCount, span: None, message: "no program".into(), help: None }];
        let nowhere = Findings::new(Sources::default(), list);
        assert_eq!(nowhere.to_string(), "error[R0301]: no program\n\n1 error");
        assert_eq!(findings("", &[]).render(true), "no findings");
        let binary = {
            let mut sources = Sources::default();
            sources.add("b.yaml", vec![0xff, 0xfe, b'\n', 0xe9]);
            let span = Span { file: 0, start: 3, end: 4 };
            Findings::new(sources, vec![Finding::new(Code::InvalidUtf8, span, "not UTF-8")])
        };
        assert!(binary.render(false).contains("b.yaml:2:1"));
    }

    #[test]
    fn a_report_is_plain_data() {
        let report = findings("a: b\n", &[(3, 4)]).report();
        insta::assert_json_snapshot!(report, @r#"
        [
          {
            "code": "R0101",
            "severity": "error",
            "message": "unknown key",
            "help": "a b",
            "place": {
              "file": "a.yaml",
              "line": 1,
              "column": 4,
              "end_line": 1,
              "end_column": 5
            },
            "source_line": "a: b"
          }
        ]
        "#);
    }
}
