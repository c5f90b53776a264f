//! The second wall: a record comes out of the store inside [`Scoped`], and the only way to it is
//! the check of its own paths against the caller's scope.

use crate::{
    fault::{Fault, Outcome},
    path::{Path, Scope},
    reasons,
};

/// A record that has not been shown to a caller yet.
#[derive(Debug, Clone)]
pub struct Scoped<T> {
    record: T,
    area: Option<Path>,
    affiliation: Option<Path>,
}

impl<T> Scoped<T> {
    /// A record and where it stands.
    pub fn new(record: T, area: Option<Path>, affiliation: Option<Path>) -> Self {
        Self { record, area, affiliation }
    }

    /// The record, if the scope sees it. Outside the scope it does not exist: the answer is the
    /// one for a name that was never given.
    pub fn open(self, scope: &Scope, name: &str) -> Outcome<T> {
        if scope.sees(self.area.as_ref(), self.affiliation.as_ref()) {
            Ok(self.record)
        } else {
            Err(not_found(name))
        }
    }

    /// The record, if the scope sees it.
    pub fn visible(self, scope: &Scope) -> Option<T> {
        scope.sees(self.area.as_ref(), self.affiliation.as_ref()).then_some(self.record)
    }
}

/// The one answer for what is absent and for what is hidden.
pub fn not_found(name: &str) -> Fault {
    Fault::new(&reasons::NOT_FOUND).with("name", name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::Prefixes;

    #[test]
    fn hidden_and_absent_are_told_alike() {
        let path = |text: &str| Path::parse(text).unwrap();
        let scope = Scope {
            area: Prefixes::normalised(vec![path("110102")]),
            affiliation: Prefixes::default(),
        };
        let inside = Scoped::new(1, Some(path("110102012")), None);
        let outside = Scoped::new(1, Some(path("110101")), None);
        assert_eq!(inside.open(&scope, "x/1").unwrap(), 1);
        let hidden = outside.open(&scope, "x/1").unwrap_err();
        assert_eq!(hidden.to_string(), not_found("x/1").to_string());
    }
}
