//! The contract of the suite, compiled from `proto/unionhall`: messages, clients, servers, and
//! the validation and field masks that its annotations ask for.

use std::sync::LazyLock;

use prost_reflect::DescriptorPool;

mod date;
pub mod mask;
pub mod text;
pub mod validate;

pub use date::NotADate;
pub use mask::{Masked, UnknownPath};
pub use unionhall::{common, registry};
pub use validate::{Validate, Violation};

/// The encoded descriptor set of every package, with comments and options.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/unionhall.binpb"));

/// The descriptors of every package; extension options are known to them.
pub fn descriptors() -> &'static DescriptorPool {
    static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
        #[allow(clippy::expect_used)] // The build script encoded and decoded the same bytes.
        DescriptorPool::decode(DESCRIPTOR_SET).expect("the contract's descriptor set decodes")
    });
    &POOL
}

// Nested as in the packages, because generated code refers to its siblings by `super`.
/// Generated types, by package.
#[allow(missing_docs, unreachable_pub, clippy::all)]
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

/// Google's types that the contract uses.
#[allow(missing_docs, unreachable_pub, clippy::all)]
pub mod google {
    /// Civil types.
    pub mod r#type {
        tonic::include_proto!("google.r#type");
    }
}

#[allow(clippy::all)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/validation.rs"));
}
