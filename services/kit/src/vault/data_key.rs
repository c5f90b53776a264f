//! Data keys: one for each owner of protected values, itself sealed under the vault's key. What a
//! data key sealed bears no version of the vault's key, so a rotation seals data keys anew and
//! touches no value; and without its data key a value is erased wherever it was copied to.

use std::fmt;

use zeroize::Zeroizing;

use super::{Context, Vault};
use crate::{
    fault::{Fault, Outcome},
    ids::Ids,
    keys::Aead,
    reasons,
};

/// How a data key seals; the first byte of everything that it sealed.
const FORM: u8 = 1;
/// The field of a data key itself.
const FIELD: &str = "data_key";

/// The record that a data key belongs to. Neither the key nor its values open elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner<'a> {
    /// Table of the owner.
    pub table: &'a str,
    /// Row of the owner.
    pub row: &'a [u8],
}

impl<'a> Owner<'a> {
    /// Where its data key is sealed.
    pub fn context(self) -> Context<'a> {
        Context { table: self.table, row: self.row, field: FIELD }
    }
}

/// An opened data key. It is wiped from memory when dropped, so keep it for one call only.
pub struct DataKey {
    aead: Aead,
    /// The owner, as every value is bound to it.
    owner: Vec<u8>,
    ids: Ids,
}

impl DataKey {
    fn new(bytes: &[u8; 32], owner: Owner<'_>, ids: Ids) -> Self {
        let mut bound = vec![FORM];
        super::push(&mut bound, owner.table.as_bytes());
        super::push(&mut bound, owner.row);
        Self { aead: Aead::new(bytes), owner: bound, ids }
    }

    /// Seals a value of the owner. `field` names it among the owner's values for ever, for instance
    /// `document/2`.
    pub fn seal(&self, field: &str, plain: &[u8]) -> Outcome<Vec<u8>> {
        self.aead.seal(&[FORM], self.ids.bytes(), &self.bound(field), plain)
    }

    /// Opens a value in the field in which it was sealed. `KEY_MISSING` where it is another's, or
    /// was altered.
    pub fn open(&self, field: &str, sealed: &[u8]) -> Outcome<Zeroizing<Vec<u8>>> {
        let opened = || {
            let (form, rest) = sealed.split_first()?;
            (*form == FORM).then(|| self.aead.open(&self.bound(field), rest))?
        };
        opened().ok_or_else(|| Fault::new(&reasons::KEY_MISSING))
    }

    fn bound(&self, field: &str) -> Vec<u8> {
        let mut bound = Vec::with_capacity(self.owner.len() + 8 + field.len());
        bound.extend_from_slice(&self.owner);
        super::push(&mut bound, field.as_bytes());
        bound
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("DataKey")
    }
}

impl Vault {
    /// A fresh data key, and the same sealed, to be stored with its owner.
    pub fn new_data_key(&self, owner: Owner<'_>) -> Outcome<(DataKey, Vec<u8>)> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        self.ids.fill(bytes.as_mut());
        let sealed = self.seal(owner.context(), bytes.as_ref())?;
        Ok((DataKey::new(&bytes, owner, self.ids.clone()), sealed))
    }

    /// The owner's data key, as it is stored. `ERASED` where it is stored no more, `KEY_MISSING`
    /// where the keys at hand do not open it.
    pub fn open_data_key(&self, owner: Owner<'_>, sealed: Option<&[u8]>) -> Outcome<DataKey> {
        let sealed = sealed.ok_or_else(|| Fault::new(&reasons::ERASED))?;
        let opened = self.open(owner.context(), sealed)?;
        let bytes = opened.as_slice().try_into();
        let bytes = bytes.map_err(|_| Fault::new(&reasons::KEY_MISSING))?;
        Ok(DataKey::new(bytes, owner, self.ids.clone()))
    }
}

#[cfg(test)]
mod tests;
