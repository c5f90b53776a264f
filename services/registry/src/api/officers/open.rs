//! A change of what stands below a union: the union is held first, so that those who change its
//! offices and elections follow each other.

use prost::Message;
use sea_orm::ConnectionTrait;
use unionhall_kit::{
    access::Caller,
    call::Call,
    fault::Outcome,
    ledger::{Begun, Done, Entry},
    scoped::not_found,
};

use crate::{
    Register,
    api::{order::Order, unions::scoped},
    rules::union::UnionId,
    store::unions::{self, UnionRecord},
};

/// A union that is held for a change below it.
pub(in crate::api) struct Held {
    pub(in crate::api) entry: Box<Entry>,
    pub(in crate::api) union: UnionRecord,
}

pub(in crate::api) enum Opened {
    Fresh(Box<Held>),
    Replay(Done),
}

/// Begins a change below `union`; `order.name` is what the caller named. `NOT_FOUND`.
pub(in crate::api) async fn open<M: Message>(
    register: &Register,
    call: &Call<M>,
    order: Order<'_>,
    union: UnionId,
) -> Outcome<Opened> {
    let entry = match register.ledger.begin(&call.intent(order.effective_id())).await? {
        Begun::Fresh(entry) => entry,
        Begun::Replay(done) => return Ok(Opened::Replay(done)),
    };
    let locked = unions::load_for_update(entry.conn(), &[union]).await?;
    let record = locked.into_iter().next().ok_or_else(|| not_found(order.name))?;
    let union = scoped(record).open(&call.caller.scope, order.name)?;
    Ok(Opened::Fresh(Box::new(Held { entry, union })))
}

/// The union, if the caller sees it; `name` is what the caller asked for.
pub(in crate::api) async fn seen_union(
    reader: &impl ConnectionTrait,
    caller: &Caller,
    id: UnionId,
    name: &str,
) -> Outcome<UnionRecord> {
    let found = unions::load(reader, &[id]).await?.remove(&id).ok_or_else(|| not_found(name))?;
    scoped(found).open(&caller.scope, name)
}
