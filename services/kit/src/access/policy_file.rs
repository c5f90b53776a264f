//! The access policy as an operator writes it: roles, clients, their scopes and their shares.

use std::{
    collections::BTreeSet,
    io,
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::policy::ClientId;
use crate::{path, private_file};

/// Longest life that any client's tokens may have: the administrator's 12 hours.
const LONGEST_TOKEN_MINUTES: u16 = 720;
/// Life of a token whose client has no entry of its own.
pub const USUAL_TOKEN_MINUTES: u16 = 15;
/// Calls per second for a client without an entry of its own.
pub const USUAL_RATE: NonZeroU32 = match NonZeroU32::new(200) {
    Some(rate) => rate,
    None => NonZeroU32::MIN,
};
/// Name of the role and the client that the first start makes.
const ADMINISTRATOR: &str = "administrator";

/// `policy.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyFile {
    /// Counts up with every change; stands in traces and audit rows.
    pub version: u64,
    /// Named sets of permissions.
    #[serde(default)]
    pub roles: Vec<RoleEntry>,
    /// Who may call.
    #[serde(default)]
    pub clients: Vec<ClientEntry>,
}

/// A named set of permissions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleEntry {
    /// Unique among the roles.
    pub name: String,
    /// `registry.employers.get`, or everything below a name (`registry.*`), or everything (`*`).
    pub permissions: Vec<String>,
}

/// One client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientEntry {
    /// The `sub` of its tokens; unique among the clients.
    pub id: ClientId,
    /// Names of its roles; their permissions add up.
    pub roles: Vec<String>,
    /// Subtrees of the area line that it sees.
    #[serde(default)]
    pub area: Vec<path::Path>,
    /// Subtrees of the affiliation line that it sees.
    #[serde(default)]
    pub affiliation: Vec<path::Path>,
    /// Longest life of its tokens in minutes, 1 to 720; 15 when absent.
    #[serde(default = "usual_token_minutes")]
    pub max_token_minutes: u16,
    /// Calls per second; 200 when absent.
    #[serde(default = "usual_rate")]
    pub rate: NonZeroU32,
    /// Calls that it may make at once after a pause; the rate when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<NonZeroU32>,
}

fn usual_token_minutes() -> u16 {
    USUAL_TOKEN_MINUTES
}

fn usual_rate() -> NonZeroU32 {
    USUAL_RATE
}

/// Why a policy cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The file is not there or the file system refuses.
    #[error("the access policy {path} cannot be read or written: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The text is not TOML of this form.
    #[error("the access policy is not well-formed: {0}")]
    Form(String),
    /// The text contradicts itself.
    #[error("the access policy is not valid: {0}")]
    Content(String),
}

impl PolicyFile {
    /// The policy of a first start: one administrator who may do everything below these places.
    pub fn first(area: Vec<path::Path>, affiliation: Vec<path::Path>) -> Result<Self, PolicyError> {
        let role = RoleEntry { name: ADMINISTRATOR.to_owned(), permissions: vec!["*".to_owned()] };
        let client = ClientEntry {
            id: ClientId::parse(ADMINISTRATOR)?,
            roles: vec![ADMINISTRATOR.to_owned()],
            area,
            affiliation,
            max_token_minutes: LONGEST_TOKEN_MINUTES,
            rate: USUAL_RATE,
            burst: None,
        };
        let file = Self { version: 1, roles: vec![role], clients: vec![client] };
        file.check().map(|()| file)
    }

    /// Parses and checks.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let file: Self =
            toml::from_str(text).map_err(|error| PolicyError::Form(error.to_string()))?;
        file.check().map(|()| file)
    }

    /// Reads the file at `path`.
    pub fn read(path: &Path) -> Result<Self, PolicyError> {
        Self::parse(&std::fs::read_to_string(path).map_err(io_at(path))?)
    }

    /// Checks and replaces the file at `path`, whole or not at all.
    pub fn write(&self, path: &Path) -> Result<(), PolicyError> {
        self.check()?;
        let text = toml::to_string(self).map_err(|error| PolicyError::Form(error.to_string()))?;
        private_file::replace(path, text.as_bytes()).map_err(io_at(path))
    }

    /// Adds the client, or replaces the one with its id, under the next version.
    pub fn put_client(&mut self, client: ClientEntry) {
        match self.clients.iter_mut().find(|old| old.id == client.id) {
            Some(old) => *old = client,
            None => self.clients.push(client),
        }
        self.version += 1;
    }

    /// Adds the role, or replaces the one with its name, under the next version.
    pub fn put_role(&mut self, role: RoleEntry) {
        match self.roles.iter_mut().find(|old| old.name == role.name) {
            Some(old) => *old = role,
            None => self.roles.push(role),
        }
        self.version += 1;
    }

    fn check(&self) -> Result<(), PolicyError> {
        let refuse = |text: String| Err(PolicyError::Content(text));
        let mut roles = BTreeSet::new();
        for role in &self.roles {
            if !roles.insert(role.name.as_str()) {
                return refuse(format!("the role '{}' stands twice", role.name));
            }
            if let Some(bad) = role.permissions.iter().find(|text| !is_permission(text)) {
                return refuse(format!("the role '{}': '{bad}' is no permission", role.name));
            }
        }
        let mut clients = BTreeSet::new();
        for client in &self.clients {
            if !clients.insert(&client.id) {
                return refuse(format!("the client '{}' stands twice", client.id));
            }
            if let Some(role) = client.roles.iter().find(|role| !roles.contains(role.as_str())) {
                return refuse(format!("the client '{}': no role is named '{role}'", client.id));
            }
            if !(1..=LONGEST_TOKEN_MINUTES).contains(&client.max_token_minutes) {
                return refuse(format!(
                    "the client '{}': max_token_minutes lies between 1 and 720",
                    client.id
                ));
            }
        }
        Ok(())
    }
}

/// `*`, or names joined by dots, the last of which may be `*`.
pub(super) fn is_permission(text: &str) -> bool {
    let names = text.strip_suffix(".*").unwrap_or(text);
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
    };
    text == "*" || names.split('.').all(is_name)
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> PolicyError {
    let path = path.to_owned();
    move |source| PolicyError::Io { path, source }
}

#[cfg(test)]
mod tests;
