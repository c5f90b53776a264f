//! Everything that a run emits or stores, and the planted numbers in it, in whatever form.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    future::Future,
    io::{Cursor, Read},
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
use unionhall_tests::client::reason;
use unionhall_tests::suite::Suite;
use zip::ZipArchive;

/// What begins every form: the fewest bytes that are looked for.
const HEAD: usize = 8;
/// Fewer digits alone may stand anywhere by chance.
const DIGITS: usize = 9;
/// Bytes before a find that are told of it.
const BEFORE: usize = 48;

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
            let mut parts = ZipArchive::new(Cursor::new(&bytes))?;
            for at in 0..parts.len() {
                let (mut part, mut unpacked) = (parts.by_index(at)?, Vec::new());
                part.read_to_end(&mut unpacked)?;
                self.emitted.push((from.to_owned(), unpacked));
            }
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
        let mut open = vec![folder.to_path_buf()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    open.push(path);
                } else if let Some(bytes) = bytes(&path)? {
                    self.keep(&path.display().to_string(), bytes);
                }
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
                let before = &bytes[place.saturating_sub(BEFORE)..place];
                let hidden = |c: char| if c.is_control() || c.is_ascii_digit() { '*' } else { c };
                let before: String = String::from_utf8_lossy(before).chars().map(hidden).collect();
                caught.entry((from, number, form)).or_insert(before);
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
    let swap = |c: char| {
        if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
    };
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let wide = |c: char| char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c);
    let listed = |mark| number.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(mark);
    let mut forms = vec![
        ("plain", number.as_bytes().to_vec()),
        ("in the other case", number.chars().map(swap).collect::<String>().into_bytes()),
        ("as hex", hex::encode(number).into_bytes()),
        ("as upper hex", hex::encode_upper(number).into_bytes()),
        ("in full width", number.chars().map(wide).collect::<String>().into_bytes()),
        ("as a list of bytes", listed(", ").into_bytes()),
        ("as a list of bytes in JSON", listed(",").into_bytes()),
        ("as UTF-16", number.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("as a bare hash", Sha256::digest(number).to_vec()),
        ("as a hash in hex", hex::encode(Sha256::digest(number)).into_bytes()),
    ];
    if digits.len() >= DIGITS {
        forms.push(("as digits", digits.clone().into_bytes()));
        for mark in [" ", "-"] {
            let parts = [&digits[..3], &digits[3..7], &digits[7..]].join(mark);
            forms.push(("as digits in groups", parts.into_bytes()));
        }
    }
    // Whatever stands before it, one of three alignments is there.
    for before in 0..3 {
        let form = base64(&[&vec![0; before], number.as_bytes()].concat());
        let form = form[(before * 8).div_ceil(6)..].to_vec();
        forms.push(("as base64", form));
    }
    let mut distinct: Vec<(&'static str, Vec<u8>)> = Vec::new();
    for form in forms {
        if distinct.iter().all(|(_, bytes)| *bytes != form.1) {
            distinct.push(form);
        }
    }
    distinct
}

/// Whole groups of six bits, as both alphabets of base64 write them.
fn base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |at: usize| (bytes[at / 8] >> (7 - at % 8)) & 1;
    let group = |at: usize| (0..6).fold(0_u8, |value, more| (value << 1) | bit(at * 6 + more));
    (0..bytes.len() * 8 / 6).map(|at| ALPHABET[usize::from(group(at))]).collect()
}

#[test]
fn every_form_is_caught() {
    assert_eq!(base64(b"Man"), b"TWFu");
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
