//! A source that returns its bytes in pieces, as a network does.

use std::io::{self, Read};

/// The number of different lengths of pieces: powers of two.
const LENGTHS: usize = 12;

/// The bytes of a slice, in pieces of 1 to 2,048 bytes, and sometimes interrupted. A seed decides the lengths and
/// interruptions.
pub(crate) struct Pieces<'a> {
    rest: &'a [u8],
    seed: u32,
    interrupted: bool,
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(bytes: &'a [u8], seed: u8) -> Self {
        Self { rest: bytes, seed: u32::from(seed), interrupted: false }
    }

    /// A pseudo-random number (Numerical Recipes' generator).
    fn next(&mut self) -> usize {
        self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.seed >> 24) as usize
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let random = self.next();
        self.interrupted = random.is_multiple_of(16) && !self.interrupted;
        if self.interrupted {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let length = (1 << (random % LENGTHS)).min(out.len()).min(self.rest.len());
        let (piece, rest) = self.rest.split_at(length);
        self.rest = rest;
        out[..length].copy_from_slice(piece);
        Ok(length)
    }
}
