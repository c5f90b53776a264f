//! Putting a wrong number of a document right.

use unionhall_kit::{call::Call, fault::Outcome};
use unionhall_proto::registry::v1::{CorrectDocumentRequest, CorrectDocumentResponse};

use super::{
    Members,
    change::{Named, Opened},
    decode,
    desk::{self, Desk, FoundBy},
    encode,
};
use crate::{
    api::order::{Order, orders},
    rules::{
        Refusal,
        member::correction::{Correction, CorrectionFault, correct},
        person::document::Document,
    },
    store::members::open_documents,
};

orders!(CorrectDocumentRequest);

impl Members {
    pub(super) async fn correct(
        &self,
        call: Call<CorrectDocumentRequest>,
    ) -> Outcome<CorrectDocumentResponse> {
        let message = &call.message;
        let order = Order::from(message);
        let given = message.document.as_ref().ok_or_else(|| decode::required("document"))?;
        let day = decode::day("day", &message.day)?;
        let validity = decode::validity(given)?;
        let right = desk::document(given, self.today())?;
        let opening = match self.open(&call, order, Named::default()).await? {
            Opened::Fresh(opening) => *opening,
            Opened::Replay(done) => {
                let member = Some(self.again(&call.caller, &done).await?);
                return Ok(CorrectDocumentResponse { member, findings: Vec::new() });
            }
        };
        let (today, before) = (opening.entry.today(), &opening.record.facts);
        let key = self.key(&opening.entry, opening.record.id).await?;
        let day = day.unwrap_or(today);
        let absent = || CorrectionFault::Absent(right.kind().code(), day).to_fault();
        let held = before.documents.get(&right.kind()).and_then(|history| history.on(day));
        let held = held.ok_or_else(absent)?;
        let opened = open_documents(&key, before)?;
        let is_held = |one: &Document| one.kind() == right.kind();
        let wrong = opened.iter().find(|one| is_held(&one.document) && one.kept == held.number);
        let wrong = wrong.ok_or_else(absent)?.document.clone();
        // A temporary card shows the number of the card that it stands for.
        let shows = |one: &Document| {
            one.index_kind() == wrong.index_kind() && one.number() == wrong.number()
        };
        let desk = Desk { vault: &self.register.vault, key: &key, today };
        let (mut numbers, mut others) = (Vec::new(), Vec::new());
        for one in &opened {
            if !shows(&one.document) {
                others.push(one.document.clone());
                continue;
            }
            let kind = one.document.kind();
            let as_kind = Document::parse(kind, right.number(), today);
            let as_kind = as_kind.map_err(|fault| fault.to_fault())?;
            numbers.push((kind, one.kept.clone(), desk.kept(&as_kind)?));
        }
        let (wrong, right, numbers, others) = (&wrong, &right, &numbers, &others);
        let correction = Correction { wrong, right, numbers, validity, others, today };
        let (facts, findings) = correct(before, &correction).map_err(|fault| fault.to_fault())?;
        let vault = &self.register.vault;
        let after = FoundBy::of(vault, &key, &facts)?;
        let numbers = FoundBy::of(vault, &key, before)?.becoming(after);
        let what = "document corrected";
        let member = self.keep(&call, order, opening, (facts, numbers), what).await?;
        let findings = findings.iter().map(encode::finding).collect();
        Ok(CorrectDocumentResponse { member: Some(member), findings })
    }
}
