//! Where a figure is read: at the node that is asked, or, where it counts at areas alone, at the area
//! that a node of the other line has as its own.

use std::{borrow::Cow, collections::HashMap};

use super::{Catalogue, Definition, FigureDesk, Node};
use crate::{
    access::Caller,
    civil::{CivilDate, Period},
    fault::Outcome,
    path::{Line, Path},
    scoped::not_found,
};

/// The areas that a node of the line of affiliation has as its own, by day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Territory {
    seat: Option<Path>,
    areas: Vec<(Period, Path)>,
}

impl Territory {
    /// `seat` is where its record stands on the line of areas. The periods ascend and do not overlap.
    pub fn new(seat: Option<Path>, areas: Vec<(Period, Path)>) -> Self {
        Self { seat, areas }
    }

    /// Its area on `day`.
    pub fn on(&self, day: CivilDate) -> Option<&Path> {
        self.areas.iter().find(|(period, _)| period.covers(day)).map(|(_, area)| area)
    }

    /// What its area counts between two days is told to those who may ask the area for it. `NOT_FOUND`
    /// for those who do not see the node at all, `OUT_OF_SCOPE` for those who do not see all of its area.
    pub fn require(
        &self,
        caller: &Caller,
        (name, node): (&str, &Node),
        (from, until): (CivilDate, CivilDate),
    ) -> Outcome<()> {
        caller.require_sight(name, self.seat.as_ref(), node.last())?;
        let areas = self.between(from, until).into_iter().filter_map(|stretch| stretch.2);
        areas.into_iter().try_for_each(|area| caller.require_node(Line::Area, area))
    }

    /// Every day between the two, by the area of the time.
    fn between(
        &self,
        from: CivilDate,
        until: CivilDate,
    ) -> Vec<(CivilDate, CivilDate, Option<&Path>)> {
        let mut stretches = Vec::new();
        let mut next = from;
        for (period, area) in &self.areas {
            let ends = period.until().map_or(until, CivilDate::previous);
            let (first, last) = (period.from().max(next), ends.min(until));
            if first > last {
                continue;
            }
            if next < first {
                stretches.push((next, first.previous(), None));
            }
            stretches.push((first, last, Some(area)));
            next = last.next();
        }
        if next <= until {
            stretches.push((next, until, None));
        }
        stretches
    }
}

/// A figure as it is asked for: one of areas by its own rule, or as part of a rate that is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) definition: &'a Definition,
    pub(super) areas_only: bool,
}

impl<'a> From<&'a Definition> for Wanted<'a> {
    fn from(definition: &'a Definition) -> Self {
        Self { definition, areas_only: definition.areas_only }
    }
}

/// A node by the name that was asked.
pub(super) struct Place {
    pub(super) name: String,
    node: Node,
    /// Of a node of the line of affiliation, where a figure of areas is asked for.
    territory: Option<Territory>,
}

/// Where one figure of a place is read; nowhere where it does not apply.
pub(super) struct Spot<'a> {
    pub(super) node: Option<Cow<'a, Node>>,
    /// The area, when that is not the node.
    pub(super) counted_at: Option<Path>,
}

/// Some days of a series, and where it is read on them.
pub(super) struct Reading<'a> {
    pub(super) first: CivilDate,
    pub(super) last: CivilDate,
    pub(super) at: Option<(Line, &'a Path)>,
    pub(super) counted_at: String,
}

impl Place {
    pub(super) fn spot(&self, wanted: Wanted<'_>, day: CivilDate) -> Spot<'_> {
        let Some(territory) = self.territory.as_ref().filter(|_| wanted.areas_only) else {
            return Spot { node: Some(Cow::Borrowed(&self.node)), counted_at: None };
        };
        let counted_at = territory.on(day).cloned();
        let node = counted_at.clone().map(|area| Cow::Owned(Node::fixed(Line::Area, area)));
        Spot { node, counted_at }
    }

    /// A series follows the area as it changes.
    pub(super) fn readings(
        &self,
        wanted: Wanted<'_>,
        (from, until): (CivilDate, CivilDate),
    ) -> Vec<Reading<'_>> {
        let Some(territory) = self.territory.as_ref().filter(|_| wanted.areas_only) else {
            let here = |(first, last, path)| {
                let at = Some((self.node.line, path));
                Reading { first, last, at, counted_at: String::new() }
            };
            return self.node.between(from, until).map(here).collect();
        };
        territory.between(from, until).into_iter().map(Reading::there).collect()
    }
}

impl<'a> Reading<'a> {
    /// At the area of the time, if there is one.
    fn there((first, last, area): (CivilDate, CivilDate, Option<&'a Path>)) -> Self {
        let at = area.map(|area| (Line::Area, area));
        Self { first, last, at, counted_at: named(area) }
    }
}

/// `areas/{area}`; empty for none.
pub(super) fn named(area: Option<&Path>) -> String {
    area.map(|area| format!("areas/{area}")).unwrap_or_default()
}

impl<C: Catalogue> FigureDesk<C> {
    pub(super) async fn place(
        &self,
        caller: &Caller,
        name: &str,
        wanted: Wanted<'_>,
        days: (CivilDate, CivilDate),
    ) -> Outcome<Place> {
        let names = [name.to_owned()];
        let mut places = self.places(caller, &names, &[wanted], days).await?;
        places.pop().ok_or_else(|| not_found(name))
    }

    /// The nodes with these names, in their order. The scope is checked first where the name tells
    /// the path: of what lies outside it, a caller does not learn whether it exists.
    pub(super) async fn places(
        &self,
        caller: &Caller,
        names: &[String],
        wanted: &[Wanted<'_>],
        days: (CivilDate, CivilDate),
    ) -> Outcome<Vec<Place>> {
        for name in names {
            if let Some(area) = area(name)? {
                caller.require_node(Line::Area, &area)?;
            }
        }
        let known = self.catalogue.nodes(self.ledger.db(), names).await?;
        let territories = self.territories(&known, wanted).await?;
        let itself = wanted.iter().any(|wanted| !wanted.areas_only);
        let place = |name: &String| {
            let node = known.get(name).ok_or_else(|| not_found(name))?;
            let territory = territories.get(name);
            if let Some(territory) = territory {
                territory.require(caller, (name, node), days)?;
            }
            let seen = node.last().is_some_and(|path| caller.scope.covers(node.line, path));
            if (itself || territory.is_none()) && !seen {
                return Err(not_found(name));
            }
            Ok(Place { name: name.clone(), node: node.clone(), territory: territory.cloned() })
        };
        names.iter().map(place).collect()
    }

    /// Those of the nodes on the line of affiliation, where a figure of areas is wanted of them.
    async fn territories(
        &self,
        known: &HashMap<String, Node>,
        wanted: &[Wanted<'_>],
    ) -> Outcome<HashMap<String, Territory>> {
        let elsewhere = known.iter().filter(|(_, node)| node.line != Line::Area);
        let names: Vec<String> = elsewhere.map(|(name, _)| name.clone()).collect();
        if names.is_empty() || !wanted.iter().any(|wanted| wanted.areas_only) {
            return Ok(HashMap::new());
        }
        let mut found = self.catalogue.territories(self.ledger.db(), &names).await?;
        let territory = |name: String| {
            let territory = found.remove(&name).unwrap_or_default();
            (name, territory)
        };
        Ok(names.into_iter().map(territory).collect())
    }
}

/// The path that the name of an area is; `None` for a name of another kind.
fn area(name: &str) -> Outcome<Option<Path>> {
    let label = name.strip_prefix("areas/");
    label.map(|label| Path::parse(label).map_err(|_| not_found(name))).transpose()
}
