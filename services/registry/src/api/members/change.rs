//! Changing a member: update and withdrawal.

use std::collections::HashMap;

use prost::Message;
use unionhall_kit::{
    access::Caller,
    call::Call,
    fault::{Fault, Outcome},
    ledger::{Begun, Done, Entry},
    reasons as kit_reasons,
    scoped::not_found,
    vault::DataKey,
};
use unionhall_proto::{
    mask,
    registry::v1::{DeleteMemberRequest, Member, UpdateMemberRequest},
};

use super::{
    Members,
    decode::{self, Said},
    desk::{Desk, FoundBy},
    effect, encode,
    enter::visible_employer,
    reveal::lives,
    scoped,
};
use crate::{
    api::order::{Order, orders},
    rules::{
        Refusal,
        area::{AreaPath, tree::AreaTree},
        member::{
            MemberFacts, MemberId,
            change::{Surroundings, amend},
            merge::MergeFault,
        },
        union::{EmployerId, UnionId},
    },
    store::{
        employers::hold_areas,
        members::{
            self, Changed, Held, MemberRecord, Numbers, Wanted, hold_grounds, key_of, owner,
            resource_name,
        },
    },
};

orders!(DeleteMemberRequest);

/// A member who is held for a change, with the unions and employers of the person.
pub(super) struct Opening {
    pub(super) entry: Box<Entry>,
    pub(super) record: MemberRecord,
    pub(super) held: Held,
    pub(super) areas: AreaTree,
}

/// Members who are held, in the order in which they were named.
pub(super) struct Several {
    pub(super) records: Vec<MemberRecord>,
    pub(super) held: Held,
    pub(super) areas: AreaTree,
}

pub(super) enum Opened {
    Fresh(Box<Opening>),
    Replay(Done),
}

/// What a change names beside the member.
#[derive(Default)]
pub(super) struct Named {
    pub(super) areas: Vec<AreaPath>,
    pub(super) unions: Vec<UnionId>,
    pub(super) employers: Vec<EmployerId>,
}

impl Members {
    pub(super) async fn update(&self, call: Call<UpdateMemberRequest>) -> Outcome<Member> {
        let message = &call.message;
        let given = message.member.as_ref().ok_or_else(|| decode::required("member"))?;
        let order = Order {
            name: &given.name,
            etag: &message.etag,
            request_id: &message.request_id,
            validate_only: message.validate_only,
        };
        let from = decode::day("effective_date", &message.effective_date)?;
        let from = from.unwrap_or_else(|| self.today());
        let mask = mask::paths(message.update_mask.as_ref());
        let employer = decode::employer("member.employer", &given.employer)?;
        let named = Named {
            areas: decode::residence(given)?.into_iter().collect(),
            employers: employer.into_iter().collect(),
            ..Named::default()
        };
        let Opening { entry, record: before, held, areas } =
            match self.open(&call, order, named).await? {
                Opened::Fresh(opening) => *opening,
                Opened::Replay(done) => return self.again(&call.caller, &done).await,
            };
        let key = self.key(&entry, before.id).await?;
        let desk = Desk { vault: &self.register.vault, key: &key, today: entry.today() };
        let present = encode::settable(&before.facts, from);
        let Said { changes, mut numbers } =
            decode::amended(&desk, present, given, mask, (&before.facts, from))?;
        let around = Surroundings {
            today: entry.today(),
            areas: &areas,
            lists: self.register.reference,
            union: None,
            employer: visible_employer(&call.caller, &held, employer)?,
        };
        let facts = amend(&before.facts, &changes, from, around).map_err(|f| f.to_fault())?;
        if facts.documents != before.facts.documents {
            // A number that was overwritten on its first day was never the person's.
            let vault = &self.register.vault;
            let after = FoundBy::of(vault, &key, &facts)?;
            let gone = FoundBy::of(vault, &key, &before.facts)?.becoming(after);
            numbers.wrong_documents = gone.wrong_documents;
        }
        let opening = Opening { entry, record: before, held, areas };
        self.keep(&call, order, opening, (facts, numbers), "updated").await
    }

    /// Saves what became of a member who was opened for a change.
    pub(super) async fn keep<M: Message>(
        &self,
        call: &Call<M>,
        order: Order<'_>,
        opening: Opening,
        (facts, numbers): (MemberFacts, Numbers),
        what: &str,
    ) -> Outcome<Member> {
        let Opening { entry, record: before, held, .. } = opening;
        let standing = facts.passages.last_standing();
        let documents = numbers.documents.clone();
        let changed = Changed {
            before: &before,
            stand: facts.passages.last_union().and_then(|union| held.stand(union)),
            transfer: standing.transfer().and_then(|union| held.stand(union)),
            facts,
            numbers,
        };
        match members::save(entry.conn(), changed, entry.now()).await? {
            Ok(after) => {
                let both = (Some(&before), &after);
                let only = order.validate_only;
                let member = self.finish(entry, both, &held, what, only).await?;
                self.tried(call, &documents, only).await?;
                Ok(member)
            }
            Err(members::Taken) => {
                entry.discard().await?;
                Err(self.exists(&call.caller, &documents).await?)
            }
        }
    }

    pub(super) async fn delete(&self, call: Call<DeleteMemberRequest>) -> Outcome<()> {
        let order = Order::from(&call.message);
        let opening = match self.open(&call, order, Named::default()).await? {
            Opened::Fresh(opening) => *opening,
            Opened::Replay(_) => return Ok(()),
        };
        let Opening { mut entry, record: before, held, .. } = opening;
        if let Some(source) = members::into(entry.conn(), before.id).await?.first() {
            return Err(MergeFault::Holds(resource_name(*source)).to_fault());
        }
        let after = members::remove(entry.conn(), &before, entry.now()).await?;
        effect::forget_snapshots(&entry, [&after]).await?;
        if order.validate_only {
            return entry.discard().await;
        }
        effect::note_removal(&mut entry, &before, &after, &held.grounds);
        entry.audit(effect::audit(Some(&before), &after, "withdrawn"));
        entry.commit(Done { record: after.name(), version: after.version }).await
    }

    /// Begins a change: areas are held first, then the unions and employers of the person, then the
    /// person. Which those are follows from the record, so that it is looked at before; should it
    /// have changed in between, the caller tries again. `NOT_FOUND`, `ETAG_MISMATCH`, `CONFLICT`,
    /// `MEMBER_ERASED`.
    pub(super) async fn open<M: Message>(
        &self,
        call: &Call<M>,
        order: Order<'_>,
        named: Named,
    ) -> Outcome<Opened> {
        decode::id(order.name)?;
        let entry = match self.register.ledger.begin(&call.intent(order.effective_id())).await? {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => return Ok(Opened::Replay(done)),
        };
        let names = [order.name];
        let Several { mut records, held, areas } =
            self.hold(&call.caller, &entry, (&names, &[]), named).await?;
        let record = records.pop().ok_or_else(decode::broken)?;
        unchanged(&record, order.etag)?;
        lives(&record)?;
        Ok(Opened::Fresh(Box::new(Opening { entry, record, held, areas })))
    }

    /// Holds areas, then the unions and employers of these persons, then the persons: those whom the
    /// caller names and has to see, and behind them `others`. `NOT_FOUND`, `CONFLICT`.
    pub(super) async fn hold(
        &self,
        caller: &Caller,
        entry: &Entry,
        (names, others): (&[&str], &[MemberId]),
        named: Named,
    ) -> Outcome<Several> {
        let mut ids = names.iter().map(|name| decode::id(name)).collect::<Outcome<Vec<_>>>()?;
        ids.extend(others);
        let seen = |mut found: HashMap<MemberId, MemberRecord>| -> Outcome<Vec<MemberRecord>> {
            let mut records = Vec::with_capacity(ids.len());
            for (at, id) in ids.iter().enumerate() {
                let record = found.remove(id);
                records.push(match names.get(at) {
                    Some(name) => {
                        scoped(record.ok_or_else(|| not_found(name))?).open(&caller.scope, name)?
                    }
                    None => record.ok_or_else(|| Fault::new(&kit_reasons::CONFLICT))?,
                });
            }
            Ok(records)
        };
        let peeked = seen(members::load(entry.conn(), &ids).await?)?;
        let areas = hold_areas(entry.conn(), &named.areas).await?;
        let mut wanted = Wanted::of(peeked.iter().map(|record| &record.facts));
        named.unions.into_iter().for_each(|union| wanted.union(union));
        named.employers.into_iter().for_each(|employer| wanted.employer(employer));
        let held = hold_grounds(entry.conn(), &wanted).await?;
        let locked = members::load_for_update(entry.conn(), &ids).await?;
        let records = seen(locked.into_iter().map(|record| (record.id, record)).collect())?;
        if !wanted.covers(&Wanted::of(records.iter().map(|record| &record.facts))) {
            return Err(Fault::new(&kit_reasons::CONFLICT));
        }
        Ok(Several { records, held, areas })
    }

    /// The person's own key.
    pub(super) async fn key(&self, entry: &Entry, id: MemberId) -> Outcome<DataKey> {
        let sealed = key_of(entry.conn(), id).await?;
        self.register.vault.open_data_key(owner(&id), sealed.as_deref())
    }
}

/// `ETAG_MISMATCH` where the record is no longer the one that the caller read.
pub(super) fn unchanged(record: &MemberRecord, etag: &str) -> Outcome<()> {
    if etag.is_empty() || etag == record.etag() {
        return Ok(());
    }
    Err(Fault::new(&kit_reasons::ETAG_MISMATCH).with("etag", etag))
}
