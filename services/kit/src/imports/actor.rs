//! On whose behalf rows are checked and written.

use std::sync::Arc;

use crate::{
    access::Caller,
    fault::{Fault, Outcome},
    path::{Path, Prefixes, Scope},
    reasons,
};

/// The client that asked for a pass, with the scope that it had then.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The client.
    pub client: String,
    /// What it may see and change.
    pub scope: Arc<Scope>,
}

impl Actor {
    pub(super) fn of(caller: &Caller) -> Self {
        Self { client: caller.client.as_str().to_owned(), scope: Arc::clone(&caller.scope) }
    }

    /// As stored with a batch.
    pub(super) fn stored(client: &str, scope: &str) -> Outcome<Self> {
        let scope = parse(scope).ok_or_else(|| Fault::new(&reasons::INTERNAL))?;
        Ok(Self { client: client.to_owned(), scope: Arc::new(scope) })
    }

    /// The form in which the scope is stored; equal scopes have equal forms.
    pub(super) fn scope_text(&self) -> String {
        let line =
            |prefixes: &Prefixes| prefixes.iter().map(Path::as_str).collect::<Vec<_>>().join(",");
        format!("{};{}", line(&self.scope.area), line(&self.scope.affiliation))
    }

    /// Whether it may see and change anything at all.
    pub(super) fn sees_something(&self) -> bool {
        !(self.scope.area.is_empty() && self.scope.affiliation.is_empty())
    }

    /// The smallest path above the whole scope, under which the audit keeps what it did.
    pub(super) fn root(&self) -> Outcome<Path> {
        let mut paths = self.scope.area.iter().chain(self.scope.affiliation.iter());
        let first = paths.next().map_or("", Path::as_str);
        let common = self.scope.area.iter().fold(first, |common, path| {
            let shared = common.bytes().zip(path.as_str().bytes()).take_while(|(a, b)| a == b);
            &common[..shared.count()]
        });
        let root = if common.is_empty() { first } else { common };
        Path::parse(root).map_err(|_| Fault::new(&reasons::OUT_OF_SCOPE).with("node", "imports"))
    }
}

fn parse(text: &str) -> Option<Scope> {
    let line = |text: &str| {
        let paths = text.split(',').filter(|path| !path.is_empty());
        paths.map(|path| Path::parse(path).ok()).collect::<Option<Vec<_>>>()
    };
    let (area, affiliation) = text.split_once(';')?;
    Some(Scope {
        area: Prefixes::normalised(line(area)?),
        affiliation: Prefixes::normalised(line(affiliation)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_survives_its_stored_form() {
        for text in ["110102;", "110101,110102;u1,u2", ";u1", ";"] {
            assert_eq!(Actor::stored("c", text).unwrap().scope_text(), text);
        }
        assert!(Actor::stored("c", "110102").is_err());
        assert!(Actor::stored("c", "NO;").is_err());
    }

    #[test]
    fn the_root_lies_above_the_whole_scope() {
        let root = |text| Actor::stored("c", text).unwrap().root().map(String::from);
        assert_eq!(root("110101,110102;").unwrap(), "11010");
        assert_eq!(root("11,31;").unwrap(), "11", "no path is above both");
        assert_eq!(root(";u1").unwrap(), "u1");
        assert!(root(";").is_err());
    }
}
