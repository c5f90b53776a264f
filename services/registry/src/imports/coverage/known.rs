//! The employers and unions that rows name.

use std::collections::HashMap;

use sea_orm::ConnectionTrait;
use unionhall_kit::fault::Outcome;
use uuid::Uuid;

use super::draft::Draft;
use crate::{
    imports::named::Unions,
    rules::{organisation_code::OrganisationCode, union::UnionId},
    store::{
        employers::{self, EmployerRecord},
        unions::{self, UnionRecord},
    },
};

/// By everything by which rows name them.
#[derive(Default)]
pub(super) struct Known {
    employers: HashMap<OrganisationCode, EmployerRecord>,
    pub(super) unions: Unions,
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
            called.seek(&mut sought);
        }
        let mut ids = unions::find_many(conn, &sought).await?;
        // Who covers an employer is told to those who see it.
        let covers = records.values().filter_map(|record| record.facts.covers.rows().last());
        ids.extend(covers.map(|row| row.value.union));
        ids.sort_unstable();
        ids.dedup();
        let unions = Unions::of(unions::load(conn, &ids).await?.into_values());
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
        self.unions = Unions::of(records);
    }

    pub(super) fn employers(&self) -> impl Iterator<Item = &EmployerRecord> {
        self.employers.values()
    }

    pub(super) fn union_ids(&self) -> Vec<UnionId> {
        self.unions.ids().collect()
    }

    pub(super) fn employer(&self, code: &OrganisationCode) -> Option<&EmployerRecord> {
        self.employers.get(code)
    }
}
