//! What a request says of a member, as changes of the rules.

use unionhall_kit::{
    access::Caller,
    civil::CivilDate,
    fault::{Fault, Outcome, Violation},
    reasons,
};
use unionhall_proto::{
    Validate,
    google::r#type::Date,
    mask::Masked,
    registry::v1::{CreateMemberRequest, IdentityDocument, Member},
};
use uuid::Uuid;

use super::desk::{Desk, Received};
use crate::{
    api::wire,
    rules::{
        Refusal,
        area::AreaPath,
        member::{self, Employment, MemberFacts, MemberFault, MemberId, change::MemberChange},
        person::{
            code::{EducationCode, EmploymentStatus, EthnicityCode, Sex, WorkerGroup},
            consistency::{Stated, reconciled},
            name::PersonName,
            validity::{Until, Validity},
        },
        union::{EmployerId, mark::Note},
    },
    store::{
        employers,
        members::{COLLECTION, Numbers},
    },
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    DisplayName,
    Sex,
    BirthDate,
    Ethnicity,
    Education,
    Documents,
    Mobile,
    Residence,
    Employment,
    WorkerGroup,
    MigrantWorker,
}

use Field as F;

impl Field {
    /// Every field that a request can set, with its names in the contract.
    const ALL: [(Self, &'static [&'static str]); 11] = [
        (F::DisplayName, &["display_name"]),
        (F::Sex, &["sex"]),
        (F::BirthDate, &["birth_date"]),
        (F::Ethnicity, &["ethnicity"]),
        (F::Education, &["education"]),
        (F::Documents, &["documents"]),
        (F::Mobile, &["mobile"]),
        (F::Residence, &["residence"]),
        (F::Employment, &["employer", "employment_status"]),
        (F::WorkerGroup, &["worker_group"]),
        (F::MigrantWorker, &["migrant_worker"]),
    ];

    fn differs(self, one: &Member, other: &Member) -> bool {
        match self {
            F::DisplayName => one.display_name != other.display_name,
            F::Sex => one.sex != other.sex,
            F::BirthDate => one.birth_date != other.birth_date,
            F::Ethnicity => one.ethnicity != other.ethnicity,
            F::Education => one.education != other.education,
            F::Documents => one.documents != other.documents,
            F::Mobile => one.mobile != other.mobile,
            F::Residence => one.residence != other.residence,
            F::Employment => {
                one.employer != other.employer || one.employment_status != other.employment_status
            }
            F::WorkerGroup => one.worker_group != other.worker_group,
            F::MigrantWorker => one.migrant_worker != other.migrant_worker,
        }
    }
}

/// What a request says of a person.
#[derive(Default)]
pub(super) struct Said {
    /// What it sets.
    pub(super) changes: Vec<MemberChange>,
    /// The numbers that come with it.
    pub(super) numbers: Numbers,
}

/// Everything that `member` says of somebody who is entered on `from`.
pub(super) fn entered(desk: &Desk<'_>, member: &Member, from: CivilDate) -> Outcome<Said> {
    if member.documents.is_empty() {
        return Err(fault(MemberFault::Incomplete("documents")));
    }
    let nothing = Member::default();
    let fields: Vec<Field> =
        Field::ALL.into_iter().map(|(f, _)| f).filter(|f| f.differs(member, &nothing)).collect();
    said(desk, member, &fields, (&MemberFacts::default(), from))
}

/// What makes `present` what the masked fields of `given` say from `from` on. The merged fields are
/// validated as if they had been given whole. `UNKNOWN_MASK_PATH`, `INVALID_FIELD`.
pub(super) fn amended(
    desk: &Desk<'_>,
    mut present: Member,
    given: &Member,
    mask: &[String],
    (facts, from): (&MemberFacts, CivilDate),
) -> Outcome<Said> {
    // Nobody sends masked numbers back; documents that are named are added or renewed.
    present.documents.clear();
    present.masked_mobile.clear();
    let mut merged = present.clone();
    let unknown = |path| Fault::new(&reasons::UNKNOWN_MASK_PATH).with("path", path);
    merged.apply_mask(given, mask).map_err(|found| unknown(found.0))?;
    // An empty number that is masked takes the number away, which nothing else can say.
    let clears = given.mobile.is_empty() && mask.iter().any(|path| path == "mobile");
    let differing: Vec<(Field, &[&str])> = Field::ALL
        .into_iter()
        .filter(|(field, _)| field.differs(&merged, &present) || (*field == F::Mobile && clears))
        .collect();
    let names: Vec<&str> = differing.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let merged = valid(merged, &names)?;
    let fields: Vec<Field> = differing.into_iter().map(|(field, _)| field).collect();
    said(desk, &merged, &fields, (facts, from))
}

fn said(
    desk: &Desk<'_>,
    member: &Member,
    fields: &[Field],
    (facts, from): (&MemberFacts, CivilDate),
) -> Outcome<Said> {
    let mut said = Said::default();
    let mut stated = Stated {
        birth_date: day("member.birth_date", &member.birth_date)?,
        sex: given(&member.sex, Sex::parse, "sex", from)?,
    };
    if fields.contains(&F::Documents) {
        for (at, document) in member.documents.iter().enumerate() {
            if member.documents[..at].iter().any(|d| d.document_type == document.document_type) {
                let place = format!("member.documents[{at}].document_type");
                let why = "each kind of document is named once";
                return Err(Fault::new(&reasons::INVALID_FIELD).violation(&place, why));
            }
            let Received { document, held, indexed } = desk.document(document)?;
            stated = reconciled(stated, &document).map_err(fault)?;
            let known = facts.documents.get(&document.kind()).and_then(|known| known.on(from));
            if known.is_none_or(|known| known.number != held.number) {
                said.numbers.documents.push(indexed);
            }
            said.changes.push(MemberChange::Document(document.kind(), Some(held)));
        }
    }
    if stated.sex != facts.sexes.on(from).copied() {
        said.changes.push(MemberChange::Sex(stated.sex));
    }
    if stated.birth_date != facts.births.on(from).copied() {
        said.changes.push(MemberChange::Birth(stated.birth_date));
    }
    // What was the number is another's soon.
    if fields.contains(&F::Mobile)
        && let Some(kept) = facts.mobiles.rows().last()
    {
        said.numbers.old_mobiles.push(desk.kept_mobile(&kept.value)?);
    }
    for field in fields {
        said.changes.extend(change(desk, *field, member, from, &mut said.numbers)?);
    }
    Ok(said)
}

/// The change that makes the field what `member` has.
fn change(
    desk: &Desk<'_>,
    field: Field,
    member: &Member,
    from: CivilDate,
    numbers: &mut Numbers,
) -> Outcome<Option<MemberChange>> {
    Ok(Some(match field {
        // What documents tell is reconciled with what is stated before anything is set.
        F::Sex | F::BirthDate | F::Documents => return Ok(None),
        F::DisplayName => {
            MemberChange::Name(PersonName::parse(&member.display_name).map_err(fault)?)
        }
        F::Ethnicity => {
            let code = |code: &str| EthnicityCode::parse(code).ok();
            MemberChange::Ethnicity(given(&member.ethnicity, code, "ethnicity", from)?)
        }
        F::Education => {
            let code = |code: &str| EducationCode::parse(code).ok();
            MemberChange::Education(given(&member.education, code, "education", from)?)
        }
        F::Mobile if member.mobile.is_empty() => MemberChange::Mobile(None),
        F::Mobile => {
            let (sealed, digests) = desk.mobile(&member.mobile)?;
            numbers.mobiles.push(digests);
            MemberChange::Mobile(Some(sealed))
        }
        F::Residence => MemberChange::Residence(residence(member)?),
        F::Employment => MemberChange::Employment(employment(member, from)?),
        F::WorkerGroup => {
            let code = &member.worker_group;
            MemberChange::WorkerGroup(given(code, WorkerGroup::parse, "worker_group", from)?)
        }
        F::MigrantWorker => MemberChange::Migrant(member.migrant_worker),
    }))
}

/// The area of the home that a message names.
pub(super) fn residence(member: &Member) -> Outcome<Option<AreaPath>> {
    let label = member.residence.strip_prefix("areas/");
    label.map(AreaPath::parse).transpose().map_err(fault)
}

fn employment(member: &Member, from: CivilDate) -> Outcome<Option<Employment>> {
    let status = &member.employment_status;
    let employment = Employment {
        employer: employer("member.employer", &member.employer)?,
        status: given(status, EmploymentStatus::parse, "employment_status", from)?,
    };
    let told = employment.employer.is_some() || employment.status.is_some();
    Ok(told.then_some(employment))
}

/// The employer that a field names.
pub(super) fn employer(field: &str, name: &str) -> Outcome<Option<EmployerId>> {
    if name.is_empty() {
        return Ok(None);
    }
    let id = name.strip_prefix(employers::COLLECTION).and_then(|id| Uuid::try_parse(id).ok());
    let shape = "must be employers/ and a UUID in lower case";
    let refused = || Fault::new(&reasons::INVALID_FIELD).violation(field, shape);
    id.map(EmployerId).map(Some).ok_or_else(refused)
}

fn given<T>(
    text: &str,
    read: impl Fn(&str) -> Option<T>,
    list: &'static str,
    from: CivilDate,
) -> Outcome<Option<T>> {
    if text.is_empty() {
        return Ok(None);
    }
    let unknown = || fault(MemberFault::CodeUnknown(list, text.to_owned(), from));
    read(text).map(Some).ok_or_else(unknown)
}

/// The days on which a document is valid, where they are given.
pub(super) fn validity(document: &IdentityDocument) -> Outcome<Option<Validity>> {
    let from = day("member.documents.issued_on", &document.issued_on)?;
    let until = day("member.documents.expires_on", &document.expires_on)?;
    let until = match (until, document.long_term) {
        (Some(_), true) => {
            let why = "is left out of a document that is valid for ever";
            let field = "member.documents.expires_on";
            return Err(Fault::new(&reasons::INVALID_FIELD).violation(field, why));
        }
        (Some(day), false) => Some(Until::Day(day)),
        (None, true) => Some(Until::LongTerm),
        (None, false) => None,
    };
    let Some(until) = until else { return Ok(None) };
    Validity::new(from, until).map(Some).map_err(fault)
}

/// The member, if what is said of these fields keeps the contract's rules.
fn valid(member: Member, fields: &[&str]) -> Outcome<Member> {
    let mut whole = CreateMemberRequest { member: Some(member), ..Default::default() };
    let concerns = |found: &Violation| {
        let path = found.field.strip_prefix("member.").unwrap_or(&found.field);
        fields.contains(&path.split(['.', '[']).next().unwrap_or(path))
    };
    let violations: Vec<Violation> = whole
        .check()
        .into_iter()
        .map(|found| Violation { field: found.field, description: found.description })
        .filter(concerns)
        .collect();
    if violations.is_empty() {
        Ok(whole.member.unwrap_or_default())
    } else {
        Err(Fault::new(&reasons::INVALID_FIELD).violations(violations))
    }
}

/// The id in a resource name.
pub(super) fn id(name: &str) -> Outcome<MemberId> {
    let id = name.strip_prefix(COLLECTION).and_then(|id| Uuid::try_parse(id).ok());
    let shape = "must be members/ and a UUID in lower case";
    let refused = || Fault::new(&reasons::INVALID_FIELD).violation("name", shape);
    id.map(MemberId).ok_or_else(refused)
}

/// A note of a step.
pub(super) fn note(text: &str) -> Outcome<Note> {
    member::note::note(text).map_err(fault)
}

/// A note that a step needs.
pub(super) fn needed_note(text: &str) -> Outcome<Note> {
    if text.trim().is_empty() { Err(required("note")) } else { note(text) }
}

/// A day of a request, where it is given.
pub(super) fn day(field: &str, given: &Option<Date>) -> Outcome<Option<CivilDate>> {
    wire::day(field, given.as_ref())
}

/// `INVALID_FIELD` for a field that has to be there.
pub(super) fn required(field: &str) -> Fault {
    Fault::new(&reasons::INVALID_FIELD).violation(field, "is required")
}

/// Nobody puts somebody to work where they may not look.
pub(super) fn sees_employer(
    caller: &Caller,
    employer: EmployerId,
    found: Option<&employers::EmployerRecord>,
) -> Outcome<()> {
    let EmployerId(id) = employer;
    let area = found.map(|record| record.area.path());
    let path = found.and_then(|record| record.affiliation.as_ref()).map(|path| path.path());
    caller.require_sight(&employers::resource_name(id), area, path)
}

fn fault(refusal: impl Refusal) -> Fault {
    refusal.to_fault()
}

/// What cannot be.
pub(super) fn broken() -> Fault {
    Fault::new(&reasons::INTERNAL)
}
