//! Opening what a member's own key sealed.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use unionhall_kit::{civil::CivilDate, fault::Outcome, vault::DataKey};
use zeroize::Zeroizing;

use crate::{
    rules::{
        member::{MemberFacts, sealed::SealedNumber},
        person::document::{Document, DocumentKind},
    },
    store::dated::broken,
};

/// The field under which a mobile number is sealed.
pub const MOBILE_FIELD: &str = "mobile";

/// The field under which a document of the kind is sealed.
pub fn document_field(kind: DocumentKind) -> String {
    format!("document.{}", kind.code())
}

/// A number in plain. It is wiped from memory when dropped.
pub fn open_number(
    key: &DataKey,
    field: &str,
    number: &SealedNumber,
) -> Outcome<Zeroizing<String>> {
    let sealed = STANDARD_NO_PAD.decode(&number.sealed).map_err(broken)?;
    let opened = key.open(field, &sealed)?;
    let text = std::str::from_utf8(&opened).map_err(broken)?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// A document of a member that stands or stood, in plain.
pub struct Opened {
    /// How it is kept.
    pub kept: SealedNumber,
    /// The document.
    pub document: Document,
}

/// Every document of a member, replaced ones too.
pub fn open_documents(key: &DataKey, facts: &MemberFacts) -> Outcome<Vec<Opened>> {
    // What was taken once was right on its day.
    let ever = CivilDate::new(9_999, 12, 31).ok_or_else(|| broken("no last day"))?;
    let mut opened = Vec::new();
    for (kind, history) in &facts.documents {
        for row in history.rows() {
            let kept = row.value.number.clone();
            let number = open_number(key, &document_field(*kind), &kept)?;
            let document = Document::parse(*kind, &number, ever).map_err(broken)?;
            opened.push(Opened { kept, document });
        }
    }
    Ok(opened)
}

/// The mobile number by which a member is found, in plain.
pub fn open_mobile(key: &DataKey, facts: &MemberFacts) -> Outcome<Option<Zeroizing<String>>> {
    let last = facts.mobiles.rows().last().filter(|row| row.period.until().is_none());
    last.map(|row| open_number(key, MOBILE_FIELD, &row.value)).transpose()
}
