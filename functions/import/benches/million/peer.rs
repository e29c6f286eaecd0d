//! The same rows written by a script with boto3: `tests/benches/peer.py`.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use testing::bench::Deployment;
use tokio::process::Command;

/// What the script prints.
#[derive(Debug, Deserialize)]
pub(crate) struct Usage {
    /// The rows, each external id once.
    pub(crate) rows: u64,
    /// The processor time, user and system.
    pub(crate) cpu_seconds: f64,
}

/// Lets the script write the file's rows. Returns `None` if `.ci/tools peer` has not installed what it needs.
pub(crate) async fn write(deployment: &Deployment, csv: &str) -> Option<Usage> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let python: PathBuf = root.join(".local/peer/bin/python");
    if !python.exists() {
        return None;
    }
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), csv).expect("a temporary file");
    let script = Command::new(python)
        .arg(root.join("tests/benches/peer.py"))
        .arg(&deployment.variables["SALDO_ACCOUNTS_TABLE"])
        .arg(file.path())
        .envs(deployment.environment())
        .output();
    let output = script.await.expect("the script");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("its result"))
}
