//! The rows of a sheet's XML (ECMA-376 part 1, 18.3.1).

use quick_xml::events::{BytesStart, Event};

use super::{
    super::{
        MAX_COLUMNS, MAX_LINE_BYTES,
        cell::{Cell, position, serial_date},
        kinds,
    },
    Part,
    strings::Strings,
    xml::Xml,
};
use crate::civil::CivilDate;

/// Streams the rows, each with the cells that the file has for it.
pub(super) struct Cells<'a> {
    xml: Xml<'a>,
    strings: &'a Strings,
    dates: &'a [bool],
    system_1904: bool,
    line: u32,
}

/// What a cell's start says.
struct Head {
    column: Option<u32>,
    style: usize,
    kind: Option<String>,
}

/// What stands within a cell.
#[derive(Default)]
struct Body {
    value: String,
    inline: Option<String>,
    formula: Option<String>,
}

impl<'a> Cells<'a> {
    pub(super) fn new(
        xml: Xml<'a>,
        strings: &'a Strings,
        dates: &'a [bool],
        system_1904: bool,
    ) -> Self {
        Self { xml, strings, dates, system_1904, line: 0 }
    }

    /// The line that was read last.
    pub(super) fn line(&self) -> u32 {
        self.line
    }

    /// The next row with its line.
    pub(super) fn next_row(&mut self) -> Part<Option<(u32, Vec<Cell>)>> {
        loop {
            match self.xml.next()? {
                Event::Start(start) if start.local_name().as_ref() == "row" => {
                    let next = match raw(&start, "r")? {
                        Some(text) => text.parse().map_err(|_| &kinds::FILE_DAMAGED)?,
                        None => self.line.saturating_add(1),
                    };
                    // A line that comes twice or goes back would be reported where it is not.
                    if next <= self.line {
                        return Err(&kinds::FILE_DAMAGED);
                    }
                    self.line = next;
                    return Ok(Some((next, self.row()?)));
                }
                Event::Eof => return Ok(None),
                _ => {}
            }
        }
    }

    fn row(&mut self) -> Part<Vec<Cell>> {
        let (mut cells, mut column, mut bytes) = (Vec::new(), 0_usize, 0_usize);
        loop {
            let head = match self.xml.next()? {
                Event::Start(start) if start.local_name().as_ref() == "c" => head(&start)?,
                Event::End(end) if end.local_name().as_ref() == "row" => return Ok(cells),
                Event::Eof => return Err(&kinds::FILE_TRUNCATED),
                _ => continue,
            };
            column = head.column.map_or(column, |at| at as usize);
            let cell = self.cell(&head)?;
            if !cell.is_empty() {
                bytes += cell.text_len();
                if column >= MAX_COLUMNS {
                    return Err(&kinds::TOO_MANY_COLUMNS);
                }
                // Many cells may share one long string.
                if bytes > MAX_LINE_BYTES {
                    return Err(&kinds::LINE_TOO_LONG);
                }
                if cells.len() <= column {
                    cells.resize(column + 1, Cell::Empty);
                }
                cells[column] = cell;
            }
            column += 1;
        }
    }

    fn cell(&mut self, head: &Head) -> Part<Cell> {
        let mut body = Body::default();
        loop {
            match self.xml.next()? {
                Event::Start(start) => match start.local_name().as_ref() {
                    "v" => self.xml.text_into(&mut body.value)?,
                    "f" => self.xml.text_into(body.formula.get_or_insert_default())?,
                    "is" => self.xml.string_into(body.inline.get_or_insert_default())?,
                    // Extensions of other makers.
                    _ => self.xml.text_into(&mut String::new())?,
                },
                Event::End(_) => break,
                Event::Eof => return Err(&kinds::FILE_TRUNCATED),
                _ => {}
            }
        }
        match body.formula {
            Some(formula) => Ok(Cell::Formula(formula)),
            None => self.value(head, body.value, body.inline),
        }
    }

    fn value(&self, head: &Head, value: String, inline: Option<String>) -> Part<Cell> {
        match head.kind.as_deref() {
            Some("inlineStr") => Ok(Cell::from_text(inline.unwrap_or_default())),
            _ if value.is_empty() => Ok(Cell::Empty),
            Some("s") => {
                let index = value.trim().parse().map_err(|_| &kinds::FILE_DAMAGED)?;
                let text = self.strings.get(index).ok_or(&kinds::FILE_DAMAGED)?;
                Ok(Cell::from_text(text.to_owned()))
            }
            Some("str") => Ok(Cell::from_text(value)),
            Some("b") => Ok(Cell::Bool(matches!(value.trim(), "1" | "true"))),
            Some("e") => Ok(Cell::Error(value)),
            Some("d") => Ok(iso_date(&value).map_or(Cell::Text(value), Cell::Date)),
            Some("n") | None => Ok(self.number(head.style, value)),
            Some(_) => Err(&kinds::FILE_DAMAGED),
        }
    }

    fn number(&self, style: usize, digits: String) -> Cell {
        let is_date = self.dates.get(style).copied().unwrap_or(false);
        let date = is_date.then(|| serial_date(&digits, self.system_1904)).flatten();
        date.map_or(Cell::Number(digits), Cell::Date)
    }
}

fn iso_date(text: &str) -> Option<CivilDate> {
    text.strip_suffix("T00:00:00").unwrap_or(text).parse().ok()
}

fn head(start: &BytesStart<'_>) -> Part<Head> {
    let mut head = Head { column: None, style: 0, kind: None };
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| &kinds::FILE_DAMAGED)?;
        match attribute.key.as_ref() {
            "r" => {
                let (column, _) = position(&attribute.value).ok_or(&kinds::FILE_DAMAGED)?;
                head.column = Some(column);
            }
            "s" => head.style = attribute.value.parse().map_err(|_| &kinds::FILE_DAMAGED)?,
            "t" => head.kind = Some(attribute.value.into_owned()),
            _ => {}
        }
    }
    Ok(head)
}

fn raw(start: &BytesStart<'_>, name: &str) -> Part<Option<String>> {
    let found = start.try_get_attribute(name).map_err(|_| &kinds::FILE_DAMAGED)?;
    Ok(found.map(|attribute| attribute.value.into_owned()))
}
