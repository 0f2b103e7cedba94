//! Messages of JSON-RPC over a stream, one after the other, each behind its length.
//!
//! A room of its own because a client may send anything: what is malformed is answered and passed over, and the next
//! message is read as if nothing had been. Messages are read as plain JSON first and given their types afterwards:
//! the engine's digit-for-digit numbers (`arbitrary_precision`) cannot be read into types that could be a number or
//! a text in one step, which every id of a message is.

use std::io::{self, BufRead, Read, Write};

use serde::Serialize;
use serde_json::{Value, json};

/// The largest message that is read, in bytes.
const MAX_MESSAGE: u64 = 64 * 1024 * 1024;
/// The longest line of a head that is looked at, in bytes.
const MAX_LINE: u64 = 8 * 1024;

/// What is wrong with a message or request, by the numbers of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// The message is not JSON.
    Parse = -32700,
    /// It is JSON, and no message.
    Request = -32600,
    /// There is no such method.
    Method = -32601,
    /// The parameters are not those of the method.
    Params = -32602,
    /// The server made a mistake.
    Internal = -32603,
    /// Something came before `initialize`.
    NotInitialized = -32002,
    /// It was understood and cannot be done.
    Failed = -32803,
    /// The client no longer wants it.
    Cancelled = -32800,
}

/// What a client sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Incoming {
    /// It wants an answer.
    Request {
        /// A number or text, given back with the answer.
        id: Value,
        /// What is asked.
        method: String,
        /// With what.
        params: Value,
    },
    /// It tells something.
    Notification {
        /// What is told.
        method: String,
        /// With what.
        params: Value,
    },
    /// It answers something.
    Response,
    /// It cannot be read.
    Malformed {
        /// Its id, if that can be told.
        id: Value,
        /// What kind of mistake.
        wrong: Wrong,
        /// In words.
        message: String,
    },
}

/// The next message; `None` at the end of the stream.
pub(super) fn read(input: &mut impl BufRead) -> io::Result<Option<Incoming>> {
    let Some(length) = read_head(input)? else { return Ok(None) };
    if length > MAX_MESSAGE {
        io::copy(&mut input.by_ref().take(length), &mut io::sink())?;
        let message = format!("a message of {length} bytes is too large; the most is {MAX_MESSAGE}");
        return Ok(Some(Incoming::Malformed { id: Value::Null, wrong: Wrong::Request, message }));
    }
    let mut body = Vec::new();
    input.by_ref().take(length).read_to_end(&mut body)?;
    Ok(Some(message(&body)))
}

/// The length of the message that follows. Lines that are no head of a message are passed over.
fn read_head(input: &mut impl BufRead) -> io::Result<Option<u64>> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if input.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        match line.split_once(':') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse::<u64>().ok().or(length);
            }
            _ if line.is_empty() && length.is_some() => return Ok(length),
            _ => {}
        }
    }
}

fn message(body: &[u8]) -> Incoming {
    let value: Value = match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(error) => {
            let message = format!("this message is not JSON: {error}");
            return Incoming::Malformed { id: Value::Null, wrong: Wrong::Parse, message };
        }
    };
    let id = value.get("id").filter(|id| id.is_number() || id.is_string()).cloned();
    let method = value.get("method").and_then(Value::as_str).map(str::to_owned);
    let params = value.get("params").cloned().unwrap_or_default();
    match (id, method) {
        (Some(id), Some(method)) => Incoming::Request { id, method, params },
        (None, Some(method)) => Incoming::Notification { method, params },
        (_, None) if value.get("result").is_some() || value.get("error").is_some() => Incoming::Response,
        (id, None) => Incoming::Malformed {
            id: id.unwrap_or_default(),
            wrong: Wrong::Request,
            message: "this is no message: it has no `method`".to_owned(),
        },
    }
}

/// Writes messages.
pub(super) struct Writer<W> {
    out: W,
    requests: u32,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W) -> Writer<W> {
        Writer { out, requests: 0 }
    }

    fn write(&mut self, message: &Value) -> io::Result<()> {
        let body = message.to_string();
        write!(self.out, "Content-Length: {}\r\n\r\n{body}", body.len())?;
        self.out.flush()
    }

    /// Answers a request.
    pub(super) fn answer(&mut self, id: &Value, result: Result<Value, (Wrong, String)>) -> io::Result<()> {
        self.write(&match result {
            Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
            Err((wrong, message)) => {
                json!({"jsonrpc": "2.0", "id": id, "error": {"code": wrong as i32, "message": message}})
            }
        })
    }

    /// Tells something.
    pub(super) fn tell(&mut self, method: &str, params: impl Serialize) -> io::Result<()> {
        let params = serde_json::to_value(params)?;
        self.write(&json!({"jsonrpc": "2.0", "method": method, "params": params}))
    }

    /// Asks something; the answer is not waited for.
    pub(super) fn ask(&mut self, method: &str, params: impl Serialize) -> io::Result<()> {
        self.requests = self.requests.saturating_add(1);
        let (id, params) = (format!("rewards-{}", self.requests), serde_json::to_value(params)?);
        self.write(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn what_is_malformed_is_passed_over() {
        let good = r#"{"jsonrpc":"2.0","id":7,"method":"shutdown"}"#;
        let frame = |body: &str| format!("Content-Length: {}\r\n\r\n{body}", body.len());
        for bad in ["{", "[1]", "{\"id\":[]}", "nonsense"] {
            let stream = format!("rubbish\r\n\r\n{}Content-Type: x\r\n{}", frame(bad), frame(good));
            let mut input = io::Cursor::new(stream);
            assert!(matches!(read(&mut input).unwrap(), Some(Incoming::Malformed { .. })), "{bad}");
            let Some(Incoming::Request { id, method, .. }) = read(&mut input).unwrap() else { panic!("{bad}") };
            assert_eq!((id, method.as_str()), (json!(7), "shutdown"));
            assert_eq!(read(&mut input).unwrap(), None);
        }
    }

    #[test]
    fn a_length_that_no_message_has_reserves_nothing() {
        let mut input = io::Cursor::new(format!("Content-Length: {}\r\n\r\n{{}}", u64::MAX));
        assert!(matches!(read(&mut input).unwrap(), Some(Incoming::Malformed { .. })));
        assert_eq!(read(&mut input).unwrap(), None);
    }
}
