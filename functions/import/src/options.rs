//! The effective options of an import: those that its request states, and those of the profile that it names.

use jiff::Timestamp;
use saldo_domain::fields::{Finding, FindingCode};
use saldo_domain::id::OrgId;
use saldo_domain::import::{
    Format, ImportOptions, ImportProfile, Notation, ProfileRef, StatedOptions, UsedProfile,
};
use saldo_http::Problem;

use crate::Stores;

/// Where the options of a request are, and so the places of errors in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OptionsIn {
    /// In parameters of the query.
    Query,
    /// In members of the body, perhaps with others in the query.
    Body,
}

impl OptionsIn {
    /// The problem of a request with these errors in its options.
    pub(crate) fn refuse(self, findings: Vec<Finding>) -> Problem {
        match self {
            Self::Query => Problem::invalid_parameters(findings),
            Self::Body => findings.into(),
        }
    }
}

/// The effective options of an import.
pub(crate) struct Effective {
    /// The options that the request states, and those of the profile.
    pub(crate) options: ImportOptions,
    /// The profile, at the version that is used.
    pub(crate) profile: Option<UsedProfile>,
    /// Those that the request states.
    stated: ImportOptions,
    options_in: OptionsIn,
}

impl Effective {
    /// Looks up the profile that the request names.
    ///
    /// # Errors
    /// 400 if there is no such profile, or no such version of it.
    pub(crate) async fn of(
        stores: &Stores,
        org: &OrgId,
        StatedOptions { profile, options: stated }: StatedOptions,
        options_in: OptionsIn,
    ) -> Result<Self, Problem> {
        let Some(named) = profile else {
            return Ok(Self { options: stated.clone(), profile: None, stated, options_in });
        };
        let Some(profile) = find(stores, org, &named).await? else {
            let reason = format!("there is no import profile {named}");
            return Err(options_in.refuse(vec![Finding::in_field(
                "profile",
                FindingCode::InvalidValue,
                reason,
            )]));
        };
        let used = profile.used();
        let options = stated.clone().or(profile.options);
        Ok(Self { options, profile: Some(used), stated, options_in })
    }

    /// The notation of a payload with these options, and the profile.
    ///
    /// # Errors
    /// 400 as [`Notation::with`] says, and if the options state a day in the future. Errors in options of the profile name it.
    pub(crate) fn notation(
        self,
        format: Format,
        gzip: bool,
    ) -> Result<(Notation, Option<UsedProfile>), Problem> {
        let Self { options, profile, stated, options_in } = self;
        if let Some(future) = options.future_as_of(Timestamp::now()) {
            return Err(options_in.refuse(vec![future]));
        }
        match Notation::with(options, format, gzip) {
            Ok(notation) => Ok((notation, profile)),
            Err(findings) => Err(options_in.refuse(match &profile {
                Some(used) => used.explain(findings, &stated),
                None => findings,
            })),
        }
    }
}

async fn find(stores: &Stores, org: &OrgId, named: &ProfileRef) -> Result<Option<ImportProfile>, Problem> {
    let Some(latest) = stores.profiles.find(org, &named.key).await? else { return Ok(None) };
    match named.version {
        Some(version) => Ok(stores.profiles.version(org, latest, version).await?),
        None => Ok(Some(latest)),
    }
}
