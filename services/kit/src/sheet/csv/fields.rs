//! Divides CSV into records and fields (RFC 4180), stricter than it must be: a quote that never
//! closes and text behind a closing quote are told, since both mean that columns have moved.

use std::io::BufRead;

use super::super::{FaultKind, MAX_COLUMNS, MAX_LINE_BYTES, kinds, spool::io_kind};

/// The fields of one record at a time.
pub(super) struct Fields<R> {
    reader: R,
    skip: usize,
    lines: Lines,
    record: Record,
}

impl<R: BufRead> Fields<R> {
    /// `skip` bytes, those of a BOM, belong to no field.
    pub(super) fn new(reader: R, skip: usize) -> Self {
        Self { reader, skip, lines: Lines { next: 1, after_return: false }, record: Record::new() }
    }

    /// The first line of the present record.
    pub(super) fn line(&self) -> u32 {
        self.record.line
    }

    /// The fields of the present record, each with whether text follows its closing quote.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], bool)> {
        let mut from = 0;
        self.record.ends.iter().map(move |(end, bad_quote)| {
            let field = &self.record.bytes[from..*end];
            from = *end;
            (field, *bad_quote)
        })
    }

    /// Reads the next record; false at the end of the file.
    pub(super) fn advance(&mut self) -> Result<bool, &'static FaultKind> {
        self.record.clear();
        loop {
            let block = self.reader.fill_buf().map_err(|error| io_kind(&error))?;
            if block.is_empty() {
                return self.record.finish();
            }
            let (mut used, mut ended) = (self.skip.min(block.len()), false);
            self.skip -= used;
            while used < block.len() && !ended {
                let byte = block[used];
                used += 1;
                let line = self.lines.next;
                let second_of_pair = self.lines.count(byte);
                if self.record.read == 0 {
                    // The line feed that belongs to the record before.
                    if second_of_pair {
                        continue;
                    }
                    self.record.line = line;
                }
                ended = self.record.step(byte)?;
            }
            self.reader.consume(used);
            if ended {
                return Ok(true);
            }
        }
    }
}

/// Counts lines that end with LF, CR or both.
struct Lines {
    next: u32,
    after_return: bool,
}

impl Lines {
    /// Counts `byte`; true if it is the line feed behind a carriage return.
    fn count(&mut self, byte: u8) -> bool {
        let second_of_pair = byte == b'\n' && self.after_return;
        self.after_return = byte == b'\r';
        if matches!(byte, b'\n' | b'\r') && !second_of_pair {
            self.next = self.next.saturating_add(1);
        }
        second_of_pair
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the first byte of a field.
    Start,
    /// In a field without quotes.
    Plain,
    /// Between quotes.
    Quoted,
    /// Behind a quote that closes the field or is the first of two.
    Closed,
}

/// One record, its buffers used again for the next.
struct Record {
    line: u32,
    bytes: Vec<u8>,
    /// Where each field ends in `bytes`, and whether text follows its closing quote.
    ends: Vec<(usize, bool)>,
    state: State,
    bad_quote: bool,
    /// Bytes read, quotes and breaks included.
    read: usize,
}

impl Record {
    fn new() -> Self {
        Self {
            line: 1,
            bytes: Vec::new(),
            ends: Vec::new(),
            state: State::Start,
            bad_quote: false,
            read: 0,
        }
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        (self.state, self.bad_quote, self.read) = (State::Start, false, 0);
    }

    /// Takes one byte; true if it ended the record.
    fn step(&mut self, byte: u8) -> Result<bool, &'static FaultKind> {
        self.read += 1;
        if self.read > MAX_LINE_BYTES {
            return Err(&kinds::LINE_TOO_LONG);
        }
        match (self.state, byte) {
            (State::Quoted, b'"') => self.state = State::Closed,
            (State::Quoted, _) => self.bytes.push(byte),
            (_, b',') => self.end_field()?,
            (_, b'\n' | b'\r') => {
                self.end_field()?;
                return Ok(true);
            }
            (State::Start, b'"') => self.state = State::Quoted,
            (State::Closed, b'"') => {
                self.bytes.push(byte);
                self.state = State::Quoted;
            }
            // Spaces between a closing quote and the comma are harmless.
            (State::Closed, b' ') => {}
            (State::Closed, _) => {
                self.bytes.push(byte);
                (self.state, self.bad_quote) = (State::Plain, true);
            }
            (State::Start | State::Plain, _) => {
                self.bytes.push(byte);
                self.state = State::Plain;
            }
        }
        Ok(false)
    }

    /// Ends a field. Beyond the last column only emptiness is accepted, and takes no memory.
    fn end_field(&mut self) -> Result<(), &'static FaultKind> {
        let from = self.ends.last().map_or(0, |(end, _)| *end);
        if self.ends.len() < MAX_COLUMNS {
            self.ends.push((self.bytes.len(), self.bad_quote));
        } else if self.bytes.len() > from {
            return Err(&kinds::TOO_MANY_COLUMNS);
        }
        (self.state, self.bad_quote) = (State::Start, false);
        Ok(())
    }

    /// The end of the file: a record without a line break, or none.
    fn finish(&mut self) -> Result<bool, &'static FaultKind> {
        if self.state == State::Quoted {
            return Err(&kinds::UNCLOSED_QUOTE);
        }
        if self.read == 0 {
            return Ok(false);
        }
        self.end_field().map(|()| true)
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::*;

    type Records = Vec<(u32, Vec<(String, bool)>)>;

    fn records(text: &[u8], block: usize) -> Result<Records, &'static str> {
        let mut fields = Fields::new(BufReader::with_capacity(block, text), 0);
        let mut all = Vec::new();
        while fields.advance().map_err(|kind| kind.code)? {
            let row = fields.iter().map(|(b, bad)| (String::from_utf8_lossy(b).into_owned(), bad));
            all.push((fields.line(), row.collect()));
        }
        Ok(all)
    }

    fn plain(text: &str) -> Vec<(u32, Vec<String>)> {
        let all = records(text.as_bytes(), 3).unwrap();
        all.into_iter().map(|(line, row)| (line, row.into_iter().map(|f| f.0).collect())).collect()
    }

    #[test]
    fn lines_are_counted_whatever_ends_them() {
        for text in ["a,b\n\"c\nd\",e\nf", "a,b\r\n\"c\r\nd\",e\r\nf\r\n", "a,b\r\"c\rd\",e\rf\r"] {
            let rows = plain(text);
            let lines: Vec<u32> = rows.iter().map(|row| row.0).collect();
            assert_eq!(lines, [1, 2, 4], "{text:?}");
            assert_eq!(rows[2].1, ["f"], "{text:?}");
        }
        assert_eq!(plain("a\n\nb").iter().map(|row| row.0).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn quotes_are_taken_off_and_doubled_ones_kept_once() {
        let row = &plain("\"a\"\"b\",\"c,d\" ,e\"f,\"\"")[0].1;
        assert_eq!(row, &["a\"b", "c,d", "e\"f", ""]);
    }

    #[test]
    fn a_quote_that_is_wrong_is_told() {
        assert_eq!(records(b"a\n\"b,c\nd", 8), Err("UNCLOSED_QUOTE"));
        let rows = records(b"\"a\"b,c", 8).unwrap();
        assert_eq!(rows[0].1, [("ab".to_owned(), true), ("c".to_owned(), false)]);
    }

    #[test]
    fn long_lines_and_many_columns_are_refused_in_bounded_memory() {
        let long = "x".repeat(MAX_LINE_BYTES + 1);
        assert_eq!(records(long.as_bytes(), 4096), Err("LINE_TOO_LONG"));
        let wide = "x,".repeat(200_000);
        assert_eq!(records(wide.as_bytes(), 4096), Err("TOO_MANY_COLUMNS"));
        let empty_tail = format!("x{}", ",".repeat(200_000));
        assert_eq!(records(empty_tail.as_bytes(), 4096).unwrap()[0].1.len(), MAX_COLUMNS);
    }

    proptest! {
        #[test]
        fn what_the_csv_crate_writes_is_read_alike(
            rows in prop::collection::vec(prop::collection::vec("[a, \"\r\n字]{0,6}", 2..5), 1..6),
            block in 1usize..9,
        ) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let text = writer.into_inner().unwrap();
            let read: Vec<Vec<String>> = records(&text, block)
                .unwrap()
                .into_iter()
                .map(|(_, row)| row.into_iter().map(|(text, _)| text).collect())
                .collect();
            prop_assert_eq!(read, rows);
        }
    }
}
