//! Synthetic files.

use std::{fs::File, io::BufWriter, process::ExitCode};

use anyhow::{Context, Result};
use unionhall_registry::demo::{DirtShares, generate_employers, write_csv, write_xlsx};

use crate::cli::Demo;

/// Writes a synthetic file of employers.
pub(crate) fn demo(ask: &Demo) -> Result<ExitCode> {
    let rows = generate_employers(ask.employers, ask.seed, DirtShares::of_each(ask.dirty))?;
    let file = File::create(&ask.out).with_context(|| ask.out.display().to_string())?;
    let target = BufWriter::new(file);
    if ask.out.extension().is_some_and(|ending| ending == "xlsx") {
        write_xlsx(target, rows)?;
    } else {
        write_csv(target, rows)?;
    }
    println!("{} rows in {}", ask.employers, ask.out.display());
    Ok(ExitCode::SUCCESS)
}
