//! `unionhall-finder PATH...`: searches files and folders for the numbers of persons; 1 where there
//! are any. `tests/run` gives it the cluster of PostgreSQL and what the tests printed.

use std::{env, path::Path, process::ExitCode, time::Instant};

use unionhall_finder::places::Searched;

fn main() -> ExitCode {
    let (began, mut searched) = (Instant::now(), Searched::default());
    for path in env::args_os().skip(1) {
        if let Err(error) = searched.walk(Path::new(&path), &[]) {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    }
    let (mebibytes, took) = (searched.bytes >> 20, began.elapsed().as_millis().max(1));
    let speed = u128::from(mebibytes) * 1_000 / took;
    let told = searched.told();
    println!(
        "searched {mebibytes} MiB in {took} ms ({speed} MiB/s): {}",
        told.as_deref().unwrap_or("no number of a person")
    );
    ExitCode::from(u8::from(told.is_some()))
}
