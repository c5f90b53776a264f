//! One pass over the sheet before its rows: merged cells come after them in the file, and a file
//! that is cut or too long is better refused at once.

use quick_xml::events::Event;

use super::{
    super::{
        MAX_XLSX_ROWS,
        cell::{letters, position},
        kinds,
    },
    Part,
    xml::{Xml, attribute},
};

/// Merged ranges that are told one by one.
const MAX_MERGED: usize = 2_000;

/// Cells that were merged into one. Lines from 1, columns from 0, ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Merged {
    lines: (u32, u32),
    columns: (u32, u32),
}

impl Merged {
    /// Whether the range takes part in that line.
    pub(crate) fn covers_line(&self, line: u32) -> bool {
        (self.lines.0..=self.lines.1).contains(&line)
    }

    /// Whether the range takes part in that column.
    pub(crate) fn covers_column(&self, column: usize) -> bool {
        (self.columns.0 as usize..=self.columns.1 as usize).contains(&column)
    }

    /// The range as spreadsheets write it.
    pub(crate) fn range(&self) -> String {
        let (first, last) = (letters(self.columns.0 as usize), letters(self.columns.1 as usize));
        format!("{first}{}:{last}{}", self.lines.0, self.lines.1)
    }

    fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once(':')?;
        let ((first, top), (last, bottom)) = (position(from)?, position(to)?);
        let ordered = |a: u32, b: u32| (a.min(b), a.max(b));
        Some(Self { lines: ordered(top + 1, bottom + 1), columns: ordered(first, last) })
    }
}

/// The merged ranges of a sheet whose XML is whole and whose rows are not too many.
pub(super) fn read(mut xml: Xml<'_>) -> Part<Vec<Merged>> {
    let (mut merged, mut rows, mut filled, mut is_sheet) = (Vec::new(), 0_usize, false, false);
    loop {
        match xml.next()? {
            Event::Start(start) => match start.local_name().as_ref() {
                "row" => filled = false,
                "v" | "is" | "f" => filled = true,
                "sheetData" => is_sheet = true,
                "mergeCell" => {
                    let text = attribute(&start, "ref")?.unwrap_or_default();
                    if merged.len() == MAX_MERGED {
                        return Err(&kinds::MERGED_CELLS);
                    }
                    merged.push(Merged::parse(&text).ok_or(&kinds::FILE_DAMAGED)?);
                }
                _ => {}
            },
            Event::End(end) if filled && end.local_name().as_ref() == "row" => {
                rows += 1;
                // One more, for the header.
                if rows > MAX_XLSX_ROWS + 1 {
                    return Err(&kinds::TOO_MANY_ROWS);
                }
            }
            Event::Eof if is_sheet => return Ok(merged),
            Event::Eof => return Err(&kinds::FILE_DAMAGED),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_in_either_order() {
        for text in ["B2:D7", "D7:B2", "B7:D2"] {
            let merged = Merged::parse(text).unwrap();
            assert_eq!(merged.range(), "B2:D7");
            assert!(merged.covers_line(2) && merged.covers_line(7) && !merged.covers_line(8));
            assert!(merged.covers_column(3) && !merged.covers_column(0));
        }
        assert_eq!(Merged::parse("B2"), None);
    }

    #[test]
    fn blank_rows_do_not_count() {
        let survey = |rows: &str| {
            let xml = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
            read(Xml::new(Box::new(std::io::Cursor::new(xml)), 1 << 30))
        };
        let blank = "<row><c s=\"1\"/></row>".repeat(MAX_XLSX_ROWS + 2);
        assert_eq!(survey(&blank), Ok(Vec::new()));
        let filled = "<row><c><v>1</v></c></row>";
        assert_eq!(survey(&filled.repeat(MAX_XLSX_ROWS + 1)), Ok(Vec::new()));
        assert_eq!(survey(&filled.repeat(MAX_XLSX_ROWS + 2)), Err(&kinds::TOO_MANY_ROWS));
    }
}
