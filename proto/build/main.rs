//! Compiles the contract without protoc, keeps its comments and options, and generates Rust
//! validation and field masks from its annotations. Fails on any annotation it does not know.

mod generator;

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use prost_reflect::DescriptorPool;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for folder in ["build", "unionhall", "google", "buf"] {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
    }
    let mut compiler = protox::Compiler::new([&root])?;
    compiler.include_imports(true).include_source_info(true).open_files(contract(&root)?)?;
    // Encoded by protox itself: re-encoding elsewhere drops the extension options.
    let encoded = compiler.encode_file_descriptor_set();
    let pool = DescriptorPool::decode(encoded.as_slice())?;
    fs::write(out.join("unionhall.binpb"), encoded)?;
    fs::write(out.join("validation.rs"), generator::generate(&pool)?)?;

    let mut config = tonic_prost_build::Config::new();
    // `Any` needs the names of what it carries.
    config.enable_type_names();
    tonic_prost_build::configure()
        .bytes(".")
        .compile_fds_with_config(compiler.file_descriptor_set(), config)?;
    Ok(())
}

/// The files of every package, in one order on every machine.
fn contract(root: &Path) -> Result<Vec<PathBuf>, std::io::Error> {
    let mut files = Vec::new();
    for package in fs::read_dir(root.join("unionhall"))? {
        for entry in fs::read_dir(package?.path().join("v1"))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "proto") {
                files.push(path);
            }
        }
    }
    // Nothing imports the details of errors; tools look them up by reflection to show them.
    files.push(root.join("google/rpc/error_details.proto"));
    files.sort();
    Ok(files)
}
