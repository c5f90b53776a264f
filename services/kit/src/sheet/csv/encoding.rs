//! Which encoding a CSV has, decided by all of it: a file can be ASCII for a million lines and
//! then hold one name.

use std::io::{self, ErrorKind, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, GB18030, UTF_8};

use super::super::{fault::CellFault, kinds, spool::io_kind};

/// The byte order mark of UTF-8.
pub(super) const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";
/// Bytes that are read at once.
pub(super) const BLOCK: usize = 32 * 1024;
/// So many three-byte characters come about in GB18030 by no accident: a file that has them and
/// breaks behind them is broken UTF-8, though its bytes may well decode as GB18030.
const MEANT: usize = 4;

/// What the first reading found.
#[derive(Debug, Clone, Copy)]
pub(in crate::sheet) struct Survey {
    pub(super) encoding: &'static Encoding,
    pub(super) bom: bool,
}

/// One encoding that the file may yet turn out to have.
struct Candidate {
    decoder: Decoder,
    /// The line of the first bytes that the encoding does not have.
    broken_line: Option<u32>,
    /// First bytes of three-byte characters up to there, which in UTF-8 is all Chinese.
    wide: usize,
}

impl Candidate {
    fn new(encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_without_bom_handling();
        Self { decoder, broken_line: None, wide: 0 }
    }

    /// Decodes `block`, which begins in `line`, into `scratch`, whose content nobody needs.
    fn feed(&mut self, block: &[u8], last: bool, line: u32, scratch: &mut [u8]) {
        let mut used = 0;
        while self.broken_line.is_none() {
            let rest = &block[used..];
            let (result, read, _) =
                self.decoder.decode_to_utf8_without_replacement(rest, scratch, last);
            if self.wide <= MEANT {
                self.wide += rest[..read].iter().filter(|b| matches!(b, 0xE0..=0xEF)).count();
            }
            used += read;
            match result {
                DecoderResult::InputEmpty => return,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => {
                    // The last byte read may be the line feed that a cut character ran into.
                    let sound = &block[..used.saturating_sub(1)];
                    self.broken_line = Some(line.saturating_add(breaks(sound)));
                }
            }
        }
    }
}

/// Finds the encoding, from the first byte to the last.
pub(in crate::sheet) fn survey(mut reader: impl Read, name: &str) -> Result<Survey, CellFault> {
    let file = |kind| CellFault::of_file(kind, name);
    let (mut block, mut scratch) = (vec![0; BLOCK], vec![0; 3 * BLOCK]);
    let (mut utf8, mut gb18030) = (Candidate::new(UTF_8), Candidate::new(GB18030));
    let (mut line, mut bom) = (1_u32, None);
    loop {
        let length = fill(&mut reader, &mut block).map_err(|error| file(io_kind(&error)))?;
        let mut bytes = &block[..length];
        if bom.is_none() {
            if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
                return Err(file(&kinds::UTF16_ENCODING));
            }
            bom = Some(bytes.starts_with(UTF8_BOM));
            bytes = bytes.strip_prefix(UTF8_BOM).unwrap_or(bytes);
        }
        if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
            let broken = line.saturating_add(breaks(&bytes[..at]));
            return Err(file(&kinds::NUL_BYTE).with("broken_line", broken));
        }
        let last = length < BLOCK;
        for candidate in [&mut utf8, &mut gb18030] {
            candidate.feed(bytes, last, line, &mut scratch);
        }
        line = line.saturating_add(breaks(bytes));
        let verdict = verdict(&utf8, &gb18030, bom == Some(true), last);
        if let Some(verdict) = verdict {
            return verdict
                .map_err(|broken| file(&kinds::WRONG_ENCODING).with("broken_line", broken));
        }
    }
}

/// The survey, or the line that no encoding has; `None` while more must be read.
fn verdict(
    utf8: &Candidate,
    gb18030: &Candidate,
    bom: bool,
    last: bool,
) -> Option<Result<Survey, u32>> {
    let meant = bom || utf8.wide > MEANT;
    match (utf8.broken_line, gb18030.broken_line) {
        (None, _) if last => Some(Ok(Survey { encoding: UTF_8, bom })),
        (Some(_), None) if last && !meant => Some(Ok(Survey { encoding: GB18030, bom })),
        (Some(broken), _) if meant => Some(Err(broken)),
        // The encoding that held longer is the one that was meant.
        (Some(broken), Some(other)) => Some(Err(broken.max(other))),
        _ => None,
    }
}

fn breaks(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.iter().filter(|byte| **byte == b'\n').count()).unwrap_or(u32::MAX)
}

/// Reads until `block` is full or the file ends.
fn fill(reader: &mut impl Read, block: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < block.len() {
        match reader.read(&mut block[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}
