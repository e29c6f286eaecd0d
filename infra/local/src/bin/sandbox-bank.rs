//! The sandbox bank alone, for a Saldo that is deployed where the environment says: puts the
//! bank's catalog among its files, says where the bank answers, and goes on until it is killed.

use anyhow::Result;
use local::Bank;
use saldo_store::app::App;

#[tokio::main]
async fn main() -> Result<()> {
    let listener = local::listen(0).await?;
    let url = format!("http://{}", listener.local_addr()?);
    local::put_catalog(&App::from_env().await?.files, &url).await?;
    println!("{url}");
    Ok(axum::serve(listener, Bank::new().router(&url)).await?)
}
