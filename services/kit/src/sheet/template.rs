//! The spreadsheet to fill in, made from the layout.

use rust_xlsxwriter::{
    Color, DataValidation, DocProperties, ExcelDateTime, Format, Formula, Note, Workbook,
    Worksheet, XlsxError,
};

use super::{
    MAX_XLSX_ROWS,
    layout::{CodeList, Column, ColumnKind, Layout},
    letters,
};
use crate::{
    fault::{Fault, Outcome},
    reasons,
};

/// The sheet with the code lists. It has three columns for each, and one between.
const CODES_SHEET: &str = "代码表 Codes";
/// Lines above the first code: the column's title, then the three headings.
const CODES_HEAD: u32 = 2;

/// An XLSX with the header, the rules as notes, and a second sheet of code lists from which the
/// code columns choose. The same layout gives the same bytes.
///
/// # Errors
/// `INTERNAL` where the layout breaks a rule of the format, for instance in its title.
pub fn template_xlsx(layout: &Layout) -> Outcome<Vec<u8>> {
    filled_xlsx(layout, &[])
}

/// The same with rows that are filled in already, as text, cell by cell in the layout's order.
///
/// # Errors
/// As [`template_xlsx`].
pub fn filled_xlsx(layout: &Layout, rows: &[Vec<String>]) -> Outcome<Vec<u8>> {
    written(layout, rows).map_err(|error| Fault::new(&reasons::INTERNAL).caused_by(error))
}

/// The header alone, as CSV in UTF-8 with a BOM.
pub fn template_csv(layout: &Layout) -> Vec<u8> {
    filled_csv(layout, &[])
}

/// The same with rows that are filled in already.
pub fn filled_csv(layout: &Layout, rows: &[Vec<String>]) -> Vec<u8> {
    let titles: Vec<String> = layout.columns().iter().map(|c| c.title().to_owned()).collect();
    let quoted = |cell: &String| {
        if cell.contains([',', '"', '\n']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.clone()
        }
    };
    let mut text = "\u{FEFF}".to_owned();
    for row in std::iter::once(&titles).chain(rows) {
        let cells: Vec<String> = row.iter().map(quoted).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text.into_bytes()
}

fn written(layout: &Layout, rows: &[Vec<String>]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let made = ExcelDateTime::from_ymd(2024, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let sheet = book.add_worksheet().set_name(layout.title())?;
    sheet.set_freeze_panes(1, 0)?;
    for (at, column) in (0_u16..).zip(layout.columns()) {
        head(sheet, at, column)?;
    }
    let text = Format::new().set_num_format("@");
    for (line, row) in (1_u32..).zip(rows) {
        for (at, cell) in (0_u16..).zip(row).filter(|(_, cell)| !cell.is_empty()) {
            sheet.write_string_with_format(line, at, cell, &text)?;
        }
    }
    let lists: Vec<(u16, &Column, &CodeList)> = (0_u16..)
        .zip(layout.columns())
        .filter_map(|(at, column)| column.codes().map(|list| (at, column, list)))
        .collect();
    for (place, (at, _, list)) in (0_u16..).zip(&lists) {
        choose(sheet, *at, place * 4, list)?;
    }
    if !lists.is_empty() {
        let codes = book.add_worksheet().set_name(CODES_SHEET)?;
        for (place, (_, column, list)) in (0_u16..).zip(&lists) {
            code_list(codes, place * 4, column, list)?;
        }
    }
    book.save_to_buffer()
}

/// One column: its header, its note, and the format that keeps what people type.
fn head(sheet: &mut Worksheet, at: u16, column: &Column) -> Result<(), XlsxError> {
    let shade = if column.required { Color::RGB(0x00FF_E699) } else { Color::RGB(0x00E7_E6E6) };
    let bold = Format::new().set_bold().set_background_color(shade).set_num_format("@");
    // Text, lest zeros vanish from identifiers and codes, and `3-1` becomes a date.
    let cells = match column.kind {
        ColumnKind::Text
        | ColumnKind::DateOrText
        | ColumnKind::Identifier
        | ColumnKind::Code(_) => "@",
        ColumnKind::Date => "yyyy-mm-dd",
        ColumnKind::Count => "0",
    };
    sheet.set_column_format(at, &Format::new().set_num_format(cells))?;
    sheet.set_column_width(at, 18)?;
    sheet.write_string_with_format(0, at, column.title(), &bold)?;
    let note = Note::new(note(column)).add_author_prefix(false).set_width(260);
    sheet.insert_note(0, at, &note)?;
    Ok(())
}

fn note(column: &Column) -> String {
    let (need_zh, need_en) =
        if column.required { ("必填", "Required") } else { ("选填", "Optional") };
    let (kind_zh, kind_en) = match column.kind {
        _ if column.codes().is_some() => {
            ("代码或名称，见代码表", "a code or name of the code list")
        }
        ColumnKind::Text => ("文字", "text"),
        ColumnKind::Identifier => ("号码，须为文本格式", "a number or code, stored as text"),
        ColumnKind::Date => ("日期，如 2014-02-27", "a date, for instance 2014-02-27"),
        ColumnKind::DateOrText => ("日期或文字", "a date or text"),
        ColumnKind::Count => ("整数，不带单位", "a whole number without a unit"),
        ColumnKind::Code(_) => ("代码", "a code"),
    };
    let mut lines = vec![format!("{need_zh}：{kind_zh}"), column.rule_zh.to_owned()];
    lines.extend([format!("{need_en}: {kind_en}"), column.rule_en.to_owned()]);
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

/// Lets the cells of a code column choose: by the Chinese name, or by the code where a name
/// belongs to several.
fn choose(sheet: &mut Worksheet, at: u16, from: u16, list: &CodeList) -> Result<(), XlsxError> {
    if list.entries().is_empty() {
        return Ok(());
    }
    let column = letters(usize::from(if list.has_distinct_names() { from + 1 } else { from }));
    let last = list.entries().len() + CODES_HEAD as usize;
    let first = CODES_HEAD + 1;
    let range = format!("='{CODES_SHEET}'!${column}${first}:${column}${last}");
    // The reader accepts the other forms of a code too, so a choice is offered, not forced.
    let rule =
        DataValidation::new().allow_list_formula(Formula::new(range)).show_error_message(false);
    sheet.add_data_validation(1, at, LAST_ROW, at, &rule)?;
    Ok(())
}

/// The last row of the template, from 0.
const LAST_ROW: u32 = MAX_XLSX_ROWS as u32;

fn code_list(
    sheet: &mut Worksheet,
    from: u16,
    column: &Column,
    list: &CodeList,
) -> Result<(), XlsxError> {
    let text = Format::new().set_num_format("@");
    let bold = Format::new().set_bold().set_num_format("@");
    sheet.write_string_with_format(0, from, column.title(), &bold)?;
    for (offset, heading) in (0_u16..).zip(["代码 Code", "中文", "English"]) {
        sheet.write_string_with_format(1, from + offset, heading, &bold)?;
        sheet.set_column_width(from + offset, 18)?;
    }
    for (row, entry) in (CODES_HEAD..).zip(list.entries()) {
        for (offset, value) in (0_u16..).zip([&entry.code, &entry.zh, &entry.en]) {
            sheet.write_string_with_format(row, from + offset, value, &text)?;
        }
    }
    Ok(())
}
