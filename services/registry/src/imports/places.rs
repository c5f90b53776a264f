//! Areas as people name them in a cell.

use std::{collections::HashMap, sync::Arc};

use unionhall_kit::{
    civil::CivilDate,
    sheet::{CellFault, CodeEntry, CodeList, Record},
    text,
};

use super::kinds;
use crate::{
    columns::Column,
    rules::area::{
        AreaPath,
        official::OfficialCode,
        tree::{AreaFact, AreaTree},
    },
};

/// Labels that a report names of several areas with one name.
const NAMED: usize = 8;

/// The recorded areas by everything that people call them.
pub(super) struct Places {
    tree: Arc<AreaTree>,
    by_name: HashMap<String, Vec<AreaPath>>,
    by_code: HashMap<OfficialCode, Vec<AreaPath>>,
}

impl Places {
    pub(super) fn of(tree: Arc<AreaTree>) -> Self {
        let mut by_name: HashMap<String, Vec<AreaPath>> = HashMap::new();
        let mut by_code: HashMap<OfficialCode, Vec<AreaPath>> = HashMap::new();
        for fact in tree.all() {
            for dated in &fact.names {
                push(by_name.entry(folded(dated.name.as_str())).or_default(), &fact.path);
            }
            for dated in &fact.codes {
                push(by_code.entry(dated.code.clone()).or_default(), &fact.path);
            }
        }
        Self { tree, by_name, by_code }
    }

    pub(super) fn tree(&self) -> &Arc<AreaTree> {
        &self.tree
    }

    /// The area that the cell means on `day`: by label, by official code, or by name.
    pub(super) fn read(
        &self,
        row: &Record,
        column: Column,
        given: &str,
        day: CivilDate,
    ) -> Result<AreaPath, CellFault> {
        let digits = text::half_width(given.trim());
        if digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let found = self.by_label(&digits).or_else(|| self.by_code(&digits, day));
            return found.ok_or_else(|| unknown(row, column, day));
        }
        match self.by_name(given, day).as_slice() {
            [one] => Ok((*one).clone()),
            [] => Err(unknown(row, column, day)),
            several => {
                let known: Vec<&str> =
                    several.iter().take(NAMED).map(|path| path.as_str()).collect();
                let fault = row.fault(column.key, &kinds::AREA_AMBIGUOUS);
                Err(fault.with("known", known.join(", ")))
            }
        }
    }

    /// An area may be closed on the day in question: the rules tell that better.
    fn by_label(&self, digits: &str) -> Option<AreaPath> {
        AreaPath::parse(digits).ok().filter(|path| self.tree.get(path).is_some())
    }

    fn by_code(&self, digits: &str, day: CivilDate) -> Option<AreaPath> {
        let code = OfficialCode::parse(digits).ok()?;
        let holds = |fact: &AreaFact| fact.code_on(day).is_some_and(|dated| dated.code == code);
        self.by_code.get(&code)?.iter().find(|path| self.tree.get(path).is_some_and(holds)).cloned()
    }

    /// Those that bear the name on the day; else those of the day that bore it at another time.
    fn by_name(&self, given: &str, day: CivilDate) -> Vec<&AreaPath> {
        let name = folded(given);
        let bearers = self.by_name.get(&name).map(Vec::as_slice).unwrap_or_default();
        let fact = |path: &&AreaPath| self.tree.get(path).filter(|fact| fact.period.covers(day));
        let open: Vec<&AreaPath> = bearers.iter().filter(|path| fact(path).is_some()).collect();
        let then = |path: &&&AreaPath| {
            let now = fact(path).and_then(|fact| fact.name_on(day));
            now.is_some_and(|now| folded(now.as_str()) == name)
        };
        let on_day: Vec<&AreaPath> = open.iter().filter(then).copied().collect();
        if on_day.is_empty() { open } else { on_day }
    }

    /// The areas of `day`, as templates offer them.
    pub(super) fn offered(&self, day: CivilDate) -> Arc<CodeList> {
        let entry = |fact: &AreaFact| CodeEntry {
            code: fact.path.to_string(),
            zh: fact.name_on(day).map(ToString::to_string).unwrap_or_default(),
            en: String::new(),
        };
        Arc::new(CodeList::new(self.tree.on(day).map(entry)))
    }
}

fn push(paths: &mut Vec<AreaPath>, path: &AreaPath) {
    if paths.last() != Some(path) {
        paths.push(path.clone());
    }
}

fn unknown(row: &Record, column: Column, day: CivilDate) -> CellFault {
    row.fault(column.key, &kinds::AREA_UNKNOWN).with("day", day)
}

/// How the committee that runs a community is written behind its name, or is not.
const COMMITTEE: [&str; 2] = ["居民委员会", "居委会"];

/// Names are compared without white space, in half width, and without the committee.
fn folded(name: &str) -> String {
    let name = text::normalised(&text::half_width(name));
    let name: String = name.chars().filter(|c| !c.is_whitespace()).collect();
    let short = COMMITTEE.iter().find_map(|committee| name.strip_suffix(committee));
    short.unwrap_or(&name).to_owned()
}
