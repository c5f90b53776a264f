//! Entering an employer.

use unionhall_kit::{
    access::Caller,
    call::Call,
    fault::{Fault, Outcome},
    ledger::{Begun, Done, Entry},
    path::Line,
    reasons as kit_reasons,
};
use unionhall_proto::registry::v1::{CreateEmployerRequest, Employer};

use super::{Employers, decode, effect};
use crate::{
    rules::{
        Refusal,
        employer::{
            EmployerFacts,
            change::{Surroundings, enter},
        },
        organisation_code::OrganisationCode,
        reasons,
    },
    store::{
        employers::{self, EmployerRecord, Taken, hold_areas},
        grounds,
    },
};

impl Employers {
    pub(super) async fn create(&self, call: Call<CreateEmployerRequest>) -> Outcome<Employer> {
        let message = &call.message;
        let given = message.employer.as_ref().ok_or_else(|| decode::required("employer"))?;
        let established = decode::day("employer.established_on", &given.established_on)?;
        let from = decode::day("effective_date", &message.effective_date)?.or(established);
        let from = from.unwrap_or_else(|| self.today());
        let changes = decode::entered(given, from)?;
        let place = given.actual_address.as_ref();
        let area = decode::area(place.ok_or_else(|| decode::required("employer.actual_address"))?)?;
        call.caller.require_node(Line::Area, area.path())?;

        let request_id = if message.validate_only { "" } else { &message.request_id };
        let entry = match self.register.ledger.begin(&call.intent(request_id)).await? {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => return self.again(&call.caller, &done).await,
        };
        let held = hold_areas(entry.conn(), &[area]).await?;
        let around =
            Surroundings { today: entry.today(), areas: &held, lists: self.register.reference };
        let facts = enter(&changes, from, around).map_err(|fault| fault.to_fault())?;
        let new = [self.register.new_employer(facts)];
        let entered = employers::insert_many(entry.conn(), &new, entry.now()).await?;
        match entered {
            Ok(records) => {
                let record = records.first().ok_or_else(|| Fault::new(&kit_reasons::INTERNAL))?;
                self.finish(entry, None, record, "entered", message.validate_only).await
            }
            Err(Taken) => {
                entry.discard().await?;
                Err(self.exists(&call.caller, &new[0].facts).await?)
            }
        }
    }

    /// Notes a change in the books and commits it; with `validate_only` takes everything back.
    /// The answer is the employer as it is, or would be, today.
    pub(super) async fn finish(
        &self,
        mut entry: Box<Entry>,
        before: Option<&EmployerRecord>,
        record: &EmployerRecord,
        what: &str,
        validate_only: bool,
    ) -> Outcome<Employer> {
        let today = entry.today();
        if validate_only {
            entry.discard().await?;
            return Ok(self.shown(record, Some(today)));
        }
        if before.is_none_or(|before| before.facts != record.facts) {
            let facts = before.map(|before| &before.facts).into_iter().chain([&record.facts]);
            let grounds = grounds::held(entry.conn(), facts).await?;
            effect::note(&self.register, &mut entry, before, record, &grounds).await?;
            entry.audit(effect::audit(before, record, what));
        }
        entry.commit(Done { record: record.name(), version: record.version }).await?;
        Ok(self.shown(record, Some(today)))
    }

    /// The answer to a request that was done before: the record as it is now, if the caller still
    /// sees it.
    pub(super) async fn again(&self, caller: &Caller, done: &Done) -> Outcome<Employer> {
        let record = self.seen(caller, decode::id(&done.record)?, &done.record).await?;
        Ok(self.shown(&record, None))
    }

    /// Why a code of these facts could not be taken. Who holds it is told only to those who see
    /// the holder.
    pub(super) async fn exists(&self, caller: &Caller, facts: &EmployerFacts) -> Outcome<Fault> {
        let Some(identifier) = facts.identifiers.rows().last() else {
            return Ok(Fault::new(&kit_reasons::CONFLICT));
        };
        let code: OrganisationCode = identifier.value.organisation_code();
        let reader = self.register.ledger.db().reader();
        let holders = employers::holders(reader, &[code]).await?;
        let Some(holder) = holders.first() else {
            // It was withdrawn between the two statements: another try may succeed.
            return Ok(Fault::new(&kit_reasons::CONFLICT));
        };
        let visible = caller.scope.sees(Some(holder.area.path()), None);
        let name = if visible { employers::resource_name(holder.id) } else { "-".to_owned() };
        let fault = Fault::new(&reasons::EMPLOYER_EXISTS);
        Ok(fault.with("code", &identifier.value).with("employer", name))
    }
}
