//! The part of a source's open items that a complete file lists.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::account::{Account, AccountField, CampaignId, SourceSystem};
use crate::fields::{Fields, FindingCode, Patch, normalized};
use crate::id::{AccountId, ImportId};
use crate::money::Currency;
use crate::receivable::SourceFile;

use super::Membership;
use super::structure::structure;

/// The most scopes of which an organization may have complete files: each chunk of an import reads the records of all.
pub const SCOPES_MAX: usize = 100;

/// The open items that a complete file lists: those of a source system and, if the file is limited to one, of a currency or a
/// campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ImportScope))]
pub struct Scope {
    /// The source system, such as `SAP`.
    #[cfg_attr(feature = "openapi", schema(value_type = String, min_length = 1, max_length = 128))]
    pub source_system: SourceSystem,
    /// The currency of all rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub currency: Option<Currency>,
    /// The campaign of all rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = String, min_length = 1, max_length = 128))]
    pub campaign_id: Option<CampaignId>,
}

impl Scope {
    /// Whether the account is in the scope.
    #[must_use]
    pub fn contains(&self, account: &Account) -> bool {
        account.source_system.as_ref() == Some(&self.source_system)
            && self.currency.is_none_or(|currency| account.currency == currency)
            && (self.campaign_id.is_none() || account.campaign_id == self.campaign_id)
    }

    /// Whether everything in the other scope is in this one.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.source_system == other.source_system
            && (self.currency.is_none() || self.currency == other.currency)
            && (self.campaign_id.is_none() || self.campaign_id == other.campaign_id)
    }

    /// The fields that the scope gives to rows that do not state them, each with its value.
    pub(super) fn fields(&self) -> impl Iterator<Item = (AccountField, &str)> {
        let currency = self.currency.as_ref().map(|currency| (AccountField::Currency, currency.code()));
        let campaign =
            self.campaign_id.as_ref().map(|campaign| (AccountField::CampaignId, campaign.as_str()));
        [Some((AccountField::SourceSystem, self.source_system.as_str())), currency, campaign]
            .into_iter()
            .flatten()
    }

    /// Whether rows get this field from the scope.
    pub(super) fn has(&self, field: AccountField) -> bool {
        self.fields().any(|(of, _)| of == field)
    }
}

/// Reads a scope. Blanks around its texts are trimmed, as those of rows are.
pub(super) fn read(fields: &mut Fields<'_>, name: &'static str) -> Patch<Scope> {
    let Patch::Set(Scope { source_system, currency, campaign_id }) = structure::<Scope>(fields, name) else {
        return Patch::Keep;
    };
    let trimmed = normalized(source_system.as_str()).parse();
    let campaign = campaign_id.map(|campaign| normalized(campaign.as_str()).parse()).transpose();
    match (trimmed, campaign) {
        (Ok(source_system), Ok(campaign_id)) => Patch::Set(Scope { source_system, currency, campaign_id }),
        (Err(error), _) | (_, Err(error)) => {
            fields.refuse(name, FindingCode::InvalidValue, error.to_string())
        }
    }
}

/// The latest complete files of a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeFiles {
    /// The scope.
    pub scope: Scope,
    /// The latest file that was accepted. Earlier ones close nothing any more.
    pub accepted: SourceFile,
    /// The job of that file.
    pub job: ImportId,
    /// The latest file without refused rows that has ended, and closed what it omits: everything that was in the scope is as it
    /// says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<SourceFile>,
    /// The latest file that has closed what it omits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<SourceFile>,
    /// Whether the import of the accepted file is older than the one that reads this, and has not ended.
    #[serde(skip)]
    pub is_unfinished: bool,
    /// Whether the accepted file has stored all its rows, without refused ones, and waits for a confirmation of what it omits.
    #[serde(skip)]
    pub is_held: bool,
    /// The accounts that such a file names, once they are read.
    #[serde(skip)]
    pub named: Option<Arc<Membership<Vec<u8>>>>,
}

impl ScopeFiles {
    /// Those of a scope before, after another file of it was accepted.
    #[must_use]
    pub fn accept(before: Option<Self>, scope: &Scope, file: &SourceFile, job: &ImportId) -> Self {
        let (settled, closed) =
            before.as_ref().map(|of| (of.settled.clone(), of.closed.clone())).unwrap_or_default();
        match before {
            Some(before) if before.accepted >= *file => before,
            _ => Self {
                scope: scope.clone(),
                accepted: file.clone(),
                job: job.clone(),
                settled,
                closed,
                is_unfinished: false,
                is_held: false,
                named: None,
            },
        }
    }

    /// The latest file of the scope that has stored all its rows and states the account, if it was in the scope: one that waits for
    /// a confirmation states what it names, and a settled one everything.
    pub(super) fn stating(&self, account: &AccountId) -> Option<&SourceFile> {
        let is_named = self.named.as_ref().is_some_and(|named| named.contains(account));
        if is_named { Some(&self.accepted) } else { self.settled.as_ref() }
    }

    /// These, after a file of the scope without refused rows has ended.
    #[must_use]
    pub fn settle(mut self, file: &SourceFile) -> Self {
        self.settled = self.settled.max(Some(file.clone()));
        self
    }

    /// These, after a file of the scope has closed what it omits.
    #[must_use]
    pub fn close(mut self, file: &SourceFile) -> Self {
        self.closed = self.closed.max(Some(file.clone()));
        self
    }
}
