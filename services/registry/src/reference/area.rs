//! The areas (行政区划) that a new register starts with.

use kit::{civil::CivilDate, path::Path};
use serde::Deserialize;
use unionhall_kit as kit;

use super::{ListId, ReferenceBook, ReferenceError, list::rows};

const FILE: &str = "areas.csv";
const AREAS: &str = include_str!("../../data/areas.csv");

/// One area of Xicheng District as of the statistical edition that ships.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippedArea {
    /// Our own label: the official code without trailing zeros (2, 4, 6, 9 or 12 digits), which is
    /// also the area's path.
    pub label: Path,
    /// The official code: 6 digits of GB/T 2260 down to the district, 12 statistical digits below.
    pub official_code: String,
    /// The full Chinese name, for instance 德胜街道.
    pub name: String,
    /// The English name; communities have none.
    pub name_en: Option<String>,
    /// A code of the list [`ListId::AreaLevel`].
    pub level: String,
    /// The area above.
    pub parent: Option<Path>,
    /// The cut-off date of the edition that the official code was taken from.
    pub edition: CivilDate,
    /// The first day on which the register knows the area.
    pub valid_from: CivilDate,
    /// `valid_from` is no founding date: what was before the edition is not known.
    pub history_unknown: bool,
}

#[derive(Deserialize)]
struct AreaRow {
    label: String,
    official_code: String,
    name: String,
    name_en: String,
    level: String,
    parent: String,
    edition: CivilDate,
    valid_from: CivilDate,
    history_unknown: bool,
}

/// The shipped areas in a fixed order, each after its parent.
pub fn shipped_areas() -> Result<Vec<ShippedArea>, ReferenceError> {
    let book = ReferenceBook::shipped().map_err(Clone::clone)?;
    let levels = book.list(ListId::AreaLevel);
    let mut areas: Vec<ShippedArea> = Vec::new();
    for row in rows::<AreaRow>(FILE, AREAS)? {
        let area = read(row)?;
        if levels.find(&area.level).is_none_or(|level| level.code != area.level) {
            return Err(ReferenceError::new(FILE, format!("level of {}", area.label)));
        }
        let parent_known =
            area.parent.as_ref().is_none_or(|parent| areas.iter().any(|a| a.label == *parent));
        if !parent_known || areas.iter().any(|a| a.label == area.label) {
            return Err(ReferenceError::new(FILE, format!("place of {}", area.label)));
        }
        areas.push(area);
    }
    Ok(areas)
}

fn read(row: AreaRow) -> Result<ShippedArea, ReferenceError> {
    let path = |text: &str| Path::parse(text).map_err(|error| ReferenceError::new(FILE, error));
    Ok(ShippedArea {
        label: path(&row.label)?,
        official_code: row.official_code,
        name: row.name,
        name_en: Some(row.name_en).filter(|name| !name.is_empty()),
        level: row.level,
        parent: if row.parent.is_empty() { None } else { Some(path(&row.parent)?) },
        edition: row.edition,
        valid_from: row.valid_from,
        history_unknown: row.history_unknown,
    })
}
