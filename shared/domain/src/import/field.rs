//! The fields a row may have, and how each format spells them.

/// The header of the column that says why a row was refused. It is no field, but files
/// of refused rows have it, and come back with it.
pub const REASON: &str = "reason";

/// A field of an import row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The account's id, as an export tells it: names an account that has no external id.
    Id,
    /// The source's own id of the account.
    ExternalId,
    /// The contact's full name; required.
    ContactName,
    /// The contact's phone number.
    ContactPhone,
    /// The contact's e-mail address.
    ContactEmail,
    /// What is owed; required.
    TotalAmount,
    /// The balance, where it is not minus what is owed; beside the id alone.
    Balance,
    /// The currency of what is owed.
    Currency,
    /// The day it was due.
    DueDate,
    /// The system the row comes from.
    SourceSystem,
    /// The account's status.
    Status,
    /// The campaign the account belongs to.
    CampaignId,
    /// Who owns the account.
    OwnerId,
    /// The account's type.
    Type,
    /// Free text.
    Notes,
    /// What its transactions call it; beside the id alone.
    Identifier,
}

impl Field {
    /// Every field, in the order in which files written by Saldo have them.
    pub const ALL: [Self; 16] = [
        Self::Id,
        Self::ExternalId,
        Self::ContactName,
        Self::ContactPhone,
        Self::ContactEmail,
        Self::TotalAmount,
        Self::Balance,
        Self::Currency,
        Self::DueDate,
        Self::SourceSystem,
        Self::Status,
        Self::CampaignId,
        Self::OwnerId,
        Self::Type,
        Self::Notes,
        Self::Identifier,
    ];

    /// What exports tell of an account besides its fields. Imports pass over it, so that a
    /// file that was exported can be imported as it is.
    const EXPORTED_ONLY: [&str; 3] = ["days_past_due", "created_at", "updated_at"];

    /// The names of all that a row may have: every field, in the order of [`Field::ALL`], and
    /// what is passed over.
    pub(super) const NAMES: [&str; Self::ALL.len() + Self::EXPORTED_ONLY.len()] = {
        let mut names = [""; Self::ALL.len() + Self::EXPORTED_ONLY.len()];
        let mut at = 0;
        while at < names.len() {
            names[at] = match at.checked_sub(Self::ALL.len()) {
                None => Self::ALL[at].name(),
                Some(exported) => Self::EXPORTED_ONLY[exported],
            };
            at += 1;
        }
        names
    };

    /// The field's name: its path in JSON, its header in CSV.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::ExternalId => "external_id",
            Self::ContactName => "contact.name",
            Self::ContactPhone => "contact.phone",
            Self::ContactEmail => "contact.email",
            Self::TotalAmount => "total_amount",
            Self::Balance => "balance",
            Self::Currency => "currency",
            Self::DueDate => "due_date",
            Self::SourceSystem => "source_system",
            Self::Status => "status",
            Self::CampaignId => "campaign_id",
            Self::OwnerId => "owner_id",
            Self::Type => "type",
            Self::Notes => "notes",
            Self::Identifier => "identifier",
        }
    }

    /// Whether rows have the field only beside the id of their account, as exports do, the id
    /// itself included: other systems have columns of these names, and mean something else.
    #[must_use]
    pub fn is_beside_id(self) -> bool {
        matches!(self, Self::Id | Self::Balance | Self::Identifier)
    }

    /// The field with exactly this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// The field a CSV header stands for. Case, blanks and underscores don't count:
    /// `Total Amount` is `total_amount`.
    #[must_use]
    pub fn of_header(header: &str) -> Option<Self> {
        let wanted = squeeze(header);
        Self::ALL.into_iter().find(|field| squeeze(field.name()) == wanted)
    }
}

/// Whether a CSV header is that of a column of Saldo's own files that no import sets: what
/// exports tell besides the fields, and why a row was refused.
pub(super) fn is_passed_over(header: &str) -> bool {
    header == REASON || Field::EXPORTED_ONLY.contains(&header)
}

fn squeeze(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace() && *c != '_').flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_match_without_regard_to_case_blanks_and_underscores() {
        for header in ["total_amount", "Total Amount", "TOTALAMOUNT", " total  amount "] {
            assert_eq!(Field::of_header(header), Some(Field::TotalAmount), "{header:?}");
        }
        assert_eq!(Field::of_header("Contact.Name"), Some(Field::ContactName));
        assert_eq!(Field::of_header("total-amount"), None);
        assert_eq!(Field::of_header(""), None);
    }

    #[test]
    fn every_field_is_found_by_its_name() {
        for field in Field::ALL {
            assert_eq!(Field::named(field.name()), Some(field));
            assert_eq!(Field::of_header(field.name()), Some(field));
        }
    }
}
