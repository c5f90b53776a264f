//! A member as the contract shows it. Numbers are masked; nothing is opened.

use unionhall_kit::civil::CivilDate;
use unionhall_proto::registry::v1::{
    IdentityDocument, Member, MemberFact, MemberFinding, Membership as MembershipMessage,
    Passage as PassageMessage, member::State,
};

use crate::{
    api::wire::timestamp,
    rules::{
        member::{
            MemberFacts,
            finding::Finding,
            membership::{Membership, Relation, Standing},
            passage::{Passage, Passages, Step},
            sealed::HeldDocument,
        },
        person::{document::DocumentKind, validity::Until},
        union::EmployerId,
    },
    store::{
        employers,
        members::{Fact, MemberRecord, Recorded, resource_name},
        unions,
    },
};

/// The member as it was on `day`.
pub(super) fn member(record: &MemberRecord, day: CivilDate) -> Member {
    let stub = Member {
        name: record.name(),
        state: State::Unknown.into(),
        merged_into: record.merged_into.map(resource_name).unwrap_or_default(),
        erase_time: record.erased_at.map(timestamp),
        create_time: Some(timestamp(record.created_at)),
        update_time: Some(timestamp(record.updated_at)),
        etag: record.etag(),
        ..Member::default()
    };
    if record.merged_into.is_some() || record.erased_at.is_some() {
        return stub;
    }
    let facts = &record.facts;
    let standing = facts.standing_on(day);
    let applied_to = match standing {
        Standing::Applicant { union, .. } => unions::resource_name(union),
        _ => String::new(),
    };
    let until = facts.passages.all().iter().take_while(|passage| passage.on <= day);
    let settable = settable(facts, day);
    Member {
        masked_mobile: facts.mobiles.on(day).map(|held| held.masked.clone()).unwrap_or_default(),
        state: state(standing).into(),
        membership: standing
            .membership()
            .map(|open| membership(&facts.passages, standing, open, day)),
        applied_to,
        confirmed_on: facts.confirmations.last().map(Into::into),
        passages: until.map(passage).collect(),
        name: stub.name,
        create_time: stub.create_time,
        update_time: stub.update_time,
        etag: stub.etag,
        ..settable
    }
}

/// The fields that a request can set, as they were on `day`; numbers masked.
pub(super) fn settable(facts: &MemberFacts, day: CivilDate) -> Member {
    let employment = facts.employments.on(day).copied();
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let documents = facts
        .documents
        .iter()
        .filter_map(|(kind, history)| history.on(day).map(|held| document(*kind, held)));
    Member {
        display_name: text(facts.names.on(day).map(|name| name.as_str())),
        sex: text(facts.sexes.on(day).map(|sex| sex.code())),
        birth_date: facts.births.on(day).copied().map(Into::into),
        ethnicity: text(facts.ethnicities.on(day).map(|code| code.as_str())),
        education: text(facts.educations.on(day).map(|code| code.as_str())),
        documents: documents.collect(),
        residence: facts.residences.on(day).map(|at| format!("areas/{at}")).unwrap_or_default(),
        employer: employment.and_then(|at| at.employer).map(employer).unwrap_or_default(),
        employment_status: text(employment.and_then(|at| at.status).map(|status| status.code())),
        worker_group: text(facts.worker_groups.on(day).map(|group| group.code())),
        migrant_worker: facts.migrants.on(day).copied(),
        ..Default::default()
    }
}

fn employer(EmployerId(id): EmployerId) -> String {
    employers::resource_name(id)
}

fn document(kind: DocumentKind, held: &HeldDocument) -> IdentityDocument {
    let until = held.validity.map(|validity| validity.until());
    IdentityDocument {
        document_type: kind.code().to_owned(),
        number: String::new(),
        masked_number: held.number.masked.clone(),
        issued_on: held.validity.and_then(|validity| validity.from()).map(Into::into),
        expires_on: match until {
            Some(Until::Day(day)) => Some(day.into()),
            _ => None,
        },
        long_term: until == Some(Until::LongTerm),
    }
}

fn state(standing: Standing) -> State {
    match standing {
        Standing::Nobody => State::Unknown,
        Standing::Applicant { .. } => State::Applicant,
        Standing::Member { membership: Membership { relation, .. }, .. } => match relation {
            Relation::Active => State::Active,
            Relation::Retained => State::Retained,
        },
        Standing::Former { .. } => State::Former,
    }
}

fn membership(
    passages: &Passages,
    standing: Standing,
    open: Membership,
    day: CivilDate,
) -> MembershipMessage {
    let joined = passages.standings().take_while(|(on, _)| *on <= day).find(|(_, standing)| {
        standing.membership().is_some_and(|earlier| earlier.number == open.number)
    });
    MembershipMessage {
        union: unions::resource_name(open.union),
        number: open.number.into(),
        joined_on: joined.map(|(on, _)| on.into()),
        transfer_to: standing.transfer().map(unions::resource_name).unwrap_or_default(),
    }
}

fn passage(passage: &Passage) -> PassageMessage {
    let step = &passage.step;
    let cause = match step {
        Step::Retained(cause) => cause.code().to_owned(),
        _ => String::new(),
    };
    PassageMessage {
        day: Some(passage.on.into()),
        kind: step.code().to_owned(),
        union: step.union().map(unions::resource_name).unwrap_or_default(),
        cause,
        note: step.note().map(ToString::to_string).unwrap_or_default(),
    }
}

/// What to look at again.
pub(super) fn finding(finding: &Finding) -> MemberFinding {
    MemberFinding {
        field: finding.field().to_owned(),
        problem: finding.english(),
        problem_zh: finding.chinese(),
    }
}

/// A recorded fact, its value in the field that it sets.
pub(super) fn fact(past: &Recorded) -> MemberFact {
    let period = past.dated.period;
    let mut value = Member::default();
    match &past.dated.fact {
        Fact::DisplayName(name) => value.display_name = name.as_str().to_owned(),
        Fact::Sex(sex) => value.sex = sex.code().to_owned(),
        Fact::BirthDate(day) => value.birth_date = Some((*day).into()),
        Fact::Ethnicity(code) => value.ethnicity = code.as_str().to_owned(),
        Fact::Education(code) => value.education = code.as_str().to_owned(),
        Fact::Documents(kind, held) => value.documents = vec![document(*kind, held)],
        Fact::Mobile(held) => value.masked_mobile.clone_from(&held.masked),
        Fact::Residence(area) => value.residence = format!("areas/{area}"),
        Fact::Employment(at) => {
            value.employer = at.employer.map(employer).unwrap_or_default();
            value.employment_status = at.status.map(|s| s.code().to_owned()).unwrap_or_default();
        }
        Fact::WorkerGroup(group) => value.worker_group = group.code().to_owned(),
        Fact::MigrantWorker(is) => value.migrant_worker = Some(*is),
        Fact::Membership(_, step) => {
            value.passages = vec![passage(&Passage { on: period.from(), step: step.clone() })];
        }
    }
    let field = match past.dated.fact.field() {
        "membership" => "passages",
        field => field,
    };
    MemberFact {
        valid_from: Some(period.from().into()),
        valid_until: period.until().map(Into::into),
        record_time: Some(timestamp(past.recorded_at)),
        supersede_time: past.superseded_at.map(timestamp),
        field: field.to_owned(),
        value: Some(value),
    }
}
