//! The contract of the suite, compiled from `proto/unionhall`.

/// The encoded descriptor set of every package, with comments and options.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/unionhall.binpb"));

/// Generated types.
#[allow(missing_docs, clippy::all)]
pub mod unionhall {
    /// What packages share.
    pub mod common {
        /// Version 1.
        pub mod v1 {
            tonic::include_proto!("unionhall.common.v1");
        }
    }
    /// The register.
    pub mod registry {
        /// Version 1.
        pub mod v1 {
            tonic::include_proto!("unionhall.registry.v1");
        }
    }
}

/// Google's common types.
#[allow(missing_docs, clippy::all)]
pub mod google {
    /// API annotations.
    pub mod api {
        tonic::include_proto!("google.api");
    }
    /// Civil types.
    pub mod r#type {
        tonic::include_proto!("google.r#type");
    }
}
