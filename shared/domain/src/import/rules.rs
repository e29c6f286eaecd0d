//! The rules for the values of rows, from the options of the import.

use super::options::{BlankExternalId, Defaults, Signs};
use super::row::NAMES;
use super::{AccountUpsert, AmountColumns, ImportOptions, RowContext, Scope};
use crate::account::AccountField;
use crate::date_format::DateFormat;
use crate::fields::{Body, Fields, Finding, Severity, Value, WrittenIn};
use crate::money::{AmountNotation, Currency};

/// How the values of rows are read.
#[derive(Clone, Copy, Debug)]
pub struct RowRules<'a> {
    pub(super) amounts: AmountNotation,
    pub(super) signs: Option<&'a Signs>,
    pub(super) dates: DateFormat,
    /// The country of phone numbers without a country code.
    pub(super) country: Option<&'static str>,
    pub(super) blank_external_id: BlankExternalId,
    pub(super) defaults: &'a Defaults,
    pub(super) scope: Option<&'a Scope>,
    /// Whether the encoding of the file was assumed, so that letters beyond ASCII are uncertain.
    pub(super) assumed_encoding: bool,
}

impl Default for RowRules<'_> {
    fn default() -> Self {
        Self {
            amounts: AmountNotation::default(),
            signs: None,
            dates: DateFormat::default(),
            country: None,
            blank_external_id: BlankExternalId::default(),
            defaults: Defaults::NONE,
            scope: None,
            assumed_encoding: false,
        }
    }
}

impl<'a> RowRules<'a> {
    /// The rules of these options.
    #[must_use]
    pub fn of(options: &'a ImportOptions) -> Self {
        let country = options.default_country.as_ref();
        let country = country.and_then(|country| phonelib::country_by_code(country.as_str()));
        Self {
            amounts: AmountNotation::stated(options.decimal_separator, options.thousands_separator),
            signs: match &options.amount {
                Some(AmountColumns::Signed { signs, .. }) => Some(signs),
                _ => None,
            },
            dates: options.date_format.unwrap_or_default(),
            country: country.map(|country| country.code),
            blank_external_id: options.blank_external_id.unwrap_or_default(),
            defaults: options.defaults.as_ref().unwrap_or(Defaults::NONE),
            scope: options.scope.as_ref(),
            assumed_encoding: false,
        }
    }

    /// The rules for a file whose encoding was assumed: letters beyond ASCII are uncertain.
    #[must_use]
    pub fn with_assumed_encoding(self) -> Self {
        Self { assumed_encoding: true, ..self }
    }

    /// Whether all rows have a value of the field, stated or not.
    #[must_use]
    pub(super) fn gives(&self, field: AccountField) -> bool {
        self.defaults.has(field) || self.scope.is_some_and(|scope| scope.has(field))
    }

    /// How amounts are written.
    #[must_use]
    pub fn amounts(&self) -> AmountNotation {
        self.amounts
    }

    /// How dates are written.
    #[must_use]
    pub fn dates(&self) -> DateFormat {
        self.dates
    }

    /// What readers of values have to know.
    pub(super) fn context(&self, cleared: Currency, absent: Option<Currency>, is_table: bool) -> RowContext {
        RowContext { cleared, absent, dates: self.dates, country: self.country, is_table }
    }

    /// The findings about default values, for which every row that uses them would be refused.
    pub(super) fn invalid_defaults(&self) -> Vec<Finding> {
        let mut fields = Fields::new(NAMES);
        fields.read_amounts_as(WrittenIn::File(self.amounts));
        for (field, value) in self.defaults.iter() {
            fields.put_at(field as usize, Value::Text(value.into()));
        }
        let euro = Currency::EURO;
        let _row = AccountUpsert::take(&mut fields, self.context(euro, None, true));
        let found =
            fields.into_findings("").into_iter().filter(|found| found.code.severity() == Severity::Error);
        let of_defaults = found.filter_map(|found| {
            let field: AccountField = found.field.as_deref()?.parse().ok()?;
            let name = format!("defaults.{}", field.name());
            self.defaults.has(field).then(|| Finding { field: Some(name.into()), ..found })
        });
        of_defaults.collect()
    }
}
