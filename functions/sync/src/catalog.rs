//! The resource `/rest/catalog`: the banks that can be connected.

use axum::extract::State;
use axum::{Extension, Json};
use saldo_domain::bank::{AccessMethod, Bank, Country, Credential, Flow};
use saldo_domain::fields::Fields;
use saldo_http::{Caller, FromParameters, Parameters, Problem};
use serde::Serialize;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::{IntoParams, ToSchema};

use crate::Stores;
use crate::parameters::parameter;

const COUNTRY: &str = "country";

/// The parameters of the catalog.
pub(crate) struct Query {
    country: Option<Country>,
}

impl FromParameters for Query {
    const NAMES: &'static [&'static str] = &[COUNTRY];

    fn read(parameters: &mut Fields<'_>) -> Option<Self> {
        Some(Self { country: parameters.patch(COUNTRY, str::parse).value() })
    }
}

impl IntoParams for Query {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let country = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[A-Za-z]{2}$"));
        vec![parameter(COUNTRY, "Only banks of this country (ISO 3166-1 alpha-2)", country)]
    }
}

/// The catalog of banks.
#[derive(Serialize, ToSchema)]
#[schema(as = BankCatalog)]
pub(crate) struct View {
    banks: Vec<BankView>,
    /// Providers other than banks: always empty.
    #[schema(value_type = Vec<Object>, max_items = 0)]
    services: [(); 0],
}

/// A bank and its access methods.
#[derive(Serialize, ToSchema)]
#[schema(as = Bank, example = json!({
    "id": "sandbox", "name": "Sandbox Bank", "bank_code": "99999999", "bic": "SALDDEFFXXX", "country": "DE",
    "supported": true,
    "access_methods": [{
        "id": "sandbox", "type": "API", "in_psd2_scope": true,
        "supported_account_types": ["Giro account", "Savings account", "Loan account"],
        "customer_authentication_flows": ["EMBEDDED", "DECOUPLED"],
        "configurable_consent": true, "requires_account_identifiers": false, "advice": null,
        "credentials": [
            { "id": "psu_id", "label": "Login", "is_secret": false, "is_optional": false },
            { "id": "pin", "label": "PIN", "is_secret": true, "is_optional": false }
        ]
    }]
}))]
struct BankView {
    id: String,
    /// The name.
    name: String,
    /// Its national bank code.
    #[schema(required)]
    bank_code: Option<String>,
    /// Its BIC (ISO 9362).
    #[schema(required)]
    bic: Option<String>,
    country: Country,
    /// Whether it has an access method.
    supported: bool,
    access_methods: Vec<MethodView>,
}

/// An access method of a bank.
#[derive(Serialize, ToSchema)]
#[schema(as = AccessMethod)]
struct MethodView {
    /// The `access_method_id` of a new access.
    id: String,
    r#type: MethodType,
    in_psd2_scope: bool,
    /// The types of account that it supports.
    supported_account_types: Vec<String>,
    /// The ways in which the bank authenticates its customers.
    customer_authentication_flows: Vec<Flow>,
    /// Whether a consent can be limited to some accounts.
    configurable_consent: bool,
    /// Whether a consent has to name its accounts.
    requires_account_identifiers: bool,
    /// Advice for the user, to show beforehand.
    #[schema(required)]
    advice: Option<String>,
    /// The credentials that the bank asks for.
    credentials: Vec<Credential>,
}

/// The types of access method: only the banks' APIs.
#[derive(Serialize, ToSchema)]
#[schema(as = AccessMethodType)]
#[serde(rename_all = "UPPERCASE")]
enum MethodType {
    Api,
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
            r#type: MethodType::Api,
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

/// Lists the banks that can be connected
#[utoipa::path(
    get, path = "/rest/catalog", operation_id = "read_catalog", tag = "Banks",
    params(Query),
    responses((status = 200, description = "The banks and their access methods", body = View)),
)]
pub(crate) async fn catalog(
    State(stores): State<Stores>,
    Extension(_): Extension<Caller>,
    Parameters(query): Parameters<Query>,
) -> Result<Json<View>, Problem> {
    let banks = stores.bank_catalog.read().await?.banks.into_iter();
    let wanted = banks.filter(|bank| query.country.as_ref().is_none_or(|country| *country == bank.country));
    Ok(Json(View { banks: wanted.map(BankView::from).collect(), services: [] }))
}
