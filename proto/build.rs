//! Compiles the contract without protoc and keeps its comments and options.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut files = Vec::new();
    for package in ["common", "registry"] {
        for entry in fs::read_dir(root.join("unionhall").join(package).join("v1"))? {
            files.push(entry?.path());
        }
    }
    files.sort();
    for folder in ["unionhall", "google", "buf"] {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
    }
    let mut compiler = protox::Compiler::new([&root])?;
    compiler.include_imports(true).include_source_info(true).open_files(&files)?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    // Encoded by protox itself: re-encoding elsewhere drops the extension options.
    fs::write(out.join("unionhall.binpb"), compiler.encode_file_descriptor_set())?;
    tonic_prost_build::configure().bytes(".").compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
