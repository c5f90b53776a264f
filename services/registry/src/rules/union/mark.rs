//! Marks 标记 that a union bears from a day on.

use std::fmt;

use serde::{Deserialize, Serialize};
use unionhall_kit::text;

use super::kind::codes;

codes! {
    /// A mark; the codes of the list `union_mark`.
    UnionMark {
        /// 工会服务站: the union runs a service station; a facet of integration (F080).
        ServiceStation = "SERVICE_STATION",
        /// 职工之家: the union keeps a workers' home; a facet of integration (F080).
        WorkersHome = "WORKERS_HOME",
        /// 示范单位 (F053).
        DemonstrationUnit = "DEMONSTRATION_UNIT",
        /// 首家: the first of its kind (F043).
        Milestone = "MILESTONE",
        /// 获奖.
        Award = "AWARD",
    }
}

/// The most characters of a note.
pub const MAX_NOTE_CHARS: usize = 200;

/// What a mark is about; may be empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Note(String);

/// The text is no note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a note has at most {MAX_NOTE_CHARS} characters, none of them forbidden")]
pub struct NotANote;

impl Note {
    /// Reads a note; white space around it is cut.
    pub fn parse(given: &str) -> Result<Self, NotANote> {
        let note = text::normalised(given).trim().to_owned();
        let fits = note.chars().count() <= MAX_NOTE_CHARS && !text::has_forbidden(&note);
        if fits { Ok(Self(note)) } else { Err(NotANote) }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl TryFrom<String> for Note {
    type Error = NotANote;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Note> for String {
    fn from(note: Note) -> Self {
        note.0
    }
}
