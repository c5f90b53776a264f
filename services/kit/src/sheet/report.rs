//! The report of faults as CSV that a spreadsheet opens as it stands.

use std::io::{self, Write};

use super::fault::CellFault;

/// Writes faults as CSV: UTF-8 with a BOM, which Excel needs to see that it is UTF-8.
pub struct FaultReportWriter<W: Write>(csv::Writer<W>);

impl<W: Write> FaultReportWriter<W> {
    /// A report with its header.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(mut out: W) -> io::Result<Self> {
        out.write_all(b"\xEF\xBB\xBF")?;
        let mut writer =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        writer.write_record([
            "工作表 Sheet",
            "行 Line",
            "列 Column",
            "原值 Value",
            "代码 Code",
            "处理办法",
            "Remedy",
        ])?;
        Ok(Self(writer))
    }

    /// One fault, one line. Line 0, the whole file, stays empty.
    ///
    /// # Errors
    /// Those of the writer below.
    pub fn write(&mut self, fault: &CellFault) -> io::Result<()> {
        let (line, column, value) = (fault.line, &fault.column, &fault.value);
        let remedies = [fault.remedy_zh.as_str(), &fault.remedy_en];
        self.write_parts(&fault.sheet, line, column, value, fault.code, remedies)
    }

    /// The same for a fault that came over the wire; `remedies` in Chinese, then in English.
    ///
    /// # Errors
    /// Those of the writer below.
    pub fn write_parts(
        &mut self,
        sheet: &str,
        line: u32,
        column: &str,
        value: &str,
        code: &str,
        remedies: [&str; 2],
    ) -> io::Result<()> {
        let line = if line == 0 { String::new() } else { line.to_string() };
        self.0.write_record([
            &guarded(sheet),
            &line,
            &guarded(column),
            &guarded(value),
            code,
            &guarded(remedies[0]),
            &guarded(remedies[1]),
        ])?;
        Ok(())
    }

    /// Writes what is left and gives the writer below back.
    ///
    /// # Errors
    /// Those of the writer below.
    pub fn finish(mut self) -> io::Result<W> {
        self.0.flush()?;
        self.0.into_inner().map_err(|error| io::Error::other(error.to_string()))
    }
}

/// A value that a spreadsheet would evaluate, with an apostrophe before it. Full-width signs are
/// taken for formulas by East Asian editions.
fn guarded(text: &str) -> String {
    let evaluated = |c: char| {
        matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')
    };
    if text.trim_start_matches(' ').starts_with(evaluated) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::kinds;

    #[test]
    fn formulas_are_guarded_and_the_bom_comes_first() {
        let mut report = FaultReportWriter::new(Vec::new()).unwrap();
        for value in ["=1+1", "+8610", "-1", "@x", "\tx", "＝1", " =1", "a=1"] {
            report.write(&CellFault::at(&kinds::INVALID_COUNT, "表", 2, "人数", value)).unwrap();
        }
        report.write(&CellFault::of_file(&kinds::EMPTY_SHEET, "")).unwrap();
        let text = String::from_utf8(report.finish().unwrap()).unwrap();
        let mut rows = csv::Reader::from_reader(text.strip_prefix('\u{FEFF}').unwrap().as_bytes());
        let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
        assert!(rows[..7].iter().all(|row| row[3].starts_with('\'')), "{text}");
        assert_eq!((&rows[7][3], &rows[7][1]), ("a=1", "2"));
        assert_eq!((&rows[8][1], &rows[8][4]), ("", "EMPTY_SHEET"));
    }
}
