//! The fields of a row and their names.

/// The header of the column with the reason of refusal. It is not a field; files of refused rows have it, also when they
/// are imported again.
pub const REASON: &str = "reason";

/// A field of an import row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The account's own id, as exports have it: identifies an account without an external id.
    Id,
    /// The source's id of the account.
    ExternalId,
    /// The contact's full name; required.
    ContactName,
    /// The contact's phone number.
    ContactPhone,
    /// The contact's e-mail address.
    ContactEmail,
    /// The amount owed; required.
    TotalAmount,
    /// The balance, if it is not the negated amount owed; only beside the id.
    Balance,
    /// The currency of the amounts.
    Currency,
    /// The due date.
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
    /// The identifier that its transactions use; only beside the id.
    Identifier,
}

impl Field {
    /// All fields, in the order of files that Saldo writes.
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

    /// The fields that every row must have.
    pub const REQUIRED: [Self; 2] = [Self::ContactName, Self::TotalAmount];

    /// Columns of exports that are not fields. Imports ignore them without a warning, so that an export can be imported
    /// unchanged.
    const EXPORTED_ONLY: [&str; 3] = ["days_past_due", "created_at", "updated_at"];

    /// The names of all members that a row may have: the fields, in the order of [`Field::ALL`], and the ignored columns.
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

    /// The field's name: its path in JSON and its header in CSV.
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

    /// Whether the field counts only in rows with an account's id (the id itself included), as exports have them. Other
    /// systems have columns of these names with other meanings.
    #[must_use]
    pub fn is_beside_id(self) -> bool {
        matches!(self, Self::Id | Self::Balance | Self::Identifier)
    }

    /// The field with this exact name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// The field of a CSV header. Case, whitespace and underscores are ignored: `Total Amount` is `total_amount`.
    #[must_use]
    pub fn of_header(header: &str) -> Option<Self> {
        let wanted = normalized(header);
        Self::ALL.into_iter().find(|field| normalized(field.name()) == wanted)
    }
}

/// Whether a CSV header is that of a column in Saldo's own files that imports ignore.
pub(super) fn is_ignored(header: &str) -> bool {
    header == REASON || Field::EXPORTED_ONLY.contains(&header)
}

/// The name without whitespace and underscores, in lower case.
fn normalized(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace() && *c != '_').flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_match_regardless_of_case_whitespace_and_underscores() {
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
