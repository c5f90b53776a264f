//! The facts of a union as rows.

use serde::{Deserialize, Serialize};
use unionhall_kit::fault::Outcome;

use crate::{
    rules::{
        area::AreaPath,
        employer::address::{Address, Phone},
        history::{Dated, History},
        name::Name,
        union::{
            EmployerId, Status, UnionFacts, UnionId,
            approval::{Approval, Decision, EndReason, MembershipOutcome},
            code::UnionCode,
            contact::Contact,
            kind::{UnionForm, UnionLevel, UnionType},
            mark::{Note, UnionMark},
            term::Term,
        },
    },
    store::{
        dated::{DatedFact, FactValue, broken, put},
        written,
    },
};

/// One fact, named after the field of `Union` that it sets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Full name.
    DisplayName(Name),
    /// What it unites.
    UnionType(UnionType),
    /// How it is organised.
    UnionForm(UnionForm),
    /// Where it stands in the hierarchy.
    UnionLevel(UnionLevel),
    /// Its own credit code.
    CreditCode(UnionCode),
    /// The employer whose own union it is.
    Employer(EmployerId),
    /// The union above.
    Superior(UnionId),
    /// The area that it unites.
    Territory(AreaPath),
    /// The seat.
    Seat(#[serde(with = "written::address")] Address),
    /// Where it works, if elsewhere.
    Office(#[serde(with = "written::address")] Address),
    /// Telephone.
    Phone(#[serde(with = "written::phone")] Phone),
    /// Who answers for it.
    Contact(Contact),
    /// The approval of its establishment.
    Approval(Approval),
    /// A term, which stands until the next.
    Term(Term),
    /// The decision by which it was merged, split or dissolved.
    Decision(Decision),
    /// The union of which it was a part.
    SplitFrom(UnionId),
    /// The unions that were split off it.
    SplitInto(Vec<UnionId>),
    /// What becomes of its members.
    Membership(MembershipOutcome),
    /// Why it was dissolved.
    EndReason(EndReason),
    /// Whether it exists.
    State(Status),
    /// A mark.
    Marks(UnionMark, Note),
}

impl FactValue for Fact {
    const TABLE: &'static str = "trade_union_fact";
    const OWNER: &'static str = "trade_union";

    fn field(&self) -> &'static str {
        match self {
            Self::DisplayName(_) => "display_name",
            Self::UnionType(_) => "union_type",
            Self::UnionForm(_) => "union_form",
            Self::UnionLevel(_) => "union_level",
            Self::CreditCode(_) => "credit_code",
            Self::Employer(_) => "employer",
            Self::Superior(_) => "superior",
            Self::Territory(_) => "territory",
            Self::Seat(_) => "seat",
            Self::Office(_) => "office",
            Self::Phone(_) => "phone",
            Self::Contact(_) => "contact",
            Self::Approval(_) => "approval",
            Self::Term(_) => "term",
            Self::Decision(_) => "decision",
            Self::SplitFrom(_) => "split_from",
            Self::SplitInto(_) => "split_into",
            Self::Membership(_) => "membership",
            Self::EndReason(_) => "end_reason",
            Self::State(_) => "state",
            // Several marks hold at a time, so each is a field of its own.
            Self::Marks(UnionMark::ServiceStation, _) => "marks.SERVICE_STATION",
            Self::Marks(UnionMark::WorkersHome, _) => "marks.WORKERS_HOME",
            Self::Marks(UnionMark::DemonstrationUnit, _) => "marks.DEMONSTRATION_UNIT",
            Self::Marks(UnionMark::Milestone, _) => "marks.MILESTONE",
            Self::Marks(UnionMark::Award, _) => "marks.AWARD",
        }
    }

    fn area(&self) -> Option<&AreaPath> {
        match self {
            Self::Seat(address) | Self::Office(address) => Some(address.area()),
            Self::Territory(area) => Some(area),
            _ => None,
        }
    }
}

/// The rows of these facts, in a fixed order.
pub fn rows(facts: &UnionFacts) -> Vec<DatedFact<Fact>> {
    let mut rows = Vec::new();
    put(&mut rows, &facts.names, Fact::DisplayName);
    put(&mut rows, &facts.types, Fact::UnionType);
    put(&mut rows, &facts.forms, Fact::UnionForm);
    put(&mut rows, &facts.levels, Fact::UnionLevel);
    put(&mut rows, &facts.codes, Fact::CreditCode);
    put(&mut rows, &facts.employers, Fact::Employer);
    put(&mut rows, &facts.superiors, Fact::Superior);
    put(&mut rows, &facts.territories, Fact::Territory);
    put(&mut rows, &facts.seats, Fact::Seat);
    put(&mut rows, &facts.offices, Fact::Office);
    put(&mut rows, &facts.phones, Fact::Phone);
    put(&mut rows, &facts.contacts, Fact::Contact);
    put(&mut rows, &facts.approvals, Fact::Approval);
    put(&mut rows, &facts.terms, Fact::Term);
    put(&mut rows, &facts.decisions, Fact::Decision);
    put(&mut rows, &facts.origins, Fact::SplitFrom);
    put(&mut rows, &facts.parts, Fact::SplitInto);
    put(&mut rows, &facts.memberships, Fact::Membership);
    put(&mut rows, &facts.end_reasons, Fact::EndReason);
    put(&mut rows, &facts.statuses, Fact::State);
    for (mark, history) in &facts.marks {
        put(&mut rows, history, |note| Fact::Marks(*mark, note));
    }
    rows
}

/// The facts of these rows, in any order.
pub fn facts(rows: impl IntoIterator<Item = DatedFact<Fact>>) -> Outcome<UnionFacts> {
    let mut kinds = Kinds::default();
    for DatedFact { fact, period } in rows {
        match fact {
            Fact::DisplayName(value) => kinds.names.push(Dated { value, period }),
            Fact::UnionType(value) => kinds.types.push(Dated { value, period }),
            Fact::UnionForm(value) => kinds.forms.push(Dated { value, period }),
            Fact::UnionLevel(value) => kinds.levels.push(Dated { value, period }),
            Fact::CreditCode(value) => kinds.codes.push(Dated { value, period }),
            Fact::Employer(value) => kinds.employers.push(Dated { value, period }),
            Fact::Superior(value) => kinds.superiors.push(Dated { value, period }),
            Fact::Territory(value) => kinds.territories.push(Dated { value, period }),
            Fact::Seat(value) => kinds.seats.push(Dated { value, period }),
            Fact::Office(value) => kinds.offices.push(Dated { value, period }),
            Fact::Phone(value) => kinds.phones.push(Dated { value, period }),
            Fact::Contact(value) => kinds.contacts.push(Dated { value, period }),
            Fact::Approval(value) => kinds.approvals.push(Dated { value, period }),
            Fact::Term(value) => kinds.terms.push(Dated { value, period }),
            Fact::Decision(value) => kinds.decisions.push(Dated { value, period }),
            Fact::SplitFrom(value) => kinds.origins.push(Dated { value, period }),
            Fact::SplitInto(value) => kinds.parts.push(Dated { value, period }),
            Fact::Membership(value) => kinds.memberships.push(Dated { value, period }),
            Fact::EndReason(value) => kinds.end_reasons.push(Dated { value, period }),
            Fact::State(value) => kinds.statuses.push(Dated { value, period }),
            Fact::Marks(mark, value) => kinds.marks.push((mark, Dated { value, period })),
        }
    }
    kinds.facts()
}

#[derive(Default)]
struct Kinds {
    names: Vec<Dated<Name>>,
    types: Vec<Dated<UnionType>>,
    forms: Vec<Dated<UnionForm>>,
    levels: Vec<Dated<UnionLevel>>,
    codes: Vec<Dated<UnionCode>>,
    employers: Vec<Dated<EmployerId>>,
    superiors: Vec<Dated<UnionId>>,
    territories: Vec<Dated<AreaPath>>,
    seats: Vec<Dated<Address>>,
    offices: Vec<Dated<Address>>,
    phones: Vec<Dated<Phone>>,
    contacts: Vec<Dated<Contact>>,
    approvals: Vec<Dated<Approval>>,
    terms: Vec<Dated<Term>>,
    decisions: Vec<Dated<Decision>>,
    origins: Vec<Dated<UnionId>>,
    parts: Vec<Dated<Vec<UnionId>>>,
    memberships: Vec<Dated<MembershipOutcome>>,
    end_reasons: Vec<Dated<EndReason>>,
    statuses: Vec<Dated<Status>>,
    marks: Vec<(UnionMark, Dated<Note>)>,
}

impl Kinds {
    fn facts(self) -> Outcome<UnionFacts> {
        let mut facts = UnionFacts {
            names: history(self.names)?,
            types: history(self.types)?,
            forms: history(self.forms)?,
            levels: history(self.levels)?,
            codes: history(self.codes)?,
            employers: history(self.employers)?,
            superiors: history(self.superiors)?,
            territories: history(self.territories)?,
            seats: history(self.seats)?,
            offices: history(self.offices)?,
            phones: history(self.phones)?,
            contacts: history(self.contacts)?,
            approvals: history(self.approvals)?,
            terms: history(self.terms)?,
            decisions: history(self.decisions)?,
            origins: history(self.origins)?,
            parts: history(self.parts)?,
            memberships: history(self.memberships)?,
            end_reasons: history(self.end_reasons)?,
            statuses: history(self.statuses)?,
            ..UnionFacts::default()
        };
        for mark in UnionMark::ALL {
            let rows = self.marks.iter().filter(|(of, _)| of == mark).map(|(_, row)| row.clone());
            let rows: Vec<_> = rows.collect();
            if !rows.is_empty() {
                facts.marks.insert(*mark, history(rows)?);
            }
        }
        Ok(facts)
    }
}

fn history<T: Clone + PartialEq>(rows: Vec<Dated<T>>) -> Outcome<History<T>> {
    History::new(rows).map_err(broken)
}
