//! Numbers that only the vault can open. Rules see what is masked and what tells equal numbers.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::rules::person::validity::Validity;

/// A number of a person, sealed under the person's own data key.
#[derive(Clone, Eq, Serialize, Deserialize)]
pub struct SealedNumber {
    /// The number with its middle hidden.
    pub masked: String,
    /// Keyed digest: what tells equal numbers of one person, and nothing else.
    pub digest: String,
    /// The number, sealed; base64.
    pub sealed: String,
}

/// Sealing twice gives two texts for one number.
impl PartialEq for SealedNumber {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl std::hash::Hash for SealedNumber {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.digest.hash(state);
    }
}

/// Nothing of it belongs into a log.
impl fmt::Debug for SealedNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SealedNumber")
    }
}

/// A document of a person 证件.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HeldDocument {
    /// Its number.
    pub number: SealedNumber,
    /// The days on which it is valid 有效期限, where they are known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub validity: Option<Validity>,
}
