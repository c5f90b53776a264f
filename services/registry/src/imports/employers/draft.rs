//! A row as changes of an employer, with every fault that its cells have for the domain.

use unionhall_kit::{
    civil::CivilDate,
    imports::kinds::OUT_OF_SCOPE,
    path::{Line, Scope},
    sheet::{CellFault, Record, Value},
};

use super::identity::Identity;
use crate::{
    columns::{self, Column},
    imports::{code_of, kinds, places::Places, refused},
    reference::{self, ListId, ReferenceBook},
    rules::{
        Refusal,
        area::AreaPath,
        employer::{
            Status,
            address::{Address, Phone},
            change::{EmployerChange, EmployerFault},
            code::{EconomicTypeCode, Industry, IndustryCode, IndustryEdition, OwnershipCode},
            headcount::Headcount,
            identifier::Identifier,
        },
        history::History,
        name::Name,
    },
    store::employers::EmployerRecord,
};

/// What rows are read against.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) reference: &'a ReferenceBook,
    pub(super) places: &'a Places,
    pub(super) scope: &'a Scope,
    pub(super) today: CivilDate,
}

/// What a row says.
pub(super) struct Draft {
    /// The first day on which it holds.
    pub(super) from: CivilDate,
    pub(super) changes: Vec<EmployerChange>,
    /// Where the employer works.
    pub(super) area: Option<AreaPath>,
    pub(super) faults: Vec<CellFault>,
}

/// Reads a row about `held`, or about an employer that is not known.
pub(super) fn draft(
    row: &Record,
    identity: &Identity,
    held: Option<&EmployerRecord>,
    around: Around<'_>,
) -> Draft {
    let established = row.date(columns::ESTABLISHED_ON.key);
    let since = if held.is_some() { None } else { established };
    let from = row.date(columns::EFFECTIVE_ON.key).or(since).unwrap_or(around.today);
    let faults = identity.faults.clone();
    let draft = Draft { from, changes: Vec::new(), area: None, faults };
    let mut reader = Reader { row, around, held, draft };
    reader.dates(established);
    reader.names_and_codes(identity);
    reader.lists();
    reader.addresses();
    reader.headcount();
    if held.is_some_and(|record| !around.scope.sees(Some(record.area.path()), None)) {
        reader.draft.faults.push(row.fault(identity.column.key, &OUT_OF_SCOPE));
    }
    reader.draft
}

struct Reader<'a> {
    row: &'a Record,
    around: Around<'a>,
    held: Option<&'a EmployerRecord>,
    draft: Draft,
}

impl<'a> Reader<'a> {
    fn text(&self, column: Column) -> Option<&'a str> {
        self.row.text(column.key)
    }

    fn is_empty(&self, column: Column) -> bool {
        *self.row.value(column.key) == Value::Empty
    }

    fn refuse(&mut self, column: Column, refusal: &impl Refusal) {
        self.draft.faults.push(refused(self.row, column, refusal));
    }

    /// The value, or its fault noted under the column.
    fn sound<T, F: Refusal>(&mut self, column: Column, read: Result<T, F>) -> Option<T> {
        read.map_err(|fault| self.refuse(column, &fault)).ok()
    }

    fn change(&mut self, change: Option<EmployerChange>) {
        self.draft.changes.extend(change);
    }

    /// Days that cannot be, each under its own column.
    fn dates(&mut self, established: Option<CivilDate>) {
        let columns = [columns::ESTABLISHED_ON, columns::EFFECTIVE_ON, columns::COUNTED_ON];
        for column in columns {
            let Some(day) = self.row.date(column.key) else { continue };
            if day > self.around.today {
                self.refuse(column, &EmployerFault::InFuture(day));
            }
            if let Some(established) = established.filter(|established| day < *established) {
                self.refuse(column, &EmployerFault::BeforeEstablishment(day, established));
            }
        }
        let first = self.held.and_then(|record| record.facts.first_day());
        if let Some(first) = first.filter(|first| self.draft.from < *first) {
            let fault = EmployerFault::BeforeRecord(self.draft.from, first);
            self.refuse(columns::EFFECTIVE_ON, &fault);
        }
        self.change(established.map(|day| EmployerChange::EstablishedOn(Some(day))));
    }

    fn names_and_codes(&mut self, identity: &Identity) {
        if let Some(given) = self.text(columns::NAME) {
            let name = self.sound(columns::NAME, Name::parse(given));
            self.change(name.map(EmployerChange::Name));
        }
        let held = self.held.and_then(|record| record.facts.identifiers.on(self.draft.from));
        let news = match &identity.code {
            // The older code must not take the credit code away that contains it.
            Some(Identifier::Organisation(_))
                if held.is_some_and(|held| held.credit_code().is_some()) =>
            {
                None
            }
            code => code.clone(),
        };
        self.change(news.map(EmployerChange::Identifier));
        if let Some(given) = self.text(columns::PHONE) {
            let phone = self.sound(columns::PHONE, Phone::parse(given));
            self.change(phone.map(|phone| EmployerChange::Phone(Some(phone))));
        }
    }

    fn lists(&mut self) {
        let code = self.code(columns::OWNERSHIP, ListId::Ownership);
        let code = code.and_then(|code| OwnershipCode::parse(&code).ok());
        self.change(code.map(EmployerChange::Ownership));
        let code = self.code(columns::ECONOMIC_TYPE, ListId::EconomicType);
        let code = code.and_then(|code| EconomicTypeCode::parse(&code).ok());
        self.change(code.map(|code| EmployerChange::EconomicType(Some(code))));
        let code = self.code(columns::STATUS, ListId::EmployerStatus);
        let status = code.and_then(|code| Status::from_code(&code));
        self.change(status.map(EmployerChange::Status));
        self.industry();
    }

    fn industry(&mut self) {
        let in_force = self.around.reference.on(ListId::Industry, self.draft.from);
        let edition = match self.row.value(columns::INDUSTRY_EDITION.key) {
            Value::Code(edition) => Some(edition.as_str()),
            Value::Empty => in_force.map(reference::CodeList::edition).or(Some("2011")),
            _ => None,
        };
        let Some(edition) = edition.and_then(IndustryEdition::parse) else { return };
        let list = self.around.reference.edition(ListId::Industry, edition.as_str());
        let code = self.code_of(columns::INDUSTRY, list);
        let code = code.and_then(|code| IndustryCode::parse(&code).ok());
        let industry = code.map(|code| Industry { edition, code });
        self.change(industry.map(|industry| EmployerChange::Industry(Some(industry))));
    }

    fn code(&mut self, column: Column, list: ListId) -> Option<String> {
        let list = self.around.reference.on(list, self.draft.from);
        self.code_of(column, list)
    }

    fn code_of(&mut self, column: Column, list: Option<&reference::CodeList>) -> Option<String> {
        let read = code_of(self.row, column, (list, self.draft.from));
        read.map_err(|fault| self.draft.faults.extend(fault)).ok()
    }

    fn addresses(&mut self) {
        if let Some(area) = self.area(columns::ACTUAL_AREA) {
            self.admit(&area);
            let known = self.held.map(|record| &record.facts.actual_addresses);
            let address = self.address(columns::ACTUAL_ADDRESS, area.clone(), known);
            self.change(address.map(EmployerChange::ActualAddress));
            self.draft.area = Some(area);
        }
        if let Some(area) = self.area(columns::REGISTERED_AREA) {
            let known = self.held.map(|record| &record.facts.registered_addresses);
            let address = self.address(columns::REGISTERED_ADDRESS, area, known);
            self.change(address.map(|at| EmployerChange::RegisteredAddress(Some(at))));
        } else if self.is_empty(columns::REGISTERED_AREA) {
            self.needs(columns::REGISTERED_ADDRESS, columns::REGISTERED_AREA);
        }
    }

    fn area(&mut self, column: Column) -> Option<AreaPath> {
        let given = self.text(column)?;
        let read = self.around.places.read(self.row, column, given, self.draft.from);
        read.map_err(|fault| self.draft.faults.push(fault)).ok()
    }

    /// The area must exist on the day, and lie where the sender may write.
    fn admit(&mut self, area: &AreaPath) {
        let from = self.draft.from;
        let fact = self.around.places.tree().get(area);
        if !fact.is_some_and(|fact| fact.period.covers(from)) {
            let fault = EmployerFault::AreaNotOpen(area.clone(), from);
            self.refuse(columns::ACTUAL_AREA, &fault);
        }
        if !self.around.scope.covers(Line::Area, area.path()) {
            let fault = self.row.fault(columns::ACTUAL_AREA.key, &OUT_OF_SCOPE);
            self.draft.faults.push(fault);
        }
    }

    /// An empty cell says nothing: in the same area the line stays that is known.
    fn address(
        &mut self,
        column: Column,
        area: AreaPath,
        known: Option<&History<Address>>,
    ) -> Option<Address> {
        let known = known.and_then(|known| known.on(self.draft.from));
        let known = known.filter(|known| *known.area() == area && self.is_empty(column));
        let known = known.map(Address::line);
        let line = self.text(column).or(known).unwrap_or_default();
        self.sound(column, Address::new(area, line))
    }

    fn headcount(&mut self) {
        let count = |column: Column| {
            let given = self.row.count(column.key);
            given.map(|count| u32::try_from(count).unwrap_or(u32::MAX))
        };
        let (female, migrant) =
            (count(columns::FEMALE_EMPLOYEES), count(columns::MIGRANT_EMPLOYEES));
        let Some(employees) = count(columns::EMPLOYEES) else {
            if self.is_empty(columns::EMPLOYEES) {
                self.needs(columns::FEMALE_EMPLOYEES, columns::EMPLOYEES);
                self.needs(columns::MIGRANT_EMPLOYEES, columns::EMPLOYEES);
            }
            return;
        };
        let counted_on = self.row.date(columns::COUNTED_ON.key).unwrap_or(self.draft.from);
        let count = Headcount::new(employees, female, migrant);
        let count = self.sound(columns::EMPLOYEES, count);
        self.change(count.map(|count| EmployerChange::Headcount(counted_on, count)));
    }

    /// A value in `column` means nothing without one in `other`.
    fn needs(&mut self, column: Column, other: Column) {
        if !self.is_empty(column) {
            let fault = self.row.fault(column.key, &kinds::NEEDS_COLUMN);
            self.draft.faults.push(fault.with("column", other.zh));
        }
    }
}
