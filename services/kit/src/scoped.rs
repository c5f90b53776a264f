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
    /// Where it stands: the paths on the lines of area and affiliation.
    stands: Vec<(Option<Path>, Option<Path>)>,
}

impl<T> Scoped<T> {
    /// A record and where it stands.
    pub fn new(record: T, area: Option<Path>, affiliation: Option<Path>) -> Self {
        Self { record, stands: vec![(area, affiliation)] }
    }

    /// The record stands here as well: it is on its way from one place to another.
    #[must_use]
    pub fn or(mut self, area: Option<Path>, affiliation: Option<Path>) -> Self {
        self.stands.push((area, affiliation));
        self
    }

    /// The record, if the scope sees it. Outside the scope it does not exist: the answer is the
    /// one for a name that was never given.
    pub fn open(self, scope: &Scope, name: &str) -> Outcome<T> {
        self.visible(scope).ok_or_else(|| not_found(name))
    }

    /// The record, if the scope sees it.
    pub fn visible(self, scope: &Scope) -> Option<T> {
        let sees =
            |(area, path): &(Option<Path>, Option<Path>)| scope.sees(area.as_ref(), path.as_ref());
        self.stands.iter().any(sees).then_some(self.record)
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
        let hidden = outside.clone().open(&scope, "x/1").unwrap_err();
        assert_eq!(hidden.to_string(), not_found("x/1").to_string());
        let passing = outside.or(Some(path("110102012")), None);
        assert_eq!(passing.visible(&scope), Some(1));
    }
}
