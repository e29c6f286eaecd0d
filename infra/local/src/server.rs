//! HTTP servers on the loopback interface.

use std::io::ErrorKind;
use std::net::Ipv4Addr;

use anyhow::{Result, anyhow};
use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Listens on a port of the loopback interface; 0 chooses a free one.
///
/// # Errors
/// When the port is in use.
pub async fn listen(port: u16) -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow!("port {port} is in use; choose another with --port"),
        _ => anyhow::Error::new(error).context(format!("listening on port {port}")),
    })
}

/// Serves until `stop` is cancelled, and finishes the requests that were begun.
pub(crate) async fn serve(
    listener: TcpListener,
    service: Router,
    stop: CancellationToken,
) -> std::io::Result<()> {
    // With Nagle's algorithm, a response's body waits 40 ms for its head to be acknowledged.
    let listener = listener.tap_io(|connection| {
        let _slower_at_worst = connection.set_nodelay(true);
    });
    axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await
}
