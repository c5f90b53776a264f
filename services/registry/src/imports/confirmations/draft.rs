//! What a row says, as far as it can be told from the row alone.

use unionhall_kit::{
    civil::CivilDate,
    sheet::{CellFault, Record, Value},
};
use uuid::Uuid;

use super::sheet::{CONFIRMED, LEFT};
use crate::{
    columns::{Column, confirmation as columns},
    imports::{
        kinds::{MEMBER_UNKNOWN, NEEDS_COLUMN, VALUE_INVALID},
        members::ways::{TRANSFERRED, step_out},
        refused,
    },
    rules::{
        Refusal,
        member::{MemberFault, MemberId, note::note, passage::Passage},
        person::name::PersonName,
    },
    store::members::COLLECTION,
};

/// What was found of a member.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Result {
    /// Nobody looked yet.
    #[default]
    Open,
    /// The record is right.
    Confirmed,
    /// The membership ended or rests.
    Left(Passage),
}

/// What a row says. Whom it names is looked up later, for all rows of a chunk at once.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) member: Option<MemberId>,
    pub(super) name: Option<PersonName>,
    pub(super) result: Result,
    pub(super) faults: Vec<CellFault>,
}

/// The member whom a row names.
pub(super) fn member(row: &Record) -> std::result::Result<Option<MemberId>, CellFault> {
    let Some(given) = row.text(columns::MEMBER.key) else { return Ok(None) };
    let given = given.to_lowercase();
    let id = Uuid::try_parse(given.strip_prefix(COLLECTION).unwrap_or(&given));
    id.map(MemberId).map(Some).map_err(|_| row.fault(columns::MEMBER.key, &MEMBER_UNKNOWN))
}

/// Reads a row.
pub(super) fn draft(row: &Record, today: CivilDate) -> Draft {
    let mut reader = Reader { row, today, draft: Draft::default() };
    reader.person();
    reader.result();
    reader.draft
}

struct Reader<'a> {
    row: &'a Record,
    today: CivilDate,
    draft: Draft,
}

impl Reader<'_> {
    fn is_empty(&self, column: Column) -> bool {
        *self.row.value(column.key) == Value::Empty
    }

    fn refuse(&mut self, column: Column, refusal: &impl Refusal) {
        self.draft.faults.push(refused(self.row, column, refusal));
    }

    fn person(&mut self) {
        match member(self.row) {
            Ok(member) => self.draft.member = member,
            Err(fault) => self.draft.faults.push(fault),
        }
        match self.row.text(columns::NAME.key).map(PersonName::parse) {
            Some(Ok(name)) => self.draft.name = Some(name),
            Some(Err(fault)) => self.refuse(columns::NAME, &fault),
            None => {}
        }
    }

    fn result(&mut self) {
        match self.row.code(columns::RESULT.key) {
            Some(LEFT) => {
                let left = self.left();
                self.draft.result = left.map_or(Result::Open, Result::Left);
            }
            result => {
                if result == Some(CONFIRMED) {
                    self.draft.result = Result::Confirmed;
                }
                for column in [columns::WAY_OUT, columns::LEFT_ON, columns::WAY_OUT_NOTE] {
                    if !self.is_empty(column) {
                        let fault = self.row.fault(column.key, &VALUE_INVALID);
                        let problem = "goes with those who left only (仅“已离开”填写)";
                        self.draft.faults.push(fault.with("problem", problem));
                    }
                }
            }
        }
    }

    /// The step of whoever left.
    fn left(&mut self) -> Option<Passage> {
        if self.is_empty(columns::LEFT_ON) {
            self.needs(columns::RESULT, columns::LEFT_ON);
        }
        let note = self.row.text(columns::WAY_OUT_NOTE.key).map(note).transpose();
        let note = note.map_err(|fault| self.refuse(columns::WAY_OUT_NOTE, &fault));
        let way = match self.row.value(columns::WAY_OUT.key) {
            Value::Empty => Some(TRANSFERRED),
            _ => self.row.code(columns::WAY_OUT.key),
        };
        let step = step_out(way?, note.ok()?);
        if step.is_none() {
            self.needs(columns::WAY_OUT, columns::WAY_OUT_NOTE);
        }
        let on = self.row.date(columns::LEFT_ON.key)?;
        if on > self.today {
            self.refuse(columns::LEFT_ON, &MemberFault::InFuture(on));
            return None;
        }
        step.map(|step| Passage { on, step })
    }

    /// A value in `column` means nothing without one in `other`.
    fn needs(&mut self, column: Column, other: Column) {
        let fault = self.row.fault(column.key, &NEEDS_COLUMN);
        self.draft.faults.push(fault.with("column", other.zh));
    }
}
