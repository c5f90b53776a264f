//! Places in a tree, as text in which "in the subtree" is "has the prefix".
//!
//! Both lines of authority (areas and affiliations) are such paths. Paths compare byte by byte
//! (COLLATE "C"), so a subtree is one contiguous range and is asked for as a range, never by LIKE.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// The line of authority that a path belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// The territorial line.
    Area,
    /// The line of union affiliation.
    Affiliation,
}

impl Line {
    /// How the line is stored.
    pub fn code(self) -> i16 {
        match self {
            Self::Area => 1,
            Self::Affiliation => 2,
        }
    }

    /// The line that is stored as `code`.
    pub fn from_code(code: i16) -> Option<Self> {
        match code {
            1 => Some(Self::Area),
            2 => Some(Self::Affiliation),
            _ => None,
        }
    }
}

/// A place in a tree: 1 to 190 characters of `0-9 a-z . -`. Clones share the text: many figures
/// stand at one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Path(Arc<str>);

/// The text is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a path has 1 to 190 characters of 0-9, a-z, '.' and '-'")]
pub struct NotAPath;

impl Path {
    /// The path written as `text`.
    pub fn parse(text: &str) -> Result<Self, NotAPath> {
        let allowed = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'.' | b'-');
        let fits = !text.is_empty() && text.len() <= 190 && text.bytes().all(allowed);
        if fits { Ok(Self(text.into())) } else { Err(NotAPath) }
    }

    /// The text of the path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `self` is `other` or lies below it.
    pub fn within(&self, other: &Self) -> bool {
        self.0.starts_with(&*other.0)
    }

    /// The half-open range of texts that this subtree occupies.
    pub fn range(&self) -> PathRange {
        let mut until = self.0.as_bytes().to_vec();
        // Every allowed byte is below 0x7b, so its successor is ASCII too.
        if let Some(last) = until.last_mut() {
            *last += 1;
        }
        PathRange {
            from: self.0.as_ref().to_owned(),
            until: String::from_utf8_lossy(&until).into_owned(),
        }
    }
}

/// The place of what stands nowhere in a tree; no scope holds it.
pub fn nowhere() -> Path {
    Path("-".into())
}

impl TryFrom<String> for Path {
    type Error = NotAPath;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Path> for String {
    fn from(path: Path) -> Self {
        path.0.as_ref().to_owned()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// `[from, until)` over the text of paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathRange {
    /// The first text of the subtree: its root.
    pub from: String,
    /// The first text behind the subtree.
    pub until: String,
}

/// A set of subtrees of one line, kept disjoint and sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct Prefixes(Vec<Path>);

impl Prefixes {
    /// The smallest set of disjoint subtrees that covers `paths`.
    pub fn normalised(mut paths: Vec<Path>) -> Self {
        paths.sort();
        let mut disjoint: Vec<Path> = Vec::with_capacity(paths.len());
        for path in paths {
            if !disjoint.last().is_some_and(|last| path.within(last)) {
                disjoint.push(path);
            }
        }
        Self(disjoint)
    }

    /// Whether `path` lies in one of the subtrees.
    pub fn cover(&self, path: &Path) -> bool {
        self.0.iter().any(|prefix| path.within(prefix))
    }

    /// The subtrees, ascending.
    pub fn iter(&self) -> impl Iterator<Item = &Path> {
        self.0.iter()
    }

    /// Whether no subtree is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What lies both in `self` and below `root`.
    pub fn below(&self, root: &Path) -> Self {
        if self.cover(root) {
            return Self(vec![root.clone()]);
        }
        Self(self.0.iter().filter(|prefix| prefix.within(root)).cloned().collect())
    }
}

/// What a caller may see: subtrees on either line.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct Scope {
    /// Subtrees of the area line.
    pub area: Prefixes,
    /// Subtrees of the affiliation line.
    pub affiliation: Prefixes,
}

impl Scope {
    /// Whether a record with these paths is visible; either line suffices.
    pub fn sees(&self, area: Option<&Path>, affiliation: Option<&Path>) -> bool {
        area.is_some_and(|path| self.area.cover(path))
            || affiliation.is_some_and(|path| self.affiliation.cover(path))
    }

    /// Whether a node lies wholly inside the scope on its line.
    pub fn covers(&self, line: Line, node: &Path) -> bool {
        match line {
            Line::Area => self.area.cover(node),
            Line::Affiliation => self.affiliation.cover(node),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(text: &str) -> Path {
        Path::parse(text).unwrap()
    }

    #[test]
    fn scopes_normalise_to_disjoint_subtrees() {
        let set = Prefixes::normalised(
            ["110102012", "110102", "110102012003", "1101"].into_iter().map(path).collect(),
        );
        assert_eq!(set, Prefixes(vec![path("1101")]));
        assert_eq!(set.below(&path("110102")), Prefixes(vec![path("110102")]));
        assert!(set.below(&path("12")).is_empty());
    }

    #[test]
    fn a_path_rejects_other_characters() {
        for text in ["", "A", "11 01", "11%", &"1".repeat(191)] {
            assert_eq!(Path::parse(text), Err(NotAPath), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_range_holds_exactly_the_subtree(root in "[0-9a-z.-]{1,9}", other in "[0-9a-z.-]{1,12}") {
            let range = path(&root).range();
            let inside = range.from <= other && other < range.until;
            prop_assert_eq!(inside, path(&other).within(&path(&root)));
        }
    }
}
