//! The local stack: embedded AWS services with the resources of `infra/template.yaml`, and all functions, in one process.

mod app;
mod bank;
mod catalog;
mod cors;
pub mod demo;
mod events;
mod interceptor;
mod lineage;
mod provision;
mod roles;
mod sdk;
mod server;
mod services;
mod stack;
mod template;

pub use app::{App, Variables};
pub use bank::Bank;
pub use catalog::put_catalog;
pub use events::{sqs_event, sqs_event_from};
pub use interceptor::{Call, CallResult, Interceptor, Service, intercepted};
pub use roles::{Statement, template_roles};
pub use server::listen;
pub use services::{Data, Endpoints};
pub use stack::{Aws, Functions, openapi, resume, routes};

pub use template::{Names, Template, TemplateRoute, TemplateSource};

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use aws_config::SdkConfig;

/// The routes of the template.
///
/// # Errors
/// When the template can't be read.
pub fn template_routes() -> Result<Vec<TemplateRoute>> {
    template::Template::load()?.routes()
}

/// The event source mappings of the template.
///
/// # Errors
/// When the template can't be read.
pub fn template_sources() -> Result<Vec<TemplateSource>> {
    template::Template::load()?.sources()
}

/// Options of the local stack.
#[derive(Debug, clap::Parser)]
#[command(name = "saldo", about = "Runs Saldo on this machine, with embedded AWS services")]
pub struct Options {
    /// The port of the API on the loopback interface.
    #[arg(long, default_value_t = 3000)]
    pub port: u16,
    /// Keep the data in memory and lose it at the end of the process.
    #[arg(long)]
    pub ephemeral: bool,
    /// The directory for data and the file `env`.
    #[arg(long, default_value = ".local")]
    pub dir: PathBuf,
}

/// Runs the stack until `stopped` resolves.
///
/// # Errors
/// When a part of the stack does not start.
pub async fn run(options: &Options, stopped: impl Future<Output = ()>) -> Result<()> {
    // First the port and the lock, which another stack may hold.
    let listener = listen(options.port).await?;
    let _lock = lock(&options.dir)?;
    let data = match options.ephemeral {
        true => Data::Ephemeral,
        false => Data::Directory(options.dir.clone()),
    };
    let aws = Aws::start(&data).await?;
    let app = aws.app();
    let env_file = options.dir.join("env");
    let key = demo::key(&app, &env_file).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let key_text = key.expose().to_owned();
    let variables = [("SALDO_URL", url.clone()), ("SALDO_PUBLIC_URL", url), ("SALDO_KEY", key_text)];
    let mut variables: Vec<_> = variables.map(|(name, value)| (name.to_owned(), value)).into();
    variables.extend(aws.environment());
    demo::write_env_file(&env_file, &variables)?;
    let resumed = Box::pin(resume(&app)).await?;
    // Last: when the API answers, the file `env` exists.
    let app_on = |sdk: &SdkConfig| aws.app_over(sdk);
    let functions = Functions::start(aws.template(), aws.sdk_config(), app_on, listener)?;
    welcome(options, &functions.url, key.expose(), resumed);
    stopped.await;
    println!("\nStopping; running jobs continue at the next start.");
    functions.stop().await;
    aws.stop().await;
    Ok(())
}

/// Replaces a file by a new, empty one that only its owner can read.
pub(crate) fn private_file(file: &Path) -> std::io::Result<File> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

/// Locks the directory for this stack while the returned file is open.
fn lock(dir: &Path) -> Result<File> {
    fs::create_dir_all(dir).with_context(|| format!("creating {}", dir.display()))?;
    let file = File::create(dir.join("lock")).context("creating the lock file")?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_) => bail!("another Saldo runs on {}; stop it or choose another --dir", dir.display()),
    }
}

fn welcome(options: &Options, url: &str, key: &str, resumed: usize) {
    println!("Saldo answers at {url}. Its API is described at {url}/docs.");
    println!("Key of the demo organization, whose currency is ARS: {key}");
    println!("The sandbox bank has a customer to connect: see docs/guides/bank-connections.md.");
    if resumed > 0 {
        println!("Jobs resumed: {resumed}");
    }
    println!("\nTry:\n");
    println!("  curl {url}/api/v1/import \\");
    println!("    -H 'X-API-Key: {key}' -H 'Content-Type: application/json' \\");
    println!(
        r#"    -d '{{"accounts":[{{"contact":{{"name":"María García"}},"total_amount":45000,"external_id":"INV-2026-0042"}}]}}'"#
    );
    println!("\nFor a shell: source {}/env. Ctrl-C stops.", options.dir.display());
}
