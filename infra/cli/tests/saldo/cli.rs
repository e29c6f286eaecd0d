//! A user's machine: a home folder, files, and the command.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use testing::{Tenant, saldo};

/// A user with a home folder, in which commands run.
pub(crate) struct User {
    home: TempDir,
    variables: Vec<(String, String)>,
}

/// The result of a command.
#[derive(Debug)]
pub(crate) struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("JSON: {self:?}"))
    }

    /// Exit status and output, for snapshots, with ids and times replaced.
    pub(crate) fn shown(&self) -> String {
        let all = format!(
            "exit status {}\n--- stdout\n{}--- stderr\n{}",
            self.code.unwrap_or(-1),
            self.stdout,
            self.stderr
        );
        plain(&all)
    }
}

/// What differs from run to run, each as an example: `0` stands for any digit of a number in base 16.
const EXAMPLES: [&str; 4] = [
    "imp_00000000-0000-0000-0000-000000000000",
    "exp_00000000-0000-0000-0000-000000000000",
    "req_00000000-0000-0000-0000-000000000000",
    "2000-00-00T00:00:00.000Z",
];

/// The text with what differs from run to run replaced by examples of the same length.
pub(crate) fn plain(text: &str) -> String {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some(next) = rest.chars().next() {
        let example = EXAMPLES.into_iter().find(|example| is_like(rest, example));
        let taken = example.map_or(next.len_utf8(), str::len);
        plain.push_str(example.unwrap_or(&rest[..taken]));
        rest = &rest[taken..];
    }
    let mut parts = plain.split("http://127.0.0.1:");
    let mut addressed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        addressed += "http://127.0.0.1:3000";
        addressed += part.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    addressed
}

fn is_like(text: &str, example: &str) -> bool {
    let (text, example) = (text.as_bytes(), example.as_bytes());
    let same = |(c, e): (&u8, &u8)| c == e || *e == b'0' && c.is_ascii_hexdigit();
    text.len() >= example.len() && text.iter().zip(example).all(same)
}

impl User {
    /// A user who knows nothing of Saldo.
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().expect("a folder"), variables: vec![] }
    }

    /// A user with an organization's key in the environment.
    pub(crate) async fn of_tenant() -> (Self, Tenant) {
        let tenant = saldo().await.tenant().await;
        let user = Self::new().with("SALDO_URL", &tenant.url).with("SALDO_KEY", &tenant.key);
        (user, tenant)
    }

    /// The same user with a variable set.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file of the user, with its folder.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("a file");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The names of the files in the home folder that begin with this.
    pub(crate) fn files(&self, prefix: &str) -> Vec<String> {
        let entries = fs::read_dir(self.home.path()).expect("the folder").flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut names: Vec<_> = names.filter(|name| name.starts_with(prefix)).collect();
        names.sort();
        names
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saldo"));
        let home: &Path = self.home.path();
        command.env_clear().env("HOME", home).envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.current_dir(home).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts a command.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().expect("the command starts")
    }

    /// Runs a command.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        ended(self.start(arguments)).await
    }

    /// Runs a command with this on its stdin.
    pub(crate) async fn run_with(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Ran {
        self.write(".stdin", input);
        let mut command = self.command(arguments);
        command.stdin(fs::File::open(self.path(".stdin")).expect("a file"));
        ended(command.spawn().expect("the command starts")).await
    }
}

/// The result of a started command.
pub(crate) async fn ended(child: Child) -> Ran {
    // What it talks to may run on this thread.
    let output = tokio::task::spawn_blocking(move || child.wait_with_output()).await.expect("a thread");
    let output = output.expect("the command ends");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Sends a signal to a command.
pub(crate) fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
}
