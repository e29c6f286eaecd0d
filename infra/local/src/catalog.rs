//! The catalog of banks in the local stack: the sandbox bank with all its access methods.

use anyhow::{Context, Result};
use saldo_domain::bank::CATALOG_FILE;
use saldo_store::files::FileStore;
use serde_json::{Value, json};

/// Stores the catalog in the bucket. `bank` is the URL of the sandbox bank.
///
/// # Errors
/// When S3 fails.
pub async fn put_catalog(files: &FileStore, bank: &str) -> Result<()> {
    let catalog = serde_json::to_vec_pretty(&catalog(bank))?;
    files.put(CATALOG_FILE, "application/json", catalog.into()).await.context("storing the catalog of banks")
}

fn catalog(bank: &str) -> Value {
    let login = json!({ "id": "psu_id", "label": "Login", "is_secret": false });
    let pin = json!({ "id": "pin", "label": "PIN", "is_secret": true });
    let method = |id: &str, flows: &[&str], credentials: Value| {
        json!({
            "id": id,
            "interface": { "type": "nextgenpsd2", "base_url": bank },
            "flows": flows,
            "credentials": credentials,
            "supported_account_types": ["Giro account", "Savings account", "Loan account"],
            "configurable_consent": true,
        })
    };
    let mut strict = method("sandbox-psu-ip", &["EMBEDDED"], json!([login, pin]));
    strict["requires_psu_ip"] = json!(true);
    json!([{
        "id": "sandbox",
        "name": "Sandbox Bank",
        "bank_code": "99999999",
        "bic": "SALDDEFFXXX",
        "country": "DE",
        "access_methods": [
            method("sandbox", &["EMBEDDED", "DECOUPLED"], json!([login, pin])),
            method("sandbox-app", &["DECOUPLED"], json!([login])),
            method("sandbox-redirect", &["REDIRECT"], json!([])),
            strict,
        ],
    }])
}
