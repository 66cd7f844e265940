// SPDX-License-Identifier: GPL-2.0-or-later

//! Segments that an address translation left as they were: an RST whose own
//! conversation the capture does not know, with the numbers of one that it does.
//!
//! A client's socket, and a client's port with its server, lead to the conversation that
//! began there last. Two sockets of one hash share a place, so that a capture of many
//! clients may miss one; the numbers see to it that none is found by mistake.

use std::hash::{BuildHasher, Hash};

use rustc_hash::FxBuildHasher;

use crate::{
    case::{Translation, Untranslated},
    conversation::{Key, Table},
    mutation::limit,
    wire::{FrameNumber, Segment, SeqNumber, Socket},
};

/// Places of each of the two kinds: 2.2 MiB for both.
const PLACES: usize = 1 << 14;

/// Bytes between the number of the RST and where the conversation stands: a window
/// without scaling (RFC 9293 §3.1). By chance one number in 65,536 is as near.
const NEAR: u32 = 65_535;

/// One connection as its client opened it.
#[derive(Clone, Copy, Debug)]
struct Opened {
    client: Socket,
    server: Socket,
    /// Where the client showed itself for the first time.
    began: FrameNumber,
    /// The client's RST to another address than the server's, with this connection's
    /// numbers, and that address.
    lost: Option<(FrameNumber, Socket)>,
}

/// The connections that were opened last.
#[derive(Debug)]
pub(super) struct Translations {
    by_client: Box<[Option<Opened>]>,
    /// By the server's socket and the client's port.
    by_server: Box<[Option<Opened>]>,
}

impl Default for Translations {
    fn default() -> Self {
        Self {
            by_client: vec![None; PLACES].into(),
            by_server: vec![None; PLACES].into(),
        }
    }
}

/// Where what is looked up by `what` has its place.
fn place(what: impl Hash) -> usize {
    // The upper bits of this hash are the better ones.
    let hash = FxBuildHasher.hash_one(what) >> 40;
    usize::try_from(hash).unwrap_or_default() % PLACES
}

impl Translations {
    /// A client shows itself for the first time in its conversation.
    pub(super) fn opens(&mut self, client: Socket, server: Socket, began: FrameNumber) {
        let opened = Some(Opened {
            client,
            server,
            began,
            lost: None,
        });
        if let Some(entry) = self.by_client.get_mut(place(client)) {
            *entry = opened;
        }
        if let Some(entry) = self.by_server.get_mut(place((server, client.port))) {
            *entry = opened;
        }
    }

    fn of_client(&self, client: Socket) -> Option<&Opened> {
        let opened = self.by_client.get(place(client))?.as_ref()?;
        (opened.client == client).then_some(opened)
    }

    fn of_server(&self, server: Socket, port: u16) -> Option<&Opened> {
        let opened = self.by_server.get(place((server, port)))?.as_ref()?;
        (opened.server == server && opened.client.port == port).then_some(opened)
    }

    /// What an RST has to do with a translation whose conversation began without a
    /// handshake, as far as the capture knows it.
    pub(super) fn stray(&mut self, reset: &Segment<'_>, table: &Table) -> Option<Translation> {
        let (from, to) = (reset.source, reset.destination);
        if let Some(opened) = self.of_client(from).filter(|opened| opened.server != to)
            && stands_at(reset.seq, *opened, opened.client, table)
        {
            let (asked, began) = (opened.server, opened.began);
            if let Some(Some(opened)) = self.by_client.get_mut(place(from)) {
                opened.lost = Some((reset.frame, to));
            }
            return Some(Translation {
                what: Untranslated::Answered,
                other: asked,
                began,
                frame: None,
            });
        }
        let servers = self
            .of_client(to)
            .filter(|opened| opened.server != from)
            .map(|opened| (opened, opened.server));
        let clients = self
            .of_server(to, from.port)
            .filter(|opened| opened.client != from)
            .map(|opened| (opened, opened.client));
        let (opened, other) = [servers, clients]
            .into_iter()
            .flatten()
            .find(|(opened, sender)| stands_at(reset.seq, **opened, *sender, table))?;
        Some(Translation {
            what: Untranslated::Reset,
            other,
            began: opened.began,
            frame: None,
        })
    }

    /// What an RST in the server's name has to do with a translation that lost a segment
    /// of its conversation.
    pub(super) fn after(&self, reset: &Segment<'_>) -> Option<Translation> {
        let opened = self.of_client(reset.destination)?;
        let (frame, other) = opened.lost.filter(|_| opened.server == reset.source)?;
        Some(Translation {
            what: Untranslated::Before,
            other,
            began: opened.began,
            frame: Some(frame),
        })
    }
}

/// Whether `sender` in that conversation stands at this number, or shortly before.
fn stands_at(seq: SeqNumber, opened: Opened, sender: Socket, table: &Table) -> bool {
    let (key, client) = Key::between(opened.client, opened.server);
    let side = if sender == opened.client {
        client
    } else {
        client.peer()
    };
    let end = table.peek(&key).map(|known| known.endpoint(side));
    end.filter(|end| end.has_seq())
        .and_then(|end| u32::try_from(end.snd_nxt.distance(seq)).ok())
        .is_some_and(|behind| behind <= limit!(NEAR))
}
