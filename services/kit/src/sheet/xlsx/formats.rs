//! Which cell formats show a number as a date.

use std::collections::HashSet;

use quick_xml::events::Event;

use super::{
    Part,
    xml::{Xml, attribute},
};

/// Cell formats that a workbook may have; Excel itself allows 65,490.
const MAX_FORMATS: usize = 65_536;

/// For each cell format, whether it is a date.
pub(super) fn read(mut xml: Xml<'_>) -> Part<Vec<bool>> {
    let (mut custom, mut dates, mut in_cells) = (HashSet::new(), Vec::new(), false);
    loop {
        match xml.next()? {
            Event::Start(start) => match start.local_name().as_ref() {
                "numFmt" => {
                    let id = number(attribute(&start, "numFmtId")?);
                    let code = attribute(&start, "formatCode")?.unwrap_or_default();
                    if custom.len() < MAX_FORMATS && is_date(&code) {
                        custom.insert(id);
                    }
                }
                "cellXfs" => in_cells = true,
                "xf" if in_cells && dates.len() < MAX_FORMATS => {
                    let id = number(attribute(&start, "numFmtId")?);
                    dates.push(is_built_in_date(id) || custom.contains(&id));
                }
                _ => {}
            },
            Event::End(end) if end.local_name().as_ref() == "cellXfs" => in_cells = false,
            Event::Eof => return Ok(dates),
            _ => {}
        }
    }
}

fn number(text: Option<String>) -> u32 {
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The built-in dates (ECMA-376 part 1, 18.8.30), those of the Chinese locale included. 18 to 21
/// and 45 to 47 are times of day.
fn is_built_in_date(id: u32) -> bool {
    matches!(id, 14..=17 | 22 | 27..=31 | 36 | 50..=54 | 57 | 58)
}

/// Whether a format code shows a year or a day, outside of quotes, brackets and escapes.
fn is_date(code: &str) -> bool {
    let (mut quoted, mut bracketed, mut escaped) = (false, false, false);
    for c in code.chars() {
        match c {
            _ if escaped => escaped = false,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '\\' | '_' | '*' => escaped = true,
            '[' => bracketed = true,
            ']' => bracketed = false,
            'y' | 'Y' | 'd' | 'D' if !bracketed => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_told_from_numbers_and_times() {
        for code in ["yyyy\\-mm\\-dd", "yyyy\"年\"m\"月\"d\"日\";@", "[$-804]d/m/yy", "m/d"] {
            assert!(is_date(code), "{code}");
        }
        for code in
            ["General", "0.00", "[Red]0", "h:mm:ss", "\"day\"0", "\\d0", "[$¥-804]#,##0", "@"]
        {
            assert!(!is_date(code), "{code}");
        }
    }

    #[test]
    fn styles_map_cell_formats_to_dates() {
        let xml = "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"yyyy&quot;年&quot;\"/></numFmts>\
                   <cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs>\
                   <cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"164\"/><xf/></cellXfs></styleSheet>";
        let dates = read(Xml::new(Box::new(xml.as_bytes()), 1 << 20)).unwrap();
        assert_eq!(dates, [false, true, true, false]);
    }
}
