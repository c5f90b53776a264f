//! Rotation over a table of data keys and a table of marks that are looked up by, on SQLite; `tests/`
//! repeats it with the register's tables on both engines, under kills.

mod behind;

use std::path::PathBuf;

use chrono::TimeDelta;
use sea_orm::FromQueryResult;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::{
    clock::SharedClock,
    db::{Tx, insert_new_rows},
    ids::SystemRandomness,
    keys::{KeyRing, OpenMode},
    ledger::testing::{Books, books},
};

const PETS: DataKeys = DataKeys { table: "pet_key", owner: "pet" };
/// More than a chunk, so that a job can die between two.
const COUNT: u128 = 450;

struct Rig {
    books: Books,
    _folder: TempDir,
    dir: PathBuf,
    process: Process,
}

/// What dies in a kill.
struct Process {
    ring: Arc<KeyRing>,
    vault: Vault,
    keeper: Keeper,
    job: Rotation,
}

/// Marks of pets, as documents of persons are indexed. A pet's mark is its number.
struct Marks;

fn number(pet: Uuid) -> String {
    format!("mark {}", pet.as_u128())
}

#[derive(FromQueryResult)]
struct Pet {
    pet: Uuid,
}

#[async_trait]
impl Indexed for Marks {
    fn name(&self) -> &'static str {
        "pet_mark"
    }

    async fn index_after(
        &self,
        conn: &Tx,
        vault: &Vault,
        after: &str,
        limit: u64,
    ) -> Outcome<Chunk> {
        let text = format!("SELECT pet FROM pet_key WHERE pet > $1 ORDER BY pet LIMIT {limit}");
        let after = Uuid::try_parse(after).unwrap_or(Uuid::nil());
        let pets = Pet::find_by_statement(sql(conn, &text, [after.into()])).all(conn).await;
        let pets: Vec<Uuid> = pets.map_err(fault::of)?.into_iter().map(|row| row.pet).collect();
        mark(conn, vault, &pets).await;
        Ok(Chunk { renewed: pets.len() as u64, last: pets.last().map(Uuid::to_string) })
    }

    async fn count_indexed(&self, conn: &Tx, version: u32) -> Outcome<u64> {
        let text = "SELECT COUNT(*) AS n FROM pet_mark WHERE key_version = $1";
        counted(conn, text, version.into()).await
    }

    async fn forget_before(&self, conn: &Tx, version: u32, limit: u64) -> Outcome<u64> {
        let text = format!(
            "DELETE FROM pet_mark WHERE (key_version, mac) IN (
                 SELECT key_version, mac FROM pet_mark WHERE key_version < $1 LIMIT {limit})"
        );
        let done = conn.execute_raw(sql(conn, &text, [version.into()])).await;
        Ok(done.map_err(fault::of)?.rows_affected())
    }
}

async fn mark(conn: &Tx, vault: &Vault, pets: &[Uuid]) {
    let rows = pets.iter().flat_map(|pet| {
        let indexes = vault.blind_indexes("mark", number(*pet).as_bytes()).unwrap();
        indexes.into_iter().map(|index| vec![index.version.into(), index.mac.into(), (*pet).into()])
    });
    insert_new_rows(conn, "pet_mark", "key_version, mac, pet", rows.collect()).await.unwrap();
}

impl Process {
    fn new(books: &Books, dir: &std::path::Path) -> Self {
        let clock: SharedClock = books.clock.clone();
        let ring = KeyRing::open(dir, OpenMode::CreateIfEmpty, &clock, &SystemRandomness).unwrap();
        Self::of(&books.ledger, ring)
    }

    fn of(ledger: &Ledger, ring: KeyRing) -> Self {
        let ring = Arc::new(ring);
        let vault = Vault::new(Arc::clone(&ring), ledger.ids().clone());
        let sources = Sources { sealed: vec![Arc::new(PETS)], indexed: vec![Arc::new(Marks)] };
        Self {
            keeper: Keeper::new(ledger.clone(), Arc::clone(&ring)),
            job: Rotation::new(ledger.clone(), vault.clone(), sources),
            ring,
            vault,
        }
    }
}

impl Rig {
    async fn new() -> Self {
        let (books, folder) = (books().await, TempDir::new().unwrap());
        let dir = folder.path().join("keys");
        for table in [
            "CREATE TABLE pet_key (pet BLOB PRIMARY KEY, sealed BLOB NOT NULL,
                                   key_version INTEGER NOT NULL)",
            "CREATE TABLE pet_mark (key_version INTEGER NOT NULL, mac BLOB NOT NULL,
                                    pet BLOB NOT NULL, PRIMARY KEY (key_version, mac))",
        ] {
            books.ledger.db().migrator().execute_unprepared(table).await.unwrap();
        }
        let process = Process::new(&books, &dir);
        process.keeper.admit().await.unwrap();
        let rig = Self { books, _folder: folder, dir, process };
        rig.enter(1..COUNT + 1).await;
        rig
    }

    async fn enter(&self, pets: impl Iterator<Item = u128>) {
        let tx = self.books.ledger.db().begin().await.unwrap();
        for pet in pets.map(Uuid::from_u128) {
            PETS.hold(tx.conn(), &self.process.vault, pet).await.unwrap();
            mark(tx.conn(), &self.process.vault, &[pet]).await;
        }
        tx.commit().await.unwrap();
    }

    fn rotate(&self, purpose: Purpose) {
        let minute = Duration::from_secs(60);
        let clock = &*self.books.clock;
        KeyRing::rotate(&self.dir, purpose, minute, clock, &SystemRandomness).unwrap();
    }

    async fn later(&self, seconds: i64) {
        self.books.clock.advance(TimeDelta::seconds(seconds));
        self.process.keeper.refresh().await.unwrap();
    }

    /// The new version's time comes, and is noticed.
    async fn begun(&self) {
        self.later(1).await;
        assert!(self.process.job.step().await.unwrap());
        self.later(0).await;
    }

    /// Nothing fails, whatever the keys do meanwhile.
    async fn read_everything(&self, count: u128) {
        let conn = self.books.ledger.db().reader();
        for pet in (1..=count).map(Uuid::from_u128) {
            PETS.open(conn, &self.process.vault, pet).await.unwrap();
            let sought = self.process.vault.look_up("mark", number(pet).as_bytes()).unwrap();
            let text = "SELECT pet FROM pet_mark WHERE key_version = $1 AND mac = $2";
            let values = [sought.version.into(), sought.mac.into()];
            let found = Pet::find_by_statement(sql(conn, text, values)).one(conn).await.unwrap();
            assert_eq!(found.map(|row| row.pet), Some(pet), "by version {}", sought.version);
        }
    }

    async fn count(&self, purpose: Purpose, version: u32) -> u64 {
        let state = Tx::Mapped(self.books.ledger.db().begin_read().await.unwrap());
        self.process.job.sources.count(&state, purpose, version).await.unwrap()
    }

    async fn standings(&self) -> Vec<Standing> {
        standings(self.books.ledger.db().reader()).await.unwrap()
    }

    fn kill(&mut self) {
        self.process = Process::new(&self.books, &self.dir);
    }
}

#[tokio::test]
async fn nothing_rotates_without_a_new_key() {
    let rig = Rig::new().await;
    rig.later(3_600).await;
    assert!(!rig.process.job.step().await.unwrap());
    assert_eq!(rig.count(Purpose::Vault, 1).await, COUNT as u64);
    assert_eq!(rig.process.vault.blind_indexes("mark", b"x").unwrap().len(), 1);
}

#[tokio::test]
async fn a_rotation_goes_on_where_it_was_killed_and_everything_opens_meanwhile() {
    let mut rig = Rig::new().await;
    rig.rotate(Purpose::Vault);
    rig.later(0).await;
    // The new version opens only: processes are still learning of it.
    for seconds in [30, 29] {
        rig.later(seconds).await;
        assert!(!rig.process.job.step().await.unwrap());
    }
    rig.begun().await;
    for seconds in [1, 8] {
        rig.later(seconds).await;
        assert!(!rig.process.job.step().await.unwrap());
    }
    rig.later(1).await;
    let mut steps = 0;
    while rig.process.job.step().await.unwrap() {
        rig.read_everything(COUNT).await;
        rig.kill();
        rig.process.keeper.admit().await.unwrap();
        steps += 1;
    }
    assert!(steps > 3, "{steps}");
    assert_eq!(rig.count(Purpose::Vault, 1).await, 0);
    assert_eq!(rig.count(Purpose::Vault, 2).await, COUNT as u64);
    let found = rig.standings().await;
    let new = found.iter().find(|one| (one.purpose, one.version) == (Purpose::Vault, 2)).unwrap();
    assert_eq!((new.renewed, new.finished_at.is_some()), (COUNT as u64, true));
}

#[tokio::test]
async fn a_row_that_came_in_late_is_gone_over_again() {
    let rig = Rig::new().await;
    let late = Process::new(&rig.books, &rig.dir);
    rig.rotate(Purpose::Vault);
    rig.later(59).await;
    rig.begun().await;
    rig.later(10).await;
    for _ in 0..3 {
        assert!(rig.process.job.step().await.unwrap());
    }
    let tx = rig.books.ledger.db().begin().await.unwrap();
    PETS.hold(tx.conn(), &late.vault, Uuid::from_u128(COUNT + 1)).await.unwrap();
    tx.commit().await.unwrap();
    while rig.process.job.step().await.unwrap() {}
    assert_eq!(rig.count(Purpose::Vault, 1).await, 0);
    // And once more when somebody finds one after the end.
    let tx = rig.books.ledger.db().begin().await.unwrap();
    PETS.hold(tx.conn(), &late.vault, Uuid::from_u128(COUNT + 2)).await.unwrap();
    tx.commit().await.unwrap();
    assert!(!rig.process.job.step().await.unwrap());
    assert_eq!(rig.count(Purpose::Vault, 1).await, 1);
    let tx = rig.books.ledger.db().begin().await.unwrap();
    reopen(tx.conn(), Purpose::Vault).await.unwrap();
    tx.commit().await.unwrap();
    while rig.process.job.step().await.unwrap() {}
    assert_eq!(rig.count(Purpose::Vault, 1).await, 0);
}

#[tokio::test]
async fn look_ups_find_everything_before_amid_and_after_a_rotation() {
    let mut rig = Rig::new().await;
    let version = |rig: &Rig| rig.process.vault.look_up("mark", b"x").unwrap().version;
    rig.rotate(Purpose::BlindIndex);
    rig.later(59).await;
    assert_eq!(rig.process.vault.blind_indexes("mark", b"x").unwrap().len(), 1);
    rig.begun().await;
    // From the moment at which it is in use every write has it; nobody asks by it.
    assert_eq!(rig.process.vault.blind_indexes("mark", b"x").unwrap().len(), 2);
    rig.enter(COUNT + 1..COUNT + 11).await;
    assert_eq!((version(&rig), rig.count(Purpose::BlindIndex, 2).await), (1, 10));
    rig.read_everything(COUNT + 10).await;
    rig.later(10).await;
    while rig.process.job.step().await.unwrap() {
        rig.read_everything(COUNT + 10).await;
        rig.kill();
        rig.process.keeper.admit().await.unwrap();
        rig.read_everything(COUNT + 10).await;
    }
    assert_eq!(version(&rig), 2);
    assert_eq!(rig.count(Purpose::BlindIndex, 1).await, COUNT as u64 + 10);
    assert_eq!(
        rig.process.vault.blind_indexes("mark", b"x").unwrap().len(),
        2,
        "for those who look by 1"
    );
    rig.later(10).await;
    assert_eq!(rig.process.vault.blind_indexes("mark", b"x").unwrap().len(), 1);
    assert!(!rig.process.job.step().await.unwrap(), "those may still look by 1");
    rig.later(10).await;
    while rig.process.job.step().await.unwrap() {
        rig.read_everything(COUNT + 10).await;
    }
    assert_eq!(rig.count(Purpose::BlindIndex, 1).await, 0);
    assert_eq!(rig.count(Purpose::BlindIndex, 2).await, COUNT as u64 + 10);
}

#[tokio::test]
async fn a_start_without_a_known_key_or_with_another_one_is_refused() {
    let mut rig = Rig::new().await;
    let old = std::fs::read(rig.dir.join("vault.toml")).unwrap();
    rig.rotate(Purpose::Vault);
    rig.later(0).await;
    let new = std::fs::read(rig.dir.join("vault.toml")).unwrap();
    let put = |bytes: &[u8]| {
        crate::private_file::replace(&rig.dir.join("vault.toml"), bytes).unwrap();
    };
    put(&old);
    let refused = Process::new(&rig.books, &rig.dir).keeper.admit().await.unwrap_err();
    assert!(refused.to_string().contains("lacks version 2"), "{refused}");
    let text = String::from_utf8(new.clone()).unwrap();
    let (head, key) = text.split_at(text.rfind("key = \"").unwrap() + 7);
    put(format!("{head}{}\"\n", "0b".repeat(32)).as_bytes());
    assert!(!key.is_empty());
    let refused = Process::new(&rig.books, &rig.dir).keeper.admit().await.unwrap_err();
    assert!(refused.to_string().contains("version 2"), "{refused}");
    assert!(rig.process.keeper.refresh().await.is_err(), "nor does a running process take it");
    put(&new);
    rig.kill();
    rig.process.keeper.admit().await.unwrap();
}

#[tokio::test]
async fn two_processes_never_use_two_keys_under_one_number() {
    let rig = Rig::new().await;
    let other_folder = TempDir::new().unwrap();
    let other_dir = other_folder.path().join("keys");
    std::fs::create_dir(&other_dir).unwrap();
    for file in std::fs::read_dir(&rig.dir).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), other_dir.join(file.file_name())).unwrap();
    }
    let other = Process::new(&rig.books, &other_dir);
    other.keeper.admit().await.unwrap();
    rig.rotate(Purpose::Vault);
    let clock = &*rig.books.clock;
    let at_once = Duration::ZERO;
    KeyRing::rotate(&other_dir, Purpose::Vault, at_once, clock, &SystemRandomness).unwrap();
    rig.later(0).await;
    assert!(other.keeper.refresh().await.is_err());
    assert_eq!(other.ring.current(Purpose::Vault).version, 1);
}

#[tokio::test]
async fn a_bad_file_stops_neither_reads_nor_a_version_whose_time_comes() {
    let rig = Rig::new().await;
    rig.rotate(Purpose::Vault);
    rig.later(0).await;
    std::fs::remove_file(rig.dir.join("vault.toml")).unwrap();
    rig.books.clock.advance(TimeDelta::seconds(60));
    assert!(rig.process.keeper.refresh().await.is_err());
    assert_eq!(rig.process.ring.current(Purpose::Vault).version, 2);
    rig.read_everything(COUNT).await;
}

#[tokio::test]
async fn a_version_is_replaced_once_everybody_knows() {
    let mut rig = Rig::new().await;
    let replaced = async |rig: &Rig, version| {
        let now = rig.books.ledger.clock().now();
        is_replaced(&rig.standings().await, Purpose::Vault, version, now)
    };
    rig.rotate(Purpose::Vault);
    rig.later(59).await;
    rig.begun().await;
    rig.later(10).await;
    assert!(!replaced(&rig, 1).await);
    while rig.process.job.step().await.unwrap() {}
    rig.later(19).await;
    assert!(!replaced(&rig, 1).await);
    rig.later(1).await;
    assert!(replaced(&rig, 1).await && !replaced(&rig, 2).await);
    let now = rig.books.ledger.clock().now();
    let tx = rig.books.ledger.db().begin().await.unwrap();
    retire(tx.conn(), Purpose::Vault, 1, now).await.unwrap();
    tx.commit().await.unwrap();
    KeyRing::retire(&rig.dir, Purpose::Vault, 1, &*rig.books.clock).unwrap();
    rig.later(0).await;
    rig.read_everything(COUNT).await;
    rig.kill();
    rig.process.keeper.admit().await.unwrap();
    rig.read_everything(COUNT).await;
}

#[tokio::test]
async fn an_erased_key_is_gone_and_stays_so() {
    let rig = Rig::new().await;
    let tx = rig.books.ledger.db().begin().await.unwrap();
    PETS.erase(tx.conn(), Uuid::from_u128(7)).await.unwrap();
    tx.commit().await.unwrap();
    let conn = rig.books.ledger.db().reader();
    let refused = PETS.open(conn, &rig.process.vault, Uuid::from_u128(7)).await.unwrap_err();
    assert_eq!(refused.reason().name, "ERASED");
}
