//! An employer ends, and its own union with it (Trade Union Law art. 13, Beijing measures art. 16:
//! 企业终止的，该工会组织相应撤销).

use unionhall_kit::{
    access::Caller,
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    ledger::Entry,
    reasons as kit_reasons,
};
use unionhall_proto::registry::v1::{CloseEmployerRequest, Employer};

use super::{
    Employers,
    change::{Grip, Held, Opened},
    decode,
};
use crate::{
    api::{
        formations::ended as formation_cases,
        order::Order,
        unions::{
            self as union_calls, effect,
            members::{ended, of_dissolution},
        },
    },
    rules::{
        Refusal,
        employer::{
            Status,
            change::{EmployerChange, EmployerFault, Surroundings, amend},
        },
        union::{EmployerId, UnionId, approval::EndReason, dissolve::end_with_employer},
    },
    store::{
        employers,
        unions::{self, Placed, UnionRecord},
    },
};

impl Employers {
    pub(super) async fn close(&self, call: Call<CloseEmployerRequest>) -> Outcome<Employer> {
        let message = &call.message;
        let order = Order::from(message);
        let from = decode::day("effective_date", &message.effective_date)?;
        let from = from.unwrap_or_else(|| self.today());
        let id = decode::id(order.name)?;
        let reader = self.register.ledger.db().reader();
        let own = unions::find_by_employer(reader, EmployerId(id)).await?;
        let relied = (&[][..], from, own.as_slice());
        let held = match self.open_with(&call, order, relied, Grip::Change).await? {
            Opened::Fresh(held) => *held,
            Opened::Replay(done) => return self.again(&call.caller, &done).await,
        };
        let Held { mut entry, record: before, areas, unions: held } = held;
        // Nobody gives the employer a union while it is held.
        if unions::find_by_employer(entry.conn(), EmployerId(id)).await? != own {
            return Err(Fault::new(&kit_reasons::CONFLICT));
        }
        let around =
            Surroundings { today: entry.today(), areas: &areas, lists: self.register.reference };
        let mut changes = vec![EmployerChange::Status(Status::Closed)];
        if message.withdraw_later_coverage {
            changes.insert(0, EmployerChange::WithdrawLaterCoverage);
        }
        let facts = match amend(&before.facts, &changes, from, around) {
            Ok(facts) => facts,
            Err(fault) => return Err(self.covered_later(&call.caller, fault).await?),
        };
        let saved = employers::save(entry.conn(), &before, facts, entry.now()).await?;
        // An end takes no code from anybody.
        let after = saved.map_err(|taken| Fault::new(&kit_reasons::INTERNAL).caused_by(taken))?;
        let mut members = 0;
        if let Some(union) = held.into_iter().next() {
            let id = union.id;
            end(&mut entry, union, from).await?;
            let passes = of_dissolution(id, (Some(EndReason::EmployerEnded), None), from);
            let client = call.caller.client.as_str();
            members = ended(&self.register, &mut entry, client, passes, None).await?;
        }
        let finished =
            self.finish(entry, Some(&before), &after, "ended", order.validate_only).await?;
        self.register.structure_bell.notify_waiters();
        Ok(Employer { following_member_count: members, ..finished })
    }
}

impl Employers {
    /// The union that covers later is told only to those who see it.
    async fn covered_later(&self, caller: &Caller, fault: EmployerFault) -> Outcome<Fault> {
        let EmployerFault::CoveredLater(union, _) = fault else { return Ok(fault.to_fault()) };
        let reader = self.register.ledger.db().reader();
        let found = unions::load(reader, &[union]).await?.remove(&union);
        let seen = found.and_then(|found| union_calls::scoped(found).visible(&caller.scope));
        let name = if seen.is_some() { unions::resource_name(union) } else { "-".to_owned() };
        Ok(fault.to_fault().with("union", name))
    }
}

/// Ends the own union of an employer that ended in this transaction. `UNION_NOT_EMPTY` while unions
/// stand below it: they are affiliated elsewhere first.
async fn end(entry: &mut Entry, union: UnionRecord, from: CivilDate) -> Outcome<()> {
    let id: UnionId = union.id;
    // Its members are retained.
    union_calls::end::empty(entry, id, (from, 0)).await?;
    let facts = end_with_employer(&union.facts, (from, entry.today()));
    let facts = facts.map_err(|fault| fault.to_fault())?;
    let paths = unions::paths_of(entry.conn(), &[id]).await?.remove(&id).unwrap_or_default();
    let before = Placed { record: union, paths };
    let (paths, now) = (before.paths.clone(), entry.now());
    let saved = unions::save(entry.conn(), &before, facts, paths, now).await?;
    let after = saved.map_err(|taken| Fault::new(&kit_reasons::INTERNAL).caused_by(taken))?;
    let record = &after.record;
    entry.not_before(record.updated_at);
    entry.event(effect::event(record, entry.today()));
    let old = (&before.record.facts, &before.paths);
    entry.figures(effect::figures(old, (&record.facts, &after.paths)));
    entry.audit(effect::audit(record, &before.record.facts, "ended with its employer"));
    formation_cases::union_ended(entry, id, from).await
}
