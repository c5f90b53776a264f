//! What the contract says of each method: the permission that it needs and its scope's source.

use std::{collections::HashMap, sync::Arc};

use prost_reflect::{DescriptorPool, ExtensionDescriptor, MethodDescriptor};
use unionhall_proto::unionhall::common::v1::Access;
pub use unionhall_proto::unionhall::common::v1::ScopeSource;

use super::policy_file::is_permission;

/// The option that every method of the suite carries.
const OPTION: &str = "unionhall.common.v1.access";

/// Who may call one method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodAccess {
    /// `/package.Service/Method`.
    pub path: String,
    /// What the caller's roles must include; `None` for a method that needs no token.
    pub permission: Option<String>,
    /// Where the scope of the call comes from.
    pub scope: ScopeSource,
    /// Whether the client sends several messages.
    pub client_streaming: bool,
    /// Whether the server sends several messages.
    pub server_streaming: bool,
}

impl MethodAccess {
    /// Whether it streams either way, and so may last long.
    pub fn streaming(&self) -> bool {
        self.client_streaming || self.server_streaming
    }
}

/// Why a contract is refused at start-up.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// The bytes are no descriptor set.
    #[error("the descriptor set cannot be read: {0}")]
    Descriptor(String),
    /// A method does not say who may call it.
    #[error("the method {0} carries no option unionhall.common.v1.access")]
    Undeclared(String),
    /// A method contradicts itself.
    #[error("the method {method} has an access option that is not valid: {detail}")]
    Invalid {
        /// The method.
        method: String,
        /// What is wrong.
        detail: &'static str,
    },
}

/// Every method of a contract.
#[derive(Debug, Default)]
pub struct MethodTable(HashMap<String, Arc<MethodAccess>>);

impl MethodTable {
    /// Reads the access option of every method in an encoded `FileDescriptorSet`.
    pub fn from_descriptor_set(encoded: &[u8]) -> Result<Self, TableError> {
        let pool = DescriptorPool::decode(encoded)
            .map_err(|error| TableError::Descriptor(error.to_string()))?;
        let option = pool.get_extension_by_name(OPTION);
        let services: Vec<_> = pool.services().collect();
        services
            .iter()
            .flat_map(|service| service.methods())
            .map(|method| read(&method, option.as_ref()))
            .collect()
    }

    /// The method behind the path of a request.
    pub fn get(&self, path: &str) -> Option<&Arc<MethodAccess>> {
        self.0.get(path)
    }

    /// Every method, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<MethodAccess>> {
        self.0.values()
    }
}

impl FromIterator<MethodAccess> for MethodTable {
    fn from_iter<I: IntoIterator<Item = MethodAccess>>(methods: I) -> Self {
        let keyed = |method: MethodAccess| (method.path.clone(), Arc::new(method));
        Self(methods.into_iter().map(keyed).collect())
    }
}

fn read(
    method: &MethodDescriptor,
    option: Option<&ExtensionDescriptor>,
) -> Result<MethodAccess, TableError> {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let options = method.options();
    let invalid = |detail| TableError::Invalid { method: path.clone(), detail };
    let access: Access = option
        .filter(|option| options.has_extension(option))
        .and_then(|option| options.get_extension(option).as_message().cloned())
        .ok_or_else(|| TableError::Undeclared(path.clone()))?
        .transcode_to()
        .map_err(|_| invalid("it cannot be read"))?;
    let permission = match (access.public, access.permission) {
        (true, permission) if permission.is_empty() => None,
        (true, _) => return Err(invalid("a public method needs no permission")),
        (false, permission) if is_permission(&permission) && !permission.ends_with('*') => {
            Some(permission)
        }
        (false, _) => return Err(invalid("the permission is not names joined by dots")),
    };
    let scope = ScopeSource::try_from(access.scope).unwrap_or(ScopeSource::Unspecified);
    if scope == ScopeSource::Unspecified {
        return Err(invalid("it does not say where the scope comes from"));
    }
    Ok(MethodAccess {
        permission,
        scope,
        client_streaming: method.is_client_streaming(),
        server_streaming: method.is_server_streaming(),
        path,
    })
}

#[cfg(test)]
mod tests;
