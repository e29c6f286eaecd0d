//! What rows have that they do not state themselves.

use jiff::{Timestamp, ToSpan as _};

use super::ImportOptions;
use crate::date::Date;
use crate::money::Currency;
use crate::organization::Organization;
use crate::receivable::Amounts;

/// What the rows of an import have that they do not state themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowDefaults {
    /// The currency of a new account: the organization's.
    pub currency: Currency,
    /// The last day whose bank payments the source has fully posted: that of the options, or the day before the import was
    /// accepted, less the lag of the options.
    pub as_of: Date,
    /// The latest such day that a row may state: the day after the import was accepted, since the source may be in a time zone
    /// where it has begun. A later one, such as a mistyped year, would keep every later file from changing the amount.
    pub as_of_max: Date,
    /// What amounts state, if the options say it.
    pub amounts: Option<Amounts>,
}

impl RowDefaults {
    /// Those of an import with these options that was accepted at this moment.
    #[must_use]
    pub fn of(options: &ImportOptions, organization: &Organization, accepted_at: Timestamp) -> Self {
        let today = organization.day_at(accepted_at);
        let lag = 1 + options.as_of_lag_days.unwrap_or_default();
        let day_before = today.checked_sub(lag.days()).unwrap_or(Date::MIN);
        Self {
            currency: organization.currency,
            as_of: options.as_of.unwrap_or(day_before),
            as_of_max: today.tomorrow().unwrap_or(Date::MAX),
            amounts: options.amounts,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::id::OrgId;
    use crate::organization::TimeZoneName;

    #[test]
    fn day_before_acceptance_is_the_default() {
        let organization = |zone: &str| Organization {
            id: OrgId::placeholder(),
            name: "Test".parse().expect("a name"),
            currency: Currency::EURO,
            time_zone: TimeZoneName::try_from(zone.to_owned()).expect("a time zone"),
            redirects: crate::sync::RedirectSettings::default(),
        };
        let accepted_at: Timestamp = "2026-03-10T01:30:00Z".parse().expect("a moment");
        let of =
            |zone: &str, options: &ImportOptions| RowDefaults::of(options, &organization(zone), accepted_at);
        let unset = ImportOptions::default();
        assert_eq!(of("UTC", &unset).as_of, date(2026, 3, 9));
        let buenos_aires = of("America/Argentina/Buenos_Aires", &unset);
        assert_eq!((buenos_aires.as_of, buenos_aires.as_of_max), (date(2026, 3, 8), date(2026, 3, 10)));
        let lag = ImportOptions { as_of_lag_days: Some(2), ..ImportOptions::default() };
        assert_eq!(of("UTC", &lag).as_of, date(2026, 3, 7));
        let stated = ImportOptions { as_of: Some(date(2026, 2, 28)), ..lag };
        assert_eq!(of("UTC", &stated).as_of, date(2026, 2, 28));
    }
}
