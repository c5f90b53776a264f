//! How an edition of the base register is called.

use std::fmt;

use unionhall_kit::text;

/// The most characters of an edition.
pub const MAX_EDITION_CHARS: usize = 60;

/// The name of an edition 版本, for instance `2014-12`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edition(String);

/// The text names no edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an edition has 1 to {MAX_EDITION_CHARS} characters, none of them forbidden")]
pub struct NotAnEdition;

impl Edition {
    /// Reads an edition: half width, without white space around it.
    pub fn parse(given: &str) -> Result<Self, NotAnEdition> {
        let edition = text::half_width(&text::normalised(given)).trim().to_owned();
        let fits = (1..=MAX_EDITION_CHARS).contains(&edition.chars().count());
        if fits && !text::has_forbidden(&edition) { Ok(Self(edition)) } else { Err(NotAnEdition) }
    }

    /// The text of the edition.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
