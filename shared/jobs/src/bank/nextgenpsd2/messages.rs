//! The messages of NextGenPSD2, as far as Saldo uses them. The names are the standard's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Consents {
    pub(super) access: AccountAccess,
    pub(super) recurring_indicator: bool,
    pub(super) valid_until: String,
    pub(super) frequency_per_day: u32,
    pub(super) combined_service_indicator: bool,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountAccess {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) accounts: Option<Vec<AccountReference>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) balances: Option<Vec<AccountReference>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) transactions: Option<Vec<AccountReference>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) all_psd2: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) available_accounts_with_balance: Option<&'static str>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountReference {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) iban: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bban: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) masked_pan: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) currency: Option<String>,
}

/// The member of a request body that contains the user's PIN.
pub(super) const PSU_DATA: &str = "psuData";

/// The response to a consent request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConsentAsked {
    pub(super) consent_status: String,
    pub(super) consent_id: String,
    #[serde(flatten)]
    pub(super) sca: Sca,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConsentStatus {
    pub(super) consent_status: String,
}

/// The state of the customer's authentication, in the response to every step.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Sca {
    pub(super) sca_status: Option<String>,
    pub(super) authorisation_id: Option<String>,
    pub(super) sca_methods: Vec<AuthenticationObject>,
    pub(super) chosen_sca_method: Option<AuthenticationObject>,
    pub(super) challenge_data: Option<ChallengeData>,
    pub(super) psu_message: Option<String>,
    #[serde(rename = "_links")]
    pub(super) links: Links,
}

/// The possible next steps, by the standard's names.
pub(super) type Links = BTreeMap<String, Link>;

#[derive(Deserialize)]
pub(super) struct Link {
    pub(super) href: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuthenticationObject {
    pub(super) authentication_type: String,
    pub(super) authentication_method_id: String,
    pub(super) name: Option<String>,
    pub(super) explanation: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChallengeData {
    pub(super) image: Option<String>,
    #[serde(default)]
    pub(super) data: Vec<String>,
    pub(super) otp_max_length: Option<u32>,
    pub(super) otp_format: Option<String>,
    pub(super) additional_information: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct AccountList {
    /// Each is parsed separately, as [`AccountDetails`].
    pub(super) accounts: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountDetails {
    pub(super) resource_id: Option<String>,
    pub(super) iban: Option<String>,
    pub(super) bban: Option<String>,
    pub(super) masked_pan: Option<String>,
    pub(super) currency: String,
    pub(super) name: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) product: Option<String>,
    pub(super) owner_name: Option<String>,
    pub(super) bic: Option<String>,
    pub(super) cash_account_type: Option<String>,
    pub(super) balances: Option<Vec<Balance>>,
}

#[derive(Deserialize)]
pub(super) struct Balances {
    pub(super) balances: Vec<Balance>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Balance {
    pub(super) balance_amount: Amount,
    pub(super) balance_type: String,
    #[serde(default)]
    pub(super) credit_limit_included: bool,
    pub(super) reference_date: Option<String>,
    pub(super) last_change_date_time: Option<String>,
}

#[derive(Default, Deserialize)]
pub(super) struct Amount {
    pub(super) currency: String,
    pub(super) amount: String,
}

#[derive(Deserialize)]
pub(super) struct TransactionsAnswer {
    pub(super) transactions: AccountReport,
}

#[derive(Deserialize)]
pub(super) struct AccountReport {
    /// Each is parsed separately, as [`Transaction`].
    #[serde(default)]
    pub(super) booked: Vec<Value>,
    /// Each is parsed separately, as [`Transaction`].
    #[serde(default)]
    pub(super) pending: Vec<Value>,
    #[serde(rename = "_links", default)]
    pub(super) links: Links,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Transaction {
    pub(super) transaction_id: Option<String>,
    pub(super) entry_reference: Option<String>,
    pub(super) end_to_end_id: Option<String>,
    pub(super) mandate_id: Option<String>,
    pub(super) creditor_id: Option<String>,
    pub(super) booking_date: Option<String>,
    pub(super) value_date: Option<String>,
    pub(super) transaction_amount: Amount,
    pub(super) creditor_name: Option<String>,
    pub(super) creditor_account: Option<AccountReference>,
    pub(super) creditor_agent: Option<String>,
    pub(super) debtor_name: Option<String>,
    pub(super) debtor_account: Option<AccountReference>,
    pub(super) debtor_agent: Option<String>,
    pub(super) remittance_information_unstructured: Option<String>,
    #[serde(default)]
    pub(super) remittance_information_unstructured_array: Vec<String>,
    pub(super) remittance_information_structured: Option<Structured>,
    pub(super) additional_information: Option<String>,
    pub(super) proprietary_bank_transaction_code: Option<String>,
    pub(super) bank_transaction_code: Option<String>,
}

/// Structured remittance information; a text up to version 1.3.6 of the standard.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Structured {
    Reference { reference: String },
    Text(String),
}

/// An error response.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TppMessages {
    pub(super) tpp_messages: Vec<TppMessage>,
}

#[derive(Deserialize)]
pub(super) struct TppMessage {
    pub(super) code: String,
    pub(super) text: Option<String>,
}
