//! The parameters of the list of imports: a page, and which imports it has.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use saldo_domain::bounds::Bounds;
use saldo_domain::date::{self, parse_moment};
use saldo_domain::fields::{Fields, FindingCode, InvalidValue};
use saldo_domain::id::ImportId;
use saldo_domain::import::{ImportFilter, ImportStatus};
use saldo_http::{FromParameters, PageAfter};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AnyOfBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{Ref, RefOr, Required, Schema};
use utoipa::{IntoParams, ToSchema};

const STATUS: &str = "status";
const FROM: &str = "created_from";
const TO: &str = "created_to";

/// A page of the imports that pass a filter.
pub(crate) struct Query {
    pub(crate) page: PageAfter<ImportId>,
    pub(crate) filter: ImportFilter,
}

impl FromParameters for Query {
    const NAMES: &'static [&'static str] = &["limit", "starting_after", STATUS, FROM, TO];

    fn read(parameters: &mut Fields<'_>) -> Option<Self> {
        let page = PageAfter::read(parameters);
        let status = parameters
            .patch(STATUS, |status| status.parse::<ImportStatus>().map_err(|_| UNKNOWN_STATUS))
            .value();
        let from = parameters.patch(FROM, |text| moment(text, SignedDuration::ZERO)).value();
        // Times are stored in milliseconds.
        let day = SignedDuration::from_hours(24) - SignedDuration::from_millis(1);
        let to = parameters.patch(TO, |text| moment(text, day)).value();
        let created = Bounds { from, to };
        if created.are_crossed() {
            let reason = format!("{FROM} is after {TO}");
            return parameters.refuse(FROM, FindingCode::InvalidValue, reason).value();
        }
        Some(Self { page: page?, filter: ImportFilter { status, created } })
    }
}

const UNKNOWN_STATUS: InvalidValue =
    InvalidValue("expected processing, completed, completed_with_errors, cancelled or failed");

/// The time in a text, or this long after the beginning of the day in UTC.
fn moment(text: &str, in_day: SignedDuration) -> Result<Timestamp, InvalidValue> {
    let of_day = || {
        let begin = date::parse(text).ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
        begin.checked_add(in_day).ok()
    };
    let moment = parse_moment(text).ok().or_else(of_day);
    moment.ok_or(InvalidValue("expected a day such as 2026-01-15, or a time such as 2026-01-15T12:00:00Z"))
}

impl IntoParams for Query {
    fn into_params(location: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let parameter = |name: &str, about: &str, schema: RefOr<Schema>| {
            let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query);
            let parameter = parameter.required(Required::False).description(Some(about));
            parameter.schema(Some(schema)).build()
        };
        let text = |format| {
            ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(format)))
        };
        let moment = || {
            let times = AnyOfBuilder::new().item(text(KnownFormat::Date)).item(text(KnownFormat::DateTime));
            RefOr::T(Schema::AnyOf(times.build()))
        };
        let mut all = PageAfter::<ImportId>::into_params(location);
        let status = RefOr::Ref(Ref::from_schema_name(ImportStatus::name()));
        all.push(parameter(STATUS, "The status", status));
        all.push(parameter(FROM, "The earliest time of acceptance; of a day its beginning in UTC", moment()));
        all.push(parameter(TO, "The latest time of acceptance; of a day its end in UTC", moment()));
        all
    }
}

#[cfg(test)]
mod tests {
    use saldo_http::openapi::query_parameters;

    use super::*;

    #[test]
    fn operation_describes_its_parameters() {
        assert_eq!(query_parameters::<crate::imports::__path_list>(), Query::NAMES);
    }

    #[test]
    fn day_ends_with_its_last_millisecond() {
        let day = SignedDuration::from_hours(24) - SignedDuration::from_millis(1);
        for (text, begin, end) in [
            ("2026-01-15", "2026-01-15T00:00:00Z", "2026-01-15T23:59:59.999Z"),
            ("2026-01-15T12:00:00-03:00", "2026-01-15T15:00:00Z", "2026-01-15T15:00:00Z"),
        ] {
            let read = |in_day| moment(text, in_day).expect(text).to_string();
            assert_eq!((read(SignedDuration::ZERO), read(day)), (begin.to_owned(), end.to_owned()));
        }
        for bad in ["", "15.01.2026", "2026-02-30", "2026-01-15T12:00:00"] {
            assert!(moment(bad, SignedDuration::ZERO).is_err(), "{bad}");
        }
    }
}
