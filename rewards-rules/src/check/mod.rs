//! Names, types and sense: what is written becomes a [`program::Program`].

pub(crate) fn check(
    _: &crate::syntax::written::RuleFiles,
    _: &mut Vec<crate::source::Finding>,
) -> Option<program::Program> {
    None
}
pub mod program;
pub mod typed;
