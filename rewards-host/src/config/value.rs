//! What a setting may be, read from a text or from TOML.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

/// The type of a setting.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Any text that is not empty.
    Text,
    /// A text that is hidden.
    Secret,
    /// The address of a service, which may hold a password and is hidden: its schemes.
    Url(&'static [&'static str]),
    /// An address of this machine.
    Address,
    /// A whole number in a range, both ends included.
    Number(u64, u64),
    /// A length of time in a range, both ends included, in milliseconds.
    Time(u64, u64),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Texts; in a variable, separated by commas.
    List,
}

/// A value of one of those types.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Hidden(String),
    Address(IpAddr),
    Number(u64),
    Time(Duration),
    List(Vec<String>),
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl Value {
    /// As `config check` prints it: TOML, with secrets hidden.
    pub(crate) fn shown(&self) -> String {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        match self {
            Value::Text(text) => quoted(text),
            Value::Hidden(_) => "\"(hidden)\"".to_owned(),
            Value::Address(address) => quoted(&address.to_string()),
            Value::Number(number) => number.to_string(),
            Value::Time(time) => quoted(&in_words(*time)),
            Value::List(all) => format!("[{}]", all.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ")),
        }
    }
}

impl Kind {
    /// Reads a text. The error says what would be right.
    pub(crate) fn read(self, text: &str) -> Result<Value, String> {
        let text = text.trim();
        if text.is_empty() && !matches!(self, Kind::List) {
            return Err(self.due());
        }
        let due = || self.due();
        match self {
            Kind::Text => Ok(Value::Text(text.to_owned())),
            Kind::Secret => Ok(Value::Hidden(text.to_owned())),
            Kind::Url(schemes) => {
                let scheme = text.split_once("://").map(|(scheme, _)| scheme);
                let known = scheme.is_some_and(|scheme| schemes.contains(&scheme));
                known.then(|| Value::Hidden(text.to_owned())).ok_or_else(due)
            }
            Kind::Address => match text {
                "localhost" => Ok(Value::Address(IpAddr::from([127, 0, 0, 1]))),
                _ => text.parse().map(Value::Address).map_err(|_| due()),
            },
            Kind::Number(least, most) => {
                let number: u64 = text.parse().map_err(|_| due())?;
                (least..=most).contains(&number).then_some(Value::Number(number)).ok_or_else(due)
            }
            Kind::Time(least, most) => {
                let time = duration(text).ok_or_else(due)?;
                let fits = time >= Duration::from_millis(least) && time <= Duration::from_millis(most);
                fits.then_some(Value::Time(time)).ok_or_else(due)
            }
            Kind::Choice(words) => {
                let word = words.iter().find(|word| word.eq_ignore_ascii_case(text));
                word.map(|word| Value::Text((*word).to_owned())).ok_or_else(|| match nearest(text, words) {
                    Some(word) => format!("{}; did you mean `{word}`?", due()),
                    None => due(),
                })
            }
            Kind::List => {
                let all = text.split(',').map(str::trim).filter(|text| !text.is_empty());
                Ok(Value::List(all.map(str::to_owned).collect()))
            }
        }
    }

    /// What would be right.
    pub(crate) fn due(self) -> String {
        match self {
            Kind::Text | Kind::Secret => "a text that is not empty is due".to_owned(),
            Kind::Url(schemes) => {
                let all: Vec<String> = schemes.iter().map(|scheme| format!("{scheme}://…")).collect();
                format!("an address like {} is due", all.join(" or "))
            }
            Kind::Address => "an address of this machine is due, like 127.0.0.1, ::1 or 0.0.0.0".to_owned(),
            Kind::Number(least, most) => format!("a whole number from {least} to {most} is due"),
            Kind::Time(least, most) => {
                let [least, most] = [least, most].map(|millis| in_words(Duration::from_millis(millis)));
                format!("a time from {least} to {most} is due, like 250ms, 30s, 5m, 12h or 7d")
            }
            Kind::Choice(words) => format!("one of {} is due", words.join(", ")),
            Kind::List => "a list of texts is due".to_owned(),
        }
    }

    /// A text that was refused, unless it may be a secret.
    pub(crate) fn shown(self, text: &str) -> String {
        match self {
            Kind::Secret | Kind::Url(_) => "(hidden)".to_owned(),
            _ => format!("`{text}`"),
        }
    }
}

/// The word that was probably meant.
pub(crate) fn nearest<'a>(text: &str, words: &[&'a str]) -> Option<&'a str> {
    let by_distance = words.iter().map(|word| (strsim::damerau_levenshtein(text, word), *word));
    by_distance.filter(|(distance, word)| *distance <= (word.len() / 3).max(1)).min().map(|(_, word)| word)
}

/// `250ms`, `30s`, `5m`, `12h`, `7d`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    let millis: u64 = match unit.trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

/// A time as [`duration`] reads it, in the largest unit that is exact.
pub(crate) fn in_words(time: Duration) -> String {
    let millis = time.as_millis();
    let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];
    let exact = units.into_iter().find(|(_, length)| millis > 0 && millis.is_multiple_of(*length));
    match exact.and_then(|(unit, length)| Some((unit, millis.checked_div(length)?))) {
        Some((unit, number)) => format!("{number}{unit}"),
        None => format!("{millis}ms"),
    }
}
