//! Where numbers become what the register keeps: checked by their rules, sealed under the person's
//! own key, masked, and turned into the digests by which the person is found.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use unionhall_kit::{
    civil::CivilDate,
    fault::Outcome,
    vault::{BlindIndex, DataKey, Vault},
};
use unionhall_proto::registry::v1::IdentityDocument;
use zeroize::Zeroizing;

use super::decode;
use crate::{
    rules::{
        Refusal,
        member::{
            MemberFacts, MemberFault,
            sealed::{HeldDocument, SealedNumber},
        },
        person::{
            document::{Document, DocumentKind},
            mobile::Mobile,
            validity::Validity,
        },
    },
    store::members::{
        Indexed, MOBILE_FIELD, Numbers, Opened, document_field, open_documents, open_mobile,
        open_number,
    },
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
        let number = self.kept(&document)?;
        let indexed = Indexed {
            kind: document.kind().code(),
            digests: document_indexes(self.vault, &document)?,
        };
        Ok(Received { held: HeldDocument { number, validity }, indexed, document })
    }

    /// Receives a mobile number.
    pub(super) fn mobile(&self, given: &str) -> Outcome<(SealedNumber, Vec<BlindIndex>)> {
        self.receive_mobile(&mobile(given)?)
    }

    /// The same of a number that was read.
    pub fn receive_mobile(&self, mobile: &Mobile) -> Outcome<(SealedNumber, Vec<BlindIndex>)> {
        let sealed = self.seal(MOBILE_FIELD, mobile.number(), mobile.masked())?;
        Ok((sealed, mobile_indexes(self.vault, mobile)?))
    }

    /// The number of a document, as it is kept.
    pub(super) fn kept(&self, document: &Document) -> Outcome<SealedNumber> {
        let field = document_field(document.kind());
        self.seal(&field, document.number(), document.masked())
    }

    fn seal(&self, field: &str, number: &str, masked: String) -> Outcome<SealedNumber> {
        Ok(SealedNumber {
            masked,
            digest: self.key.digest(field, number.as_bytes()),
            sealed: base64(&self.key.seal(field, number.as_bytes())?),
        })
    }

    /// The facts with every number sealed for the person of this desk; `key` is that of the person
    /// of the facts.
    pub(super) fn resealed(&self, key: &DataKey, facts: &MemberFacts) -> Outcome<MemberFacts> {
        let anew = |field: &str, kept: &SealedNumber| {
            let number = open_number(key, field, kept)?;
            let sealed = self.seal(field, &number, kept.masked.clone())?;
            Outcome::Ok((kept.digest.clone(), sealed))
        };
        let mut resealed = facts.clone();
        for (kind, history) in &mut resealed.documents {
            let field = document_field(*kind);
            let rows = history.rows().iter().map(|row| anew(&field, &row.value.number));
            let numbers: HashMap<_, _> = rows.collect::<Outcome<_>>()?;
            *history = history.mapped(|held| HeldDocument {
                number: numbers.get(&held.number.digest).unwrap_or(&held.number).clone(),
                validity: held.validity,
            });
        }
        let rows = facts.mobiles.rows().iter().map(|row| anew(MOBILE_FIELD, &row.value));
        let numbers: HashMap<_, _> = rows.collect::<Outcome<_>>()?;
        resealed.mobiles =
            facts.mobiles.mapped(|kept| numbers.get(&kept.digest).unwrap_or(kept).clone());
        Ok(resealed)
    }
}

/// By which numbers somebody is found.
pub(super) struct FoundBy {
    documents: Vec<Indexed>,
    mobile: Option<Vec<BlindIndex>>,
}

impl FoundBy {
    /// The numbers of a person with these facts, whose key this is.
    pub(super) fn of(vault: &Vault, key: &DataKey, facts: &MemberFacts) -> Outcome<Self> {
        let opened = open_documents(key, facts)?;
        let indexed = |Opened { document, .. }: &Opened| {
            let digests = document_indexes(vault, document)?;
            Outcome::Ok(Indexed { kind: document.kind().code(), digests })
        };
        let mobile = open_mobile(key, facts)?;
        let indexes =
            |number: Zeroizing<String>| vault.blind_indexes(Mobile::INDEX_KIND, number.as_bytes());
        let documents = opened.iter().map(indexed).collect::<Outcome<_>>()?;
        Ok(Self { documents, mobile: mobile.map(indexes).transpose()? })
    }

    /// The numbers that come and go when the person is found by `after` alone.
    pub(super) fn becoming(self, after: Self) -> Numbers {
        let missing = |some: &[Indexed], other: &[Indexed]| -> Vec<Indexed> {
            let held = |one: &&Indexed| other.iter().any(|other| other.digests == one.digests);
            some.iter().filter(|one| !held(one)).cloned().collect()
        };
        let gone = missing(&self.documents, &after.documents);
        let same = self.mobile == after.mobile;
        Numbers {
            documents: missing(&after.documents, &self.documents),
            wrong_documents: gone.into_iter().map(|document| document.digests).collect(),
            mobiles: after.mobile.filter(|_| !same).into_iter().collect(),
            old_mobiles: self.mobile.filter(|_| !same).into_iter().collect(),
        }
    }
}

impl Desk<'_> {
    /// The digests of a mobile number that is kept, by which the person is found no more.
    pub fn kept_mobile(&self, kept: &SealedNumber) -> Outcome<Vec<BlindIndex>> {
        let number = open_number(self.key, MOBILE_FIELD, kept)?;
        self.vault.blind_indexes(Mobile::INDEX_KIND, number.as_bytes())
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
pub fn document_indexes(vault: &Vault, document: &Document) -> Outcome<Vec<BlindIndex>> {
    vault.blind_indexes(document.index_kind(), document.index_bytes())
}

/// The digests of a mobile number.
pub fn mobile_indexes(vault: &Vault, mobile: &Mobile) -> Outcome<Vec<BlindIndex>> {
    vault.blind_indexes(Mobile::INDEX_KIND, mobile.number().as_bytes())
}

fn base64(bytes: &[u8]) -> String {
    STANDARD_NO_PAD.encode(bytes)
}
