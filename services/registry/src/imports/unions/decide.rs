//! What a row does to the register.

use unionhall_kit::{
    civil::CivilDate,
    fault::Fault,
    imports::kinds::OUT_OF_SCOPE,
    sheet::{CellFault, Record, kinds::UNKNOWN_CODE},
};
use unionhall_proto::registry::v1::Union as Message;

use super::{
    draft::{Around, Draft, Marked},
    known::{Known, Union},
};
use crate::{
    api::unions::decode::{Desk, violations},
    columns::{Column, union as columns},
    imports::{kinds, named::Called, refused},
    rules::{
        Refusal,
        area::tree::AreaTree,
        reasons,
        union::{
            UnionFacts, UnionId,
            affiliation::paths,
            change::{SuperiorFault, Surroundings, UnionChange, UnionFault, amend, enter},
            mark::Note,
            term::lawful,
        },
    },
    store::{
        employers,
        unions::{NewUnion, resource_name},
    },
};

/// A decision about one row.
pub(super) enum Decision {
    /// It is not taken, for these reasons beside the faults of its cells.
    Refused(Vec<CellFault>),
    /// The register has it all.
    Unchanged,
    /// A union comes in.
    Enter(Box<NewUnion>),
    /// The union has these facts from now on.
    Amend(UnionId, Box<UnionFacts>),
}

/// Decides on a row by what is known, earlier rows among it.
pub(super) fn decide(
    row: &Record,
    draft: &Draft,
    known: &Known,
    around: Around<'_>,
    areas: &AreaTree,
) -> Decision {
    let mut judge = Judge { row, draft, known, around, areas, faults: draft.faults.clone() };
    let held = judge.meant();
    let employer = judge.employer();
    let superior = judge.superior();
    let mut union = draft.union.clone();
    union.employer = employer.map(employers::resource_name).unwrap_or_default();
    union.superior = superior.map(|above| resource_name(above.id)).unwrap_or_default();
    let Ok(held) = held else { return Decision::Refused(judge.faults) };
    if let Some(held) = held {
        unsaid(&mut union, held, draft.from.unwrap_or(around.today));
    }
    judge.lawful(&union);
    judge.decide(held, superior, &union)
}

/// Whether the row is about a union that is known already.
pub(super) fn is_known(row: &Record, draft: &Draft, known: &Known, around: Around<'_>) -> bool {
    let areas = around.places.tree();
    let mut judge = Judge { row, draft, known, around, areas, faults: Vec::new() };
    matches!(judge.meant(), Ok(Some(_)))
}

/// What a row does not say of a known union stays as it is, also inside of what it says.
fn unsaid(union: &mut Message, held: &Union, from: CivilDate) {
    let facts = &held.facts;
    if let Some(term) = &mut union.term {
        let mut known = facts.terms.rows().iter();
        let known = known.rfind(|row| i32::from(row.value.number.get()) == term.number);
        if let Some(row) = known {
            term.begins_on = term.begins_on.or(Some(row.period.from().into()));
            let last = row.value.postponements.last();
            term.postponed_to = term.postponed_to.or(last.map(|last| last.to.into()));
        }
    }
    let places =
        [(&mut union.seat, facts.seats.on(from)), (&mut union.office, facts.offices.on(from))];
    for (place, known) in places {
        if let (Some(place), Some(known)) = (place, known)
            && place.line.is_empty()
            && place.area == format!("areas/{}", known.area())
        {
            place.line = known.line().to_owned();
        }
    }
}

struct Judge<'a> {
    row: &'a Record,
    draft: &'a Draft,
    known: &'a Known,
    around: Around<'a>,
    areas: &'a AreaTree,
    faults: Vec<CellFault>,
}

/// It cannot be told, for a reason that is noted.
struct Untold;

/// A refusal as the fault of a cell.
pub(super) fn told(row: &Record, column: Column, fault: &Fault) -> CellFault {
    CellFault {
        code: fault.reason().name,
        remedy_en: fault.english(),
        remedy_zh: fault.chinese(),
        // Place and value; what it says is replaced.
        ..row.fault(column.key, &UNKNOWN_CODE)
    }
}

impl<'a> Judge<'a> {
    fn told(&mut self, column: Column, fault: &Fault) {
        self.faults.push(told(self.row, column, fault));
    }

    fn refuse(&mut self, column: Column, refusal: &impl Refusal) {
        self.faults.push(refused(self.row, column, refusal));
    }

    /// The union that the row is about; none where it is a new one.
    fn meant(&mut self) -> Result<Option<&'a Union>, Untold> {
        let code = self.draft.union.credit_code.to_uppercase();
        let (known, draft) = (self.known, self.draft);
        if let Some(found) = known.by_code(&code).filter(|_| !code.is_empty()) {
            return self.seen(found, columns::CODE).map(Some);
        }
        let employer = draft.employer.as_ref().and_then(|code| known.employer(code));
        let own = employer.and_then(|(id, _)| known.by_employer(*id));
        let place = draft.place.as_ref().and_then(|place| known.by_place(place));
        let named = known.by_name(&draft.name_key());
        let found = own.map(|found| (found, columns::EMPLOYER));
        let found = found.or(place.map(|found| (found, columns::TERRITORY)));
        let found = match (found, named.as_slice()) {
            (Some(found), _) => found,
            (None, []) => return Ok(None),
            (None, [one]) => (*one, columns::NAME),
            (None, _) => {
                self.faults.push(self.row.fault(columns::NAME.key, &kinds::UNION_AMBIGUOUS));
                return Err(Untold);
            }
        };
        let (found, column) = found;
        // Another code is another union, which takes what this one has.
        if !code.is_empty() && found.facts.codes.rows().last().is_some() {
            if column == columns::NAME {
                return Ok(None);
            }
            let name = self.shown(found);
            let fault = match column {
                columns::EMPLOYER => Fault::new(&reasons::EMPLOYER_HAS_UNION)
                    .with("employer", self.row.text(columns::EMPLOYER.key).unwrap_or_default()),
                _ => Fault::new(&reasons::UNION_PLACE_TAKEN)
                    .with("area", draft.union.territory.trim_start_matches("areas/"))
                    .with("type", &draft.union.union_type),
            };
            self.told(column, &fault.with("union", name));
            return Err(Untold);
        }
        self.seen(found, column).map(Some)
    }

    /// Only those who see a union change it.
    fn seen(&mut self, found: &'a Union, column: Column) -> Result<&'a Union, Untold> {
        if self.visible(found) {
            return Ok(found);
        }
        self.faults.push(self.row.fault(column.key, &OUT_OF_SCOPE));
        Err(Untold)
    }

    fn visible(&self, union: &Union) -> bool {
        union.record.as_ref().is_none_or(|record| {
            let scope = self.around.scope;
            scope.sees(Some(record.area.path()), Some(record.affiliation.path()))
        })
    }

    fn shown(&self, union: &Union) -> String {
        if self.visible(union) { resource_name(union.id) } else { "-".to_owned() }
    }

    /// What the contract asks of a call, it asks of a row.
    fn lawful(&mut self, union: &Message) {
        for violation in violations(union.clone()) {
            let field = violation.field.strip_prefix("union.").unwrap_or(&violation.field);
            let column = match field.split('.').collect::<Vec<_>>().as_slice() {
                ["contact", "mobile"] => columns::MOBILE,
                ["approval", "body"] => columns::APPROVAL_BODY,
                ["term", "years"] => columns::TERM_YEARS,
                [first, ..] => column_of(first),
                [] => columns::NAME,
            };
            // An empty cell is told by the rules, which know whether the union is new.
            if self.row.text(column.key).is_some() || self.row.count(column.key).is_some() {
                let fault = self.row.fault(column.key, &kinds::VALUE_INVALID);
                // A cell that has a fault already is not told twice.
                if !self.faults.iter().any(|told| told.column == fault.column) {
                    self.faults.push(fault.with("problem", violation.description));
                }
            }
        }
    }

    fn employer(&mut self) -> Option<uuid::Uuid> {
        let code = self.draft.employer.as_ref()?;
        let found = self.known.employer(code);
        let seen = found.filter(|(_, area)| self.around.scope.sees(Some(area.path()), None));
        if seen.is_none() {
            self.faults.push(self.row.fault(columns::EMPLOYER.key, &kinds::EMPLOYER_UNKNOWN));
        }
        seen.map(|(id, _)| *id)
    }

    fn superior(&mut self) -> Option<&'a Union> {
        let found = match self.draft.superior.as_ref()? {
            Called::Code(code) => self.known.by_code(code),
            Called::Name(name) => match self.known.by_name(name).as_slice() {
                [one] => Some(*one),
                [] => None,
                _ => {
                    let fault = self.row.fault(columns::SUPERIOR.key, &kinds::UNION_AMBIGUOUS);
                    self.faults.push(fault);
                    return None;
                }
            },
        };
        let found = found.filter(|found| self.visible(found));
        if found.is_none() {
            self.refuse(columns::SUPERIOR, &UnionFault::Superior(SuperiorFault::Absent));
        }
        found
    }

    fn decide(
        mut self,
        held: Option<&Union>,
        superior: Option<&Union>,
        union: &Message,
    ) -> Decision {
        let nothing = UnionFacts::default();
        let established = if held.is_none() { self.draft.established } else { None };
        let from = self.draft.from.filter(|_| held.is_some()).or(established);
        let from = from.or(self.draft.from).unwrap_or(self.around.today);
        let id = match held {
            Some(held) => held.id,
            None => UnionId(self.around.register.ledger.ids().fresh()),
        };
        let facts = held.map_or(&nothing, |held| &held.facts);
        let desk = Desk { vault: &self.around.register.vault, id, from, facts };
        let mut changes = Vec::new();
        for (field, change) in desk.each(union) {
            match change {
                Ok(change) => changes.push(change),
                Err(fault) => self.told(column_of(field), &fault),
            }
        }
        if let Some(held) = held {
            changes = self.alike(held, changes, from);
            let other = self.draft.established.filter(|day| facts.established_on() != Some(*day));
            if other.is_some() {
                let fault = self.row.fault(columns::ESTABLISHED_ON.key, &kinds::UNION_DIFFERS);
                self.faults.push(fault);
            }
        }
        if !(self.faults.is_empty() && self.row.faults.is_empty()) {
            return Decision::Refused(self.faults);
        }
        let above = superior.map(|above| &above.facts);
        let decided = match held {
            None => self.entered(id, (&changes, from), above),
            Some(held) => self.amended(held, (&changes, from)),
        };
        match decided {
            Ok(decision) => decision,
            Err((column, fault)) => {
                self.told(column, &fault);
                Decision::Refused(self.faults)
            }
        }
    }

    /// What a spreadsheet changes of a known union. What it is, and where it stands, has methods of
    /// its own: a row may repeat it, and is refused where it differs.
    fn alike(
        &mut self,
        held: &Union,
        changes: Vec<UnionChange>,
        from: CivilDate,
    ) -> Vec<UnionChange> {
        let facts = &held.facts;
        let mut left = Vec::with_capacity(changes.len());
        for change in changes {
            let differs = match &change {
                UnionChange::Type(kind) => {
                    (facts.types.on(from) != Some(kind)).then_some(columns::TYPE)
                }
                UnionChange::Level(level) => {
                    (facts.levels.on(from) != Some(level)).then_some(columns::LEVEL)
                }
                UnionChange::Employer(employer) => {
                    (facts.employers.on(from) != employer.as_ref()).then_some(columns::EMPLOYER)
                }
                UnionChange::Superior(superior) => {
                    (facts.superiors.on(from) != superior.as_ref()).then_some(columns::SUPERIOR)
                }
                UnionChange::Territory(area) => {
                    (facts.territories.on(from) != area.as_ref()).then_some(columns::TERRITORY)
                }
                _ => {
                    left.push(change);
                    continue;
                }
            };
            let fault = |column: Column| self.row.fault(column.key, &kinds::UNION_DIFFERS);
            self.faults.extend(differs.map(fault));
        }
        left
    }

    fn surroundings<'b>(&'b self, superior: Option<&'b UnionFacts>) -> Surroundings<'b> {
        Surroundings { today: self.around.today, areas: self.areas, superior }
    }

    fn entered(
        &self,
        id: UnionId,
        (changes, from): (&[UnionChange], CivilDate),
        above: Option<&UnionFacts>,
    ) -> Result<Decision, (Column, Fault)> {
        let facts = enter(changes, from, self.surroundings(above));
        let facts = facts.map_err(|fault| (concerns(&fault), fault.to_fault()))?;
        self.of_lawful_terms(&UnionFacts::default(), &facts)?;
        let facts = self.marked(facts)?;
        let above = |above| self.known.get(above).map(|union| &union.paths);
        let paths = paths(id, &facts, above);
        let too_deep = UnionFault::Superior(SuperiorFault::TooDeep);
        let paths = paths.map_err(|_| (columns::SUPERIOR, too_deep.to_fault()))?;
        Ok(Decision::Enter(Box::new(NewUnion { id, facts, paths })))
    }

    fn amended(
        &self,
        held: &Union,
        (changes, from): (&[UnionChange], CivilDate),
    ) -> Result<Decision, (Column, Fault)> {
        let amended = amend(&held.facts, changes, from, self.surroundings(None));
        let facts = amended.map_err(|fault| (concerns(&fault), fault.to_fault()))?;
        self.of_lawful_terms(&held.facts, &facts)?;
        let facts = self.marked(facts)?;
        if facts == held.facts {
            return Ok(Decision::Unchanged);
        }
        Ok(Decision::Amend(held.id, Box::new(facts)))
    }

    fn of_lawful_terms(
        &self,
        before: &UnionFacts,
        after: &UnionFacts,
    ) -> Result<(), (Column, Fault)> {
        let lawful = lawful(&self.around.register.law, before, after);
        lawful.map_err(|fault| (concerns(&fault), fault.to_fault()))
    }

    /// The marks, each from its own day on. One that the union bears already keeps its note where the
    /// row has none.
    fn marked(&self, mut facts: UnionFacts) -> Result<UnionFacts, (Column, Fault)> {
        for Marked { mark, from, note, column } in &self.draft.marks {
            let known = facts.marks.get(mark).and_then(|history| history.on(*from));
            if known.is_some_and(|known| *note == Note::default() || known == note) {
                continue;
            }
            let change = [UnionChange::Mark(*mark, Some(note.clone()))];
            let marked = amend(&facts, &change, *from, self.surroundings(None));
            facts = marked.map_err(|fault| (*column, fault.to_fault()))?;
        }
        Ok(facts)
    }
}

/// The changes that a row makes are told under the columns that it has.
fn column_of(field: &str) -> Column {
    match field {
        "union_type" => columns::TYPE,
        "union_form" => columns::FORM,
        "union_level" => columns::LEVEL,
        "credit_code" => columns::CODE,
        "employer" => columns::EMPLOYER,
        "superior" => columns::SUPERIOR,
        "territory" => columns::TERRITORY,
        "seat" => columns::SEAT_LINE,
        "office" => columns::OFFICE_LINE,
        "phone" => columns::PHONE,
        "contact" => columns::CONTACT,
        "approval" => columns::APPROVAL_NUMBER,
        "term" => columns::TERM_NUMBER,
        _ => columns::NAME,
    }
}

fn concerns(fault: &UnionFault) -> Column {
    match fault {
        UnionFault::Incomplete("union_type") => columns::TYPE,
        UnionFault::Incomplete("union_form") => columns::FORM,
        UnionFault::Incomplete("union_level") => columns::LEVEL,
        UnionFault::Incomplete("seat") | UnionFault::AreaNotOpen(..) => columns::SEAT_AREA,
        UnionFault::EmployerField(_) => columns::EMPLOYER,
        UnionFault::TerritoryField(_) => columns::TERRITORY,
        UnionFault::Superior(_) => columns::SUPERIOR,
        UnionFault::Term(_) => columns::TERM_NUMBER,
        UnionFault::InFuture(_)
        | UnionFault::BeforeEstablishment(..)
        | UnionFault::BeforeLaterStatus(..)
        | UnionFault::Ended(_) => columns::EFFECTIVE_ON,
        _ => columns::NAME,
    }
}
