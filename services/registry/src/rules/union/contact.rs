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

/// A mobile number that only the vault can open. Sealing twice gives two texts for one number, so
/// whoever enters a number that is known already keeps the text that is known.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SealedMobile {
    /// The number with its middle hidden.
    pub masked: String,
    /// The number, sealed for this union.
    pub sealed: Vec<u8>,
}

/// Nothing of it belongs into a log.
impl fmt::Debug for SealedMobile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SealedMobile")
    }
}
