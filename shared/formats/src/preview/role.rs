//! What a column of a list of receivables may be.

/// What a column is, as far as its header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Role {
    /// The number of an invoice or another document.
    Document,
    /// The number of the customer.
    PartyNumber,
    /// The name of the customer.
    PartyName,
    /// The customer: a name or a number.
    Party,
    /// What is still owed of a document.
    Open,
    /// What is still owed of a document, in the currency of the ledger.
    OpenLocal,
    /// The balance of a customer.
    Balance,
    /// The amount of a document.
    Amount,
    /// The amount of a document with taxes, if there are several.
    Total,
    /// The amount of a document, in the currency of the ledger.
    AmountLocal,
    /// The amount, if it is a debit.
    Debit,
    /// The amount, if it is a credit.
    Credit,
    /// Whether an amount is a debit or a credit.
    Sign,
    /// The currency of the document.
    Currency,
    /// The currency of the ledger.
    CurrencyLocal,
    /// The due date.
    DueDate,
    /// The phone number.
    Phone,
    /// The e-mail address.
    Email,
    /// Free text.
    Notes,
    /// What payers state in payments.
    Reference,
    /// The numbers of other documents, such as orders.
    References,
    /// The kind of document.
    Kind,
    /// The day of the list.
    AsOf,
    /// The amount of a document before any payment.
    Original,
    /// The day of the original amount.
    OriginalAsOf,
    /// The last day of the cash discount.
    DiscountDate,
    /// The cash discount.
    Discount,
}
