//! AES-256-GCM as every sealed thing of the suite has it: nonce, ciphertext, tag.

use aes_gcm::{
    Aes256Gcm, Key, Nonce, Tag,
    aead::{AeadInOut, KeyInit},
};
use zeroize::Zeroizing;

use crate::{
    fault::{Fault, Outcome},
    reasons,
};

/// Bytes of a nonce. They are random: one key seals at most 2^32 values (NIST SP 800-38D, 8.3).
const NONCE: usize = 12;
/// Bytes of a tag.
const TAG: usize = 16;

/// A key with its schedule made; wiped from memory when dropped.
pub(crate) struct Aead(Aes256Gcm);

impl Aead {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(Aes256Gcm::new(<&Key<Aes256Gcm>>::from(key)))
    }

    /// `head`, then the sealed value; `bound` has to be known to open it.
    pub(crate) fn seal(
        &self,
        head: &[u8],
        nonce: [u8; NONCE],
        bound: &[u8],
        plain: &[u8],
    ) -> Outcome<Vec<u8>> {
        let body = head.len() + NONCE;
        // Room for all of it at once: growing would leave a copy of the plain value behind.
        let mut sealed = Vec::with_capacity(body + plain.len() + TAG);
        sealed.extend_from_slice(head);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self
            .0
            .encrypt_inout_detached(&Nonce::from(nonce), bound, (&mut sealed[body..]).into())
            .map_err(|_| Fault::new(&reasons::INTERNAL))?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// What was sealed, without its head; `None` where key, place or bytes are others.
    pub(crate) fn open(&self, bound: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE>()?;
        let (body, tag) = rest.split_last_chunk::<TAG>()?;
        let mut plain = Zeroizing::new(body.to_vec());
        let opened = self.0.decrypt_inout_detached(
            &Nonce::from(*nonce),
            bound,
            plain.as_mut_slice().into(),
            &Tag::from(*tag),
        );
        opened.ok().map(|()| plain)
    }
}
