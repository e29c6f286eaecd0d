//! SCA approaches: how a bank has its customer authorise a consent.

/// Where the customer authorises a consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "UPPERCASE")]
pub(super) enum Approach {
    /// On a page of the bank.
    Redirect,
    /// In an app of the bank.
    Decoupled,
    /// In the application of the third party.
    Embedded,
}

impl Approach {
    /// The value of the header `ASPSP-SCA-Approach`.
    pub(super) fn name(self) -> &'static str {
        self.into()
    }
}
