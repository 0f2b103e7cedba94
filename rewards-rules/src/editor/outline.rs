//! The shape of a YAML file that need not be whole: entries with their places, found from indentation and brackets.
//!
//! A room of its own because the reader of rule files answers a broken file with findings and no tree, while whoever
//! is typing has a broken file most of the time. Nothing is reported here, and any text has an outline. Cut off at
//! the cursor, a text also tells what the cursor is in: the ending of its outline.

use std::ops::Range;

/// How deep brackets and blocks are followed.
const MAX_DEPTH: usize = 64;
/// How many entries a file may have; the rest has no outline.
const MAX_ENTRIES: usize = 500_000;

/// The keys whose values are expressions, in which brackets and commas are no YAML.
pub(super) const EXPRESSIONS: [&str; 3] = ["when", "lines", "amount"];

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A document: what stands before, between and after lines of `---`.
    Document,
    /// A key with its value.
    Key,
    /// An element of a list.
    Item,
}

/// A part of a file: a document, a key with its value, or an element of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// What it is.
    pub(super) kind: Kind,
    /// Index of the entry that it stands in; a document stands in none.
    pub(super) parent: Option<usize>,
    /// The bytes of the key, without quotes; empty in other entries.
    pub(super) key: Range<usize>,
    /// The bytes of a single value, without quotes.
    pub(super) value: Option<Range<usize>>,
    /// Indices of the entries in it, in order.
    pub(super) children: Vec<usize>,
    /// The first byte.
    pub(super) start: usize,
    /// One past the last byte of what stands in it.
    pub(super) end: usize,
}

/// What the end of a text is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// A place where a key may stand, or the first word of a value of `parent`: what is written of it.
    Key {
        /// Index of the entry that it stands in.
        parent: usize,
        /// What is written so far.
        word: Range<usize>,
    },
    /// The value of an entry: what is written of it.
    Value {
        /// Index of the entry.
        entry: usize,
        /// What is written so far.
        written: Range<usize>,
    },
}

/// The entries of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Outline {
    entries: Vec<Entry>,
    ending: Option<Ending>,
}

impl Outline {
    /// The outline of any text.
    pub(super) fn of(text: &str) -> Outline {
        let mut scan = Scan { text, bytes: text.as_bytes(), outline: Outline::default(), open: Vec::new() };
        scan.run();
        let mut outline = scan.outline;
        for index in (0..outline.entries.len()).rev() {
            let Some(entry) = outline.entries.get(index) else { continue };
            let (parent, end) = (entry.parent, entry.end);
            if let Some(parent) = parent.and_then(|p| outline.entries.get_mut(p)) {
                parent.end = parent.end.max(end);
            }
        }
        outline
    }

    /// All entries; one stands after the one that it is in.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// One entry.
    pub(super) fn get(&self, index: usize) -> Option<&Entry> {
        self.entries.get(index)
    }

    /// What the end of the text is in.
    pub(super) fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// The entry of a key in an entry.
    pub(super) fn child(&self, text: &str, index: usize, key: &str) -> Option<usize> {
        let children = &self.entries.get(index)?.children;
        children.iter().copied().find(|&c| {
            let entry = self.entries.get(c);
            entry.is_some_and(|e| e.kind == Kind::Key && text.get(e.key.clone()) == Some(key))
        })
    }

    /// The keys from the document down to an entry, with `-` for an element of a list.
    pub(super) fn path<'t>(&self, text: &'t str, index: usize) -> Vec<&'t str> {
        let mut path = Vec::new();
        let mut at = Some(index);
        while let Some(entry) = at.and_then(|i| self.entries.get(i)) {
            match entry.kind {
                Kind::Document => break,
                Kind::Key => path.push(text.get(entry.key.clone()).unwrap_or_default()),
                Kind::Item => path.push("-"),
            }
            at = entry.parent;
        }
        path.reverse();
        path
    }

    /// The document that an entry stands in.
    pub(super) fn document(&self, index: usize) -> usize {
        let mut at = index;
        while let Some(parent) = self.entries.get(at).and_then(|e| e.parent) {
            at = parent;
        }
        at
    }
}

/// An entry whose block may go on, and the column at which it began.
struct Open {
    column: usize,
    entry: usize,
}

struct Scan<'t> {
    text: &'t str,
    bytes: &'t [u8],
    outline: Outline,
    open: Vec<Open>,
}

impl Scan<'_> {
    fn run(&mut self) {
        self.begin_document(0);
        let mut at = if self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        loop {
            let end = self.line_end(at);
            at = self.line(at, end).max(end);
            if at >= self.bytes.len() || self.outline.entries.len() > MAX_ENTRIES {
                break;
            }
            at = at.saturating_add(1);
        }
    }

    fn begin_document(&mut self, at: usize) {
        let document = self.push(Kind::Document, None, at..at, at);
        self.open = vec![Open { column: 0, entry: document }];
    }

    fn push(&mut self, kind: Kind, parent: Option<usize>, key: Range<usize>, start: usize) -> usize {
        let index = self.outline.entries.len();
        let end = key.end.max(start);
        if let Some(parent) = parent.and_then(|p| self.outline.entries.get_mut(p)) {
            parent.children.push(index);
        }
        self.outline.entries.push(Entry { kind, parent, key, value: None, children: Vec::new(), start, end });
        index
    }

    fn set_value(&mut self, entry: usize, value: Range<usize>) {
        if let Some(entry) = self.outline.entries.get_mut(entry) {
            entry.end = entry.end.max(value.end);
            entry.value = Some(value);
        }
    }

    fn kind(&self, entry: usize) -> Kind {
        self.outline.entries.get(entry).map_or(Kind::Document, |e| e.kind)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// The line break that ends the line of `at`, or the end of the text.
    fn line_end(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        rest.iter().position(|b| *b == b'\n').map_or(self.bytes.len(), |n| at.saturating_add(n))
    }

    fn skip_blank(&self, at: usize, end: usize) -> usize {
        let rest = self.bytes.get(at..end).unwrap_or_default();
        at.saturating_add(rest.iter().take_while(|b| b" \t\r".contains(b)).count())
    }

    /// What is written without blanks behind it.
    fn trimmed(&self, range: Range<usize>) -> Range<usize> {
        let part = self.bytes.get(range.clone()).unwrap_or_default();
        let blank = part.iter().rev().take_while(|b| b" \t\r\n".contains(b)).count();
        range.start..range.end.saturating_sub(blank)
    }

    /// Notes what the end of the text is in, where `at` is that end. What is noted first is the innermost.
    fn end_in(&mut self, at: usize, ending: Ending) {
        if at >= self.bytes.len() && self.outline.ending.is_none() {
            self.outline.ending = Some(ending);
        }
    }

    /// The entry that a key at this column stands in.
    fn parent_at(&self, column: usize, item: bool) -> usize {
        let stands_in = |open: &Open| {
            let kind = self.kind(open.entry);
            // A list may stand at the column of its key.
            kind == Kind::Document || open.column < column || (item && kind == Kind::Key && open.column == column)
        };
        self.open.iter().rev().find(|o| stands_in(o)).map_or(0, |o| o.entry)
    }

    /// Closes what does not hold an entry at this column, and tells what does.
    fn close_to(&mut self, column: usize, item: bool) -> usize {
        let parent = self.parent_at(column, item);
        while self.open.last().is_some_and(|o| o.entry != parent) && self.open.len() > 1 {
            self.open.pop();
        }
        parent
    }

    /// One line, or the lines of a value that goes on. Tells where it ends.
    fn line(&mut self, start: usize, end: usize) -> usize {
        let line = self.bytes.get(start..end).unwrap_or_default();
        if line.starts_with(b"---") && line.get(3).is_none_or(u8::is_ascii_whitespace) {
            self.begin_document(start);
            return end;
        }
        let mut at = self.skip_blank(start, end);
        if at == end {
            let parent = self.parent_at(at.saturating_sub(start), false);
            self.end_in(at, Ending::Key { parent, word: at..at });
            return end;
        }
        if self.byte(at) == Some(b'#') {
            return end;
        }
        // Elements of lists: several may begin in one line.
        let mut column = at.saturating_sub(start);
        let mut inside = None;
        while self.byte(at) == Some(b'-') && self.byte(at.saturating_add(1)).is_none_or(|b| b.is_ascii_whitespace()) {
            let parent = self.close_to(column, true);
            let item = self.push(Kind::Item, Some(parent), at..at, at);
            self.open.push(Open { column, entry: item });
            inside = Some(item);
            at = self.skip_blank(at.saturating_add(1), end);
            column = at.saturating_sub(start);
        }
        if let Some(item) = inside {
            if at == end {
                self.end_in(at, Ending::Key { parent: item, word: at..at });
                return end;
            }
            if matches!(self.byte(at), Some(b'{' | b'[' | b'"' | b'\'')) && self.key_at(at, end).is_none() {
                return self.value(item, at, end, column.saturating_sub(1));
            }
        }
        let Some((key, after)) = self.key_at(at, end) else {
            return self.word(at, end, column, inside);
        };
        let parent = self.close_to(column, false);
        if self.open.len() > MAX_DEPTH {
            return end;
        }
        let entry = self.push(Kind::Key, Some(parent), key, at);
        self.open.push(Open { column, entry });
        let begin = self.skip_blank(after, end);
        self.value(entry, begin, end, column)
    }

    /// A line, or an element, that is neither a key nor in brackets.
    fn word(&mut self, at: usize, end: usize, column: usize, item: Option<usize>) -> usize {
        let until = self.plain_end(at, end, false);
        let word = self.trimmed(at..until);
        let written = at..until;
        match item {
            Some(item) => self.set_value(item, word),
            None => {
                // A value that goes on, or one on the line below its key.
                let parent = self.parent_at(column, false);
                let before = self.outline.get(parent).map(|e| (e.kind, e.value.clone(), e.children.is_empty()));
                if let Some((Kind::Key, value, true)) = before {
                    let from = value.map_or(at, |v| v.start);
                    self.set_value(parent, from..word.end);
                }
            }
        }
        let parent = item.unwrap_or_else(|| self.parent_at(column, false));
        if until == end {
            self.end_in(end, Ending::Key { parent, word: written });
        }
        end
    }

    /// A key and what follows its colon.
    fn key_at(&self, at: usize, end: usize) -> Option<(Range<usize>, usize)> {
        let (key, after) = match self.byte(at)? {
            quote @ (b'"' | b'\'') => {
                let from = at.saturating_add(1);
                let length = self.bytes.get(from..end)?.iter().position(|b| *b == quote)?;
                let to = from.saturating_add(length);
                (from..to, self.skip_blank(to.saturating_add(1), end))
            }
            b'{' | b'[' | b'#' | b'|' | b'>' | b'}' | b']' | b',' => return None,
            _ => {
                let rest = self.bytes.get(at..end)?;
                let is_name = |b: &u8| !b"{}[],\"'\n:".contains(b);
                let length = rest.iter().take_while(|b| is_name(b)).count();
                let after = at.saturating_add(length);
                (self.trimmed(at..after), after)
            }
        };
        let colon = self.byte(after) == Some(b':');
        let next = after.saturating_add(1);
        let blank = next >= end || self.byte(next).is_some_and(|b| b.is_ascii_whitespace());
        (colon && blank && !key.is_empty()).then_some((key, next))
    }

    fn is_expression(&self, entry: usize) -> bool {
        let key = self.outline.get(entry).and_then(|e| self.text.get(e.key.clone()));
        key.is_some_and(|k| EXPRESSIONS.contains(&k))
    }

    /// The value of an entry of a block that began at `column`. Tells where it ends.
    fn value(&mut self, entry: usize, at: usize, end: usize, column: usize) -> usize {
        match self.byte(at).filter(|_| at < end) {
            None => {
                self.end_in(at, Ending::Value { entry, written: at..at });
                end
            }
            Some(b'#') => end,
            Some(b'|' | b'>') => self.block_text(entry, end, column),
            Some(b'{' | b'[') if !self.is_expression(entry) || self.byte(at) == Some(b'{') => {
                let limit = self.block_end(end, column);
                let after = self.flow(entry, at, limit, 0);
                self.line_end(after)
            }
            Some(quote @ (b'"' | b'\'')) if !self.quote_in_expression(entry, at, end) => {
                self.quoted(entry, quote, at, end);
                end
            }
            Some(_) => {
                let until = self.plain_end(at, end, self.is_expression(entry));
                let value = self.trimmed(at..until);
                self.set_value(entry, value);
                if until == end {
                    self.end_in(end, Ending::Value { entry, written: at..until });
                }
                end
            }
        }
    }

    /// Whether a quote begins an expression such as `"app" == tx.channel` and not a text of YAML.
    fn quote_in_expression(&self, entry: usize, at: usize, end: usize) -> bool {
        if !self.is_expression(entry) || self.byte(at) != Some(b'"') {
            return false;
        }
        let from = at.saturating_add(1);
        let rest = self.bytes.get(from..end).unwrap_or_default();
        let Some(length) = rest.iter().position(|b| *b == b'"') else { return false };
        let after = self.skip_blank(from.saturating_add(length).saturating_add(1), end);
        after < end && !matches!(self.byte(after), Some(b',' | b'}' | b']' | b'#')) && !rest.contains(&b'\\')
    }

    /// A text in quotes. Tells what follows it.
    fn quoted(&mut self, entry: usize, quote: u8, at: usize, end: usize) -> usize {
        let from = at.saturating_add(1);
        let mut i = from;
        while i < end {
            match self.byte(i) {
                Some(b'\\') if quote == b'"' => i = i.saturating_add(1),
                Some(b) if b == quote => {
                    self.set_value(entry, from..i);
                    return i.saturating_add(1);
                }
                _ => {}
            }
            i = i.saturating_add(1);
        }
        self.set_value(entry, from..end);
        self.end_in(end, Ending::Value { entry, written: from.min(end)..end });
        end
    }

    /// Lines of a text after `|` or `>`. Tells where the last one ends.
    fn block_text(&mut self, entry: usize, first: usize, column: usize) -> usize {
        let end = self.block_end(first, column);
        let from = first.saturating_add(1).min(end);
        let blank = self.bytes.get(from..end).unwrap_or_default();
        let from = from.saturating_add(blank.iter().take_while(|b| b.is_ascii_whitespace()).count());
        let value = self.trimmed(from..end);
        self.set_value(entry, value);
        if end > first {
            self.end_in(end, Ending::Value { entry, written: from..end });
        }
        end
    }

    /// Where the lines after this one end that are further in than `column`, or blank, or only close brackets.
    fn block_end(&self, first: usize, column: usize) -> usize {
        let mut end = first;
        while end < self.bytes.len() {
            let start = end.saturating_add(1);
            let line_end = self.line_end(start);
            let at = self.skip_blank(start, line_end);
            let inside = at == line_end || at.saturating_sub(start) > column;
            if !inside && !matches!(self.byte(at), Some(b'}' | b']')) {
                break;
            }
            end = line_end;
        }
        end
    }

    /// Where a value without quotes ends: at a comment or at the end of the line.
    fn plain_end(&self, at: usize, end: usize, expression: bool) -> usize {
        let mut text = false;
        let mut i = at;
        while i < end {
            match self.byte(i) {
                Some(b'"') if expression => text = !text,
                Some(b'#') if !text && self.byte(i.saturating_sub(1)).is_some_and(|b| b.is_ascii_whitespace()) => {
                    return i;
                }
                _ => {}
            }
            i = i.saturating_add(1);
        }
        end
    }
}

/// Values in brackets.
impl Scan<'_> {
    /// Blanks, line breaks and comments within brackets.
    fn skip_flow(&self, mut at: usize, limit: usize) -> usize {
        loop {
            let rest = self.bytes.get(at..limit).unwrap_or_default();
            at = at.saturating_add(rest.iter().take_while(|b| b.is_ascii_whitespace()).count());
            let comment = self.byte(at) == Some(b'#') && at < limit;
            if !comment {
                return at;
            }
            at = self.line_end(at).min(limit);
        }
    }

    /// A list or mapping in brackets, up to `limit` at most. Tells what follows it.
    fn flow(&mut self, entry: usize, at: usize, limit: usize, depth: usize) -> usize {
        let map = self.byte(at) == Some(b'{');
        let mut i = at.saturating_add(1);
        loop {
            i = self.skip_flow(i, limit);
            let begin = i;
            match self.byte(i).filter(|_| i < limit && self.outline.entries.len() <= MAX_ENTRIES) {
                None => {
                    if limit >= self.bytes.len() && self.outline.ending.is_none() {
                        self.end_flow(entry, map, limit);
                    }
                    self.extend(entry, limit);
                    return limit;
                }
                Some(b'}' | b']') => {
                    i = i.saturating_add(1);
                    self.extend(entry, i);
                    return i;
                }
                Some(b',') => i = i.saturating_add(1),
                Some(_) if map => match self.key_at(i, limit) {
                    Some((key, after)) => {
                        let child = self.push(Kind::Key, Some(entry), key, begin);
                        i = self.flow_value(child, after, limit, depth);
                    }
                    None => {
                        i = self.flow_plain(i, limit, false);
                        self.end_in(i, Ending::Key { parent: entry, word: begin..i });
                    }
                },
                Some(_) => {
                    let child = self.push(Kind::Item, Some(entry), i..i, begin);
                    i = self.flow_value(child, i, limit, depth);
                }
            }
            // Whatever it was, it is passed.
            i = i.max(begin.saturating_add(usize::from(i == begin)));
        }
    }

    fn end_flow(&mut self, entry: usize, map: bool, at: usize) {
        if map {
            self.end_in(at, Ending::Key { parent: entry, word: at..at });
        } else {
            let child = self.push(Kind::Item, Some(entry), at..at, at);
            self.end_in(at, Ending::Value { entry: child, written: at..at });
        }
    }

    fn extend(&mut self, entry: usize, end: usize) {
        if let Some(entry) = self.outline.entries.get_mut(entry) {
            entry.end = entry.end.max(end);
        }
    }

    fn flow_value(&mut self, entry: usize, at: usize, limit: usize, depth: usize) -> usize {
        let begin = self.skip_flow(at, limit);
        match self.byte(begin).filter(|_| begin < limit) {
            None => {
                self.end_in(limit, Ending::Value { entry, written: limit..limit });
                limit
            }
            Some(b'{' | b'[')
                if depth < MAX_DEPTH && !(self.is_expression(entry) && self.byte(begin) == Some(b'[')) =>
            {
                self.flow(entry, begin, limit, depth.saturating_add(1))
            }
            Some(b',' | b'}' | b']') => begin,
            Some(quote @ (b'"' | b'\''))
                if !self.quote_in_expression(entry, begin, self.line_end(begin).min(limit)) =>
            {
                let end = self.line_end(begin).min(limit);
                self.quoted(entry, quote, begin, end)
            }
            Some(_) => {
                let until = self.flow_plain(begin, limit, self.is_expression(entry));
                let value = self.trimmed(begin..until);
                self.set_value(entry, value);
                self.end_in(until, Ending::Value { entry, written: begin..until });
                until
            }
        }
    }

    /// Where a value without quotes ends within brackets.
    fn flow_plain(&self, at: usize, limit: usize, expression: bool) -> usize {
        let (mut depth, mut text) = (0usize, false);
        let mut i = at;
        while i < limit {
            match self.byte(i) {
                Some(b'\n') if !expression || text => return i,
                Some(b'"') if expression => text = !text,
                _ if text => {}
                Some(b'(' | b'[' | b'{') if expression => depth = depth.saturating_add(1),
                Some(b')' | b']' | b'}') if depth > 0 => depth = depth.saturating_sub(1),
                Some(b',' | b']' | b'}') if depth == 0 => return i,
                Some(b'#') if self.byte(i.saturating_sub(1)).is_some_and(|b| b.is_ascii_whitespace()) => return i,
                _ => {}
            }
            i = i.saturating_add(1);
        }
        limit
    }
}
