//! Where settings come from, and which of them is to blame.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use config::{Config, File, FileFormat, Source, Value, ValueKind};
use serde::de::DeserializeOwned;

use super::ConfigError;

/// Environment variables of the suite begin so: `UNIONHALL__SECTION__KEY`.
pub const ENV_PREFIX: &str = "UNIONHALL__";

/// The ending of a key that names a file with the value.
const FILE_ENDING: &str = "_file";

/// One value for one key.
#[derive(Debug, Clone)]
pub(super) struct Assignment {
    key: String,
    origin: String,
    value: Value,
}

/// The four levels, each plain data, so that tests pass maps.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    defaults: BTreeMap<String, String>,
    file: Option<PathBuf>,
    env: BTreeMap<String, String>,
    flags: BTreeMap<String, String>,
}

impl Sources {
    /// Nothing but the defaults of the settings' own types.
    pub fn new() -> Self {
        Self::default()
    }

    /// Defaults of a role, by dotted key; below everything else.
    #[must_use]
    pub fn defaults<K: Into<String>, V: Into<String>>(
        mut self,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.defaults.extend(owned(pairs));
        self
    }

    /// A TOML file, which must exist.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// Environment variables; those without [`ENV_PREFIX`] are not ours and are passed over.
    #[must_use]
    pub fn env<K: Into<String>, V: Into<String>>(
        mut self,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.env.extend(owned(pairs).filter(|(name, _)| name.starts_with(ENV_PREFIX)));
        self
    }

    /// Flags of the command line, by dotted key; above everything else.
    #[must_use]
    pub fn flags<K: Into<String>, V: Into<String>>(
        mut self,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.flags.extend(owned(pairs));
        self
    }

    /// All assignments, weakest first, with `_file` keys replaced by what their files hold.
    pub(super) fn assignments(&self) -> Result<Vec<Assignment>, ConfigError> {
        let mut levels = vec![texts(&self.defaults, |key| (key.to_owned(), "the defaults".into()))];
        if let Some(path) = &self.file {
            levels.push(from_file(path)?);
        }
        levels.push(texts(&self.env, |name| {
            let key = name.trim_start_matches(ENV_PREFIX).to_ascii_lowercase().replace("__", ".");
            (key, format!("environment variable {name}"))
        }));
        levels.push(texts(&self.flags, |key| (key.to_owned(), format!("flag '{key}'"))));
        let mut assignments = Vec::new();
        for level in levels {
            refuse_both(&level)?;
            for assignment in level {
                assignments.push(read_secret(assignment)?);
            }
        }
        Ok(assignments)
    }
}

fn owned<K: Into<String>, V: Into<String>>(
    pairs: impl IntoIterator<Item = (K, V)>,
) -> impl Iterator<Item = (String, String)> {
    pairs.into_iter().map(|(key, value)| (key.into(), value.into()))
}

fn texts(
    pairs: &BTreeMap<String, String>,
    name: impl Fn(&str) -> (String, String),
) -> Vec<Assignment> {
    let assignment = |(given, value): (&String, &String)| {
        let (key, origin) = name(given);
        Assignment { key, origin, value: Value::from(value.clone()) }
    };
    pairs.iter().map(assignment).collect()
}

fn from_file(path: &Path) -> Result<Vec<Assignment>, ConfigError> {
    let origin = format!("file '{}'", path.display());
    let refuse = |problem: String| ConfigError { key: "*".into(), origin: origin.clone(), problem };
    let text = fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
    let table = File::from_str(&text, FileFormat::Toml)
        .collect()
        .map_err(|error| refuse(error.to_string()))?;
    let mut leaves = Vec::new();
    for (key, value) in table {
        flatten(key, value, &origin, &mut leaves);
    }
    leaves.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(leaves)
}

fn flatten(key: String, value: Value, origin: &str, leaves: &mut Vec<Assignment>) {
    if let ValueKind::Table(table) = value.kind {
        for (name, inner) in table {
            flatten(format!("{key}.{name}"), inner, origin, leaves);
        }
    } else {
        leaves.push(Assignment { key, origin: origin.to_owned(), value });
    }
}

/// A value and a file for it on one level leave open which is meant.
fn refuse_both(level: &[Assignment]) -> Result<(), ConfigError> {
    for assignment in level {
        let file_key = format!("{}{FILE_ENDING}", assignment.key);
        if let Some(twin) = level.iter().find(|other| other.key == file_key) {
            return Err(ConfigError {
                key: twin.key.clone(),
                origin: twin.origin.clone(),
                problem: format!("'{}' is set beside it; keep one of the two", assignment.key),
            });
        }
    }
    Ok(())
}

fn read_secret(assignment: Assignment) -> Result<Assignment, ConfigError> {
    let Some(key) = assignment.key.strip_suffix(FILE_ENDING) else { return Ok(assignment) };
    let refuse = |problem: String| ConfigError {
        key: assignment.key.clone(),
        origin: assignment.origin.clone(),
        problem,
    };
    let path = assignment.value.clone().into_string().map_err(|error| refuse(error.to_string()))?;
    let content = fs::read_to_string(&path)
        .map_err(|error| refuse(format!("cannot read '{path}': {error}")))?;
    Ok(Assignment {
        key: key.to_owned(),
        origin: format!("{} (file '{path}')", assignment.origin),
        value: Value::from(content.trim_end_matches(['\r', '\n'])),
    })
}

/// Later assignments win.
pub(super) fn merge<T: DeserializeOwned>(assignments: &[Assignment]) -> Result<T, String> {
    let mut builder = Config::builder();
    for assignment in assignments {
        builder = builder
            .set_override(&assignment.key, assignment.value.clone())
            .map_err(|error| error.to_string())?;
    }
    let merged = builder.build().map_err(|error| error.to_string())?;
    merged.try_deserialize().map_err(|error| error.to_string())
}

/// serde does not say whose value it refused, so the assignments are repeated one by one: the
/// first with which the whole fails is to blame.
pub(super) fn blame<T: DeserializeOwned>(assignments: &[Assignment], whole: &str) -> ConfigError {
    for count in 1..=assignments.len() {
        if let Err(problem) = merge::<T>(&assignments[..count]) {
            let guilty = &assignments[count - 1];
            return ConfigError { key: guilty.key.clone(), origin: guilty.origin.clone(), problem };
        }
    }
    ConfigError { key: "*".into(), origin: "the defaults".into(), problem: whole.to_owned() }
}
