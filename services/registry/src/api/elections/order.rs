//! Orders of the union above to re-elect.

use unionhall_kit::{
    call::Call,
    fault::{Fault, Outcome},
    ledger::Done,
    reasons,
};
use unionhall_proto::registry::v1::{OrderReElectionRequest, Union};

use super::{Elections, decode, effect};
use crate::{
    api::{
        officers::{Held, Opened, open, required, seen_union},
        order::{Order, orders},
        unions,
    },
    rules::{
        Refusal,
        election::order_re_election,
        union::{change::with_begun, term::Order as ReElection},
    },
};

orders!(OrderReElectionRequest);

impl Elections {
    pub(super) async fn order(&self, call: Call<OrderReElectionRequest>) -> Outcome<Union> {
        let message = &call.message;
        let order = Order::from(message);
        let given = message.order.as_ref().ok_or_else(|| required("order"))?;
        let re_election = ReElection {
            ordered_on: decode::day("ordered_on", &message.ordered_on)?,
            due_by: decode::day("due_by", &message.due_by)?,
            order: unions::approval(given)?,
        };
        let id = unions::id(order.name)?;
        let Held { mut entry, union } = match open(&self.register, &call, order, id).await? {
            Opened::Fresh(held) => *held,
            Opened::Replay(done) => {
                let reader = self.register.ledger.db().reader();
                let union = seen_union(reader, &call.caller, id, &done.record).await?;
                return Ok(unions::shown(&union, self.register.clock().today()));
            }
        };
        if !order.etag.is_empty() && order.etag != union.etag() {
            return Err(Fault::new(&reasons::ETAG_MISMATCH).with("etag", order.etag));
        }
        let today = entry.today();
        let term = order_re_election(&union.facts, re_election, today);
        let term = term.map_err(|fault| fault.to_fault())?;
        let facts = with_begun(&union.facts, term, today).map_err(|fault| fault.to_fault())?;
        let after = effect::keep_terms(&mut entry, &union, facts, "re-election ordered").await?;
        let shown = unions::shown(&after, today);
        if order.validate_only {
            entry.discard().await?;
            return Ok(shown);
        }
        entry.commit(Done { record: after.name(), version: after.version }).await?;
        Ok(shown)
    }
}
