//! Who calls, and what they may do.
//!
//! A token says who (client id and expiry, signed); the policy snapshot says what (permissions and
//! scope), so that taking a right away works within a second and not with the token's end. Each
//! process verifies for itself; nothing that a peer claims in plain metadata is believed.

mod answers;
mod authenticate;
mod caller;
pub(crate) mod denials;
mod method;
mod policy;
mod policy_file;
mod rate;
mod recheck;
#[cfg(test)]
pub(crate) mod testing;
mod token;

pub use authenticate::{Authenticate, AuthenticateLayer};
pub use caller::Caller;
pub use denials::{Denial, DenialSink, Denials};
pub use method::{MethodAccess, MethodTable, ScopeSource, TableError};
pub use policy::{
    Client, ClientId, Permissions, PolicyStore, REFRESH_EVERY, STALE_AFTER, Snapshot,
};
pub use policy_file::{
    ClientEntry, PolicyError, PolicyFile, RoleEntry, USUAL_RATE, USUAL_TOKEN_MINUTES,
};
pub use rate::{RateLimit, RateLimitLayer, Share, Shares};
pub use token::{Minter, Verifier};
