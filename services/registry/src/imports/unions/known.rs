//! The unions and employers that rows name, as far as the register or earlier rows have them.

use std::collections::HashMap;

use sea_orm::ConnectionTrait;
use unionhall_kit::fault::Outcome;
use uuid::Uuid;

use super::draft::Draft;
use crate::{
    rules::{
        area::AreaPath,
        contribution::Paths,
        history::History,
        organisation_code::OrganisationCode,
        union::{
            EmployerId, UnionFacts, UnionId, affiliation::AffiliationPath, change::place_taken,
        },
    },
    store::{
        employers::{self, name_key},
        unions::{self, NewUnion, Placed, UnionRecord, place_key},
    },
};

/// Unions of earlier rows that pass 1 remembers; a file with more enters the upper ones first.
const REMEMBERED: usize = 20_000;

/// A union that a row can name.
#[derive(Debug, Clone)]
pub(super) struct Union {
    pub(super) id: UnionId,
    pub(super) facts: UnionFacts,
    pub(super) paths: History<AffiliationPath>,
    /// Where it stands, and how; `None` of one that an earlier row enters.
    pub(super) record: Option<UnionRecord>,
}

/// By everything by which rows name them.
#[derive(Default)]
pub(super) struct Known {
    unions: HashMap<UnionId, Union>,
    by_code: HashMap<String, UnionId>,
    by_employer: HashMap<Uuid, UnionId>,
    by_place: HashMap<String, UnionId>,
    by_name: HashMap<String, Vec<UnionId>>,
    employers: HashMap<OrganisationCode, (Uuid, AreaPath)>,
}

impl Known {
    /// Reads whatever these rows name.
    pub(super) async fn read(conn: &impl ConnectionTrait, drafts: &[Draft]) -> Outcome<Self> {
        let bodies: Vec<_> = drafts.iter().filter_map(|draft| draft.employer.clone()).collect();
        let holders = employers::holders(conn, &bodies).await?;
        let mut sought = unions::Sought::default();
        for draft in drafts {
            sought.codes.push(draft.union.credit_code.to_uppercase());
            sought.names.push(draft.name_key());
            sought.places.extend(draft.place.clone());
            if let Some(called) = &draft.superior {
                called.seek(&mut sought);
            }
        }
        sought.employers = holders.iter().map(|holder| holder.id).collect();
        let ids = unions::find_many(conn, &sought).await?;
        let records = unions::load(conn, &ids).await?;
        let mut paths: Paths = unions::paths_of(conn, &ids).await?;
        let mut known = Self::default();
        for (id, record) in records {
            let paths = paths.remove(&id).unwrap_or_default();
            let facts = record.facts.clone();
            known.add(Union { id, facts, paths, record: Some(record) });
        }
        for holder in holders {
            if let Ok(code) = OrganisationCode::parse(&holder.organisation_code) {
                known.employers.insert(code, (holder.id, holder.area));
            }
        }
        Ok(known)
    }

    fn add(&mut self, union: Union) {
        let (id, facts) = (union.id, &union.facts);
        self.forget(id);
        if let Some(row) = facts.codes.rows().last() {
            self.by_code.insert(row.value.as_str().to_owned(), id);
        }
        let standing = facts.ended_on().is_none();
        if let Some(row) = facts.employers.rows().last().filter(|_| standing) {
            let EmployerId(employer) = row.value;
            self.by_employer.insert(employer, id);
        }
        if let Some((kind, area)) = place_taken(facts) {
            self.by_place.insert(place_key(kind.code(), area), id);
        }
        if let Some(row) = facts.names.rows().last() {
            let named = self.by_name.entry(name_key(row.value.as_str())).or_default();
            if !named.contains(&id) {
                named.push(id);
            }
        }
        self.unions.insert(id, union);
    }

    /// What a union is no longer found by.
    fn forget(&mut self, id: UnionId) {
        if self.unions.remove(&id).is_some() {
            self.by_code.retain(|_, found| *found != id);
            self.by_employer.retain(|_, found| *found != id);
            self.by_place.retain(|_, found| *found != id);
            self.by_name.values_mut().for_each(|found| found.retain(|one| *one != id));
        }
    }

    /// What an earlier row changes.
    pub(super) fn amend(&mut self, id: UnionId, facts: UnionFacts) {
        if let Some(union) = self.unions.get(&id) {
            let union = Union { facts, ..union.clone() };
            self.add(union);
        }
    }

    /// The same of a union that the register has, as long as there is room.
    pub(super) fn remember_amended(&mut self, union: &Union, facts: UnionFacts) {
        if self.unions.contains_key(&union.id) || self.unions.len() < REMEMBERED {
            self.add(Union { facts, ..union.clone() });
        }
    }

    /// What an earlier row enters.
    pub(super) fn enter(&mut self, new: &NewUnion) {
        let (id, facts, paths) = (new.id, new.facts.clone(), new.paths.clone());
        self.add(Union { id, facts, paths, record: None });
    }

    /// The same, as long as there is room.
    pub(super) fn remember(&mut self, new: &NewUnion) {
        if self.unions.len() < REMEMBERED {
            self.enter(new);
        }
    }

    /// What a row wrote.
    pub(super) fn replace(&mut self, placed: &Placed) {
        let Placed { record, paths } = placed;
        let (facts, paths) = (record.facts.clone(), paths.clone());
        self.add(Union { id: record.id, facts, paths, record: Some(record.clone()) });
    }

    /// Adds the unions of earlier rows.
    pub(super) fn extend(&mut self, entered: &Self) {
        for union in entered.unions.values() {
            self.add(union.clone());
        }
    }

    pub(super) fn unions(&self) -> impl Iterator<Item = &Union> {
        self.unions.values()
    }

    pub(super) fn get(&self, id: UnionId) -> Option<&Union> {
        self.unions.get(&id)
    }

    pub(super) fn employer(&self, code: &OrganisationCode) -> Option<&(Uuid, AreaPath)> {
        self.employers.get(code)
    }

    pub(super) fn by_code(&self, code: &str) -> Option<&Union> {
        self.get(*self.by_code.get(code)?)
    }

    pub(super) fn by_employer(&self, employer: Uuid) -> Option<&Union> {
        self.get(*self.by_employer.get(&employer)?)
    }

    pub(super) fn by_place(&self, place: &str) -> Option<&Union> {
        self.get(*self.by_place.get(place)?)
    }

    /// The unions that bear the name, those that ended left out where others stand.
    pub(super) fn by_name(&self, name: &str) -> Vec<&Union> {
        let ids = self.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        let bearers: Vec<&Union> = ids.iter().filter_map(|id| self.get(*id)).collect();
        let standing = |union: &&&Union| union.facts.ended_on().is_none();
        let open: Vec<&Union> = bearers.iter().filter(standing).copied().collect();
        if open.is_empty() { bearers } else { open }
    }
}
