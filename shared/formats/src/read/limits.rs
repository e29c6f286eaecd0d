//! The limits on a payload and its rows. What is larger is refused.

/// The most rows in a file. The planner keeps 16 bytes of each row in memory to find duplicates.
pub const ROWS_MAX: u64 = 10_000_000;
/// The most bytes in a row, and in the whitespace before it: as many as in a request body, and few enough that a
/// chunk of such rows fits in memory.
pub const ROW_BYTES_MAX: usize = 4_000_000;
/// The most bytes in a decompressed file: as many as S3 takes in one `PutObject`.
pub const TEXT_BYTES_MAX: u64 = 5_000_000_000;
/// The most columns in a CSV payload: every chunk repeats the header.
pub const COLUMNS_MAX: usize = 1_000;
/// The most characters in a column's header.
pub const HEADER_CHARS_MAX: usize = 200;

/// How many times its size a gzip file may expand to. Deflate reaches 1,032 on a single repeated byte
/// (<https://www.zlib.net/zlib_tech.html>). Generated exports of 200,000 rows reached 9 (customers and
/// amounts that vary), 72 (JSON that varies in the id alone) and 124 (fixed width, nine tenths of it
/// blanks) with `gzip -9`.
pub const EXPANSION_MAX: u64 = 200;
/// The rows that every payload may have, whatever its size: 20 chunks.
pub const ROWS_FREE: u64 = 10_000;
