//! The steps of an election up to its result.

use unionhall_kit::civil::CivilDate;

use super::{
    Broken, Election, ElectionFault, ElectionKind, Postponement, Record, Stage,
    content::{content, held_record},
};
use crate::rules::union::{
    UnionFacts,
    mark::Note,
    term::{BegunTerm, Term},
};

/// The election with what is reported of it; a report of an election that is held corrects the one
/// before.
pub fn hold(
    election: &Election,
    record: Record,
    union: &UnionFacts,
    today: CivilDate,
) -> Result<Election, ElectionFault> {
    if !election.stage.is_open() {
        return Err(ElectionFault::Stage("hold", election.stage.code()));
    }
    held_record(&election.plan, &record, union, today)?;
    Ok(Election { stage: Stage::Held(record), ..election.clone() })
}

/// The election called off before it was held.
pub fn cancel(election: &Election, on: CivilDate, reason: Note) -> Result<Election, ElectionFault> {
    match election.stage {
        Stage::Planned => {
            let stage = Stage::Cancelled(Broken { on, reason });
            Ok(Election { stage, ..election.clone() })
        }
        _ => Err(ElectionFault::Stage("cancel", election.stage.code())),
    }
}

/// The election declared void after it was held; a new one is called then.
pub fn void(election: &Election, on: CivilDate, reason: Note) -> Result<Election, ElectionFault> {
    match &election.stage {
        Stage::Held(record) => {
            let stage = Stage::Void(record.clone(), Broken { on, reason });
            Ok(Election { stage, ..election.clone() })
        }
        _ => Err(ElectionFault::Stage("void", election.stage.code())),
    }
}

/// The re-election put off, and the union's term where that runs out before.
pub fn postpone(
    election: &Election,
    postponement: Postponement,
    union: &UnionFacts,
) -> Result<(Election, Option<BegunTerm>), ElectionFault> {
    if !matches!(election.stage, Stage::Planned) {
        return Err(ElectionFault::Stage("postpone", election.stage.code()));
    }
    if election.plan.kind != ElectionKind::ReElection {
        return content("only a re-election is postponed", "只有换届选举可以延期");
    }
    let to = postponement.to;
    if to <= election.plan.planned_on {
        let fault = ("it is not after the planned day", "不晚于原定日期");
        return Err(ElectionFault::Day(to, fault.0, fault.1));
    }
    let mut put_off = election.clone();
    put_off.plan.planned_on = to;
    put_off.plan.postponement = Some(postponement);
    let last = union.terms.rows().last().map(BegunTerm::of);
    let term = last
        .filter(|last| to > last.ends_on())
        .map(|last| BegunTerm { term: Term { postponed_to: Some(to), ..last.term }, ..last });
    Ok((put_off, term))
}
