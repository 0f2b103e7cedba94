//! Places as an editor counts them: lines from 0, and in a line UTF-16 units, or bytes where that was agreed on.

use std::ops::Range;

use ls_types as lsp;

/// How columns are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// What every client knows.
    Utf16,
    /// What some prefer.
    Utf8,
}

/// The lines of a text. A line ends with `\n`, `\r\n` or `\r`.
#[derive(Debug, Clone)]
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    encoding: Encoding,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str, encoding: Encoding) -> Lines<'t> {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            let next = at.saturating_add(1);
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(next) != Some(&b'\n')) {
                starts.push(next);
            }
        }
        Lines { text, starts, encoding }
    }

    fn width(&self, c: char) -> usize {
        match self.encoding {
            Encoding::Utf16 => c.len_utf16(),
            Encoding::Utf8 => c.len_utf8(),
        }
    }

    /// The byte of a position. One behind the end of a line is that end, one within a character its start.
    pub(super) fn offset(&self, position: lsp::Position) -> usize {
        let line = usize::try_from(position.line).unwrap_or(usize::MAX);
        let Some(&start) = self.starts.get(line) else { return self.text.len() };
        let end = self.starts.get(line.saturating_add(1)).copied().unwrap_or(self.text.len());
        let due = usize::try_from(position.character).unwrap_or(usize::MAX);
        let (mut at, mut column) = (start, 0usize);
        for c in self.text.get(start..end).unwrap_or_default().chars() {
            column = column.saturating_add(self.width(c));
            if column > due || c == '\n' || c == '\r' {
                break;
            }
            at = at.saturating_add(c.len_utf8());
        }
        at
    }

    /// The position of a byte.
    pub(super) fn position(&self, offset: usize) -> lsp::Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset = offset.saturating_sub(1);
        }
        let line = self.starts.partition_point(|&start| start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or_default();
        let before = self.text.get(start..offset).unwrap_or_default();
        let column = before.chars().map(|c| self.width(c)).fold(0, usize::saturating_add);
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        lsp::Position { line: number(line), character: number(column) }
    }

    pub(super) fn range(&self, range: Range<usize>) -> lsp::Range {
        lsp::Range { start: self.position(range.start), end: self.position(range.end.max(range.start)) }
    }

    /// The bytes of a range, whichever way round it was given.
    pub(super) fn offsets(&self, range: lsp::Range) -> Range<usize> {
        let (start, end) = (self.offset(range.start), self.offset(range.end));
        start.min(end)..start.max(end)
    }
}

/// A text with changes made, in their order.
pub(super) fn changed(text: &str, changes: Vec<lsp::TextDocumentContentChangeEvent>, encoding: Encoding) -> String {
    let mut text = text.to_owned();
    for change in changes {
        match change.range {
            None => text = change.text,
            Some(range) => {
                let bytes = Lines::new(&text, encoding).offsets(range);
                text.replace_range(bytes, &change.text);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, character: u32) -> lsp::Position {
        lsp::Position { line, character }
    }

    #[test]
    fn characters_outside_of_the_basic_plane_count_as_agreed() {
        let text = "a🎁b\r\né: x\rz\n";
        for (encoding, offset, position) in [
            (Encoding::Utf16, 5, at(0, 3)),
            (Encoding::Utf8, 5, at(0, 5)),
            (Encoding::Utf16, 10, at(1, 1)),
            (Encoding::Utf8, 10, at(1, 2)),
            (Encoding::Utf16, 14, at(2, 0)),
            (Encoding::Utf16, 16, at(3, 0)),
        ] {
            let lines = Lines::new(text, encoding);
            assert_eq!((lines.position(offset), lines.offset(position)), (position, offset), "{encoding:?} {offset}");
        }
    }

    #[test]
    fn a_position_that_is_not_there_is_the_nearest_one() {
        let lines = Lines::new("a🎁\nb", Encoding::Utf16);
        for (position, offset) in [(at(0, 2), 1), (at(0, 90), 5), (at(1, 90), 7), (at(90, 0), 7), (at(0, u32::MAX), 5)]
        {
            assert_eq!(lines.offset(position), offset, "{position:?}");
        }
        assert_eq!(lines.position(3), at(0, 1));
    }

    #[test]
    fn changes_are_made_in_their_order() {
        let change = |range, text: &str| lsp::TextDocumentContentChangeEvent {
            range,
            range_length: None,
            text: text.to_owned(),
        };
        let range = |a, b| Some(lsp::Range { start: a, end: b });
        let changes = vec![
            change(None, "🎁x: 1\n"),
            change(range(at(0, 2), at(0, 3)), "yy"),
            change(range(at(0, 8), at(0, 4)), " 2"),
            change(range(at(9, 0), at(9, 0)), "end"),
        ];
        assert_eq!(changed("", changes, Encoding::Utf16), "🎁yy 2\nend");
    }
}
