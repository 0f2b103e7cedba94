//! What `serve`, `token` and `config` share: where their configuration comes from.

use std::path::PathBuf;

use super::Failure;
use crate::config::{self, Config, Flags};

/// Where the configuration comes from.
#[derive(Debug, clap::Args)]
pub(super) struct Setup {
    /// A file of settings in TOML; without it, the one that REWARDS_CONFIG names
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the embedded store and of the development key
    #[arg(long, value_name = "FOLDER")]
    data: Option<String>,
}

impl Setup {
    /// Reads the file, the environment, and options: settings with the option's name and its value, where it is set.
    pub(super) fn read(&self, options: &[(&'static str, &'static str, Option<&str>)]) -> Result<Config, Failure> {
        let own = [("store.data", "--data", self.data.as_deref())];
        let set = own.iter().chain(options).filter_map(|(key, option, text)| Some((*key, *option, (*text)?)));
        let flags: Flags<'_> = set.collect();
        config::read(self.config.as_deref(), &config::environment(), &flags).map_err(|error| Failure(error.to_string()))
    }
}
