//! Entering a person.

use prost::Message;
use unionhall_kit::{
    access::Caller,
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    ledger::{Begun, Done, Entry},
    vault::BlindIndex,
};
use unionhall_proto::registry::v1::{CreateMemberRequest, Member, WayIn};

use super::{
    Members,
    decode::{self, Said},
    desk::Desk,
    effect, encode, scoped,
};
use crate::{
    api::unions::{id as union_id, scoped as scoped_union},
    rules::{
        Refusal,
        member::{
            MemberFault, MemberId, UnionProblem,
            change::{Surroundings, enter},
            passage::{Passage, Step},
        },
        reasons,
        union::{EmployerId, UnionId},
    },
    store::{
        employers::hold_areas,
        members::{
            self, Held, Indexed, MemberRecord, NewMember, Wanted, find_by_document, hold_grounds,
            owner, resource_name,
        },
        unions::UnionRecord,
    },
};

impl Members {
    pub(super) async fn create(&self, call: Call<CreateMemberRequest>) -> Outcome<Member> {
        let message = &call.message;
        let given = message.member.as_ref().ok_or_else(|| decode::required("member"))?;
        let from = decode::day("effective_date", &message.effective_date)?;
        let from = from.unwrap_or_else(|| self.today());
        let union = union_id(&message.union)?;
        let passages = passages(message, union, from)?;
        let employer = decode::employer("member.employer", &given.employer)?;
        let areas: Vec<_> = decode::residence(given)?.into_iter().collect();
        let id = MemberId(self.register.ledger.ids().fresh());
        let (key, sealed_key) = self.register.vault.new_data_key(owner(&id))?;
        let desk = Desk { vault: &self.register.vault, key: &key, today: self.today() };
        let first = passages.first().map_or(from, |passage| passage.on);
        let Said { changes, numbers } = decode::entered(&desk, given, first)?;

        let request_id = if message.validate_only { "" } else { &message.request_id };
        let entry = match self.register.ledger.begin(&call.intent(request_id)).await? {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => return self.again(&call.caller, &done).await,
        };
        let areas = hold_areas(entry.conn(), &areas).await?;
        let mut wanted = Wanted::default();
        wanted.union(union);
        employer.into_iter().for_each(|employer| wanted.employer(employer));
        let held = hold_grounds(entry.conn(), &wanted).await?;
        let around = Surroundings {
            today: entry.today(),
            areas: &areas,
            lists: self.register.reference,
            union: Some(visible_union(&call.caller, &held, union)?).map(|u| (u.id, &u.facts)),
            employer: visible_employer(&call.caller, &held, employer)?,
        };
        let facts = enter(&changes, passages, first, around).map_err(|fault| fault.to_fault())?;
        let documents = numbers.documents.clone();
        let new = NewMember { id, facts, stand: held.stand(union), key: sealed_key, numbers };
        match members::insert_many(entry.conn(), vec![new], entry.now()).await? {
            Ok(entered) => {
                let after = entered.into_iter().next().ok_or_else(decode::broken)?;
                let only = message.validate_only;
                let member = self.finish(entry, (None, &after), &held, "entered", only).await?;
                self.tried(&call, &documents, only).await?;
                Ok(member)
            }
            Err(members::Taken) => {
                entry.discard().await?;
                Err(self.exists(&call.caller, &documents).await?)
            }
        }
    }

    /// Notes a change in the books and commits it; with `validate_only` takes everything back.
    /// The answer is the member as it is, or would be, today.
    pub(super) async fn finish(
        &self,
        mut entry: Box<Entry>,
        (before, after): (Option<&MemberRecord>, &MemberRecord),
        held: &Held,
        what: &str,
        validate_only: bool,
    ) -> Outcome<Member> {
        let today = entry.today();
        if validate_only {
            entry.try_keys().await?;
            entry.discard().await?;
            return Ok(encode::member(after, today));
        }
        effect::note(&mut entry, before, after, &held.grounds);
        entry.audit(effect::audit(before, after, what));
        entry.commit(Done { record: after.name(), version: after.version }).await?;
        Ok(encode::member(after, today))
    }

    /// A check whose documents nobody has is a look-up that finds nobody. `RATE_LIMITED`.
    pub(super) async fn tried<M: Message>(
        &self,
        call: &Call<M>,
        documents: &[Indexed],
        validate_only: bool,
    ) -> Outcome<()> {
        if validate_only && !documents.is_empty() {
            self.unfound(call, "checked a number that nobody has").await?;
        }
        Ok(())
    }

    /// The answer to a request that was done before: the record as it is now, if the caller still
    /// sees it.
    pub(super) async fn again(&self, caller: &Caller, done: &Done) -> Outcome<Member> {
        let record = self.seen(caller, decode::id(&done.record)?, &done.record).await?;
        Ok(self.shown(&record, None))
    }

    /// Why a document could not be taken. Who holds it is told only to those who see the holder.
    pub(super) async fn exists(&self, caller: &Caller, documents: &[Indexed]) -> Outcome<Fault> {
        let reader = self.register.ledger.db().reader();
        let digests: Vec<BlindIndex> =
            documents.iter().flat_map(|document| document.digests.clone()).collect();
        let Some(holder) = find_by_document(reader, &digests).await? else {
            // It was given free between the two statements: another try may succeed.
            return Ok(Fault::new(&unionhall_kit::reasons::CONFLICT));
        };
        let found = members::load(reader, &[holder]).await?.remove(&holder);
        let visible = found.and_then(|record| scoped(record).visible(&caller.scope)).is_some();
        let name = if visible { resource_name(holder) } else { "-".to_owned() };
        Ok(Fault::new(&reasons::MEMBER_EXISTS).with("member", name))
    }
}

/// The steps by which the person comes to the union.
fn passages(
    message: &CreateMemberRequest,
    union: UnionId,
    from: CivilDate,
) -> Outcome<Vec<Passage>> {
    let at = |on, step| Passage { on, step };
    let applied = decode::day("applied_on", &message.applied_on)?;
    let steps = match message.way_in() {
        WayIn::Applied => vec![at(from, Step::Applied(union))],
        WayIn::Transferred => {
            vec![at(from, Step::TransferredIn(union, decode::note(&message.note)?))]
        }
        WayIn::Admitted => {
            let applied = applied.map(|on| at(on, Step::Applied(union)));
            applied.into_iter().chain([at(from, Step::Admitted(union))]).collect()
        }
        WayIn::Unspecified => return Err(decode::required("way_in")),
    };
    Ok(steps)
}

/// The union that a request names, if the caller sees it.
pub(super) fn visible_union<'a>(
    caller: &Caller,
    held: &'a Held,
    union: UnionId,
) -> Outcome<&'a UnionRecord> {
    let absent = || MemberFault::Union(UnionProblem::Absent).to_fault();
    let found = held.unions.get(&union).ok_or_else(absent)?;
    scoped_union(found.clone()).visible(&caller.scope).ok_or_else(absent)?;
    Ok(found)
}

/// The employer that a request names, if the caller sees it.
pub(super) fn visible_employer<'a>(
    caller: &Caller,
    held: &'a Held,
    employer: Option<EmployerId>,
) -> Outcome<Option<(EmployerId, &'a crate::rules::employer::EmployerFacts)>> {
    let Some(employer) = employer else { return Ok(None) };
    let found = held.employers.get(&employer);
    decode::sees_employer(caller, employer, found)?;
    Ok(found.map(|record| (employer, &record.facts)))
}
