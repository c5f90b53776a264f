//! Bearer tokens: JWT signed with Ed25519 and nothing else, judged by the injected clock.

use std::{str::FromStr, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, Header, Validation};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    caller::Caller,
    policy::{Client, PolicyStore, Snapshot},
};
use crate::{
    clock::SharedClock,
    fault::{Fault, Outcome},
    ids::Ids,
    keys::{SigningKey, VerifyingKeys},
    reasons,
};

/// Issuer and audience of every token of the suite.
const SUITE: &str = "unionhall";
/// How far the clocks of two machines may differ.
const SKEW: TimeDelta = TimeDelta::seconds(60);
/// Longer texts are no tokens of ours; a bound on the work for a stranger.
const LONGEST_TOKEN: usize = 4096;
/// Verified tokens that are remembered.
const REMEMBERED: u64 = 10_000;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
}

/// Makes tokens.
pub struct Minter<'a> {
    key: &'a SigningKey,
    ids: Ids,
    clock: SharedClock,
}

impl<'a> Minter<'a> {
    /// A minter that signs with `key`.
    pub fn new(key: &'a SigningKey, ids: Ids, clock: SharedClock) -> Self {
        Self { key, ids, clock }
    }

    /// A token for the client, as long-lived as its policy entry allows.
    pub fn mint(&self, client: &Client) -> Outcome<String> {
        let now = self.clock.now();
        let claims = Claims {
            iss: SUITE.to_owned(),
            aud: SUITE.to_owned(),
            sub: client.id.as_str().to_owned(),
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: (now + client.longest_token).timestamp(),
            jti: self.ids.fresh().to_string(),
        };
        sign(&claims, self.key)
    }
}

fn sign(claims: &impl Serialize, key: &SigningKey) -> Outcome<String> {
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(key.id().as_str().to_owned());
    jsonwebtoken::encode(&header, claims, key.encoding())
        .map_err(|error| Fault::new(&reasons::INTERNAL).caused_by(error))
}

/// What remains of a token once its signature was found good.
#[derive(Debug, Clone)]
struct Verified {
    /// The snapshot that the caller was taken from.
    serial: u64,
    caller: Arc<Caller>,
}

/// Turns tokens into callers.
pub struct Verifier {
    keys: VerifyingKeys,
    policy: Arc<PolicyStore>,
    clock: SharedClock,
    rules: Validation,
    /// By the digest of the whole token, which covers the key id in its header; the keys of a
    /// process never change.
    cache: Cache<[u8; 32], Verified>,
}

impl Verifier {
    /// A verifier over these keys and this policy.
    pub fn new(keys: VerifyingKeys, policy: Arc<PolicyStore>, clock: SharedClock) -> Self {
        let mut rules = Validation::new(Algorithm::EdDSA);
        // The library reads the system clock; every claim is judged here instead.
        rules.validate_exp = false;
        rules.validate_nbf = false;
        rules.validate_aud = false;
        rules.required_spec_claims.clear();
        Self { keys, policy, clock, rules, cache: Cache::new(REMEMBERED) }
    }

    /// The policy that this verifier asks.
    pub fn policy(&self) -> &Arc<PolicyStore> {
        &self.policy
    }

    /// The caller behind a token. `UNAUTHENTICATED`, one text for every cause; `POLICY_STALE`.
    pub fn verify(&self, token: &str) -> Outcome<Arc<Caller>> {
        let snapshot = self.policy.fresh()?;
        let digest: [u8; 32] = Sha256::digest(token).into();
        if let Some(known) = self.cache.get(&digest) {
            if known.serial == snapshot.serial && self.clock.now() < known.caller.expires_at {
                return Ok(known.caller);
            }
            self.cache.invalidate(&digest);
        }
        let caller = self.judge(token, &snapshot).ok_or_else(unauthenticated)?;
        let caller = Arc::new(caller);
        // Within the skew behind its end a token is judged anew each time.
        if self.clock.now() < caller.expires_at {
            let known = Verified { serial: snapshot.serial, caller: Arc::clone(&caller) };
            self.cache.insert(digest, known);
        }
        Ok(caller)
    }

    /// Whether a caller that was let in some time ago would be let in now, unchanged.
    ///
    /// `UNAUTHENTICATED` when its token has ended or its client is gone, `PERMISSION_DENIED`,
    /// `SCOPE_CHANGED`, `POLICY_STALE`.
    pub fn recheck(&self, caller: &Caller, permission: Option<&str>) -> Outcome<()> {
        let snapshot = self.policy.fresh()?;
        let client = snapshot.client(caller.client.as_str()).ok_or_else(unauthenticated)?;
        let ended = self.clock.now() - SKEW >= caller.expires_at;
        if ended || caller.token_life > client.longest_token {
            return Err(unauthenticated());
        }
        if let Some(permission) = permission.filter(|name| !client.permissions.grant(name)) {
            return Err(Fault::new(&reasons::PERMISSION_DENIED).with("permission", permission));
        }
        if *client.scope != *caller.scope {
            return Err(Fault::new(&reasons::SCOPE_CHANGED));
        }
        Ok(())
    }

    /// The caller, or nothing: why a token is bad is nobody's business.
    fn judge(&self, token: &str, snapshot: &Snapshot) -> Option<Caller> {
        if token.len() > LONGEST_TOKEN {
            return None;
        }
        let header = jsonwebtoken::decode_header(token).ok()?;
        // A critical extension that is not understood makes a token invalid (RFC 7515, 4.1.11).
        if header.crit.is_some() {
            return None;
        }
        let key = self.keys.get(header.kid?)?;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &self.rules).ok()?.claims;
        let client = snapshot.client(&claims.sub)?;
        let expires_at = claims.check(self.clock.now(), client.longest_token)?;
        let life = TimeDelta::try_seconds(claims.exp.checked_sub(claims.iat)?)?;
        Some(Caller::of(client, snapshot.version, expires_at, life))
    }
}

/// The one answer to every bad token.
pub(super) fn unauthenticated() -> Fault {
    Fault::new(&reasons::UNAUTHENTICATED)
}

impl Claims {
    /// The end of the token, if every claim holds at `now`.
    fn check(&self, now: DateTime<Utc>, longest: TimeDelta) -> Option<DateTime<Utc>> {
        let issued = DateTime::from_timestamp(self.iat, 0)?;
        let not_before = DateTime::from_timestamp(self.nbf, 0)?;
        let expires = DateTime::from_timestamp(self.exp, 0)?;
        let ours = self.iss == SUITE && self.aud == SUITE;
        let named = uuid::Uuid::from_str(&self.jti).is_ok();
        let begun = not_before <= now + SKEW && issued <= now + SKEW;
        let ordered = issued <= not_before && not_before < expires;
        let short = expires - issued <= longest;
        let holds = ours && named && begun && ordered && short && now - SKEW < expires;
        holds.then_some(expires)
    }
}

#[cfg(test)]
mod tests;
