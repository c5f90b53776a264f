//! What every change names beside its content.

/// The record, the version that it must still have, and how the change is to be taken.
#[derive(Clone, Copy)]
pub(super) struct Order<'a> {
    /// Resource name.
    pub(super) name: &'a str,
    /// The version, or nothing.
    pub(super) etag: &'a str,
    /// A UUID, or nothing.
    pub(super) request_id: &'a str,
    /// Whether nothing is to be written.
    pub(super) validate_only: bool,
}

impl Order<'_> {
    /// The id under which the change has one effect; what is only checked has none.
    pub(super) fn effective_id(&self) -> &str {
        if self.validate_only { "" } else { self.request_id }
    }
}

/// Reads the order from requests that have these fields.
macro_rules! orders {
    ($($message:ty),+ $(,)?) => {$(
        impl<'a> From<&'a $message> for $crate::api::order::Order<'a> {
            fn from(message: &'a $message) -> Self {
                Self {
                    name: &message.name,
                    etag: &message.etag,
                    request_id: &message.request_id,
                    validate_only: message.validate_only,
                }
            }
        }
    )+};
}

pub(super) use orders;
