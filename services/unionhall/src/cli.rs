//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use unionhall_kit::{
    config::{ConfigError, Sources},
    ledger::audit::head::Head,
};

use crate::settings::Settings;

/// A register of unions, employers and members: services, gateway and tools in one binary.
#[derive(Debug, Parser)]
#[command(name = "unionhall", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// Settings file (TOML); `UNIONHALL__SECTION__KEY` variables and flags go before it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Data folder: databases, keys, access policy, administrator's token.
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Database of the register: `sqlite://FILE` or `postgres://...`.
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// What to do; `serve all` without one.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the binary does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve: the whole suite in one process, or one role of it.
    Serve(Serve),
    /// Bring the database's schema up to date.
    Migrate,
    /// Check the audit chain of the register.
    Audit(Audit),
    /// Write everything, keys included, to one encrypted file, while servers run.
    Backup(Backup),
    /// Stand a register up again from such a file, on an empty place.
    Restore(Restore),
    /// List, rotate and retire the keys of the data folder.
    Keys(Keys),
    /// Print a fresh bearer token for a client of the access policy.
    Token(Token),
    /// Add a client to the access policy, or replace it.
    Client(PutClient),
    /// Import a spreadsheet over the upload RPC.
    Import(Import),
    /// Write the spreadsheet to fill in.
    Template(Template),
    /// Write a synthetic file to try things out with.
    Demo(Demo),
}

impl Default for Command {
    fn default() -> Self {
        Self::Serve(Serve::default())
    }
}

/// How to serve.
#[derive(Debug, Default, Args)]
pub(crate) struct Serve {
    /// The role.
    #[arg(value_enum, default_value_t = Role::All)]
    pub role: Role,
    /// Address and port; port 0 lets the system choose.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Where the register serves, for `serve gateway`: `http://HOST:PORT`.
    #[arg(long, value_name = "URL")]
    registry: Option<String>,
    /// Change the schema at start on PostgreSQL too; on SQLite it is always done.
    #[arg(long)]
    migrate: bool,
}

/// The roles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Gateway and every service in one process.
    #[default]
    All,
    /// The register alone.
    Registry,
    /// The gateway alone.
    Gateway,
}

impl Role {
    /// As traces and metrics name it.
    pub(crate) fn service_name(self) -> &'static str {
        match self {
            Self::All => "unionhall",
            Self::Registry => "unionhall-registry",
            Self::Gateway => "unionhall-gateway",
        }
    }
}

/// What to do with the audit.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    /// The one thing there is to do.
    #[arg(value_enum)]
    pub(crate) action: AuditAction,
    /// A head that the chain must still hold; can be repeated.
    #[arg(long = "head", value_name = "SEQUENCE:HASH[:MAC]")]
    pub(crate) heads: Vec<Head>,
    /// A file with such heads, for instance the collected log.
    #[arg(long, value_name = "FILE")]
    pub(crate) heads_file: Option<PathBuf>,
}

/// What can be done with the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AuditAction {
    /// Recompute every MAC and hash.
    Verify,
}

/// Where to write a backup.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The file to write; one that is there is never written over.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// A file whose first line encrypts the backup: 20 characters at least, readable by you alone.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: PathBuf,
}

/// What to stand up again.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup.
    #[arg(long, value_name = "FILE")]
    pub(crate) from: PathBuf,
    /// The file with the passphrase that it was written with.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: PathBuf,
    /// Bring the schema to this release's afterwards.
    #[arg(long)]
    pub(crate) migrate: bool,
}

/// What to do with the keys.
#[derive(Debug, Args)]
pub(crate) struct Keys {
    /// What.
    #[command(subcommand)]
    pub(crate) action: KeysAction,
}

/// What can be done with the keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysAction {
    /// Print every version, and how many rows are under it.
    List,
    /// Add a version, which running servers follow by themselves.
    Rotate {
        /// What the key is for.
        #[arg(value_enum)]
        purpose: RotatedPurpose,
        /// Seconds until it seals; by then the key file has to be on every server.
        #[arg(long, default_value_t = 60, value_name = "SECONDS")]
        active_in: u32,
    },
    /// Take a version out for good, if no row is under it.
    Retire {
        /// What the key is for.
        #[arg(value_enum)]
        purpose: RotatedPurpose,
        /// The version.
        version: u32,
    },
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum RotatedPurpose {
    /// Seals protected values and data keys.
    Vault,
    /// Keys the look-up values.
    BlindIndex,
    /// Seals page tokens.
    Page,
    /// Authenticates audit entries.
    Audit,
    /// Recognises repeated requests.
    Idempotency,
}

/// For whom a token is.
#[derive(Debug, Args)]
pub(crate) struct Token {
    /// A client of the access policy.
    #[arg(default_value = "administrator")]
    pub client: String,
}

/// What a client may do.
#[derive(Debug, Args)]
pub(crate) struct PutClient {
    /// Its id: lower-case letters, digits and `-`.
    pub client: String,
    /// A permission, for instance `registry.employers.read` or `registry.*`; can be repeated.
    #[arg(long = "permission", required = true, value_name = "PERMISSION")]
    pub permissions: Vec<String>,
    /// An area label below which it may do so; can be repeated.
    #[arg(long = "area", value_name = "LABEL")]
    pub areas: Vec<String>,
}

/// Where the suite serves and who asks.
#[derive(Debug, Args)]
pub(crate) struct Server {
    /// Address of the gateway.
    #[arg(
        long,
        env = "UNIONHALL_SERVER",
        default_value = "http://127.0.0.1:50051",
        value_name = "URL"
    )]
    pub server: String,
    /// File with the bearer token; `admin.token` of the data folder without it.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

/// The kinds of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Areas (区划).
    Areas,
    /// Employers (用人单位).
    Employers,
    /// Unions (工会).
    Unions,
    /// Which union covers which employer (覆盖单位).
    Coverage,
    /// Members (会员).
    Members,
    /// Filled-in sheets of GetConfirmationSheet (信息核对).
    Confirmations,
    /// Entries of a base register (底册).
    #[value(name = "base_register")]
    BaseRegister,
}

impl Kind {
    /// As the contract writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Areas => "areas",
            Self::Employers => "employers",
            Self::Unions => "unions",
            Self::Coverage => "coverage",
            Self::Members => "members",
            Self::Confirmations => "confirmations",
            Self::BaseRegister => "base_register",
        }
    }
}

/// What to import.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// What the rows are.
    #[arg(required_unless_present = "resume")]
    pub kind: Option<Kind>,
    /// CSV (UTF-8, GB18030) or XLSX.
    #[arg(required_unless_present = "resume")]
    pub file: Option<PathBuf>,
    /// Go on with a batch that the suite has, wherever it stands.
    #[arg(long, value_name = "importBatches/ID", conflicts_with_all = ["kind", "file"])]
    pub resume: Option<String>,
    /// Check every row, write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Commit the valid rows although others have faults.
    #[arg(long)]
    pub only_valid_rows: bool,
    /// Where the faults go as CSV; `FILE.faults.csv` without it.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Where to.
    #[command(flatten)]
    pub server: Server,
}

/// Which template to write.
#[derive(Debug, Args)]
pub(crate) struct Template {
    /// What the rows will be.
    pub kind: Kind,
    /// The file to write, `.xlsx` or `.csv`; the server's own name without it.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Where from.
    #[command(flatten)]
    pub server: Server,
}

/// Which synthetic file to write.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Employers; as many as the members need when only those are asked for.
    #[arg(long, value_name = "N", required_unless_present = "members")]
    pub employers: Option<u32>,
    /// Members of the unions that cover these employers, and of the communities' joint unions.
    #[arg(long, value_name = "N")]
    pub members: Option<u32>,
    /// The same seed writes the same file.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Dirty rows of each kind, in basis points of all rows (100 is one in a hundred).
    #[arg(long, default_value_t = 0, value_name = "BASIS_POINTS")]
    pub dirty: u16,
    /// The file to write: `.csv` or `.xlsx`.
    #[arg(long, default_value = "employers.csv", value_name = "FILE")]
    pub out: PathBuf,
    /// Also write the unions of the district and of these employers: `.csv` or `.xlsx`.
    #[arg(long, value_name = "FILE")]
    pub unions: Option<PathBuf>,
    /// Also write which union covers which of these employers: `.csv` or `.xlsx`.
    #[arg(long, value_name = "FILE")]
    pub coverage: Option<PathBuf>,
    /// Also write an outside list of these enterprises, edition 2023-12 of a base register: `.csv` or
    /// `.xlsx`.
    #[arg(long, value_name = "FILE")]
    pub base_register: Option<PathBuf>,
    /// The file of the members: `.csv` or `.xlsx`.
    #[arg(long, default_value = "members.csv", value_name = "FILE")]
    pub members_out: PathBuf,
}

impl Cli {
    /// The settings that hold for this call: defaults < file < environment < flags.
    pub(crate) fn settings(&self) -> Result<Settings, ConfigError> {
        let mut flags: Vec<(&str, String)> = Vec::new();
        let mut flag = |key, value: Option<String>| flags.extend(value.map(|value| (key, value)));
        flag("data", self.data.as_ref().map(|path| path.display().to_string()));
        flag("database.url", self.database_url.clone());
        if let Some(Command::Serve(serve)) = &self.command {
            flag("server.listen.address", serve.listen.map(|address| address.to_string()));
            flag("gateway.registry", serve.registry.clone());
            flag("migrate", serve.migrate.then(|| "true".to_owned()));
        }
        let mut sources = Sources::new().env(std::env::vars()).flags(flags);
        if let Some(file) = &self.config {
            sources = sources.file(file);
        }
        unionhall_kit::config::load(&sources)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn without_a_command_the_whole_suite_is_served() {
        let cli = Cli::parse_from(["unionhall"]);
        assert!(
            matches!(cli.command.unwrap_or_default(), Command::Serve(serve) if serve.role == Role::All)
        );
    }
}
