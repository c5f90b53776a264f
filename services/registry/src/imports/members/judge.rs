//! Judging one row: every fault of it, or what it does.

use unionhall_kit::{
    civil::CivilDate,
    path::Scope,
    sheet::{CellFault, FaultKind, Record, Value, kinds::MISSING_VALUE},
};

use super::{
    decide::{Around, Decision, Plan},
    draft::{Draft, Way, Workplace},
    known::Known,
    write::sees,
};
use crate::{
    columns::{Column, member as columns},
    imports::{
        kinds::{self, VALUE_INVALID},
        named::{candidates, one_union},
        refused, told,
    },
    rules::{
        Refusal,
        member::{
            Employment, MemberFacts, MemberFault,
            change::{MemberChange, amend, goes_on, passed},
            membership::Standing,
            passage::{Passage, Step},
            sealed::HeldDocument,
        },
        person::consistency::{Contradiction, Stated, reconciled},
        reasons,
        union::{EmployerId, mark::Note},
    },
    store::{
        employers::EmployerRecord,
        members::MemberRecord,
        unions::{UnionRecord, resource_name},
    },
};

/// Whether the sender sees the member, where it is or where it is to go.
pub(super) fn is_seen(record: &MemberRecord, scope: &Scope) -> bool {
    sees(scope, &record.stand) || sees(scope, &record.transfer)
}

pub(super) struct Judge<'a, 'b> {
    row: &'b Record,
    draft: &'b Draft,
    known: &'a Known,
    around: Around<'b>,
    faults: Vec<CellFault>,
}

impl<'a, 'b> Judge<'a, 'b> {
    pub(super) fn new(
        row: &'b Record,
        draft: &'b Draft,
        known: &'a Known,
        around: Around<'b>,
    ) -> Self {
        Self { row, draft, known, around, faults: draft.faults.clone() }
    }

    pub(super) fn decide(mut self) -> Decision<'a> {
        let (union, employer) = (self.union(), self.employer());
        let Some(id) = self.known.member(self.draft) else {
            return self.enter(union, employer);
        };
        let seen = self.known.record(id).filter(|record| is_seen(record, self.around.scope));
        let Some(record) = seen else {
            // Who it is, and of which union, is told to nobody who does not see it.
            self.elsewhere("-".to_owned());
            return Decision::Refused(self.faults);
        };
        if record.erased_at.is_some() || record.merged_into.is_some() {
            let fault = unionhall_kit::fault::Fault::new(&reasons::MEMBER_ERASED);
            let fault = fault.with("member", record.name());
            self.faults.push(told(self.row, columns::DOCUMENT_NUMBER, &fault));
            return Decision::Refused(self.faults);
        }
        self.amend(record, union, employer)
    }

    fn fault(&mut self, column: Column, kind: &'static FaultKind) {
        self.faults.push(self.row.fault(column.key, kind));
    }

    fn elsewhere(&mut self, union: String) {
        let fault = self.row.fault(columns::UNION.key, &kinds::MEMBER_ELSEWHERE);
        self.faults.push(fault.with("union", union));
    }

    /// Notes a refusal once, whatever it is found by.
    fn refuse(&mut self, column: Column, refusal: &impl Refusal) {
        let fault = refused(self.row, column, refusal);
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    fn is_empty(&self, column: Column) -> bool {
        *self.row.value(column.key) == Value::Empty
    }

    fn union(&mut self) -> Option<&'a UnionRecord> {
        let called = self.draft.union.as_ref()?;
        let area = self.draft.union_area.as_ref();
        let all = self.known.unions.seen(called, self.around.scope, area);
        one_union(self.row, columns::UNION, &all).map_err(|fault| self.faults.push(fault)).ok()
    }

    /// The employer that the row names, of those that the sender sees; nobody is guessed.
    fn employer(&mut self) -> Option<&'a EmployerRecord> {
        let workplace = self.draft.employer.as_ref()?;
        let scope = self.around.scope;
        let seen = |record: &&EmployerRecord| {
            let path = record.affiliation.as_ref().map(|path| path.path());
            scope.sees(Some(record.area.path()), path)
        };
        let all: Vec<&EmployerRecord> =
            self.known.employers(workplace).into_iter().filter(seen).collect();
        match (all.as_slice(), workplace) {
            ([one], _) => return Some(one),
            ([], Workplace::Code(_)) => self.fault(columns::EMPLOYER, &kinds::EMPLOYER_UNKNOWN),
            ([], Workplace::Name(_)) => {
                self.fault(columns::EMPLOYER, &kinds::EMPLOYER_NAME_UNKNOWN);
            }
            (several, _) => {
                let code = |record: &&EmployerRecord| {
                    let code = record.facts.organisation_code();
                    let code = code.map_or("-".to_owned(), |code| code.as_str().to_owned());
                    format!("{code} ({})", record.area)
                };
                let fault = self.row.fault(columns::EMPLOYER.key, &kinds::EMPLOYER_NAME_SHARED);
                self.faults.push(fault.with("known", candidates(several.iter().map(code))));
            }
        }
        None
    }

    /// What is known of sex and birth beside the document.
    fn stated(&mut self, stated: Stated) -> Stated {
        let Some(document) = &self.draft.document else { return stated };
        match reconciled(stated, document) {
            Ok(known) => known,
            Err(contradiction) => {
                let column = match contradiction {
                    Contradiction::BirthDate => columns::BIRTH_DATE,
                    Contradiction::Sex => columns::SEX,
                };
                self.refuse(column, &contradiction);
                stated
            }
        }
    }

    /// The steps by which the person comes to the union, and goes.
    fn passages(&self, union: &UnionRecord, joined: CivilDate) -> Vec<Passage> {
        let mut passages = self.coming(union, joined);
        passages.extend(self.draft.out.clone());
        passages
    }

    fn coming(&self, union: &UnionRecord, joined: CivilDate) -> Vec<Passage> {
        let at = |on, step| Passage { on, step };
        match self.draft.way {
            Way::Applied => vec![at(joined, Step::Applied(union.id))],
            Way::Transferred => {
                let note = self.draft.former_union.clone();
                // An empty note is a note.
                let note = note.or_else(|| Note::parse("").ok());
                note.map(|note| at(joined, Step::TransferredIn(union.id, note)))
                    .into_iter()
                    .collect()
            }
            Way::Admitted => {
                let applied = self.draft.applied_on.map(|on| at(on, Step::Applied(union.id)));
                applied.into_iter().chain([at(joined, Step::Admitted(union.id))]).collect()
            }
        }
    }

    /// A person whom the register does not know.
    fn enter(
        mut self,
        union: Option<&'a UnionRecord>,
        employer: Option<&'a EmployerRecord>,
    ) -> Decision<'a> {
        if self.is_empty(columns::JOINED_ON) {
            self.fault(columns::JOINED_ON, &MISSING_VALUE);
        }
        let stated = self.stated(self.draft.stated);
        let draft = self.draft;
        let joined = draft.joined_on.unwrap_or(self.around.today);
        let passages = union.map_or_else(Vec::new, |union| self.passages(union, joined));
        let first = passages.first().map_or(joined, |passage| passage.on);
        let from = draft.effective_on.unwrap_or(first);
        if from < first {
            let fault = self.row.fault(columns::EFFECTIVE_ON.key, &VALUE_INVALID);
            let (en, zh) = ("lies before the day of joining", "早于入会日期");
            self.faults.push(fault.with("problem", format!("{en} ({zh})")));
        }
        let mut born = Vec::new();
        born.extend(draft.name.clone().map(MemberChange::Name));
        born.extend(stated.sex.map(|sex| MemberChange::Sex(Some(sex))));
        born.extend(stated.birth_date.map(|day| MemberChange::Birth(Some(day))));
        born.extend(draft.ethnicity.clone().map(|code| MemberChange::Ethnicity(Some(code))));
        let employment = Employment {
            employer: employer.map(|record| EmployerId(record.id)),
            status: draft.status,
        };
        let told = employment.employer.is_some() || employment.status.is_some();
        let mut changes = Vec::new();
        changes.extend(draft.education.clone().map(|code| MemberChange::Education(Some(code))));
        changes.extend(draft.residence.clone().map(|area| MemberChange::Residence(Some(area))));
        changes.extend(told.then_some(MemberChange::Employment(Some(employment))));
        changes.extend(draft.group.map(|group| MemberChange::WorkerGroup(Some(group))));
        changes.extend(draft.migrant.map(|is| MemberChange::Migrant(Some(is))));
        let changes = if from == first {
            born.extend(changes);
            vec![(first, born)]
        } else if changes.is_empty() {
            vec![(first, born)]
        } else {
            vec![(first, born), (from, changes)]
        };
        let plan = Seed { changes, passages, document: true, mobile: draft.mobile.is_some() };
        match self.judged(plan, &MemberFacts::default(), (union, employer)) {
            Ok(plan) => Decision::Enter(Box::new(plan)),
            Err(faults) => Decision::Refused(faults),
        }
    }

    /// A member whom the sender sees.
    fn amend(
        mut self,
        record: &'a MemberRecord,
        union: Option<&'a UnionRecord>,
        employer: Option<&'a EmployerRecord>,
    ) -> Decision<'a> {
        let facts = &record.facts;
        self.same_person(facts);
        let passages = union.map_or_else(Vec::new, |union| self.next(facts, union));
        let from = self.draft.effective_on.unwrap_or(self.around.today);
        let changes = self.differences(record, employer, from);
        let document = self.draft.document.as_ref().is_some_and(|document| {
            facts.documents.get(&document.kind()).and_then(|held| held.on(from)).is_none()
        });
        let mobile = self.draft.mobile.is_some() && !self.known.has_mobile(record.id, self.draft);
        let confirms =
            self.draft.confirmed && facts.confirmations.last() != Some(self.around.today);
        let news = !changes.is_empty() || document || mobile || confirms;
        let idle = !news && passages.is_empty();
        // With the passages alone nothing else is said of the person.
        let changes = if news { vec![(from, changes)] } else { Vec::new() };
        let plan = Seed { changes, passages, document, mobile };
        match self.judged(plan, facts, (union, employer)) {
            Ok(_) if idle => Decision::Unchanged,
            Ok(plan) => Decision::Amend(record, Box::new(plan)),
            Err(faults) => Decision::Refused(faults),
        }
    }

    /// Whoever has the document is called and was born as the row says.
    fn same_person(&mut self, facts: &MemberFacts) {
        let now = facts.names.rows().last().map(|row| &row.value);
        if self.draft.name.as_ref().is_some_and(|name| Some(name) != now) {
            self.fault(columns::NAME, &kinds::MEMBER_NAME_DIFFERS);
        }
        let stated = self.draft.stated;
        self.stated(stated);
        let birth = facts.births.rows().last().map(|row| row.value);
        if stated.birth_date.is_some_and(|day| birth.is_some_and(|birth| day != birth)) {
            self.fault(columns::BIRTH_DATE, &kinds::MEMBER_DIFFERS);
        }
        let sex = facts.sexes.rows().last().map(|row| row.value).filter(|sex| sex.is_known());
        let given = stated.sex.filter(|sex| sex.is_known());
        if given.is_some_and(|given| sex.is_some_and(|sex| given != sex)) {
            self.fault(columns::SEX, &kinds::MEMBER_DIFFERS);
        }
    }

    /// The steps that the row adds to those of a known person.
    fn next(&mut self, facts: &MemberFacts, union: &UnionRecord) -> Vec<Passage> {
        let joined = self.draft.joined_on;
        if self.draft.out.is_some() && self.told_before(facts, union) {
            return Vec::new();
        }
        match facts.passages.last_standing() {
            Standing::Member { membership, .. } if membership.union == union.id => {
                self.recorded(facts);
                self.draft.out.clone().into_iter().collect()
            }
            Standing::Member { membership, .. } => {
                self.elsewhere(resource_name(membership.union));
                Vec::new()
            }
            Standing::Applicant { union: to, .. } if to == union.id => {
                let applied = self.draft.applied_on.filter(|_| self.draft.way != Way::Applied);
                if applied.is_some_and(|on| !facts.passages.all().iter().any(|p| p.on == on)) {
                    self.fault(columns::APPLIED_ON, &kinds::MEMBER_DIFFERS);
                }
                match self.draft.way {
                    Way::Applied => {
                        self.recorded(facts);
                        Vec::new()
                    }
                    // Whoever decides on an application says when.
                    _ if self.is_empty(columns::JOINED_ON) => {
                        self.fault(columns::JOINED_ON, &MISSING_VALUE);
                        Vec::new()
                    }
                    Way::Admitted => {
                        let at = |on| Passage { on, step: Step::Admitted(union.id) };
                        joined.map(at).into_iter().chain(self.draft.out.clone()).collect()
                    }
                    Way::Transferred => joined.map_or_else(Vec::new, |on| self.passages(union, on)),
                }
            }
            _ if self.is_empty(columns::JOINED_ON)
                || joined.is_some_and(|on| facts.passages.all().iter().any(|p| on < p.on)) =>
            {
                let last = facts.passages.all().last().map_or(self.around.today, |last| last.on);
                let fault = self.row.fault(columns::JOINED_ON.key, &kinds::MEMBER_LEFT);
                self.faults.push(fault.with("day", last));
                Vec::new()
            }
            _ => joined.map_or_else(Vec::new, |on| self.passages(union, on)),
        }
    }

    /// Whether the membership that the row tells of, with its end, is one that is recorded.
    fn told_before(&self, facts: &MemberFacts, union: &UnionRecord) -> bool {
        let Some(joined) = self.draft.joined_on else { return false };
        let same = |one: &Passage, other: &Passage| {
            one.on == other.on
                && one.step.code() == other.step.code()
                && one.step.union() == other.step.union()
        };
        let recorded = facts.passages.all();
        let of_row = self.passages(union, joined);
        of_row.iter().all(|passage| recorded.iter().any(|known| same(known, passage)))
    }

    /// The days of the row are days on which something is recorded of the membership.
    fn recorded(&mut self, facts: &MemberFacts) {
        let days = [
            (columns::JOINED_ON, self.draft.joined_on),
            (columns::APPLIED_ON, self.draft.applied_on),
        ];
        for (column, day) in days {
            let known = |day: CivilDate| facts.passages.all().iter().any(|p| p.on == day);
            if day.is_some_and(|day| !known(day)) {
                self.fault(column, &kinds::MEMBER_DIFFERS);
            }
        }
    }

    /// What the row says otherwise than the register does on the day.
    fn differences(
        &self,
        record: &MemberRecord,
        employer: Option<&EmployerRecord>,
        from: CivilDate,
    ) -> Vec<MemberChange> {
        let (facts, draft) = (&record.facts, self.draft);
        let mut changes = Vec::new();
        let told = draft.document.as_ref().map_or(draft.stated, |document| {
            reconciled(draft.stated, document).unwrap_or(draft.stated)
        });
        if facts.births.rows().is_empty() {
            changes.extend(told.birth_date.map(|day| MemberChange::Birth(Some(day))));
        }
        let sex = facts.sexes.rows().last().map(|row| row.value);
        if !sex.is_some_and(|sex| sex.is_known()) && told.sex != sex {
            changes.extend(told.sex.map(|sex| MemberChange::Sex(Some(sex))));
        }
        let new = draft.ethnicity.as_ref().filter(|new| facts.ethnicities.on(from) != Some(*new));
        changes.extend(new.map(|code| MemberChange::Ethnicity(Some(code.clone()))));
        let new = draft.education.as_ref().filter(|new| facts.educations.on(from) != Some(*new));
        changes.extend(new.map(|code| MemberChange::Education(Some(code.clone()))));
        let new = draft.residence.as_ref().filter(|new| facts.residences.on(from) != Some(*new));
        changes.extend(new.map(|area| MemberChange::Residence(Some(area.clone()))));
        let new = draft.group.filter(|new| facts.worker_groups.on(from) != Some(new));
        changes.extend(new.map(|group| MemberChange::WorkerGroup(Some(group))));
        let new = draft.migrant.filter(|new| facts.migrants.on(from) != Some(new));
        changes.extend(new.map(|is| MemberChange::Migrant(Some(is))));
        let now = facts.employments.on(from).copied();
        let employment = Employment {
            employer: employer
                .map(|record| EmployerId(record.id))
                .or(now.and_then(|now| now.employer)),
            status: draft.status.or(now.and_then(|now| now.status)),
        };
        let told = employment.employer.is_some() || employment.status.is_some();
        if told && now != Some(employment) {
            changes.push(MemberChange::Employment(Some(employment)));
        }
        changes.extend(self.renewed(facts, from));
        changes
    }

    /// The document with another validity.
    fn renewed(&self, facts: &MemberFacts, from: CivilDate) -> Option<MemberChange> {
        let (document, validity) = (self.draft.document.as_ref()?, self.draft.validity?);
        let held = facts.documents.get(&document.kind())?.on(from)?;
        // A sheet tells the last day only; the first one that is known stays known.
        let same = held.validity.is_some_and(|known| {
            known.until() == validity.until()
                && (validity.from().is_none() || validity.from() == known.from())
        });
        let renewed = HeldDocument { number: held.number.clone(), validity: Some(validity) };
        (!same).then(|| MemberChange::Document(document.kind(), Some(renewed)))
    }

    /// The plan, if nothing speaks against it. Otherwise every change and step is asked by itself,
    /// so that all that is wrong is told at once.
    fn judged(
        mut self,
        seed: Seed,
        before: &MemberFacts,
        (union, employer): (Option<&'a UnionRecord>, Option<&'a EmployerRecord>),
    ) -> Result<Plan<'a>, Vec<CellFault>> {
        let Seed { changes, passages, document, mobile } = seed;
        let plan = Plan {
            changes,
            passages,
            document,
            mobile,
            union: union.map(|union| (union.id, &union.facts)),
            employer: employer.map(|record| (EmployerId(record.id), &record.facts)),
        };
        if plan.facts(before, Vec::new(), self.around).is_err() {
            self.ask_each(&plan, before);
        }
        // Without its union a row has a fault of its own.
        let sound = union.is_some() && self.row.faults.is_empty();
        if sound && self.faults.is_empty() { Ok(plan) } else { Err(self.faults) }
    }

    fn ask_each(&mut self, plan: &Plan<'_>, before: &MemberFacts) {
        let around = plan.surroundings(self.around);
        let mut facts = before.clone();
        for (from, changes) in &plan.changes {
            for change in changes {
                match amend(&facts, std::slice::from_ref(change), *from, around) {
                    Ok(amended) => facts = amended,
                    Err(fault) => self.refuse(column_of(&fault, columns::EFFECTIVE_ON), &fault),
                }
            }
        }
        for passage in &plan.passages {
            let out = self.draft.out.as_ref() == Some(passage);
            let day = if out { columns::LEFT_ON } else { columns::JOINED_ON };
            match passed(&facts, passage.clone(), around) {
                Ok(passed) => facts = passed,
                // Who did not come does not go: the step before says why.
                Err(MemberFault::Step(..)) if out && !self.faults.is_empty() => {}
                Err(fault @ MemberFault::Step(..)) if out => self.refuse(columns::WAY_OUT, &fault),
                Err(fault) => self.refuse(column_of(&fault, day), &fault),
            }
        }
        if !plan.passages.is_empty()
            && let Err(fault) = goes_on(&facts, around)
        {
            self.refuse(columns::UNION, &fault);
        }
    }
}

/// A plan before the units that it names are known.
struct Seed {
    changes: Vec<(CivilDate, Vec<MemberChange>)>,
    passages: Vec<Passage>,
    document: bool,
    mobile: bool,
}

/// Under which column a refusal stands; one of a day under `day`.
fn column_of(fault: &MemberFault, day: Column) -> Column {
    match fault {
        MemberFault::Incomplete(_) => columns::NAME,
        MemberFault::CodeUnknown("education", ..) => columns::EDUCATION,
        MemberFault::CodeUnknown(..) => columns::ETHNICITY,
        MemberFault::Text(..) | MemberFault::Slip(..) => columns::FORMER_UNION,
        MemberFault::AreaNotOpen(..) => columns::RESIDENCE,
        MemberFault::InFuture(_) | MemberFault::BeforePassage(..) | MemberFault::BeforeBirth(_) => {
            day
        }
        MemberFault::Step(..) => columns::WAY_IN,
        MemberFault::Union(_) => columns::UNION,
        MemberFault::Employer(_) => columns::EMPLOYER,
    }
}
