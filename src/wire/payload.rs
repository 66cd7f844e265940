// SPDX-License-Identifier: GPL-2.0-or-later

//! Just enough of what is inside a segment: a ClientHello's SNI, an HTTP
//! request's Host, a TLS alert.
//!
//! Only the first bytes are looked at, and only to say what an RST reacted to.
//! What is malformed is data like any other: a head that is cut, or that no server
//! would take, still names its host to a filter, so httparse is too strict here.

use serde::{Deserialize, Serialize};

/// Longest name that is kept, in bytes: a DNS name has at most 253 (RFC 1035 §2.3.4).
pub(crate) const MAX_NAME_LENGTH: usize = 253;

/// A server's name as the client asked for it: printable ASCII, stored inline.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct ServerName {
    length: u8,
    bytes: [u8; MAX_NAME_LENGTH],
}

impl ServerName {
    /// The name in these bytes; `None` if it is empty, too long or no plain text.
    #[must_use]
    pub(crate) fn new(name: &[u8]) -> Option<Self> {
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
    pub(crate) fn as_str(&self) -> &str {
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Content {
    /// Nothing that is known here.
    #[default]
    Other,
    /// A TLS handshake record with a ClientHello (RFC 8446 §4.1.2).
    TlsClientHello,
    /// A fatal TLS alert in clear (RFC 8446 §6).
    TlsAlert,
    /// An HTTP/1 request line (RFC 9112 §3).
    HttpRequest,
    /// An HTTP/1 status line (RFC 9112 §4).
    HttpResponse,
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
    pub(crate) fn of(payload: &[u8]) -> Self {
        match payload {
            [TLS_HANDSHAKE, TLS_MAJOR, _, _, _, CLIENT_HELLO, ..] => Self::TlsClientHello,
            // A clear-text alert record holds exactly a level and a description.
            [TLS_ALERT, TLS_MAJOR, _, 0, 2, ALERT_LEVEL_FATAL, _, ..] => Self::TlsAlert,
            [b'H', b'T', b'T', b'P', b'/', b'1', b'.', ..] => Self::HttpResponse,
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
    pub(crate) fn server_name(self, payload: &[u8]) -> Option<ServerName> {
        match self {
            Self::TlsClientHello => sni(payload),
            Self::HttpRequest => host(payload),
            Self::HttpResponse | Self::TlsAlert | Self::Other => None,
        }
    }

    /// Whether a request that begins with these bytes ends within them.
    #[must_use]
    pub(crate) fn is_whole(self, bytes: &[u8]) -> bool {
        match (self, bytes) {
            (Self::TlsClientHello, [_, _, _, l1, l0, rest @ ..]) => {
                rest.len() >= usize::from(u16::from_be_bytes([*l1, *l0]))
            }
            (Self::HttpRequest, _) => head_length(bytes).is_some(),
            _ => true,
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
    // A line without its end may be cut in the middle of the name.
    let end = payload.iter().rposition(|byte| *byte == b'\n')?;
    ServerName::new(header(payload.get(..=end)?, b"host:")?)
}

/// The value of a header field; `name` in lower case, with its colon.
fn header<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    head.split(|byte| *byte == b'\n')
        .skip(1)
        .map(<[u8]>::trim_ascii)
        .take_while(|line| !line.is_empty())
        .find_map(|line| {
            let (found, value) = line.split_at_checked(name.len())?;
            found.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
        })
}

/// Bytes of the header section, with the empty line that ends it.
fn head_length(bytes: &[u8]) -> Option<usize> {
    let end = |mark: &[u8]| {
        let found = bytes
            .windows(mark.len())
            .position(|window| window == mark)?;
        Some(found + mark.len())
    };
    end(b"\r\n\r\n").or_else(|| end(b"\n\n"))
}

/// Whether the response to this request has no body, whatever it says of its
/// length (RFC 9110 §9.3.2).
#[must_use]
pub(crate) fn expects_no_body(request: &[u8]) -> bool {
    request.starts_with(b"HEAD ")
}

/// Bytes of the HTTP/1 response that begins with these, header section included,
/// where it says so: by Content-Length, and not another way (RFC 9112 §6.3).
#[must_use]
pub(crate) fn response_length(bytes: &[u8]) -> Option<u32> {
    let status = bytes.get(b"HTTP/1.1 ".len()..)?.first_chunk::<3>()?;
    if status.starts_with(b"1") || status == b"204" || status == b"304" {
        return None;
    }
    let mut length = None;
    let mut rest = bytes;
    loop {
        let (line, next) = rest.split_at(rest.iter().position(|byte| *byte == b'\n')? + 1);
        rest = next;
        match line {
            [b'\n'] | [b'\r', b'\n'] => break,
            [b'C' | b'c', ..] => length = value(line, b"content-length:").or(length),
            [b'T' | b't', ..] if value(line, b"transfer-encoding:").is_some() => return None,
            _ => {}
        }
    }
    let head = u32::try_from(bytes.len() - rest.len()).ok()?;
    let body: u32 = std::str::from_utf8(length?).ok()?.parse().ok()?;
    head.checked_add(body)
}

/// The value in a line, if it is of this field; `name` in lower case, with its colon.
fn value<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (found, value) = line.split_at_checked(name.len())?;
    found.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
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
    fn requests_over_several_segments() {
        let hello = client_hello(&[]);
        assert!(Content::TlsClientHello.is_whole(&hello));
        assert!(!Content::TlsClientHello.is_whole(hello.get(..hello.len() - 1).unwrap()));
        let request = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
        let cut = |length| request.get(..length).unwrap();
        assert!(Content::HttpRequest.is_whole(request));
        assert!(!Content::HttpRequest.is_whole(cut(request.len() - 1)));
        // Cut in the middle of the name there is none yet.
        assert_eq!(Content::HttpRequest.server_name(cut(24)), None);
        assert!(Content::HttpRequest.server_name(cut(33)).is_some());
    }

    #[test]
    fn length_of_a_response() {
        let response =
            |head: &str| response_length(format!("HTTP/1.1 {head}\r\n\r\nab").as_bytes());
        assert_eq!(response("200 OK\r\nContent-Length: 10"), Some(49));
        assert_eq!(response("200 OK"), None);
        assert_eq!(response("304 Not Modified\r\nContent-Length: 10"), None);
        assert_eq!(
            response("200 OK\r\nContent-Length: 10\r\nTransfer-Encoding: chunked"),
            None
        );
        assert_eq!(response("200 OK\r\nContent-Length: 99999999999"), None);
        assert_eq!(
            response_length(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n"),
            None
        );
        assert!(expects_no_body(b"HEAD / HTTP/1.1"));
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
