//! `GET /rest/catalog`: the banks that can be connected.

use axum::extract::State;
use axum::{Extension, Json};
use saldo::app::App;
use saldo::bank::{AccessMethod, Bank, Country, Credential, Flow};
use saldo::fields::Fields;
use saldo::http::{Caller, FromParameters, Parameters, Problem};
use serde::Serialize;

const COUNTRY: &str = "country";

pub(crate) struct Query {
    country: Option<Country>,
}

impl FromParameters for Query {
    const NAMES: &'static [&'static str] = &[COUNTRY];
    const IGNORES_UNKNOWN: bool = true;

    fn read(parameters: &mut Fields) -> Option<Self> {
        Some(Self { country: parameters.patch(COUNTRY, str::parse).value() })
    }
}

#[derive(Serialize)]
pub(crate) struct View {
    banks: Vec<BankView>,
    /// Providers that are no banks: there are none.
    services: [(); 0],
}

#[derive(Serialize)]
struct BankView {
    id: String,
    name: String,
    bank_code: Option<String>,
    bic: Option<String>,
    country: Country,
    supported: bool,
    access_methods: Vec<MethodView>,
}

#[derive(Serialize)]
struct MethodView {
    id: String,
    r#type: &'static str,
    in_psd2_scope: bool,
    supported_account_types: Vec<String>,
    customer_authentication_flows: Vec<Flow>,
    configurable_consent: bool,
    requires_account_identifiers: bool,
    advice: Option<String>,
    credentials: Vec<Credential>,
}

impl From<Bank> for BankView {
    fn from(bank: Bank) -> Self {
        Self {
            id: bank.id,
            name: bank.name,
            bank_code: bank.bank_code,
            bic: bank.bic,
            country: bank.country,
            supported: !bank.access_methods.is_empty(),
            access_methods: bank.access_methods.into_iter().map(MethodView::from).collect(),
        }
    }
}

impl From<AccessMethod> for MethodView {
    fn from(method: AccessMethod) -> Self {
        Self {
            id: method.id,
            r#type: "API",
            in_psd2_scope: true,
            supported_account_types: method.supported_account_types,
            customer_authentication_flows: method.flows,
            configurable_consent: method.configurable_consent,
            requires_account_identifiers: method.requires_account_identifiers,
            advice: method.advice,
            credentials: method.credentials,
        }
    }
}

pub(crate) async fn catalog(
    State(app): State<App>,
    Extension(_): Extension<Caller>,
    Parameters(query): Parameters<Query>,
) -> Result<Json<View>, Problem> {
    let banks = app.banks().await?.banks.into_iter();
    let wanted = banks.filter(|bank| query.country.as_ref().is_none_or(|country| *country == bank.country));
    Ok(Json(View { banks: wanted.map(BankView::from).collect(), services: [] }))
}
