//! Erasing what is personal of a member, for ever.

use std::collections::BTreeSet;

use prost::Message;
use unionhall_kit::{
    call::Call,
    fault::{Fault, Outcome},
    ledger::{Begun, Done},
    reasons as kit_reasons,
    scoped::not_found,
};
use unionhall_proto::registry::v1::{EraseMemberRequest, EraseMemberResponse};

use super::{
    Members,
    change::{Named, unchanged},
    decode, effect, encode,
    reveal::lives,
    scoped,
};
use crate::{
    api::order::{Order, orders},
    rules::{
        Refusal,
        member::erasure::{impersonal, may_erase},
        purpose::Purpose,
    },
    store::members::{self, resource_name},
};

orders!(EraseMemberRequest);

impl Members {
    pub(super) async fn erase(
        &self,
        call: Call<EraseMemberRequest>,
    ) -> Outcome<EraseMemberResponse> {
        let order = Order::from(&call.message);
        let id = decode::id(order.name)?;
        let reason = &call.message.reason;
        let purpose = Purpose::parse(reason).map_err(|fault| fault.to_fault())?;
        let mut entry = match self.register.ledger.begin(&call.intent(order.effective_id())).await?
        {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => {
                let member = Some(self.again(&call.caller, &done).await?);
                return Ok(EraseMemberResponse { member, ..Default::default() });
            }
        };
        let missing = || not_found(order.name);
        let peeked = members::load(entry.conn(), &[id]).await?.remove(&id).ok_or_else(missing)?;
        scoped(peeked).open(&call.caller.scope, order.name)?;
        let sources = members::into(entry.conn(), id).await?;
        let names = [order.name];
        let several = self.hold(&call.caller, &entry, (&names, &sources), Named::default()).await?;
        if members::into(entry.conn(), id).await? != sources {
            return Err(Fault::new(&kit_reasons::CONFLICT));
        }
        let record = several.records.first().ok_or_else(decode::broken)?;
        unchanged(record, order.etag)?;
        lives(record)?;
        let rules = &self.register.retention;
        may_erase(&record.facts, rules, entry.today()).map_err(|fault| fault.to_fault())?;
        let mut fields = BTreeSet::new();
        let mut erased = Vec::with_capacity(several.records.len());
        let mut stubs = Vec::with_capacity(several.records.len());
        for before in &several.records {
            let kept = impersonal(&before.facts);
            fields.extend(effect::differing(&before.facts, &kept).into_iter().map(named));
            let after = members::erase(entry.conn(), before, kept, entry.now()).await?;
            let stub = encode::member(&after, entry.today()).encode_to_vec();
            stubs.push((after.name(), stub));
            erased.push((before, after));
        }
        entry.overwrite_events(stubs).await?;
        let fields: Vec<String> = fields.into_iter().map(str::to_owned).collect();
        let member = erased.first().map(|(_, after)| encode::member(after, entry.today()));
        let answer = EraseMemberResponse {
            member,
            erased_fields: fields.clone(),
            merged_records: sources.into_iter().map(resource_name).collect(),
        };
        if order.validate_only {
            entry.discard().await?;
            return Ok(answer);
        }
        for (before, after) in &erased {
            effect::note(&mut entry, Some(before), after, &several.held.grounds);
            let mut note = effect::audit(None, after, "");
            note.detail = format!("erased {}: {purpose}", fields.join(", "));
            entry.audit(note);
        }
        let (_, after) = erased.first().ok_or_else(decode::broken)?;
        let done = Done { record: after.name(), version: after.version };
        entry.commit(done).await?;
        Ok(answer)
    }
}

/// The field of the resource in which a fact is shown.
fn named(field: &'static str) -> &'static str {
    match field {
        // Of the steps the notes go.
        "membership" => "passages.note",
        field => field,
    }
}
