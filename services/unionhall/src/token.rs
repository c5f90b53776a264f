//! Tokens and clients, from the data folder's keys and policy.

use std::{process::ExitCode, sync::Arc};

use anyhow::{Result, bail};
use unionhall_kit::{
    access::{ClientEntry, ClientId, PolicyFile, RoleEntry, USUAL_RATE, USUAL_TOKEN_MINUTES},
    clock::{SharedClock, SystemClock},
    path,
};

use crate::{
    cli::{PutClient, Token},
    data_folder::DataFolder,
    settings::Settings,
};

/// Prints a token.
pub(crate) fn mint(ask: &Token, settings: &Settings) -> Result<ExitCode> {
    let clock: SharedClock = Arc::new(SystemClock);
    let folder = DataFolder::open(&settings.data)?;
    let keys = folder.existing_keys(&clock)?;
    let policy = folder.existing_policy(&clock)?;
    println!("{}", folder.mint(&ask.client, &keys, &policy, &clock)?);
    Ok(ExitCode::SUCCESS)
}

/// Adds a client with a role of its own, or replaces both. Running servers follow within seconds.
pub(crate) fn put_client(ask: &PutClient, settings: &Settings) -> Result<ExitCode> {
    let file = DataFolder::open(&settings.data)?.policy_file();
    let mut policy = PolicyFile::read(&file)?;
    let shared = policy
        .clients
        .iter()
        .any(|client| client.id.as_str() != ask.client && client.roles.contains(&ask.client));
    if shared {
        bail!(
            "other clients have the role '{}' too; change them in {}",
            ask.client,
            file.display()
        );
    }
    let areas: Result<Vec<_>, _> = ask.areas.iter().map(|label| path::Path::parse(label)).collect();
    policy.put_role(RoleEntry { name: ask.client.clone(), permissions: ask.permissions.clone() });
    policy.put_client(ClientEntry {
        id: ClientId::parse(&ask.client)?,
        roles: vec![ask.client.clone()],
        area: areas?,
        affiliation: Vec::new(),
        max_token_minutes: USUAL_TOKEN_MINUTES,
        rate: USUAL_RATE,
        burst: None,
    });
    policy.write(&file)?;
    println!("client '{}' is in {}", ask.client, file.display());
    Ok(ExitCode::SUCCESS)
}
