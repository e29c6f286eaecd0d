//! What the command says about itself.

use crate::cli::User;

#[tokio::test]
async fn help_of_each_command_has_examples() {
    let user = User::new();
    for (name, command) in [
        ("help", &[][..]),
        ("help_login", &["login"]),
        ("help_preview", &["preview"]),
        ("help_import", &["import"]),
        ("help_export", &["export"]),
        ("help_export_accounts", &["export", "accounts"]),
        ("help_export_transactions", &["export", "transactions"]),
        ("help_jobs", &["jobs"]),
        ("help_jobs_list", &["jobs", "list"]),
        ("help_jobs_show", &["jobs", "show"]),
        ("help_jobs_cancel", &["jobs", "cancel"]),
        ("help_jobs_download", &["jobs", "download"]),
        ("help_jobs_report", &["jobs", "report"]),
        ("help_profiles", &["profiles"]),
        ("help_profiles_list", &["profiles", "list"]),
        ("help_profiles_show", &["profiles", "show"]),
        ("help_profiles_save", &["profiles", "save"]),
        ("help_profiles_delete", &["profiles", "delete"]),
        ("help_statements", &["statements"]),
        ("help_statements_check", &["statements", "check"]),
        ("help_completions", &["completions"]),
        ("help_man", &["man"]),
    ] {
        let ran = user.run(&[command, &["--help"]].concat()).await;
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
        insta::assert_snapshot!(name, ran.stdout);
    }
    assert_eq!(user.files("."), [""; 0], "help writes no file");
}

#[tokio::test]
async fn completions_and_manual_pages_are_made() {
    let user = User::new();
    for (shell, part) in [("bash", "_saldo()"), ("zsh", "#compdef saldo"), ("fish", "complete -c saldo")] {
        let ran = user.run(&["completions", shell]).await;
        assert!(
            ran.code == Some(0) && ran.stdout.contains(part) && ran.stdout.contains("decimal-separator"),
            "{shell}"
        );
    }
    let page = user.run(&["man"]).await.stdout;
    assert!(page.contains(".TH saldo 1") && page.contains("SALDO_KEY"), "{page}");
    user.write("man1/.keep", "");
    assert_eq!(user.run(&["man", "--folder", "man1"]).await.code, Some(0));
    assert!(user.read("man1/saldo-jobs-download.1").contains("saldo\\-jobs\\-download"));
}

#[tokio::test]
async fn mistakes_in_the_command_line_are_explained() {
    let user = User::new();
    for (arguments, why) in [
        (&["import"][..], "required arguments were not provided"),
        (
            &["import", "a.csv", "--map", "Kunde"],
            "expected a header and a field, such as 'Customer=contact.name'",
        ),
        (&["import", "a.csv", "--failed", "b.csv"], "--wait"),
        (
            &["profiles", "save", "erp", "--set", "x"],
            "expected an option and its value, such as date_format=DD.MM.YYYY",
        ),
        (&["imports", "a.csv"], "some similar subcommands exist: 'export', 'import'"),
        (&["jobs", "show", "acc_1"], "not the id of a job: those begin with imp_ or exp_"),
        (
            &["export", "accounts", "--min-amount", "5.000,00"],
            "expected a decimal number such as 1250 or 1250.75",
        ),
    ] {
        let ran = user.run(arguments).await;
        assert!(ran.code == Some(2) && ran.stdout.is_empty() && ran.stderr.contains(why), "{ran:?}");
    }
}

#[tokio::test]
async fn unknown_address_or_key_is_explained() {
    let unknown = User::new().run(&["jobs", "list"]).await;
    insta::assert_snapshot!("no_address", unknown.shown());
    let no_key = User::new().with("SALDO_URL", "https://saldo.example").run(&["jobs", "list"]).await;
    insta::assert_snapshot!("no_key", no_key.shown());
    let plain = User::new().with("SALDO_URL", "http://saldo.example").with("SALDO_KEY", "secret");
    insta::assert_snapshot!("unencrypted", plain.run(&["jobs", "list"]).await.shown());
    let no_host = plain.with("SALDO_URL", "https://saldo.invalid").run(&["jobs", "list"]).await;
    assert_eq!(no_host.code, Some(2));
    assert!(no_host.stderr.contains("https://saldo.invalid can't be reached: "), "{no_host:?}");
    assert_eq!(no_host.stderr.lines().count(), 1, "{no_host:?}");
    let no_server =
        User::new().with("SALDO_KEY", "secret").run(&["jobs", "list", "--url", "http://127.0.0.1:9"]).await;
    assert!(no_server.stderr.contains("nothing answers there"), "{no_server:?}");
}
