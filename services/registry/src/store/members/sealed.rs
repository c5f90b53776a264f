//! Opening what a member's own key sealed.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use unionhall_kit::{fault::Outcome, vault::DataKey};
use zeroize::Zeroizing;

use crate::{
    rules::{member::sealed::SealedNumber, person::document::DocumentKind},
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
