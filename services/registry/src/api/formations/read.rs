//! Reading single cases, and the steps of one.

use unionhall_kit::{
    access::Caller,
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    paging::{Place, page_size},
    reasons,
    scoped::not_found,
};
use unionhall_proto::registry::v1::{
    FormationCase, GetFormationCaseRequest, ListFormationStepsRequest, ListFormationStepsResponse,
};

use super::{Formations, decode, encode, scoped};
use crate::store::formations::{self, CaseRecord};

impl Formations {
    pub(super) async fn get(&self, call: Call<GetFormationCaseRequest>) -> Outcome<FormationCase> {
        let day = decode::day_of("day", &call.message.day)?.unwrap_or_else(|| self.today());
        let record = self.seen(&call.caller, &call.message.name).await?;
        Ok(encode::case(&record, day))
    }

    /// The case, if the caller sees it.
    pub(super) async fn seen(&self, caller: &Caller, name: &str) -> Outcome<CaseRecord> {
        let id = decode::id(name)?;
        let found = formations::load(self.register.ledger.db().lookups(), &[id]).await?.remove(&id);
        scoped(found.ok_or_else(|| not_found(name))?).open(&caller.scope, name)
    }

    pub(super) async fn list_steps(
        &self,
        call: Call<ListFormationStepsRequest>,
    ) -> Outcome<ListFormationStepsResponse> {
        let message = &call.message;
        let query =
            ListFormationStepsRequest { parent: message.parent.clone(), ..Default::default() };
        let binding = call.binding(&query);
        let place = self.register.pager.place(&binding, &message.page_token)?;
        let before = place.map(number).transpose()?;
        let record = self.seen(&call.caller, &message.parent).await?;
        let size = page_size(message.page_size);
        let reader = self.register.ledger.db().reader();
        let mut steps = formations::past_steps(reader, record.id, before, size + 1).await?;
        let more = steps.len() as u64 > size;
        steps.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let next_page_token = match steps.last().filter(|_| more) {
            Some(last) => {
                let key = vec![last.step.number.to_string()];
                self.register.pager.token(&binding, &Place { phase: 0, key })?
            }
            None => String::new(),
        };
        let formation_steps = steps.iter().map(encode::past).collect();
        Ok(ListFormationStepsResponse { formation_steps, next_page_token })
    }

    pub(super) fn today(&self) -> CivilDate {
        self.register.clock().today()
    }
}

/// A token opens only for what it was made for, so that another is one of another release.
fn number(place: Place) -> Outcome<i32> {
    let number = place.key.first().and_then(|number| number.parse().ok());
    number.ok_or_else(|| Fault::new(&reasons::PAGE_TOKEN_INVALID))
}
