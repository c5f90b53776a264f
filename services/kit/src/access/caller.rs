//! The verified caller, as a handler sees it.

use std::{num::NonZeroU32, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    policy::{Client, ClientId, Permissions},
    rate::Share,
};
use crate::{
    fault::{Fault, Outcome},
    path::{Line, Path, Scope},
    reasons,
};

/// Who calls, with what the policy grants at the moment of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The client of the token.
    pub client: ClientId,
    /// Its roles.
    pub roles: Arc<[String]>,
    /// What its roles permit.
    pub permissions: Arc<Permissions>,
    /// The subtrees that it sees.
    pub scope: Arc<Scope>,
    /// When the token ends.
    pub expires_at: DateTime<Utc>,
    /// The version of the policy that granted this.
    pub policy_version: u64,
    /// How much its client may call.
    pub share: Share,
    /// From issue to expiry; a policy that shortens lives takes longer tokens away.
    pub(super) token_life: TimeDelta,
}

impl Caller {
    /// The caller whom `client` describes.
    pub(super) fn of(
        client: &Client,
        policy_version: u64,
        expires_at: DateTime<Utc>,
        token_life: TimeDelta,
    ) -> Self {
        Self {
            client: client.id.clone(),
            roles: Arc::clone(&client.roles),
            permissions: Arc::clone(&client.permissions),
            scope: Arc::clone(&client.scope),
            expires_at,
            policy_version,
            token_life,
            share: client.share,
        }
    }

    /// A caller that this process trusts by itself: work that it resumes without a token at hand.
    pub fn internal(
        client: ClientId,
        permissions: &[&str],
        scope: Scope,
        expires_at: DateTime<Utc>,
    ) -> Self {
        Self {
            client,
            roles: Arc::new([]),
            permissions: Arc::new(Permissions::of(permissions)),
            scope: Arc::new(scope),
            expires_at,
            policy_version: 0,
            token_life: TimeDelta::zero(),
            share: Share { rate: NonZeroU32::MAX, burst: NonZeroU32::MAX },
        }
    }

    /// Whether the policy grants `permission`.
    pub fn may(&self, permission: &str) -> bool {
        self.permissions.grant(permission)
    }

    /// `PERMISSION_DENIED` unless the policy grants `permission`.
    pub fn require(&self, permission: &str) -> Outcome<()> {
        if self.may(permission) {
            return Ok(());
        }
        Err(Fault::new(&reasons::PERMISSION_DENIED).with("permission", permission))
    }

    /// `OUT_OF_SCOPE` unless the node lies wholly inside the scope on its line.
    pub fn require_node(&self, line: Line, node: &Path) -> Outcome<()> {
        if self.scope.covers(line, node) {
            return Ok(());
        }
        Err(Fault::new(&reasons::OUT_OF_SCOPE).with("node", node))
    }

    /// `NOT_FOUND` unless one of the record's paths lies in the scope: a caller must not learn
    /// that a record exists which it may not see.
    pub fn require_sight(
        &self,
        name: &str,
        area: Option<&Path>,
        affiliation: Option<&Path>,
    ) -> Outcome<()> {
        if self.scope.sees(area, affiliation) {
            return Ok(());
        }
        Err(Fault::new(&reasons::NOT_FOUND).with("name", name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::Prefixes;

    fn caller(permission: &str, area: &str) -> Caller {
        let area = Prefixes::normalised(vec![path(area)]);
        let scope = Scope { area, affiliation: Prefixes::default() };
        let client = ClientId::parse("tax-office").unwrap();
        Caller::internal(client, &[permission], scope, DateTime::UNIX_EPOCH)
    }

    fn path(text: &str) -> Path {
        Path::parse(text).unwrap()
    }

    #[test]
    fn a_caller_is_held_to_its_permissions_and_scope() {
        let caller = caller("registry.*", "110102");
        assert!(caller.require("registry.employers.get").is_ok());
        let denied = caller.require("station.stations.get").unwrap_err();
        assert_eq!(denied.reason(), &reasons::PERMISSION_DENIED);
        assert!(denied.english().contains("station.stations.get"));

        assert!(caller.require_node(Line::Area, &path("110102012")).is_ok());
        for (line, node) in
            [(Line::Area, "1101"), (Line::Area, "110101"), (Line::Affiliation, "110102")]
        {
            let fault = caller.require_node(line, &path(node)).unwrap_err();
            assert_eq!(fault.reason(), &reasons::OUT_OF_SCOPE, "{node}");
        }
    }

    #[test]
    fn a_record_out_of_sight_answers_as_one_that_does_not_exist() {
        let caller = caller("*", "110102");
        let inside = path("110102012");
        let sibling = path("110101");
        assert!(caller.require_sight("employers/1", Some(&inside), None).is_ok());
        for area in [Some(&sibling), None] {
            let fault = caller.require_sight("employers/1", area, Some(&inside)).unwrap_err();
            let absent = Fault::new(&reasons::NOT_FOUND).with("name", "employers/1");
            assert_eq!(fault.to_status().details(), absent.to_status().details());
        }
    }
}
