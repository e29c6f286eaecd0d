//! The sandbox bank without the local stack, for a deployed Saldo that the environment identifies. Stores the catalog in its
//! bucket, prints the bank's URL, and serves until it is killed.

use anyhow::Result;
use local::Bank;
use saldo_store::Environment;

#[tokio::main]
async fn main() -> Result<()> {
    let listener = local::listen(0).await?;
    let url = format!("http://{}", listener.local_addr()?);
    local::put_catalog(&Environment::load().await.build(Environment::files)?, &url).await?;
    println!("{url}");
    Ok(axum::serve(listener, Bank::new().router(&url)).await?)
}
