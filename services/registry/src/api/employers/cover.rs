//! `CoverageService`: which union covers an employer.

use tonic::{Request, Response, Status};
use unionhall_kit::{
    access::Caller,
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    paging::{Place as PagePlace, page_size},
    reasons as kit_reasons,
};
use unionhall_proto::registry::v1::{
    CoverEmployerRequest, Employer, ListCoveredEmployersRequest, ListCoveredEmployersResponse,
    UncoverEmployerRequest, coverage_service_server::CoverageService,
};
use uuid::Uuid;

use super::{
    Employers, answer,
    change::{Held, Opened, Order},
    decode, scoped,
};
use crate::{
    api::unions::{self as union_calls},
    rules::{
        Refusal,
        employer::{
            EmployerFacts,
            cover::{Candidate, CoverFault, cover, uncover},
        },
        union::{EmployerId, UnionId},
    },
    store::{
        employers,
        unions::{self, resource_name},
    },
};

#[tonic::async_trait]
impl CoverageService for Employers {
    async fn cover_employer(
        &self,
        request: Request<CoverEmployerRequest>,
    ) -> Result<Response<Employer>, Status> {
        answer(self.cover(Call::open(request)?).await)
    }

    async fn uncover_employer(
        &self,
        request: Request<UncoverEmployerRequest>,
    ) -> Result<Response<Employer>, Status> {
        answer(self.uncover(Call::open(request)?).await)
    }

    async fn list_covered_employers(
        &self,
        request: Request<ListCoveredEmployersRequest>,
    ) -> Result<Response<ListCoveredEmployersResponse>, Status> {
        answer(self.list_covered(Call::open(request)?).await)
    }
}

impl Employers {
    async fn cover(&self, call: Call<CoverEmployerRequest>) -> Outcome<Employer> {
        let message = &call.message;
        let order = Order::from(message);
        let from = decode::day("effective_date", &message.effective_date)?;
        let from = from.unwrap_or_else(|| self.today());
        let id = union_calls::id(&message.union)?;
        let previous = Some(message.previous_union.as_str()).filter(|name| !name.is_empty());
        let previous = previous.map(union_calls::id).transpose()?;
        let held = match self.open(&call, order, (&[], from, &[id])).await? {
            Opened::Fresh(held) => *held,
            Opened::Replay(done) => return self.again(&call.caller, &done).await,
        };
        let union = held.unions.iter().find(|union| union.id == id).cloned();
        let union = union.map(union_calls::scoped);
        let union = union.and_then(|union| union.visible(&call.caller.scope));
        let union = union.ok_or_else(|| unionhall_kit::scoped::not_found(&message.union))?;
        let record = &held.record;
        let decided = cover(
            (EmployerId(record.id), &record.facts),
            Candidate { id, facts: &union.facts },
            previous,
            (from, held.entry.today()),
        );
        let facts = match decided {
            Ok(facts) => facts,
            Err(fault) => return Err(self.refused(&call.caller, fault).await?),
        };
        self.keep(held, facts, ("covered", order.validate_only)).await
    }

    async fn uncover(&self, call: Call<UncoverEmployerRequest>) -> Outcome<Employer> {
        let order = Order::from(&call.message);
        let from = decode::day("effective_date", &call.message.effective_date)?;
        let from = from.unwrap_or_else(|| self.today());
        let held = match self.open(&call, order, (&[], from, &[])).await? {
            Opened::Fresh(held) => *held,
            Opened::Replay(done) => return self.again(&call.caller, &done).await,
        };
        let decided = uncover(&held.record.facts, (from, held.entry.today()));
        let facts = decided.map_err(|fault| fault.to_fault())?;
        self.keep(held, facts, ("uncovered", order.validate_only)).await
    }

    async fn keep(
        &self,
        held: Held,
        facts: EmployerFacts,
        (what, validate_only): (&str, bool),
    ) -> Outcome<Employer> {
        let Held { entry, record: before, .. } = held;
        let saved = employers::save(entry.conn(), &before, facts, entry.now()).await?;
        // Coverage takes no code from anybody.
        let after = saved.map_err(|taken| Fault::new(&kit_reasons::INTERNAL).caused_by(taken))?;
        self.finish(entry, Some(&before), &after, what, validate_only).await
    }

    /// The union that covers is told only to those who see it.
    pub(in crate::api) async fn refused(
        &self,
        caller: &Caller,
        fault: CoverFault,
    ) -> Outcome<Fault> {
        let CoverFault::Covered(union, _) = fault else { return Ok(fault.to_fault()) };
        let reader = self.register.ledger.db().reader();
        let found = unions::load(reader, &[union]).await?.remove(&union);
        let seen = found.and_then(|found| union_calls::scoped(found).visible(&caller.scope));
        let name = if seen.is_some() { resource_name(union) } else { "-".to_owned() };
        Ok(fault.to_fault().with("union", name))
    }

    async fn list_covered(
        &self,
        call: Call<ListCoveredEmployersRequest>,
    ) -> Outcome<ListCoveredEmployersResponse> {
        let message = &call.message;
        let day = decode::day("day", &message.day)?.unwrap_or_else(|| self.today());
        // With the day filled in: over midnight, the pages of one list stay pages of one day.
        let query = ListCoveredEmployersRequest {
            parent: message.parent.clone(),
            day: Some(day.into()),
            ..Default::default()
        };
        let binding = call.binding(&query);
        let place = self.register.pager.place(&binding, &message.page_token)?;
        let after = place.map(|place| covered_place(&place)).transpose()?;
        let id = union_calls::id(&message.parent)?;
        let reader = self.register.ledger.db().reader();
        let union = unions::load(reader, &[id]).await?.remove(&id);
        let union = union.ok_or_else(|| unionhall_kit::scoped::not_found(&message.parent))?;
        union_calls::scoped(union).open(&call.caller.scope, &message.parent)?;
        let size = page_size(message.page_size);
        let mut ids = employers::covered_by(reader, id, day, after, size + 1).await?;
        let more = ids.len() as u64 > size;
        ids.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let next_page_token = match ids.last().filter(|_| more) {
            Some(last) => {
                let place = PagePlace { phase: 0, key: vec![last.to_string()] };
                self.register.pager.token(&binding, &place)?
            }
            None => String::new(),
        };
        let employers = self.covered_on(&call.caller, &ids, (id, day)).await?;
        Ok(ListCoveredEmployersResponse { employers, next_page_token })
    }

    async fn covered_on(
        &self,
        caller: &Caller,
        ids: &[Uuid],
        (union, day): (UnionId, CivilDate),
    ) -> Outcome<Vec<Employer>> {
        let mut records = employers::load(self.register.ledger.db().reader(), ids).await?;
        let record = |id: &Uuid| {
            let record = scoped(records.remove(id)?).visible(&caller.scope)?;
            let covered = record.facts.covers.on(day).is_some_and(|cover| cover.union == union);
            let there = record.facts.closed_on().is_none_or(|closed| day < closed);
            (covered && there).then(|| self.shown(&record, Some(day)))
        };
        Ok(ids.iter().filter_map(record).collect())
    }
}

fn covered_place(place: &PagePlace) -> Outcome<Uuid> {
    let id = place.key.first().and_then(|id| Uuid::try_parse(id).ok());
    id.ok_or_else(|| Fault::new(&kit_reasons::PAGE_TOKEN_INVALID))
}
