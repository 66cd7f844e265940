// SPDX-License-Identifier: GPL-2.0-or-later

//! More resets than the memory limit has room for: the newest are judged, and every other
//! one says that its verdict was let go.
//!
//! Run by `cargo xtask test`, which builds the plugin; without it these tests fail.

use std::{
    error::Error,
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use etherparse::PacketBuilder;
use pcap_file::pcap::{PcapPacket, PcapWriter};
use rstscope_test_support::{
    cases::{self, Case},
    tshark::{Scratch, Tshark},
};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// More verdicts than 16 MiB, the least that can be set, have room for.
const REFUSED: u32 = 60_000;

/// A server that refuses many clients, one after the other.
fn flood(path: &Path) -> Outcome {
    let mut capture = PcapWriter::new(File::create(path)?)?;
    let server = [192, 0, 2, 1];
    for number in 0..REFUSED {
        let [_, a, b, c] = number.to_be_bytes();
        let client = [10, a, b, c];
        let ethernet = || PacketBuilder::ethernet2([2; 6], [4; 6]);
        let syn = ethernet()
            .ipv4(client, server, 57)
            .tcp(40_000, 81, number, 64_240)
            .syn();
        let reset = ethernet()
            .ipv4(server, client, 61)
            .tcp(81, 40_000, 0, 0)
            .rst()
            .ack(number.wrapping_add(1));
        for (place, packet) in [syn, reset].into_iter().enumerate() {
            let mut bytes = Vec::new();
            packet.write(&mut bytes, &[])?;
            let micros = u64::from(number) * 1000 + u64::try_from(place)? * 400;
            let length = u32::try_from(bytes.len())?;
            let time = Duration::from_micros(micros);
            capture.write_packet(&PcapPacket::new(time, length, &bytes))?;
        }
    }
    Ok(())
}

struct Setting {
    tshark: Tshark,
    case: Case,
    _scratch: Scratch,
}

impl Setting {
    fn new() -> Outcome<Self> {
        let scratch = Scratch::new()?;
        let capture: PathBuf = scratch.0.join("flood.pcap");
        flood(&capture)?;
        Ok(Self {
            tshark: cases::tshark_with_plugin()?,
            case: Case {
                name: "flood".to_owned(),
                capture,
            },
            _scratch: scratch,
        })
    }

    fn read(&self, arguments: &[&str]) -> Outcome<String> {
        let run = self.tshark.read(&self.case.capture, arguments)?;
        if !run.status.success() {
            return Err(format!("tshark ended with {}: {}", run.status, run.stderr).into());
        }
        Ok(String::from_utf8(run.stdout)?)
    }
}

#[test]
fn what_was_let_go_is_said() -> Outcome {
    let setting = Setting::new()?;
    let limit = ["-2", "-o", "rst.memory_limit:16"];
    let fields = [
        "-T",
        "fields",
        "-e",
        "frame.number",
        "-e",
        "rst.cause",
        "-e",
    ];
    let fields = [&fields[..], &["rst.expert.history_evicted"]].concat();
    let said = setting.read(&[&limit[..], &["-Y", "rst"], &fields].concat())?;
    let lines: Vec<Vec<&str>> = said
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    assert_eq!(lines.len(), usize::try_from(REFUSED)?, "RSTs with an item");
    let judged = |line: &Vec<&str>| line.get(1).is_some_and(|cause| !cause.is_empty());
    let let_go = lines.iter().take_while(|line| !judged(line)).count();
    assert!(let_go > 0, "all verdicts fit");
    assert!(
        lines.iter().skip(let_go).all(judged),
        "newer ones were let go"
    );
    let notices = lines
        .iter()
        .filter(|line| line.get(2).is_some_and(|it| !it.is_empty()));
    assert_eq!(notices.count(), 1, "expert items in the file");

    let first =
        setting.read(&[&limit[..], &["-c", "120000", "-Y", "frame.number==2", "-V"]].concat())?;
    let wanted = "The verdict on this RST was let go at the memory limit of 16 MiB";
    assert!(first.contains(wanted), "{first}");
    Ok(())
}

#[test]
fn usual_limit_has_room_for_them() -> Outcome {
    let setting = Setting::new()?;
    let filter = "rst.expert.history_evicted or (tcp.flags.reset==1 and not rst.cause)";
    let said = setting.read(&["-2", "-Y", filter])?;
    assert_eq!(said, "");
    Ok(())
}
