// SPDX-License-Identifier: GPL-2.0-or-later

//! Payloads that scenarios send: small, and real enough for a dissector.

use anyhow::{Context as _, Result};

/// The name that content filters in the lab object to.
pub(super) const BLOCKED_NAME: &str = "blocked.example";

/// An ordinary request and its response.
pub(super) const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n";
pub(super) const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";
/// More of either, where the direction is all that matters.
pub(super) const MORE: &[u8] = b"more\n";

/// A TLS 1.2 record with the fatal alert `handshake_failure`.
pub(super) const HANDSHAKE_FAILURE: &[u8] = &[0x15, 3, 3, 0, 2, 2, 40];

/// An HTTP request for a host.
pub(super) fn http_request(host: &str) -> Vec<u8> {
    format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes()
}

/// A minimal TLS 1.2 ClientHello with a server name.
pub(super) fn client_hello(name: &str) -> Result<Vec<u8>> {
    let host_name = [&[0], sized_16(name.as_bytes())?.as_slice()].concat();
    let server_name = [&[0, 0], sized_16(&sized_16(&host_name)?)?.as_slice()].concat();
    let body = [
        [3, 3].as_slice(),
        &[0x52; 32],         // random
        &[0],                // no session id
        &[0, 2, 0xc0, 0x2f], // TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
        &[1, 0],             // no compression
        &sized_16(&server_name)?,
    ]
    .concat();
    record(1, &body)
}

/// A TLS 1.2 ClientHello as long as one with a post-quantum key: its name stands before or after
/// a key share of 1216 bytes (X25519MLKEM768) and a session ticket.
pub(super) fn large_client_hello(name: &str, name_first: bool) -> Result<Vec<u8>> {
    let host_name = [&[0], sized_16(name.as_bytes())?.as_slice()].concat();
    let server_name = [&[0, 0], sized_16(&sized_16(&host_name)?)?.as_slice()].concat();
    let share = [&[0x11, 0xec], sized_16(&[0x4b; 1216])?.as_slice()].concat();
    let key_share = [&[0, 51], sized_16(&sized_16(&share)?)?.as_slice()].concat();
    let ticket = [&[0, 35], sized_16(&[0x71; 400])?.as_slice()].concat();
    let mut extensions = vec![key_share, ticket];
    extensions.insert(if name_first { 0 } else { 2 }, server_name);
    let body = [
        [3, 3].as_slice(),
        &[0x52; 32],         // random
        &[0],                // no session id
        &[0, 2, 0xc0, 0x2f], // TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
        &[1, 0],             // no compression
        &sized_16(&extensions.concat())?,
    ]
    .concat();
    record(1, &body)
}

/// A minimal TLS 1.2 ServerHello.
pub(super) fn server_hello() -> Result<Vec<u8>> {
    let body = [
        [3, 3].as_slice(),
        &[0x53; 32],      // random
        &[0],             // no session id
        &[0xc0, 0x2f, 0], // TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, no compression
    ]
    .concat();
    record(2, &body)
}

/// A TLS record with one handshake message.
fn record(message: u8, body: &[u8]) -> Result<Vec<u8>> {
    let handshake = [[message, 0].as_slice(), &sized_16(body)?].concat();
    Ok([[0x16, 3, 1].as_slice(), &sized_16(&handshake)?].concat())
}

/// An nftables match for `text` at the place in `payload` where it stands.
pub(super) fn nft_match(payload: &[u8], text: &str) -> Result<String> {
    let offset = payload
        .windows(text.len())
        .position(|window| window == text.as_bytes())
        .context("the payload does not hold the text to match")?;
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("@ih,{},{} == 0x{hex}", offset * 8, text.len() * 8))
}

/// `bytes` behind their length.
fn sized_16(bytes: &[u8]) -> Result<Vec<u8>> {
    let length = u16::try_from(bytes.len()).context("too long for a 16-bit length")?;
    Ok([length.to_be_bytes().as_slice(), bytes].concat())
}

#[cfg(test)]
mod tests {
    use super::{client_hello, nft_match};

    #[test]
    fn client_hello_lengths_agree() {
        let hello = client_hello("blocked.example").unwrap();
        let record = usize::from(u16::from_be_bytes([hello[3], hello[4]]));
        assert_eq!(record, hello.len() - 5);
    }

    #[test]
    fn nft_match_counts_in_bits() {
        assert_eq!(nft_match(b"xxab", "ab").unwrap(), "@ih,16,16 == 0x6162");
    }
}
