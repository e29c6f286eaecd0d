//! External S3, SQS and KMS, such as LocalStack's, which the SDK's environment variables name. Other stacks may use them as
//! well, so the names of this stack's resources are unique.

use std::env;
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, Result};
use aws_credential_types::Credentials;
use uuid::Uuid;

use super::Data;
use crate::private_file;
use crate::template::Names;

/// The credentials for embedded services. They are valid nowhere else.
const ACCESS_KEY: &str = "local";
const SECRET_KEY: &str = "local-secret";
/// LocalStack's account for resources, unless the access key names another:
/// <https://docs.localstack.cloud/aws/capabilities/config/credentials/>.
const LOCALSTACK_ACCOUNT: &str = "000000000000";
/// The file in a stack's directory with the stack's name in external services.
const NAME_FILE: &str = "stack";

/// The URLs of external services; `None` for embedded ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outside {
    pub(crate) s3: Option<String>,
    pub(crate) sqs: Option<String>,
    pub(crate) kms: Option<String>,
}

impl Outside {
    /// The services that the environment names. With `SALDO_URL`, the variables are from the file `env` of a running stack
    /// and are ignored.
    pub(super) fn from_env() -> Self {
        if env::var_os("SALDO_URL").is_some() {
            return Self::default();
        }
        let url = |name| env::var(name).ok().filter(|url| !url.is_empty());
        Self {
            s3: url("AWS_ENDPOINT_URL_S3"),
            sqs: url("AWS_ENDPOINT_URL_SQS"),
            kms: url("AWS_ENDPOINT_URL_KMS"),
        }
    }

    /// Whether all services are embedded.
    pub(crate) fn is_empty(&self) -> bool {
        self.s3.is_none() && self.sqs.is_none() && self.kms.is_none()
    }

    /// The credentials for all services of the stack: with external services, those of the environment.
    pub(super) fn credentials(&self) -> Credentials {
        let given = || Some((env::var("AWS_ACCESS_KEY_ID").ok()?, env::var("AWS_SECRET_ACCESS_KEY").ok()?));
        let given = if self.is_empty() { None } else { given() };
        let (key, secret) = given.unwrap_or_else(|| (ACCESS_KEY.to_owned(), SECRET_KEY.to_owned()));
        Credentials::new(key, secret, None, None, "local")
    }

    /// The parts of the names of the stack's resources. In external services the stack has a unique name, which is stored
    /// with its data.
    pub(super) fn names(&self, data: &Data) -> Result<Names> {
        if self.is_empty() {
            return Ok(Names::default());
        }
        let account = match self.sqs {
            Some(_) => env::var("AWS_ACCOUNT_ID").unwrap_or_else(|_| LOCALSTACK_ACCOUNT.to_owned()),
            None => Names::default().account,
        };
        let stack = match data {
            Data::Ephemeral => new_name(),
            Data::Directory(directory) => kept_name(&directory.join(NAME_FILE))?,
        };
        Ok(Names { stack, account })
    }
}

/// A unique name, with the last 48 random bits of a UUID.
fn new_name() -> String {
    let id = Uuid::now_v7().simple().to_string();
    format!("saldo-{}", id.get(20..).unwrap_or(&id))
}

fn kept_name(file: &Path) -> Result<String> {
    match std::fs::read_to_string(file) {
        Ok(name) => Ok(name),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let name = new_name();
            let write = || {
                std::fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
                private_file(file)?.write_all(name.as_bytes())
            };
            write().with_context(|| format!("writing {}", file.display()))?;
            Ok(name)
        }
        Err(error) => Err(error).with_context(|| format!("reading {}", file.display())),
    }
}
