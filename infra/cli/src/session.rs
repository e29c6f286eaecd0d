//! What all commands need: where files of the command are, the address and key, and the output.

use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow};
use etcetera::{BaseStrategy as _, choose_base_strategy};

use crate::access::Access;
use crate::answer::Output;
use crate::api::Api;
use crate::config::Config;
use crate::interruption::Interruption;

/// The folder of the command below those of the XDG specification.
const FOLDER: &str = "saldo";

/// One run of the command.
pub(crate) struct Session {
    pub config: Config,
    pub output: Output,
    pub interruption: Interruption,
    /// The folder for what is not finished.
    pub state: PathBuf,
    /// The address of `--url` or `SALDO_URL`.
    pub url: Option<String>,
}

impl Session {
    pub(crate) fn new(url: Option<String>, output: Output, interruption: Interruption) -> Result<Self> {
        let base = choose_base_strategy().map_err(|_| anyhow!("there is no home folder. Set HOME."))?;
        let state = base.state_dir().unwrap_or_else(|| base.data_dir()).join(FOLDER);
        let url = url.or_else(|| variable("SALDO_URL"));
        Ok(Self {
            config: Config { folder: base.config_dir().join(FOLDER) },
            output,
            interruption,
            state,
            url,
        })
    }

    /// The API at the address, with the key.
    ///
    /// # Errors
    /// When address or key are not known.
    pub(crate) fn api(&self) -> Result<Api> {
        let access = Access::find(self.url.as_deref(), variable("SALDO_KEY"), &self.config)?;
        Api::new(access).context("the command can't open connections")
    }
}

/// The value of a variable that is set and not empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}
