//! The shared strings, in one piece of memory.

use quick_xml::events::Event;

use super::{super::kinds, Part, xml::Xml};

/// Bytes that all shared strings may have together.
pub(super) const MAX_TEXT: usize = 40 * 1024 * 1024;
/// Shared strings that a workbook may have; each takes four bytes.
const MAX_STRINGS: usize = 3_000_000;

/// Strings by their index: one text, and where each ends in it.
#[derive(Default)]
pub(super) struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    pub(super) fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        let from = match index.checked_sub(1) {
            Some(before) => self.ends[before] as usize,
            None => 0,
        };
        self.text.get(from..end)
    }
}

/// Reads the part. Its memory is reserved at once: growing by doubling would hold it twice, and
/// what is reserved and not written costs nothing.
pub(super) fn read(mut xml: Xml<'_>) -> Part<Strings> {
    let mut strings = Strings::default();
    let mut item = String::new();
    loop {
        match xml.next()? {
            Event::Start(start) if start.local_name().as_ref() == "si" => {}
            Event::Eof => return Ok(strings),
            _ => continue,
        }
        if strings.ends.is_empty() {
            strings.text.reserve_exact(MAX_TEXT);
            strings.ends.reserve_exact(MAX_STRINGS);
        }
        item.clear();
        xml.string_into(&mut item)?;
        if strings.text.len() + item.len() > MAX_TEXT || strings.ends.len() == MAX_STRINGS {
            return Err(&kinds::TOO_MUCH_TEXT);
        }
        strings.text.push_str(&item);
        strings.ends.push(u32::try_from(strings.text.len()).map_err(|_| &kinds::TOO_MUCH_TEXT)?);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(xml: &str) -> Part<Strings> {
        read(Xml::new(Box::new(xml.as_bytes()), 1 << 30))
    }

    #[test]
    fn strings_are_found_by_index() {
        let strings = strings("<sst><si><t>甲</t></si><si/><si><t>乙</t></si></sst>").unwrap();
        assert_eq!(strings.get(0), Some("甲"));
        assert_eq!(strings.get(1), Some(""));
        assert_eq!(strings.get(2), Some("乙"));
        assert_eq!(strings.get(3), None);
    }

    #[test]
    fn more_text_than_the_memory_allows_is_refused() {
        let item = format!("<si><t>{}</t></si>", "x".repeat(1 << 20));
        assert!(strings(&format!("<sst>{}</sst>", item.repeat(MAX_TEXT >> 20))).is_ok());
        let kind = strings(&format!("<sst>{}</sst>", item.repeat((MAX_TEXT >> 20) + 1))).err();
        assert_eq!(kind, Some(&kinds::TOO_MUCH_TEXT));
    }
}
