//! The faults that synthetic members carry.

use super::{DemoCell, member::DemoMember, person::Person};
use crate::columns::{Column, member};

/// A kind of fault that can be planted in a member's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MemberDirt {
    /// The last character of the identity number does not fit the others.
    WrongCheckDigit,
    /// The identity number is a numeric cell, as spreadsheets make of long digits.
    NumericIdentifier,
    /// The name is empty.
    MissingName,
    /// The name holds a digit.
    NameWithDigit,
    /// The identity number stands in an earlier row of the file.
    DuplicateInFile,
    /// The day of birth is another than that in the identity number.
    OtherBirthDate,
    /// The sex is another than that in the identity number.
    OtherSex,
    /// The mobile number lacks digits.
    ShortMobile,
    /// No union has the code.
    UnknownUnion,
    /// The day of joining is in no calendar.
    ImpossibleDate,
    /// The code of education is in no list.
    UnknownEducation,
}

impl MemberDirt {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::WrongCheckDigit,
        Self::NumericIdentifier,
        Self::MissingName,
        Self::NameWithDigit,
        Self::DuplicateInFile,
        Self::OtherBirthDate,
        Self::OtherSex,
        Self::ShortMobile,
        Self::UnknownUnion,
        Self::ImpossibleDate,
        Self::UnknownEducation,
    ];

    /// Whether it can be planted in the row of this person: some need a resident identity card.
    pub(super) fn fits(self, person: &Person) -> bool {
        let resident = person.document.0 == "居民身份证";
        let of_the_number = matches!(
            self,
            Self::WrongCheckDigit | Self::NumericIdentifier | Self::OtherBirthDate | Self::OtherSex
        );
        resident || !of_the_number
    }

    /// The column that an import must name.
    pub fn column(self) -> Column {
        match self {
            Self::WrongCheckDigit | Self::NumericIdentifier | Self::DuplicateInFile => {
                member::DOCUMENT_NUMBER
            }
            Self::MissingName | Self::NameWithDigit => member::NAME,
            Self::OtherBirthDate => member::BIRTH_DATE,
            Self::OtherSex => member::SEX,
            Self::ShortMobile => member::MOBILE,
            Self::UnknownUnion => member::UNION,
            Self::ImpossibleDate => member::JOINED_ON,
            Self::UnknownEducation => member::EDUCATION,
        }
    }

    /// The fault code that an import must give.
    pub fn code(self) -> &'static str {
        match self {
            Self::WrongCheckDigit => "DOCUMENT_INVALID",
            Self::NumericIdentifier => "NUMERIC_IDENTIFIER",
            Self::MissingName => "MISSING_VALUE",
            Self::NameWithDigit => "PERSON_NAME_INVALID",
            Self::DuplicateInFile => "DUPLICATE_IN_FILE",
            Self::OtherBirthDate | Self::OtherSex => "DOCUMENT_CONTRADICTED",
            Self::ShortMobile => "MOBILE_INVALID",
            Self::UnknownUnion => "UNION_UNKNOWN",
            Self::ImpossibleDate => "IMPOSSIBLE_DATE",
            Self::UnknownEducation => "UNKNOWN_CODE",
        }
    }
}

/// A clean row, which a duplicate can repeat.
#[derive(Debug, Clone)]
pub(super) struct Earlier {
    line: u32,
    document: [DemoCell; 2],
}

impl Earlier {
    pub(super) fn of(row: &DemoMember) -> Self {
        let cell = |column| row.cell(column).clone();
        let document = [member::DOCUMENT_TYPE, member::DOCUMENT_NUMBER].map(cell);
        Self { line: row.line, document }
    }
}

/// Spoils `row` in one cell; a duplicate in what tells the person.
pub(super) fn plant(
    row: &mut DemoMember,
    kind: MemberDirt,
    person: &Person,
    earlier: Option<&Earlier>,
) {
    let repeated = earlier.filter(|_| kind == MemberDirt::DuplicateInFile);
    row.planted = Some((kind, repeated.map(|earlier| earlier.line)));
    if let Some(Earlier { document: [of, number], .. }) = repeated {
        row.set(member::DOCUMENT_TYPE, of.clone());
        row.set(member::DOCUMENT_NUMBER, number.clone());
        // The other person's, which would be a second question.
        row.set(member::BIRTH_DATE, DemoCell::Empty);
        row.set(member::SEX, DemoCell::Empty);
        return;
    }
    row.set(kind.column(), spoiled(kind, person));
}

fn spoiled(kind: MemberDirt, person: &Person) -> DemoCell {
    let number = &person.document.1;
    let text = match kind {
        MemberDirt::WrongCheckDigit => {
            let (body, check) = number.split_at(number.len().saturating_sub(1));
            format!("{body}{}", if check == "7" { '5' } else { '7' })
        }
        MemberDirt::NumericIdentifier => {
            let digits = number.get(..17).and_then(|body| body.parse::<i64>().ok());
            return digits.map_or(DemoCell::Empty, |digits| DemoCell::Number(digits * 10));
        }
        MemberDirt::NameWithDigit => format!("{}2", person.name),
        MemberDirt::OtherBirthDate => person.birth_date.previous().to_string(),
        MemberDirt::OtherSex => (if person.is_woman { "男" } else { "女" }).to_owned(),
        MemberDirt::ShortMobile => person.mobile.chars().take(9).collect(),
        MemberDirt::UnknownUnion => "81110102MC00000000".to_owned(),
        MemberDirt::ImpossibleDate => "2014-02-30".to_owned(),
        MemberDirt::UnknownEducation => "27".to_owned(),
        MemberDirt::MissingName | MemberDirt::DuplicateInFile => return DemoCell::Empty,
    };
    DemoCell::Text(text)
}
