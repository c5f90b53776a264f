//! Where the areas stand that a decision asks for, so that it does not look at every other one: an
//! import decides as often as there are rows.

use std::collections::{BTreeSet, HashMap};

use super::{AreaFact, Lineage};
use crate::rules::{
    area::{AreaPath, official::OfficialCode},
    name::Name,
};

/// Only ever grows, as the record does: what ended is found as well, with its period.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    below: HashMap<Option<AreaPath>, Below>,
    holders: HashMap<OfficialCode, BTreeSet<AreaPath>>,
    steps: HashMap<AreaPath, Vec<usize>>,
}

/// What lies directly below one area.
#[derive(Debug, Clone, Default)]
struct Below {
    children: BTreeSet<AreaPath>,
    bearers: HashMap<Name, BTreeSet<AreaPath>>,
}

impl Index {
    pub(super) fn note(&mut self, fact: &AreaFact) {
        let below = self.below.entry(fact.path.parent()).or_default();
        below.children.insert(fact.path.clone());
        for dated in &fact.names {
            let bearers = below.bearers.entry(dated.name.clone()).or_default();
            bearers.insert(fact.path.clone());
        }
        for dated in &fact.codes {
            let holders = self.holders.entry(dated.code.clone()).or_default();
            holders.insert(fact.path.clone());
        }
    }

    pub(super) fn link(&mut self, step: &Lineage, at: usize) {
        for path in BTreeSet::from([&step.predecessor, &step.successor]) {
            self.steps.entry(path.clone()).or_default().push(at);
        }
    }

    fn below(&self, parent: Option<&AreaPath>) -> Option<&Below> {
        self.below.get(&parent.cloned())
    }

    pub(super) fn children(&self, parent: Option<&AreaPath>) -> impl Iterator<Item = &AreaPath> {
        self.below(parent).into_iter().flat_map(|below| &below.children)
    }

    pub(super) fn bearers(
        &self,
        parent: Option<&AreaPath>,
        name: &Name,
    ) -> impl Iterator<Item = &AreaPath> {
        self.below(parent).and_then(|below| below.bearers.get(name)).into_iter().flatten()
    }

    pub(super) fn holders(&self, code: &OfficialCode) -> impl Iterator<Item = &AreaPath> {
        self.holders.get(code).into_iter().flatten()
    }

    pub(super) fn steps(&self, path: &AreaPath) -> impl Iterator<Item = usize> {
        self.steps.get(path).into_iter().flatten().copied()
    }
}
