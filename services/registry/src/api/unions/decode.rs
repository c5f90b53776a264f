//! What a request says of a union, as the domain's values.

use std::num::NonZeroU16;

use unionhall_kit::{
    civil::CivilDate,
    fault::{Fault, Outcome, Violation},
    reasons,
    vault::{Vault, masked},
};
use unionhall_proto::{
    Masked,
    google::r#type::Date,
    registry::v1::{
        Address as AddressMessage, Approval as ApprovalMessage, AssetAudit as AssetAuditMessage,
        Contact as ContactMessage, CreateUnionRequest, Mark as MarkMessage,
        MembershipOutcome as MembershipMessage, Term as TermMessage, Union, UnionDecision,
        membership_outcome::Outcome as MessageOutcome, union::EndReason as EndReasonMessage,
    },
    validate::Validate,
};
use uuid::Uuid;

use crate::{
    api::wire,
    rules::{
        Refusal,
        area::AreaPath,
        credit_code::CreditCode,
        employer::address::{Address, MAX_LINE_CHARS, Phone},
        name::Name,
        union::{
            EmployerId, UnionFacts, UnionId,
            approval::{
                Approval, AssetAudit, Decision, DocumentNumber, EndReason, MAX_NUMBER_CHARS,
                MembershipOutcome,
            },
            change::{DecisionFault, UnionChange, UnionFault},
            code::UnionCode,
            contact::{Contact, SealedMobile},
            kind::{UnionForm, UnionLevel, UnionType},
            mark::{MAX_NOTE_CHARS, Note, UnionMark},
            term::{BegunTerm, Postponement, Term, TermFault, TermYears},
        },
    },
    store::{
        employers,
        unions::{COLLECTION, mobile_place},
    },
};

/// The fields of `Union` that a change can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    DisplayName,
    Type,
    Form,
    Level,
    CreditCode,
    Employer,
    Superior,
    Territory,
    Seat,
    Office,
    Phone,
    Contact,
    Approval,
    Term,
}

use Field as F;

impl Field {
    /// In the order in which changes are made: the level stands before who is above.
    const ALL: [(Self, &'static str); 14] = [
        (F::DisplayName, "display_name"),
        (F::Type, "union_type"),
        (F::Form, "union_form"),
        (F::Level, "union_level"),
        (F::CreditCode, "credit_code"),
        (F::Employer, "employer"),
        (F::Superior, "superior"),
        (F::Territory, "territory"),
        (F::Seat, "seat"),
        (F::Office, "office"),
        (F::Phone, "phone"),
        (F::Contact, "contact"),
        (F::Approval, "approval"),
        (F::Term, "term"),
    ];

    fn differs(self, one: &Union, other: &Union) -> bool {
        match self {
            F::DisplayName => one.display_name != other.display_name,
            F::Type => one.union_type != other.union_type,
            F::Form => one.union_form != other.union_form,
            F::Level => one.union_level != other.union_level,
            F::CreditCode => one.credit_code != other.credit_code,
            F::Employer => one.employer != other.employer,
            F::Superior => one.superior != other.superior,
            F::Territory => one.territory != other.territory,
            F::Seat => one.seat != other.seat,
            F::Office => one.office != other.office,
            F::Phone => one.phone != other.phone,
            F::Contact => one.contact != other.contact,
            F::Approval => one.approval != other.approval,
            F::Term => one.term != other.term,
        }
    }
}

/// What decoding needs beside the request.
pub(crate) struct Desk<'a> {
    /// Seals what is protected.
    pub(crate) vault: &'a Vault,
    /// The union that is spoken of.
    pub(crate) id: UnionId,
    /// First day of what is said.
    pub(crate) from: CivilDate,
    /// What is known of the union so far.
    pub(crate) facts: &'a UnionFacts,
}

impl Desk<'_> {
    /// Everything that `union` says.
    pub(super) fn entered(&self, union: &Union) -> Outcome<Vec<UnionChange>> {
        self.each(union).into_iter().map(|(_, change)| change).collect()
    }

    /// The same, field by field.
    pub(crate) fn each(&self, union: &Union) -> Vec<(&'static str, Outcome<UnionChange>)> {
        let nothing = Union::default();
        let said = Field::ALL.into_iter().filter(|(field, _)| field.differs(union, &nothing));
        said.map(|(field, name)| (name, self.change(field, union))).collect()
    }

    /// What makes `present` what the masked fields of `given` say. The merged fields are validated
    /// as if they had been given whole. `UNKNOWN_MASK_PATH`, `INVALID_FIELD`.
    pub(super) fn amended(
        &self,
        mut present: Union,
        given: &Union,
        mask: &[String],
    ) -> Outcome<Vec<UnionChange>> {
        // Nobody sends the masked number back.
        if let Some(contact) = &mut present.contact {
            contact.masked_mobile.clear();
        }
        let mut merged = present.clone();
        let unknown = |path| Fault::new(&reasons::UNKNOWN_MASK_PATH).with("path", path);
        merged.apply_mask(given, mask).map_err(|found| unknown(found.0))?;
        let differing: Vec<_> =
            Field::ALL.into_iter().filter(|(field, _)| field.differs(&merged, &present)).collect();
        if differing.iter().any(|(field, _)| *field == F::Superior) {
            let why = "is changed by AffiliateUnion; leave it out of the mask";
            return Err(Fault::new(&reasons::INVALID_FIELD).violation("union.superior", why));
        }
        let names: Vec<&str> = differing.iter().map(|(_, name)| *name).collect();
        let merged = valid(merged, &names)?;
        differing.iter().map(|(field, _)| self.change(*field, &merged)).collect()
    }

    /// The change that makes the field what `union` has.
    fn change(&self, field: Field, union: &Union) -> Outcome<UnionChange> {
        let unknown =
            |list, code: &str| fault(UnionFault::CodeUnknown(list, code.to_owned(), self.from));
        Ok(match field {
            F::DisplayName => UnionChange::Name(Name::parse(&union.display_name).map_err(fault)?),
            F::Type => UnionChange::Type(
                UnionType::parse(&union.union_type)
                    .ok_or_else(|| unknown("union_type", &union.union_type))?,
            ),
            F::Form => UnionChange::Form(
                UnionForm::parse(&union.union_form)
                    .ok_or_else(|| unknown("union_form", &union.union_form))?,
            ),
            F::Level => UnionChange::Level(
                UnionLevel::parse(&union.union_level)
                    .ok_or_else(|| unknown("union_level", &union.union_level))?,
            ),
            F::CreditCode => UnionChange::Code(given(&union.credit_code, code)?),
            F::Employer => UnionChange::Employer(given(&union.employer, employer)?),
            F::Superior => UnionChange::Superior(given(&union.superior, id)?),
            F::Territory => UnionChange::Territory(given(&union.territory, area)?),
            F::Seat => match &union.seat {
                Some(seat) => UnionChange::Seat(address("seat", seat)?),
                None => return Err(fault(UnionFault::Incomplete("seat"))),
            },
            F::Office => {
                let office = union.office.as_ref().map(|at| address("office", at));
                UnionChange::Office(office.transpose()?)
            }
            F::Phone => UnionChange::Phone(given(&union.phone, phone)?),
            F::Contact => {
                let contact = union.contact.as_ref().map(|contact| self.contact(contact));
                UnionChange::Contact(contact.transpose()?)
            }
            F::Approval => {
                UnionChange::Approval(union.approval.as_ref().map(approval).transpose()?)
            }
            F::Term => {
                let term = union.term.as_ref().map(|given| term(given, self.from));
                UnionChange::Term(term.transpose()?)
            }
        })
    }

    /// A contact without a number keeps the one that is known.
    fn contact(&self, given: &ContactMessage) -> Outcome<Contact> {
        let name = Name::parse_area(&given.display_name).map_err(fault)?;
        if given.mobile.is_empty() {
            let known = self.facts.contacts.on(self.from);
            return Ok(Contact { name, mobile: known.and_then(|known| known.mobile.clone()) });
        }
        let mobile = match self.known_mobile(&given.mobile) {
            Some(known) => known.clone(),
            None => self.seal(&given.mobile)?,
        };
        Ok(Contact { name, mobile: Some(mobile) })
    }

    fn seal(&self, mobile: &str) -> Outcome<SealedMobile> {
        let sealed = self.vault.seal(mobile_place(&self.id), mobile.as_bytes())?;
        Ok(SealedMobile { masked: mask(mobile), sealed })
    }

    /// The number as it is sealed already, if the union has it on any day.
    fn known_mobile(&self, mobile: &str) -> Option<&SealedMobile> {
        let masked = mask(mobile);
        let is_same = |known: &SealedMobile| {
            let opened = || self.vault.open(mobile_place(&self.id), &known.sealed);
            known.masked == masked && opened().is_ok_and(|plain| *plain == mobile.as_bytes())
        };
        let known = self.facts.contacts.rows().iter().filter_map(|row| row.value.mobile.as_ref());
        known.into_iter().find(|known| is_same(known))
    }
}

fn mask(mobile: &str) -> String {
    masked(mobile, 3, 2)
}

/// Where what is said of a union breaks the contract's rules.
pub(crate) fn violations(union: Union) -> Vec<Violation> {
    CreateUnionRequest { union: Some(union), ..Default::default() }.check()
}

/// The union, if what is said of these fields keeps the contract's rules.
fn valid(union: Union, fields: &[&str]) -> Outcome<Union> {
    let mut whole = CreateUnionRequest { union: Some(union), ..Default::default() };
    let concerns = |found: &Violation| {
        let path = found.field.strip_prefix("union.").unwrap_or(&found.field);
        fields.contains(&path.split('.').next().unwrap_or(path))
    };
    let violations: Vec<Violation> = whole.check().into_iter().filter(concerns).collect();
    if violations.is_empty() {
        Ok(whole.union.unwrap_or_default())
    } else {
        Err(Fault::new(&reasons::INVALID_FIELD).violations(violations))
    }
}

fn given<T>(text: &str, read: impl Fn(&str) -> Outcome<T>) -> Outcome<Option<T>> {
    let text = text.trim();
    (!text.is_empty()).then(|| read(text)).transpose()
}

/// The id in a resource name.
pub(in crate::api) fn id(name: &str) -> Outcome<UnionId> {
    let id = name.strip_prefix(COLLECTION).and_then(|id| Uuid::try_parse(id).ok());
    let shape = "must be unions/ and a UUID in lower case";
    let refused = || Fault::new(&reasons::INVALID_FIELD).violation("name", shape);
    id.map(UnionId).ok_or_else(refused)
}

fn employer(name: &str) -> Outcome<EmployerId> {
    let id = name.strip_prefix(employers::COLLECTION).and_then(|id| Uuid::try_parse(id).ok());
    let shape = "must be employers/ and a UUID in lower case";
    let refused = || Fault::new(&reasons::INVALID_FIELD).violation("union.employer", shape);
    id.map(EmployerId).ok_or_else(refused)
}

/// The area that a name names.
pub(in crate::api) fn area(name: &str) -> Outcome<AreaPath> {
    AreaPath::parse(name.strip_prefix("areas/").unwrap_or(name)).map_err(fault)
}

/// An address; the field is named where a text of it is none.
pub(in crate::api) fn address(field: &'static str, given: &AddressMessage) -> Outcome<Address> {
    let text = |_| fault(UnionFault::Text(field, MAX_LINE_CHARS));
    Address::new(area(&given.area)?, &given.line).map_err(text)
}

fn phone(given: &str) -> Outcome<Phone> {
    Phone::parse(given).map_err(fault)
}

/// The union's own code in a text.
pub(in crate::api) fn code(given: &str) -> Outcome<UnionCode> {
    UnionCode::try_from(CreditCode::parse(given).map_err(fault)?).map_err(fault)
}

pub(in crate::api) fn approval(given: &ApprovalMessage) -> Outcome<Approval> {
    let text = |_| fault(UnionFault::Text("approval.number", MAX_NUMBER_CHARS));
    Ok(Approval {
        body: Name::parse(&given.body).map_err(fault)?,
        number: DocumentNumber::parse(&given.number).map_err(text)?,
    })
}

/// The decision of the higher union.
pub(super) fn decision(given: &UnionDecision) -> Outcome<Decision> {
    let granted = given.approval.as_ref().ok_or_else(|| required("decision.approval"))?;
    let decided_on = day("decision.decided_on", &given.decided_on)?;
    let text = |_| fault(UnionFault::Text("decision.asset_note", MAX_NOTE_CHARS));
    Ok(Decision {
        approval: approval(granted)?,
        decided_on: decided_on.ok_or_else(|| required("decision.decided_on"))?,
        assets: Note::parse(&given.asset_note).map_err(text)?,
        audit: given.asset_audit.as_ref().map(asset_audit).transpose()?,
        approver: self::given(&given.approver, id)?,
    })
}

fn asset_audit(given: &AssetAuditMessage) -> Outcome<AssetAudit> {
    let text = |_| fault(UnionFault::Text("decision.asset_audit.number", MAX_NUMBER_CHARS));
    let audited_on = day("decision.asset_audit.audited_on", &given.audited_on)?;
    Ok(AssetAudit {
        number: DocumentNumber::parse(&given.number).map_err(text)?,
        audited_on: audited_on.ok_or_else(|| required("decision.asset_audit.audited_on"))?,
    })
}

/// Why a union is dissolved; `None` where that is not said.
pub(super) fn end_reason(given: EndReasonMessage) -> Option<EndReason> {
    match given {
        EndReasonMessage::Unspecified => None,
        EndReasonMessage::EmployerEnded => Some(EndReason::EmployerEnded),
        EndReasonMessage::NoMembers => Some(EndReason::NoMembers),
        EndReasonMessage::MergedElsewhere => Some(EndReason::MergedElsewhere),
        EndReasonMessage::Deregistered => Some(EndReason::Deregistered),
        EndReasonMessage::Other => Some(EndReason::Other),
    }
}

/// What becomes of the members.
pub(super) fn membership(given: &MembershipMessage) -> Outcome<MembershipOutcome> {
    match (given.outcome(), self::given(&given.union, id)?) {
        (MessageOutcome::ToSuccessor, None) => Ok(MembershipOutcome::ToSuccessor),
        (MessageOutcome::Retained, Some(union)) => Ok(MembershipOutcome::Retained(union)),
        (MessageOutcome::Unspecified, _) => Err(required("membership.outcome")),
        _ => Err(fault(UnionFault::Decision(DecisionFault::RetainedWhere))),
    }
}

/// A term; without a first day it begins on the day of the change.
fn term(given: &TermMessage, from: CivilDate) -> Outcome<BegunTerm> {
    let begins_on = day("union.term.begins_on", &given.begins_on)?;
    let number = u16::try_from(given.number).ok().and_then(NonZeroU16::new);
    let years = u8::try_from(given.years).ok().and_then(|years| TermYears::try_from(years).ok());
    let number = number.ok_or_else(|| required("union.term.number"))?;
    let years = years.ok_or_else(|| fault(UnionFault::Term(TermFault::Years)))?;
    let postponed_to = day("union.term.postponed_to", &given.postponed_to)?;
    let postponements = postponed_to.map(Postponement::told).into_iter().collect();
    let term = Term { postponements, ..Term::new(number, years) };
    Ok(BegunTerm { term, begins_on: begins_on.unwrap_or(from) })
}

/// A mark with its note.
pub(super) fn mark(given: &MarkMessage, from: CivilDate) -> Outcome<UnionChange> {
    let text = |_| fault(UnionFault::Text("mark.note", MAX_NOTE_CHARS));
    let note = Note::parse(&given.note).map_err(text)?;
    Ok(UnionChange::Mark(mark_code(&given.mark, from)?, Some(note)))
}

/// A mark by its code.
pub(super) fn mark_code(code: &str, from: CivilDate) -> Outcome<UnionMark> {
    let unknown = || fault(UnionFault::CodeUnknown("union_mark", code.to_owned(), from));
    UnionMark::parse(code).ok_or_else(unknown)
}

/// A day of a request, where it is given.
pub(super) fn day(field: &str, given: &Option<Date>) -> Outcome<Option<CivilDate>> {
    wire::day(field, given.as_ref())
}

/// `INVALID_FIELD` for a field that has to be there.
pub(super) fn required(field: &str) -> Fault {
    Fault::new(&reasons::INVALID_FIELD).violation(field, "is required")
}

fn fault(refusal: impl Refusal) -> Fault {
    refusal.to_fault()
}
