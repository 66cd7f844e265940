// SPDX-License-Identifier: GPL-2.0-or-later

//! Names that others have given to how a connection ends: Zeek's `conn_state`
//! and the signatures of "Global, Passive Detection of Connection Tampering"
//! (SIGCOMM 2023, Table 1). Labels, not verdicts.

use std::ffi::CStr;

use crate::{
    case::{Case, Signature},
    conversation::{Endpoint, Phase, Role},
    mutation::limit,
    wire::{SeqNumber, TcpFlags},
};

/// Both sides by their roles.
fn client_and_server(case: &Case) -> Option<(&Endpoint, &Endpoint)> {
    Some(match case.role? {
        Role::Client => (&case.sender, &case.receiver),
        Role::Server => (&case.receiver, &case.sender),
    })
}

/// Zeek's name for the end (scripts/base/protocols/conn/main.zeek): who reset is told by
/// the first RST. A FIN before it changes nothing, but after the FINs of both sides the
/// connection has ended normally, whatever RST follows
/// (`TCP_Analyzer::UpdateClosedState`).
pub(super) fn conn_state(case: &Case) -> Option<&'static CStr> {
    let (client, server) = client_and_server(case)?;
    let ended = matches!(case.phase, Phase::Reset | Phase::Closed)
        || (client.fin() && server.fin())
        || (case.phase == Phase::Unknown && case.history_evicted);
    if ended || !(client.has_seq() || server.has_seq()) {
        return None;
    }
    Some(match case.role? {
        Role::Server if !client.has_seq() => c"RSTRH",
        Role::Server if client.syn() && case.phase == Phase::Syn => c"REJ",
        Role::Server => c"RSTR",
        Role::Client if !server.has_seq() && server.strange.is_none() => c"RSTOS0",
        Role::Client => c"RSTO",
    })
}

/// One RST of a run, as far as the signatures look at it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunMember {
    /// Flags.
    pub(crate) flags: TcpFlags,
    /// Acknowledgement number.
    pub(crate) ack: SeqNumber,
}

/// How far the conversation had come, as the signatures count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Syn,
    Ack,
    Push,
    Data,
}

/// The signatures look at the client's first ten packets.
const PACKETS_LOOKED_AT: u8 = 10;

fn stage(case: &Case) -> Option<Stage> {
    let (client, _) = client_and_server(case)?;
    if !client.syn() || client.segments > limit!(PACKETS_LOOKED_AT) {
        return None;
    }
    match case.phase {
        // The SYN-ACK is the server's own and not looked at.
        Phase::Syn | Phase::Handshake => Some(Stage::Syn),
        Phase::Established => Some(Stage::Ack),
        Phase::Request | Phase::Data => Some(match client.data_segments {
            0 => Stage::Ack,
            1 => Stage::Push,
            _ => Stage::Data,
        }),
        Phase::Closing | Phase::Closed | Phase::Reset | Phase::Unknown => None,
    }
}

/// The signature of a run of RSTs in one side's name; `first` is the case of the
/// run's first.
pub(crate) fn signature(first: &Case, run: &[RunMember]) -> Option<Signature> {
    let bare: Vec<&RunMember> = run.iter().filter(|member| !member.flags.ack()).collect();
    let with_ack = run.len() - bare.len();
    let one_number = bare.windows(2).all(|pair| match pair {
        [a, b] => a.ack == b.ack,
        _ => true,
    });
    let some_zero = bare.iter().any(|member| member.ack.0 == 0);
    Some(match (stage(first)?, bare.len(), with_ack) {
        (Stage::Syn, 1.., 0) => Signature::SynReset,
        (Stage::Syn, 0, 1..) => Signature::SynResetAck,
        (Stage::Syn, _, _) => Signature::SynBoth,
        (Stage::Ack, 1, 0) => Signature::AckReset,
        (Stage::Ack, _, 0) => Signature::AckResets,
        (Stage::Ack, 0, 1) => Signature::AckResetAck,
        (Stage::Ack, 0, _) => Signature::AckResetAcks,
        (Stage::Push, 1, 0) => Signature::PushReset,
        (Stage::Push, 0, 1) => Signature::PushResetAck,
        (Stage::Push, 0, _) => Signature::PushResetAcks,
        (Stage::Push, _, 1..) => Signature::PushBoth,
        (Stage::Push, _, 0) if one_number => Signature::PushResetsSame,
        (Stage::Push, _, 0) if some_zero => Signature::PushResetsZero,
        (Stage::Push, _, 0) => Signature::PushResetsDiffer,
        (Stage::Data, 1.., 0) => Signature::DataReset,
        (Stage::Data, 0, 1..) => Signature::DataResetAck,
        (Stage::Ack | Stage::Data, _, _) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::testing::{Builder, case};

    fn members(run: &[(bool, u32)]) -> Vec<RunMember> {
        run.iter()
            .map(|(with_ack, ack)| RunMember {
                flags: if *with_ack {
                    TcpFlags::RST.union(TcpFlags::ACK)
                } else {
                    TcpFlags::RST
                },
                ack: SeqNumber(*ack),
            })
            .collect()
    }

    fn told(first: &Builder, run: &[(bool, u32)]) -> Option<String> {
        signature(first, &members(run)).map(|name| name.token().to_string_lossy().into_owned())
    }

    #[test]
    fn signatures_of_table_1() {
        let syn = case().client_sent(0).phase(Phase::Syn);
        let ack = case().client_sent(0).phase(Phase::Established);
        let push = case().client_sent(1).phase(Phase::Request);
        let data = case().client_sent(2).phase(Phase::Data);
        let (r, ra) = ((false, 0), (true, 1));
        let check = |first: &Builder, run: &[(bool, u32)], name: &str| {
            assert_eq!(told(first, run).as_deref(), Some(name));
        };
        check(&syn, &[r, r], "SYN → RST");
        check(&syn, &[ra], "SYN → RST+ACK");
        check(&syn, &[r, ra], "SYN → RST; RST+ACK");
        check(&ack, &[r], "SYN; ACK → RST");
        check(&ack, &[r, r], "SYN; ACK → RST; RST");
        check(&ack, &[ra], "SYN; ACK → RST+ACK");
        check(&ack, &[ra, ra], "SYN; ACK → RST+ACK; RST+ACK");
        check(&push, &[r], "PSH+ACK → RST");
        check(&push, &[ra], "PSH+ACK → RST+ACK");
        check(&push, &[r, ra], "PSH+ACK → RST; RST+ACK");
        check(&push, &[ra, ra], "PSH+ACK → RST+ACK; RST+ACK");
        check(&push, &[(false, 7), (false, 7)], "PSH+ACK → RST = RST");
        check(&push, &[(false, 7), (false, 8)], "PSH+ACK → RST ≠ RST");
        check(&push, &[(false, 7), (false, 0)], "PSH+ACK → RST; RST0");
        check(&data, &[ra, ra], "PSH+ACK; Data → RST+ACK");
    }

    #[test]
    fn no_signature_after_a_fin_or_without_the_beginning() {
        assert_eq!(
            told(&case().client_sent(1).phase(Phase::Closing), &[(true, 1)]),
            None
        );
        assert_eq!(told(&case().phase(Phase::Request), &[(true, 1)]), None);
    }

    #[test]
    fn zeeks_names() {
        let state = |case: &Builder| conn_state(case).map(CStr::to_string_lossy);
        let refused = case().client_sent(0).phase(Phase::Syn);
        assert_eq!(state(&refused).as_deref(), Some("REJ"));
        let aborted = case().client_sent(1).sender_syn().phase(Phase::Data);
        assert_eq!(state(&aborted).as_deref(), Some("RSTR"));
        let headless = case().sender_syn().phase(Phase::Handshake);
        assert_eq!(state(&headless).as_deref(), Some("RSTRH"));
        let closing = case().client_sent(1).sender_syn().phase(Phase::Closing);
        assert_eq!(state(&closing).as_deref(), Some("RSTR"));
        assert_eq!(state(&case()), None);
    }
}
