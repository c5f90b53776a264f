//! Data keys: one for each owner of protected values, itself sealed under the vault's key. What a
//! data key sealed bears no version of the vault's key, so a rotation seals data keys anew and
//! touches no value; and without its data key a value is erased wherever it was copied to.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
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
/// Bytes of a digest: two values of one owner share one by chance never.
const DIGEST: usize = 16;
/// What sets the key of digests apart from the data key that it comes from.
const DIGEST_KEY: &[u8] = b"unionhall data key digest";

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
    bytes: Zeroizing<[u8; 32]>,
    aead: Aead,
    /// The owner, as every value is bound to it.
    owner: Vec<u8>,
    ids: Ids,
}

impl DataKey {
    fn new(bytes: Zeroizing<[u8; 32]>, owner: Owner<'_>, ids: Ids) -> Self {
        let mut bound = vec![FORM];
        super::push(&mut bound, owner.table.as_bytes());
        super::push(&mut bound, owner.row);
        Self { aead: Aead::new(&bytes), bytes, owner: bound, ids }
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

    /// Tells equal values of one field of this owner, and nothing else: 22 characters that outlive
    /// every rotation, and that say nothing once the key is gone.
    pub fn digest(&self, field: &str, plain: &[u8]) -> String {
        let key = Zeroizing::new(mac(self.bytes.as_ref(), &[DIGEST_KEY]));
        let digest = mac(key.as_ref(), &[&self.bound(field), plain]);
        URL_SAFE_NO_PAD.encode(&digest[..DIGEST])
    }

    fn bound(&self, field: &str) -> Vec<u8> {
        let mut bound = Vec::with_capacity(self.owner.len() + 8 + field.len());
        bound.extend_from_slice(&self.owner);
        super::push(&mut bound, field.as_bytes());
        bound
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of every length, so this cannot fail.
    #[allow(clippy::expect_used)]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
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
        Ok((DataKey::new(bytes, owner, self.ids.clone()), sealed))
    }

    /// The owner's data key, as it is stored. `ERASED` where it is stored no more, `KEY_MISSING`
    /// where the keys at hand do not open it.
    pub fn open_data_key(&self, owner: Owner<'_>, sealed: Option<&[u8]>) -> Outcome<DataKey> {
        let sealed = sealed.ok_or_else(|| Fault::new(&reasons::ERASED))?;
        let opened = self.open(owner.context(), sealed)?;
        let bytes: &[u8; 32] =
            opened.as_slice().try_into().map_err(|_| Fault::new(&reasons::KEY_MISSING))?;
        Ok(DataKey::new(Zeroizing::new(*bytes), owner, self.ids.clone()))
    }
}

#[cfg(test)]
mod tests;
