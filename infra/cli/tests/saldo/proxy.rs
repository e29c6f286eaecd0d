//! A proxy between the command and the stack, which passes requests on but holds one of them: its body, or its answer.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// What is held.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Held {
    Nothing,
    /// A request that begins so, after a part of its body was received. The stack gets nothing of it.
    Body(&'static str),
    /// The answer to a request that begins so. The stack has done what it asks for.
    Answer(&'static str),
}

/// A running proxy.
pub(crate) struct Proxy {
    pub url: String,
    reached: Arc<Semaphore>,
    server: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy.
    pub(crate) async fn start(held: Held) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let reached = Arc::new(Semaphore::new(0));
        let of_server = Arc::clone(&reached);
        let server = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, held, Arc::clone(&of_server)));
            }
        });
        Self { url, reached, server }
    }

    /// Waits until the request is held.
    pub(crate) async fn reached(&self) {
        let reached = tokio::time::timeout(Duration::from_mins(1), self.reached.acquire());
        reached.await.expect("the command sends the request").expect("open").forget();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Passes the one request of a connection on.
async fn pass(mut client: TcpStream, held: Held, reached: Arc<Semaphore>) {
    let mut received = Vec::new();
    let end_of_head = loop {
        if let Some(end) = received.windows(4).position(|part| part == b"\r\n\r\n") {
            break end;
        }
        if client.read_buf(&mut received).await.unwrap_or_default() == 0 {
            return;
        }
    };
    let text = String::from_utf8_lossy(&received[..end_of_head]).into_owned();
    let (line, headers) = text.split_once("\r\n").expect("a request");
    let [method, target, version] = *line.split(' ').collect::<Vec<_>>() else { panic!("{line}") };
    let (host, path) = target.strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("a URL");
    let request = format!("{method} /{path} {version}");
    if let Held::Body(start) = held
        && request.starts_with(start)
    {
        while received.len() == end_of_head + 4 {
            client.read_buf(&mut received).await.expect("a body");
        }
        reached.add_permits(1);
        return std::future::pending().await;
    }
    let mut stack = TcpStream::connect(host).await.expect("the stack");
    let head_sent = format!("{request}\r\nconnection: close\r\n{headers}");
    stack.write_all(head_sent.as_bytes()).await.expect("sent");
    stack.write_all(&received[end_of_head..]).await.expect("sent");
    if let Held::Answer(start) = held
        && request.starts_with(start)
    {
        let (mut from_client, _) = client.split();
        let (mut from_stack, mut to_stack) = stack.split();
        let mut first = [0];
        tokio::select! {
            _ = tokio::io::copy(&mut from_client, &mut to_stack) => return,
            _ = from_stack.read(&mut first) => {}
        }
        reached.add_permits(1);
        return std::future::pending().await;
    }
    let _closed = copy_bidirectional(&mut client, &mut stack).await;
}
