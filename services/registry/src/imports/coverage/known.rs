//! The employers and unions that rows name.

use std::collections::HashMap;

use sea_orm::ConnectionTrait;
use unionhall_kit::fault::Outcome;
use uuid::Uuid;

use super::draft::Draft;
use crate::{
    imports::named::Called,
    rules::{organisation_code::OrganisationCode, union::UnionId},
    store::{
        employers::{self, EmployerRecord, name_key},
        unions::{self, UnionRecord},
    },
};

/// By everything by which rows name them.
#[derive(Default)]
pub(super) struct Known {
    employers: HashMap<OrganisationCode, EmployerRecord>,
    unions: HashMap<UnionId, UnionRecord>,
}

impl Known {
    /// Reads whatever these rows name.
    pub(super) async fn read(conn: &impl ConnectionTrait, drafts: &[Draft]) -> Outcome<Self> {
        let bodies: Vec<_> = drafts.iter().filter_map(|draft| draft.employer.clone()).collect();
        let holders = employers::holders(conn, &bodies).await?;
        let ids: Vec<Uuid> = holders.iter().map(|holder| holder.id).collect();
        let records = employers::load(conn, &ids).await?;
        let mut sought = unions::Sought::default();
        for called in drafts.iter().flat_map(|draft| [&draft.union, &draft.previous]).flatten() {
            match called {
                Called::Code(code) => sought.codes.push(code.clone()),
                Called::Name(name) => sought.names.push(name.clone()),
            }
        }
        let mut ids = unions::find_many(conn, &sought).await?;
        // Who covers an employer is told to those who see it.
        let covers = records.values().filter_map(|record| record.facts.covers.rows().last());
        ids.extend(covers.map(|row| row.value.union));
        ids.sort_unstable();
        ids.dedup();
        let unions = unions::load(conn, &ids).await?;
        let mut known = Self { employers: HashMap::new(), unions };
        known.hold(records.into_values());
        Ok(known)
    }

    /// Takes employers as they are now.
    pub(super) fn hold(&mut self, records: impl IntoIterator<Item = EmployerRecord>) {
        for record in records {
            if let Some(code) = record.facts.organisation_code() {
                self.employers.insert(code, record);
            }
        }
    }

    /// Takes unions as they are now.
    pub(super) fn hold_unions(&mut self, records: impl IntoIterator<Item = UnionRecord>) {
        self.unions = records.into_iter().map(|record| (record.id, record)).collect();
    }

    pub(super) fn employers(&self) -> impl Iterator<Item = &EmployerRecord> {
        self.employers.values()
    }

    pub(super) fn union_ids(&self) -> Vec<UnionId> {
        self.unions.keys().copied().collect()
    }

    pub(super) fn employer(&self, code: &OrganisationCode) -> Option<&EmployerRecord> {
        self.employers.get(code)
    }

    /// The union with this id, if a row names it.
    pub(super) fn union(&self, id: UnionId) -> Option<&UnionRecord> {
        self.unions.get(&id)
    }

    /// The unions that are called so, by id; those that ended left out where others stand.
    pub(super) fn called(&self, called: &Called) -> Vec<&UnionRecord> {
        let bears = |record: &&UnionRecord| {
            let facts = &record.facts;
            match called {
                Called::Code(code) => {
                    facts.codes.rows().last().is_some_and(|row| row.value.as_str() == code)
                }
                Called::Name(name) => {
                    let last = facts.names.rows().last();
                    last.is_some_and(|row| name_key(row.value.as_str()) == *name)
                }
            }
        };
        let mut bearers: Vec<&UnionRecord> = self.unions.values().filter(bears).collect();
        bearers.sort_by_key(|record| record.id);
        let standing = |record: &&&UnionRecord| record.facts.ended_on().is_none();
        let open: Vec<&UnionRecord> = bearers.iter().filter(standing).copied().collect();
        if open.is_empty() { bearers } else { open }
    }
}
