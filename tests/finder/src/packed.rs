//! What is deflated among bytes: entries of ZIP archives, which workbooks are, and gzip.

use std::io::Read;

use flate2::read::{DeflateDecoder, GzDecoder};

/// Unpacked bytes of one part; more is not looked at.
const LIMIT: u64 = 64 << 20;

/// The head of an entry, before its name.
const HEAD: usize = 30;
const METHOD: usize = 8;
const DEFLATED: u16 = 8;
const NAME_LENGTH: usize = 26;
const EXTRA_LENGTH: usize = 28;

/// Where each packed part begins, and what is in it, as far as it can be read.
pub fn parts(bytes: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> + '_ {
    let entries = places(bytes, b"PK\x03\x04");
    let entries = entries.filter_map(|at| Some((at, inflated(deflated(&bytes[at..])?))));
    let archives = places(bytes, b"\x1F\x8B\x08");
    let archives = archives.map(|at| (at, read(GzDecoder::new(&bytes[at..]))));
    entries.chain(archives)
}

/// Where these bytes stand. Of as many in a row as they are, one is looked at.
fn places<'a>(bytes: &'a [u8], magic: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let looks = (magic.len() - 1..bytes.len()).step_by(magic.len());
    looks.filter_map(move |look| {
        let on = magic.iter().position(|byte| *byte == bytes[look])?;
        bytes[look - on..].starts_with(magic).then_some(look - on)
    })
}

/// The packed bytes of the entry that begins here, with whatever stands behind it.
fn deflated(entry: &[u8]) -> Option<&[u8]> {
    let number = |at: usize| Some(u16::from_le_bytes(*entry.get(at..)?.first_chunk()?));
    let before = usize::from(number(NAME_LENGTH)?) + usize::from(number(EXTRA_LENGTH)?);
    (number(METHOD)? == DEFLATED).then(|| entry.get(HEAD + before..))?
}

fn inflated(packed: &[u8]) -> Vec<u8> {
    read(DeflateDecoder::new(packed))
}

/// Whatever can be read; what looked like something packed may be none.
fn read(packed: impl Read) -> Vec<u8> {
    let mut unpacked = Vec::new();
    let _ = packed.take(LIMIT).read_to_end(&mut unpacked);
    unpacked
}
