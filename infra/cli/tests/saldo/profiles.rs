//! The import profiles that Saldo keeps.

use serde_json::json;

use crate::cli::{Ran, User};

/// The output, with the id of the profile replaced by an example of the same length.
fn shown(ran: &Ran) -> String {
    let mut shown = ran.shown();
    while let Some(at) = shown.find("ipr_").filter(|at| !shown[*at..].starts_with("ipr_-")) {
        let id: String = shown[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        shown = shown.replace(&id, &format!("ipr_{}", "-".repeat(id.len() - 4)));
    }
    shown
}

#[tokio::test]
async fn profiles_are_saved_shown_listed_and_deleted() {
    let (user, _) = User::of_tenant().await;
    insta::assert_snapshot!("profiles_none", user.run(&["profiles", "list"]).await.shown());
    let created = user
        .run(&["profiles", "save", "erp", "--map", "Kunde=contact.name", "--decimal-separator", ","])
        .await;
    insta::assert_snapshot!("profiles_save", shown(&created));
    user.write("options.json", r#"{ "mapping": { "Kunde": "contact.name" }, "header_line": 3 }"#);
    let changed =
        user.run(&["profiles", "save", "erp", "--file", "options.json", "--set", "header_line=5"]).await;
    assert_eq!(changed.code, Some(0), "{changed:?}");
    insta::assert_snapshot!("profiles_show", shown(&user.run(&["profiles", "show", "erp"]).await));
    let first = user.run(&["profiles", "show", "erp", "--version", "1", "--output", "json"]).await.json();
    assert_eq!((&first["version"], &first["options"]["header_line"]), (&json!(1), &json!(null)), "{first}");
    insta::assert_snapshot!("profiles_list", shown(&user.run(&["profiles", "list"]).await));
    let listed = user.run(&["profiles", "list", "--output", "json"]).await.json();
    assert_eq!((&listed[0]["name"], &listed[0]["version"]), (&json!("erp"), &json!(2)), "{listed}");
    let piped = user.run_with(&["profiles", "save", "other", "--file", "-"], r#"{"quote":"none"}"#).await;
    assert_eq!(piped.code, Some(0), "{piped:?}");

    insta::assert_snapshot!("profiles_delete", user.run(&["profiles", "delete", "erp"]).await.shown());
    insta::assert_snapshot!("profiles_unknown", user.run(&["profiles", "show", "erp"]).await.shown());
}

#[tokio::test]
async fn mistakes_in_profiles_are_explained() {
    let (user, _) = User::of_tenant().await;
    user.write("bad.json", "[1]");
    user.write("options.json", r#"{ "delimiter": "ab", "colour": 1 }"#);
    for (name, arguments) in [
        ("profiles_no_options", &["profiles", "save", "erp"][..]),
        ("profiles_bad_file", &["profiles", "save", "erp", "--file", "bad.json"]),
        ("profiles_bad_options", &["profiles", "save", "erp", "--file", "options.json"]),
        ("profiles_bad_name", &["profiles", "save", "ERP", "--set", "quote=none"]),
        ("profiles_bad_path", &["profiles", "show", "../keys"]),
    ] {
        let ran = user.run(arguments).await;
        assert_eq!(ran.code, Some(2), "{name}: {ran:?}");
        insta::assert_snapshot!(name, ran.shown());
    }
}
