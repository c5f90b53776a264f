//! What must hold between the writes and the feed, however often the register was killed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use unionhall_tests::samples;

use super::history::{Deed, Face, Operation, Outcome, Version};

/// Everything that does not hold; empty when all is well.
///
/// `feed` is the whole feed from its first change, `imported` the numbers of the
/// employers that spreadsheets brought.
pub(crate) fn violations(
    operations: &[Operation],
    feed: &[Version],
    imported: &BTreeSet<u32>,
) -> Vec<String> {
    let mut found = order(feed);
    found.extend(departures(feed));
    let effects = effects(operations, feed, imported, &mut found);
    for operation in operations {
        let at = effects.get(&operation.number).map_or(&[][..], Vec::as_slice);
        found.extend(judge(operation, at));
    }
    found
}

/// Positions ascend without a gap, versions of a record ascend by one, transactions are whole.
fn order(feed: &[Version]) -> Vec<String> {
    let mut found = Vec::new();
    let mut versions: HashMap<&str, i64> = HashMap::new();
    let mut transactions = BTreeSet::new();
    let mut before: Option<&Version> = None;
    for change in feed {
        if change.position != before.map_or(1, |before| before.position + 1) {
            found.push(format!("the feed leaps to position {}", change.position));
        }
        let last = versions.get(change.record.as_str()).copied().unwrap_or(0);
        // Who left has the version of the change that follows.
        if !change.left {
            versions.insert(&change.record, change.version);
        }
        if change.version != last + 1 {
            let (record, version) = (&change.record, change.version);
            found.push(format!("{record}: version {version} follows version {last}"));
        }
        let continues = before.is_some_and(|before| before.transaction == change.transaction);
        if !continues && !transactions.insert(change.transaction) {
            found.push(format!("transaction {} is split", change.transaction));
        }
        before = Some(change);
    }
    found
}

/// The area of what is told of unions alone.
const NOWHERE: &str = "";

/// A record leaves the area at which it stood whenever it comes to another one, and only then; the
/// two are told one after the other, in one transaction.
fn departures(feed: &[Version]) -> Vec<String> {
    let mut found = Vec::new();
    let mut areas: HashMap<&str, &str> = HashMap::new();
    let mut leaving: Option<&Version> = None;
    for change in feed {
        let (record, version) = (&change.record, change.version);
        let before = leaving.take();
        if change.left {
            leaving = Some(change);
            // Who left a union is told to those who follow the union, at no area.
            if change.area != NOWHERE && areas.get(record.as_str()) != Some(&change.area.as_str()) {
                found.push(format!("{record} version {version} left where it did not stand"));
            }
        }
        let follows = |left: &Version| {
            let same = left.record == *record && left.version == version;
            same && left.transaction == change.transaction && left.area != change.area
        };
        found.extend(before.filter(|left| change.left || !follows(left)).map(astray));
        if change.left || change.face.is_none() {
            continue;
        }
        let stood = areas.insert(record, &change.area);
        if stood.is_some_and(|area| area != change.area) && before.is_none() {
            found.push(format!("{record} version {version} moved and did not leave"));
        }
    }
    found.extend(leaving.map(astray));
    found
}

fn astray(left: &Version) -> String {
    format!("{} version {} left and came nowhere", left.record, left.version)
}

/// The versions at which each operation shows, by its number.
fn effects<'f>(
    operations: &[Operation],
    feed: &'f [Version],
    imported: &BTreeSet<u32>,
    found: &mut Vec<String>,
) -> BTreeMap<u32, Vec<&'f Version>> {
    let mut records: HashMap<&str, &Face> = HashMap::new();
    let mut effects: BTreeMap<u32, Vec<&Version>> = BTreeMap::new();
    let index = Index::new(operations, imported);
    let mut entered = BTreeSet::new();
    for change in feed {
        let Some(face) = &change.face else { continue };
        let before = records.insert(&change.record, face);
        match index.find(&change.record, before, face) {
            Origin::Operation(number) => effects.entry(number).or_default().push(change),
            Origin::Import(number) if entered.insert(number) => {}
            Origin::Import(number) => found.push(format!("row {number} was entered twice")),
            Origin::Nobody => {
                let (record, version) = (&change.record, change.version);
                found.push(format!("{record} version {version}: nobody asked for it"));
            }
        }
    }
    found.extend(imported.difference(&entered).map(|number| format!("row {number} is missing")));
    effects
}

enum Origin {
    Operation(u32),
    Import(u32),
    Nobody,
}

/// Who could have made a version.
struct Index<'o> {
    entered: HashMap<String, u32>,
    rows: HashMap<String, u32>,
    changed: HashMap<(&'o str, String), u32>,
    /// Those whose effect does not show which of them it was.
    alike: HashMap<(&'o str, String), Vec<&'o Operation>>,
}

impl<'o> Index<'o> {
    fn new(operations: &'o [Operation], imported: &BTreeSet<u32>) -> Self {
        let rows = imported.iter().map(|number| (samples::credit_code(*number), *number));
        let mut index = Self {
            entered: HashMap::new(),
            rows: rows.collect(),
            changed: HashMap::new(),
            alike: HashMap::new(),
        };
        for operation in operations {
            let (number, target) = (operation.number, operation.target.as_str());
            match operation.deed {
                Deed::Create | Deed::Found => {
                    index.entered.insert(mark(operation), number);
                }
                Deed::Close | Deed::Cover | Deed::Uncover => {
                    index.alike.entry((target, mark(operation))).or_default().push(operation);
                }
                _ => {
                    index.changed.insert((target, mark(operation)), number);
                }
            }
        }
        index
    }

    fn find(&self, record: &str, before: Option<&Face>, after: &Face) -> Origin {
        let Some(before) = before else {
            let code = &after.identity;
            let row = || self.rows.get(code).map(|number| Origin::Import(*number));
            let operation = self.entered.get(code).map(|number| Origin::Operation(*number));
            return operation.or_else(row).unwrap_or(Origin::Nobody);
        };
        let marks = marks(before, after);
        let [mark] = marks.as_slice() else { return Origin::Nobody };
        if let Some(tried) = self.alike.get(&(record, mark.clone())) {
            // Two may have tried; only one that was not refused can have done it.
            let mut able = tried.iter().filter(|one| !matches!(one.outcome, Outcome::Refused(_)));
            return able.next().map_or(Origin::Nobody, |one| Origin::Operation(one.number));
        }
        let operation = self.changed.get(&(record, mark.clone()));
        operation.map_or(Origin::Nobody, |number| Origin::Operation(*number))
    }
}

const CLOSED: &str = "closed";

const UNCOVERED: &str = "under no union";

/// What an operation leaves in the record.
fn mark(operation: &Operation) -> String {
    let number = operation.number;
    match operation.deed {
        Deed::Phone => samples::phone(number),
        Deed::Headcount => format!("{} employees", samples::headcount(number)),
        Deed::Move => samples::address("", number).line,
        Deed::Create => samples::credit_code(number),
        Deed::Close => CLOSED.to_owned(),
        Deed::Cover => operation.union.clone(),
        Deed::Uncover => UNCOVERED.to_owned(),
        Deed::Found => samples::union_name(number),
        Deed::Mark => samples::note(number),
    }
}

/// What differs between two versions.
fn marks(before: &Face, after: &Face) -> Vec<String> {
    let mut marks = Vec::new();
    if before.phone != after.phone {
        marks.push(after.phone.clone());
    }
    if before.employees != after.employees {
        marks.push(format!("{} employees", after.employees));
    }
    if before.address != after.address {
        marks.push(after.address.clone());
    }
    if before.note != after.note {
        marks.push(after.note.clone());
    }
    if !before.closed && after.closed {
        // Whoever closes is under no union any more.
        marks.push(CLOSED.to_owned());
    } else if before.union != after.union {
        let none = after.union.is_empty();
        marks.push(if none { UNCOVERED.to_owned() } else { after.union.clone() });
    }
    if before.identity != after.identity || (before.closed && !after.closed) {
        marks.push("a change that no writer makes".to_owned());
    }
    marks
}

/// Whether the operation shows as often, and where, as its answer says.
fn judge(operation: &Operation, at: &[&Version]) -> Vec<String> {
    let name = format!("{:?} {} {}", operation.deed, operation.number, operation.request_id);
    let mut found = Vec::new();
    if at.len() > 1 {
        found.push(format!("{name}: {} effects", at.len()));
    }
    match &operation.outcome {
        Outcome::Unknown => found.push(format!("{name}: its outcome was never learnt")),
        Outcome::Refused(reason) if !at.is_empty() => {
            found.push(format!("{name}: refused ({reason}), yet it had an effect"));
        }
        Outcome::Refused(_) => {}
        Outcome::Acknowledged { record, version, repeated } => {
            let shown = at.iter().any(|change| {
                let exact = change.version == *version;
                change.record == *record && (exact || (*repeated && change.version < *version))
            });
            if !shown {
                found.push(format!("{name}: acknowledged as {record} {version}, but lost"));
            }
        }
    }
    found
}
