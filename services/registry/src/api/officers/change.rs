//! Filling and ending offices.

use unionhall_kit::{
    call::Call,
    fault::{Fault, Outcome},
    ledger::Done,
    reasons as kit_reasons,
    scoped::not_found,
};
use unionhall_proto::registry::v1::{AppointOfficerRequest, EndOfficeRequest, Officer};

use super::{Held, Officers, Opened, codes, decode, effect, encode, open};
use crate::{
    api::{findings, order::Order, unions, wire},
    rules::{
        Refusal,
        office::{EndOrder, Office, OfficeFault, OfficeId, appoint, end},
    },
    store::{
        officers::{self, OfficeRecord},
        vacancies,
    },
};

crate::api::order::orders!(EndOfficeRequest);

impl Officers {
    pub(super) async fn appoint(&self, call: Call<AppointOfficerRequest>) -> Outcome<Officer> {
        let message = &call.message;
        let given = message.officer.as_ref().ok_or_else(|| decode::required("officer"))?;
        let office = decode::office(given, self.today())?;
        let order = Order {
            name: &message.parent,
            etag: "",
            request_id: &message.request_id,
            validate_only: message.validate_only,
        };
        let union = unions::id(&message.parent)?;
        let held = match open(&self.register, &call, order, union).await? {
            Opened::Fresh(held) => *held,
            Opened::Replay(done) => return self.shown(&call.caller, &done.record).await,
        };
        let conn = held.entry.conn();
        let others = officers::of_union(conn, union).await?;
        let others: Vec<Office> = others.into_iter().map(|record| record.office).collect();
        let facts = &held.union.facts;
        let decided = appoint(&office, facts, &others, findings::rules()?, held.entry.today());
        decided.map_err(|fault| fault.to_fault())?;
        // The number is told even where it was left to the register.
        let term = facts.term_on(office.from).map(|term| term.term.number);
        let office = Office { term, ..office };
        let new = vec![(OfficeId(self.register.ledger.ids().fresh()), office.clone())];
        match officers::insert(conn, union, new, held.entry.now()).await? {
            Ok(records) => self.finish(held, records, "appointed", order.validate_only).await,
            Err(officers::Taken) => {
                held.entry.discard().await?;
                Err(OfficeFault::Taken(office.committee, office.from).to_fault())
            }
        }
    }

    pub(super) async fn end(&self, call: Call<EndOfficeRequest>) -> Outcome<Officer> {
        let message = &call.message;
        let order = Order::from(message);
        let on = wire::day("effective_date", message.effective_date.as_ref())?;
        let ending = EndOrder {
            on: on.unwrap_or_else(|| self.today()),
            way: codes::way_out(message.way_out()).ok_or_else(|| decode::required("way_out"))?,
            committee_consents: message.committee_consents,
            consent: message.move_consent.as_ref().map(unions::approval).transpose()?,
        };
        let (union, id) = decode::name(&message.name)?;
        let held = match open(&self.register, &call, order, union).await? {
            Opened::Fresh(held) => *held,
            Opened::Replay(done) => return self.shown(&call.caller, &done.record).await,
        };
        let found = officers::load(held.entry.conn(), union, id).await?;
        let before = found.ok_or_else(|| not_found(order.name))?;
        if !order.etag.is_empty() && order.etag != before.etag() {
            return Err(Fault::new(&kit_reasons::ETAG_MISMATCH).with("etag", order.etag));
        }
        let by = (findings::rules()?, held.entry.today());
        let decided = end(&before.office, &held.union.facts, ending, by);
        let office = decided.map_err(|fault| fault.to_fault())?;
        let saved = officers::save(held.entry.conn(), &before, office, held.entry.now()).await?;
        // An office that ends is nobody's rival.
        let after = saved.map_err(|taken| Fault::new(&kit_reasons::INTERNAL).caused_by(taken))?;
        self.finish(held, vec![after], "ended", order.validate_only).await
    }

    /// Notes a change in the books and commits it; with `validate_only` takes everything back.
    async fn finish(
        &self,
        held: Held,
        records: Vec<OfficeRecord>,
        what: &str,
        validate_only: bool,
    ) -> Outcome<Officer> {
        let Held { mut entry, union } = held;
        let record = records.into_iter().next();
        let record = record.ok_or_else(|| Fault::new(&kit_reasons::INTERNAL))?;
        let shown = encode::officer(&record, &union.facts)?;
        if validate_only {
            entry.discard().await?;
            return Ok(shown);
        }
        vacancies::keep(entry.conn(), union.id, &union.facts).await?;
        entry.not_before(record.updated_at);
        entry.event(effect::event(&record, &union)?);
        entry.audit(effect::audit(&record, &union, what));
        entry.commit(Done { record: record.name(), version: record.version }).await?;
        Ok(shown)
    }
}
