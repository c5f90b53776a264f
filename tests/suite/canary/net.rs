//! Everything that a run emits or stores, and the planted numbers in it, in whatever form.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    future::Future,
    path::Path,
};

use anyhow::{Context, Result, anyhow, ensure};
use prost::Message;
use sha2::{Digest, Sha256};
use sqlx::{Connection, PgConnection, Row};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tonic::{Response, Status};
use unionhall_finder::{forms, packed, places, told};
use unionhall_tests::client::reason;
use unionhall_tests::suite::Suite;

/// What begins every form: the fewest bytes that are looked for.
const HEAD: usize = 8;
/// Fewer digits alone may stand anywhere by chance.
const DIGITS: usize = 9;

/// Numbers that must nowhere be, and where everything is.
#[derive(Default)]
pub(super) struct Net {
    planted: Vec<String>,
    emitted: Vec<(String, Vec<u8>)>,
}

impl Net {
    /// Plants a number.
    pub(super) fn plant(&mut self, number: &str) -> String {
        self.planted.push(number.to_owned());
        number.to_owned()
    }

    /// Keeps something that left the suite.
    pub(super) fn keep(&mut self, from: &str, bytes: Vec<u8>) {
        self.emitted.push((from.to_owned(), bytes));
    }

    /// Keeps a spreadsheet, and each part of a workbook unpacked.
    pub(super) fn keep_sheet(&mut self, from: &str, bytes: Vec<u8>) -> Result<()> {
        if bytes.starts_with(b"PK") {
            let parts: Vec<_> = packed::parts(&bytes).collect();
            ensure!(!parts.is_empty(), "a workbook of which nothing can be unpacked");
            self.emitted.extend(parts.into_iter().map(|(_, part)| (from.to_owned(), part)));
        }
        self.keep(from, bytes);
        Ok(())
    }

    /// Waits for an answer and keeps it, or what the refusal says.
    async fn answered<A: Message>(
        &mut self,
        from: &str,
        answering: impl Future<Output = Result<Response<A>, Status>>,
    ) -> Result<A, Status> {
        match answering.await {
            Ok(response) => {
                let (metadata, message, _) = response.into_parts();
                self.keep(from, format!("{metadata:?}").into_bytes());
                self.keep(from, message.encode_to_vec());
                Ok(message)
            }
            Err(status) => {
                self.keep(from, format!("{status:?}").into_bytes());
                self.keep(from, status.message().as_bytes().to_vec());
                self.keep(from, status.details().to_vec());
                Err(status)
            }
        }
    }

    /// An answer, kept.
    pub(super) fn told<A: Message>(
        &mut self,
        from: &str,
        answering: impl Future<Output = Result<Response<A>, Status>>,
    ) -> impl Future<Output = Result<A>> {
        // Outside of the future, which is large with it.
        let answering = Box::pin(answering);
        async move {
            let answer = self.answered(from, answering).await;
            answer.map_err(|status| anyhow!("{from}: {status:?}"))
        }
    }

    /// Why something that has to be refused is refused, kept.
    pub(super) fn refused<A: Message>(
        &mut self,
        from: &str,
        answering: impl Future<Output = Result<Response<A>, Status>>,
    ) -> impl Future<Output = Result<String>> {
        let answering = Box::pin(answering);
        async move {
            let refusal = self.answered(from, answering).await.err();
            let refusal = refusal.with_context(|| format!("{from} was not refused"))?;
            Ok(reason(&refusal).unwrap_or_default())
        }
    }

    /// Keeps the logs of every process, what the admin port says, and every file and table.
    pub(super) async fn keep_stored(&mut self, suite: &Suite, admin: Option<&str>) -> Result<()> {
        for process in suite.processes() {
            let log = process.log()?;
            ensure!(!log.is_empty(), "a process logs nothing");
            self.keep("the log", log.into_bytes());
            self.keep("standard output", process.printed().join("\n").into_bytes());
        }
        if let Some(address) = admin {
            let scraped = scraped(address).await.context("the admin port")?;
            ensure!(scraped.len() > 1_000, "no metrics: {} bytes", scraped.len());
            self.keep("metrics", scraped);
        }
        self.keep_folder(suite.folder())?;
        match suite.database_url() {
            Some(url) => self.keep_tables(url).await,
            None => Ok(()),
        }
    }

    /// Keeps every file below a folder.
    pub(super) fn keep_folder(&mut self, folder: &Path) -> Result<()> {
        for path in places::files(folder, &[])? {
            if let Some(bytes) = bytes(&path)? {
                self.keep(&path.display().to_string(), bytes);
            }
        }
        Ok(())
    }

    async fn keep_tables(&mut self, url: &str) -> Result<()> {
        let mut conn = PgConnection::connect(url).await?;
        let tables = "SELECT table_schema, table_name FROM information_schema.tables
                      WHERE table_schema NOT IN ('pg_catalog', 'information_schema')";
        let tables = sqlx::query(tables).fetch_all(&mut conn).await?;
        ensure!(tables.len() > 20, "{} tables", tables.len());
        for table in tables {
            let (schema, name): (String, String) = (table.try_get(0)?, table.try_get(1)?);
            // The names come from the catalogue itself.
            let rows = format!("SELECT t::text FROM \"{schema}\".\"{name}\" t");
            let rows = sqlx::query(sqlx::AssertSqlSafe(rows)).fetch_all(&mut conn).await?;
            for row in rows {
                let text: String = row.try_get(0)?;
                self.keep(&format!("the table {name}"), text.into_bytes());
            }
        }
        Ok(())
    }

    /// Where planted numbers are, and what stands before them, without the numbers themselves.
    pub(super) fn caught(&self) -> Vec<String> {
        let forms = Forms::of(&self.planted);
        let mut caught = BTreeMap::new();
        for (from, bytes) in &self.emitted {
            for (place, number, form) in forms.within(bytes) {
                caught.entry((from, number, form)).or_insert_with(|| told(bytes, place));
            }
        }
        let tell = |((from, number, form), before): ((&String, usize, &str), String)| {
            format!("{from}: number {number} {form}, behind '{before}'")
        };
        caught.into_iter().map(tell).collect()
    }

    /// Where a text is.
    pub(super) fn places(&self, text: &str) -> Vec<&str> {
        let forms = Forms::of(&[text.to_owned()]);
        let holds = |bytes: &[u8]| !forms.within(bytes).is_empty();
        self.emitted.iter().filter(|(_, b)| holds(b)).map(|(from, _)| from.as_str()).collect()
    }
}

/// What a file holds; a socket or a file that just went is none.
fn bytes(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

async fn scraped(address: &str) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /metrics HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}

/// Every form of some numbers, found by how it begins.
struct Forms {
    /// The first two bytes of each, since nearly all that is looked at begins otherwise.
    pairs: Vec<bool>,
    heads: HashMap<[u8; HEAD], Vec<Form>>,
}

/// The place of a number among those planted, the name of a form of it, and its bytes.
type Form = (usize, &'static str, Vec<u8>);

impl Forms {
    fn of(numbers: &[String]) -> Self {
        let mut heads: HashMap<_, Vec<_>> = HashMap::new();
        let mut pairs = vec![false; 1 << 16];
        for (at, number) in numbers.iter().enumerate() {
            for (name, form) in forms_of(number) {
                let head = *form.first_chunk::<HEAD>().expect("a form is not that short");
                pairs[usize::from(u16::from_be_bytes([head[0], head[1]]))] = true;
                heads.entry(head).or_default().push((at, name, form));
            }
        }
        Self { pairs, heads }
    }

    /// Where which number is in which form.
    fn within(&self, bytes: &[u8]) -> Vec<(usize, usize, &'static str)> {
        let mut found = Vec::new();
        for from in 0..bytes.len().saturating_sub(HEAD - 1) {
            if !self.pairs[usize::from(u16::from_be_bytes([bytes[from], bytes[from + 1]]))] {
                continue;
            }
            let rest = &bytes[from..];
            let begun = rest.first_chunk::<HEAD>().and_then(|head| self.heads.get(head));
            let whole = begun.into_iter().flatten().filter(|(_, _, form)| rest.starts_with(form));
            found.extend(whole.map(|(at, name, _)| (from, *at, *name)));
        }
        found
    }
}

fn forms_of(number: &str) -> Vec<(&'static str, Vec<u8>)> {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let mut forms = forms::of(number);
    forms.push(("as a bare hash", Sha256::digest(number).to_vec()));
    forms.push(("as a hash in hex", hex::encode(Sha256::digest(number)).into_bytes()));
    if digits.len() >= DIGITS {
        if digits != number {
            forms.push(("as digits", digits.clone().into_bytes()));
        }
        for mark in [" ", "-"] {
            let parts = [&digits[..3], &digits[3..7], &digits[7..]].join(mark);
            forms.push(("as digits in groups", parts.into_bytes()));
        }
    }
    forms
}

#[test]
fn every_form_is_caught() {
    let mut net = Net::default();
    for number in ["110102188808080017", "E58213401"] {
        let number = net.plant(number);
        for (name, form) in forms_of(&number) {
            for before in ["", "x", "xy"] {
                net.emitted = vec![("here".into(), [before.as_bytes(), &form, b"!"].concat())];
                assert!(!net.caught().is_empty(), "{number} {name}");
            }
        }
    }
    // As somebody else would write it.
    for text in ["MTEwMTAyMTg4ODA4MDgwMDE3", "eDExMDEwMjE4ODgwODA4MDAxNw==", "110 1021 88808080017"]
    {
        net.emitted = vec![("here".into(), text.into())];
        assert!(!net.caught().is_empty(), "{text}");
    }
    net.emitted = vec![("here".into(), b"1***************17, 110102188808080018".to_vec())];
    assert_eq!(net.caught(), [""; 0]);
}
