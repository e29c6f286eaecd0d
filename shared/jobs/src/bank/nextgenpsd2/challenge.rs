//! Challenges and authentication methods in the bank's messages.

use saldo_domain::sync::{AuthMethod, ChallengeKind, TextFormat};

use super::super::BankError;
use super::messages::{AuthenticationObject, ChallengeData, Sca};

/// The most bytes of a challenge's data, such as an image: what its record has room for. Larger data is dropped; the
/// user then relies on the bank's own device.
const CHALLENGE_BYTES_MAX: usize = 100_000;
/// The characters that are kept of a text for people.
const TEXT_CHARS_MAX: usize = 1_000;
/// The most characters in a bank's id.
pub(super) const ID_CHARS_MAX: usize = 256;

/// An authentication method that the user can choose.
///
/// # Errors
/// When its id is too long.
pub(super) fn auth_method(method: AuthenticationObject) -> Result<AuthMethod, BankError> {
    Ok(AuthMethod {
        id: bounded(method.authentication_method_id, ID_CHARS_MAX)?,
        kind: shortened(method.authentication_type),
        name: method.name.map(shortened),
        additional_info: method.explanation.map(shortened),
    })
}

/// A text of the bank for people, truncated to what the record has room for.
pub(super) fn shortened(text: String) -> String {
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

/// A value of the bank for machines.
///
/// # Errors
/// When it is longer than `chars_max`: truncated, it would be useless.
pub(super) fn bounded(text: String, chars_max: usize) -> Result<String, BankError> {
    match text.chars().nth(chars_max) {
        None => Ok(text),
        Some(_) => Err(BankError::unintelligible()),
    }
}

/// The challenge to enter what the customer was sent, such as a TAN.
pub(super) fn embedded(sca: Sca) -> ChallengeKind {
    let method = sca.chosen_sca_method.and_then(|method| method.name);
    let message = sca.psu_message;
    let ChallengeData { image, data, otp_max_length, otp_format, additional_information } =
        sca.challenge_data.unwrap_or(ChallengeData {
            image: None,
            data: Vec::new(),
            otp_max_length: None,
            otp_format: None,
            additional_information: None,
        });
    let text = (!data.is_empty()).then(|| data.join("\n"));
    let data = image.as_ref().or(text.as_ref()).filter(|data| data.len() <= CHALLENGE_BYTES_MAX).cloned();
    let label = additional_information.or(message).or(method).map(shortened);
    let label = label.unwrap_or_else(|| "One-time password".to_owned());
    ChallengeKind::Embedded {
        label,
        format: if image.is_some() { TextFormat::Photo } else { TextFormat::Text },
        data,
        input_format: otp_format,
        min_length: None,
        max_length: otp_max_length,
    }
}
