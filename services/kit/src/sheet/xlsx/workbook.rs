//! The workbook: its sheets, its date system, and where its other parts are.

use std::{
    collections::HashMap,
    io::{Read, Seek},
};

use quick_xml::events::Event;

use super::{
    super::kinds,
    Part,
    container::Container,
    xml::{attribute, is_true},
};

/// Sheets and relations that a workbook may name.
const MAX_NAMED: usize = 10_000;

/// One sheet as the workbook lists it.
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) part: String,
    hidden: bool,
}

/// What the workbook says of its parts.
pub(super) struct Workbook {
    sheets: Vec<Sheet>,
    pub(super) system_1904: bool,
    pub(super) strings: Option<String>,
    pub(super) styles: Option<String>,
}

/// A relation of a part to another.
struct Relation {
    id: String,
    /// The last word of the type, which is the same in both conformance classes.
    kind: String,
    target: String,
}

impl Workbook {
    pub(super) fn read<R: Read + Seek>(container: &mut Container<R>) -> Part<Self> {
        let root = relations(container, "_rels/.rels")?;
        let main = root.iter().find(|relation| relation.kind == "officeDocument");
        let path = main.map_or("xl/workbook.xml".to_owned(), |main| resolved("", &main.target));
        // A ZIP of something else, or a binary workbook (.xlsb).
        if !container.has(&path) || path.ends_with(".bin") {
            return Err(&kinds::NOT_A_SPREADSHEET);
        }
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", &path));
        let beside = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let related = relations(container, &format!("{beside}_rels/{file}.rels"))?;
        let of_kind = |kind: &str| {
            let found = related.iter().find(|relation| relation.kind == kind);
            found.map(|relation| resolved(folder, &relation.target))
        };
        let targets: HashMap<&str, String> = related
            .iter()
            .filter(|relation| relation.kind == "worksheet")
            .map(|relation| (relation.id.as_str(), resolved(folder, &relation.target)))
            .collect();
        let (sheets, system_1904) = sheets(container, &path, &targets)?;
        Ok(Self {
            sheets,
            system_1904,
            strings: of_kind("sharedStrings"),
            styles: of_kind("styles"),
        })
    }

    /// The sheet of that title, else the first visible one, else the first.
    pub(super) fn choose(&self, title: &str) -> Option<&Sheet> {
        let named = self.sheets.iter().find(|sheet| sheet.name == title);
        named.or_else(|| self.sheets.iter().find(|sheet| !sheet.hidden)).or(self.sheets.first())
    }
}

/// The sheets with their parts, and whether days count from 1904.
fn sheets<R: Read + Seek>(
    container: &mut Container<R>,
    path: &str,
    targets: &HashMap<&str, String>,
) -> Part<(Vec<Sheet>, bool)> {
    let mut xml = container.part(path)?.ok_or(&kinds::NOT_A_SPREADSHEET)?;
    let (mut sheets, mut system_1904) = (Vec::new(), false);
    loop {
        match xml.next()? {
            Event::Start(start) => match start.local_name().as_ref() {
                "workbookPr" => system_1904 = is_true(&start, "date1904")?,
                "sheet" if sheets.len() < MAX_NAMED => {
                    let id = attribute(&start, "id")?.unwrap_or_default();
                    // Charts are sheets too, and have no cells.
                    if let Some(part) = targets.get(id.as_str()) {
                        let state = attribute(&start, "state")?;
                        sheets.push(Sheet {
                            name: attribute(&start, "name")?.unwrap_or_default(),
                            part: part.clone(),
                            hidden: state.is_some_and(|state| state != "visible"),
                        });
                    }
                }
                _ => {}
            },
            Event::Eof => return Ok((sheets, system_1904)),
            _ => {}
        }
    }
}

fn relations<R: Read + Seek>(container: &mut Container<R>, path: &str) -> Part<Vec<Relation>> {
    let mut found = Vec::new();
    let Some(mut xml) = container.part(path)? else { return Ok(found) };
    loop {
        match xml.next()? {
            Event::Start(start) if start.local_name().as_ref() == "Relationship" => {
                let get = |name| attribute(&start, name).map(Option::unwrap_or_default);
                let kind = get("Type")?;
                let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                if found.len() < MAX_NAMED {
                    found.push(Relation { id: get("Id")?, kind, target: get("Target")? });
                }
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// The name of the part that `target` means, seen from `folder`.
fn resolved(folder: &str, target: &str) -> String {
    let mut steps: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => folder.split('/').filter(|step| !step.is_empty()).collect(),
    };
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    steps.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_resolve_from_the_folder_or_the_root() {
        for target in
            ["worksheets/sheet1.xml", "/xl/worksheets/sheet1.xml", "../xl/./worksheets/sheet1.xml"]
        {
            assert_eq!(resolved("xl", target), "xl/worksheets/sheet1.xml", "{target}");
        }
        assert_eq!(resolved("", "../../x"), "x");
    }
}
