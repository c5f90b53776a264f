//! The dated facts of areas, and the tree that they form on a day.

mod index;

use std::collections::BTreeMap;

use unionhall_kit::civil::{CivilDate, Period};

use self::index::Index;
use super::{AreaPath, official::OfficialCode};
use crate::rules::name::Name;

/// A name that an area bore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedName {
    /// The name.
    pub name: Name,
    /// When it was borne.
    pub period: Period,
}

/// An official code that an area had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedCode {
    /// The code.
    pub code: OfficialCode,
    /// The cut-off date of the edition that gives it.
    pub edition: CivilDate,
    /// When it was held.
    pub period: Period,
}

/// What is recorded of one area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaFact {
    /// The label; it tells the parent.
    pub path: AreaPath,
    /// When the area exists.
    pub period: Period,
    /// Whether the first day is a convention, because what came before is not known.
    pub history_unknown: bool,
    /// The names, ascending and disjoint, covering the period.
    pub names: Vec<DatedName>,
    /// The official codes, ascending and disjoint; there may be gaps.
    pub codes: Vec<DatedCode>,
}

impl AreaFact {
    /// The name on `day`; outside its period the nearest one, by which a closed area is still
    /// called.
    pub fn called_on(&self, day: CivilDate) -> Option<&Name> {
        let nearest = if day < self.period.from() { self.names.first() } else { self.names.last() };
        self.name_on(day).or(nearest.map(|dated| &dated.name))
    }

    /// The name on `day`; `None` while the area does not exist.
    pub fn name_on(&self, day: CivilDate) -> Option<&Name> {
        self.names.iter().find(|dated| dated.period.covers(day)).map(|dated| &dated.name)
    }

    /// The official code on `day`, where one is known.
    pub fn code_on(&self, day: CivilDate) -> Option<&DatedCode> {
        self.codes.iter().find(|dated| dated.period.covers(day))
    }

    /// The first day of the last name.
    pub fn named_since(&self) -> CivilDate {
        self.names.last().map_or(self.period.from(), |last| last.period.from())
    }
}

/// How one area came out of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineageKind {
    /// The whole area lies under another parent, under another label.
    Moved,
    /// The area became part of another.
    Merged,
    /// The area was closed and another took over its work.
    Succeeded,
}

/// A step from one area to the area that came out of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lineage {
    /// How.
    pub kind: LineageKind,
    /// The area before.
    pub predecessor: AreaPath,
    /// The area after.
    pub successor: AreaPath,
    /// The first day of the successor's.
    pub on: CivilDate,
}

/// Why the recorded areas form no tree on a day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeFault {
    /// The area exists while its parent does not.
    #[error("{0} has no open parent")]
    Orphan(AreaPath),
    /// The area has not exactly one name.
    #[error("{0} has not exactly one name")]
    Names(AreaPath),
    /// Two siblings bear one name.
    #[error("{0} and {1} bear one name")]
    Namesakes(AreaPath, AreaPath),
}

/// The recorded areas that a decision looks at, open and closed.
#[derive(Debug, Clone, Default)]
pub struct AreaTree {
    areas: BTreeMap<AreaPath, AreaFact>,
    lineage: Vec<Lineage>,
    index: Index,
}

impl AreaTree {
    /// The tree of these facts.
    pub fn new(facts: impl IntoIterator<Item = AreaFact>, lineage: Vec<Lineage>) -> Self {
        let mut tree = Self::default();
        facts.into_iter().for_each(|fact| tree.put(fact));
        lineage.into_iter().for_each(|step| tree.link(step));
        tree
    }

    /// Records an area, or what is recorded of it now. Names and codes are only ever added.
    pub(super) fn put(&mut self, fact: AreaFact) {
        self.index.note(&fact);
        self.areas.insert(fact.path.clone(), fact);
    }

    pub(super) fn link(&mut self, step: Lineage) {
        self.index.link(&step, self.lineage.len());
        self.lineage.push(step);
    }

    /// The facts of one area.
    pub fn get(&self, path: &AreaPath) -> Option<&AreaFact> {
        self.areas.get(path).inspect(looked)
    }

    /// The areas that exist on `day`, ascending by label: parents before children.
    pub fn on(&self, day: CivilDate) -> impl Iterator<Item = &AreaFact> {
        self.all().filter(move |fact| fact.period.covers(day))
    }

    /// `root` and every recorded area below it, ascending.
    pub fn subtree<'a>(&'a self, root: &'a AreaPath) -> impl Iterator<Item = &'a AreaFact> {
        let from_root = self.areas.range(root.clone()..).map(|(_, fact)| fact).inspect(looked);
        from_root.take_while(move |fact| fact.path.within(root))
    }

    /// The recorded areas directly below `parent`, ascending; the top level for `None`.
    pub fn children(&self, parent: Option<&AreaPath>) -> impl Iterator<Item = &AreaFact> {
        self.index.children(parent).filter_map(|path| self.get(path))
    }

    /// The recorded areas directly below `parent` that ever bore `name`, ascending.
    pub fn bearers(
        &self,
        parent: Option<&AreaPath>,
        name: &Name,
    ) -> impl Iterator<Item = &AreaFact> {
        self.index.bearers(parent, name).filter_map(|path| self.get(path))
    }

    /// The recorded areas that ever had `code`, ascending.
    pub fn holders(&self, code: &OfficialCode) -> impl Iterator<Item = &AreaFact> {
        self.index.holders(code).filter_map(|path| self.get(path))
    }

    /// How areas came out of each other, in the order in which it was recorded.
    pub fn lineage(&self) -> &[Lineage] {
        &self.lineage
    }

    /// The steps in which an area took part, in the order in which they were recorded.
    pub fn lineage_of(&self, path: &AreaPath) -> impl Iterator<Item = &Lineage> {
        self.index.steps(path).filter_map(|at| self.lineage.get(at))
    }

    /// The last day on which something is recorded to have happened to the area; closing it
    /// earlier would contradict the record.
    pub fn settled_on(&self, fact: &AreaFact) -> CivilDate {
        let codes = fact.codes.iter().map(|dated| dated.period.from());
        let changes = self.lineage_of(&fact.path).map(|step| step.on);
        codes.chain(changes).fold(fact.named_since(), CivilDate::max)
    }

    /// Every recorded area, ascending.
    pub fn all(&self) -> impl Iterator<Item = &AreaFact> {
        self.areas.values().inspect(looked)
    }

    /// What keeps the areas of `day` from being a tree.
    pub fn faults_on(&self, day: CivilDate) -> Vec<TreeFault> {
        let mut faults = Vec::new();
        let mut names = BTreeMap::new();
        for fact in self.on(day) {
            let parent = fact.path.parent();
            let open = |path: &AreaPath| self.get(path).is_some_and(|p| p.period.covers(day));
            if parent.as_ref().is_some_and(|parent| !open(parent)) {
                faults.push(TreeFault::Orphan(fact.path.clone()));
            }
            if fact.names.iter().filter(|dated| dated.period.covers(day)).count() != 1 {
                faults.push(TreeFault::Names(fact.path.clone()));
            }
            if let Some(name) = fact.name_on(day)
                && let Some(first) = names.insert((parent, name), &fact.path)
            {
                faults.push(TreeFault::Namesakes(first.clone(), fact.path.clone()));
            }
        }
        faults
    }
}

#[cfg(test)]
thread_local! {
    /// Areas that were looked at, so that a test sees a decision that reads the whole tree.
    pub(super) static LOOKS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

fn looked(_: &&AreaFact) {
    #[cfg(test)]
    LOOKS.set(LOOKS.get() + 1);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    fn area(label: &str, name: &str, from: &str, until: Option<&str>) -> AreaFact {
        let period = Period::new(day(from), until.map(day)).unwrap();
        AreaFact {
            path: AreaPath::parse(label).unwrap(),
            period,
            history_unknown: false,
            names: vec![DatedName { name: Name::parse(name).unwrap(), period }],
            codes: Vec::new(),
        }
    }

    #[test]
    fn the_tree_of_a_day_has_only_the_areas_of_that_day() {
        let tree = AreaTree::new(
            [
                area("11", "北京市", "1900-01-01", None),
                area("1101", "市辖区", "1900-01-01", None),
                area("110102", "西城区", "1900-01-01", None),
                area("110104", "宣武区", "1900-01-01", Some("2010-07-01")),
            ],
            Vec::new(),
        );
        let labels =
            |text: &str| tree.on(day(text)).map(|f| f.path.to_string()).collect::<Vec<_>>();
        assert_eq!(labels("2010-06-30"), ["11", "1101", "110102", "110104"]);
        assert_eq!(labels("2010-07-01"), ["11", "1101", "110102"]);
        let root = AreaPath::parse("1101").unwrap();
        assert_eq!(tree.subtree(&root).count(), 3);
        assert_eq!(tree.children(Some(&root)).count(), 2);
        assert_eq!(tree.children(None).count(), 1);
        assert!(tree.faults_on(day("2010-06-30")).is_empty());
    }

    #[test]
    fn orphans_namesakes_and_nameless_areas_are_found() {
        let mut nameless = area("110103", "崇文区", "1900-01-01", None);
        nameless.names.clear();
        let tree = AreaTree::new(
            [
                area("11", "北京市", "1900-01-01", None),
                area("1101", "市辖区", "1900-01-01", Some("2000-01-01")),
                area("110102", "西城区", "1900-01-01", None),
                area("110104", "西城区", "1900-01-01", None),
                nameless,
            ],
            Vec::new(),
        );
        let path = |label| AreaPath::parse(label).unwrap();
        assert_eq!(
            tree.faults_on(day("1999-12-31")),
            [
                TreeFault::Names(path("110103")),
                TreeFault::Namesakes(path("110102"), path("110104")),
            ]
        );
        let orphans = tree.faults_on(day("2000-01-01"));
        assert!(orphans.contains(&TreeFault::Orphan(path("110102"))), "{orphans:?}");
    }
}
