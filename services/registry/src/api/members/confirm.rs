//! Confirming records: one, or those of a union.

use unionhall_kit::{
    access::Caller,
    call::Call,
    civil::CivilDate,
    fault::Outcome,
    ledger::{AuditNote, Begun, Done, Entry},
    scoped::not_found,
};
use unionhall_proto::registry::v1::{
    ConfirmMemberRequest, ConfirmUnionMembersRequest, ConfirmUnionMembersResponse, Member,
};

use super::{
    Members,
    change::{Named, Opened, Opening},
    decode, effect,
    pass::{Side, sees},
};
use crate::{
    api::{
        order::{Order, orders},
        unions::{id as union_id, scoped as scoped_union},
    },
    rules::{
        Refusal,
        member::{MemberFault, MemberId, change::confirm},
        union::UnionId,
    },
    store::{
        members::{
            self, Changed, MemberRecord, Numbers, Wanted, count_unconfirmed, hold_grounds,
            longest_unconfirmed, save_many,
        },
        unions::{self, UnionRecord},
    },
};

orders!(ConfirmMemberRequest);

/// Members of one call, where it does not say: each makes an event.
const A_CALL: i32 = 500;
/// The most that one transaction takes.
const MOST_A_CALL: i32 = 1_000;

/// Which members of a union a call confirms.
struct Asked {
    union: UnionId,
    before: CivilDate,
    except: Vec<MemberId>,
    size: u64,
}

impl Members {
    pub(super) async fn confirm(&self, call: Call<ConfirmMemberRequest>) -> Outcome<Member> {
        let order = Order::from(&call.message);
        let opening = match self.open(&call, order, Named::default()).await? {
            Opened::Fresh(opening) => *opening,
            Opened::Replay(done) => return self.again(&call.caller, &done).await,
        };
        sees(&call, &opening.record, Side::Own, order.name)?;
        let facts = confirm(&opening.record.facts, opening.entry.today());
        let facts = facts.map_err(|fault| fault.to_fault())?;
        if facts != opening.record.facts {
            return self
                .keep(&call, order, opening, (facts, Numbers::default()), "confirmed")
                .await;
        }
        let Opening { entry, record, .. } = opening;
        if order.validate_only {
            entry.discard().await?;
        } else {
            entry.commit(Done { record: record.name(), version: record.version }).await?;
        }
        Ok(self.shown(&record, None))
    }

    pub(super) async fn confirm_union(
        &self,
        call: Call<ConfirmUnionMembersRequest>,
    ) -> Outcome<ConfirmUnionMembersResponse> {
        let message = &call.message;
        let asked = self.asked(message)?;
        let request_id = if message.validate_only { "" } else { &message.request_id };
        let mut entry = match self.register.ledger.begin(&call.intent(request_id)).await? {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => return self.confirmed_before(&call.caller, &asked, &done).await,
        };
        let seen = unions::load(entry.conn(), &[asked.union]).await?.remove(&asked.union);
        let union = seen_union(&call.caller, seen, &message.name)?;
        let confirmed = confirm_some(&mut entry, &asked).await?;
        let conn = entry.conn();
        let left = count_unconfirmed(conn, asked.union, asked.before, &asked.except).await?;
        let answer =
            ConfirmUnionMembersResponse { confirmed_count: confirmed, remaining_count: left };
        if message.validate_only {
            entry.discard().await?;
            return Ok(answer);
        }
        let area = union.area.path().clone();
        let detail = format!("{confirmed} members confirmed, {left} left");
        entry.audit(AuditNote { record: union.name(), area, detail });
        // A repetition is answered with the count.
        entry.commit(Done { record: union.name(), version: confirmed }).await?;
        Ok(answer)
    }

    fn asked(&self, message: &ConfirmUnionMembersRequest) -> Outcome<Asked> {
        let today = self.today();
        let before = decode::day("confirmed_before", &message.confirmed_before)?;
        let before = before.unwrap_or(today);
        if before > today {
            return Err(MemberFault::InFuture(before).to_fault());
        }
        let ids = message.except_members.iter().map(|name| decode::id(name));
        let size = if message.page_size <= 0 { A_CALL } else { message.page_size };
        Ok(Asked {
            union: union_id(&message.name)?,
            before,
            except: ids.collect::<Outcome<_>>()?,
            size: u64::from(size.min(MOST_A_CALL).unsigned_abs()),
        })
    }

    /// The answer to a request that was done before.
    async fn confirmed_before(
        &self,
        caller: &Caller,
        asked: &Asked,
        done: &Done,
    ) -> Outcome<ConfirmUnionMembersResponse> {
        let reader = self.register.ledger.db().reader();
        let seen = unions::load(reader, &[asked.union]).await?.remove(&asked.union);
        seen_union(caller, seen, &done.record)?;
        let left = count_unconfirmed(reader, asked.union, asked.before, &asked.except).await?;
        Ok(ConfirmUnionMembersResponse { confirmed_count: done.version, remaining_count: left })
    }
}

/// The union, if the caller sees it.
pub(super) fn seen_union(
    caller: &Caller,
    found: Option<UnionRecord>,
    name: &str,
) -> Outcome<UnionRecord> {
    let found = found.ok_or_else(|| not_found(name))?;
    scoped_union(found).open(&caller.scope, name)
}

/// Confirms those who waited longest; answers how many. Unions and employers are held first, as in
/// every write; whoever changed in between is left to the next call.
async fn confirm_some(entry: &mut Entry, asked: &Asked) -> Outcome<i64> {
    let place = (asked.except.as_slice(), asked.size);
    let ids = longest_unconfirmed(entry.conn(), asked.union, asked.before, place).await?;
    let seen = members::load(entry.conn(), &ids).await?;
    let mut wanted = Wanted::of(seen.values().map(|record| &record.facts));
    wanted.union(asked.union);
    let held = hold_grounds(entry.conn(), &wanted).await?;
    let today = entry.today();
    let waits = |record: &MemberRecord| {
        let facts = &record.facts;
        facts.passages.last_union() == Some(asked.union)
            && facts.confirmations.last().is_some_and(|last| last < asked.before)
            && wanted.covers(&Wanted::of([facts]))
    };
    let records = members::load_for_update(entry.conn(), &ids).await?;
    let records: Vec<MemberRecord> = records.into_iter().filter(waits).collect();
    let mut changes = Vec::with_capacity(records.len());
    for before in &records {
        // Whoever left in between is confirmed no more.
        let Ok(facts) = confirm(&before.facts, today) else { continue };
        let (stand, transfer) = (before.stand.clone(), before.transfer.clone());
        changes.push(Changed { before, facts, stand, transfer, numbers: Numbers::default() });
    }
    let present: Vec<&MemberRecord> = changes.iter().map(|change| change.before).collect();
    let saved = save_many(entry.conn(), changes, entry.now()).await?;
    let saved = saved.map_err(|_| decode::broken())?;
    for (before, after) in present.iter().zip(&saved) {
        entry.audit(effect::audit(Some(before), after, "confirmed with its union"));
    }
    effect::note_many(entry, present.into_iter().map(Some).zip(&saved), &held.grounds);
    Ok(i64::try_from(saved.len()).unwrap_or(i64::MAX))
}
