//! Paths, methods and parameters that no route takes.

use reqwest::Method;
use testing::saldo;

#[tokio::test]
async fn head_is_not_allowed() {
    let tenant = saldo().await.tenant().await;
    for (path, allowed) in [
        ("/api/v1/import", "GET,POST"),
        ("/v1/accounts", "GET,POST"),
        ("/v1/accounts/acc_aaaaaaaaaaaaaaaa", "DELETE,GET,PUT"),
        ("/rest/catalog", "GET"),
        ("/openapi.json", "GET"),
        ("/docs", "GET"),
    ] {
        let answer = tenant.send(Method::HEAD, path, &[], "").await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, allowed), "{path}");
        assert_eq!(answer.text, "");
    }
    // Without a route, a path is unknown by any method.
    assert_eq!(tenant.send(Method::HEAD, "/v1/nothing", &[], "").await.status.as_u16(), 404);
}

#[tokio::test]
async fn unknown_paths_suggest_similar_ones() {
    let tenant = saldo().await.tenant().await;
    for (path, similar) in [
        ("/v1/accounts/", Some("/v1/accounts")),
        ("/v1/accounts/acc_aaaaaaaaaaaaaaaa/", Some("/v1/accounts/{id}")),
        ("/rest/accounts/", Some("/rest/accounts")),
        ("/v1/acounts", Some("/v1/accounts")),
        ("/V1/Accounts", Some("/v1/accounts")),
        ("/api/v1/import/imp_1/error", Some("/api/v1/import/{job_id}/errors")),
        ("/nothing/of/the/kind", None),
        ("/", None),
    ] {
        let answer = tenant.get(path).await;
        assert_eq!(answer.problem(), (404, "unknown_path".to_owned()), "{path}");
        let expected = match similar {
            Some(similar) => format!("there is nothing at this path; did you mean {similar}?"),
            None => "there is nothing at this path".to_owned(),
        };
        assert_eq!(answer.json()["detail"], expected, "{path}");
    }
    // A long path is not compared, and is not shown.
    let long = tenant.get(&format!("/v1/accounts/{}/x", "a".repeat(8_000))).await;
    assert_eq!(long.problem(), (404, "unknown_path".to_owned()));
    assert!(long.text.len() < 1_000, "{}", long.text);
}

#[tokio::test]
async fn rest_refuses_unknown_parameters() {
    let tenant = saldo().await.tenant().await;
    for (path, parameter, detail) in [
        ("/rest/catalog?land=DE", "land", "there is no such parameter; this route has country"),
        ("/rest/accounts?cent=true", "cent", "there is no such parameter; this route has cents"),
        ("/rest/accesses?limit=1", "limit", "there is no such parameter; this route has none"),
        (
            "/rest/transactions?since=2026-01-01&account=x",
            "account",
            "there is no such parameter; this route has accounts, sync_id, since, until, since_type, count, offset, sort, include_pending, cents",
        ),
    ] {
        let answer = tenant.get(path).await;
        assert_eq!(answer.problem(), (400, "invalid_parameter".to_owned()), "{path}");
        let problem = answer.json();
        assert_eq!(problem["errors"][0]["parameter"], parameter, "{path}");
        assert_eq!(problem["errors"][0]["detail"], detail, "{path}");
        assert_eq!(problem["error"]["code"], 1000, "{path}");
    }
    let unknown = tenant.delete("/v1/accounts/acc_aaaaaaaaaaaaaaaa?force=true").await;
    assert_eq!(unknown.problem(), (400, "invalid_parameter".to_owned()));
    // The key is checked first.
    assert_eq!(tenant.with_key("").get("/rest/accesses?x=1").await.problem().0, 401);
    // Unknown fields of a body are still ignored: this one lacks a field that is required.
    let body = serde_json::json!({ "accessmethod": "sandbox", "colour": "red" });
    let answer = tenant.json(Method::POST, "/rest/accesses", body).await;
    let errors = answer.json()["errors"].clone();
    assert_eq!(errors.as_array().map(Vec::len), Some(1), "{errors}");
    assert_eq!(errors[0]["pointer"], "/access_method_id", "{errors}");
}
