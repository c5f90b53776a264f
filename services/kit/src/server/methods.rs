//! The methods that a server answers, by path, read from the descriptors at start.

use std::{collections::HashMap, sync::Arc};

use opentelemetry::KeyValue;
use prost::Message;
use prost_types::FileDescriptorSet;

use super::ServerError;

/// One method of the contract; every request carries it as an extension `Arc<Method>`.
#[derive(Debug)]
pub struct Method {
    /// `/package.Service/Method`.
    pub path: String,
    /// `package.Service`.
    pub service: String,
    /// The caller sends a stream.
    pub client_streaming: bool,
    /// The caller receives a stream.
    pub server_streaming: bool,
    /// The server's own: neither guarded nor queued.
    pub(super) open: bool,
    /// The bounded set of label values that metrics may use.
    pub(super) label: KeyValue,
}

impl Method {
    /// Either side sends a stream.
    pub fn streaming(&self) -> bool {
        self.client_streaming || self.server_streaming
    }

    /// Stands for every path that no service here has.
    pub(super) fn unknown() -> Arc<Self> {
        Arc::new(Self::new("unknown", "unknown"))
    }

    fn new(service: &str, name: &str) -> Self {
        Self {
            path: format!("/{service}/{name}"),
            service: service.to_owned(),
            client_streaming: false,
            server_streaming: false,
            open: true,
            label: KeyValue::new("rpc.method", format!("{service}/{name}")),
        }
    }
}

/// The table of all methods.
#[derive(Debug, Default)]
pub(super) struct Methods(HashMap<String, Arc<Method>>);

impl Methods {
    pub(super) fn get(&self, path: &str) -> Option<Arc<Method>> {
        self.0.get(path).cloned()
    }

    /// Takes up the methods of the named services.
    ///
    /// # Errors
    /// The descriptor cannot be read or lacks one of the services.
    pub(super) fn add(
        &mut self,
        descriptor: &[u8],
        services: &[String],
        open: bool,
    ) -> Result<(), ServerError> {
        let files = FileDescriptorSet::decode(descriptor).map_err(ServerError::descriptor)?.file;
        let found = files.iter().flat_map(|file| {
            file.service.iter().map(|service| (qualified(file.package(), service.name()), service))
        });
        let found: HashMap<_, _> = found.collect();
        for name in services {
            let service = found.get(name).ok_or_else(|| ServerError::NotDescribed(name.clone()))?;
            for method in &service.method {
                let mut entry = Method::new(name, method.name());
                entry.client_streaming = method.client_streaming();
                entry.server_streaming = method.server_streaming();
                entry.open = open;
                self.0.insert(entry.path.clone(), Arc::new(entry));
            }
        }
        Ok(())
    }
}

fn qualified(package: &str, name: &str) -> String {
    if package.is_empty() { name.to_owned() } else { format!("{package}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_what_streams() {
        let mut methods = Methods::default();
        let health = ["grpc.health.v1.Health".to_owned()];
        methods.add(tonic_health::pb::FILE_DESCRIPTOR_SET, &health, true).unwrap();
        assert!(!methods.get("/grpc.health.v1.Health/Check").unwrap().streaming());
        assert!(methods.get("/grpc.health.v1.Health/Watch").unwrap().server_streaming);
        assert!(methods.get("/grpc.health.v1.Health/Other").is_none());
    }

    #[test]
    fn a_service_outside_the_descriptor_is_refused() {
        let absent = ["unionhall.none.v1.Absent".to_owned()];
        let refusal = Methods::default().add(tonic_health::pb::FILE_DESCRIPTOR_SET, &absent, false);
        assert!(matches!(refusal, Err(ServerError::NotDescribed(name)) if name == absent[0]));
    }
}
