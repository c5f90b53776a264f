//! What a row says, as far as it can be told from the row alone.

use unionhall_kit::{
    civil::CivilDate,
    imports::kinds::OUT_OF_SCOPE,
    path::{Line, Scope},
    sheet::{CellFault, Record, Value},
};
use unionhall_proto::registry::v1::{Address, Approval, Contact, Term, Union};

use super::layout::list;
use crate::{
    Register,
    columns::{Column, union as columns},
    imports::{
        code_of, kinds,
        named::{Called, employer_code},
        places::Places,
        refused,
    },
    rules::{
        area::AreaPath,
        name::Name,
        organisation_code::OrganisationCode,
        union::{
            change::UnionFault,
            kind::UnionType,
            mark::{MAX_NOTE_CHARS, Note, UnionMark},
        },
    },
    store::{employers::name_key, unions},
};

/// What rows are read against.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) register: &'a Register,
    pub(super) places: &'a Places,
    pub(super) scope: &'a Scope,
    pub(super) today: CivilDate,
}

/// What a row says. Whom it names is looked up later, for all rows of a chunk at once.
pub(super) struct Draft {
    /// The union with what its cells say; `employer` and `superior` are empty.
    pub(super) union: Union,
    /// The first day on which it holds, if the row tells.
    pub(super) from: Option<CivilDate>,
    pub(super) established: Option<CivilDate>,
    pub(super) employer: Option<OrganisationCode>,
    pub(super) superior: Option<Called>,
    /// The seat, the office and the territory.
    pub(super) areas: Vec<AreaPath>,
    /// Type and territory, of which an area has one union.
    pub(super) place: Option<String>,
    pub(super) marks: Vec<Marked>,
    pub(super) faults: Vec<CellFault>,
}

/// A mark that the union bears from a day on.
pub(super) struct Marked {
    pub(super) mark: UnionMark,
    pub(super) from: CivilDate,
    /// Empty where the row says nothing about it.
    pub(super) note: Note,
    /// The column of the day.
    pub(super) column: Column,
}

/// Each mark with the columns of its day and of what it is about.
const MARKS: [(UnionMark, Column, Column); 5] = [
    (UnionMark::ServiceStation, columns::SERVICE_STATION_ON, columns::SERVICE_STATION_NOTE),
    (UnionMark::WorkersHome, columns::WORKERS_HOME_ON, columns::WORKERS_HOME_NOTE),
    (
        UnionMark::DemonstrationUnit,
        columns::DEMONSTRATION_UNIT_ON,
        columns::DEMONSTRATION_UNIT_NOTE,
    ),
    (UnionMark::Milestone, columns::MILESTONE_ON, columns::MILESTONE_NOTE),
    (UnionMark::Award, columns::AWARD_ON, columns::AWARD_NOTE),
];

impl Draft {
    /// How the row's own union is looked up by name.
    pub(super) fn name_key(&self) -> String {
        name_key(&self.union.display_name)
    }
}

/// Reads a row, its areas and codes on `day`; without one, on the first day that the row tells.
pub(super) fn draft(row: &Record, around: Around<'_>, day: Option<CivilDate>) -> Draft {
    let established = row.date(columns::ESTABLISHED_ON.key);
    let from = row.date(columns::EFFECTIVE_ON.key);
    let day = day.or(from).or(established).unwrap_or(around.today);
    let draft = Draft {
        union: Union::default(),
        from,
        established,
        employer: None,
        superior: None,
        areas: Vec::new(),
        place: None,
        marks: Vec::new(),
        faults: Vec::new(),
    };
    let mut reader = Reader { row, around, day, draft };
    reader.texts();
    reader.codes();
    reader.areas();
    reader.others();
    reader.pairs();
    reader.dates();
    reader.marks();
    reader.draft
}

struct Reader<'a> {
    row: &'a Record,
    around: Around<'a>,
    day: CivilDate,
    draft: Draft,
}

impl Reader<'_> {
    fn text(&self, column: Column) -> String {
        self.row.text(column.key).unwrap_or_default().trim().to_owned()
    }

    fn is_empty(&self, column: Column) -> bool {
        *self.row.value(column.key) == Value::Empty
    }

    fn texts(&mut self) {
        if let Some(given) = self.row.text(columns::NAME.key) {
            match Name::parse(given) {
                Ok(name) => self.draft.union.display_name = name.into(),
                Err(fault) => self.draft.faults.push(refused(self.row, columns::NAME, &fault)),
            }
        }
        self.draft.union.credit_code = self.text(columns::CODE);
        self.draft.union.phone = self.text(columns::PHONE);
    }

    fn codes(&mut self) {
        self.draft.union.union_type = self.code(columns::TYPE);
        self.draft.union.union_form = self.code(columns::FORM);
        self.draft.union.union_level = self.code(columns::LEVEL);
    }

    fn code(&mut self, column: Column) -> String {
        let list = list(column).and_then(|id| self.around.register.reference.on(id, self.day));
        let read = code_of(self.row, column, (list, self.day));
        read.map_err(|fault| self.draft.faults.extend(fault)).unwrap_or_default()
    }

    fn areas(&mut self) {
        if let Some(seat) = self.area(columns::SEAT_AREA) {
            self.admit(&seat);
            let line = self.text(columns::SEAT_LINE);
            self.draft.union.seat = Some(Address { area: format!("areas/{seat}"), line });
            self.draft.areas.push(seat);
        } else if self.is_empty(columns::SEAT_AREA) {
            self.needs(columns::SEAT_LINE, columns::SEAT_AREA);
        }
        if let Some(office) = self.area(columns::OFFICE_AREA) {
            let line = self.text(columns::OFFICE_LINE);
            self.draft.union.office = Some(Address { area: format!("areas/{office}"), line });
            self.draft.areas.push(office);
        } else if self.is_empty(columns::OFFICE_AREA) {
            self.needs(columns::OFFICE_LINE, columns::OFFICE_AREA);
        }
        if let Some(territory) = self.area(columns::TERRITORY) {
            self.draft.union.territory = format!("areas/{territory}");
            let kind = UnionType::parse(&self.draft.union.union_type);
            let kind = kind.filter(|kind| !kind.territory().is_empty());
            self.draft.place = kind.map(|kind| unions::place_key(kind.code(), &territory));
            self.draft.areas.push(territory);
        }
    }

    fn area(&mut self, column: Column) -> Option<AreaPath> {
        let given = self.row.text(column.key)?;
        let read = self.around.places.read(self.row, column, given, self.day);
        read.map_err(|fault| self.draft.faults.push(fault)).ok()
    }

    /// The seat must lie where the sender may write.
    fn admit(&mut self, area: &AreaPath) {
        if !self.around.scope.covers(Line::Area, area.path()) {
            let fault = self.row.fault(columns::SEAT_AREA.key, &OUT_OF_SCOPE);
            self.draft.faults.push(fault);
        }
    }

    /// The other records that the row names.
    fn others(&mut self) {
        if let Some(given) = self.row.text(columns::EMPLOYER.key) {
            let read = employer_code(self.row, columns::EMPLOYER, given);
            self.draft.employer = read.map_err(|fault| self.draft.faults.push(fault)).ok();
        }
        self.draft.superior = self.row.text(columns::SUPERIOR.key).map(Called::of);
    }

    /// What is said by several cells together.
    fn pairs(&mut self) {
        let (body, number) =
            (self.text(columns::APPROVAL_BODY), self.text(columns::APPROVAL_NUMBER));
        match (body.is_empty(), number.is_empty()) {
            (false, false) => self.draft.union.approval = Some(Approval { body, number }),
            (true, true) => {}
            (true, false) => self.needs(columns::APPROVAL_NUMBER, columns::APPROVAL_BODY),
            (false, true) => self.needs(columns::APPROVAL_BODY, columns::APPROVAL_NUMBER),
        }
        let (name, mobile) = (self.text(columns::CONTACT), self.text(columns::MOBILE));
        if name.is_empty() {
            self.needs(columns::MOBILE, columns::CONTACT);
        } else {
            let contact = Contact { display_name: name, mobile, ..Default::default() };
            self.draft.union.contact = Some(contact);
        }
        let count = |column: Column| {
            self.row.count(column.key).map(|count| i32::try_from(count).unwrap_or(i32::MAX))
        };
        match (count(columns::TERM_NUMBER), count(columns::TERM_YEARS)) {
            (Some(number), Some(years)) => {
                let day = |column: Column| self.row.date(column.key).map(Into::into);
                let begins_on = day(columns::TERM_BEGINS_ON);
                let postponed_to = day(columns::TERM_POSTPONED_TO);
                let term = Term { number, years, begins_on, postponed_to, ..Default::default() };
                self.draft.union.term = Some(term);
            }
            (None, _) if self.is_empty(columns::TERM_NUMBER) => {
                self.needs(columns::TERM_YEARS, columns::TERM_NUMBER);
                self.needs(columns::TERM_BEGINS_ON, columns::TERM_NUMBER);
                self.needs(columns::TERM_POSTPONED_TO, columns::TERM_NUMBER);
            }
            (_, None) if self.is_empty(columns::TERM_YEARS) => {
                self.needs(columns::TERM_NUMBER, columns::TERM_YEARS);
            }
            _ => {}
        }
    }

    fn dates(&mut self) {
        for column in [columns::ESTABLISHED_ON, columns::EFFECTIVE_ON] {
            if let Some(day) = self.row.date(column.key).filter(|day| *day > self.around.today) {
                self.draft.faults.push(refused(self.row, column, &UnionFault::InFuture(day)));
            }
        }
    }

    fn marks(&mut self) {
        for (mark, column, about) in MARKS {
            if self.is_empty(column) {
                self.needs(about, column);
            }
            let Ok(note) = Note::parse(&self.text(about)) else {
                let fault = UnionFault::Text("mark.note", MAX_NOTE_CHARS);
                self.draft.faults.push(refused(self.row, about, &fault));
                continue;
            };
            let from = self.row.date(column.key);
            self.draft.marks.extend(from.map(|from| Marked { mark, from, note, column }));
        }
    }

    /// A value in `column` means nothing without one in `other`.
    fn needs(&mut self, column: Column, other: Column) {
        if !self.is_empty(column) {
            let fault = self.row.fault(column.key, &kinds::NEEDS_COLUMN);
            self.draft.faults.push(fault.with("column", other.zh));
        }
    }
}
