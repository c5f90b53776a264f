//! What a row does to the register.

use unionhall_kit::{
    civil::CivilDate,
    sheet::{CellFault, FaultKind, Record},
};

use super::{
    draft::{Around, Draft},
    known::Known,
};
use crate::{
    columns::{Column, coverage as columns},
    imports::{
        kinds,
        named::{one_union, sees_union},
        told,
    },
    rules::{
        Refusal,
        employer::{
            EmployerFacts,
            cover::{Candidate, CoverFault, cover, uncover},
        },
        union::EmployerId,
    },
    store::{
        employers::{EmployerRecord, name_key},
        unions::{UnionRecord, resource_name},
    },
};

/// A decision about one row.
pub(super) enum Decision<'a> {
    /// It is not taken, for these reasons beside the faults of its cells.
    Refused(Vec<CellFault>),
    /// The register has it all.
    Unchanged,
    /// The employer has these facts from now on.
    Change(&'a EmployerRecord, Box<EmployerFacts>),
}

/// Decides on a row by what is known.
pub(super) fn decide<'a>(
    row: &Record,
    draft: &Draft,
    known: &'a Known,
    around: Around<'_>,
) -> Decision<'a> {
    let mut judge = Judge { row, draft, known, around, faults: draft.faults.clone() };
    let employer = judge.employer();
    let present = employer.and_then(|record| record.facts.covers.on(draft.from));
    let union = judge.union();
    let previous = draft.previous.as_ref().and_then(|called| {
        let all = known.unions.seen(called, around.scope, None);
        // Who is left is the union that covers the employer, so that its name tells it.
        let left = all.iter().find(|union| present.is_some_and(|now| now.union == union.id));
        let left = left.copied();
        left.or_else(|| judge.one(columns::PREVIOUS, &all))
    });
    let Some(employer) = employer else { return Decision::Refused(judge.faults) };
    let mut facts = employer.facts.clone();
    let mut refused = None;
    if let Some(union) = union {
        let candidate = Candidate { id: union.id, facts: &union.facts };
        let days = (draft.from, around.today);
        let id = EmployerId(employer.id);
        let previous = previous.map(|union| union.id);
        match cover((id, &facts), candidate, previous, days) {
            Ok(covered) => facts = covered,
            Err(fault) => refused = Some((column_of(&fault), fault)),
        }
    }
    if let (Some(until), None) = (draft.until, &refused) {
        match ended(&facts, draft, (until, around.today)) {
            Ok(uncovered) => facts = uncovered,
            Err(fault) => refused = Some((columns::UNTIL, fault)),
        }
    }
    if let Some((column, fault)) = refused {
        judge.refuse(column, &fault);
    }
    if !(judge.faults.is_empty() && row.faults.is_empty()) {
        return Decision::Refused(judge.faults);
    }
    if facts == employer.facts {
        return Decision::Unchanged;
    }
    Decision::Change(employer, Box::new(facts))
}

/// The facts with the end of the coverage; one that is recorded already is no fault.
fn ended(
    facts: &EmployerFacts,
    draft: &Draft,
    (until, today): (CivilDate, CivilDate),
) -> Result<EmployerFacts, CoverFault> {
    if draft.union.is_some() && until <= draft.from {
        return Err(CoverFault::NotCovered(until));
    }
    let recorded = facts.covers.rows().iter().any(|row| row.period.until() == Some(until));
    if recorded && facts.covers.on(until).is_none() {
        return Ok(facts.clone());
    }
    uncover(facts, (until, today))
}

fn column_of(fault: &CoverFault) -> Column {
    match fault {
        CoverFault::Employer(_) | CoverFault::UnionNotActive(_) => columns::FROM,
        CoverFault::Covered(..) => columns::PREVIOUS,
        CoverFault::NotCovered(_) => columns::UNTIL,
        CoverFault::CoversNobody | CoverFault::AnothersOwn | CoverFault::NotJoint => columns::UNION,
    }
}

struct Judge<'a, 'b> {
    row: &'b Record,
    draft: &'b Draft,
    known: &'a Known,
    around: Around<'b>,
    faults: Vec<CellFault>,
}

impl<'a> Judge<'a, '_> {
    fn fault(&mut self, column: Column, kind: &'static FaultKind) {
        self.faults.push(self.row.fault(column.key, kind));
    }

    /// The employer, if the sender sees it. A name that is not its own tells of a wrong code.
    fn employer(&mut self) -> Option<&'a EmployerRecord> {
        let code = self.draft.employer.as_ref()?;
        let found = self.known.employer(code);
        let scope = self.around.scope;
        let path = |record: &EmployerRecord| record.affiliation.as_ref().map(|p| p.path().clone());
        let seen =
            found.filter(|record| scope.sees(Some(record.area.path()), path(record).as_ref()));
        let Some(record) = seen else {
            self.fault(columns::EMPLOYER, &kinds::EMPLOYER_UNKNOWN);
            return None;
        };
        let bears = |name: &String| {
            record.facts.names.rows().iter().any(|row| name_key(row.value.as_str()) == *name)
        };
        if self.draft.name.as_ref().is_some_and(|name| !bears(name)) {
            self.fault(columns::NAME, &kinds::EMPLOYER_NAME_DIFFERS);
        }
        Some(record)
    }

    fn union(&mut self) -> Option<&'a UnionRecord> {
        let called = self.draft.union.as_ref()?;
        let area = self.draft.union_area.as_ref();
        let all = self.known.unions.seen(called, self.around.scope, area);
        self.one(columns::UNION, &all)
    }

    /// The one that is called so.
    fn one(&mut self, column: Column, all: &[&'a UnionRecord]) -> Option<&'a UnionRecord> {
        one_union(self.row, column, all).map_err(|fault| self.faults.push(fault)).ok()
    }

    /// The union that covers is told only to those who see it.
    fn refuse(&mut self, column: Column, refusal: &CoverFault) {
        let mut fault = refusal.to_fault();
        if let CoverFault::Covered(union, _) = refusal {
            let seen = self.known.unions.get(*union);
            let seen = seen.filter(|union| sees_union(self.around.scope, union));
            fault = fault.with("union", seen.map_or("-".to_owned(), |u| resource_name(u.id)));
        }
        self.faults.push(told(self.row, column, &fault));
    }
}
