//! `saldo login`: stores a key after the API has accepted it. The key is typed without echo or comes from stdin; it is
//! no argument, which other users of the machine could see.

use std::io::{BufRead as _, IsTerminal as _, Read as _, Write as _, stdin};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use console::Term;
use secrecy::{ExposeSecret as _, SecretString};

use crate::access::{Access, KeySource, secret};
use crate::address::Address;
use crate::answer::{Outcome, note};
use crate::api::Api;
use crate::session::{Session, variable};

/// More than any key has.
const KEY_BYTES_MAX: u64 = 4_096;

const EXAMPLES: &str = "\
Examples:
  saldo login --url https://saldo.example
  pass show saldo-key | saldo login --url https://saldo.example

An administrator creates keys with `POST /api/v1/keys`. Imports need the scope `import`, exports the scope `export`.";

/// Stores an API key, for the address of Saldo that it belongs to.
///
/// The key is asked for, or read from standard input. It is checked and then stored in a file that only you can read.
/// The address becomes the default of the other commands.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Login {
    #[arg(skip)]
    answers: Option<Answers>,
}

/// What the user has answered.
#[derive(Clone, Debug)]
struct Answers {
    url: Address,
    key: SecretString,
}

impl Login {
    /// Asks for the address, if it is not known, and for the key.
    ///
    /// # Errors
    /// When there is no answer.
    pub(crate) fn ask(&mut self, session: &Session) -> Result<()> {
        // Before the question: a mistake in the file would waste the answer.
        let stored = session.config.credentials()?.url;
        let interactive = stdin().is_terminal();
        let url = match (session.url.clone(), interactive) {
            (Some(url), _) => url,
            (None, true) => asked_for_address(stored.as_deref())?,
            (None, false) => match stored {
                Some(url) => url,
                None => bail!(
                    "the address of Saldo is not known. Add it: `saldo login --url https://saldo.example`."
                ),
            },
        };
        let url = Address::parse(&url)?;
        let key = secret(&if interactive { typed()? } else { piped()? });
        if key.expose_secret().is_empty() {
            bail!("no key was given. Type it, or send it to standard input.");
        }
        self.answers = Some(Answers { url, key });
        Ok(())
    }
}

pub(crate) async fn run(session: &Session, login: Login) -> Result<Outcome> {
    let Some(Answers { url, key }) = login.answers else { bail!("no key was given.") };
    let api = Api::new(Access { url: url.clone(), key: key.clone(), source: KeySource::Typed })?;
    // The smallest request that shows that the key is valid.
    let lacks_scope = match api.read("/api/v1/import?limit=1").await {
        Ok(_) => false,
        Err(error) if error.refusal().is_some_and(|refusal| refusal.code == "scope_missing") => true,
        Err(error) => return Err(error.into()),
    };
    session.config.store(&url, &key)?;
    let file = session.config.credentials_file();
    note(&format!("Logged in to {}. The key is in {}.", url.as_str(), file.display()));
    if lacks_scope {
        note("The key lacks the scope `import`, so it can't import files.");
    }
    if variable("SALDO_KEY").is_some() {
        note("SALDO_KEY is set and takes precedence over the stored key.");
    }
    Ok(Outcome::Done)
}

fn asked_for_address(last: Option<&str>) -> Result<String> {
    let mut stderr = std::io::stderr();
    match last {
        Some(last) => write!(stderr, "Address of Saldo [{last}]: ")?,
        None => write!(stderr, "Address of Saldo, such as https://saldo.example: ")?,
    }
    stderr.flush()?;
    let mut line = String::new();
    stdin().lock().read_line(&mut line)?;
    match (line.trim(), last) {
        ("", Some(last)) => Ok(last.to_owned()),
        (typed, _) => Ok(typed.to_owned()),
    }
}

fn typed() -> Result<String> {
    let terminal = Term::stderr();
    write!(&terminal, "API key (not shown): ")?;
    terminal.flush()?;
    terminal.read_secure_line().context("the key can't be read from the terminal")
}

fn piped() -> Result<String> {
    let mut text = String::new();
    stdin()
        .lock()
        .take(KEY_BYTES_MAX)
        .read_to_string(&mut text)
        .context("the key can't be read from standard input")?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
