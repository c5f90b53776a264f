//! The members, unions and employers that rows name.

use std::collections::{HashMap, HashSet};

use sea_orm::ConnectionTrait;
use unionhall_kit::{fault::Outcome, vault::BlindIndex};
use uuid::Uuid;

use super::draft::{Draft, Workplace};
use crate::{
    imports::named::{Unions, is_sought},
    rules::{member::MemberId, organisation_code::OrganisationCode, union::UnionId},
    store::{
        employers::{self, EmployerRecord, name_key},
        members::{self, Held, MemberRecord, Wanted, holders, mobiles_of},
        unions,
    },
};

/// By everything by which rows name them.
#[derive(Default)]
pub(super) struct Known {
    by_document: HashMap<Vec<u8>, MemberId>,
    members: HashMap<MemberId, MemberRecord>,
    mobiles: HashSet<(MemberId, Vec<u8>)>,
    pub(super) unions: Unions,
    employers: HashMap<Uuid, EmployerRecord>,
    by_workplace: HashMap<Workplace, Vec<Uuid>>,
}

impl Known {
    /// Reads whatever these rows name.
    pub(super) async fn read(conn: &impl ConnectionTrait, drafts: &[Draft]) -> Outcome<Self> {
        let digests: Vec<BlindIndex> =
            drafts.iter().flat_map(|draft| draft.digests.iter().cloned()).collect();
        let by_document: HashMap<Vec<u8>, MemberId> =
            holders(conn, &digests).await?.into_iter().collect();
        let ids = distinct(by_document.values().copied());
        let members = members::load(conn, &ids).await?;
        let mobiles = mobiles_of(conn, &ids).await?.into_iter().collect();
        let mut sought = unions::Sought::default();
        drafts.iter().filter_map(|draft| draft.union.as_ref()).for_each(|c| c.seek(&mut sought));
        let unions = unions::find_many(conn, &sought).await?;
        let unions = Unions::of(unions::load(conn, &unions).await?.into_values());
        let ids = workplaces(conn, drafts).await?;
        let employers = employers::load(conn, &ids).await?;
        let mut known = Self { by_document, members, mobiles, unions, ..Self::default() };
        known.take_employers(employers.into_values());
        Ok(known)
    }

    fn take_employers(&mut self, records: impl IntoIterator<Item = EmployerRecord>) {
        self.by_workplace.clear();
        self.employers.clear();
        let mut records: Vec<EmployerRecord> = records.into_iter().collect();
        records.sort_unstable_by_key(|record| record.id);
        for record in records {
            let facts = &record.facts;
            let code = facts.organisation_code().map(Workplace::Code);
            let name = facts.names.rows().last();
            let name = name.map(|row| Workplace::Name(name_key(row.value.as_str())));
            for workplace in [code, name].into_iter().flatten() {
                self.by_workplace.entry(workplace).or_default().push(record.id);
            }
            self.employers.insert(record.id, record);
        }
    }

    /// What the rows rely on: the units that they name, and those of the members.
    pub(super) fn wanted(&self) -> Wanted {
        let mut wanted = Wanted::of(self.members.values().map(|record| &record.facts));
        self.unions.ids().for_each(|union| wanted.union(union));
        self.employers.keys().for_each(|id| wanted.employer(crate::rules::union::EmployerId(*id)));
        wanted
    }

    /// Takes everything as it is held now. False where the rows may mean something else by now.
    pub(super) fn hold(
        &mut self,
        members: Vec<MemberRecord>,
        held: &Held,
        wanted: &Wanted,
    ) -> bool {
        let stayed = members.len() == self.members.len()
            && wanted.covers(&Wanted::of(members.iter().map(|record| &record.facts)));
        self.members = members.into_iter().map(|record| (record.id, record)).collect();
        let unions: Vec<UnionId> = self.unions.ids().collect();
        self.unions = Unions::of(unions.iter().filter_map(|id| held.unions.get(id)).cloned());
        let ids: Vec<Uuid> = self.employers.keys().copied().collect();
        let id = |id: &Uuid| crate::rules::union::EmployerId(*id);
        self.take_employers(ids.iter().filter_map(|one| held.employers.get(&id(one))).cloned());
        stayed
    }

    pub(super) fn member_ids(&self) -> Vec<MemberId> {
        self.members.keys().copied().collect()
    }

    /// The member with the document of a row.
    pub(super) fn member(&self, draft: &Draft) -> Option<MemberId> {
        draft.digests.iter().find_map(|digest| self.by_document.get(&digest.mac)).copied()
    }

    pub(super) fn record(&self, id: MemberId) -> Option<&MemberRecord> {
        self.members.get(&id)
    }

    /// Whether the mobile number of a row is the member's.
    pub(super) fn has_mobile(&self, id: MemberId, draft: &Draft) -> bool {
        draft.mobile_digests.iter().any(|digest| self.mobiles.contains(&(id, digest.mac.clone())))
    }

    /// The employers that are called so, by id; those that closed left out where others stand.
    pub(super) fn employers(&self, workplace: &Workplace) -> Vec<&EmployerRecord> {
        let ids = self.by_workplace.get(workplace).map(Vec::as_slice).unwrap_or_default();
        let all: Vec<&EmployerRecord> =
            ids.iter().filter_map(|id| self.employers.get(id)).collect();
        let open = |record: &&&EmployerRecord| record.facts.closed_on().is_none();
        let standing: Vec<&EmployerRecord> = all.iter().filter(open).copied().collect();
        if standing.is_empty() { all } else { standing }
    }
}

async fn workplaces(conn: &impl ConnectionTrait, drafts: &[Draft]) -> Outcome<Vec<Uuid>> {
    let (mut codes, mut names): (Vec<OrganisationCode>, Vec<String>) = (Vec::new(), Vec::new());
    for workplace in drafts.iter().filter_map(|draft| draft.employer.as_ref()) {
        match workplace {
            Workplace::Code(code) => codes.push(code.clone()),
            Workplace::Name(name) if is_sought(name) => names.push(name.clone()),
            Workplace::Name(_) => {}
        }
    }
    codes = distinct(codes);
    let holders = employers::holders(conn, &codes).await?;
    let named = employers::bearers(conn, &distinct(names)).await?;
    Ok(distinct(holders.into_iter().map(|holder| holder.id).chain(named)))
}

fn distinct<T: Ord>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = all.into_iter().collect();
    all.sort_unstable();
    all.dedup();
    all
}
