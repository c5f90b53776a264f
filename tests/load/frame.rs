//! The part of HTTP/2 (RFC 9113) and HPACK (RFC 7541) that a caller of unary methods needs.

/// What every client says first.
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Bytes before every payload.
pub(crate) const HEADER: usize = 9;
/// The largest window there is.
pub(crate) const LARGEST_WINDOW: u32 = (1 << 31) - 1;
/// The window of a connection until it is enlarged.
pub(crate) const FIRST_WINDOW: u32 = 65_535;

const INITIAL_WINDOW_SIZE: u16 = 4;
const ENABLE_PUSH: u16 = 2;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const ACK: u8 = 1;

/// Entries of HPACK's static table.
const STATIC_ENTRIES: u8 = 61;
const METHOD_POST: u8 = 0x80 | 3;
const SCHEME_HTTP: u8 = 0x80 | 6;

/// The kinds of frames that matter to a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Data,
    Headers,
    Reset,
    Settings,
    Ping,
    GoAway,
    WindowUpdate,
    Other,
}

/// The head of a frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) length: usize,
    pub(crate) kind: Kind,
    pub(crate) stream: u32,
    flags: u8,
}

impl Head {
    pub(crate) fn read(bytes: [u8; HEADER]) -> Self {
        let [a, b, c, kind, flags, stream @ ..] = bytes;
        let kind = match kind {
            0 => Kind::Data,
            1 => Kind::Headers,
            3 => Kind::Reset,
            4 => Kind::Settings,
            6 => Kind::Ping,
            7 => Kind::GoAway,
            8 => Kind::WindowUpdate,
            _ => Kind::Other,
        };
        let stream = u32::from_be_bytes(stream) & LARGEST_WINDOW;
        Self { length: u32::from_be_bytes([0, a, b, c]) as usize, kind, stream, flags }
    }

    /// The last frame of its stream.
    pub(crate) fn ends_stream(self) -> bool {
        matches!(self.kind, Kind::Data | Kind::Headers) && self.flags & END_STREAM != 0
    }

    /// The answer to a SETTINGS or PING of our own.
    pub(crate) fn is_ack(self) -> bool {
        self.flags & ACK != 0
    }
}

fn head(out: &mut Vec<u8>, length: usize, kind: u8, flags: u8, stream: u32) {
    let length = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    out.extend_from_slice(&length[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
}

/// Opens the connection with windows that never run out within a run.
pub(crate) fn open(out: &mut Vec<u8>) {
    out.extend_from_slice(PREFACE);
    head(out, 12, 4, 0, 0);
    for (setting, value) in [(ENABLE_PUSH, 0), (INITIAL_WINDOW_SIZE, LARGEST_WINDOW)] {
        out.extend_from_slice(&setting.to_be_bytes());
        out.extend_from_slice(&value.to_be_bytes());
    }
    window_update(out, LARGEST_WINDOW - FIRST_WINDOW);
}

/// Takes note of the server's settings.
pub(crate) fn settings_ack(out: &mut Vec<u8>) {
    head(out, 0, 4, ACK, 0);
}

/// Answers a PING.
pub(crate) fn ping_ack(out: &mut Vec<u8>, payload: &[u8]) {
    head(out, payload.len(), 6, ACK, 0);
    out.extend_from_slice(payload);
}

/// Lets the server send so many bytes more on the connection.
pub(crate) fn window_update(out: &mut Vec<u8>, bytes: u32) {
    head(out, 4, 8, 0, 0);
    out.extend_from_slice(&bytes.to_be_bytes());
}

/// One request: its headers and its whole body.
pub(crate) fn request(out: &mut Vec<u8>, stream: u32, headers: &[u8], body: &[u8]) {
    head(out, headers.len(), 1, END_HEADERS, stream);
    out.extend_from_slice(headers);
    head(out, body.len(), 0, END_STREAM, stream);
    out.extend_from_slice(body);
}

/// The headers of every call of a run, which are the same: sent in full once a connection, and
/// from then on by their places in the table.
pub(crate) struct Headers {
    pub(crate) first: Vec<u8>,
    pub(crate) later: Vec<u8>,
}

impl Headers {
    pub(crate) fn of(fields: &[(&str, &str)]) -> Self {
        let mut first = vec![METHOD_POST, SCHEME_HTTP];
        let mut later = first.clone();
        for (name, value) in fields {
            // A literal that enters the table (RFC 7541, 6.2.1).
            first.push(0x40);
            text(&mut first, name);
            text(&mut first, value);
        }
        // The latest entry has the lowest number.
        let entries = u8::try_from(fields.len()).unwrap_or(u8::MAX);
        later.extend((1..=entries).rev().map(|place| 0x80 | (STATIC_ENTRIES + place)));
        Self { first, later }
    }
}

/// A string without Huffman coding: a length of a 7-bit prefix, then the bytes.
fn text(out: &mut Vec<u8>, text: &str) {
    let mut left = text.len();
    if left < 127 {
        out.push(left.to_le_bytes()[0]);
    } else {
        out.push(127);
        left -= 127;
        while left >= 128 {
            out.push(0x80 | (left % 128).to_le_bytes()[0]);
            left /= 128;
        }
        out.push(left.to_le_bytes()[0]);
    }
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_as_the_standard_shows() {
        // RFC 7541, C.1.2: 1337 in a prefix of 5 bits; here in one of 7: 1337 - 127 = 1210.
        let mut out = Vec::new();
        text(&mut out, &"x".repeat(1337));
        assert_eq!(out[..3], [127, 0x80 | 58, 9]);
        assert_eq!(out.len(), 3 + 1337);
    }

    #[test]
    fn later_requests_name_the_entries_of_the_first() {
        let headers = Headers::of(&[(":path", "/a"), ("te", "trailers")]);
        assert_eq!(headers.later, [0x83, 0x86, 0x80 | 63, 0x80 | 62]);
        assert_eq!(&headers.first[2..9], b"\x40\x05:path");
    }

    #[test]
    fn a_frame_is_read_as_it_was_written() {
        let mut out = Vec::new();
        request(&mut out, 7, &[1, 2], b"body");
        let first = Head::read(out[..HEADER].try_into().unwrap());
        assert_eq!((first.length, first.kind, first.stream), (2, Kind::Headers, 7));
        assert!(!first.ends_stream());
        let second = Head::read(out[HEADER + 2..2 * HEADER + 2].try_into().unwrap());
        assert_eq!((second.length, second.kind, second.stream), (4, Kind::Data, 7));
        assert!(second.ends_stream());
    }
}
