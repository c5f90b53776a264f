//! What a row says, as far as it can be told from the row alone.

use unionhall_kit::{
    civil::CivilDate,
    fault::Outcome,
    sheet::{CellFault, Record, Value, kinds::UNKNOWN_CODE},
    vault::BlindIndex,
};

use super::{
    layout::{APPLIED, TRANSFERRED, YES, list},
    ways::step_out,
};
use crate::{
    Register,
    api::members::desk::{document_indexes, mobile_indexes},
    columns::{Column, member as columns},
    imports::{
        code_of,
        kinds::NEEDS_COLUMN,
        named::{Called, employer_code},
        places::Places,
        refused,
    },
    reference::ReferenceBook,
    rules::{
        Refusal,
        area::AreaPath,
        credit_code::CreditCode,
        member::{MemberFault, note::note, passage::Passage},
        organisation_code::OrganisationCode,
        person::{
            code::{EducationCode, EmploymentStatus, EthnicityCode, Sex, WorkerGroup},
            consistency::Stated,
            document::{Document, DocumentKind},
            mobile::Mobile,
            name::PersonName,
            validity::Validity,
        },
        union::mark::Note,
    },
    store::employers::name_key,
};

/// What rows are read against.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) register: &'a Register,
    pub(super) places: &'a Places,
    pub(super) today: CivilDate,
}

/// How a row names an employer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Workplace {
    /// By a code.
    Code(OrganisationCode),
    /// By its name, as it is looked up.
    Name(String),
}

/// How a row says that the person came to the union.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Way {
    /// Admitted.
    #[default]
    Admitted,
    /// As a member of a union that the register does not know.
    Transferred,
    /// Applied, and is to be decided on.
    Applied,
}

/// What a row says. Whom it names is looked up later, for all rows of a chunk at once.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) name: Option<PersonName>,
    pub(super) document: Option<Document>,
    /// Those of the document, one a live version of the key.
    pub(super) digests: Vec<BlindIndex>,
    pub(super) validity: Option<Validity>,
    /// Sex and day of birth, as their cells say.
    pub(super) stated: Stated,
    pub(super) ethnicity: Option<EthnicityCode>,
    pub(super) education: Option<EducationCode>,
    pub(super) mobile: Option<Mobile>,
    pub(super) mobile_digests: Vec<BlindIndex>,
    pub(super) residence: Option<AreaPath>,
    pub(super) employer: Option<Workplace>,
    pub(super) status: Option<EmploymentStatus>,
    pub(super) group: Option<WorkerGroup>,
    pub(super) migrant: Option<bool>,
    pub(super) union: Option<Called>,
    pub(super) union_area: Option<AreaPath>,
    pub(super) way: Way,
    pub(super) joined_on: Option<CivilDate>,
    pub(super) applied_on: Option<CivilDate>,
    pub(super) former_union: Option<Note>,
    /// How the membership ended or is retained.
    pub(super) out: Option<Passage>,
    pub(super) confirmed: bool,
    pub(super) effective_on: Option<CivilDate>,
    pub(super) faults: Vec<CellFault>,
}

/// The document of a row; none where its cells have faults already.
pub(super) fn document(
    row: &Record,
    reference: &ReferenceBook,
    today: CivilDate,
) -> Result<Option<Document>, CellFault> {
    let column = columns::DOCUMENT_TYPE;
    let kind = match row.value(column.key) {
        Value::Empty => Some(DocumentKind::ResidentId),
        _ => {
            let list = list(column).and_then(|id| reference.on(id, today));
            match code_of(row, column, (list, today)) {
                Ok(code) => DocumentKind::parse(&code),
                Err(None) => None,
                Err(Some(fault)) => return Err(fault),
            }
        }
    };
    let Some((kind, given)) = kind.zip(row.text(columns::DOCUMENT_NUMBER.key)) else {
        return Ok(None);
    };
    let read = Document::converted(kind, given, today);
    let read = read.map(|converted| Some(converted.document));
    read.map_err(|fault| refused(row, columns::DOCUMENT_NUMBER, &fault))
}

/// Reads a row.
pub(super) fn draft(row: &Record, reading: Reading<'_>) -> Outcome<Draft> {
    let mut reader = Reader { row, reading, draft: Draft::default() };
    reader.identity()?;
    reader.person()?;
    reader.work();
    reader.membership();
    Ok(reader.draft)
}

struct Reader<'a> {
    row: &'a Record,
    reading: Reading<'a>,
    draft: Draft,
}

impl Reader<'_> {
    fn text(&self, column: Column) -> Option<&str> {
        self.row.text(column.key)
    }

    /// The value, or its fault noted under the column.
    fn sound<T, F: Refusal>(&mut self, column: Column, read: Result<T, F>) -> Option<T> {
        read.map_err(|fault| self.draft.faults.push(refused(self.row, column, &fault))).ok()
    }

    fn noted<T>(&mut self, read: Result<T, CellFault>) -> Option<T> {
        read.map_err(|fault| self.draft.faults.push(fault)).ok()
    }

    /// The code of a list, as a type of the rules reads it. What only heads others of the list is
    /// no value.
    fn code<T>(&mut self, column: Column, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let today = self.reading.today;
        let reference = self.reading.register.reference;
        let list = list(column).and_then(|id| reference.on(id, today));
        let code = code_of(self.row, column, (list, today));
        let code = code.map_err(|fault| self.draft.faults.extend(fault)).ok()?;
        let read = parse(&code);
        if read.is_none() {
            let known: Vec<String> = list.map_or_else(Vec::new, |list| {
                let below =
                    list.codes().iter().filter(|known| known.parent.as_ref() == Some(&code));
                below.map(|code| format!("{} {}", code.code, code.name_zh)).collect()
            });
            let fault = self.row.fault(column.key, &UNKNOWN_CODE).with("known", known.join(", "));
            self.draft.faults.push(fault);
        }
        read
    }

    fn flag(&self, column: Column) -> Option<bool> {
        self.row.code(column.key).map(|code| code == YES)
    }

    fn area(&mut self, column: Column) -> Option<AreaPath> {
        let given = self.row.text(column.key)?;
        let read = self.reading.places.read(self.row, column, given, self.reading.today);
        self.noted(read)
    }

    fn identity(&mut self) -> Outcome<()> {
        if let Some(given) = self.text(columns::NAME) {
            let read = PersonName::parse(given);
            self.draft.name = self.sound(columns::NAME, read);
        }
        let Reading { register, today, .. } = self.reading;
        let read = document(self.row, register.reference, today);
        self.draft.document = self.noted(read).flatten();
        if let Some(document) = &self.draft.document {
            self.draft.digests = document_indexes(&register.vault, document)?;
        }
        let column = columns::DOCUMENT_VALIDITY;
        let read = match self.row.value(column.key) {
            Value::Date(day) => Some(Validity::parse(&day.to_string())),
            Value::Text(text) => Some(Validity::parse(text)),
            _ => None,
        };
        self.draft.validity = read.and_then(|read| self.sound(column, read));
        Ok(())
    }

    fn person(&mut self) -> Outcome<()> {
        self.draft.stated = Stated {
            birth_date: self.row.date(columns::BIRTH_DATE.key),
            sex: self.code(columns::SEX, Sex::parse),
        };
        self.draft.ethnicity =
            self.code(columns::ETHNICITY, |code| EthnicityCode::parse(code).ok());
        self.draft.education =
            self.code(columns::EDUCATION, |code| EducationCode::parse(code).ok());
        if let Some(given) = self.text(columns::MOBILE) {
            let read = Mobile::parse(given);
            self.draft.mobile = self.sound(columns::MOBILE, read);
        }
        if let Some(mobile) = &self.draft.mobile {
            self.draft.mobile_digests = mobile_indexes(&self.reading.register.vault, mobile)?;
        }
        self.draft.residence = self.area(columns::RESIDENCE);
        Ok(())
    }

    fn work(&mut self) {
        if let Some(given) = self.text(columns::EMPLOYER) {
            self.draft.employer = match workplace(self.row, given) {
                Ok(workplace) => Some(workplace),
                Err(fault) => {
                    self.draft.faults.push(fault);
                    None
                }
            };
        }
        self.draft.status = self.code(columns::EMPLOYMENT_STATUS, EmploymentStatus::parse);
        self.draft.group = self.code(columns::WORKER_GROUP, WorkerGroup::parse);
        self.draft.migrant = self.flag(columns::MIGRANT_WORKER);
    }

    fn membership(&mut self) {
        self.draft.union = self.text(columns::UNION).map(Called::of);
        self.draft.union_area = self.area(columns::UNION_AREA);
        self.draft.way = match self.row.code(columns::WAY_IN.key) {
            Some(TRANSFERRED) => Way::Transferred,
            Some(APPLIED) => Way::Applied,
            _ => Way::Admitted,
        };
        self.draft.former_union = self.note(columns::FORMER_UNION);
        for column in [
            columns::BIRTH_DATE,
            columns::JOINED_ON,
            columns::APPLIED_ON,
            columns::LEFT_ON,
            columns::EFFECTIVE_ON,
        ] {
            let day = self.row.date(column.key);
            if let Some(day) = day.filter(|day| *day > self.reading.today) {
                let refusal = MemberFault::InFuture(day);
                self.draft.faults.push(refused(self.row, column, &refusal));
            }
        }
        self.draft.joined_on = self.past(columns::JOINED_ON);
        self.draft.applied_on = self.past(columns::APPLIED_ON);
        self.draft.effective_on = self.past(columns::EFFECTIVE_ON);
        self.draft.confirmed = self.flag(columns::CONFIRMED) == Some(true);
        self.draft.out = self.way_out();
    }

    fn note(&mut self, column: Column) -> Option<Note> {
        let read = note(self.text(column)?);
        self.sound(column, read)
    }

    /// The way out and its day, which go together.
    fn way_out(&mut self) -> Option<Passage> {
        let note = self.note(columns::WAY_OUT_NOTE);
        self.needs(columns::WAY_OUT, columns::LEFT_ON);
        self.needs(columns::LEFT_ON, columns::WAY_OUT);
        self.needs(columns::WAY_OUT_NOTE, columns::WAY_OUT);
        let step = step_out(self.row.code(columns::WAY_OUT.key)?, note);
        if step.is_none() {
            self.needs(columns::WAY_OUT, columns::WAY_OUT_NOTE);
        }
        let on = self.past(columns::LEFT_ON)?;
        // A day of joining that cannot be read is a fault enough; nothing is too early for it.
        let joined = self.draft.joined_on.is_some();
        let unread = !joined && *self.row.value(columns::JOINED_ON.key) != Value::Empty;
        step.filter(|_| !unread).map(|step| Passage { on, step })
    }

    /// A value in `column` means nothing without one in `other`.
    fn needs(&mut self, column: Column, other: Column) {
        let empty = |column: Column| *self.row.value(column.key) == Value::Empty;
        if !empty(column) && empty(other) {
            let fault = self.row.fault(column.key, &NEEDS_COLUMN);
            self.draft.faults.push(fault.with("column", other.zh));
        }
    }

    /// A day of the row that is not after today.
    fn past(&self, column: Column) -> Option<CivilDate> {
        self.row.date(column.key).filter(|day| *day <= self.reading.today)
    }
}

/// A code where it has the form of one, else a name.
fn workplace(row: &Record, given: &str) -> Result<Workplace, CellFault> {
    let digits = given.chars().filter(char::is_ascii_alphanumeric).count();
    let is_code = digits == given.chars().filter(|c| !c.is_whitespace() && *c != '-').count();
    if is_code || CreditCode::parse(given).is_ok() {
        employer_code(row, columns::EMPLOYER, given).map(Workplace::Code)
    } else {
        Ok(Workplace::Name(name_key(given.trim())))
    }
}
