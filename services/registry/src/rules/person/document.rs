//! Identity documents 证件 and their numbers.
//!
//! One person has one number of a resident identity card for life (Resident Identity Card Law art.
//! 3), and a person can have several documents. A number is protected: it is parsed here, sealed by
//! the vault and shown masked. It is wiped from memory when its document is dropped.

use std::fmt;

use unionhall_kit::{civil::CivilDate, text, vault};
use zeroize::Zeroizing;

use self::form::Birth;
pub use self::{
    fault::{DocumentFault, DocumentProblem},
    kind::DocumentKind,
};
use super::code::Sex;

mod fault;
mod form;
mod kind;

/// Characters of a permit of Hong Kong and Macao that stay for life; two more count its issues.
const HK_MACAO_LIFELONG: usize = 9;

/// A document with its number. It has no `Serialize`: only the vault may write a number down.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    kind: DocumentKind,
    /// In normal form, right in every respect that can be told.
    number: Zeroizing<String>,
}

/// The number of a resident identity card of its first 17 digits, for synthetic persons.
pub(crate) fn resident_id(body: &str) -> Option<String> {
    form::completed(body)
}

/// The number that took the place of 15 digits of 1989.
pub(super) fn lengthened(old: &str) -> Option<String> {
    form::lengthened(old).ok()
}

/// Whether a text in normal form is a number with a check character, of whoever is born by now or
/// later.
pub(super) fn is_checked(number: &str) -> bool {
    let day = match form::birth(number.as_bytes()) {
        Some(Birth::On(day)) => day,
        Some(Birth::Short(_)) => CivilDate::FIRST,
        None => return false,
    };
    DocumentKind::CHECKED.into_iter().any(|kind| form::check(kind, number, day).is_ok())
}

/// A document of an import, in which the old form may stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Converted {
    /// The document, with its number of 18 characters.
    pub document: Document,
    /// Whether the text had the 15 digits of GB 11643-1989.
    pub from_old_form: bool,
}

impl Document {
    /// Reads a number as people write it: full width, lower case and white space are mended.
    /// `today` is the day after which nobody is born.
    pub fn parse(kind: DocumentKind, given: &str, today: CivilDate) -> Result<Self, DocumentFault> {
        Self::of(kind, compact(kind, given), today)
    }

    /// Reads a number of an import, where a resident identity card may still have the 15 digits of
    /// 1989: they become the 18 of 1999 and the answer says so. The form has no check character, so
    /// a slip in it is not seen.
    pub fn converted(
        kind: DocumentKind,
        given: &str,
        today: CivilDate,
    ) -> Result<Converted, DocumentFault> {
        let number = compact(kind, given);
        if kind != DocumentKind::ResidentId || !form::is_old(&number) {
            let document = Self::of(kind, number, today)?;
            return Ok(Converted { document, from_old_form: false });
        }
        let number =
            form::lengthened(&number).map_err(|problem| DocumentFault { kind, problem })?;
        let document = Self::of(kind, Zeroizing::new(number), today)?;
        Ok(Converted { document, from_old_form: true })
    }

    fn of(
        kind: DocumentKind,
        number: Zeroizing<String>,
        today: CivilDate,
    ) -> Result<Self, DocumentFault> {
        let Err(problem) = form::check(kind, &number, today) else {
            return Ok(Self { kind, number });
        };
        let of_citizen = kind.index_kind() == DocumentKind::ResidentId.index_kind();
        let problem = match other_kind(kind, &number, today) {
            Some(other) => DocumentProblem::OtherKind(other),
            None if of_citizen && form::is_old(&number) => DocumentProblem::OldForm,
            None => problem,
        };
        Err(DocumentFault { kind, problem })
    }

    /// The kind.
    pub fn kind(&self) -> DocumentKind {
        self.kind
    }

    /// The number, for the vault and a reveal alone.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The birth date, where the whole of it stands in the number. A foreigner's card of 2017
    /// leaves the century open: ask [`Self::agrees_with_birth`].
    pub fn birth_date(&self) -> Option<CivilDate> {
        match self.birth()? {
            Birth::On(day) => Some(day),
            Birth::Short(_) => None,
        }
    }

    /// Whether somebody born on `day` can hold it, as far as the number tells.
    pub fn agrees_with_birth(&self, day: CivilDate) -> bool {
        match self.birth() {
            None => true,
            Some(Birth::On(birth)) => birth == day,
            Some(Birth::Short([year, month, of_month])) => {
                day.year().rem_euclid(100).unsigned_abs() == year
                    && (day.month(), day.day()) == (month, of_month)
            }
        }
    }

    /// The sex, where the number tells it: an odd sequence is a man's. That it does on foreigners'
    /// cards is not certain enough to refuse anybody for it.
    pub fn sex(&self) -> Option<Sex> {
        match self.kind {
            DocumentKind::ResidentId
            | DocumentKind::TemporaryResidentId
            | DocumentKind::ResidencePermit => {
                Some(if form::is_odd(self.number.as_bytes()) { Sex::Male } else { Sex::Female })
            }
            _ => None,
        }
    }

    /// The number with most of it hidden. Sex and birth date of a member are in plain beside it, and
    /// whoever knows a number may ask for its holder, so what is shown must leave too much to try
    /// out: of a citizen's number the place, the sequence and the check character stay hidden.
    pub fn masked(&self) -> String {
        let (head, tail) = match self.kind {
            DocumentKind::ResidentId | DocumentKind::TemporaryResidentId => (1, 0),
            // The six digits of a residence permit are the same for everybody.
            DocumentKind::ResidencePermit => (6, 0),
            DocumentKind::ForeignPermanentResidence if self.number.len() == form::OLD_LENGTH => {
                (3, 0)
            }
            DocumentKind::ForeignPermanentResidence => (1, 0),
            _ => (1, 2),
        };
        vault::masked(self.lifelong(), head, tail)
    }

    /// What the blind index of the number is filed under; see [`DocumentKind::index_kind`].
    pub fn index_kind(&self) -> &'static str {
        self.kind.index_kind()
    }

    /// The bytes that the blind index is made of: equal for all texts that mean one number. A
    /// permit of Hong Kong or Macao is indexed without the count of its issues.
    pub fn index_bytes(&self) -> &[u8] {
        self.lifelong().as_bytes()
    }

    fn lifelong(&self) -> &str {
        let counted = self.kind == DocumentKind::HkMacaoPermit
            && self.number.len() > HK_MACAO_LIFELONG
            && self.number[1..].bytes().all(|byte| byte.is_ascii_digit());
        if counted { &self.number[..HK_MACAO_LIFELONG] } else { &self.number }
    }

    fn birth(&self) -> Option<Birth> {
        match self.kind {
            DocumentKind::ResidentId
            | DocumentKind::TemporaryResidentId
            | DocumentKind::ResidencePermit
            | DocumentKind::ForeignPermanentResidence => form::birth(self.number.as_bytes()),
            _ => None,
        }
    }
}

/// Not even masked: what is debugged gets into logs.
impl fmt::Debug for Document {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Document({})", self.kind.code())
    }
}

/// The kind that the number is right for, where it is not for the stated one.
fn other_kind(kind: DocumentKind, number: &str, today: CivilDate) -> Option<DocumentKind> {
    let fits = |other: &DocumentKind| *other != kind && form::check(*other, number, today).is_ok();
    DocumentKind::CHECKED.into_iter().find(fits)
}

/// Half width, upper case, no white space; written in one piece, so that nothing else is to be
/// wiped. The frame 字第…号 around the number of an officer card is left out by many.
fn compact(kind: DocumentKind, given: &str) -> Zeroizing<String> {
    let framed = matches!(kind, DocumentKind::OfficerCard | DocumentKind::ArmedPoliceCard);
    let mut number = Zeroizing::new(String::with_capacity(given.len()));
    let frame = |c: char| framed && matches!(c, '字' | '第' | '号');
    let kept = |c: &char| !c.is_whitespace() && !frame(*c);
    number.extend(
        given.chars().map(text::half_width_char).filter(kept).map(|c| c.to_ascii_uppercase()),
    );
    number
}

#[cfg(test)]
mod tests;
