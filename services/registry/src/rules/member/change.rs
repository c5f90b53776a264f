//! Entering and changing a member.

use unionhall_kit::civil::CivilDate;

use super::{
    Employment, MemberFacts, MemberFault,
    fault::UnionProblem,
    membership::{Relation, Standing},
    passage::{Passage, Step},
    sealed::{HeldDocument, SealedNumber},
};
use crate::rules::{
    area::{AreaPath, tree::AreaTree},
    employer::{
        EmployerFacts, Status as EmployerStatus,
        code::{CodeLists, List},
    },
    person::{
        code::{EducationCode, EthnicityCode, Sex, WorkerGroup},
        document::DocumentKind,
        name::PersonName,
    },
    union::{EmployerId, UnionFacts, UnionId, kind::UnionType},
};

/// One field that a change sets, from its effective day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberChange {
    /// Name.
    Name(PersonName),
    /// Sex.
    Sex(Option<Sex>),
    /// Day of birth.
    Birth(Option<CivilDate>),
    /// Ethnicity.
    Ethnicity(Option<EthnicityCode>),
    /// Education.
    Education(Option<EducationCode>),
    /// The document of a kind.
    Document(DocumentKind, Option<HeldDocument>),
    /// Mobile number.
    Mobile(Option<SealedNumber>),
    /// The area of the home.
    Residence(Option<AreaPath>),
    /// Where the person works.
    Employment(Option<Employment>),
    /// Worker group.
    WorkerGroup(Option<WorkerGroup>),
    /// Whether the person is a migrant worker.
    Migrant(Option<bool>),
}

/// What a change relies on.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The civil day of the change.
    pub today: CivilDate,
    /// At least the areas that the change names.
    pub areas: &'a AreaTree,
    /// The code lists.
    pub lists: &'a dyn CodeLists,
    /// The union that the change names, where the caller sees it.
    pub union: Option<(UnionId, &'a UnionFacts)>,
    /// The employer that the change names, where the caller sees it.
    pub employer: Option<(EmployerId, &'a EmployerFacts)>,
}

/// The facts of a person who is entered with these first passages.
pub fn enter(
    changes: &[MemberChange],
    passages: Vec<Passage>,
    from: CivilDate,
    around: Surroundings<'_>,
) -> Result<MemberFacts, MemberFault> {
    let mut facts = amend(&MemberFacts::default(), changes, from, around)?;
    if facts.names.rows().is_empty() {
        return Err(MemberFault::Incomplete("display_name"));
    }
    for passage in passages {
        facts = passed(&facts, passage, around)?;
    }
    goes_on(&facts, around)?;
    Ok(facts)
}

/// The facts with these fields set from `from` on; a change counts as a confirmation.
pub fn amend(
    facts: &MemberFacts,
    changes: &[MemberChange],
    from: CivilDate,
    around: Surroundings<'_>,
) -> Result<MemberFacts, MemberFault> {
    if from > around.today {
        return Err(MemberFault::InFuture(from));
    }
    let mut facts = facts.clone();
    for change in changes {
        set(&mut facts, change.clone(), from, around)?;
    }
    if facts.births.on(from).is_some_and(|born| from < *born) {
        return Err(MemberFault::BeforeBirth(from));
    }
    facts.confirmations.note(around.today);
    Ok(facts)
}

fn set(
    facts: &mut MemberFacts,
    change: MemberChange,
    from: CivilDate,
    around: Surroundings<'_>,
) -> Result<(), MemberFault> {
    match change {
        MemberChange::Name(name) => facts.names.record(Some(name), from),
        // What a person is born as was so on every day.
        MemberChange::Sex(sex) => facts.sexes.record(sex, facts.first_day().unwrap_or(from)),
        MemberChange::Birth(day) => facts.births.record(day, facts.first_day().unwrap_or(from)),
        MemberChange::Ethnicity(value) => {
            listed(List::Ethnicity, value.as_ref().map(EthnicityCode::as_str), from, around)?;
            facts.ethnicities.record(value, from);
        }
        MemberChange::Education(value) => {
            listed(List::Education, value.as_ref().map(EducationCode::as_str), from, around)?;
            facts.educations.record(value, from);
        }
        MemberChange::Document(kind, held) => {
            facts.documents.entry(kind).or_default().record(held, from);
        }
        MemberChange::Mobile(value) => facts.mobiles.record(value, from),
        MemberChange::Residence(area) => {
            let open = |area: &AreaPath| {
                around.areas.get(area).is_some_and(|fact| fact.period.covers(from))
            };
            if let Some(area) = area.as_ref().filter(|area| !open(area)) {
                return Err(MemberFault::AreaNotOpen(area.clone(), from));
            }
            facts.residences.record(area, from);
        }
        MemberChange::Employment(employment) => {
            if let Some(employer) = employment.and_then(|employment| employment.employer) {
                employs(employer, from, around)?;
            }
            facts.employments.record(employment, from);
        }
        MemberChange::WorkerGroup(value) => facts.worker_groups.record(value, from),
        MemberChange::Migrant(value) => facts.migrants.record(value, from),
    }
    Ok(())
}

fn listed(
    list: List,
    code: Option<&str>,
    from: CivilDate,
    around: Surroundings<'_>,
) -> Result<(), MemberFault> {
    let unknown = code.filter(|code| !around.lists.has(list, code, from));
    unknown.map_or(Ok(()), |code| Err(MemberFault::CodeUnknown(list.name(), code.to_owned(), from)))
}

fn employs(
    employer: EmployerId,
    from: CivilDate,
    around: Surroundings<'_>,
) -> Result<(), MemberFault> {
    let known = around.employer.filter(|(id, _)| *id == employer);
    let exists = known.is_some_and(|(_, facts)| {
        facts.status_on(from).is_some_and(|status| status != EmployerStatus::Closed)
    });
    if exists { Ok(()) } else { Err(MemberFault::Employer(from)) }
}

/// The facts with one more passage.
pub fn pass(
    facts: &MemberFacts,
    passage: Passage,
    around: Surroundings<'_>,
) -> Result<MemberFacts, MemberFault> {
    let facts = passed(facts, passage, around)?;
    goes_on(&facts, around)?;
    Ok(facts)
}

/// The same amid several: what follows may end what began at a union that has ended since, so that
/// [`goes_on`] is asked behind the last one.
pub fn passed(
    facts: &MemberFacts,
    passage: Passage,
    around: Surroundings<'_>,
) -> Result<MemberFacts, MemberFault> {
    if passage.on > around.today {
        return Err(MemberFault::InFuture(passage.on));
    }
    if facts.births.on(passage.on).is_some_and(|born| passage.on < *born) {
        return Err(MemberFault::BeforeBirth(passage.on));
    }
    if let Some(union) = concerned(&passage.step, facts.passages.last_standing()) {
        takes(union, &passage, around)?;
    }
    let mut facts = facts.clone();
    facts.passages.record(passage)?;
    facts.confirmations.note(around.today);
    Ok(facts)
}

/// The union whose member the person becomes, or is to become, by a step.
pub fn concerned(step: &Step, standing: Standing) -> Option<UnionId> {
    match step {
        Step::Resumed => standing.union(),
        Step::TransferAccepted => standing.transfer(),
        _ => step.union(),
    }
}

/// The facts without the last passage, which was recorded in error. What came by rule with the end of
/// a union is taken back only while the union that the person returns to goes on.
pub fn take_back<'a>(
    facts: &MemberFacts,
    today: CivilDate,
    union: impl Fn(UnionId) -> Option<&'a UnionFacts>,
) -> Result<MemberFacts, MemberFault> {
    let mut facts = facts.clone();
    let standing = facts.passages.last_standing().code();
    let taken = facts.passages.take_back();
    if taken.is_none() || facts.passages.all().is_empty() {
        return Err(MemberFault::Step("CORRECTED", standing));
    }
    for id in relied_on(facts.passages.last_standing()) {
        exists_still(union(id))?;
    }
    facts.confirmations.note(today);
    Ok(facts)
}

/// The unions that have to exist for somebody to stand so. With one that ended a membership may be
/// retained.
fn relied_on(standing: Standing) -> impl Iterator<Item = UnionId> {
    let own = match standing {
        Standing::Applicant { union, .. } => Some(union),
        Standing::Member { membership, .. } if membership.relation == Relation::Active => {
            Some(membership.union)
        }
        _ => None,
    };
    own.into_iter().chain(standing.transfer())
}

/// Members went elsewhere when their union ended, and nobody comes behind them; what began and ended
/// before may still be recorded.
pub fn goes_on(facts: &MemberFacts, around: Surroundings<'_>) -> Result<(), MemberFault> {
    let mut relied = relied_on(facts.passages.last_standing());
    let named = around.union.filter(|(id, _)| relied.any(|relied| relied == *id));
    exists_still(named.map(|(_, facts)| facts))
}

fn exists_still(union: Option<&UnionFacts>) -> Result<(), MemberFault> {
    let ended = union.and_then(UnionFacts::ended_on);
    ended.map_or(Ok(()), |ended| Err(MemberFault::Union(UnionProblem::NotActive(ended))))
}

/// The facts with a confirmation of `today` 信息更新. There is nothing to confirm of somebody who is
/// no member and has not applied.
pub fn confirm(facts: &MemberFacts, today: CivilDate) -> Result<MemberFacts, MemberFault> {
    match facts.passages.last_standing() {
        standing @ (Standing::Nobody | Standing::Former { .. }) => {
            Err(MemberFault::Step("CONFIRMED", standing.code()))
        }
        _ => {
            let mut facts = facts.clone();
            facts.confirmations.note(today);
            Ok(facts)
        }
    }
}

/// The union that a step names exists on its day and is one that has members.
fn takes(union: UnionId, passage: &Passage, around: Surroundings<'_>) -> Result<(), MemberFault> {
    let known = around.union.filter(|(id, _)| *id == union);
    let (_, facts) = known.ok_or(MemberFault::Union(UnionProblem::Absent))?;
    // The union that takes over is judged by the change that ends the other one.
    if matches!(passage.step, Step::Carried(_)) {
        return Ok(());
    }
    if !facts.active_on(passage.on) {
        return Err(MemberFault::Union(UnionProblem::NotActive(passage.on)));
    }
    match facts.types.on(passage.on) {
        Some(kind) if has_members(*kind) => Ok(()),
        _ => Err(MemberFault::Union(UnionProblem::Federation)),
    }
}

/// Whether unions of the type have members of their own: basic unions and those of several
/// employers do, federations unite unions (Trade Union Law art. 11). A sub-district's may hold
/// members who have no union at work 暂存居住地工会.
pub fn has_members(kind: UnionType) -> bool {
    !matches!(
        kind,
        UnionType::AreaFederation
            | UnionType::IndustryFederation
            | UnionType::DistrictFederation
            | UnionType::MunicipalFederation
    )
}
