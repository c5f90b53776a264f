//! No byte string panics, hangs or is taken without a verdict.

use proptest::{collection::vec, prelude::*, sample::Index};

use super::*;

fn valid_xlsx() -> Vec<u8> {
    xlsx(|sheet| {
        write_header(sheet);
        (1..5).for_each(|row| write_row(sheet, row));
    })
}

/// Reads to the end; a file gives rows or a fault, never neither.
fn verdict(bytes: &[u8]) {
    let (records, faults) = read(bytes);
    assert!(!records.is_empty() || !faults.is_empty());
    for fault in faults {
        assert!(!fault.remedy_en.contains('{'), "{fault:?}");
    }
}

fn mutated(mut bytes: Vec<u8>, changes: &[(Index, u8)], cut: Option<Index>) -> Vec<u8> {
    for (at, byte) in changes {
        let at = at.index(bytes.len());
        bytes[at] = *byte;
    }
    if let Some(cut) = cut {
        bytes.truncate(cut.index(bytes.len()));
    }
    bytes
}

/// Pieces from which sheets are made, whole and broken.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "<row>",
        "</row>",
        "<row r=\"4294967295\">",
        "<row r=\"7\"/>",
        "<c>",
        "</c>",
        "<c r=\"B2\">",
        "<c t=\"s\">",
        "<c t=\"inlineStr\">",
        "<c s=\"1\">",
        "<c s=\"99999999999\">",
        "<c t=\"e\">",
        "<v>",
        "</v>",
        "<v>1e308</v>",
        "<v>41697</v>",
        "<v>-0.0</v>",
        "<is>",
        "</is>",
        "<t>",
        "</t>",
        "<f t=\"shared\" si=\"4294967295\">",
        "</f>",
        "<f/>",
        "&#0;",
        "&amp;",
        "&#x110000;",
        "_xD800_",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "</sheetData>",
        "<mergeCell ref=\"A1:XFD1048576\"/>",
        "<mergeCell ref=\"x\"/>",
        "甲厂",
        "\u{0}",
        "=",
        "\"",
        "<x:row xmlns:x=\"y\">",
        "<rPh>",
        "</rPh>",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_bytes(bytes in vec(any::<u8>(), 0..600), magic in 0..4_usize) {
        let magic: &[u8] =
            [b"".as_slice(), b"PK\x03\x04", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", HEADER.as_bytes()][magic];
        verdict(&[magic, &bytes].concat());
    }

    #[test]
    fn random_text_under_a_header(rows in vec("[,\"\r\n=0-9年字 ]{0,30}", 0..8)) {
        verdict(format!("{HEADER}\n{}", rows.join("\n")).as_bytes());
    }

    #[test]
    fn mutated_containers(
        changes in vec((any::<Index>(), any::<u8>()), 0..6),
        cut in proptest::option::of(any::<Index>()),
    ) {
        verdict(&mutated(valid_xlsx(), &changes, cut));
    }

    #[test]
    fn mutated_sheets(pieces in vec(piece(), 0..40)) {
        verdict(&sheet_xml(&pieces.concat()));
    }
}
