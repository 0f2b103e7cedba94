//! The conversation: which message does what, in which order.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::Receiver;

use ls_types as lsp;
use rewards_rules::source::Findings;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::check::{Checked, Checker, Job};
use super::position::Encoding;
use super::wire::{Incoming, Writer, Wrong};
use super::workspace::{At, Workspace, folder_path};
use super::{Event, answers, findings};

type Answer = Result<Value, (Wrong, String)>;

/// How far the conversation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// `initialize` has not come yet.
    New,
    /// Questions are answered.
    Ready,
    /// `shutdown` has come; only `exit` may follow.
    Down,
}

/// The server's side of the conversation.
pub(super) struct Server<W: Write> {
    writer: Writer<W>,
    checker: Checker,
    workspace: Workspace,
    stage: Stage,
    /// Whether the client tells of files that change on disk, once it was asked to.
    can_watch: bool,
    /// The newest findings, by folder of the rule set.
    found: BTreeMap<PathBuf, Findings>,
    /// The files for which findings stand in the editor.
    shown: BTreeMap<PathBuf, BTreeSet<String>>,
}

impl<W: Write> Server<W> {
    pub(super) fn new(out: W, checker: Checker) -> Server<W> {
        Server {
            writer: Writer::new(out),
            checker,
            workspace: Workspace::new(),
            stage: Stage::New,
            can_watch: false,
            found: BTreeMap::new(),
            shown: BTreeMap::new(),
        }
    }

    /// Runs until `exit`, or until the client is gone; tells whether `shutdown` came before.
    pub(super) fn run(mut self, inbox: &Receiver<Event>) -> io::Result<bool> {
        let mut queue: VecDeque<Event> = VecDeque::new();
        loop {
            if queue.is_empty() {
                self.settle()?;
                let Ok(event) = inbox.recv() else { return Ok(self.stage == Stage::Down) };
                queue.push_back(event);
            }
            while let Ok(event) = inbox.try_recv() {
                queue.push_back(event);
            }
            self.cancel(&mut queue)?;
            let Some(event) = queue.pop_front() else { continue };
            let goes_on = match event {
                Event::Closed => false,
                Event::Checked(checked) => self.checked(checked).map(|()| true)?,
                Event::Came(message) => self.message(message)?,
            };
            if !goes_on {
                return Ok(self.stage == Stage::Down);
            }
        }
    }

    /// Answers requests that the client no longer wants and that were not begun.
    fn cancel(&mut self, queue: &mut VecDeque<Event>) -> io::Result<()> {
        let is_cancel = |event: &Event| match event {
            Event::Came(Incoming::Notification { method, params }) if method == "$/cancelRequest" => {
                params.get("id").cloned()
            }
            _ => None,
        };
        let unwanted: Vec<Value> = queue.iter().filter_map(is_cancel).collect();
        for unwanted in unwanted {
            let asks = |event: &Event| matches!(event, Event::Came(Incoming::Request { id, .. }) if *id == unwanted);
            if let Some(index) = queue.iter().position(asks) {
                queue.remove(index);
                self.writer.answer(&unwanted, Err((Wrong::Cancelled, "cancelled".to_owned())))?;
            }
        }
        queue.retain(|event| is_cancel(event).is_none());
        Ok(())
    }

    /// One message. Tells whether there may be more.
    fn message(&mut self, message: Incoming) -> io::Result<bool> {
        match message {
            Incoming::Response => {}
            Incoming::Malformed { id, wrong, message } => self.writer.answer(&id, Err((wrong, message)))?,
            Incoming::Notification { method, .. } if method == "exit" => return Ok(false),
            Incoming::Notification { method, params } => {
                if self.stage == Stage::Ready {
                    self.notification(&method, params)?;
                }
            }
            Incoming::Request { id, method, params } => {
                let answer = match (self.stage, method.as_str()) {
                    (Stage::New, "initialize") => Ok(self.initialize(&params)),
                    (Stage::New, _) => Err((Wrong::NotInitialized, "`initialize` comes first".to_owned())),
                    (Stage::Ready, "shutdown") => {
                        self.stage = Stage::Down;
                        Ok(Value::Null)
                    }
                    (Stage::Ready, "initialize") | (Stage::Down, _) => {
                        Err((Wrong::Request, format!("`{method}` comes too late")))
                    }
                    (Stage::Ready, method) => {
                        self.settle()?;
                        let answered = catch_unwind(AssertUnwindSafe(|| self.request(method, params)));
                        answered.unwrap_or_else(|_| Err((Wrong::Internal, format!("`{method}` failed"))))
                    }
                };
                self.writer.answer(&id, answer)?;
            }
        }
        Ok(true)
    }

    fn initialize(&mut self, params: &Value) -> Value {
        self.stage = Stage::Ready;
        let encodings = params.pointer("/capabilities/general/positionEncodings").and_then(Value::as_array);
        if encodings.is_some_and(|known| known.iter().any(|e| e == "utf-8")) {
            self.workspace.encoding = Encoding::Utf8;
        }
        let watch = "/capabilities/workspace/didChangeWatchedFiles/dynamicRegistration";
        self.can_watch = params.pointer(watch) == Some(&Value::Bool(true));
        let folders = params.get("workspaceFolders").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut tops: Vec<&str> = folders.iter().filter_map(|f| f.get("uri")?.as_str()).collect();
        if tops.is_empty() {
            tops.extend(params.get("rootUri").and_then(Value::as_str));
        }
        self.workspace.tops = tops.into_iter().filter_map(folder_path).collect();
        let mut answer = json!({
            "capabilities": {
                "positionEncoding": match self.workspace.encoding {
                    Encoding::Utf16 => "utf-16",
                    Encoding::Utf8 => "utf-8",
                },
                "textDocumentSync": {"openClose": true, "change": 2, "save": {"includeText": false}},
                "completionProvider": {"triggerCharacters": [".", "\"", " ", "[", "(", "{", ","]},
                "hoverProvider": true,
                "definitionProvider": true,
                "referencesProvider": true,
                "renameProvider": {"prepareProvider": true},
                "documentSymbolProvider": true,
                "codeActionProvider": {"codeActionKinds": ["quickfix"]},
                "workspace": {"workspaceFolders": {"supported": true, "changeNotifications": true}},
            },
            "serverInfo": {"name": "rewards", "version": env!("CARGO_PKG_VERSION")},
        });
        if cfg!(feature = "fmt")
            && let Some(capabilities) = answer.get_mut("capabilities").and_then(Value::as_object_mut)
        {
            capabilities.insert("documentFormattingProvider".to_owned(), Value::Bool(true));
        }
        answer
    }

    fn notification(&mut self, method: &str, params: Value) -> io::Result<()> {
        match method {
            "initialized" if self.can_watch => self.watch()?,
            "textDocument/didOpen" => {
                if let Some(params) = self.read::<lsp::DidOpenTextDocumentParams>(method, params)? {
                    self.workspace.open(params.text_document);
                }
            }
            "textDocument/didChange" => {
                if let Some(params) = self.read(method, params)? {
                    self.workspace.change(params);
                }
            }
            "textDocument/didClose" => {
                if let Some(params) = self.read::<lsp::DidCloseTextDocumentParams>(method, params)? {
                    self.close(&params.text_document.uri)?;
                }
            }
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => self.workspace.look_again(),
            "workspace/didChangeWorkspaceFolders" => {
                if let Some(params) = self.read::<lsp::DidChangeWorkspaceFoldersParams>(method, params)? {
                    let path = |folder: &lsp::WorkspaceFolder| folder_path(folder.uri.as_str());
                    let removed: Vec<PathBuf> = params.event.removed.iter().filter_map(path).collect();
                    self.workspace.tops.retain(|top| !removed.contains(top));
                    self.workspace.tops.extend(params.event.added.iter().filter_map(path));
                    self.workspace.look_again();
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The parameters of a notification; there is no answer that could say that they are wrong, so it is logged.
    fn read<T: DeserializeOwned>(&mut self, method: &str, params: Value) -> io::Result<Option<T>> {
        match serde_json::from_value(params) {
            Ok(params) => Ok(Some(params)),
            Err(error) => {
                self.log(lsp::MessageType::WARNING, &format!("`{method}` cannot be read: {error}"))?;
                Ok(None)
            }
        }
    }

    fn log(&mut self, typ: lsp::MessageType, message: &str) -> io::Result<()> {
        self.writer.tell("window/logMessage", json!({"type": typ, "message": message}))
    }

    /// Asks to be told of files that change on disk.
    fn watch(&mut self) -> io::Result<()> {
        let watchers = [json!({"globPattern": "**/*.{yaml,yml,rhai}"})];
        let method = "workspace/didChangeWatchedFiles";
        let registration = json!({"id": "rule-files", "method": method, "registerOptions": {"watchers": watchers}});
        self.writer.ask("client/registerCapability", json!({"registrations": [registration]}))
    }

    /// The findings of a file that is closed stay, unless nothing of its rule set is open any more.
    fn close(&mut self, uri: &lsp::Uri) -> io::Result<()> {
        self.workspace.close(uri);
        self.settle()
    }

    /// Reads what may have changed on disk, and has checked what changed.
    fn settle(&mut self) -> io::Result<()> {
        for root in self.workspace.settle() {
            self.found.remove(&root);
            for path in self.shown.remove(&root).unwrap_or_default() {
                if let Some(uri) = self.workspace.uri(&root, &path) {
                    self.publish(uri, Vec::new(), None)?;
                }
            }
        }
        let mut unreadable = Vec::new();
        for (root, set) in self.workspace.sets() {
            unreadable.extend(set.unreadable.take());
            if std::mem::take(&mut set.due) {
                let job = Job { root: root.clone(), generation: set.generation, sources: set.sources() };
                self.checker.check(job);
            }
        }
        for message in unreadable {
            self.log(lsp::MessageType::ERROR, &message)?;
        }
        Ok(())
    }

    /// Shows what was found, unless the rule set has changed since.
    fn checked(&mut self, checked: Checked) -> io::Result<()> {
        let Checked { root, generation, findings } = checked;
        if self.workspace.set(&root).is_none_or(|set| set.generation != generation) {
            return Ok(());
        }
        let Some(findings) = findings else {
            let message = format!("checking {} failed; this is a mistake of `rewards` itself", root.display());
            return self.log(lsp::MessageType::ERROR, &message);
        };
        let by_file = findings::diagnostics(&self.workspace, &root, &findings);
        let before = self.shown.insert(root.clone(), by_file.keys().cloned().collect()).unwrap_or_default();
        self.found.insert(root.clone(), findings);
        let cleared = before.into_iter().filter(|path| !by_file.contains_key(path)).map(|path| (path, Vec::new()));
        let all: Vec<(String, Vec<lsp::Diagnostic>)> = cleared.chain(by_file.clone()).collect();
        for (path, diagnostics) in all {
            let version = self.workspace.open_at(&root, &path).map(|o| o.version);
            if let Some(uri) = self.workspace.uri(&root, &path) {
                self.publish(uri, diagnostics, version)?;
            }
        }
        Ok(())
    }

    fn publish(&mut self, uri: lsp::Uri, diagnostics: Vec<lsp::Diagnostic>, version: Option<i32>) -> io::Result<()> {
        let params = lsp::PublishDiagnosticsParams { uri, diagnostics, version };
        self.writer.tell("textDocument/publishDiagnostics", params)
    }

    fn request(&self, method: &str, params: Value) -> Answer {
        match method {
            "textDocument/completion" => self.place(params, |w, at, position| Ok(answers::completion(w, at, position))),
            "textDocument/hover" => self.place(params, |w, at, position| Ok(self.hover(w, at, position))),
            "textDocument/definition" => self.place(params, |w, at, position| Ok(answers::definition(w, at, position))),
            "textDocument/references" => {
                let definitions = params.pointer("/context/includeDeclaration") == Some(&Value::Bool(true));
                self.place(params, |w, at, position| Ok(answers::references(w, at, position, definitions)))
            }
            "textDocument/prepareRename" => {
                self.place(params, |w, at, position| Ok(answers::prepare_rename(w, at, position)))
            }
            "textDocument/rename" => {
                let new = params.get("newName").and_then(Value::as_str).unwrap_or_default().to_owned();
                self.place(params, |w, at, position| answers::rename(w, at, position, &new))
            }
            "textDocument/documentSymbol" => {
                self.file(params, |w, at, _: lsp::DocumentSymbolParams| Ok(answers::symbols(w, at)))
            }
            #[cfg(feature = "fmt")]
            "textDocument/formatting" => {
                self.file(params, |w, at, _: lsp::DocumentFormattingParams| super::format::formatting(w, at))
            }
            "textDocument/codeAction" => self.file(params, |w, at, params: lsp::CodeActionParams| {
                let found = self.found.get(at.root).filter(|f| is_current(f, at));
                Ok(found.map(|f| findings::actions(w, at, f, params.range)).unwrap_or_default())
            }),
            _ => Err((Wrong::Method, format!("there is no method `{method}`"))),
        }
    }

    /// Answers a question about a place; of a file that belongs to no rule set, nothing is known.
    fn place<T: Serialize>(
        &self,
        params: Value,
        answer: impl FnOnce(&Workspace, At<'_>, lsp::Position) -> Result<T, String>,
    ) -> Answer {
        self.file(params, |w, at, params: lsp::TextDocumentPositionParams| answer(w, at, params.position))
    }

    fn file<P: DeserializeOwned, T: Serialize>(
        &self,
        params: Value,
        answer: impl FnOnce(&Workspace, At<'_>, P) -> Result<T, String>,
    ) -> Answer {
        let wrong = |error: serde_json::Error| (Wrong::Params, format!("the parameters cannot be read: {error}"));
        let file = params.get("textDocument").cloned().unwrap_or_default();
        let file: lsp::TextDocumentIdentifier = serde_json::from_value(file).map_err(wrong)?;
        let params: P = serde_json::from_value(params).map_err(wrong)?;
        let Some(at) = self.workspace.at(&file.uri) else { return Ok(Value::Null) };
        let answer = answer(&self.workspace, at, params).map_err(|message| (Wrong::Failed, message))?;
        serde_json::to_value(answer).map_err(|error| (Wrong::Internal, error.to_string()))
    }

    /// What is known of a place: the name there, and the pages of the findings.
    fn hover(&self, workspace: &Workspace, at: At<'_>, position: lsp::Position) -> Option<lsp::Hover> {
        let lines = workspace.lines(at.text);
        let offset = lines.offset(position);
        let mut parts: Vec<String> = Vec::new();
        let mut range = None;
        if let Some(found) = self.found.get(at.root).filter(|f| is_current(f, at)) {
            for (finding, bytes) in findings::touching(found, at.path, offset..offset) {
                let page = finding.code.page();
                if !parts.contains(&page) {
                    parts.push(page);
                }
                range.get_or_insert(bytes);
            }
        }
        if let Some(hover) = at.folder.hover(at.path, offset) {
            parts.insert(0, hover.markdown);
            range = Some(hover.range);
        }
        let value = parts.iter().map(|part| part.trim_end()).collect::<Vec<_>>().join("\n\n---\n\n");
        let contents = lsp::HoverContents::Markup(lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value });
        (!parts.is_empty()).then(|| lsp::Hover { contents, range: range.map(|r| lines.range(r)) })
    }
}

/// Whether findings are about the file as it is now, and not as it was before the last change.
fn is_current(findings: &Findings, at: At<'_>) -> bool {
    let mut files = findings.sources().files().iter();
    files.any(|f| f.path == at.path && f.bytes == at.text.as_bytes())
}
