//! Showing what is protected. The look is in the audit before the answer is on its way.

use unionhall_kit::{
    call::Call,
    fault::{Fault, Outcome},
    ledger::{AuditNote, Done},
    reasons as kit_reasons,
};
use unionhall_proto::registry::v1::{RevealUnionContactRequest, RevealUnionContactResponse};

use super::{Unions, decode};
use crate::{
    rules::{Refusal, purpose::Purpose, reasons, union::contact::SealedMobile},
    store::unions::{UnionRecord, mobile_place},
};

impl Unions {
    pub(super) async fn reveal(
        &self,
        call: Call<RevealUnionContactRequest>,
    ) -> Outcome<RevealUnionContactResponse> {
        let message = &call.message;
        let id = decode::id(&message.name)?;
        let record = self.seen(&call.caller, id, &message.name).await?;
        let mobile = self.mobile(&record)?;
        let purpose = Purpose::parse(&message.reason).map_err(|fault| fault.to_fault())?;
        let ledger = &self.register.ledger;
        let mut entry = ledger.begin_look(&call.intent(&message.request_id)).await?;
        let note = AuditNote {
            record: record.name(),
            area: record.area.path().clone(),
            detail: format!("contact revealed: {purpose}"),
        };
        entry.look(note, self.register.looks_an_hour).await?;
        entry.commit(Done { record: record.name(), version: record.version }).await?;
        let opened = self.register.vault.open(mobile_place(&id), &mobile.sealed)?;
        let mobile = String::from_utf8(opened.to_vec())
            .map_err(|error| Fault::new(&kit_reasons::INTERNAL).caused_by(error))?;
        Ok(RevealUnionContactResponse { mobile })
    }

    fn mobile(&self, record: &UnionRecord) -> Outcome<SealedMobile> {
        let contact = record.facts.contacts.on(self.today());
        let mobile = contact.and_then(|contact| contact.mobile.clone());
        mobile.ok_or_else(|| Fault::new(&reasons::UNION_CONTACT_ABSENT))
    }
}
