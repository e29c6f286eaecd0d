//! Answers that may be large.

/// The bytes that an answer's body may have.
pub const ANSWER_BYTES_MAX: usize = 4_000_000;
/// The bytes that it may have as Lambda sends it, in a JSON string: of the 6 MB of a response
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>) this leaves the
/// headers more than enough.
const SENT_BYTES_MAX: usize = 6_000_000;

/// A body that is put together as long as it fits an answer.
#[derive(Clone, Debug, Default)]
pub struct AnswerBody {
    bytes: Vec<u8>,
    sent: usize,
}

impl AnswerBody {
    /// Adds to the body, if that fits. Says whether it does.
    #[must_use]
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        // In a JSON string a quotation mark, a backslash or a line break is two bytes.
        let escaped = bytes.iter().filter(|byte| matches!(byte, b'"' | b'\\' | b'\n' | b'\r' | b'\t'));
        let sent = self.sent + bytes.len() + escaped.count();
        let fits = self.bytes.len() + bytes.len() <= ANSWER_BYTES_MAX && sent <= SENT_BYTES_MAX;
        if fits {
            self.sent = sent;
            self.bytes.extend_from_slice(bytes);
        }
        fits
    }
}

impl From<AnswerBody> for Vec<u8> {
    fn from(body: AnswerBody) -> Self {
        body.bytes
    }
}
