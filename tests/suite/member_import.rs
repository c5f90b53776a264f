//! A sheet of members whose import is killed again and again: nobody is lost, nobody is doubled, and
//! no number lies anywhere in the open.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use unionhall_proto::{
    common::v1::{
        CommitImportBatchRequest, GetImportBatchRequest, ImportBatch, WatchImportBatchRequest,
        import_batch::State,
    },
    registry::v1::ListMembersRequest,
};
use unionhall_tests::{
    client::Clients,
    engine::Engine,
    imports::{self, Upload},
    on_both_engines,
    policy::{Policy, UNBOUNDED},
    samples,
    suite::{Layout, Plan},
};

const UNION: &str = "西什库社区联合工会";
const HOME: &str = "110102012004";
const MEMBERS: u32 = 3_000;
/// Kills amid the writing of the rows.
const KILLS: usize = 3;

on_both_engines!(members_survive_kills);

async fn members_survive_kills(engine: Engine) -> Result<()> {
    let policy = Policy::administrator(UNBOUNDED).text();
    let mut suite = Plan::new(engine, Layout::All).policy(policy).start().await?;
    let clients = suite.connect().await?;
    let unions = format!(
        "工会名称,组织类型,组织形式,组织层级,所辖区域,住所所在社区,建会日期\n\
         {UNION},社区联合工会,联合工会委员会,社区,{HOME},{HOME},2012-05-01\n"
    );
    let batch = upload("unions", unions).check(&clients).await?;
    imports::commit(&clients, &batch.name).await?;

    let mut sheet = upload("members", samples::member_csv(0..MEMBERS, UNION, ("高中", "")));
    sheet.request_id = "7f1e3c52-8a41-4b8e-9d6f-2f6b1c0a5d11".to_owned();
    let name = sheet.send(&clients).await?.name;
    ensure!(sheet.send(&clients).await?.name == name, "a repeated upload is the same batch");
    ensure!(imports::validate(&clients, &name).await?.state() == State::Validated);
    let commit = CommitImportBatchRequest { name: name.clone(), ..Default::default() };
    clients.imports.clone().commit_import_batch(commit).await?;
    let mut killed = 0;
    for _ in 0..KILLS {
        let batch = moved(&suite.connect().await?, &name).await?;
        suite.kill().await?;
        killed += usize::from(batch.state() == State::Applying);
        suite.start_again().await?;
    }
    let clients = suite.connect().await?;
    let applied = imports::rested(&clients, &name).await.with_context(|| suite.logs())?;
    ensure!(applied.applied_row_count == i64::from(MEMBERS), "{applied:?}");
    ensure!(killed > 0, "no kill came amid the rows");
    let names = everybody(&clients).await?;
    let mut expected: Vec<String> = (0..MEMBERS).map(samples::person_name).collect();
    expected.sort();
    ensure!(names == expected, "{} members", names.len());

    sheet.request_id.clear();
    let again = sheet.check(&clients).await?;
    ensure!(again.unchanged_row_count == i64::from(MEMBERS), "{again:?}");
    suite.stop().await?;
    ensure!(nothing_open(suite.folder())? > 0, "no file was looked at");
    Ok(())
}

fn upload(kind: &str, content: String) -> Upload {
    let file_name = format!("{kind}.csv");
    Upload { kind: kind.to_owned(), ..Upload::employers(&file_name, content) }
}

/// The batch once it has written some rows, or all.
async fn moved(clients: &Clients, name: &str) -> Result<ImportBatch> {
    let get = GetImportBatchRequest { name: name.to_owned() };
    let before = clients.imports.clone().get_import_batch(get).await?.into_inner();
    let watch = WatchImportBatchRequest { name: name.to_owned() };
    let mut watch = clients.imports.clone().watch_import_batch(watch).await?.into_inner();
    let mut last = before.clone();
    while let Some(batch) = watch.message().await? {
        last = batch;
        if last.applied_row_count > before.applied_row_count {
            break;
        }
    }
    Ok(last)
}

/// The names of all members, ascending.
async fn everybody(clients: &Clients) -> Result<Vec<String>> {
    let (mut names, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListMembersRequest { page_size: 1_000, page_token, ..Default::default() };
        let page = clients.members.clone().list_members(request).await?.into_inner();
        names.extend(page.members.into_iter().map(|member| member.display_name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            names.sort();
            return Ok(names);
        }
    }
}

/// Looks for the numbers of some persons in every file below the folder: database and logs.
fn nothing_open(folder: &Path) -> Result<usize> {
    let mut files = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files += nothing_open(&path)?;
            continue;
        }
        let Ok(content) = fs::read(&path) else { continue };
        files += 1;
        for number in (0..MEMBERS).step_by(500) {
            for open in [samples::resident_number(number), samples::mobile(number)] {
                let found = content.windows(open.len()).any(|part| part == open.as_bytes());
                ensure!(!found, "{open} lies open in {}", path.display());
            }
        }
    }
    Ok(files)
}
