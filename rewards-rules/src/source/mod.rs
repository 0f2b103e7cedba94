//! Rule files as text, places in them, and what is found wrong with them.
//!
//! Everything left of the graph reports here; a host renders a [`Finding`], it never words one.

mod codes;
mod files;
mod finding;
mod nearest;
pub mod pages;
mod render;

pub use codes::{Code, Severity};
pub use files::{Place, SourceFile, Sources};
pub use finding::{Allowed, Finding, Findings};
pub use render::{AllowedReport, Excerpt, Report};

pub(crate) use files::PLACE;
pub(crate) use nearest::nearest;
pub(crate) use render::FINDING;

/// A stretch of bytes in one file of a [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// Index of the file.
    pub file: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// From the start of this span to the end of another one in the same file.
    pub fn to(self, end: Span) -> Span {
        Span { file: self.file, start: self.start, end: end.end.max(self.end) }
    }
}

/// A value together with the place where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// What was written.
    pub value: T,
    /// Where.
    pub span: Span,
}
