//! A server for a router of axum, for the API and the proxy of a deployment.

use axum::Router;
use axum::serve::ListenerExt;
use tokio_util::task::AbortOnDropHandle;

/// Serves on a free port until the returned handle is dropped.
pub(super) async fn serve(router: Router) -> (String, AbortOnDropHandle<()>) {
    let listener = local::listen(0).await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    // Without it a response's body waits 40 ms for the acknowledgement of its head.
    let listener = listener.tap_io(|connection| connection.set_nodelay(true).expect("TCP"));
    let server = async move { axum::serve(listener, router).await.expect("a server") };
    (url, AbortOnDropHandle::new(tokio::spawn(server)))
}
