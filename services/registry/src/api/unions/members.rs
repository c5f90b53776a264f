//! What becomes of members when a union ends or is divided: decided with the change, and carried out by
//! the job, person by person.

use unionhall_kit::{civil::CivilDate, fault::Outcome, ledger::Entry};

use crate::{
    register::Register,
    rules::{
        member::{
            aftermath::{Aftermath, Fate, Heir},
            change::has_members,
            passage::RetentionCause,
        },
        union::{
            UnionFacts, UnionId,
            approval::{EndReason, MembershipOutcome},
            change::{DecisionFault, MergeFault, UnionFault},
        },
    },
    store::{
        members::{count_following, next_following},
        structure_changes::{
            self, MemberWork, Progress, StructureChange, UnionChangeKind, UnionWork, Work,
        },
    },
};

/// Who follows.
#[derive(Default)]
pub(super) struct Following {
    /// What the job has to do, where there is anybody.
    pub(super) work: Option<MemberWork>,
    /// How many persons, as their records stand.
    pub(super) count: i64,
}

/// What becomes of the members of merged unions: without a word on it they pass to the union that
/// takes over.
pub(super) fn of_merger(
    (unions, into): (&[UnionId], UnionId),
    outcome: Option<MembershipOutcome>,
    on: CivilDate,
) -> Aftermath {
    let rest = match outcome {
        Some(MembershipOutcome::Retained(at)) => Fate::Keep(at, RetentionCause::UnionEnded),
        Some(MembershipOutcome::ToSuccessor) | None => Fate::Pass(into),
    };
    Aftermath { unions: unions.to_vec(), on, heirs: Vec::new(), rest }
}

/// What becomes of the members of a union that is split, whose parts take over the people of some
/// employers: the rest stays, or has no union any more.
pub(super) fn of_split(
    (union, ends): (UnionId, bool),
    heirs: Vec<Heir>,
    outcome: Option<MembershipOutcome>,
    on: CivilDate,
) -> Aftermath {
    let rest = match outcome {
        _ if !ends => Fate::Stay,
        Some(MembershipOutcome::Retained(at)) => Fate::Keep(at, RetentionCause::UnionEnded),
        Some(MembershipOutcome::ToSuccessor) | None => Fate::Retain(RetentionCause::UnionEnded),
    };
    Aftermath { unions: vec![union], on, heirs, rest }
}

/// What becomes of the members of a union that is dissolved.
pub(crate) fn of_dissolution(
    union: UnionId,
    (reason, outcome): (Option<EndReason>, Option<MembershipOutcome>),
    on: CivilDate,
) -> Aftermath {
    let cause = match reason {
        Some(EndReason::EmployerEnded) => RetentionCause::EmployerEnded,
        _ => RetentionCause::UnionEnded,
    };
    let rest = match outcome {
        Some(MembershipOutcome::Retained(at)) => Fate::Keep(at, cause),
        Some(MembershipOutcome::ToSuccessor) => Fate::Leave,
        None => Fate::Retain(cause),
    };
    Aftermath { unions: vec![union], on, heirs: Vec::new(), rest }
}

/// Who follows. The unions are held, so that nobody comes to them meanwhile. `hosts` are those to
/// which somebody comes: `UNION_MERGE_INVALID` or `UNION_DECISION_INVALID` where one has no members.
pub(super) async fn following(
    entry: &Entry,
    aftermath: Aftermath,
    host: Option<&UnionFacts>,
) -> Outcome<Following> {
    use crate::rules::Refusal;
    let conn = entry.conn();
    let all_stay =
        !aftermath.ends() && aftermath.heirs.iter().all(|heir| heir.employers.is_empty());
    if all_stay || next_following(conn, &aftermath, (None, 1)).await?.is_empty() {
        return Ok(Following::default());
    }
    let hosts = host.and_then(|facts| facts.types.on(aftermath.on)).copied().map(has_members);
    let fault = match aftermath.rest {
        Fate::Pass(_) if hosts == Some(false) => Some(UnionFault::Merge(MergeFault::NoMembers)),
        Fate::Keep(..) if hosts == Some(false) => {
            Some(UnionFault::Decision(DecisionFault::KeeperHasNone))
        }
        _ => None,
    };
    if let Some(fault) = fault {
        return Err(fault.to_fault());
    }
    let count = count_following(conn, &aftermath).await?;
    Ok(Following { work: Some(MemberWork { aftermath, after: None }), count })
}

/// Lets the members of a union follow that ended in this transaction, neither merged nor split. Answers
/// how many there are; the caller rings the bell of the structure once it has committed.
pub(crate) async fn ended(
    register: &Register,
    entry: &mut Entry,
    client: &str,
    aftermath: Aftermath,
    keeper: Option<&UnionFacts>,
) -> Outcome<i64> {
    let (sources, on) = (aftermath.unions.clone(), aftermath.on);
    let target = aftermath.targets().next();
    let Following { work, count } = following(entry, aftermath, keeper).await?;
    if work.is_none() {
        return Ok(0);
    }
    let work = UnionWork {
        kind: UnionChangeKind::Dissolved,
        sources,
        target,
        roots: Vec::new(),
        parts: Vec::new(),
        members: work,
    };
    let change = StructureChange {
        id: register.ledger.ids().fresh(),
        work: Work::Unions(work),
        on,
        progress: Progress::Applying,
        client: client.to_owned(),
        area_count: 0,
        employer_count: 0,
        moved_employer_count: 0,
        union_count: 0,
        moved_union_count: 0,
        member_count: count,
        moved_member_count: 0,
        created_at: entry.now(),
        updated_at: entry.now(),
    };
    structure_changes::insert(entry.conn(), &change).await?;
    Ok(count)
}
