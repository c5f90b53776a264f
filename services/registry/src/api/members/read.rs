//! Reading single members. Every one comes through the loader, in its scope.

use std::sync::Arc;

use futures::future::try_join_all;
use prost::Message;
use unionhall_kit::{
    access::Caller,
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    ledger::{AuditNote, Done},
    reasons as kit_reasons,
    scoped::not_found,
};
use unionhall_proto::registry::v1::{
    BatchGetMembersRequest, BatchGetMembersResponse, GetMemberRequest, LookupMembersRequest,
    LookupMembersResponse, Member,
};

use super::{Members, decode, desk, effect, encode, scoped};
use crate::{
    rules::member::MemberId,
    store::members::{self, COLLECTION, MemberRecord, find_by_document, find_by_mobile},
};

/// People who share a mobile number and are told.
const SHARERS: u64 = 20;

impl Members {
    pub(super) async fn get(&self, call: Call<GetMemberRequest>) -> Outcome<Member> {
        let day = decode::day("day", &call.message.day)?;
        let name = &call.message.name;
        let record = self.seen(&call.caller, decode::id(name)?, name).await?;
        Ok(self.shown(&record, day))
    }

    pub(super) async fn batch_get(
        &self,
        call: Call<BatchGetMembersRequest>,
    ) -> Outcome<BatchGetMembersResponse> {
        let day = decode::day("day", &call.message.day)?;
        let one = async |name: &String| {
            let record = self.seen(&call.caller, decode::id(name)?, name).await?;
            Ok(self.shown(&record, day))
        };
        let members = try_join_all(call.message.names.iter().map(one)).await?;
        Ok(BatchGetMembersResponse { members })
    }

    pub(super) async fn lookup(
        &self,
        call: Call<LookupMembersRequest>,
    ) -> Outcome<LookupMembersResponse> {
        let message = &call.message;
        let (vault, reader) = (&self.register.vault, self.register.ledger.db().reader());
        let held = self.register.ledger.held();
        let ids = match (&message.document, message.mobile.as_str()) {
            (Some(given), "") => {
                let document = desk::document(given, self.today())?;
                let digests = desk::document_indexes(vault, &document)?;
                find_by_document(reader, &digests).await?.into_iter().collect()
            }
            (None, mobile) if !mobile.is_empty() => {
                let digests = desk::mobile_indexes(vault, &desk::mobile(mobile)?)?;
                find_by_mobile(reader, &digests, SHARERS).await?
            }
            _ => {
                let why = "give either a document or a mobile number";
                return Err(Fault::new(&kit_reasons::INVALID_FIELD).violation("document", why));
            }
        };
        // Nobody was found, or not everybody, where the number was sought by an old key.
        held.serves(reader).await?;
        let mut found = members::load(reader, &ids).await?;
        let visible = ids
            .iter()
            .filter_map(|id| found.remove(id))
            .filter_map(|record| scoped(record).visible(&call.caller.scope));
        let members: Vec<Member> = visible.map(|record| self.shown(&record, None)).collect();
        if members.is_empty() {
            self.unfound(&call, "looked up a number that finds nobody").await?;
        }
        Ok(LookupMembersResponse { members })
    }

    /// Counts a question after a number that found nobody as a look, and notes it: who tries numbers
    /// out one by one would learn one in the end. `RATE_LIMITED`.
    pub(super) async fn unfound<M: Message>(&self, call: &Call<M>, what: &str) -> Outcome<()> {
        let mut entry = self.register.ledger.begin_look(&call.intent("")).await?;
        let everybody = format!("{COLLECTION}-");
        let note = AuditNote {
            record: everybody.clone(),
            area: effect::area(None),
            detail: what.to_owned(),
        };
        entry.look(note, self.register.looks_an_hour).await?;
        entry.commit(Done { record: everybody, version: 0 }).await
    }

    /// The member, if the caller sees it; `name` is what the caller asked for.
    pub(super) async fn seen(
        &self,
        caller: &Caller,
        id: MemberId,
        name: &str,
    ) -> Outcome<MemberRecord> {
        let found = self.loader.load(id).await?.ok_or_else(|| not_found(name))?;
        // Mostly the only holder: nothing is copied then.
        Arc::unwrap_or_clone(found).open(&caller.scope, name)
    }

    /// The member as it was on `day`, today when absent.
    pub(super) fn shown(&self, record: &MemberRecord, day: Option<CivilDate>) -> Member {
        encode::member(record, day.unwrap_or_else(|| self.today()))
    }

    pub(super) fn today(&self) -> CivilDate {
        self.register.clock().today()
    }
}
