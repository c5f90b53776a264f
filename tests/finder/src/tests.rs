use std::{
    fs,
    io::Write,
    panic::{AssertUnwindSafe, catch_unwind},
};

use flate2::{Compression, write::DeflateEncoder, write::GzEncoder};
use tempfile::TempDir;

use super::{folder::SearchedFolder, places::Searched, *};

/// Of people born in 1888, 1887, 1896 and 1880; one ends in a letter, one is a foreigner's.
const NUMBERS: [&str; 5] = [
    "110102188808080017",
    "110104188703150034",
    "110102189602290072",
    "11010218880808005X",
    "911840188808080013",
];

/// What stands around a number.
const AROUND: [(&[u8], &[u8]); 7] = [
    (b"", b""),
    (b"{\"number\":\"", b"\"}"),
    (b"\x12\x12", b"2\x0b13800000000"),
    (b"7", b"7"),
    (&[0; 40], &[0; 40]),
    ("证件".as_bytes(), "，已核对".as_bytes()),
    (b"members/018f3c2e-0500-7abc-8def-012345678901", b"110102012004"),
];

fn forms_found(bytes: &[u8]) -> Vec<&'static str> {
    finds(bytes).into_iter().map(|find| find.form).collect()
}

#[test]
fn every_form_is_found_wherever_it_stands() {
    for number in NUMBERS {
        for (name, form) in forms::of(number).into_iter().filter(|(name, _)| *name != forms::BASE64)
        {
            for (before, behind) in AROUND {
                for shift in 0..70 {
                    let bytes = [&vec![b'.'; shift], before, &form, behind].concat();
                    let found = finds(&bytes);
                    let here = |find: &Find| find.at == shift + before.len();
                    assert!(found.iter().any(here), "{number} {name} {bytes:?}");
                    // Among zeros, UTF-16 can be read in either order.
                    assert!(found.iter().all(|find| find.form == name), "{number} {found:?}");
                }
            }
        }
    }
}

#[test]
fn base64_is_found_in_every_alignment() {
    for number in NUMBERS {
        for before in 0..70 {
            for behind in 0..4 {
                let text = [&vec![b'.'; before], number.as_bytes(), &vec![b'.'; behind]].concat();
                for quote in ["", "\"", "data:text/csv;base64,"] {
                    let written = forms::base64(&[&text[..], &[0; 2]].concat());
                    let bytes = [quote.as_bytes(), &written, b"="].concat();
                    assert_eq!(forms_found(&bytes), [forms::BASE64], "{number} {before} {behind}");
                }
            }
        }
    }
    // As others write them.
    for text in ["MTEwMTAyMTg4ODA4MDgwMDE3", "eDExMDEwMjE4ODgwODA4MDAxNw=="] {
        assert_eq!(forms_found(text.as_bytes()), [forms::BASE64], "{text}");
    }
    assert_eq!(forms_found(br"\x313130313032313838383038303830303137"), [forms::HEX]);
}

#[test]
fn what_is_packed_is_unpacked() {
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::best());
    deflated.write_all(b"<v>110102188808080017</v><v>110104188703150034</v>").unwrap();
    let head =
        [&b"PK\x03\x04"[..], &[20, 0, 8, 0, 8, 0], &[0; 16], &[5, 0, 1, 0], b"sheet "].concat();
    let entry = [b"before", &head[..], &deflated.finish().unwrap(), b"PK\x01\x02"].concat();
    let places: Vec<_> = finds(&entry).iter().map(|find| (find.at, find.form)).collect();
    assert_eq!(places, [(6, forms::PLAIN); 2]);

    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(b"110102188808080017").unwrap();
    assert_eq!(forms_found(&packed.finish().unwrap()), [forms::PLAIN]);
    // What only begins so is no archive.
    assert_eq!(forms_found(b"PK\x03\x04 and \x1F\x8B\x08"), [""; 0]);
}

#[test]
fn other_numbers_are_nobodys() {
    for fine in [
        "110102188808080018",
        "110102187908080017",
        "990102188808080017",
        "110102188813080017",
        "110102188808990017",
        "**************0017",
        "110102 1888 0808 0017",
        "1101021888080800",
        "110102188808080",
    ] {
        for (name, form) in forms::of(fine) {
            assert_eq!(finds(&form), [], "{fine} {name}");
        }
    }
    assert_eq!(finds(b""), []);
}

#[test]
fn the_end_of_an_id_is_no_part_of_a_number() {
    let number = "500000188110102012";
    for (id, behind) in [
        ("018f3c2e-0500-7abc-8def-aaa500000188", "110102012004"),
        ("018f3c2e-0500-7abc-8def-50000018811", "0102012004"),
        ("018f3c2e-0500-7abc-8def-12345678901", number),
    ] {
        let text = format!("members/{id}{behind}");
        assert!(text.contains(number));
        assert_eq!(finds(text.as_bytes()), [], "{text}");
    }
    for other in [
        "018f3c2e-0500-7abc-8def-123456789012",
        "018f3c2e-0500-7abc-8de-aaa",
        "018f3c2e-0500-7abg-8def-aaa",
        "8f3c2e-0500-7abc-8def-aaa",
        "-",
        "",
    ] {
        assert_eq!(forms_found(format!("{other}{number}").as_bytes()), [forms::PLAIN], "{other}");
    }
}

#[test]
fn a_find_is_told_without_the_number() {
    let text = b"member 13800000000 has 110102188808080017";
    let found = finds(text);
    let told = "byte 23: ****************17 plain, behind 'member *********** has '";
    assert_eq!(found.iter().map(Find::to_string).collect::<Vec<_>>(), [told]);
}

#[test]
fn a_long_file_is_searched_across_its_pieces() {
    let folder = TempDir::new().unwrap();
    let number = NUMBERS[0].as_bytes();
    // Across the border of two pieces, and of what they share; and at the end.
    let mut bytes = vec![b' '; (16 << 20) + 100];
    let end = bytes.len() - number.len();
    for at in [(8 << 20) - 256, (8 << 20) - 9, (16 << 20) - 100, end] {
        bytes[at..at + number.len()].copy_from_slice(number);
    }
    fs::create_dir(folder.path().join("inner")).unwrap();
    fs::write(folder.path().join("inner/long"), bytes).unwrap();
    fs::write(folder.path().join("spared"), number).unwrap();
    let mut searched = Searched::default();
    searched.walk(folder.path(), &[folder.path().join("spared")]).unwrap();
    let places: Vec<_> = searched.finds.iter().map(|(_, find)| find.at).collect();
    assert_eq!(places, [(8 << 20) - 256, (8 << 20) - 9, (16 << 20) - 100, end]);
    assert_eq!(searched.bytes, (16 << 20) + 100);
    assert!(searched.told().unwrap().contains("inner/long, byte 8388352: ****************17"));
}

#[test]
fn a_folder_with_a_number_fails_its_test() {
    let folder = SearchedFolder::new().unwrap();
    let (input, output) = (folder.path().join("input.csv"), folder.path().join("output.csv"));
    fs::write(&input, NUMBERS[0]).unwrap();
    folder.spare(input);
    fs::write(output, "1888").unwrap();
    drop(folder);

    let folder = SearchedFolder::new().unwrap();
    let path = folder.path().to_path_buf();
    fs::write(path.join("output.csv"), NUMBERS[0]).unwrap();
    let end = catch_unwind(AssertUnwindSafe(|| drop(folder))).unwrap_err();
    let told = end.downcast_ref::<String>().unwrap();
    assert!(told.starts_with("1 numbers of persons in plain:") && told.contains("output.csv"));
    assert!(!path.exists());
}
