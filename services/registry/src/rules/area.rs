//! Areas 区域: our own labels, and the dated facts that official codes and names are.
//!
//! A label is a path: 2, 4, 6, 9 or 12 digits, each level the prefix of the next. A label
//! names one area for ever. An area that changes its parent is therefore closed and succeeded
//! under another label, with lineage; one that changes its name keeps its label.

pub mod official;
pub mod plan;
pub mod tree;

use std::fmt;

use serde::{Deserialize, Serialize};
use unionhall_kit::{fault::Reason, path::Path};

use super::{Refusal, reasons};

/// The levels of the tree; the path ends at the community.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AreaLevel {
    /// Province or municipality under the central government 省级、直辖市.
    Province,
    /// Prefecture 地级.
    Prefecture,
    /// District or county 区、县.
    District,
    /// Sub-district or township 街道、乡镇.
    Subdistrict,
    /// Residents' community 社区.
    Community,
}

impl AreaLevel {
    /// Every level, from the top.
    pub const ALL: [Self; 5] =
        [Self::Province, Self::Prefecture, Self::District, Self::Subdistrict, Self::Community];

    /// How many characters a label of the level has.
    pub fn label_length(self) -> usize {
        match self {
            Self::Province => 2,
            Self::Prefecture => 4,
            Self::District => 6,
            Self::Subdistrict => 9,
            Self::Community => 12,
        }
    }

    /// The level whose labels have `length` characters.
    pub fn of_length(length: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.label_length() == length)
    }

    /// The level above.
    pub fn above(self) -> Option<Self> {
        Self::ALL.into_iter().rev().find(|level| *level < self)
    }
}

/// The label of an area, which is also its path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AreaPath(Path);

/// The text is no area label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no area label")]
pub struct NotAnAreaLabel(pub String);

impl AreaPath {
    /// The label written as `text`: 2, 4, 6, 9 or 12 digits.
    pub fn parse(text: &str) -> Result<Self, NotAnAreaLabel> {
        let fault = || NotAnAreaLabel(text.chars().take(24).collect());
        if AreaLevel::of_length(text.len()).is_none() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(fault());
        }
        Path::parse(text).map(Self).map_err(|_| fault())
    }

    /// The text of the label.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The label as a path of the area line.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The level, which the length tells.
    pub fn level(&self) -> AreaLevel {
        // `parse` admits the five lengths only.
        AreaLevel::of_length(self.as_str().len()).unwrap_or(AreaLevel::Community)
    }

    /// The area above; `None` at the top.
    pub fn parent(&self) -> Option<Self> {
        let length = self.level().above()?.label_length();
        Self::parse(&self.as_str()[..length]).ok()
    }

    /// Whether `self` lies directly below `other`.
    pub fn is_child_of(&self, other: &Self) -> bool {
        self.parent().as_ref() == Some(other)
    }

    /// Whether `self` is `other` or lies below it.
    pub fn within(&self, other: &Self) -> bool {
        self.0.within(&other.0)
    }

    /// The same place below `new` instead of `old`; `None` unless `self` lies within `old` and
    /// both roots are of one level.
    pub fn rebased(&self, old: &Self, new: &Self) -> Option<Self> {
        let rest = self.as_str().strip_prefix(old.as_str())?;
        if old.level() != new.level() {
            return None;
        }
        Self::parse(&format!("{}{rest}", new.as_str())).ok()
    }
}

impl fmt::Display for AreaPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl TryFrom<String> for AreaPath {
    type Error = NotAnAreaLabel;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<AreaPath> for String {
    fn from(path: AreaPath) -> Self {
        path.0.into()
    }
}

impl From<AreaPath> for Path {
    fn from(path: AreaPath) -> Self {
        path.0
    }
}

impl Refusal for NotAnAreaLabel {
    fn reason(&self) -> &'static Reason {
        &reasons::AREA_LABEL_INVALID
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        vec![("label", self.0.clone())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> AreaPath {
        AreaPath::parse(text).unwrap()
    }

    #[test]
    fn the_length_tells_the_level_and_the_parent() {
        let chain = ["110102012003", "110102012", "110102", "1101", "11"];
        for (at, label) in chain.iter().enumerate() {
            assert_eq!(path(label).level(), AreaLevel::ALL[4 - at]);
            assert_eq!(path(label).parent(), chain.get(at + 1).map(|parent| path(parent)));
        }
        assert!(path("110102012").is_child_of(&path("110102")));
        assert!(!path("110102012003").is_child_of(&path("110102")));
        assert!(path("110102012003").within(&path("110102")));
    }

    #[test]
    fn other_texts_are_no_labels() {
        for text in ["", "1", "110", "11010", "11010201", "11010201a", "1101020120031", "11-1"] {
            assert!(AreaPath::parse(text).is_err(), "{text}");
        }
        assert!(AreaPath::parse("区域").is_err(), "six bytes, two characters");
    }

    #[test]
    fn a_subtree_is_rebased_with_its_labels() {
        let (old, new) = (path("110102012"), path("110101030"));
        assert_eq!(path("110102012003").rebased(&old, &new), Some(path("110101030003")));
        assert_eq!(old.rebased(&old, &new), Some(new.clone()));
        assert_eq!(path("110102013").rebased(&old, &new), None);
        assert_eq!(path("110102012003").rebased(&old, &path("110101")), None);
    }
}
