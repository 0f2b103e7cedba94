//! What the YAML library found wrong, in words for the person with the rule file.

use granit_parser::ErrorKind;

use crate::source::Code;

/// Whether an error may come from a bracket that stayed open before it.
pub(super) fn blames_bracket(kind: &ErrorKind) -> bool {
    use ErrorKind as K;
    matches!(
        kind,
        K::InvalidColonPlacement
            | K::ExpectedFlowMappingSeparator
            | K::ExpectedFlowSequenceSeparator
            | K::MappingValueNotAllowed
            | K::BlockEntryInFlowCollection
            | K::InvalidFlowScalarIndent
            | K::InvalidIndentation
            | K::UnexpectedEofFlowSequence
            | K::UnexpectedEofFlowMapping
            | K::UnexpectedEofImplicitFlowMapping
    )
}

/// Whether an error is about how far a line of a block is indented.
pub(super) fn blames_indent(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation)
}

/// Whether an error is about a tab, which stands at its mark or after it.
pub(super) fn blames_tab(kind: &ErrorKind) -> bool {
    use ErrorKind as K;
    matches!(
        kind,
        K::TabNotAllowed
            | K::TabInBlockIndentation
            | K::TabInIndentation
            | K::TabAtBlockScalarStart
            | K::TabInPlainScalar
    )
}

/// Code, message and help of a syntax error. `before` is what stands before it on its line.
pub(super) fn describe(kind: &ErrorKind, before: &str) -> (Code, String, Option<&'static str>) {
    use ErrorKind as K;
    let quote = Some("put the whole value in quotes: 'tx.category == \"dining\"'");
    let indent = Some("keys of one block start in the same column, and what belongs to a key stands further right");
    let syntax = |message: &str, help| (Code::YamlSyntax, message.to_owned(), help);
    match kind {
        K::RecursionLimitExceeded => (
            Code::TooLarge,
            format!("this is nested more than {} levels deep", super::MAX_DEPTH),
            Some("a rule file needs no more than ten"),
        ),
        K::DirectiveDisallowed => (
            Code::YamlFeature,
            "a line that begins with `%` is a YAML directive, which is not used in rule files".to_owned(),
            Some("remove the line, or put the value in quotes"),
        ),
        kind if blames_tab(kind) => {
            syntax("a tab stands here where YAML allows only spaces", Some("indent with spaces"))
        }
        K::UnclosedQuotedScalar | K::DocumentIndicatorInQuotedScalar => syntax(
            "the quote that opens here is never closed",
            Some("close it, or double a quote that belongs to the text"),
        ),
        K::UnclosedFlowCollection { open } => syntax(
            &format!("the `{open}` that opens here is never closed"),
            Some("every `[` needs a `]`, every `{` a `}`"),
        ),
        K::MismatchedFlowCollectionEnd { open, close } => {
            syntax(&format!("the `{open}` that opens here is closed by `{close}`"), None)
        }
        K::MisplacedFlowCollectionEnd => syntax("this bracket closes nothing", quote),
        K::UnexpectedEofFlowSequence
        | K::UnexpectedEofFlowMapping
        | K::UnexpectedEofImplicitFlowMapping
        | K::UnexpectedEofBlockSequence
        | K::UnexpectedEofBlockMapping
        | K::UnexpectedEof => syntax("the file ends in the middle of a value", None),
        K::ExpectedFlowMappingSeparator | K::ExpectedFlowSequenceSeparator => {
            syntax("a `,` or a closing bracket is due here", quote)
        }
        K::MappingValueNotAllowed if before.contains(": ") => {
            syntax("a second `:` cannot stand on this line", Some("put a value that has a `: ` in it in quotes"))
        }
        K::MappingValueNotAllowed => syntax("this line is indented further than the block it belongs to", indent),
        K::InvalidColonPlacement => syntax("a `:` cannot stand here, inside of brackets", quote),
        K::MappingKeyNotAllowed => syntax("a key cannot stand here", indent),
        K::SimpleKeyExpected | K::InvalidSimpleKey => syntax(
            "this line is no `key: value`",
            Some("a key is followed by a `:` and a space; keys of one block start in the same column"),
        ),
        K::ExpectedBlockMappingKey | K::InvalidIndentation | K::InvalidQuotedScalarIndent => {
            syntax("this line fits no block above it", indent)
        }
        K::ExpectedBlockSequenceEntry => syntax("a `-` is due here, since this block is a list", indent),
        K::BlockSequenceEntryNotAllowed | K::BlockEntryInFlowCollection => syntax(
            "a `-` cannot stand here",
            Some("a list begins on its own line, one `- ` a line, or is written [a, b]"),
        ),
        K::InvalidTrailingSingleQuotedScalar | K::InvalidTrailingDoubleQuotedScalar => {
            syntax("something follows the closing quote", quote)
        }
        K::UnknownQuotedScalarEscape
        | K::InvalidQuotedScalarHexEscape
        | K::InvalidLowSurrogateHexEscape
        | K::InvalidLowSurrogate
        | K::MissingLowSurrogate
        | K::UnpairedLowSurrogate
        | K::InvalidUnicodeEscape => syntax(
            "a `\\` in double quotes begins an escape, and this is none",
            Some("use single quotes, in which `\\` is itself"),
        ),
        K::UnexpectedCharacter { character } if character.is_control() => {
            syntax(&format!("the character U+{:04X} cannot stand in a rule file", u32::from(*character)), None)
        }
        K::UnexpectedCharacter { character } => {
            syntax(&format!("a value cannot begin with `{character}`"), Some("put the value in quotes"))
        }
        K::InvalidTagTerminator
        | K::UndeclaredTagHandle
        | K::ExpectedTagBang
        | K::InvalidGlobalTagCharacter
        | K::MissingTagUri
        | K::UnclosedVerbatimTag
        | K::InvalidTagEscape
        | K::InvalidTagUtf8LeadingByte
        | K::InvalidTagUtf8TrailingByte
        | K::InvalidTagUtf8 => (Code::YamlFeature, TAG.to_owned(), Some(TAG_HELP)),
        K::MissingAnchorOrAliasName => (Code::YamlFeature, ANCHOR.to_owned(), Some(ANCHOR_HELP)),
        other => (Code::YamlSyntax, format!("this is not YAML: {other}"), quote),
    }
}

pub(super) const LIST: &str = "an expression that begins with `[` is a list to YAML";
pub(super) const LIST_HELP: &str = "put the whole expression in quotes: '[1, 2] == tx.hour'";
pub(super) const TAG: &str = "a word that begins with `!` is a YAML tag, which is not used in rule files";
pub(super) const TAG_HELP: &str = "remove it, or put the value in quotes: '!has(tx.floor)'";
pub(super) const ANCHOR: &str = "`&` begins a YAML anchor, which is not used in rule files";
pub(super) const ANCHOR_HELP: &str = "write the value out where it is needed, or put it in quotes";
pub(super) const ALIAS: &str = "`*` begins a YAML alias, which is not used in rule files";
pub(super) const MERGE: &str = "`<<` is a YAML merge key, which is not used in rule files";
pub(super) const MERGE_HELP: &str = "write the keys out where they are needed";
