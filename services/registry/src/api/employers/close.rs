//! An employer ends, and its own union with it (Trade Union Law art. 13, Beijing measures art. 16:
//! 企业终止的，该工会组织相应撤销).

use unionhall_kit::{
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
        order::Order,
        unions::{self as union_calls, effect},
    },
    rules::{
        Refusal,
        employer::{
            Status,
            change::{EmployerChange, Surroundings, amend},
        },
        union::{
            EmployerId, Status as UnionStatus, UnionId,
            change::{Surroundings as UnionSurroundings, UnionChange, amend as amend_union},
        },
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
        let change = [EmployerChange::Status(Status::Closed)];
        let facts =
            amend(&before.facts, &change, from, around).map_err(|fault| fault.to_fault())?;
        let saved = employers::save(entry.conn(), &before, facts, entry.now()).await?;
        // An end takes no code from anybody.
        let after = saved.map_err(|taken| Fault::new(&kit_reasons::INTERNAL).caused_by(taken))?;
        if let Some(union) = held.into_iter().next() {
            end(&mut entry, union, from).await?;
        }
        self.finish(entry, Some(&before), &after, "ended", order.validate_only).await
    }
}

/// Ends the own union of an employer that ended in this transaction. `UNION_NOT_EMPTY` while unions
/// stand below it: they are affiliated elsewhere first.
async fn end(entry: &mut Entry, union: UnionRecord, from: CivilDate) -> Outcome<()> {
    let id: UnionId = union.id;
    union_calls::end::empty(entry, id, from).await?;
    let around =
        UnionSurroundings { today: entry.today(), areas: &Default::default(), superior: None };
    let change = [UnionChange::Status(UnionStatus::Dissolved)];
    let facts = amend_union(&union.facts, &change, from, around);
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
    Ok(())
}
