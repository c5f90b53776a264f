//! Opening a case.

use unionhall_kit::{
    access::Caller,
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    ledger::{Begun, Done, Entry},
    path::Line,
    reasons as kit_reasons,
    scoped::not_found,
};
use unionhall_proto::registry::v1::{CreateFormationCaseRequest, FormationCase};

use super::{Formations, decode, effect, encode, scoped};
use crate::{
    api::{employers as employer_calls, unions as union_calls, wire},
    rules::{
        Refusal,
        employer::change::stands_on,
        formation::{CaseId, Subject, journal::Journal, plan::Plan},
        reasons,
        union::{EmployerId, change::UnionFault},
    },
    store::{
        employers::{self, hold_areas},
        formations::{self, CaseRecord, NewCase, Taken},
    },
};

impl Formations {
    pub(super) async fn create(
        &self,
        call: Call<CreateFormationCaseRequest>,
    ) -> Outcome<FormationCase> {
        let message = &call.message;
        let given = message.formation_case.as_ref();
        let given = given.ok_or_else(|| wire::invalid("formation_case", "is required"))?;
        let from = decode::day_of("effective_date", &message.effective_date)?;
        let from = from.unwrap_or_else(|| self.today());
        let subject = decode::subject(given)?;
        let plan = decode::plan(given, from)?;
        if let Subject::Area(area) = &subject {
            call.caller.require_node(Line::Area, area.path())?;
        }
        let request_id = if message.validate_only { "" } else { &message.request_id };
        let entry = match self.register.ledger.begin(&call.intent(request_id)).await? {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => return self.again(&call.caller, &done).await,
        };
        plan.fits(&subject).map_err(|fault| fault.to_fault())?;
        self.hold(&entry, &call.caller, (&subject, &plan), from).await?;
        let journal = Journal::open(plan, from, entry.today()).map_err(|fault| fault.to_fault())?;
        let id = CaseId(self.register.ledger.ids().fresh());
        let new = NewCase { id, subject: subject.clone(), journal: journal.clone() };
        match formations::insert(entry.conn(), new, entry.now()).await? {
            Ok(after) => self.finish(entry, None, &after, message.validate_only).await,
            Err(Taken) => {
                entry.discard().await?;
                Err(self.taken(&call.caller, &subject, &journal).await?)
            }
        }
    }

    /// Whom the case is about is there on the day and is seen, and so is the union above.
    async fn hold(
        &self,
        entry: &Entry,
        caller: &Caller,
        (subject, plan): (&Subject, &Plan),
        from: CivilDate,
    ) -> Outcome<()> {
        if let Subject::Area(area) = subject {
            let held = hold_areas(entry.conn(), std::slice::from_ref(area)).await?;
            let open = held
                .get(area)
                .is_some_and(|fact| fact.period.covers(from) && fact.period.until().is_none());
            if !open {
                return Err(UnionFault::AreaNotOpen(area.clone(), from).to_fault());
            }
        }
        if let Some(above) = plan.superior {
            union_calls::superior(entry, caller, above).await?;
        }
        if let Subject::Employer(EmployerId(id)) = subject {
            let name = employers::resource_name(*id);
            let held = employers::load_for_update(entry.conn(), &[*id]).await?.into_iter().next();
            let held = held.ok_or_else(|| not_found(&name))?;
            let held = employer_calls::scoped(held).open(&caller.scope, &name)?;
            stands_on(&held.facts, from).map_err(|fault| fault.to_fault())?;
        }
        Ok(())
    }

    /// Notes a change in the books and commits it; with `validate_only` takes everything back. The
    /// answer is the case as it is, or would be, today.
    pub(super) async fn finish(
        &self,
        mut entry: Box<Entry>,
        before: Option<&CaseRecord>,
        after: &CaseRecord,
        validate_only: bool,
    ) -> Outcome<FormationCase> {
        let today = entry.today();
        if validate_only {
            entry.discard().await?;
            return Ok(encode::case(after, today));
        }
        if before.is_none_or(|before| before.journal != after.journal) {
            effect::note(&mut entry, before, after);
        }
        entry.commit(Done { record: after.name(), version: after.version }).await?;
        Ok(encode::case(after, today))
    }

    /// The answer to a request that was done before: the case as it is now, if the caller still
    /// sees it.
    pub(super) async fn again(&self, caller: &Caller, done: &Done) -> Outcome<FormationCase> {
        let record = self.seen(caller, &done.record).await?;
        Ok(encode::case(&record, self.today()))
    }

    /// Why no second case is open. Which one is, is told only to those who see it.
    pub(super) async fn taken(
        &self,
        caller: &Caller,
        subject: &Subject,
        journal: &Journal,
    ) -> Outcome<Fault> {
        let reader = self.register.ledger.db().reader();
        let plan = journal.plan();
        let holder = match (subject.employer(), plan.place(subject)) {
            (Some(employer), _) => formations::find_open_employer(reader, employer).await?,
            (None, Some((kind, area))) => formations::find_open_place(reader, kind, area).await?,
            (None, None) => None,
        };
        // It ended between the two statements: another try may succeed.
        let Some(holder) = holder else { return Ok(Fault::new(&kit_reasons::CONFLICT)) };
        let name = holder.name();
        let seen = scoped(holder).visible(&caller.scope).is_some();
        let name = if seen { name } else { "-".to_owned() };
        Ok(Fault::new(&reasons::FORMATION_CASE_OPEN).with("case", name))
    }
}
