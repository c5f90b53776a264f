//! Notes of steps: from where somebody came, by which decision somebody was refused or expelled. They
//! are plain, so they tell no number of a person.

use super::MemberFault;
use crate::rules::{
    person::slip::slip,
    union::mark::{MAX_NOTE_CHARS, Note},
};

/// Reads a note.
pub fn note(given: &str) -> Result<Note, MemberFault> {
    const FIELD: &str = "note";
    let note = Note::parse(given).map_err(|_| MemberFault::Text(FIELD, MAX_NOTE_CHARS))?;
    match slip(given) {
        Some(slip) => Err(MemberFault::Slip(FIELD, slip)),
        None => Ok(note),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Refusal, person::slip::Slip};

    #[test]
    fn a_note_is_short_and_tells_no_number() {
        assert_eq!(note(" 某区某某工会 ").unwrap().to_string(), "某区某某工会");
        assert_eq!(note(&"某".repeat(201)), Err(MemberFault::Text("note", 200)));
        let told = note("见110102188808080017").unwrap_err();
        assert_eq!(told, MemberFault::Slip("note", Slip::Document));
        let fault = told.to_fault();
        for (text, word) in [(fault.english(), "identity document"), (fault.chinese(), "证件号码")]
        {
            assert!(text.contains("note") && text.contains(word), "{text}");
            assert!(text.contains("members/{member}") && !text.contains("1888"), "{text}");
        }
        assert_eq!(note("回拨13800000000"), Err(MemberFault::Slip("note", Slip::Mobile)));
    }
}
