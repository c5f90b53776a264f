//! An employer that moves out of one caller's scope and into another's: each learns its half from
//! the feed, and nothing tells the one where the other begins.

use anyhow::{Context, Result, ensure};
use prost::Message;
use prost_types::FieldMask;
use unionhall_proto::common::v1::{
    Change, ListChangesRequest, UndoImportBatchRequest, change::Kind,
};
use unionhall_proto::registry::v1::{CreateEmployerRequest, Employer, UpdateEmployerRequest};
use unionhall_tests::{
    client::Clients,
    engine::Engine,
    imports::{self, Upload},
    on_both_engines, patience,
    policy::{Policy, UNBOUNDED},
    refusals::unharmed,
    samples,
    suite::{Layout, Plan},
};

use super::scope::{HOME, INSIDE, clients_of};

const AWAY: &str = "110102003";
/// In the one sub-district, the other, and the one again.
const PLACES: [&str; 3] = ["110102001004", "110102003015", "110102001007"];
/// After the creation: an update, an import, the undo of the import.
const LAST: i64 = 4;

/// Kind, version, area, and the area in the snapshot if there is one.
type Seen = (Kind, i64, String, Option<String>);

async fn moved_by_update(clients: &Clients, employer: &Employer) -> Result<()> {
    let request = UpdateEmployerRequest {
        employer: Some(Employer {
            name: employer.name.clone(),
            actual_address: Some(samples::address(PLACES[1], INSIDE)),
            ..Employer::default()
        }),
        update_mask: Some(FieldMask { paths: vec!["actual_address".to_owned()] }),
        effective_date: Some(samples::day(2021, 2, 1)),
        ..UpdateEmployerRequest::default()
    };
    clients.employers.clone().update_employer(request).await?;
    Ok(())
}

/// Moves it by a spreadsheet, and back by the undo.
async fn moved_by_import(clients: &Clients) -> Result<()> {
    let row = samples::row(INSIDE).replace(samples::community(INSIDE), PLACES[2]);
    let file = format!("{},生效日期\n{row},2022-02-01\n", samples::HEADER);
    let batch = Upload::employers("move.csv", file).check(clients).await?;
    let batch = imports::commit(clients, &batch.name).await?;
    ensure!(batch.applied_row_count == 1, "{batch:?}");
    let request = UndoImportBatchRequest { name: batch.name.clone(), ..Default::default() };
    clients.imports.clone().undo_import_batch(request).await?;
    let batch = imports::rested(clients, &batch.name).await?;
    ensure!(batch.refused_undo_count == 0, "{batch:?}");
    Ok(())
}

/// What the feed shows of the employer, up to its last version.
async fn followed(clients: &Clients, name: &str) -> Result<Vec<Change>> {
    let mut request = ListChangesRequest {
        wait: Some(prost_types::Duration { seconds: 1, nanos: 0 }),
        ..ListChangesRequest::default()
    };
    let mut found: Vec<Change> = Vec::new();
    let following = async {
        while found.last().is_none_or(|last| last.version < LAST) {
            let page = clients.changes.clone().list_changes(request.clone()).await?.into_inner();
            found.extend(page.changes.into_iter().filter(|change| change.record == name));
            request.cursor = page.next_cursor;
        }
        anyhow::Ok(found)
    };
    patience::within("the feed to show every move", following).await?
}

fn seen(changes: &[Change]) -> Result<Vec<Seen>> {
    let seen = |change: &Change| {
        let employer = change.snapshot.as_ref().map(|any| Employer::decode(any.value.as_slice()));
        let employer = employer.transpose()?;
        let address = employer.map(|one| one.actual_address.context("an address"));
        let area = address.transpose()?.map(|address| address.area);
        Ok((change.kind(), change.version, change.area.clone(), area))
    };
    changes.iter().map(seen).collect()
}

fn came(kind: Kind, version: i64, place: usize) -> Seen {
    let area = PLACES[place].to_owned();
    (kind, version, area.clone(), Some(format!("areas/{area}")))
}

fn left(version: i64, place: usize) -> Seen {
    (Kind::Left, version, PLACES[place].to_owned(), None)
}

async fn who_leaves_is_told_from_who_comes(engine: Engine) -> Result<()> {
    let policy = Policy::administrator(UNBOUNDED);
    let policy = policy.client("home", &["registry.*"], &[HOME], UNBOUNDED);
    let policy = policy.client("away", &["registry.*"], &[AWAY], UNBOUNDED);
    let policy = policy.client("both", &["registry.*"], &[HOME, AWAY], UNBOUNDED);
    let suite = Plan::new(engine, Layout::All).policy(policy.text()).start().await?;
    let administrator = suite.connect().await?;
    let request = CreateEmployerRequest {
        employer: Some(samples::employer(INSIDE)),
        ..CreateEmployerRequest::default()
    };
    let employer = administrator.employers.clone().create_employer(request).await?.into_inner();
    moved_by_update(&administrator, &employer).await?;
    moved_by_import(&administrator).await?;

    let entered = came(Kind::Created, 1, 0);
    let at_home = [entered.clone(), left(2, 0), came(Kind::Updated, 3, 2), left(4, 2)];
    let at_away = [came(Kind::Updated, 2, 1), left(3, 1), came(Kind::Updated, 4, 1)];
    let [went, came_back, went_again] = [&at_home[1], &at_home[2], &at_home[3]];
    let at_both = [&entered, went, &at_away[0], &at_away[1], came_back, went_again, &at_away[2]];
    let at_both = at_both.map(Clone::clone);
    for (client, expected) in
        [("home", &at_home[..]), ("away", &at_away[..]), ("both", &at_both[..])]
    {
        let changes = followed(&clients_of(&suite, client).await?, &employer.name).await?;
        let shown = seen(&changes)?;
        ensure!(shown == expected, "{client} saw {shown:?}");
        for pair in changes.windows(2).filter(|_| client == "both") {
            let together = pair[0].kind() == Kind::Left;
            ensure!(together == (pair[0].transaction == pair[1].transaction), "{pair:?}");
        }
    }
    unharmed(&suite)
}

on_both_engines!(who_leaves_is_told_from_who_comes);
