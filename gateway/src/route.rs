//! Which upstream owns a call, told by the package in its path.

use std::collections::{HashMap, HashSet};

use crate::{
    catalogue::{Catalogue, Traits},
    upstream::Upstream,
};

/// The gateway's map. Known methods are found in one look-up.
pub(crate) struct Routes {
    packages: HashMap<String, Upstream>,
    methods: HashMap<String, Route>,
}

/// Where a call goes and how it is treated.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) upstream: Upstream,
    pub(crate) traits: Traits,
}

impl Routes {
    pub(crate) fn new(catalogue: &Catalogue, packages: HashMap<String, Upstream>) -> Self {
        let mut methods = HashMap::new();
        for (package, upstream) in &packages {
            for (path, traits) in catalogue.methods(&HashSet::from([package.as_str()])) {
                methods.insert(path, Route { upstream: upstream.clone(), traits });
            }
        }
        Self { packages, methods }
    }

    /// A method that is not in the contract goes to the owner of its package, who may be newer.
    pub(crate) fn find(&self, path: &str) -> Option<Route> {
        if let Some(route) = self.methods.get(path) {
            return Some(route.clone());
        }
        let upstream = self.packages.get(package_of(path)?)?;
        Some(Route { upstream: upstream.clone(), traits: Traits::UNKNOWN })
    }
}

/// `unionhall.registry.v1` in `/unionhall.registry.v1.EmployerService/GetEmployer`.
fn package_of(path: &str) -> Option<&str> {
    let (service, method) = path.strip_prefix('/')?.split_once('/')?;
    let (package, service) = service.rsplit_once('.')?;
    (!service.is_empty() && !method.is_empty() && !method.contains('/')).then_some(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_ends_before_the_service() {
        for (path, package) in [
            ("/a.b.v1.Service/Method", Some("a.b.v1")),
            ("/Service/Method", None),
            ("/a.Service", None),
            ("/a.Service/", None),
            ("/a./Method", None),
            ("/a.Service/Method/more", None),
            ("a.Service/Method", None),
            ("/", None),
            ("*", None),
        ] {
            assert_eq!(package_of(path), package, "{path}");
        }
    }
}
