//! What the figures of members follow from beside their own facts: unions and employers.

use std::collections::{BTreeSet, HashMap};

use sea_orm::ConnectionTrait;
use unionhall_kit::fault::Outcome;
use uuid::Uuid;

use super::Stand;
use crate::{
    rules::{
        member::{
            MemberFacts,
            contribution::{Grounds, UnionGround},
        },
        union::{EmployerId, UnionId},
    },
    store::{
        employers::{self, EmployerRecord},
        unions::{self, UnionRecord, paths_of},
    },
};

/// The unions and employers that members name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    unions: BTreeSet<UnionId>,
    employers: BTreeSet<Uuid>,
}

impl Wanted {
    /// Those of these members.
    pub fn of<'a>(members: impl IntoIterator<Item = &'a MemberFacts>) -> Self {
        let mut wanted = Self::default();
        members.into_iter().for_each(|facts| wanted.add(facts));
        wanted
    }

    /// Adds those of one more member.
    pub fn add(&mut self, facts: &MemberFacts) {
        self.unions.extend(facts.passages.unions());
        let employers = facts.employments.rows().iter().filter_map(|row| row.value.employer);
        self.employers.extend(employers.map(|EmployerId(id)| id));
    }

    /// Adds a union.
    pub fn union(&mut self, union: UnionId) {
        self.unions.insert(union);
    }

    /// Adds an employer.
    pub fn employer(&mut self, EmployerId(employer): EmployerId) {
        self.employers.insert(employer);
    }

    /// Whether everything that `other` names is named here.
    pub fn covers(&self, other: &Self) -> bool {
        other.unions.is_subset(&self.unions) && other.employers.is_subset(&self.employers)
    }
}

/// Unions and employers that stay as they are until the transaction ends.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// The unions.
    pub unions: HashMap<UnionId, UnionRecord>,
    /// The employers.
    pub employers: HashMap<EmployerId, EmployerRecord>,
    /// The same, as figures take it.
    pub grounds: Grounds,
}

impl Held {
    /// Where a union stands.
    pub fn stand(&self, union: UnionId) -> Option<Stand> {
        let record = self.unions.get(&union)?;
        Some(Stand { area: record.area.clone(), affiliation: record.affiliation.clone() })
    }
}

/// What the figures rest on, for a reader.
pub async fn read_grounds(conn: &impl ConnectionTrait, wanted: &Wanted) -> Outcome<Grounds> {
    let ids: Vec<UnionId> = wanted.unions.iter().copied().collect();
    let unions = unions::load(conn, &ids).await?.into_values().collect();
    let ids: Vec<Uuid> = wanted.employers.iter().copied().collect();
    let employers = employers::load(conn, &ids).await?.into_values().collect();
    Ok(held(conn, unions, employers).await?.grounds)
}

/// What the figures rest on, kept from changing until the transaction ends: unions first, then
/// employers.
pub async fn hold_grounds(conn: &impl ConnectionTrait, wanted: &Wanted) -> Outcome<Held> {
    let ids: Vec<UnionId> = wanted.unions.iter().copied().collect();
    let unions = unions::hold(conn, &ids).await?;
    let ids: Vec<Uuid> = wanted.employers.iter().copied().collect();
    let employers = employers::hold(conn, &ids).await?;
    held(conn, unions, employers).await
}

async fn held(
    conn: &impl ConnectionTrait,
    unions: Vec<UnionRecord>,
    employers: Vec<EmployerRecord>,
) -> Outcome<Held> {
    let ids: Vec<UnionId> = unions.iter().map(|record| record.id).collect();
    let mut paths = paths_of(conn, &ids).await?;
    let ground = |record: &UnionRecord| {
        let paths = paths.remove(&record.id).unwrap_or_default();
        (record.id, UnionGround { seats: record.facts.seats.clone(), paths })
    };
    let grounds = Grounds {
        unions: unions.iter().map(ground).collect(),
        employers: employers
            .iter()
            .map(|record| (EmployerId(record.id), record.facts.clone()))
            .collect(),
    };
    Ok(Held {
        unions: unions.into_iter().map(|record| (record.id, record)).collect(),
        employers: employers.into_iter().map(|record| (EmployerId(record.id), record)).collect(),
        grounds,
    })
}
