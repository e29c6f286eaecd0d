//! The real binary, fed as Lambda feeds it, in the first and in the last time zone of the day.

use local::Data;
use saldo_domain::id::OrgId;
use serde_json::{Value, json};
use testing::lambda::{Function, http_event};
use testing::services;

/// Where the day begins first, UTC+14, and where it ends last, UTC-11.
const TIME_ZONES: [&str; 2] = ["Pacific/Kiritimati", "Pacific/Pago_Pago"];

#[tokio::test]
async fn dates_stay_the_day_they_are_in_every_time_zone() {
    for time_zone in TIME_ZONES {
        let aws = services(&Data::Ephemeral).await;
        let org = OrgId::random().expect("randomness");
        let key =
            local::demo::create_organization(&aws.app(), org, "Test", "ARS").await.expect("an organization");
        let mut environment = aws.environment_of("TransactionsFunction").expect("the function");
        environment.push(("TZ".to_owned(), time_zone.to_owned()));
        let mut function = Function::start(env!("CARGO_BIN_EXE_transactions"), &environment).await;
        let body = json!({ "transactions": [{
            "accountIdentifier": "a", "amount": "1", "currency": "EUR",
            "purchasedAt": "2025-12-31", "valutaAt": "2026-01-01", "bookedAt": "2026-02-28"
        }] });
        let import = http_event("POST", "/api/public/v1/transactions", key.expose(), &body.to_string());
        let imported = function.invoke(import).await.expect("an answer");
        function.say_response_time("transactions");
        assert_eq!(imported["statusCode"], 201, "{imported}");

        for (days, there) in
            [("from=2026-01-01&to=2026-01-01", 1), ("to=2025-12-31", 0), ("from=2026-01-02", 0)]
        {
            let path = format!("/api/public/v1/transactions?accountIdentifier=a&{days}");
            let listed =
                function.invoke(http_event("GET", &path, key.expose(), "")).await.expect("an answer");
            let page: Value = serde_json::from_str(listed["body"].as_str().expect("a body")).expect("JSON");
            let all = page["data"].as_array().expect("a page");
            assert_eq!(all.len(), there, "{time_zone} {days}: {page}");
            for one in all {
                assert_eq!(
                    [&one["purchasedAt"], &one["valutaAt"], &one["bookedAt"]],
                    ["2025-12-31", "2026-01-01", "2026-02-28"],
                    "{time_zone}"
                );
            }
        }
        aws.stop().await;
    }
}
