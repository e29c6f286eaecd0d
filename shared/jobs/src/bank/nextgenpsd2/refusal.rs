//! The meaning of a bank's error responses. The codes are those of section 14.11 of the Implementation Guidelines.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use saldo_domain::bank::FailureReason;

use super::super::BankError;
use super::messages::TppMessages;

/// The wait if a bank asks for one without saying how long.
const RETRY_AFTER_DEFAULT: Duration = Duration::from_secs(10);
/// The longest wait of a synchronization after `ACCESS_EXCEEDED`. If the bank wants a longer one, the synchronization
/// fails.
const WAIT_MAX: Duration = Duration::from_mins(15);

/// Prefixes of the codes with which a bank rejects Saldo's certificate or signature, not the user, with status 401.
const TPP_ERRORS: [&str; 2] = ["CERTIFICATE_", "SIGNATURE_"];

/// The error in a response without success status. `has_pin`: the request contained the user's PIN.
pub(super) fn read(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    has_pin: bool,
    now: Timestamp,
) -> BankError {
    let messages = serde_json::from_slice::<TppMessages>(body).ok().map(|body| body.tpp_messages);
    let first = messages.as_deref().and_then(<[_]>::first);
    let refused = |code| BankError::refused(code, first.and_then(|message| message.text.as_deref()));
    let wait = retry_after(headers, now);
    match (status, first.map(|message| message.code.as_str())) {
        (_, Some("CONSENT_EXPIRED" | "CONSENT_INVALID" | "CONSENT_UNKNOWN" | "TOKEN_EXPIRED")) => {
            BankError::ConsentEnded
        }
        (_, Some("PSU_CREDENTIALS_INVALID" | "SCA_INVALID")) => refused(FailureReason::LoginInvalid),
        (_, Some("SERVICE_BLOCKED")) => refused(FailureReason::AccessBlocked),
        (_, Some("ACCESS_EXCEEDED")) if wait.is_none_or(|wait| wait > WAIT_MAX) => {
            refused(FailureReason::TooManySyncs)
        }
        (StatusCode::TOO_MANY_REQUESTS, _) => {
            BankError::Busy { retry_after: wait.unwrap_or(RETRY_AFTER_DEFAULT) }
        }
        (StatusCode::SERVICE_UNAVAILABLE, _) => match wait {
            Some(retry_after) => BankError::Busy { retry_after },
            None => BankError::Failed { reason: FailureReason::BankUnavailable },
        },
        // For a wrong PIN, many banks use codes of their own, or none.
        (StatusCode::UNAUTHORIZED, code) if has_pin && !code.is_some_and(is_tpp_error) => {
            refused(FailureReason::LoginInvalid)
        }
        (status, _) if status.is_server_error() => BankError::Failed { reason: FailureReason::BankFailed },
        _ => refused(FailureReason::BankFailed),
    }
}

fn is_tpp_error(code: &str) -> bool {
    TPP_ERRORS.iter().any(|beginning| code.starts_with(beginning))
}

/// The wait that `Retry-After` asks for (RFC 9110 section 10.2.3): seconds, or a date.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(until.duration_since(now).try_into().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(status: u16, retry_after: Option<&str>, body: &str) -> BankError {
        answered(status, retry_after, body, false)
    }

    fn answered(status: u16, retry_after: Option<&str>, body: &str, has_pin: bool) -> BankError {
        let mut headers = HeaderMap::new();
        if let Some(value) = retry_after {
            headers.insert(RETRY_AFTER, value.parse().expect("a header"));
        }
        let now = "2026-01-15T12:00:00Z".parse().expect("a moment");
        let status = StatusCode::from_u16(status).expect("a status");
        read(status, &headers, body.as_bytes(), has_pin, now)
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let busy = |seconds| BankError::Busy { retry_after: Duration::from_secs(seconds) };
        assert_eq!(meaning(429, Some("7"), ""), busy(7));
        assert_eq!(meaning(429, Some("Thu, 15 Jan 2026 12:01:30 GMT"), ""), busy(90));
        assert_eq!(meaning(429, Some("Thu, 15 Jan 2026 11:00:00 GMT"), ""), busy(0));
        assert_eq!(meaning(429, Some("soon"), ""), busy(10));
        assert_eq!(meaning(503, Some("30"), "<html>"), busy(30));
        assert_eq!(
            meaning(503, None, "<html>"),
            BankError::Failed { reason: FailureReason::BankUnavailable }
        );
    }

    #[test]
    fn message_codes_take_precedence_over_statuses() {
        let body =
            |code: &str| format!(r#"{{"tppMessages":[{{"category":"ERROR","code":"{code}","text":"t"}}]}}"#);
        let refused = |code| BankError::refused(code, Some("t"));
        assert_eq!(meaning(401, None, &body("CONSENT_EXPIRED")), BankError::ConsentEnded);
        assert_eq!(meaning(429, None, &body("ACCESS_EXCEEDED")), refused(FailureReason::TooManySyncs));
        assert_eq!(
            meaning(429, Some("86400"), &body("ACCESS_EXCEEDED")),
            refused(FailureReason::TooManySyncs)
        );
        let busy = BankError::Busy { retry_after: Duration::from_secs(1) };
        assert_eq!(meaning(429, Some("1"), &body("ACCESS_EXCEEDED")), busy);
        assert_eq!(meaning(403, None, &body("SERVICE_BLOCKED")), refused(FailureReason::AccessBlocked));
        assert_eq!(meaning(400, None, &body("FORMAT_ERROR")), refused(FailureReason::BankFailed));
        assert_eq!(meaning(500, None, "{"), BankError::Failed { reason: FailureReason::BankFailed });
    }

    #[test]
    fn status_401_refuses_the_pin_unless_the_code_is_about_the_certificate() {
        let body = |code: &str| format!(r#"{{"tppMessages":[{{"category":"ERROR","code":"{code}"}}]}}"#);
        for wrong_pin in [String::new(), "<html>".to_owned(), body("WRONG_PASSWORD")] {
            let refused = |code| BankError::refused(code, None);
            assert_eq!(answered(401, None, &wrong_pin, true), refused(FailureReason::LoginInvalid));
            assert_eq!(answered(401, None, &wrong_pin, false), refused(FailureReason::BankFailed));
        }
        for code in ["CERTIFICATE_EXPIRED", "SIGNATURE_INVALID"] {
            let refused = BankError::refused(FailureReason::BankFailed, None);
            assert_eq!(answered(401, None, &body(code), true), refused);
        }
    }
}
