//! A client of the language server: the real command, over its standard input and output.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::str::FromStr;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use ls_types::Uri;
use serde_json::{Value, json};

/// How long a message is waited for that never comes: many times what any takes.
const NEVER: Duration = Duration::from_secs(120);

/// A conversation with a server.
pub(super) struct Client {
    child: Child,
    input: Option<ChildStdin>,
    output: Receiver<Value>,
    root: PathBuf,
    ids: i64,
    /// What the server told while an answer was waited for.
    told: Vec<Value>,
}

impl Client {
    /// A server that shows a folder, ready to be asked. `capabilities` are the client's.
    pub(super) fn new(root: &Path, capabilities: Value) -> (Client, Value) {
        let mut client = Client::unready(root);
        let folders = json!([{"uri": client.uri(""), "name": "rules"}]);
        let params =
            json!({"processId": null, "rootUri": null, "capabilities": capabilities, "workspaceFolders": folders});
        let answer = client.ask("initialize", params);
        client.tell("initialized", json!({}));
        (client, answer)
    }

    /// A server that was told nothing.
    pub(super) fn unready(root: &Path) -> Client {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rewards"));
        command.args(["lsp", "--stdio"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stream = BufReader::new(child.stdout.take().unwrap());
        let (sender, output) = mpsc::channel();
        thread::spawn(move || {
            while let Some(message) = read(&mut stream) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let input = child.stdin.take();
        Client { child, input, output, root: root.canonicalize().unwrap(), ids: 0, told: Vec::new() }
    }

    /// The name of a file for the server.
    pub(super) fn uri(&self, path: &str) -> String {
        Uri::from_file_path(self.root.join(path)).unwrap().as_str().to_owned()
    }

    fn path(&self, uri: &str) -> String {
        let path = Uri::from_str(uri).unwrap().to_file_path().unwrap().into_owned();
        path.strip_prefix(&self.root).unwrap().to_str().unwrap().to_owned()
    }

    /// Sends bytes as they are.
    pub(super) fn raw(&mut self, bytes: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes.as_bytes()).unwrap();
        input.flush().unwrap();
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.raw(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    }

    pub(super) fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends a request and does not wait; its id.
    pub(super) fn begin(&mut self, method: &str, params: Value) -> i64 {
        self.ids += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": self.ids, "method": method, "params": params}));
        self.ids
    }

    /// The answer to a request; what comes before it is kept.
    pub(super) fn answer(&mut self, id: &Value) -> Value {
        loop {
            let message = self.read();
            if message.get("method").is_none() && message.get("id") == Some(id) {
                return message;
            }
            self.told.push(message);
        }
    }

    /// The result of a request.
    pub(super) fn ask(&mut self, method: &str, params: Value) -> Value {
        let answer = self.reply(method, params);
        answer.get("result").unwrap_or_else(|| panic!("{method}: {answer}")).clone()
    }

    /// The whole answer to a request.
    pub(super) fn reply(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params);
        self.answer(&json!(id))
    }

    fn read(&mut self) -> Value {
        self.output.recv_timeout(NEVER).unwrap_or_else(|_| panic!("nothing comes any more; before: {:?}", self.told))
    }

    /// The next message of a kind that the server sends by itself.
    pub(super) fn next(&mut self, method: &str) -> Value {
        if let Some(at) = self.told.iter().position(|m| m.get("method") == Some(&json!(method))) {
            return self.told.remove(at);
        }
        loop {
            let message = self.read();
            if message.get("method") == Some(&json!(method)) {
                return message;
            }
            self.told.push(message);
        }
    }

    /// Reads findings of a file until they have exactly these codes; the last of them.
    pub(super) fn findings(&mut self, path: &str, codes: &[&str]) -> Vec<Value> {
        loop {
            let message = self.next("textDocument/publishDiagnostics");
            let params = &message["params"];
            if self.path(params["uri"].as_str().unwrap()) != path {
                continue;
            }
            let list = params["diagnostics"].as_array().unwrap().clone();
            if list.iter().map(|d| d["code"].as_str().unwrap()).eq(codes.iter().copied()) {
                return list;
            }
        }
    }

    pub(super) fn open(&mut self, path: &str, text: &str) {
        let document = json!({"uri": self.uri(path), "languageId": "yaml", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
    }

    /// Changes the whole text of an open file.
    pub(super) fn write(&mut self, path: &str, version: i32, text: &str) {
        self.change(path, version, json!([{"text": text}]));
    }

    pub(super) fn change(&mut self, path: &str, version: i32, changes: Value) {
        let document = json!({"uri": self.uri(path), "version": version});
        self.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": changes}));
    }

    pub(super) fn close(&mut self, path: &str) {
        let document = json!({"uri": self.uri(path)});
        self.tell("textDocument/didClose", json!({"textDocument": document}));
    }

    /// Parameters that name a place: a file, a line and a column from 0.
    pub(super) fn at(&self, path: &str, line: u32, character: u32) -> Value {
        json!({"textDocument": {"uri": self.uri(path)}, "position": {"line": line, "character": character}})
    }

    /// What is offered at a place.
    pub(super) fn complete(&mut self, path: &str, line: u32, character: u32) -> Vec<String> {
        let params = self.at(path, line, character);
        let list = self.ask("textDocument/completion", params);
        let label = |item: &Value| item["label"].as_str().unwrap().to_owned();
        list["items"].as_array().unwrap().iter().map(label).collect()
    }

    /// A place that the server names, as `file:line:column`.
    pub(super) fn place(&self, location: &Value) -> String {
        let start = &location["range"]["start"];
        format!("{}:{}:{}", self.path(location["uri"].as_str().unwrap()), start["line"], start["character"])
    }

    /// Ends the conversation as it should be ended.
    pub(super) fn end(mut self) -> ExitStatus {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.tell("exit", Value::Null);
        self.wait()
    }

    /// Goes away.
    pub(super) fn wait(mut self) -> ExitStatus {
        self.input = None;
        self.child.wait().unwrap()
    }
}

/// The next message of a server; `None` at the end.
fn read(stream: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        match line.trim().split_once(": ") {
            Some(("Content-Length", value)) => length = value.parse().unwrap(),
            _ => break,
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    Some(serde_json::from_slice(&body).unwrap())
}

impl Drop for Client {
    /// A test that failed leaves no server behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
