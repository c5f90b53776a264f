//! Synthetic files.

use std::{fs::File, io::BufWriter, path::Path, process::ExitCode};

use anyhow::{Context, Result};
use unionhall_registry::demo::{
    DirtShares, Row, employers_for, generate_base_register, generate_coverage, generate_employers,
    generate_members, generate_unions, write_csv, write_xlsx,
};

use crate::cli::Demo;

/// Writes synthetic files of employers and, where they are asked for, of unions, coverage, a base
/// register and members.
pub(crate) fn demo(ask: &Demo) -> Result<ExitCode> {
    let needed = ask.members.map_or(0, employers_for);
    let of = (ask.employers.unwrap_or(needed), ask.seed, DirtShares::of_each(ask.dirty));
    let employers = generate_employers(of.0, of.1, of.2)?;
    write(&ask.out, employers)?;
    if let Some(out) = &ask.unions {
        write(out, generate_unions(of)?)?;
    }
    if let Some(out) = &ask.coverage {
        write(out, generate_coverage(of)?)?;
    }
    if let Some(out) = &ask.base_register {
        write(out, generate_base_register(of)?)?;
    }
    if let Some(count) = ask.members {
        write(&ask.members_out, generate_members(count, of, ask.dirty)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write<R: Row>(out: &Path, rows: impl Iterator<Item = R>) -> Result<()> {
    let file = File::create(out).with_context(|| out.display().to_string())?;
    let target = BufWriter::new(file);
    let mut count = 0_u64;
    let counted = rows.inspect(|_| count += 1);
    if out.extension().is_some_and(|ending| ending == "xlsx") {
        write_xlsx(target, counted)?;
    } else {
        write_csv(target, counted)?;
    }
    println!("{count} rows in {}", out.display());
    Ok(())
}
