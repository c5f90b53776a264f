//! Another process, whose key file stays behind.

use super::*;
use crate::{
    fault::Fault,
    keys::KeyError,
    ledger::{
        Begun, Done, LedgerKeys,
        testing::{done, intent, scope},
    },
    paging::{Binding, Pager, Place},
    rotation::AdmitError,
    vault::Context,
};

const PLACE: Context<'static> = Context { table: "pet", row: b"1", field: "name" };

/// A process with a folder and books of its own, on the same database.
struct Other {
    _folder: TempDir,
    dir: PathBuf,
    ledger: Ledger,
    process: Process,
}

impl Other {
    async fn beside(rig: &Rig) -> Self {
        let folder = TempDir::new().unwrap();
        let dir = folder.path().join("keys");
        std::fs::create_dir(&dir).unwrap();
        let other = Self::with(rig, folder, dir);
        other.process.keeper.admit().await.unwrap();
        other
    }

    fn with(rig: &Rig, folder: TempDir, dir: PathBuf) -> Self {
        for purpose in Purpose::ALL {
            copy(rig, &dir, purpose);
        }
        for file in ["token.pem", "token.pub.pem"] {
            std::fs::copy(rig.dir.join(file), dir.join(file)).unwrap();
        }
        let (books, clock): (_, SharedClock) = (&rig.books.ledger, rig.books.clock.clone());
        let ring = KeyRing::open(&dir, OpenMode::MustExist, &clock, &SystemRandomness).unwrap();
        let (db, ids) = (books.db().clone(), books.ids().clone());
        let ledger = Ledger::new(db, clock, ids, LedgerKeys::of(&ring));
        let process = Process::of(&ledger, ring);
        Self { _folder: folder, dir, ledger, process }
    }

    fn receive(&self, rig: &Rig, purpose: Purpose) {
        copy(rig, &self.dir, purpose);
    }

    async fn refused(&self) -> String {
        match self.process.keeper.refresh().await.unwrap_err() {
            AdmitError::Keys(error @ KeyError::Lost { .. }) => error.to_string(),
            other => panic!("{other}"),
        }
    }
}

fn copy(rig: &Rig, dir: &std::path::Path, purpose: Purpose) {
    let file = format!("{}.toml", purpose.name());
    std::fs::copy(rig.dir.join(&file), dir.join(&file)).unwrap();
}

async fn write(ledger: &Ledger) -> Outcome<()> {
    let entry = ledger.begin_own("c", "/m").await.unwrap();
    let text = "UPDATE feed SET epoch = epoch";
    entry.conn().execute_unprepared(text).await.unwrap();
    entry.commit(done("pets/1")).await
}

fn reason<T>(refused: Outcome<T>) -> &'static str {
    refused.err().as_ref().map_or("none", |fault: &Fault| fault.reason().name)
}

/// The new version is used by everybody who has it.
async fn used(rig: &Rig, purpose: Purpose) {
    rig.rotate(purpose);
    rig.later(59).await;
    rig.begun().await;
}

#[tokio::test]
async fn who_lacks_the_new_blind_index_is_refused_and_served_with_it() {
    let rig = Rig::new().await;
    let other = Other::beside(&rig).await;
    rig.rotate(Purpose::BlindIndex);
    rig.later(59).await;
    // It is known and not in use: files are under way.
    other.process.keeper.refresh().await.unwrap();
    assert_eq!(other.process.vault.blind_indexes("mark", b"x").unwrap().len(), 1);
    write(&other.ledger).await.unwrap();
    let lacking = other.process.ring.lacking();
    assert_eq!(
        lacking.iter().map(|lack| (lack.version, lack.in_use)).collect::<Vec<_>>(),
        [(2, false)]
    );
    rig.begun().await;

    // No refresh in between: the write asks for itself.
    assert_eq!(reason(write(&other.ledger).await), "KEY_MISSING");
    assert_eq!(reason(other.ledger.held().serves(other.ledger.db().reader()).await), "KEY_MISSING");
    write(&rig.books.ledger).await.unwrap();
    assert!(other.refused().await.contains("blind_index.toml lacks version 2"));
    let vault = &other.process.vault;
    assert_eq!(reason(vault.blind_indexes("mark", b"x")), "KEY_MISSING");
    assert_eq!(reason(vault.look_up("mark", b"x")), "KEY_MISSING");
    assert_eq!(reason(other.process.job.step().await), "KEY_MISSING");
    assert_eq!(reason(write(&other.ledger).await), "KEY_MISSING");
    // To the end of the rotation and beyond.
    rig.later(10).await;
    while rig.process.job.step().await.unwrap() {}
    rig.later(30).await;
    while rig.process.job.step().await.unwrap() {}
    assert_eq!(rig.count(Purpose::BlindIndex, 1).await, 0);
    other.refused().await;
    assert_eq!(reason(vault.look_up("mark", b"x")), "KEY_MISSING");

    other.receive(&rig, Purpose::BlindIndex);
    other.process.keeper.refresh().await.unwrap();
    assert_eq!(
        vault.look_up("mark", b"x").unwrap(),
        rig.process.vault.look_up("mark", b"x").unwrap()
    );
    assert!(!other.process.job.step().await.unwrap());
    write(&other.ledger).await.unwrap();
}

#[tokio::test]
async fn another_key_under_the_number_is_as_good_as_none() {
    let rig = Rig::new().await;
    let other = Other::beside(&rig).await;
    let (minute, clock) = (Duration::from_secs(60), &*rig.books.clock);
    used(&rig, Purpose::BlindIndex).await;
    KeyRing::rotate(&other.dir, Purpose::BlindIndex, minute, clock, &SystemRandomness).unwrap();
    assert!(other.process.keeper.refresh().await.is_err());
    assert_eq!(reason(other.process.vault.look_up("mark", b"x")), "KEY_MISSING");
    assert_eq!(reason(write(&other.ledger).await), "KEY_MISSING");
    // A file that cannot be read does not hide that a key is missing.
    std::fs::remove_file(other.dir.join("vault.toml")).unwrap();
    assert!(other.refused().await.contains("blind_index.toml lacks version 2"));
    assert_eq!(reason(other.process.vault.look_up("mark", b"x")), "KEY_MISSING");
}

#[tokio::test]
async fn who_lacks_the_new_vault_key_seals_nothing() {
    let rig = Rig::new().await;
    let other = Other::beside(&rig).await;
    used(&rig, Purpose::Vault).await;
    assert_eq!(reason(write(&other.ledger).await), "KEY_MISSING");
    let sealed = rig.process.vault.seal(PLACE, b"x").unwrap();
    assert!(other.refused().await.contains("vault.toml lacks version 2"));
    assert_eq!(reason(other.process.vault.seal(PLACE, b"x")), "KEY_MISSING");
    assert_eq!(reason(other.process.vault.open(PLACE, &sealed)), "KEY_MISSING");
    other.receive(&rig, Purpose::Vault);
    other.process.keeper.refresh().await.unwrap();
    assert_eq!(other.process.vault.open(PLACE, &sealed).unwrap().as_slice(), b"x");
    other.process.vault.seal(PLACE, b"x").unwrap();
    write(&other.ledger).await.unwrap();
}

/// `REQUEST_ID_REUSED` would have the client send the same once more under a new id.
#[tokio::test]
async fn a_repeated_request_of_a_new_key_is_not_taken_for_another_one() {
    let rig = Rig::new().await;
    let other = Other::beside(&rig).await;
    used(&rig, Purpose::Idempotency).await;
    let id = Some(Uuid::from_u128(1));
    let Begun::Fresh(entry) = rig.books.ledger.begin(&intent(id, "a")).await.unwrap() else {
        panic!("a replay")
    };
    entry.commit(done("pets/1")).await.unwrap();
    let repeated = async |body| match other.ledger.begin(&intent(id, body)).await {
        Ok(Begun::Replay(done)) => Ok(done),
        Ok(Begun::Fresh(_)) => panic!("twice"),
        Err(fault) => Err(fault),
    };
    assert_eq!(reason(repeated("a").await), "KEY_MISSING");
    // Others are no harm: the older key is kept, so that they are recognised everywhere.
    write(&other.ledger).await.unwrap();
    assert!(other.refused().await.contains("idempotency.toml"));
    other.receive(&rig, Purpose::Idempotency);
    other.process.keeper.refresh().await.unwrap();
    assert_eq!(repeated("a").await.unwrap(), Done { record: "pets/1".into(), version: 1 });
    assert_eq!(reason(repeated("b").await), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn a_page_token_of_a_new_key_is_not_taken_for_a_wrong_one() {
    let rig = Rig::new().await;
    let other = Other::beside(&rig).await;
    used(&rig, Purpose::Page).await;
    let pager = |process: &Process| {
        Pager::new(Arc::clone(&process.ring), rig.books.ledger.ids().clone(), [1; 16])
    };
    let binding = Binding::new("m", "c", &scope(&["11"]), b"q");
    let place = Place { phase: 1, key: vec!["a".into()] };
    let token = pager(&rig.process).token(&binding, &place).unwrap();
    other.refused().await;
    assert_eq!(reason(pager(&other.process).place(&binding, &token)), "KEY_MISSING");
    assert_eq!(reason(pager(&other.process).place(&binding, "AAAA")), "PAGE_TOKEN_INVALID");
    let theirs = pager(&other.process).token(&binding, &place).unwrap();
    assert_eq!(pager(&rig.process).place(&binding, &theirs).unwrap(), Some(place.clone()));
    other.receive(&rig, Purpose::Page);
    other.process.keeper.refresh().await.unwrap();
    assert_eq!(pager(&other.process).place(&binding, &token).unwrap(), Some(place));
}

/// The ring learns of a version between the making of a value and its writing.
#[tokio::test]
async fn values_that_were_made_before_the_version_was_known_are_made_again() {
    let rig = Rig::new().await;
    let old = [rig.process.vault.blind_indexes("mark", b"x").unwrap()];
    let whole = async |which: Indexing| {
        let tx = rig.books.ledger.db().begin().await.unwrap();
        reason(which.is_whole(tx.conn()).await)
    };
    rig.rotate(Purpose::BlindIndex);
    rig.later(59).await;
    assert_eq!(whole(Indexing::removed(&old)).await, "none");
    rig.begun().await;
    // The job comes by what is added; who takes away must take all.
    assert_eq!(whole(Indexing::added(&old)).await, "none");
    assert_eq!(whole(Indexing::removed(&old)).await, "CONFLICT");
    rig.later(10).await;
    assert!(rig.process.job.step().await.unwrap());
    assert_eq!(whole(Indexing::added(&old)).await, "CONFLICT");
    let new = [rig.process.vault.blind_indexes("mark", b"x").unwrap()];
    assert_eq!((new[0].len(), whole(Indexing::added(&new)).await), (2, "none"));
    assert_eq!(whole(Indexing::removed(&new)).await, "none");
    assert_eq!(whole(Indexing::added(&[])).await, "none");
}
