//! Organizations: the tenants of Saldo.

use std::str::FromStr;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

use crate::date::{Date, Timestamp};
use crate::id::OrgId;
use crate::money::Currency;
use crate::sync::RedirectSettings;
use crate::text::Text;

/// An organization and the defaults for its data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Its id.
    pub id: OrgId,
    /// Its name, for people.
    pub name: Text<256>,
    /// The currency of amounts without one.
    pub currency: Currency,
    /// The time zone that determines today's date.
    pub time_zone: TimeZoneName,
    /// The settings for users' return from pages of banks.
    #[serde(default, skip_serializing_if = "RedirectSettings::is_default")]
    pub redirects: RedirectSettings,
}

impl Organization {
    /// The date at `now` in the organization's time zone.
    #[must_use]
    pub fn day_at(&self, now: Timestamp) -> Date {
        // The name was valid when it was set; UTC is the fallback if a newer database no longer has it.
        let zone = time_zone(&self.time_zone.0).unwrap_or(TimeZone::UTC);
        zone.to_datetime(now).date()
    }
}

/// The name of a time zone in the IANA database, such as `America/Argentina/Buenos_Aires`. It is checked when it is set and
/// not when it is read again, so that only functions that compute dates contain the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeZoneName(String);

/// The text is not the name of a time zone in the IANA database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time zone of the IANA database such as America/Argentina/Buenos_Aires")]
pub struct UnknownTimeZone;

impl TimeZoneName {
    /// Coordinated Universal Time, the default.
    #[must_use]
    pub fn utc() -> Self {
        Self("UTC".to_owned())
    }
}

impl TryFrom<String> for TimeZoneName {
    type Error = UnknownTimeZone;

    fn try_from(name: String) -> Result<Self, UnknownTimeZone> {
        time_zone(&name).map(|_| Self(name)).ok_or(UnknownTimeZone)
    }
}

impl FromStr for TimeZoneName {
    type Err = UnknownTimeZone;

    fn from_str(name: &str) -> Result<Self, UnknownTimeZone> {
        name.to_owned().try_into()
    }
}

/// The time zone of this name in the database that is part of the binary. jiff would first look for one in the file
/// system.
fn time_zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_is_that_of_the_organizations_time_zone() {
        let now: Timestamp = "2026-01-31T10:30:00Z".parse().expect("a moment");
        for (zone, day) in [
            ("UTC", "2026-01-31"),
            ("Pacific/Kiritimati", "2026-02-01"),
            ("Pacific/Pago_Pago", "2026-01-30"),
            ("America/Argentina/Buenos_Aires", "2026-01-31"),
        ] {
            let organization = Organization {
                id: "org_aaaaaaaaaaaaaaaa".parse().expect("an id"),
                name: "Test".to_owned().try_into().expect("a name"),
                currency: "ARS".parse().expect("a currency"),
                time_zone: zone.to_owned().try_into().expect("a time zone"),
                redirects: RedirectSettings::default(),
            };
            assert_eq!(organization.day_at(now).to_string(), day, "{zone}");
        }
    }
}
