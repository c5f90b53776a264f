//! How rows name employers and unions.

use std::collections::HashMap;

use unionhall_kit::{
    path::Scope,
    sheet::{CellFault, Record},
};

use super::{kinds, refused};
use crate::{
    columns::Column,
    rules::{
        area::AreaPath, credit_code::CreditCode, employer::identifier::Identifier,
        organisation_code::OrganisationCode, person::slip::slip, union::UnionId,
    },
    store::{
        employers::name_key,
        unions::{Sought, UnionRecord},
    },
};

/// No organisation code is longer, however it is written; what is, is a credit code.
const ORGANISATION_CODE_CHARS: usize = 12;

/// How a row names a union.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Called {
    /// By its credit code.
    Code(String),
    /// By its name, as it is looked up.
    Name(String),
}

impl Called {
    /// What a cell calls a union.
    pub(super) fn of(given: &str) -> Self {
        match CreditCode::parse(given) {
            Ok(code) => Self::Code(code.as_str().to_owned()),
            Err(_) => Self::Name(name_key(given.trim())),
        }
    }

    /// Adds it to what unions are sought by.
    pub(super) fn seek(&self, sought: &mut Sought) {
        match self {
            Self::Code(code) => sought.codes.push(code.clone()),
            Self::Name(name) if is_sought(name) => sought.names.push(name.clone()),
            Self::Name(_) => {}
        }
    }
}

/// Whether a name is looked up. No union or employer is called by a number of a person, which slipped
/// into the wrong column; and a database can be told to log what it is asked for.
pub(super) fn is_sought(name: &str) -> bool {
    slip(name).is_none()
}

/// Unions that a report names.
const NAMED: usize = 8;

/// Unions by what rows call them.
#[derive(Default)]
pub(super) struct Unions {
    records: HashMap<UnionId, UnionRecord>,
    by_code: HashMap<String, Vec<UnionId>>,
    by_name: HashMap<String, Vec<UnionId>>,
}

impl Unions {
    /// These unions, by their last code and name.
    pub(super) fn of(records: impl IntoIterator<Item = UnionRecord>) -> Self {
        let mut unions = Self::default();
        let mut records: Vec<UnionRecord> = records.into_iter().collect();
        records.sort_unstable_by_key(|record| record.id);
        for record in records {
            let (id, facts) = (record.id, &record.facts);
            if let Some(row) = facts.codes.rows().last() {
                let code = row.value.as_str().to_owned();
                unions.by_code.entry(code).or_default().push(id);
            }
            if let Some(row) = facts.names.rows().last() {
                unions.by_name.entry(name_key(row.value.as_str())).or_default().push(id);
            }
            unions.records.insert(id, record);
        }
        unions
    }

    pub(super) fn get(&self, id: UnionId) -> Option<&UnionRecord> {
        self.records.get(&id)
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = UnionId> + '_ {
        self.records.keys().copied()
    }

    /// Those that are called so, by id; those that ended left out where others stand.
    fn called(&self, called: &Called) -> Vec<&UnionRecord> {
        let ids = match called {
            Called::Code(code) => self.by_code.get(code),
            Called::Name(name) => self.by_name.get(name),
        };
        let ids = ids.map(Vec::as_slice).unwrap_or_default();
        let bearers: Vec<&UnionRecord> = ids.iter().filter_map(|id| self.get(*id)).collect();
        let standing = |record: &&&UnionRecord| record.facts.ended_on().is_none();
        let open: Vec<&UnionRecord> = bearers.iter().filter(standing).copied().collect();
        if open.is_empty() { bearers } else { open }
    }

    /// Those of them that the sender sees, and that have their seat or territory in the area.
    pub(super) fn seen(
        &self,
        called: &Called,
        scope: &Scope,
        area: Option<&AreaPath>,
    ) -> Vec<&UnionRecord> {
        let seen = |union: &&UnionRecord| sees_union(scope, union);
        let there = |union: &&UnionRecord| {
            let territory = union.facts.territories.rows().last().map(|row| &row.value);
            area.is_none_or(|area| {
                [Some(&union.area), territory].into_iter().flatten().any(|own| own.within(area))
            })
        };
        self.called(called).into_iter().filter(seen).filter(there).collect()
    }
}

/// Whether the sender sees the union.
pub(super) fn sees_union(scope: &Scope, union: &UnionRecord) -> bool {
    scope.sees(Some(union.area.path()), Some(union.affiliation.path()))
}

/// The one that is called so; nobody is guessed.
pub(super) fn one_union<'a>(
    row: &Record,
    column: Column,
    all: &[&'a UnionRecord],
) -> Result<&'a UnionRecord, CellFault> {
    match all {
        [one] => Ok(one),
        [] => Err(row.fault(column.key, &kinds::UNION_UNKNOWN)),
        several => {
            let told = |union: &&UnionRecord| {
                let code = union.facts.codes.rows().last();
                let code = code.map_or("-", |row| row.value.as_str());
                format!("{code} ({})", union.area)
            };
            let fault = row.fault(column.key, &kinds::UNION_NAME_SHARED);
            Err(fault.with("known", candidates(several.iter().map(told))))
        }
    }
}

/// The first of these, as a report names them.
pub(super) fn candidates(all: impl Iterator<Item = String>) -> String {
    let mut told: Vec<String> = all.take(NAMED + 1).collect();
    if told.len() > NAMED {
        told[NAMED] = "…".to_owned();
    }
    told.join(", ")
}

/// The organisation code that stands in either code of an employer.
pub(super) fn employer_code(
    row: &Record,
    column: Column,
    given: &str,
) -> Result<OrganisationCode, CellFault> {
    if given.chars().count() > ORGANISATION_CODE_CHARS {
        let code = CreditCode::parse(given);
        let code = code.map(|code| Identifier::Credit(code).organisation_code());
        code.map_err(|fault| refused(row, column, &fault))
    } else {
        OrganisationCode::parse(given).map_err(|fault| refused(row, column, &fault))
    }
}
