// SPDX-License-Identifier: GPL-2.0-or-later

//! Just enough of what is inside a segment: a ClientHello's SNI, an HTTP
//! request's Host, a TLS alert.
//!
//! Only the first bytes are looked at, and only to say what an RST reacted to.
//! What is malformed is data like any other.

/// Longest name that is kept, in bytes: a DNS name has at most 253 (RFC 1035 §2.3.4).
pub const MAX_NAME_LENGTH: usize = 253;

/// A server's name as the client asked for it: printable ASCII, stored inline.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ServerName {
    length: u8,
    bytes: [u8; MAX_NAME_LENGTH],
}

impl ServerName {
    /// The name in these bytes; `None` if it is empty, too long or no plain text.
    #[must_use]
    pub fn new(name: &[u8]) -> Option<Self> {
        if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        let mut bytes = [0; MAX_NAME_LENGTH];
        bytes.get_mut(..name.len())?.copy_from_slice(name);
        let length = u8::try_from(name.len()).ok()?;
        Some(Self { length, bytes })
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.bytes
            .get(..self.length.into())
            .and_then(|name| std::str::from_utf8(name).ok())
            .unwrap_or_default()
    }
}

impl std::fmt::Debug for ServerName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_str().fmt(f)
    }
}

/// What the first bytes of a payload are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// Nothing that is known here.
    #[default]
    Other,
    /// A TLS handshake record with a ClientHello (RFC 8446 §4.1.2).
    TlsClientHello,
    /// A fatal TLS alert in clear (RFC 8446 §6).
    TlsAlert,
    /// An HTTP/1 request line (RFC 9112 §3).
    HttpRequest,
}

const TLS_ALERT: u8 = 21;
const TLS_HANDSHAKE: u8 = 22;
const TLS_MAJOR: u8 = 3;
const CLIENT_HELLO: u8 = 1;
const ALERT_LEVEL_FATAL: u8 = 2;
/// Content type, version, length (RFC 8446 §5.1).
const RECORD_HEADER: usize = 5;
const EXTENSION_SERVER_NAME: u16 = 0;
const NAME_TYPE_HOST: u8 = 0;
/// RFC 9110 §9.3 and RFC 5789.
const METHODS: [&[u8]; 9] = [
    b"GET ",
    b"POST ",
    b"HEAD ",
    b"PUT ",
    b"DELETE ",
    b"OPTIONS ",
    b"PATCH ",
    b"CONNECT ",
    b"TRACE ",
];

impl Content {
    /// Looks at a payload's first bytes; costs a comparison for most segments.
    #[must_use]
    pub fn of(payload: &[u8]) -> Self {
        match payload {
            [TLS_HANDSHAKE, TLS_MAJOR, _, _, _, CLIENT_HELLO, ..] => Self::TlsClientHello,
            // A clear-text alert record holds exactly a level and a description.
            [TLS_ALERT, TLS_MAJOR, _, 0, 2, ALERT_LEVEL_FATAL, _, ..] => Self::TlsAlert,
            [b'C' | b'D' | b'G' | b'H' | b'O' | b'P' | b'T', ..]
                if METHODS.iter().any(|method| payload.starts_with(method)) =>
            {
                Self::HttpRequest
            }
            _ => Self::Other,
        }
    }

    /// The server that this payload asks for, where its bytes say so.
    #[must_use]
    pub fn server_name(self, payload: &[u8]) -> Option<ServerName> {
        match self {
            Self::TlsClientHello => sni(payload),
            Self::HttpRequest => host(payload),
            Self::TlsAlert | Self::Other => None,
        }
    }
}

/// A cursor that ends in `None` instead of an error.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(count)?;
        self.0 = tail;
        Some(head)
    }

    fn u8(&mut self) -> Option<u8> {
        let (&first, tail) = self.0.split_first()?;
        self.0 = tail;
        Some(first)
    }

    fn u16(&mut self) -> Option<u16> {
        let (&bytes, tail) = self.0.split_first_chunk()?;
        self.0 = tail;
        Some(u16::from_be_bytes(bytes))
    }

    /// What follows a length of two bytes; what is missing at the end is let go,
    /// because the segment may hold only a part.
    fn vector16(&mut self) -> Option<Self> {
        let length = usize::from(self.u16()?).min(self.0.len());
        self.take(length).map(Reader)
    }
}

/// The host_name of the server_name extension (RFC 6066 §3).
fn sni(payload: &[u8]) -> Option<ServerName> {
    let mut hello = Reader(payload.get(RECORD_HEADER..)?);
    // Message type and length, version, random.
    hello.take(1 + 3 + 2 + 32)?;
    let session_id = hello.u8()?;
    hello.take(session_id.into())?;
    let ciphers = hello.u16()?;
    hello.take(ciphers.into())?;
    let compressions = hello.u8()?;
    hello.take(compressions.into())?;
    let mut extensions = hello.vector16()?;
    loop {
        let kind = extensions.u16()?;
        let mut body = extensions.vector16()?;
        if kind == EXTENSION_SERVER_NAME {
            let mut list = body.vector16()?;
            if list.u8()? != NAME_TYPE_HOST {
                return None;
            }
            let length = list.u16()?;
            return ServerName::new(list.take(length.into())?);
        }
    }
}

/// The Host field of a request (RFC 9110 §7.2).
fn host(payload: &[u8]) -> Option<ServerName> {
    payload
        .split(|byte| *byte == b'\n')
        .skip(1)
        .map(<[u8]>::trim_ascii)
        .take_while(|line| !line.is_empty())
        .find_map(|line| {
            let (name, value) = line.split_at_checked(5)?;
            name.eq_ignore_ascii_case(b"host:")
                .then(|| ServerName::new(value.trim_ascii()))
        })
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ClientHello with one cipher suite and these extensions.
    fn client_hello(extensions: &[u8]) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([0; 32]);
        body.push(0);
        body.extend([0, 2, 0x13, 0x01, 1, 0]);
        body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
        body.extend(extensions);
        let mut record = vec![22, 3, 1];
        let length = u16::try_from(body.len() + 4).unwrap();
        record.extend(length.to_be_bytes());
        record.extend([1, 0]);
        record.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
        record.extend(body);
        record
    }

    fn server_name_extension(name: &str) -> Vec<u8> {
        let length = u16::try_from(name.len()).unwrap();
        let mut extension = vec![0, 0];
        extension.extend((length + 5).to_be_bytes());
        extension.extend((length + 3).to_be_bytes());
        extension.push(0);
        extension.extend(length.to_be_bytes());
        extension.extend(name.as_bytes());
        extension
    }

    fn name_in(payload: &[u8]) -> Option<String> {
        Content::of(payload)
            .server_name(payload)
            .map(|name| name.as_str().to_owned())
    }

    #[test]
    fn client_hello_tells_its_server_name() {
        let mut extensions = vec![0, 10, 0, 4, 0, 2, 0, 29];
        extensions.extend(server_name_extension("blocked.example"));
        let hello = client_hello(&extensions);
        assert_eq!(Content::of(&hello), Content::TlsClientHello);
        assert_eq!(name_in(&hello).as_deref(), Some("blocked.example"));
    }

    #[test]
    fn every_cut_of_a_client_hello_is_read_without_a_name() {
        let hello = client_hello(&server_name_extension("blocked.example"));
        for length in 0..hello.len() {
            assert_eq!(name_in(&hello[..length]), None, "cut at {length}");
        }
    }

    #[test]
    fn names_that_are_no_plain_text_are_left_out() {
        assert_eq!(name_in(&client_hello(&server_name_extension("a b"))), None);
        let long = "a".repeat(MAX_NAME_LENGTH + 1);
        assert_eq!(name_in(&client_hello(&server_name_extension(&long))), None);
    }

    #[test]
    fn http_request_tells_its_host() {
        let request = b"GET / HTTP/1.1\r\nAccept: */*\r\nhOST:  blocked.example:80 \r\n\r\n";
        assert_eq!(Content::of(request), Content::HttpRequest);
        assert_eq!(name_in(request).as_deref(), Some("blocked.example:80"));
    }

    #[test]
    fn host_in_the_body_is_no_host() {
        assert_eq!(name_in(b"POST / HTTP/1.0\r\n\r\nHost: other\r\n"), None);
    }

    #[test]
    fn fatal_alert_and_nothing_else_is_an_alert() {
        assert_eq!(Content::of(&[21, 3, 3, 0, 2, 2, 40]), Content::TlsAlert);
        assert_eq!(Content::of(&[21, 3, 3, 0, 2, 1, 0]), Content::Other);
        assert_eq!(Content::of(&[21, 3, 3, 0, 26, 2, 40]), Content::Other);
        assert_eq!(Content::of(b"GETTING"), Content::Other);
        assert_eq!(Content::of(&[]), Content::Other);
    }
}
