//! A wrong number of a document is put right 更正证件号码: on every day, for it was never the person's.

use unionhall_kit::{civil::CivilDate, fault::Reason};

use super::{
    MemberFacts, MemberFault,
    finding::Finding,
    sealed::{HeldDocument, SealedNumber},
};
use crate::rules::{
    Refusal,
    history::History,
    person::{
        code::Sex,
        consistency::{Contradiction, Stated, reconciled},
        document::{Document, DocumentKind},
        validity::Validity,
    },
    reasons,
};

/// What is put right.
pub struct Correction<'a> {
    /// The number as it was.
    pub wrong: &'a Document,
    /// The number as it is.
    pub right: &'a Document,
    /// Of every kind that shows the number: how it was sealed, and how the right one is.
    pub numbers: &'a [(DocumentKind, SealedNumber, SealedNumber)],
    /// The days on which the document is valid, where those were wrong too.
    pub validity: Option<Validity>,
    /// The person's other documents.
    pub others: &'a [Document],
    /// The civil day of the change.
    pub today: CivilDate,
}

/// Why nothing is put right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorrectionFault {
    /// No document of the kind is recorded on the day.
    #[error("the record has no document of the type {0} on {1}")]
    Absent(&'static str, CivilDate),
    /// The number is the one that is recorded.
    #[error("the record has that number already")]
    Same,
    /// What is recorded of the person contradicts the right number.
    #[error(transparent)]
    Contradicted(#[from] Contradiction),
    /// What is recorded of the person cannot be then.
    #[error(transparent)]
    Member(#[from] MemberFault),
}

/// The facts with the right number, and what to look at again.
pub fn correct(
    facts: &MemberFacts,
    correction: &Correction<'_>,
) -> Result<(MemberFacts, Vec<Finding>), CorrectionFault> {
    let Correction { wrong, right, numbers, .. } = correction;
    if wrong.number() == right.number() && correction.validity.is_none() {
        return Err(CorrectionFault::Same);
    }
    let mut corrected = facts.clone();
    for (kind, old, new) in *numbers {
        let Some(history) = corrected.documents.get_mut(kind) else { continue };
        *history = history.mapped(|held| {
            if held.number != *old {
                return held.clone();
            }
            let validity = correction.validity.filter(|_| *kind == right.kind());
            HeldDocument { number: new.clone(), validity: validity.or(held.validity) }
        });
    }
    let told = told_again(facts, (correction.wrong, correction.right))?;
    let first = facts.first_day().unwrap_or(correction.today);
    corrected.births = always(told.birth_date, first);
    corrected.sexes = always(told.sex, first);
    if let (Some(born), Some(day)) = (told.birth_date, first_known(facts))
        && day < born
    {
        return Err(MemberFault::BeforeBirth(day).into());
    }
    corrected.confirmations.note(correction.today);
    let contradicts = |other: &&Document| reconciled(told, other).is_err();
    let others = correction.others.iter().filter(contradicts);
    let mut findings: Vec<Finding> =
        others.map(|other| Finding::OtherDocument(other.kind())).collect();
    let joined = facts.passages.memberships().first_day();
    findings.extend(Finding::of_joining(told.birth_date, joined));
    Ok((corrected, findings))
}

/// Birth and sex: what came from the wrong number comes from the right one, what did not must agree
/// with it.
fn told_again(
    facts: &MemberFacts,
    (wrong, right): (&Document, &Document),
) -> Result<Stated, Contradiction> {
    let birth_date = facts.births.rows().last().map(|row| row.value);
    let sex = facts.sexes.rows().last().map(|row| row.value);
    let own = Stated {
        birth_date: birth_date.filter(|day| wrong.birth_date() != Some(*day)),
        sex: sex.filter(|sex: &Sex| wrong.sex() != Some(*sex)),
    };
    reconciled(own, right)
}

/// What somebody is born as was so on every day.
pub(super) fn always<T: Clone + PartialEq>(value: Option<T>, first: CivilDate) -> History<T> {
    let mut history = History::default();
    history.record(value, first);
    history
}

/// The first day of anything that happened to the person.
fn first_known(facts: &MemberFacts) -> Option<CivilDate> {
    let passed = facts.passages.all().first().map(|passage| passage.on);
    facts.first_day().into_iter().chain(passed).min()
}

impl Refusal for CorrectionFault {
    fn reason(&self) -> &'static Reason {
        match self {
            Self::Absent(..) | Self::Same => &reasons::DOCUMENT_CORRECTION_INVALID,
            Self::Contradicted(fault) => fault.reason(),
            Self::Member(fault) => fault.reason(),
        }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let zh = match self {
            Self::Absent(kind, day) => format!("记录在{day}没有{kind}类证件"),
            Self::Same => "记录中已是该号码".to_owned(),
            Self::Contradicted(fault) => return fault.places(),
            Self::Member(fault) => return fault.places(),
        };
        vec![("problem", self.to_string()), ("problem_zh", zh)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{
        member::passage::{Passage, Passages, Step},
        person::name::PersonName,
        union::UnionId,
    };

    const WRONG: &str = "110102188808080017";
    const RIGHT: &str = "110104188703150042";

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    fn document(kind: DocumentKind, number: &str) -> Document {
        Document::parse(kind, number, day("2014-07-01")).unwrap()
    }

    fn number(text: &str) -> SealedNumber {
        let sealed = format!("sealed {text}");
        SealedNumber { masked: String::new(), digest: text.to_owned(), sealed }
    }

    fn facts(born: &str, sex: Sex) -> MemberFacts {
        let from = day("2014-02-27");
        let held = HeldDocument { number: number(WRONG), validity: None };
        let step = Step::Admitted(UnionId(uuid::Uuid::from_u128(1)));
        MemberFacts {
            names: always(PersonName::parse("丁某").ok(), from),
            births: always(Some(day(born)), from),
            sexes: always(Some(sex), from),
            documents: [(DocumentKind::ResidentId, always(Some(held), from))].into(),
            passages: Passages::new(vec![Passage { on: from, step }]).unwrap(),
            ..MemberFacts::default()
        }
    }

    fn corrected(
        facts: &MemberFacts,
        wrong: &Document,
        others: &[Document],
    ) -> Result<(MemberFacts, Vec<Finding>), CorrectionFault> {
        let right = document(DocumentKind::ResidentId, RIGHT);
        let numbers = [(DocumentKind::ResidentId, number(WRONG), number(RIGHT))];
        let today = day("2014-07-01");
        let correction =
            Correction { wrong, right: &right, numbers: &numbers, validity: None, others, today };
        correct(facts, &correction)
    }

    #[test]
    fn what_came_from_the_wrong_number_comes_from_the_right_one() {
        let wrong = document(DocumentKind::ResidentId, WRONG);
        let (after, findings) = corrected(&facts("1888-08-08", Sex::Male), &wrong, &[]).unwrap();
        assert_eq!(findings, []);
        let on = day("2014-02-27");
        assert_eq!(after.births.on(on), Some(&day("1887-03-15")));
        assert_eq!(after.sexes.on(on), Some(&Sex::Female));
        let held = after.documents[&DocumentKind::ResidentId].on(on).unwrap();
        assert_eq!(held.number, number(RIGHT));
        assert_eq!(after.confirmations.last(), Some(day("2014-07-01")));
    }

    #[test]
    fn what_did_not_come_from_it_has_to_agree() {
        // A passport tells neither.
        let wrong = document(DocumentKind::Passport, "E00000001");
        let refused = corrected(&facts("1888-08-08", Sex::Female), &wrong, &[]);
        assert_eq!(refused, Err(CorrectionFault::Contradicted(Contradiction::BirthDate)));
        let refused = corrected(&facts("1887-03-15", Sex::Male), &wrong, &[]);
        assert_eq!(refused, Err(CorrectionFault::Contradicted(Contradiction::Sex)));
        assert!(corrected(&facts("1887-03-15", Sex::Female), &wrong, &[]).is_ok());
    }

    #[test]
    fn other_documents_and_the_day_of_joining_are_looked_at_again() {
        let wrong = document(DocumentKind::ResidentId, WRONG);
        let other = document(DocumentKind::TemporaryResidentId, WRONG);
        let mut young = facts("1888-08-08", Sex::Male);
        let joined = |on: &str| {
            let step = Step::Admitted(UnionId(uuid::Uuid::from_u128(1)));
            Passages::new(vec![Passage { on: day(on), step }]).unwrap()
        };
        young.passages = joined("1900-01-01");
        let (_, findings) = corrected(&young, &wrong, &[other]).unwrap();
        assert_eq!(findings[0], Finding::OtherDocument(DocumentKind::TemporaryResidentId));
        assert!(matches!(findings[1], Finding::Joined(..)), "{findings:?}");
        let told: Vec<&str> = findings.iter().map(|finding| finding.field()).collect();
        assert_eq!(told, ["documents", "passages"]);
        young.passages = joined("1887-03-14");
        let refused = corrected(&young, &wrong, &[]);
        assert!(matches!(refused, Err(CorrectionFault::Member(MemberFault::BeforeBirth(_)))));
    }

    #[test]
    fn the_number_that_stands_is_no_correction() {
        let same = document(DocumentKind::ResidentId, RIGHT);
        let refused = corrected(&facts("1888-08-08", Sex::Male), &same, &[]);
        assert_eq!(refused, Err(CorrectionFault::Same));
    }
}
