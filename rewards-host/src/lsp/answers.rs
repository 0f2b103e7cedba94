//! Answers to an editor's questions: what the engine says of a place, in the shapes of the protocol.

use std::collections::HashMap;

use ls_types as lsp;
use rewards_rules::editor::{CompletionKind, Sort, Symbol};

use super::position::Lines;
use super::workspace::{At, Workspace};

/// `textDocument/completion`
pub(super) fn completion(workspace: &Workspace, at: At<'_>, position: lsp::Position) -> lsp::CompletionList {
    let lines = workspace.lines(at.text);
    let found = at.folder.complete(at.path, lines.offset(position));
    let range = lines.range(found.replace);
    let items = found.list.into_iter().enumerate().map(|(index, entry)| {
        let documentation = entry.documentation.map(|value| {
            lsp::Documentation::MarkupContent(lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value })
        });
        lsp::CompletionItem {
            label: entry.label,
            kind: Some(match entry.kind {
                CompletionKind::Value => lsp::CompletionItemKind::ENUM_MEMBER,
                CompletionKind::Fact => lsp::CompletionItemKind::FIELD,
                CompletionKind::List => lsp::CompletionItemKind::CONSTANT,
                CompletionKind::Function => lsp::CompletionItemKind::FUNCTION,
                CompletionKind::Name => lsp::CompletionItemKind::REFERENCE,
                CompletionKind::Key => lsp::CompletionItemKind::PROPERTY,
                CompletionKind::Word => lsp::CompletionItemKind::KEYWORD,
            }),
            detail: entry.detail,
            documentation,
            sort_text: Some(format!("{index:05}")),
            text_edit: Some(lsp::CompletionTextEdit::Edit(lsp::TextEdit { range, new_text: entry.insert })),
            ..lsp::CompletionItem::default()
        }
    });
    lsp::CompletionList { is_incomplete: found.more, items: items.collect() }
}

/// `textDocument/definition`
pub(super) fn definition(workspace: &Workspace, at: At<'_>, position: lsp::Position) -> Vec<lsp::Location> {
    let offset = workspace.lines(at.text).offset(position);
    let found = at.folder.definitions(at.path, offset).into_iter();
    found.filter_map(|place| workspace.location(at, &place.path, place.range)).collect()
}

/// `textDocument/references`
pub(super) fn references(
    workspace: &Workspace,
    at: At<'_>,
    position: lsp::Position,
    definitions: bool,
) -> Vec<lsp::Location> {
    let offset = workspace.lines(at.text).offset(position);
    let found = at.folder.references(at.path, offset, definitions).into_iter();
    found.filter_map(|place| workspace.location(at, &place.path, place.range)).collect()
}

/// `textDocument/prepareRename`
pub(super) fn prepare_rename(
    workspace: &Workspace,
    at: At<'_>,
    position: lsp::Position,
) -> Option<lsp::PrepareRenameResponse> {
    let lines = workspace.lines(at.text);
    let rename = at.folder.rename(at.path, lines.offset(position))?;
    let range = lines.range(rename.range);
    Some(lsp::PrepareRenameResponse::RangeWithPlaceholder { range, placeholder: rename.name })
}

/// `textDocument/rename`; an error says why a name will not do.
pub(super) fn rename(
    workspace: &Workspace,
    at: At<'_>,
    position: lsp::Position,
    new: &str,
) -> Result<lsp::WorkspaceEdit, String> {
    let rename = at.folder.rename(at.path, workspace.lines(at.text).offset(position));
    let rename = rename.ok_or("nothing here has a name that this rule set defines")?;
    if let Some(reason) = rename.refuses(new) {
        return Err(reason);
    }
    let mut changes: HashMap<lsp::Uri, Vec<lsp::TextEdit>> = HashMap::new();
    for place in rename.places {
        if let Some(location) = workspace.location(at, &place.path, place.range) {
            let edit = lsp::TextEdit { range: location.range, new_text: new.to_owned() };
            changes.entry(location.uri).or_default().push(edit);
        }
    }
    Ok(lsp::WorkspaceEdit { changes: Some(changes), ..lsp::WorkspaceEdit::default() })
}

/// `textDocument/documentSymbol`
pub(super) fn symbols(workspace: &Workspace, at: At<'_>) -> Vec<lsp::DocumentSymbol> {
    let lines = workspace.lines(at.text);
    let symbols = at.folder.get(at.path).map(|d| d.symbols()).unwrap_or_default();
    symbols.into_iter().map(|s| symbol(&lines, s)).collect()
}

#[allow(deprecated, reason = "the type has a field that the protocol no longer uses and that must be given")]
fn symbol(lines: &Lines<'_>, symbol: Symbol) -> lsp::DocumentSymbol {
    let kind = match symbol.sort {
        None => lsp::SymbolKind::NAMESPACE,
        Some(Sort::Program) => lsp::SymbolKind::MODULE,
        Some(Sort::Fact) => lsp::SymbolKind::FIELD,
        Some(Sort::List) => lsp::SymbolKind::CONSTANT,
        Some(Sort::Pool) => lsp::SymbolKind::VARIABLE,
        Some(Sort::Base | Sort::Campaign) => lsp::SymbolKind::CLASS,
        Some(Sort::Tier) => lsp::SymbolKind::ENUM_MEMBER,
        Some(Sort::Option | Sort::Group) => lsp::SymbolKind::OBJECT,
        Some(Sort::Function) => lsp::SymbolKind::FUNCTION,
    };
    let children: Vec<lsp::DocumentSymbol> = symbol.children.into_iter().map(|s| self::symbol(lines, s)).collect();
    lsp::DocumentSymbol {
        name: if symbol.name.trim().is_empty() { "?".to_owned() } else { symbol.name },
        detail: symbol.sort.map(|s| s.words().to_owned()),
        kind,
        tags: None,
        deprecated: None,
        range: lines.range(symbol.whole),
        selection_range: lines.range(symbol.range),
        children: (!children.is_empty()).then_some(children),
    }
}
