//! The line of affiliation 隶属关系: each union's place below the unions above it, as a path.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};
use unionhall_kit::{
    civil::{CivilDate, Period},
    path::Path,
};
use uuid::Uuid;

use super::{UnionFacts, UnionId};
use crate::rules::history::{Dated, History};

/// What every path begins with: the place above all unions, for who sees the whole line.
const ROOT: &str = "u";
/// The characters of a label. With one length for all, "has the prefix" is "is below".
const LABEL_CHARS: usize = 10;
/// The most unions of one path, the union itself among them.
pub const MAX_DEPTH: usize = 12;
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What a union adds to the path of the one above. It never changes and is never given again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Label(String);

impl Label {
    /// The label of a union: the last 50 bits of its id, which are random, so that those who enter
    /// unions side by side need not queue for a number. The store refuses one that is taken.
    pub fn of(id: UnionId) -> Self {
        let UnionId(id) = id;
        let mut bits = id.as_u128();
        let mut label = [0_u8; LABEL_CHARS];
        for place in label.iter_mut().rev() {
            // Five bits index 32 characters.
            *place = ALPHABET[(bits & 31) as usize];
            bits >>= 5;
        }
        Self(label.iter().copied().map(char::from).collect())
    }
}

impl Label {
    /// The label of the union that stands at a path.
    pub fn last_of(path: &str) -> Option<&str> {
        path.len().checked_sub(LABEL_CHARS).and_then(|begin| path.get(begin..))
    }
}

impl fmt::Display for Label {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A union's place on the line of affiliation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Path", into = "Path")]
pub struct AffiliationPath(Path);

/// The path is none of unions, or has too many of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an affiliation path is u and 1 to {MAX_DEPTH} labels of {LABEL_CHARS} characters")]
pub struct NotAnAffiliation;

impl AffiliationPath {
    /// The path of a union with this label, below `above`.
    pub fn below(above: Option<&Self>, label: &Label) -> Result<Self, NotAnAffiliation> {
        let text = format!("{}{label}", above.map_or(ROOT, |path| path.0.as_str()));
        Path::parse(&text).map_err(|_| NotAnAffiliation)?.try_into()
    }

    /// The path as the books know it.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The union's own path and those of every union above it, from the union upwards.
    pub fn upwards(&self) -> impl Iterator<Item = Path> {
        let text = self.0.as_str();
        let labels = (text.len() - ROOT.len()) / LABEL_CHARS;
        let ends = (1..=labels).rev().map(|labels| ROOT.len() + labels * LABEL_CHARS);
        // A stretch of a path is one.
        ends.filter_map(|end| Path::parse(&text[..end]).ok())
    }

    /// How many unions the path has.
    pub fn depth(&self) -> usize {
        (self.0.as_str().len() - ROOT.len()) / LABEL_CHARS
    }

    /// Whether the union with this label is on the path, at its end or above.
    pub fn passes(&self, label: &Label) -> bool {
        let labels = self.0.as_str().as_bytes()[ROOT.len()..].chunks(LABEL_CHARS);
        labels.into_iter().any(|one| one == label.0.as_bytes())
    }

    /// Whether the union stands at `other` or below.
    pub fn within(&self, other: &Self) -> bool {
        self.0.within(&other.0)
    }
}

impl TryFrom<Path> for AffiliationPath {
    type Error = NotAnAffiliation;

    fn try_from(path: Path) -> Result<Self, Self::Error> {
        let length = path.as_str().strip_prefix(ROOT).ok_or(NotAnAffiliation)?.len();
        let whole = length.is_multiple_of(LABEL_CHARS);
        let some = (1..=MAX_DEPTH).contains(&(length / LABEL_CHARS));
        if whole && some { Ok(Self(path)) } else { Err(NotAnAffiliation) }
    }
}

impl From<AffiliationPath> for Path {
    fn from(path: AffiliationPath) -> Self {
        path.0
    }
}

/// The union's path on every day of which it is known, the last one lasting for ever: one that
/// ended is still found where it stood. `above` tells the paths of a union above it.
pub fn paths<'a>(
    id: UnionId,
    facts: &UnionFacts,
    above: impl Fn(UnionId) -> Option<&'a History<AffiliationPath>>,
) -> Result<History<AffiliationPath>, NotAnAffiliation> {
    let label = Label::of(id);
    let Some(first) = facts.established_on() else { return Ok(History::default()) };
    let mut days = BTreeSet::from([first]);
    days.extend(facts.superiors.days().filter(|day| *day > first));
    for row in facts.superiors.rows() {
        let within = |day: &CivilDate| *day > first && row.period.covers(*day);
        days.extend(above(row.value).into_iter().flat_map(History::days).filter(within));
    }
    let mut paths = History::default();
    for day in days {
        let superior = facts.superiors.on(day).and_then(|superior| above(*superior));
        let above = superior.and_then(|history| history.on(day));
        paths.record(Some(AffiliationPath::below(above, &label)?), day);
    }
    Ok(paths)
}

/// The paths that a union leaves when its paths become `new`, each for the days for which it does.
pub fn left(
    old: &History<AffiliationPath>,
    new: &History<AffiliationPath>,
) -> Vec<Dated<AffiliationPath>> {
    let days: BTreeSet<CivilDate> = old.days().chain(new.days()).collect();
    let mut left = History::default();
    for day in days {
        let path = old.on(day).filter(|path| new.on(day) != Some(path));
        left.record(path.cloned(), day);
    }
    left.rows().to_vec()
}

/// Whether the union has this path on any day from `from` on.
pub fn stands_within(
    paths: &History<AffiliationPath>,
    root: &AffiliationPath,
    from: CivilDate,
) -> bool {
    let since = Period::since(from);
    paths.rows().iter().any(|row| row.period.overlaps(since) && row.value.within(root))
}

/// The id in a text of the store.
pub fn union_id(text: &str) -> Option<UnionId> {
    Uuid::try_parse(text).ok().map(UnionId)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::union::Status;

    fn day(offset: i32) -> CivilDate {
        CivilDate::from_epoch_day(offset).unwrap()
    }

    fn id(number: u128) -> UnionId {
        UnionId(Uuid::from_u128(number))
    }

    fn path(labels: &[UnionId]) -> AffiliationPath {
        let text: String = labels.iter().map(|id| Label::of(*id).to_string()).collect();
        Path::parse(&format!("{ROOT}{text}")).unwrap().try_into().unwrap()
    }

    #[test]
    fn labels_have_one_length_and_differ_with_the_id() {
        assert_eq!(Label::of(id(0)).to_string(), "0000000000");
        assert_eq!(Label::of(id(33)).to_string(), "0000000011");
        assert_eq!(path(&[id(1), id(2)]).upwards().count(), 2);
        assert!(AffiliationPath::try_from(Path::parse("u123").unwrap()).is_err());
        assert!(AffiliationPath::try_from(Path::parse(ROOT).unwrap()).is_err());
    }

    #[test]
    fn a_path_follows_the_superior_and_the_superiors_own_moves() {
        let (own, first, second) = (id(1), id(2), id(3));
        let mut facts = UnionFacts::default();
        facts.statuses.record(Some(Status::Active), day(10));
        facts.superiors.record(Some(first), day(10));
        facts.superiors.record(Some(second), day(30));
        let mut of_first = History::default();
        of_first.record(Some(path(&[first])), day(0));
        of_first.record(Some(path(&[second, first])), day(20));
        let mut of_second = History::default();
        of_second.record(Some(path(&[second])), day(0));
        let above = |id| Some(if id == first { &of_first } else { &of_second });
        let paths = paths(own, &facts, above).unwrap();
        assert_eq!(paths.on(day(9)), None);
        assert_eq!(paths.on(day(10)), Some(&path(&[first, own])));
        assert_eq!(paths.on(day(25)), Some(&path(&[second, first, own])));
        assert_eq!(paths.on(day(300)), Some(&path(&[second, own])));
        assert_eq!(paths.rows().len(), 3);
        assert!(stands_within(&paths, &path(&[second]), day(40)));
        assert!(!stands_within(&paths, &path(&[first]), day(40)));
    }

    #[test]
    fn what_is_left_is_the_old_path_for_the_days_on_which_the_new_one_differs() {
        let (own, first, second) = (id(1), id(2), id(3));
        let mut old = History::default();
        old.record(Some(path(&[first, own])), day(10));
        old.record(Some(path(&[second, own])), day(50));
        let mut new = old.clone();
        new.record(Some(path(&[second, own])), day(30));
        let rows = left(&old, &new);
        let period = Period::new(day(30), Some(day(50))).unwrap();
        assert_eq!(rows, [Dated { value: path(&[first, own]), period }]);
        assert!(left(&old, &old).is_empty());
        assert!(rows[0].value.passes(&Label::of(first)) && rows[0].value.passes(&Label::of(own)));
        assert!(!rows[0].value.passes(&Label::of(second)));
        assert_eq!(rows[0].value.depth(), 2);
    }

    #[test]
    fn a_path_that_is_too_long_is_refused() {
        let deep = path(&[id(7); MAX_DEPTH]);
        assert_eq!(AffiliationPath::below(Some(&deep), &Label::of(id(1))), Err(NotAnAffiliation));
    }
}
