//! The body of an answer that may be large, within the limits of Lambda.

/// The bytes that the body of an answer may have.
pub const ANSWER_BYTES_MAX: usize = 4_000_000;
/// The bytes that it may have in the JSON string in which Lambda sends it. A response may have 6 MB
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>), which are more than six million bytes;
/// the rest is for headers.
const SENT_BYTES_MAX: usize = 6_000_000;

/// A body that grows as long as it fits an answer.
#[derive(Clone, Debug, Default)]
pub struct AnswerBody {
    bytes: Vec<u8>,
    sent: usize,
}

impl AnswerBody {
    /// Adds bytes to the body if they fit. Returns whether they do.
    #[must_use]
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        let sent = self.sent + bytes.iter().map(|byte| sent_bytes(*byte)).sum::<usize>();
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

/// The number of bytes that a byte takes in a JSON string (RFC 8259 section 7).
fn sent_bytes(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
        0..0x20 => 6,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body_fits_raw_and_escaped() {
        for (piece, expected) in
            [("plain text\u{e9}", ANSWER_BYTES_MAX), ("\"\n\\\t", 3_000_000), ("\u{1}", 1_000_000)]
        {
            let mut body = AnswerBody::default();
            let piece = piece.repeat(1_000);
            while body.push(piece.as_bytes()) {}
            let body = String::from_utf8(body.into()).expect("text");
            assert!((expected - piece.len()..=expected).contains(&body.len()), "{}", body.len());
            let sent = serde_json::to_string(&body).expect("JSON").len();
            assert!(sent <= SENT_BYTES_MAX + 2, "{sent}");
        }
    }
}
