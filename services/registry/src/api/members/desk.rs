//! Where numbers become what the register keeps: checked by their rules, sealed under the person's
//! own key, masked, and turned into the digests by which the person is found.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use unionhall_kit::{
    civil::CivilDate,
    fault::Outcome,
    vault::{BlindIndex, DataKey, Vault},
};
use unionhall_proto::registry::v1::IdentityDocument;

use super::decode;
use crate::{
    rules::{
        Refusal,
        member::{
            MemberFault,
            sealed::{HeldDocument, SealedNumber},
        },
        person::{
            document::{Document, DocumentKind},
            mobile::Mobile,
            validity::Validity,
        },
    },
    store::members::{Indexed, MOBILE_FIELD, document_field, open_number},
};

/// Seals the numbers of one person.
pub struct Desk<'a> {
    /// The vault.
    pub vault: &'a Vault,
    /// The person's own key.
    pub key: &'a DataKey,
    /// The day after which nobody is born.
    pub today: CivilDate,
}

/// A document as it was given, and as it is kept.
pub struct Received {
    /// As given.
    pub document: Document,
    /// As kept.
    pub held: HeldDocument,
    /// By what the person is found.
    pub indexed: Indexed,
}

impl Desk<'_> {
    /// Receives a document of a message.
    pub(super) fn document(&self, given: &IdentityDocument) -> Outcome<Received> {
        self.receive(document(given, self.today)?, decode::validity(given)?)
    }

    /// Receives a document that was read.
    pub fn receive(&self, document: Document, validity: Option<Validity>) -> Outcome<Received> {
        let field = document_field(document.kind());
        let number = document.number();
        let number = SealedNumber {
            masked: document.masked(),
            digest: self.key.digest(&field, number.as_bytes()),
            sealed: base64(&self.key.seal(&field, number.as_bytes())?),
        };
        let indexed = Indexed {
            kind: document.kind().code(),
            digests: document_indexes(self.vault, &document),
        };
        Ok(Received { held: HeldDocument { number, validity }, indexed, document })
    }

    /// Receives a mobile number.
    pub(super) fn mobile(&self, given: &str) -> Outcome<(SealedNumber, Vec<BlindIndex>)> {
        self.receive_mobile(&mobile(given)?)
    }

    /// The same of a number that was read.
    pub fn receive_mobile(&self, mobile: &Mobile) -> Outcome<(SealedNumber, Vec<BlindIndex>)> {
        let number = mobile.number().as_bytes();
        let sealed = SealedNumber {
            masked: mobile.masked(),
            digest: self.key.digest(MOBILE_FIELD, number),
            sealed: base64(&self.key.seal(MOBILE_FIELD, number)?),
        };
        Ok((sealed, mobile_indexes(self.vault, mobile)))
    }
}

impl Desk<'_> {
    /// The digests of a mobile number that is kept, by which the person is found no more.
    pub fn kept_mobile(&self, kept: &SealedNumber) -> Outcome<Vec<BlindIndex>> {
        let number = open_number(self.key, MOBILE_FIELD, kept)?;
        Ok(self.vault.blind_indexes(Mobile::INDEX_KIND, number.as_bytes()))
    }
}

/// The document in a message.
pub(super) fn document(given: &IdentityDocument, today: CivilDate) -> Outcome<Document> {
    let unknown = || {
        let code = given.document_type.clone();
        MemberFault::CodeUnknown("document_type", code, today).to_fault()
    };
    let kind = DocumentKind::parse(&given.document_type).ok_or_else(unknown)?;
    Document::parse(kind, &given.number, today).map_err(|fault| fault.to_fault())
}

/// The mobile number in a text.
pub(super) fn mobile(given: &str) -> Outcome<Mobile> {
    Mobile::parse(given).map_err(|fault| fault.to_fault())
}

/// The digests of a document.
pub fn document_indexes(vault: &Vault, document: &Document) -> Vec<BlindIndex> {
    vault.blind_indexes(document.index_kind(), document.index_bytes())
}

/// The digests of a mobile number.
pub fn mobile_indexes(vault: &Vault, mobile: &Mobile) -> Vec<BlindIndex> {
    vault.blind_indexes(Mobile::INDEX_KIND, mobile.number().as_bytes())
}

fn base64(bytes: &[u8]) -> String {
    STANDARD_NO_PAD.encode(bytes)
}
