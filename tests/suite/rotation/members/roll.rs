//! The members that the demonstration invents: their sheet, and who is in it.

use std::{collections::HashSet, fs, sync::OnceLock};

use anyhow::{Context, Result, ensure};
use unionhall_proto::{common::v1::import_batch::State, registry::v1::IdentityDocument};
use unionhall_tests::{
    client::Clients,
    imports::{self, Upload},
    suite::Suite,
};

/// A row of the sheet.
pub(super) struct Person {
    pub(super) display_name: String,
    pub(super) document_type: &'static str,
    pub(super) number: String,
    pub(super) mobile: String,
    /// How the membership ended; empty where it did not.
    pub(super) way_out: String,
    row: String,
    /// The record, as the first look-up found it.
    record: OnceLock<String>,
}

impl Person {
    pub(super) fn document(&self) -> IdentityDocument {
        IdentityDocument {
            document_type: self.document_type.to_owned(),
            number: self.number.clone(),
            ..IdentityDocument::default()
        }
    }

    /// Whether the record is the one that was found at first.
    pub(super) fn is(&self, record: &str) -> bool {
        self.record.get_or_init(|| record.to_owned()) == record
    }

    pub(super) fn record(&self) -> Option<&str> {
        self.record.get().map(String::as_str)
    }
}

/// Everybody in the sheet.
pub(super) struct Roll {
    header: String,
    pub(super) persons: Vec<Person>,
}

impl Roll {
    /// Has the product invent so many members, and imports them with all that they belong to.
    pub(super) async fn enter(suite: &Suite, members: u32) -> Result<Self> {
        let count = members.to_string();
        let words = ["demo", "--members", &count, "--seed", "2014", "--out", "employers.csv"];
        let more = ["--unions", "unions.csv", "--coverage", "coverage.csv"];
        let made = suite.command_line(&[&words[..], &more].concat()).await?;
        ensure!(made.status.success(), "{}", made.stderr);
        suite.spare("members.csv");
        let clients = suite.connect().await?;
        for kind in ["employers", "unions", "coverage", "members"] {
            let content = fs::read(suite.folder().join(format!("{kind}.csv")))?;
            let lines = String::from_utf8_lossy(&content).lines().count();
            let batch = upload(kind, content).check(&clients).await?;
            ensure!(batch.state() == State::Validated, "{batch:?}");
            let batch = imports::commit(&clients, &batch.name).await?;
            let rows = i64::try_from(lines)? - 1;
            ensure!(batch.applied_row_count == rows, "{rows} rows of {kind}: {batch:?}");
        }
        let roll = Self::of(&fs::read_to_string(suite.folder().join("members.csv"))?)?;
        ensure!(roll.persons.len() == members as usize, "{} rows", roll.persons.len());
        Ok(roll)
    }

    fn of(sheet: &str) -> Result<Self> {
        let mut lines = sheet.trim_start_matches('\u{feff}').lines();
        let header = lines.next().context("a header")?.to_owned();
        let place = |title: &str| {
            header.split(',').position(|found| found == title).with_context(|| title.to_owned())
        };
        let (name, kind, number) = (place("姓名")?, place("证件类型")?, place("证件号码")?);
        let (mobile, way_out) = (place("手机号码")?, place("离会方式")?);
        let person = |row: &str| {
            let cells: Vec<&str> = row.split(',').collect();
            let cell = |at: usize| cells.get(at).map(|cell| (*cell).to_owned()).context("a cell");
            anyhow::Ok(Person {
                display_name: cell(name)?,
                document_type: match cell(kind)?.as_str() {
                    "居民身份证" => "111",
                    "普通护照" => "414",
                    "港澳居民来往内地通行证" => "516",
                    other => anyhow::bail!("a document of the kind {other}"),
                },
                number: cell(number)?,
                mobile: cell(mobile)?,
                way_out: cell(way_out)?,
                row: row.to_owned(),
                record: OnceLock::new(),
            })
        };
        let persons = lines.map(person).collect::<Result<_>>()?;
        Ok(Self { header, persons })
    }

    /// Hands the sheet in once more, without those to whom something happened since: by every
    /// number the register finds the person whom it knows, with everything as it was. Answers how
    /// many rows that were.
    pub(super) async fn recognised(
        &self,
        clients: &Clients,
        without: &HashSet<&str>,
    ) -> Result<usize> {
        let same = |person: &&Person| !without.contains(person.number.as_str());
        let rows: Vec<&str> =
            self.persons.iter().filter(same).map(|person| person.row.as_str()).collect();
        let sheet = format!("{}\n{}\n", self.header, rows.join("\n"));
        let batch = upload("members", sheet).check(clients).await?;
        let found = usize::try_from(batch.unchanged_row_count)?;
        ensure!(found == rows.len(), "{found} of {} are as they were: {batch:?}", rows.len());
        Ok(found)
    }
}

fn upload(kind: &str, content: impl Into<Vec<u8>>) -> Upload {
    let file_name = format!("{kind}.csv");
    Upload { kind: kind.to_owned(), ..Upload::employers(&file_name, content) }
}
