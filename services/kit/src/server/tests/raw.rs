//! A peer that writes HTTP/2 frames by hand and keeps to no limit.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::house::{SERVICE, within};

pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
pub(super) const GOAWAY: u8 = 7;

/// The header block is complete, the body is not.
const END_HEADERS: u8 = 4;

#[derive(Debug)]
pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) payload: Vec<u8>,
}

impl Frame {
    /// The error code of a reset or a good-bye.
    pub(super) fn error(&self) -> u32 {
        let at = if self.kind == GOAWAY { 4 } else { 0 };
        u32::from_be_bytes(self.payload[at..at + 4].try_into().unwrap())
    }
}

pub(super) struct Attacker {
    pub(super) reader: OwnedReadHalf,
    pub(super) writer: OwnedWriteHalf,
}

impl Attacker {
    pub(super) async fn connect(address: SocketAddr) -> Self {
        let (reader, mut writer) = TcpStream::connect(address).await.unwrap().into_split();
        writer.write_all(PREFACE).await.unwrap();
        writer.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
        Self { reader, writer }
    }

    /// The server has taken up the connection.
    pub(super) async fn settings_seen(&mut self) {
        while self.next().await.unwrap().kind != SETTINGS {}
    }

    /// The next frame, none at the end.
    pub(super) async fn next(&mut self) -> Option<Frame> {
        within(read(&mut self.reader)).await
    }
}

pub(super) async fn read(reader: &mut OwnedReadHalf) -> Option<Frame> {
    let mut head = [0; 9];
    reader.read_exact(&mut head).await.ok()?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; length as usize];
    reader.read_exact(&mut payload).await.ok()?;
    Some(Frame { kind: head[3], payload })
}

/// Opens a stream and leaves it open.
pub(super) fn open_stream(id: u32, method: &str) -> Vec<u8> {
    let path = format!("/{SERVICE}/{method}");
    // HPACK: the static entries ":method: POST" and ":scheme: http", then ":path" and
    // ":authority" as literals without indexing.
    let mut block = vec![0x83, 0x86, 0x04, u8::try_from(path.len()).unwrap()];
    block.extend(path.as_bytes());
    block.extend([0x01, 1, b't']);
    frame(HEADERS, END_HEADERS, id, &block)
}

/// Resets a stream.
pub(super) fn reset(id: u32, error: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, id, &error.to_be_bytes())
}

/// Some bytes on a stream; whether they are the last.
pub(super) fn data(id: u32, last: bool) -> Vec<u8> {
    frame(DATA, u8::from(last), id, b"bytes")
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}
