//! Which upstream owns a method, told by its package.

use std::collections::{HashMap, HashSet};

use crate::{
    catalogue::{Catalogue, Traits},
    upstream::Upstream,
};

/// The gateway's map, by the path of a method.
pub(crate) struct Routes(HashMap<String, Route>);

/// Where a call goes and how it is treated.
pub(crate) struct Route {
    pub(crate) upstream: Upstream,
    pub(crate) traits: Traits,
}

impl Routes {
    pub(crate) fn new(catalogue: &Catalogue, packages: &HashMap<String, Upstream>) -> Self {
        let mut routes = HashMap::new();
        for (package, upstream) in packages {
            for (path, traits) in catalogue.methods(&HashSet::from([package.as_str()])) {
                routes.insert(path, Route { upstream: upstream.clone(), traits });
            }
        }
        Self(routes)
    }

    pub(crate) fn find(&self, path: &str) -> Option<&Route> {
        self.0.get(path)
    }
}
