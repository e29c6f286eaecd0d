//! Keys: they are checked, stored for their user alone, and never shown.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt as _;

use crate::cli::User;

const FILE: &str = ".config/saldo/credentials.toml";

#[tokio::test]
async fn key_is_checked_and_stored_for_its_user_alone() {
    let (other, tenant) = User::of_tenant().await;
    drop(other);
    let user = User::new();
    let wrong = user.run_with(&["login", "--url", &tenant.url], "saldo_k_wrong\n").await;
    insta::assert_snapshot!("login_wrong_key", wrong.shown());
    assert!(!user.path(FILE).exists());
    let none = user.run_with(&["login", "--url", &tenant.url], "\n").await;
    assert!(none.code == Some(2) && none.stderr.contains("no key was given"), "{none:?}");

    let done = user.run_with(&["login", "--url", &tenant.url], &format!("{}\n", tenant.key)).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    let home = user.path("").display().to_string();
    assert_eq!(done.stderr, format!("Logged in to {}. The key is in {home}{FILE}.\n", tenant.url));
    assert!(!done.stdout.contains(&tenant.key) && user.read(FILE).contains(&tenant.key));
    let mode = |name: &str| std::fs::metadata(user.path(name)).expect("a file").permissions().mode() & 0o777;
    assert_eq!((mode(FILE), mode(".config/saldo")), (0o600, 0o700));
    assert_eq!(user.run(&["jobs", "list"]).await.code, Some(0));
    // The key belongs to its address.
    let elsewhere = user.run(&["jobs", "list", "--url", "https://saldo.example"]).await;
    assert!(elsewhere.stderr.contains("there is no key for https://saldo.example"), "{elsewhere:?}");

    set_permissions(user.path(FILE), Permissions::from_mode(0o644)).expect("a mode");
    for command in [&["jobs", "list"][..], &["login"]] {
        let open = user.run(command).await;
        assert!(open.code == Some(2) && open.stderr.contains("chmod 600"), "{open:?}");
        assert!(!open.stderr.contains(&tenant.key));
    }
}

#[tokio::test]
async fn address_of_something_else_is_recognized() {
    let server = axum::Router::new().fallback(|| async { (axum::http::StatusCode::NOT_FOUND, "<html>") });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let server = tokio::spawn(async move { axum::serve(listener, server).await });
    let ran = User::new().run_with(&["login", "--url", &url], "saldo_k_1\n").await;
    assert_eq!(ran.code, Some(2));
    insta::assert_snapshot!("not_saldo", ran.shown());
    server.abort();
}
