//! The references of a payment.

use serde::{Deserialize, Serialize};

use super::Label;

/// What identifies a payment for its parties. None of these is an id of the entry: a standing order has the same ones each
/// month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentReferences {
    /// The payer's end-to-end id.
    pub end_to_end_id: Option<Label>,
    /// The id of the direct debit's mandate.
    pub mandate_id: Option<Label>,
    /// The creditor's id in the scheme of direct debits.
    pub creditor_id: Option<Label>,
    /// The creditor's reference, such as that of ISO 11649 or of a Swiss QR bill.
    pub creditor_reference: Option<Label>,
    /// The account owner's own id of the payment or of the batch, as in the order.
    pub payment_id: Option<Label>,
    /// The number of the cheque.
    pub cheque_number: Option<Label>,
    /// The numbers of the documents that are paid.
    pub documents: Vec<Label>,
}
