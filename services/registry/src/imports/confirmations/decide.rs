//! What a row does to the register.

use std::collections::HashMap;

use unionhall_kit::{
    civil::CivilDate,
    fault::Fault,
    imports::Actor,
    sheet::{CellFault, Record},
};

use super::draft::{Draft, Result};
use crate::{
    Register,
    columns::confirmation as columns,
    imports::{
        kinds::{MEMBER_NAME_DIFFERS, MEMBER_UNKNOWN},
        members::write::sees,
        refused, told,
    },
    rules::{
        area::tree::AreaTree,
        member::{
            MemberFacts, MemberFault, MemberId,
            change::{Surroundings, confirm, pass},
            passage::Passage,
        },
        reasons,
    },
    store::members::MemberRecord,
};

/// What rows are judged against.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) register: &'a Register,
    pub(super) actor: &'a Actor,
    pub(super) today: CivilDate,
}

/// A decision about one row.
pub(super) enum Decision<'a> {
    /// It is not taken, for these reasons beside the faults of its cells.
    Refused(Vec<CellFault>),
    /// The register has it all, or the row says nothing.
    Unchanged,
    /// A member has these facts from now on.
    Amend(&'a MemberRecord, Box<MemberFacts>),
}

/// Decides on a row by what is known.
pub(super) fn decide<'a>(
    row: &Record,
    draft: &Draft,
    known: &'a HashMap<MemberId, MemberRecord>,
    (around, areas): (Around<'_>, &AreaTree),
) -> Decision<'a> {
    let mut faults = draft.faults.clone();
    let Some(id) = draft.member else { return Decision::Refused(faults) };
    let seen = known.get(&id).filter(|record| sees(&around.actor.scope, &record.stand));
    let Some(record) = seen else {
        faults.push(row.fault(columns::MEMBER.key, &MEMBER_UNKNOWN));
        return Decision::Refused(faults);
    };
    if record.erased_at.is_some() || record.merged_into.is_some() {
        let fault = Fault::new(&reasons::MEMBER_ERASED).with("member", record.name());
        faults.push(told(row, columns::MEMBER, &fault));
        return Decision::Refused(faults);
    }
    let name = record.facts.names.rows().last().map(|row| &row.value);
    if draft.name.as_ref().is_some_and(|given| Some(given) != name) {
        faults.push(row.fault(columns::NAME.key, &MEMBER_NAME_DIFFERS));
    }
    let surroundings = Surroundings {
        today: around.today,
        areas,
        lists: around.register.reference,
        union: None,
        employer: None,
    };
    let facts = match &draft.result {
        Result::Open => Ok(record.facts.clone()),
        Result::Confirmed => confirm(&record.facts, around.today),
        Result::Left(passage) if is_recorded(&record.facts, passage) => Ok(record.facts.clone()),
        Result::Left(passage) => pass(&record.facts, passage.clone(), surroundings),
    };
    match facts {
        Err(fault) => {
            let column = match fault {
                MemberFault::Step(..) => columns::RESULT,
                _ => columns::LEFT_ON,
            };
            faults.push(refused(row, column, &fault));
            Decision::Refused(faults)
        }
        Ok(_) if !(faults.is_empty() && row.faults.is_empty()) => Decision::Refused(faults),
        Ok(facts) if facts == record.facts => Decision::Unchanged,
        Ok(facts) => Decision::Amend(record, Box::new(facts)),
    }
}

/// The same row may come twice.
fn is_recorded(facts: &MemberFacts, passage: &Passage) -> bool {
    let same = |known: &Passage| known.on == passage.on && known.step.code() == passage.step.code();
    facts.passages.all().iter().any(same)
}
