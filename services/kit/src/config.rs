//! Configuration: defaults < TOML file < environment < flags, read once, before a port is bound.
//!
//! Every value is one assignment of a dotted key, so a refusal names the key and where it came
//! from. A key that ends in `_file` names a file whose content is the value of the key without the
//! ending (mounted secrets); a setting that is a path proper ends in `_path`.

mod sections;
mod sources;
#[cfg(test)]
mod tests;

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

pub use sections::{
    DatabaseConfig, DrainConfig, LimitsConfig, ListenConfig, LogFormat, ServerConfig,
    TelemetryConfig,
};
pub use sources::{ENV_PREFIX, Sources};

/// A setting that cannot be used. Nothing was bound, opened or written.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("setting '{key}' from {origin}: {problem}")]
pub struct ConfigError {
    /// The dotted key, for instance `server.listen.address`.
    pub key: String,
    /// The file, the environment variable or the flag that set it.
    pub origin: String,
    /// What is wrong with it.
    pub problem: String,
}

/// A value that is never printed.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// The value itself; for the call that needs it, never for a log.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(SecretString::from(value))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(..)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self::from)
    }
}

/// Reads a service's settings. `T` is a struct with `#[serde(default, deny_unknown_fields)]` and
/// one field per section.
///
/// # Errors
/// The first assignment, in the order of precedence, that `T` does not take.
pub fn load<T: DeserializeOwned + Default>(sources: &Sources) -> Result<T, ConfigError> {
    let assignments = sources.assignments()?;
    match sources::merge(&assignments) {
        Ok(settings) => Ok(settings),
        Err(whole) => Err(sources::blame::<T>(&assignments, &whole)),
    }
}
