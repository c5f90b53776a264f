//! A part's XML, event by event, each bound in size, depth and what it expands to.

use std::{
    borrow::Cow,
    io::{self, BufRead, BufReader, Read},
};

use quick_xml::{
    Error, Reader, XmlVersion,
    events::{BytesRef, BytesStart, Event},
};

use super::{
    super::{
        FaultKind, MAX_LINE_BYTES, kinds,
        spool::{Carried, io_kind},
    },
    Part,
};

/// Bytes that one event may have: the parser keeps an event whole.
const MAX_EVENT: u64 = MAX_LINE_BYTES as u64;
/// Elements within elements; the deepest that a spreadsheet has is about ten.
const MAX_DEPTH: u32 = 64;

/// Counts what passes, for the event and for the part.
struct Bounded<'a> {
    inner: BufReader<Box<dyn Read + 'a>>,
    event: u64,
    total: u64,
    limit: u64,
}

impl Read for Bounded<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let length = available.len().min(into.len());
        into[..length].copy_from_slice(&available[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Bounded<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.event > MAX_EVENT {
            return Err(Carried::error(&kinds::LINE_TOO_LONG));
        }
        if self.total > self.limit {
            return Err(Carried::error(&kinds::EXPANDS_TOO_FAR));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, length: usize) {
        self.event += length as u64;
        self.total += length as u64;
        self.inner.consume(length);
    }
}

/// A part's XML. Empty elements come as a start and an end.
pub(super) struct Xml<'a> {
    reader: Reader<Bounded<'a>>,
    buffer: Vec<u8>,
    depth: u32,
}

impl<'a> Xml<'a> {
    pub(super) fn new(part: Box<dyn Read + 'a>, limit: u64) -> Self {
        let inner = BufReader::with_capacity(32 * 1024, part);
        let mut reader = Reader::from_reader(Bounded { inner, event: 0, total: 0, limit });
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: Vec::new(), depth: 0 }
    }

    /// The next event; `Eof` only where every element is closed.
    pub(super) fn next(&mut self) -> Part<Event<'_>> {
        self.buffer.clear();
        self.reader.get_mut().event = 0;
        let event = self.reader.read_event_into(&mut self.buffer).map_err(|e| xml_kind(&e))?;
        match &event {
            Event::Start(_) if self.depth >= MAX_DEPTH => return Err(&kinds::FILE_DAMAGED),
            Event::Start(_) => self.depth += 1,
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            Event::Eof if self.depth > 0 => return Err(&kinds::FILE_TRUNCATED),
            // No spreadsheet has one, and entities are declared there.
            Event::DocType(_) => return Err(&kinds::FILE_DAMAGED),
            _ => {}
        }
        Ok(event)
    }

    /// Appends the text up to the end of the element whose start was read last; what lies in
    /// elements within is left out.
    pub(super) fn text_into(&mut self, text: &mut String) -> Part<()> {
        let outer = self.depth;
        let from = text.len();
        loop {
            let inside = self.depth == outer;
            match self.next()? {
                Event::Text(part) if inside => text.push_str(&part.xml10_content()),
                Event::CData(part) if inside => text.push_str(&part.xml10_content()),
                Event::GeneralRef(reference) if inside => text.push(character(&reference)?),
                Event::Eof => return Err(&kinds::FILE_TRUNCATED),
                Event::End(_) if inside => return Ok(()),
                _ => {}
            }
            if text.len() - from > MAX_LINE_BYTES {
                return Err(&kinds::LINE_TOO_LONG);
            }
        }
    }

    /// Appends a string item (`si` or `is`, ECMA-376 part 1, 18.4.8): its text and that of its
    /// runs, without the phonetic ones.
    pub(super) fn string_into(&mut self, text: &mut String) -> Part<()> {
        let (outer, from) = (self.depth, text.len());
        let mut phonetic = None;
        loop {
            let depth = self.depth;
            let is_text = match self.next()? {
                Event::Start(start) => {
                    let name = start.local_name();
                    if name.as_ref() == "rPh" && phonetic.is_none() {
                        phonetic = Some(depth + 1);
                    }
                    name.as_ref() == "t" && phonetic.is_none()
                }
                Event::End(_) if depth == outer => break,
                Event::End(_) if phonetic == Some(depth) => {
                    phonetic = None;
                    false
                }
                Event::Eof => return Err(&kinds::FILE_TRUNCATED),
                _ => false,
            };
            if is_text {
                self.text_into(text)?;
            }
            if text.len() - from > MAX_LINE_BYTES {
                return Err(&kinds::LINE_TOO_LONG);
            }
        }
        if text[from..].contains("_x") {
            let plain = unescaped(&text[from..]).into_owned();
            text.truncate(from);
            text.push_str(&plain);
        }
        Ok(())
    }
}

/// An attribute by its local name, since the prefix is the writer's choice.
pub(super) fn attribute(start: &BytesStart<'_>, name: &str) -> Part<Option<String>> {
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| &kinds::FILE_DAMAGED)?;
        if attribute.key.local_name().as_ref() == name {
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|_| &kinds::FILE_DAMAGED)?;
            return Ok(Some(value.into_owned()));
        }
    }
    Ok(None)
}

/// Whether an attribute of type `xsd:boolean` is there and true.
pub(super) fn is_true(start: &BytesStart<'_>, name: &str) -> Part<bool> {
    Ok(matches!(attribute(start, name)?.as_deref(), Some("1" | "true")))
}

fn character(reference: &BytesRef<'_>) -> Part<char> {
    match reference.as_ref() {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => reference.resolve_char_ref().ok().flatten().ok_or(&kinds::FILE_DAMAGED),
    }
}

/// Takes back `_x000D_`, by which strings carry what XML cannot (ECMA-376 part 1, 22.9.2.19).
fn unescaped(text: &str) -> Cow<'_, str> {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let escape = rest.get(at + 2..at + 7).filter(|hex| hex.ends_with('_'));
        let code = escape.and_then(|hex| u32::from_str_radix(&hex[..4], 16).ok());
        match code.and_then(char::from_u32) {
            Some(c) => {
                plain.push_str(&rest[..at]);
                plain.push(c);
                rest = &rest[at + 7..];
            }
            None => {
                plain.push_str(&rest[..at + 2]);
                rest = &rest[at + 2..];
            }
        }
    }
    if plain.is_empty() {
        return Cow::Borrowed(rest);
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

fn xml_kind(error: &Error) -> &'static FaultKind {
    match error {
        Error::Io(error) => io_kind(error),
        Error::Syntax(_) => &kinds::FILE_TRUNCATED,
        _ => &kinds::FILE_DAMAGED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_string(xml: &str, limit: u64) -> Part<String> {
        let mut xml = Xml::new(Box::new(xml.as_bytes()), limit);
        loop {
            match xml.next()? {
                Event::Start(start) if start.local_name().as_ref() == "si" => break,
                Event::Eof => return Err(&kinds::FILE_TRUNCATED),
                _ => {}
            }
        }
        let mut text = String::new();
        xml.string_into(&mut text)?;
        Ok(text)
    }

    #[test]
    fn runs_are_joined_and_phonetic_ones_left_out() {
        let xml = "<sst><si><r><rPr><b/></rPr><t>西</t></r><r><t xml:space=\"preserve\">城 &amp;&#x533A;</t></r>\
                   <rPh sb=\"0\" eb=\"1\"><t>xi</t></rPh></si></sst>";
        assert_eq!(first_string(xml, 1 << 20), Ok("西城 &区".to_owned()));
    }

    #[test]
    fn escaped_characters_are_taken_back() {
        assert_eq!(
            first_string("<si><t>a_x000D_b_xzz_x字</t></si>", 1 << 20),
            Ok("a\rb_xzz_x字".to_owned())
        );
        assert_eq!(
            first_string("<si><t>_x005F_x000D_</t></si>", 1 << 20),
            Ok("_x000D_".to_owned())
        );
        assert_eq!(first_string("<si><t>_xD800_</t></si>", 1 << 20), Ok("_xD800_".to_owned()));
    }

    /// How reading to the end goes wrong.
    fn refusal(text: &str, limit: u64) -> &'static str {
        let mut xml = Xml::new(Box::new(text.as_bytes()), limit);
        loop {
            match xml.next() {
                Ok(Event::Eof) => return "accepted",
                Ok(_) => {}
                Err(kind) => return kind.code,
            }
        }
    }

    #[test]
    fn bombs_of_every_shape_are_refused() {
        assert_eq!(refusal(&"<si>".repeat(100), 1 << 20), "FILE_DAMAGED");
        assert_eq!(refusal("<!DOCTYPE x [<!ENTITY a \"b\">]><si/>", 1 << 20), "FILE_DAMAGED");
        assert_eq!(refusal(&"<si/>".repeat(300_000), 1 << 20), "EXPANDS_TOO_FAR");
        let long = "x".repeat(MAX_LINE_BYTES + 40_000);
        for text in [format!("<si>{long}</si>"), format!("<si a=\"{long}\"/>")] {
            assert_eq!(refusal(&text, 1 << 30), "LINE_TOO_LONG");
        }
        assert_eq!(refusal("<si><t></t>", 1 << 20), "FILE_TRUNCATED");
        assert_eq!(refusal("<si><t></t></si>", 1 << 20), "accepted");
        // Many short events make one long string.
        let many = format!("<si>{}</si>", "<t>&lt;x</t>".repeat(600_000));
        assert_eq!(first_string(&many, 1 << 30).unwrap_err().code, "LINE_TOO_LONG");
    }
}
