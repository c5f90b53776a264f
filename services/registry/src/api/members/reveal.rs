//! Showing what is protected of a member. It goes through no loader and no cache, and the look is in
//! the audit before the answer is on its way.

use unionhall_kit::{
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    ledger::{AuditNote, Done},
    scoped::not_found,
    vault::DataKey,
};
use unionhall_proto::registry::v1::{
    ProtectedField, RevealMemberRequest, RevealMemberResponse, RevealedDocument,
};

use super::{Members, decode, effect, scoped};
use crate::{
    rules::{Refusal, member::MemberFacts, purpose::Purpose, reasons},
    store::members::{self, MOBILE_FIELD, MemberRecord, document_field, open_number},
};

/// Which protected fields are to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Shown {
    pub(super) documents: bool,
    pub(super) mobile: bool,
}

impl Shown {
    pub(super) fn of(fields: impl IntoIterator<Item = ProtectedField>) -> Outcome<Self> {
        let mut shown = Self::default();
        for field in fields {
            match field {
                ProtectedField::Documents => shown.documents = true,
                ProtectedField::Mobile => shown.mobile = true,
                ProtectedField::Unspecified => return Err(decode::required("fields")),
            }
        }
        Ok(shown)
    }

    /// Whether nothing is to be shown.
    pub(super) fn is_nothing(self) -> bool {
        self == Self::default()
    }

    /// The names of the fields, for the audit.
    pub(super) fn fields(self) -> String {
        let named = [("documents", self.documents), ("mobile", self.mobile)];
        let named: Vec<&str> =
            named.into_iter().filter(|(_, shown)| *shown).map(|(name, _)| name).collect();
        named.join(", ")
    }

    /// What is protected, in plain.
    pub(super) fn open(
        self,
        key: &DataKey,
        facts: &MemberFacts,
        day: CivilDate,
    ) -> Outcome<RevealMemberResponse> {
        let mut answer = RevealMemberResponse::default();
        let documents = facts.documents.iter().filter(|_| self.documents);
        for (kind, history) in documents {
            let Some(held) = history.on(day) else { continue };
            let number = open_number(key, &document_field(*kind), &held.number)?;
            let document_type = kind.code().to_owned();
            answer.documents.push(RevealedDocument { document_type, number: number.to_string() });
        }
        if let Some(held) = facts.mobiles.on(day).filter(|_| self.mobile) {
            answer.mobile = open_number(key, MOBILE_FIELD, held)?.to_string();
        }
        Ok(answer)
    }
}

impl Members {
    pub(super) async fn reveal(
        &self,
        call: Call<RevealMemberRequest>,
    ) -> Outcome<RevealMemberResponse> {
        let message = &call.message;
        let id = decode::id(&message.name)?;
        let day = decode::day("day", &message.day)?;
        let shown = Shown::of(message.fields())?;
        let purpose = Purpose::parse(&message.reason).map_err(|fault| fault.to_fault())?;
        let ledger = &self.register.ledger;
        let mut entry = ledger.begin_look(&call.intent(&message.request_id)).await?;
        let found = members::load(entry.conn(), &[id]).await?.remove(&id);
        let record = scoped(found.ok_or_else(|| not_found(&message.name))?)
            .open(&call.caller.scope, &message.name)?;
        let detail = format!("revealed {}: {purpose}", shown.fields());
        entry.look(look(&record, detail), self.register.looks_an_hour).await?;
        lives(&record)?;
        let key = self.key(&entry, id).await?;
        let answer = shown.open(&key, &record.facts, day.unwrap_or_else(|| entry.today()))?;
        entry.commit(Done { record: record.name(), version: record.version }).await?;
        Ok(answer)
    }
}

/// The entry of the audit that tells of a look.
pub(super) fn look(record: &MemberRecord, detail: String) -> AuditNote {
    AuditNote { record: record.name(), area: effect::area(record.stand.as_ref()), detail }
}

/// `MEMBER_ERASED` where nothing is left to be shown or changed.
pub(super) fn lives(record: &MemberRecord) -> Outcome<()> {
    if record.erased_at.is_some() || record.merged_into.is_some() {
        return Err(Fault::new(&reasons::MEMBER_ERASED).with("member", record.name()));
    }
    Ok(())
}
