//! The steps of an election up to its result.

use unionhall_kit::civil::CivilDate;

use super::{
    Broken, Election, ElectionFault, ElectionKind, Plan, Record, Stage,
    content::{before_approval, content, held_record},
};
use crate::rules::union::{
    UnionFacts,
    mark::Note,
    term::{BegunTerm, Postponement},
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

/// The re-election put off, and the union's term where that runs out before. What was approved late
/// leaves the days until then as they were.
pub fn postpone(
    election: &Election,
    postponement: Postponement,
    union: &UnionFacts,
    today: CivilDate,
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
    let last = union.terms.rows().last().map(BegunTerm::of);
    approved_in_order(&postponement, &election.plan, last.as_ref(), today)?;
    let term = last.filter(|last| to > last.due_on()).map(|mut last| {
        last.term.postponements.push(postponement.clone());
        last
    });
    let mut put_off = election.clone();
    put_off.plan.planned_on = to;
    put_off.plan.postponement = Some(postponement);
    Ok((put_off, term))
}

/// Whoever approves knows of the assembly that is put off and of every postponement before, and does
/// so before the new day.
fn approved_in_order(
    postponement: &Postponement,
    plan: &Plan,
    last: Option<&BegunTerm>,
    today: CivilDate,
) -> Result<(), ElectionFault> {
    let Some(on) = postponement.approved_on else { return Ok(()) };
    let of_term = last.into_iter().flat_map(|last| &last.term.postponements);
    let mut before = of_term.chain(&plan.postponement).filter_map(|one| one.approved_on);
    let (en, zh) = if on > today {
        ("it is after today", "晚于今日")
    } else if on < plan.approved_on {
        return Err(before_approval(on));
    } else if before.any(|before| on < before) {
        ("it is before the approval of the postponement before", "早于上一次延期的批准日期")
    } else if on >= postponement.to {
        ("it is not before the new day", "不早于延期后的日期")
    } else {
        return Ok(());
    };
    Err(ElectionFault::Day(on, en, zh))
}
