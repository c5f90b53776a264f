//! What the contract says of packages, services and methods, read once from its descriptors.

use std::collections::{HashMap, HashSet};

use prost::{DecodeError, Message};
use prost_types::{FileDescriptorProto, MethodDescriptorProto, method_options::IdempotencyLevel};

/// How the gateway treats a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Traits {
    /// Messages stream in either direction.
    pub(crate) streams: bool,
    /// Messages stream to the caller, who can resume elsewhere.
    pub(crate) streams_back: bool,
    /// It can be repeated without harm: the contract says so. A name promises nothing.
    pub(crate) reads: bool,
}

impl Traits {
    fn of(method: &MethodDescriptorProto) -> Self {
        let declared = method.options.as_ref().map(|options| options.idempotency_level());
        Self {
            streams: method.client_streaming() || method.server_streaming(),
            streams_back: method.server_streaming(),
            reads: declared == Some(IdempotencyLevel::NoSideEffects),
        }
    }
}

struct File {
    descriptor: FileDescriptorProto,
    /// As encoded; decoding drops custom options.
    raw: Vec<u8>,
}

/// All files of the contract.
pub(crate) struct Catalogue {
    files: Vec<File>,
}

/// What tools must know to show the details of an error.
const ERROR_DETAILS: &str = "google/rpc/error_details.proto";

impl Catalogue {
    /// Reads an encoded `FileDescriptorSet`.
    pub(crate) fn read(encoded: &[u8]) -> Result<Self, DecodeError> {
        let files = RawSet::decode(encoded)?
            .file
            .into_iter()
            .map(|raw| Ok(File { descriptor: FileDescriptorProto::decode(&*raw)?, raw }));
        Ok(Self { files: files.collect::<Result<_, DecodeError>>()? })
    }

    /// Every method of the packages by its path, `/package.Service/Method`.
    pub(crate) fn methods(&self, packages: &HashSet<&str>) -> HashMap<String, Traits> {
        let mut methods = HashMap::new();
        for (service, file) in self.services(packages) {
            for method in &file.descriptor.service[service].method {
                let path = format!("/{}/{}", file.service_name(service), method.name());
                methods.insert(path, Traits::of(method));
            }
        }
        methods
    }

    /// Full names of the services of the packages.
    pub(crate) fn service_names(&self, packages: &HashSet<&str>) -> Vec<String> {
        self.services(packages).map(|(service, file)| file.service_name(service)).collect()
    }

    fn services<'a>(
        &'a self,
        packages: &'a HashSet<&str>,
    ) -> impl Iterator<Item = (usize, &'a File)> {
        let routed = self.files.iter().filter(|file| packages.contains(file.descriptor.package()));
        routed.flat_map(|file| (0..file.descriptor.service.len()).map(move |index| (index, file)))
    }

    /// The encoded set of the packages' files, of all that they import and of the error details,
    /// which statuses carry without an import, and no others.
    pub(crate) fn excerpt(&self, packages: &HashSet<&str>) -> Vec<u8> {
        let by_name: HashMap<&str, &File> =
            self.files.iter().map(|file| (file.descriptor.name(), file)).collect();
        let mut open: Vec<&str> = self
            .files
            .iter()
            .filter(|file| packages.contains(file.descriptor.package()))
            .map(|file| file.descriptor.name())
            .chain([ERROR_DETAILS])
            .collect();
        let mut wanted = HashSet::new();
        while let Some(name) = open.pop() {
            if let Some(file) = by_name.get(name)
                && wanted.insert(name)
            {
                open.extend(file.descriptor.dependency.iter().map(String::as_str));
            }
        }
        let excerpt = self.files.iter().filter(|file| wanted.contains(file.descriptor.name()));
        RawSet { file: excerpt.map(|file| file.raw.clone()).collect() }.encode_to_vec()
    }
}

impl File {
    fn service_name(&self, index: usize) -> String {
        format!("{}.{}", self.descriptor.package(), self.descriptor.service[index].name())
    }
}

/// A `FileDescriptorSet` whose files stay as they were encoded.
#[derive(Clone, PartialEq, Message)]
struct RawSet {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

#[cfg(test)]
mod tests;
