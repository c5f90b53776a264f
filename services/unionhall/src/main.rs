//! The one binary of the suite: every role, and the command line that is a gRPC client.

mod audit;
mod backup;
mod cli;
mod client;
mod data_folder;
mod demo;
mod keys;
mod migrate;
mod restore;
mod serve;
mod settings;
mod token;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The configuration cannot be used (`EX_USAGE`).
const EXIT_USAGE: u8 = 64;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let settings = match cli.settings() {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("unionhall: {error}");
            return ExitCode::from(EXIT_USAGE);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("unionhall: the run time cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(Box::pin(run(cli, settings)));
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("unionhall: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli, settings: settings::Settings) -> anyhow::Result<ExitCode> {
    match cli.command.unwrap_or_default() {
        Command::Serve(role) => Box::pin(serve::serve(role.role, settings)).await,
        Command::Migrate => migrate::migrate(&settings).await,
        Command::Audit(ask) => match ask.action {
            cli::AuditAction::Verify => audit::verify(&ask, &settings).await,
        },
        Command::Backup(ask) => Box::pin(backup::backup(&ask, &settings)).await,
        Command::Restore(ask) => Box::pin(restore::restore(&ask, &settings)).await,
        Command::Keys(ask) => keys::keys(&ask, &settings).await,
        Command::Token(ask) => token::mint(&ask, &settings),
        Command::Client(ask) => token::put_client(&ask, &settings),
        Command::Import(ask) => Box::pin(client::import::import(&ask, &settings)).await,
        Command::Template(ask) => client::template::template(&ask, &settings).await,
        Command::Demo(ask) => demo::demo(&ask),
    }
}
