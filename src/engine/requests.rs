// SPDX-License-Identifier: GPL-2.0-or-later

//! What clients ask for, over as many segments as it takes, and how much of the
//! response has come.

use std::num::NonZeroUsize;

use lru::LruCache;

use crate::{
    conversation::{Conversation, Key, Side},
    wire::{Content, Segment, SeqNumber, ServerName, expects_no_body, response_length},
};

/// Bytes of a request that are looked at: a ClientHello with a post-quantum key
/// share takes about 1,800, and HTTP servers take 8 KiB of headers, of which Host
/// comes early (RFC 9110 §7.2).
const LONGEST_REQUEST: usize = 4096;

/// The server that the client last asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) name: ServerName,
    /// It had asked for the same one before.
    pub(super) repeated: bool,
}

/// A request of which more is to come.
#[derive(Debug)]
struct Partial {
    content: Content,
    bytes: Vec<u8>,
    next: SeqNumber,
}

/// A response by HTTP/1.
#[derive(Clone, Copy, Debug)]
enum Response {
    /// The request wants none of the body that the response will tell of.
    WithoutBody,
    /// So much of the stream belongs to it.
    Until(SeqNumber),
}

/// The requests of all conversations; of too many the longest unused goes first.
#[derive(Debug)]
pub(super) struct Requests {
    names: LruCache<Key, Asked>,
    partial: LruCache<Key, Partial>,
    responses: LruCache<Key, Response>,
}

impl Requests {
    /// None yet; `most` conversations whose requests and responses are remembered, and
    /// `most_partial` requests that are put together at a time.
    pub(super) fn new(most: NonZeroUsize, most_partial: NonZeroUsize) -> Self {
        Self {
            names: LruCache::new(most),
            partial: LruCache::new(most_partial),
            responses: LruCache::new(most),
        }
    }

    /// Takes a segment that is, or goes on with, a request or a response.
    pub(super) fn learn(
        &mut self,
        conversation: &mut Conversation,
        segment: &Segment<'_>,
        (key, side): (Key, Side),
        content: Content,
    ) {
        match content {
            Content::TlsClientHello | Content::HttpRequest => {
                let more = self.learn_request(segment, key, content);
                conversation.note_partial_request(side, more.then_some(content));
            }
            Content::HttpResponse => self.learn_response(segment, key),
            Content::TlsAlert | Content::Other => {}
        }
    }

    /// Whether more of the request is to come that may hold the name.
    fn learn_request(&mut self, segment: &Segment<'_>, key: Key, content: Content) -> bool {
        self.responses.pop(&key);
        let begun = self
            .partial
            .pop(&key)
            .filter(|begun| begun.next == segment.seq && begun.content == content);
        let mut bytes = begun.map(|begun| begun.bytes).unwrap_or_default();
        let room = LONGEST_REQUEST.saturating_sub(bytes.len());
        bytes.extend(segment.payload.iter().take(room));
        if expects_no_body(&bytes) {
            self.responses.put(key, Response::WithoutBody);
        }
        if let Some(name) = content.server_name(&bytes) {
            let before = self.names.peek(&key).map(|asked| asked.name);
            let repeated = before == Some(name);
            self.names.put(key, Asked { name, repeated });
            return false;
        }
        if content.is_whole(&bytes) || bytes.len() >= LONGEST_REQUEST {
            return false;
        }
        let next = segment.end();
        self.partial.put(
            key,
            Partial {
                content,
                bytes,
                next,
            },
        );
        true
    }

    fn learn_response(&mut self, segment: &Segment<'_>, key: Key) {
        if matches!(self.responses.peek(&key), Some(Response::WithoutBody)) {
            return;
        }
        if let Some(length) = response_length(segment.payload) {
            let end = segment.seq.offset(length);
            self.responses.put(key, Response::Until(end));
        }
    }

    /// What the client of this conversation last asked for.
    pub(super) fn asked(&self, key: &Key) -> Option<&Asked> {
        self.names.peek(key)
    }

    /// Where the last response ends, if that is known.
    pub(super) fn response_end(&self, key: &Key) -> Option<SeqNumber> {
        match self.responses.peek(key)? {
            Response::WithoutBody => None,
            Response::Until(end) => Some(*end),
        }
    }

    /// Another life of the conversation begins.
    pub(super) fn forget(&mut self, key: &Key) {
        self.names.pop(key);
        self.partial.pop(key);
        self.responses.pop(key);
    }
}
