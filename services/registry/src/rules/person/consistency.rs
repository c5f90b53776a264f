//! What is stated of a person against what the number of a document says.

use unionhall_kit::{civil::CivilDate, fault::Reason};

use super::{code::Sex, document::Document};
use crate::rules::{Refusal, reasons};

/// Nobody may be employed before this age (Labour Law art. 15).
const WORKING_AGE: u32 = 16;

/// Birth date and sex of a person, as far as they are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stated {
    /// Birth date 出生日期.
    pub birth_date: Option<CivilDate>,
    /// Sex 性别.
    pub sex: Option<Sex>,
}

/// What is stated and what a document says are not of one person. It does not tell what the
/// document says, which the reader may not be allowed to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// The birth date differs.
    #[error("the birth date differs from that in the number of the document")]
    BirthDate,
    /// The sex differs.
    #[error("the sex differs from that in the number of the document")]
    Sex,
}

/// What is told of the day on which somebody joined, without being wrong for certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JoinDoubt {
    /// Before the birth.
    #[error("the day is before the birth")]
    NotBorn,
    /// Younger than the age from which on one may be employed; the age in years.
    #[error("{0} years old on that day; nobody may be employed before 16 (Labour Law art. 15)")]
    UnderAge(u32),
}

/// What is known of a person when the document is added to what is stated. What is not stated, or
/// stated as unknown, is taken from the document.
pub fn reconciled(stated: Stated, document: &Document) -> Result<Stated, Contradiction> {
    if stated.birth_date.is_some_and(|day| !document.agrees_with_birth(day)) {
        return Err(Contradiction::BirthDate);
    }
    let sex = stated.sex.filter(|sex| sex.is_known());
    if let (Some(stated), Some(told)) = (sex, document.sex())
        && stated != told
    {
        return Err(Contradiction::Sex);
    }
    Ok(Stated {
        birth_date: stated.birth_date.or(document.birth_date()),
        sex: sex.or(document.sex()).or(stated.sex),
    })
}

/// Completed years of age 周岁 on `day`; `None` before the birth. A year is completed on the
/// birthday itself; who was born on 29 February has it on 1 March of other years.
pub fn age_on(birth: CivilDate, day: CivilDate) -> Option<u32> {
    let before_birthday = (day.month(), day.day()) < (birth.month(), birth.day());
    u32::try_from(day.year() - birth.year() - i32::from(before_birthday)).ok()
}

/// What to look at again in a day of joining 入会日期.
pub fn join_doubt(birth: CivilDate, joined_on: CivilDate) -> Option<JoinDoubt> {
    match age_on(birth, joined_on) {
        None => Some(JoinDoubt::NotBorn),
        Some(age) => (age < WORKING_AGE).then_some(JoinDoubt::UnderAge(age)),
    }
}

impl JoinDoubt {
    /// The same in Chinese.
    pub fn chinese(self) -> String {
        match self {
            Self::NotBorn => "该日期早于出生日期".to_owned(),
            Self::UnderAge(age) => {
                format!(
                    "当日年满{age}周岁，用人单位不得招用未满16周岁的未成年人（《劳动法》第十五条）"
                )
            }
        }
    }
}

impl Refusal for Contradiction {
    fn reason(&self) -> &'static Reason {
        &reasons::DOCUMENT_CONTRADICTED
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let (field, field_zh) = match self {
            Self::BirthDate => ("birth_date", "出生日期"),
            Self::Sex => ("sex", "性别"),
        };
        vec![("field", field.to_owned()), ("field_zh", field_zh.to_owned())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::person::document::DocumentKind;

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    fn document(kind: DocumentKind, number: &str) -> Document {
        Document::parse(kind, number, day("2014-02-27")).unwrap()
    }

    fn stated(birth_date: Option<&str>, sex: Option<Sex>) -> Stated {
        Stated { birth_date: birth_date.map(day), sex }
    }

    #[test]
    fn what_is_not_stated_comes_from_the_document() {
        let man = document(DocumentKind::ResidentId, "110102188808080017");
        let known = stated(Some("1888-08-08"), Some(Sex::Male));
        for given in [
            stated(None, None),
            stated(None, Some(Sex::Unknown)),
            stated(Some("1888-08-08"), Some(Sex::NotStated)),
            known,
        ] {
            assert_eq!(reconciled(given, &man), Ok(known), "{given:?}");
        }
        let passport = document(DocumentKind::Passport, "E00000001");
        for given in [known, stated(None, Some(Sex::NotStated)), stated(None, None)] {
            assert_eq!(reconciled(given, &passport), Ok(given), "a passport says nothing");
        }
    }

    #[test]
    fn what_differs_is_refused_without_telling_the_document() {
        let woman = document(DocumentKind::ResidentId, "110102188808080025");
        for (given, expected) in [
            (stated(Some("1888-08-09"), None), Contradiction::BirthDate),
            (stated(Some("1988-08-08"), Some(Sex::Female)), Contradiction::BirthDate),
            (stated(Some("1888-08-08"), Some(Sex::Male)), Contradiction::Sex),
        ] {
            assert_eq!(reconciled(given, &woman), Err(expected), "{given:?}");
            let fault = expected.to_fault();
            for text in [fault.english(), fault.chinese()] {
                assert!(!text.contains('{') && !text.contains("1888"), "{text}");
            }
        }
    }

    #[test]
    fn a_short_year_agrees_with_either_century() {
        let card = document(DocumentKind::ForeignPermanentResidence, "USA110088080806");
        for birth in ["1888-08-08", "1988-08-08"] {
            let known = stated(Some(birth), Some(Sex::Female));
            assert_eq!(reconciled(known, &card), Ok(known), "{birth}");
        }
        assert_eq!(reconciled(stated(None, None), &card), Ok(stated(None, None)));
        for birth in ["1889-08-08", "1888-08-09", "1888-09-08"] {
            let given = stated(Some(birth), None);
            assert_eq!(reconciled(given, &card), Err(Contradiction::BirthDate), "{birth}");
        }
    }

    #[test]
    fn years_are_completed_on_the_birthday() {
        let age = |birth, on| age_on(day(birth), day(on));
        assert_eq!(age("1888-08-08", "1904-08-07"), Some(15));
        assert_eq!(age("1888-08-08", "1904-08-08"), Some(16));
        assert_eq!(age("1888-08-08", "1888-08-08"), Some(0));
        assert_eq!(age("1888-08-08", "1888-08-07"), None);
        assert_eq!(age("1896-02-29", "1913-02-28"), Some(16));
        assert_eq!(age("1896-02-29", "1913-03-01"), Some(17));
    }

    #[test]
    fn joining_before_16_is_doubted() {
        let doubt = |on| join_doubt(day("1888-08-08"), day(on));
        assert_eq!(doubt("1904-08-08"), None);
        assert_eq!(doubt("1904-08-07"), Some(JoinDoubt::UnderAge(15)));
        assert_eq!(doubt("1888-08-08"), Some(JoinDoubt::UnderAge(0)));
        assert_eq!(doubt("1888-08-07"), Some(JoinDoubt::NotBorn));
        assert!(JoinDoubt::UnderAge(15).chinese().contains("15周岁"));
    }
}
