//! Workbooks written part by part, because no spreadsheet program writes what is tried here.

use std::io::{Cursor, Write};

use unionhall_tests::samples;
use zip::{ZipWriter, write::SimpleFileOptions};

const RELATIONS: &str = r#"<Relationships><Relationship Id="r1" Type="x/worksheet" Target="/xl/s.xml"/></Relationships>"#;

/// A workbook whose one sheet is this XML.
pub(super) fn of_sheet(sheet: &[u8]) -> Vec<u8> {
    of_named("Sheet1", sheet)
}

/// A workbook whose one sheet has this name.
pub(crate) fn of_named(name: &str, sheet: &[u8]) -> Vec<u8> {
    let sheets = format!(r#"<sheets><sheet name="{name}" sheetId="1" r:id="r1"/></sheets>"#);
    let workbook = format!("<workbook>{sheets}</workbook>");
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let parts = [
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes()),
        ("xl/s.xml", sheet),
    ];
    for (name, bytes) in parts {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook of these rows of XML, with `after` behind them.
pub(super) fn of_rows(rows: &str, after: &str) -> Vec<u8> {
    of_sheet(format!("<worksheet><sheetData>{rows}</sheetData>{after}</worksheet>").as_bytes())
}

/// A row of texts.
pub(crate) fn row(texts: &str) -> String {
    let cell = |text: &str| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>");
    format!("<row>{}</row>", texts.split(',').map(cell).collect::<String>())
}

/// The header and the rows of these employers.
pub(super) fn rows(numbers: std::ops::Range<u32>) -> String {
    let rows = numbers.map(|number| row(&samples::row(number)));
    std::iter::once(row(samples::HEADER)).chain(rows).collect()
}
