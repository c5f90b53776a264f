//! The facts of a member as rows.

use serde::{Deserialize, Serialize};
use unionhall_kit::{
    civil::{CivilDate, Period},
    fault::Outcome,
};

use crate::{
    rules::{
        area::AreaPath,
        history::{Dated, History},
        member::{
            Employment, MemberFacts,
            erasure::without_note,
            passage::{Passage, Passages, Step},
            sealed::{HeldDocument, SealedNumber},
        },
        person::{
            code::{EducationCode, EthnicityCode, Sex, WorkerGroup},
            document::DocumentKind,
            name::PersonName,
        },
    },
    store::dated::{DatedFact, broken, put},
};

/// One fact, named after the field of `Member` that it sets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Name.
    DisplayName(PersonName),
    /// Sex.
    Sex(Sex),
    /// Day of birth.
    BirthDate(CivilDate),
    /// Ethnicity.
    Ethnicity(EthnicityCode),
    /// Education.
    Education(EducationCode),
    /// A document.
    Documents(DocumentKind, HeldDocument),
    /// Mobile number.
    Mobile(SealedNumber),
    /// The area of the home.
    Residence(AreaPath),
    /// Where the person works.
    Employment(Employment),
    /// Worker group.
    WorkerGroup(WorkerGroup),
    /// Whether the person is a migrant worker.
    MigrantWorker(bool),
    /// A step of the membership, with its place among those of the person.
    Membership(u16, Step),
}

impl Fact {
    /// The field of the resource.
    pub fn field(&self) -> &'static str {
        match self {
            Self::DisplayName(_) => "display_name",
            Self::Sex(_) => "sex",
            Self::BirthDate(_) => "birth_date",
            Self::Ethnicity(_) => "ethnicity",
            Self::Education(_) => "education",
            Self::Documents(..) => "documents",
            Self::Mobile(_) => "mobile",
            Self::Residence(_) => "residence",
            Self::Employment(_) => "employment",
            Self::WorkerGroup(_) => "worker_group",
            Self::MigrantWorker(_) => "migrant_worker",
            Self::Membership(..) => "membership",
        }
    }

    /// What stays of it when what is personal is erased; see
    /// [`crate::rules::member::erasure::impersonal`].
    pub(super) fn impersonal(self) -> Option<Self> {
        match self {
            Self::Membership(number, step) => Some(Self::Membership(number, without_note(&step))),
            Self::Sex(_) | Self::Employment(_) | Self::WorkerGroup(_) | Self::MigrantWorker(_) => {
                Some(self)
            }
            Self::DisplayName(_)
            | Self::BirthDate(_)
            | Self::Ethnicity(_)
            | Self::Education(_)
            | Self::Documents(..)
            | Self::Mobile(_)
            | Self::Residence(_) => None,
        }
    }
}

/// The rows of these facts, in a fixed order.
pub fn rows(facts: &MemberFacts) -> Vec<DatedFact<Fact>> {
    let mut rows = Vec::with_capacity(12);
    put(&mut rows, &facts.names, Fact::DisplayName);
    put(&mut rows, &facts.sexes, Fact::Sex);
    put(&mut rows, &facts.births, Fact::BirthDate);
    put(&mut rows, &facts.ethnicities, Fact::Ethnicity);
    put(&mut rows, &facts.educations, Fact::Education);
    for (kind, history) in &facts.documents {
        put(&mut rows, history, |held| Fact::Documents(*kind, held));
    }
    put(&mut rows, &facts.mobiles, Fact::Mobile);
    put(&mut rows, &facts.residences, Fact::Residence);
    put(&mut rows, &facts.employments, Fact::Employment);
    put(&mut rows, &facts.worker_groups, Fact::WorkerGroup);
    put(&mut rows, &facts.migrants, Fact::MigrantWorker);
    let passages = (0..).zip(facts.passages.all());
    rows.extend(passages.map(|(number, passage)| DatedFact {
        fact: Fact::Membership(number, passage.step.clone()),
        period: Period::since(passage.on),
    }));
    rows
}

/// The facts of these rows, in any order; those of confirmations are kept apart.
pub fn facts(rows: impl IntoIterator<Item = DatedFact<Fact>>) -> Outcome<MemberFacts> {
    let mut kinds = Kinds::default();
    for DatedFact { fact, period } in rows {
        match fact {
            Fact::DisplayName(value) => kinds.names.push(Dated { value, period }),
            Fact::Sex(value) => kinds.sexes.push(Dated { value, period }),
            Fact::BirthDate(value) => kinds.births.push(Dated { value, period }),
            Fact::Ethnicity(value) => kinds.ethnicities.push(Dated { value, period }),
            Fact::Education(value) => kinds.educations.push(Dated { value, period }),
            Fact::Documents(kind, value) => kinds.documents.push((kind, Dated { value, period })),
            Fact::Mobile(value) => kinds.mobiles.push(Dated { value, period }),
            Fact::Residence(value) => kinds.residences.push(Dated { value, period }),
            Fact::Employment(value) => kinds.employments.push(Dated { value, period }),
            Fact::WorkerGroup(value) => kinds.worker_groups.push(Dated { value, period }),
            Fact::MigrantWorker(value) => kinds.migrants.push(Dated { value, period }),
            Fact::Membership(number, step) => {
                kinds.passages.push((number, Passage { on: period.from(), step }));
            }
        }
    }
    kinds.facts()
}

#[derive(Default)]
struct Kinds {
    names: Vec<Dated<PersonName>>,
    sexes: Vec<Dated<Sex>>,
    births: Vec<Dated<CivilDate>>,
    ethnicities: Vec<Dated<EthnicityCode>>,
    educations: Vec<Dated<EducationCode>>,
    documents: Vec<(DocumentKind, Dated<HeldDocument>)>,
    mobiles: Vec<Dated<SealedNumber>>,
    residences: Vec<Dated<AreaPath>>,
    employments: Vec<Dated<Employment>>,
    worker_groups: Vec<Dated<WorkerGroup>>,
    migrants: Vec<Dated<bool>>,
    passages: Vec<(u16, Passage)>,
}

impl Kinds {
    fn facts(mut self) -> Outcome<MemberFacts> {
        self.passages.sort_by_key(|(number, _)| *number);
        let passages = self.passages.into_iter().map(|(_, passage)| passage).collect();
        let mut facts = MemberFacts {
            names: history(self.names)?,
            sexes: history(self.sexes)?,
            births: history(self.births)?,
            ethnicities: history(self.ethnicities)?,
            educations: history(self.educations)?,
            mobiles: history(self.mobiles)?,
            residences: history(self.residences)?,
            employments: history(self.employments)?,
            worker_groups: history(self.worker_groups)?,
            migrants: history(self.migrants)?,
            passages: Passages::new(passages).map_err(broken)?,
            ..MemberFacts::default()
        };
        let mut kinds: Vec<DocumentKind> = self.documents.iter().map(|(kind, _)| *kind).collect();
        kinds.dedup();
        for kind in kinds {
            let of = self.documents.iter().filter(|(other, _)| *other == kind);
            let rows = of.map(|(_, row)| row.clone()).collect();
            facts.documents.insert(kind, history(rows)?);
        }
        Ok(facts)
    }
}

fn history<T: Clone + PartialEq>(rows: Vec<Dated<T>>) -> Outcome<History<T>> {
    History::new(rows).map_err(broken)
}
