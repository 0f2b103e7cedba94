//! How the service is set up: one file, then environment, then flags; each later one wins.
//!
//! A room of its own because the service, `rewards config check`, `rewards token` and the documents need the same
//! list of settings ([`settings`]): what a setting is called, what it may be, and what it is unless somebody says.

mod developer;
mod effective;
mod file;
pub(crate) mod secret;
mod settings;
mod value;

pub(crate) use developer::key as development_key;
pub(crate) use effective::{AdminOidc, Auth, AuthKeys, Config, LogFormat};
pub(crate) use value::duration;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use settings::SETTINGS;
use value::Value;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// Nobody said.
    Default,
    /// A place in the file: name, line, column.
    File(String, usize, usize),
    /// An environment variable.
    Variable(String),
    /// An option of the command line.
    Flag(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Default => f.write_str("default"),
            Source::File(name, line, column) => write!(f, "{name}:{line}:{column}"),
            Source::Variable(name) => write!(f, "environment variable {name}"),
            Source::Flag(name) => write!(f, "option {name}"),
        }
    }
}

/// What is wrong with the configuration: each mistake in a line, with its place and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfigError(pub(crate) Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n       "))
    }
}

/// Values of options, by the name of the setting: `("server.port", "--port", text)`.
pub(crate) type Flags<'a> = Vec<(&'static str, &'static str, &'a str)>;

/// Every setting that has a value, with where it comes from.
#[derive(Debug, Default)]
pub(crate) struct Values {
    found: BTreeMap<String, (Value, Source)>,
    wrong: Vec<String>,
}

impl Values {
    /// Takes a text for a setting, as environment and flags have it.
    fn take_text(&mut self, key: &str, text: &str, source: Source) {
        match settings::kind_of(key) {
            Some(kind) => match kind.read(text) {
                Ok(value) => self.put(key, value, source),
                Err(due) => self.wrong(key, &kind.shown(text), &due, &source),
            },
            None => self.wrong.push(settings::unknown(key, &source)),
        }
    }

    fn put(&mut self, key: &str, value: Value, source: Source) {
        self.found.insert(key.to_owned(), (value, source));
    }

    fn wrong(&mut self, key: &str, shown: &str, due: &str, source: &Source) {
        self.wrong.push(format!("{source}: {key} = {shown}: {due}"));
    }
}

/// Reads what there is. `environment` are the variables; those that are empty count as not there.
pub(crate) fn read(
    file: Option<&Path>,
    environment: &BTreeMap<String, String>,
    flags: &Flags<'_>,
) -> Result<Config, ConfigError> {
    let mut values = Values::default();
    for setting in SETTINGS {
        if let Some(text) = setting.default {
            values.take_text(setting.key, text, Source::Default);
        }
    }
    let named = file.map(Path::to_path_buf).or_else(|| environment.get("REWARDS_CONFIG").map(Into::into));
    if let Some(path) = named {
        file::read(&path, &mut values);
    }
    for setting in SETTINGS {
        for name in setting.variables {
            if let Some(text) = environment.get(*name).filter(|text| !text.is_empty()) {
                values.take_text(setting.key, text, Source::Variable((*name).to_owned()));
            }
        }
    }
    for (key, option, text) in flags {
        values.take_text(key, text, Source::Flag(option));
    }
    Config::from_values(values)
}

/// The variables of this process that are UTF-8.
pub(crate) fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// The table of settings for docs/operations.md.
#[cfg(test)]
pub(crate) fn table() -> String {
    settings::table()
}

#[cfg(test)]
mod tests;
