//! What a row does to the register.

use unionhall_kit::{
    civil::CivilDate,
    path::Scope,
    sheet::{CellFault, Record},
};

use super::{draft::Draft, judge::Judge, known::Known};
use crate::{
    reference::ReferenceBook,
    rules::{
        area::tree::AreaTree,
        employer::EmployerFacts,
        member::{
            MemberFacts, MemberFault,
            change::{MemberChange, Surroundings, amend, goes_on, passed},
            passage::Passage,
        },
        union::{EmployerId, UnionFacts, UnionId},
    },
    store::members::MemberRecord,
};

/// What rows are judged against.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) scope: &'a Scope,
    pub(super) today: CivilDate,
    /// At least the areas that rows name.
    pub(super) areas: &'a AreaTree,
    pub(super) reference: &'static ReferenceBook,
}

/// A decision about one row.
pub(super) enum Decision<'a> {
    /// It is not taken, for these reasons beside the faults of its cells.
    Refused(Vec<CellFault>),
    /// The register has it all.
    Unchanged,
    /// Somebody is entered.
    Enter(Box<Plan<'a>>),
    /// A member changes.
    Amend(&'a MemberRecord, Box<Plan<'a>>),
}

/// What becomes of a person. Numbers are not in it: whoever writes seals them.
pub(super) struct Plan<'a> {
    /// The days on which changes take hold, with what they change, ascending. Numbers go with the
    /// first of them.
    pub(super) changes: Vec<(CivilDate, Vec<MemberChange>)>,
    pub(super) passages: Vec<Passage>,
    /// The document is a new one of the person.
    pub(super) document: bool,
    /// The mobile number is a new one of the person.
    pub(super) mobile: bool,
    pub(super) union: Option<(UnionId, &'a UnionFacts)>,
    pub(super) employer: Option<(EmployerId, &'a EmployerFacts)>,
}

impl Plan<'_> {
    /// What the rules rely on.
    pub(super) fn surroundings<'b>(&'b self, around: Around<'b>) -> Surroundings<'b> {
        Surroundings {
            today: around.today,
            areas: around.areas,
            lists: around.reference,
            union: self.union,
            employer: self.employer,
        }
    }

    /// The facts that the plan makes of `before`, with these numbers of the person. To change
    /// nothing is to confirm.
    pub(super) fn facts(
        &self,
        before: &MemberFacts,
        numbers: Vec<MemberChange>,
        around: Around<'_>,
    ) -> Result<MemberFacts, MemberFault> {
        let around = self.surroundings(around);
        let mut facts = before.clone();
        let mut numbers = Some(numbers);
        for (from, changes) in &self.changes {
            let mut changes = changes.clone();
            changes.extend(numbers.take().unwrap_or_default());
            facts = amend(&facts, &changes, *from, around)?;
        }
        for passage in &self.passages {
            facts = passed(&facts, passage.clone(), around)?;
        }
        if !self.passages.is_empty() {
            goes_on(&facts, around)?;
        }
        Ok(facts)
    }
}

/// Decides on a row by what is known.
pub(super) fn decide<'a>(
    row: &Record,
    draft: &Draft,
    known: &'a Known,
    around: Around<'_>,
) -> Decision<'a> {
    Judge::new(row, draft, known, around).decide()
}
