//! Who answers for a union 联系人. The name is plain inside the scope; the mobile number is sealed
//! before it gets here, for rules never see what is protected.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::rules::name::Name;

/// A person to call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Contact {
    /// Name 姓名.
    pub name: Name,
    /// Mobile number 手机号码.
    pub mobile: Option<SealedMobile>,
}

/// A mobile number that only the vault can open.
#[derive(Clone, Eq, Serialize, Deserialize)]
pub struct SealedMobile {
    /// The number with its middle hidden.
    pub masked: String,
    /// What tells equal numbers, and nothing else.
    pub index: Vec<u8>,
    /// The number, sealed for this union.
    pub sealed: Vec<u8>,
}

/// Sealing twice gives two texts for one number.
impl PartialEq for SealedMobile {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index
    }
}

impl std::hash::Hash for SealedMobile {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.index.hash(state);
    }
}

/// Nothing of it belongs into a log.
impl fmt::Debug for SealedMobile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SealedMobile")
    }
}
