//! What a request says of a case, as the domain's values.

use unionhall_kit::{
    civil::CivilDate,
    fault::{Fault, Outcome, Violation},
    reasons,
};
use unionhall_proto::{
    Masked,
    google::r#type::Date,
    registry::v1::{
        CreateFormationCaseRequest, FormationCase, FormationDocument, FormationReason,
        FormationStep, FoundingAssembly, consultation::Party as PartyMessage,
        formation_case::Channel as ChannelMessage, formation_document::Kind as DocumentKindMessage,
        formation_step::Content, founding_assembly::Kind as AssemblyKindMessage,
    },
    validate::Validate,
};
use uuid::Uuid;

use crate::{
    api::{employers, unions, wire},
    rules::{
        Refusal,
        formation::{
            CaseId, Subject,
            fault::FormationFault,
            plan::{Channel, FollowUp, Plan},
            step::{
                Assembly, AssemblyKind, Deed, Document, DocumentKind, MAX_WORDS_CHARS, Party, Words,
            },
        },
        name::Name,
        union::{
            EmployerId,
            approval::{DocumentNumber, MAX_NUMBER_CHARS},
            change::UnionFault,
            kind::{UnionForm, UnionLevel, UnionType},
            mark::MAX_NOTE_CHARS,
            mark::Note,
        },
    },
    store::formations::COLLECTION,
};

/// Whom a case is about: an employer or an area, and not both. `INVALID_FIELD`.
pub(super) fn subject(given: &FormationCase) -> Outcome<Subject> {
    match (given.employer.as_str(), given.territory.as_str()) {
        ("", "") => {
            Err(wire::invalid("formation_case.employer", "name an employer or a territory"))
        }
        (employer, "") => Ok(Subject::Employer(EmployerId(employers::id(employer)?))),
        ("", area) => Ok(Subject::Area(unions::decode::area(area)?)),
        _ => Err(wire::invalid(
            "formation_case.territory",
            "name an employer or a territory, not both",
        )),
    }
}

/// What is planned.
pub(super) fn plan(given: &FormationCase, day: CivilDate) -> Outcome<Plan> {
    Ok(Plan {
        union_type: code("union_type", &given.union_type, UnionType::parse, day)?,
        union_form: code("union_form", &given.union_form, UnionForm::parse, day)?,
        union_level: code("union_level", &given.union_level, UnionLevel::parse, day)?,
        name: name(&given.display_name)?,
        superior: optional(&given.superior, unions::id)?,
        seat: match &given.seat {
            Some(seat) => Some(unions::decode::address("seat", seat)?),
            None => None,
        },
        channel: match given.channel() {
            ChannelMessage::Unspecified => None,
            ChannelMessage::Offline => Some(Channel::Offline),
            ChannelMessage::Online => Some(Channel::Online),
        },
        follow_up: match &given.follow_up {
            None => None,
            Some(given) => Some(FollowUp {
                assignee: required_name(&given.assignee)?,
                next_action: note("follow_up.next_action", &given.next_action)?,
                due_on: day_of("follow_up.due_on", &given.due_on)?,
            }),
        },
    })
}

/// The plan that the masked fields of `given` make of `present`. The merged fields are validated as
/// if they had been given whole. `UNKNOWN_MASK_PATH`, `INVALID_FIELD`.
pub(super) fn amended(
    present: FormationCase,
    given: &FormationCase,
    mask: &[String],
    day: CivilDate,
) -> Outcome<Plan> {
    let mut merged = present.clone();
    let unknown = |path| Fault::new(&reasons::UNKNOWN_MASK_PATH).with("path", path);
    merged.apply_mask(given, mask).map_err(|found| unknown(found.0))?;
    if (&merged.employer, &merged.territory) != (&present.employer, &present.territory) {
        let why = "a case stays with its employer or territory; leave both out of the mask";
        return Err(wire::invalid("formation_case.employer", why));
    }
    let mut whole =
        CreateFormationCaseRequest { formation_case: Some(merged), ..Default::default() };
    let violations: Vec<Violation> = whole.check();
    if !violations.is_empty() {
        return Err(Fault::new(&reasons::INVALID_FIELD).violations(violations));
    }
    plan(&whole.formation_case.unwrap_or_default(), day)
}

/// What happened, by a step. Those that change another record have methods of their own.
pub(super) fn deed(given: &FormationStep) -> Outcome<Deed> {
    let content =
        given.content.as_ref().ok_or_else(|| wire::invalid("step", "says what happened"))?;
    Ok(match content {
        Content::Contact(given) => Deed::Contact {
            who: required_name(&given.who)?,
            note: words("contact.note", &given.note)?,
        },
        Content::Application(given) => Deed::Application(document(given)?),
        Content::Preparation(given) => {
            let approval = given.approval.as_ref();
            let approval =
                approval.ok_or_else(|| wire::invalid("preparation.approval", "is required"))?;
            let group = words("preparation.group", &given.group)?;
            Deed::Preparation { approval: unions::decode::approval(approval)?, group }
        }
        Content::Recruitment(given) => Deed::Recruitment {
            members: number(given.member_count),
            women: number(given.female_count),
        },
        Content::ElectionApproval(given) => {
            Deed::ElectionApproval(unions::decode::approval(given)?)
        }
        Content::Election(given) => Deed::Election(assembly(given)?),
        Content::ResultFiling(given) => Deed::ResultFiling(document(given)?),
        Content::Activation(_) => Deed::Activation,
        Content::Abandonment(given) => Deed::Abandonment(reason("abandonment.reason", given)?),
        Content::Refusal(given) => Deed::Refusal(reason("refusal.reason", given)?),
        Content::Suspension(given) => Deed::Suspension(reason("suspension.reason", given)?),
        Content::Resumption(given) => Deed::Resumption(reason("resumption.reason", given)?),
        Content::Document(given) => Deed::Document(document(given)?),
        Content::Consultation(given) => Deed::Consultation {
            party: party(given.party())
                .ok_or_else(|| wire::invalid("consultation.party", "is required"))?,
            with: required_name(&given.with)?,
            outcome: words("consultation.outcome", &given.outcome)?,
        },
        Content::Briefing(given) => Deed::Briefing {
            to: required_name(&given.to)?,
            outcome: words("briefing.outcome", &given.outcome)?,
        },
        Content::Obstruction(given) => Deed::Obstruction {
            conduct: spoken("obstruction.conduct", &given.conduct)?,
            reported_to: name(&given.reported_to)?,
        },
        Content::Wish(given) => Deed::Wish { how: spoken("wish.how", &given.how)? },
        Content::Establishment(_) => return Err(FormationFault::Fixed("establishment").to_fault()),
        Content::Registration(_) => return Err(FormationFault::Fixed("registration").to_fault()),
        Content::Closing(_) => return Err(FormationFault::Fixed("closing").to_fault()),
        Content::Coverage(_) => return Err(FormationFault::Fixed("coverage").to_fault()),
        Content::Plan(_) => return Err(FormationFault::Fixed("plan").to_fault()),
    })
}

fn document(given: &FormationDocument) -> Outcome<Document> {
    Ok(Document {
        kind: match given.kind() {
            DocumentKindMessage::Unspecified => DocumentKind::Own,
            DocumentKindMessage::Application => DocumentKind::Application,
            DocumentKindMessage::Approval => DocumentKind::Approval,
            DocumentKindMessage::Minutes => DocumentKind::Minutes,
            DocumentKindMessage::Seal => DocumentKind::Seal,
            DocumentKindMessage::BankAccount => DocumentKind::BankAccount,
            DocumentKindMessage::FundsRegistration => DocumentKind::FundsRegistration,
            DocumentKindMessage::Other => DocumentKind::Other,
        },
        number: document_number("document.number", &given.number)?,
        date: day_of("document.date", &given.date)?,
        issuer: name(&given.issuer)?,
    })
}

fn assembly(given: &FoundingAssembly) -> Outcome<Assembly> {
    Ok(Assembly {
        kind: match given.kind() {
            AssemblyKindMessage::Unspecified => {
                return Err(wire::invalid("election.kind", "is required"));
            }
            AssemblyKindMessage::GeneralMeeting => AssemblyKind::GeneralMeeting,
            AssemblyKindMessage::DelegateCongress => AssemblyKind::DelegateCongress,
        },
        venue: name(&given.venue)?,
        due: number(given.due_count),
        present: number(given.present_count),
        represented: number(given.represented_count),
        seats: number(given.committee_count),
        women: given.women_committee,
        audit: given.audit_committee,
        chair: name(&given.chair)?,
        own_accounts: given.own_accounts,
        candidates: given.candidate_count.map(number),
        elected: given.elected_count.map(number),
    })
}

fn party(given: PartyMessage) -> Option<Party> {
    Some(match given {
        PartyMessage::Unspecified => return None,
        PartyMessage::SubdistrictCommunityOffice => Party::SubdistrictCommunityOffice,
        PartyMessage::Communities => Party::Communities,
        PartyMessage::Employer => Party::Employer,
        PartyMessage::Workers => Party::Workers,
        PartyMessage::Other => Party::Other,
    })
}

/// Validation let nothing below zero through.
fn number(count: i32) -> u32 {
    u32::try_from(count).unwrap_or(0)
}

fn code<T>(
    list: &'static str,
    given: &str,
    parse: impl Fn(&str) -> Option<T>,
    day: CivilDate,
) -> Outcome<Option<T>> {
    let unknown = || UnionFault::CodeUnknown(list, given.to_owned(), day).to_fault();
    optional(given, |given| parse(given).ok_or_else(unknown))
}

fn optional<T>(given: &str, read: impl Fn(&str) -> Outcome<T>) -> Outcome<Option<T>> {
    let given = given.trim();
    (!given.is_empty()).then(|| read(given)).transpose()
}

fn name(given: &str) -> Outcome<Option<Name>> {
    optional(given, required_name)
}

fn required_name(given: &str) -> Outcome<Name> {
    Name::parse(given).map_err(|fault| fault.to_fault())
}

/// The number of a document, where it is given.
pub(super) fn document_number(field: &'static str, given: &str) -> Outcome<Option<DocumentNumber>> {
    let text = |_| UnionFault::Text(field, MAX_NUMBER_CHARS).to_fault();
    optional(given, |given| DocumentNumber::parse(given).map_err(text))
}

fn words(field: &'static str, given: &str) -> Outcome<Option<Words>> {
    optional(given, |given| spoken(field, given))
}

fn spoken(field: &'static str, given: &str) -> Outcome<Words> {
    let text = |_| UnionFault::Text(field, MAX_WORDS_CHARS).to_fault();
    Words::parse(given).map_err(text)
}

fn reason(field: &'static str, given: &FormationReason) -> Outcome<Words> {
    spoken(field, &given.reason)
}

fn note(field: &'static str, given: &str) -> Outcome<String> {
    let text = |_| UnionFault::Text(field, MAX_NOTE_CHARS).to_fault();
    Note::parse(given).map(|note| note.to_string()).map_err(text)
}

/// The id in a resource name.
pub(super) fn id(name: &str) -> Outcome<CaseId> {
    let id = name.strip_prefix(COLLECTION).and_then(|id| Uuid::try_parse(id).ok());
    let shape = "must be formationCases/ and a UUID in lower case";
    id.map(CaseId).ok_or_else(|| wire::invalid("name", shape))
}

/// A day of a request, where it is given.
pub(super) fn day_of(field: &str, given: &Option<Date>) -> Outcome<Option<CivilDate>> {
    wire::day(field, given.as_ref())
}
