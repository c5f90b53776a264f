//! Figures: what one entry of the base register contributes, alone and with the employer that it
//! means.

use std::collections::{BTreeSet, HashMap};

use unionhall_kit::{
    civil::{CivilDate, Period},
    figures::MetricId,
    path::Line,
};

use crate::rules::{
    area::{AreaPath, tree::Lineage},
    history::{Dated, History},
    organisation_code::OrganisationCode,
    steps::{Leaf, Step, steps},
};

/// The number of `listed_enterprises`, the denominator of the establishment rate (F027).
pub const LISTED_ENTERPRISES: MetricId = MetricId(80);
/// Its name in the contract.
pub const LISTED_ENTERPRISES_NAME: &str = "listed_enterprises";

/// Where an enterprise is listed on each day on which its edition counts.
pub type Listing = History<AreaPath>;

/// The listings of enterprises by their organisation code. An enterprise has several if editions
/// count side by side, as those of two districts that became one.
pub type Listings = HashMap<OrganisationCode, Vec<Listing>>;

/// The listing of an entry: its places as far as its edition counts.
pub fn listing(places: &History<AreaPath>, counts: Option<Period>) -> Listing {
    let Some(counts) = counts else { return Listing::default() };
    let mut rows = Vec::with_capacity(places.rows().len());
    for row in places.rows() {
        let from = row.period.from().max(counts.from());
        let until = [row.period.until(), counts.until()].into_iter().flatten().min();
        let period = Period::new(from, until);
        rows.extend(period.map(|period| Dated { value: row.value.clone(), period }));
    }
    // Cut out of rows that are disjoint, these are too.
    History::new(rows).unwrap_or_default()
}

/// The places of an entry when an area goes into another: wherever it is listed in the first from
/// that day on, it is listed in the second. A second time changes nothing.
pub fn relocate(places: &History<AreaPath>, lineage: &Lineage) -> History<AreaPath> {
    let since = Period::since(lineage.on);
    let lies = |row: &&Dated<AreaPath>| row.value == lineage.predecessor;
    let mut relocated = places.clone();
    for row in places.rows().iter().filter(lies).filter(|row| row.period.overlaps(since)) {
        let from = row.period.from().max(lineage.on);
        relocated.record(Some(lineage.successor.clone()), from);
    }
    relocated
}

/// Where the entry counts on `day`.
pub fn listed_at(listing: &Listing, day: CivilDate) -> Option<Leaf> {
    let area = listing.on(day)?;
    Some(Leaf { line: Line::Area, node: area.path().clone() })
}

/// What the entry contributes to [`LISTED_ENTERPRISES`].
pub fn contributions(listing: &Listing) -> Vec<Step> {
    let days: BTreeSet<CivilDate> = listing.days().collect();
    steps([LISTED_ENTERPRISES], &days, |_, day| {
        listed_at(listing, day).map(|leaf| (leaf, 1)).into_iter().collect()
    })
}
