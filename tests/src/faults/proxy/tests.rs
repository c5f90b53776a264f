use super::*;
use crate::patience::within;

/// A server that returns what it gets.
async fn echo() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                tokio::io::copy(&mut from, &mut to).await
            });
        }
    });
    Ok(address)
}

async fn round_trip(stream: &mut TcpStream, text: &[u8]) -> Result<()> {
    stream.write_all(text).await?;
    let mut back = vec![0; text.len()];
    within("the echo", stream.read_exact(&mut back)).await??;
    anyhow::ensure!(back == text);
    Ok(())
}

#[tokio::test]
async fn carries_both_ways_and_closes_with_its_ends() -> Result<()> {
    let proxy = Proxy::start(echo().await?).await?;
    let mut stream = TcpStream::connect(proxy.address()).await?;
    let long: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
    stream.write_all(&long).await?;
    stream.shutdown().await?;
    let mut back = Vec::new();
    within("the end", stream.read_to_end(&mut back)).await??;
    assert_eq!(back, long);
    Ok(())
}

#[tokio::test]
async fn a_cut_ends_old_connections_and_refuses_new_ones() -> Result<()> {
    let proxy = Proxy::start(echo().await?).await?;
    let mut old = TcpStream::connect(proxy.address()).await?;
    round_trip(&mut old, b"before").await?;
    proxy.cut();
    assert!(round_trip(&mut old, b"after").await.is_err());
    let mut new = TcpStream::connect(proxy.address()).await?;
    assert!(round_trip(&mut new, b"refused").await.is_err());
    proxy.heal();
    let mut healed = TcpStream::connect(proxy.address()).await?;
    round_trip(&mut healed, b"healed").await
}

#[tokio::test]
async fn a_held_link_delivers_once_it_is_healed() -> Result<()> {
    let proxy = Proxy::start(echo().await?).await?;
    let mut stream = TcpStream::connect(proxy.address()).await?;
    round_trip(&mut stream, b"before").await?;
    proxy.hold();
    stream.write_all(b"held").await?;
    let mut back = [0; 4];
    let early = tokio::time::timeout(Duration::from_millis(50), stream.read(&mut back)).await;
    assert!(early.is_err(), "a held link let something through");
    proxy.heal();
    within("the held bytes", stream.read_exact(&mut back)).await??;
    assert_eq!(&back, b"held");
    Ok(())
}

#[tokio::test]
async fn a_new_target_gets_the_next_connection() -> Result<()> {
    let gone = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let proxy = Proxy::start(gone).await?;
    let mut lost = TcpStream::connect(proxy.address()).await?;
    assert!(round_trip(&mut lost, b"nobody").await.is_err());
    proxy.retarget(echo().await?);
    let mut found = TcpStream::connect(proxy.address()).await?;
    round_trip(&mut found, b"somebody").await
}

#[tokio::test]
async fn a_slow_or_late_link_takes_its_time() -> Result<()> {
    let proxy = Proxy::start(echo().await?).await?;
    let mut stream = TcpStream::connect(proxy.address()).await?;
    round_trip(&mut stream, b"fast").await?;

    // Only lower bounds: a busy machine may take longer, never less.
    proxy.delay(Duration::from_millis(20));
    let began = Instant::now();
    round_trip(&mut stream, b"late").await?;
    assert!(began.elapsed() >= Duration::from_millis(40));

    proxy.heal();
    proxy.slow(100_000);
    let began = Instant::now();
    round_trip(&mut stream, &[7; 5_000]).await?;
    assert!(began.elapsed() >= Duration::from_millis(100));
    Ok(())
}

#[test]
fn transfer_time_is_exact_and_never_overflows() {
    assert_eq!(transfer_time(500, 1_000), Duration::from_millis(500));
    assert!(transfer_time(usize::MAX, 1) > Duration::from_secs(1));
}
