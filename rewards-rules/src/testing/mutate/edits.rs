//! Gathering changes: the text at a place, and another in its stead.

use super::changes::Change;
use super::numbers::{Step, moved};
use crate::source::{Sources, Span};

/// Changes of some files.
pub(super) struct Edits<'s> {
    sources: &'s Sources,
    pub(super) list: Vec<Change>,
}

impl<'s> Edits<'s> {
    pub(super) fn new(sources: &'s Sources) -> Edits<'s> {
        Edits { sources, list: Vec::new() }
    }

    /// The text of a file.
    fn file(&self, file: u32) -> Option<&'s str> {
        let file = self.sources.files().get(usize::try_from(file).ok()?)?;
        std::str::from_utf8(&file.bytes).ok()
    }

    /// The text at a place.
    pub(super) fn text(&self, span: Span) -> Option<&'s str> {
        self.file(span.file)?.get(usize::try_from(span.start).ok()?..usize::try_from(span.end).ok()?)
    }

    /// The place of an expression with the parentheses that open or close in it: an expression ends before the one
    /// behind its last operand.
    pub(super) fn closed(&self, span: Span) -> Span {
        let Some(file) = self.file(span.file) else { return span };
        let (Ok(mut start), Ok(mut end)) = (usize::try_from(span.start), usize::try_from(span.end)) else {
            return span;
        };
        let (mut open, mut missing, mut in_text) = (0_usize, 0_usize, false);
        for c in file.get(start..end).unwrap_or_default().chars() {
            match c {
                '"' => in_text = !in_text,
                '(' if !in_text => open = open.saturating_add(1),
                ')' if !in_text && open == 0 => missing = missing.saturating_add(1),
                ')' if !in_text => open = open.saturating_sub(1),
                _ => {}
            }
        }
        for _ in 0..open {
            let Some(at) = file.get(end..).and_then(|rest| rest.find(')')) else { return span };
            end = end.saturating_add(at).saturating_add(1);
        }
        for _ in 0..missing {
            let Some(at) = file.get(..start).and_then(|before| before.rfind('(')) else { return span };
            start = at;
        }
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { start: offset(start), end: offset(end), ..span }
    }

    /// Another text in the place of one.
    pub(super) fn replace(&mut self, kind: &'static str, span: Span, text: impl Into<String>) {
        let text = text.into();
        if self.text(span).is_some_and(|old| old != text) {
            self.list.push(Change { kind, span, text });
        }
    }

    /// A number, moved once for each step.
    pub(super) fn number(&mut self, kind: &'static str, span: Span, steps: &[Step]) {
        for step in steps {
            if let Some(text) = self.text(span).and_then(|old| moved(old, *step)) {
                self.replace(kind, span, text);
            }
        }
    }

    /// A word somewhere in a block, found with the key before it.
    pub(super) fn word(&mut self, kind: &'static str, within: Span, old: &str, new: &str) {
        let Some(at) = self.text(within).and_then(|text| text.find(old)) else { return };
        let Ok(at) = u32::try_from(at) else { return };
        let length = u32::try_from(old.len()).unwrap_or(0);
        let start = within.start.saturating_add(at);
        self.replace(kind, Span { start, end: start.saturating_add(length), ..within }, new);
    }

    /// An operator between two operands.
    pub(super) fn between(&mut self, kind: &'static str, a: Span, b: Span, old: &str, new: &str) {
        self.word(kind, Span { start: a.end, end: b.start, ..a }, old, new);
    }

    /// An entry of a list with a line, or several, to itself.
    pub(super) fn drop_entry(&mut self, kind: &'static str, span: Span) {
        let Some(file) = self.file(span.file) else { return };
        let (Ok(start), Ok(end)) = (usize::try_from(span.start), usize::try_from(span.end)) else { return };
        let Some(before) = file.get(..start) else { return };
        let line = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
        if before.get(line..).is_none_or(|lead| lead.trim() != "-") {
            return;
        }
        let rest = file.get(end..).unwrap_or_default();
        let end = rest.find('\n').map_or(file.len(), |at| end.saturating_add(at).saturating_add(1));
        self.cut(kind, span.file, line, end);
    }

    /// A whole file.
    pub(super) fn drop_file(&mut self, kind: &'static str, file: u32) {
        if let Some(text) = self.file(file) {
            self.cut(kind, file, 0, text.len());
        }
    }

    fn cut(&mut self, kind: &'static str, file: u32, start: usize, end: usize) {
        if let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end)) {
            self.replace(kind, Span { file, start, end }, "");
        }
    }
}
