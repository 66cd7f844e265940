// SPDX-License-Identifier: GPL-2.0-or-later

//! The border from outside: every function of `rstscope.h`, from C and from Rust.
//!
//! The C half of the test is compiled against the shared object that is
//! shipped. With feature `plugin` that object needs Wireshark's symbols, so
//! that the test links Wireshark then; without it there is nothing to link.

#![expect(unsafe_code, reason = "calls the C functions")]
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::{
    env,
    error::Error,
    ffi::CStr,
    path::{Path, PathBuf},
    process::Command,
    ptr,
};

use rstscope::ffi::*;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn run(command: &mut Command) -> Outcome<String> {
    let output = command.output()?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?}: {}\n{errors}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The folder of this test, where Cargo also puts the shared object.
fn built() -> Outcome<PathBuf> {
    let test = env::current_exe()?;
    Ok(test.parent().ok_or("the test has no folder")?.to_owned())
}

/// What the linker needs for the symbols that the shared object leaves open.
fn open_symbols() -> Outcome<Vec<String>> {
    if !cfg!(feature = "plugin") {
        return Ok(Vec::new());
    }
    let libraries = run(Command::new("pkg-config").args(["--libs", "wireshark", "glib-2.0"]))?;
    let libraries = libraries.split_whitespace().map(str::to_owned);
    Ok([String::from("-Wl,--no-as-needed")]
        .into_iter()
        .chain(libraries)
        .collect())
}

#[test]
fn plain_c_can_call_everything() -> Outcome {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("contract");
    let built = built()?;
    run(Command::new("cc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-g", "-I"])
        .arg(project.join("wireshark-plugin"))
        .arg(project.join("tests/c/contract.c"))
        .arg("-o")
        .arg(&program)
        .arg(built.join("librstscope.so"))
        .arg(format!("-Wl,-rpath,{}", built.display()))
        .args(open_symbols()?))?;
    run(&mut Command::new(program))?;
    Ok(())
}

/// An engine that is freed at the end of the test.
struct Engine(*mut rstscope_engine);

impl Engine {
    fn new() -> Self {
        let mut settings = rstscope_settings {
            idle_threshold_s: 0,
            ttl_tolerance: 0,
            expert_level: 0,
            reserved: 0,
        };
        let mut engine = ptr::null_mut();
        // SAFETY: all places are ours.
        unsafe {
            assert_eq!(
                rstscope_settings_default(&raw mut settings),
                RSTSCOPE_STATUS_OK
            );
            let status =
                rstscope_engine_new(RSTSCOPE_ABI_VERSION, &raw const settings, &raw mut engine);
            assert_eq!(status, RSTSCOPE_STATUS_OK);
        }
        Self(engine)
    }

    fn observe(&mut self, segment: &rstscope_segment) -> rstscope_status {
        // SAFETY: the engine lives, and the segments of this test point to constants.
        unsafe { rstscope_engine_observe(self.0, segment) }
    }

    fn verdict(&self, frame: u32) -> Result<rstscope_verdict, rstscope_status> {
        let mut verdict = std::mem::MaybeUninit::uninit();
        // SAFETY: the engine lives, and OK means that the verdict is written.
        unsafe {
            match rstscope_engine_verdict(self.0, frame, verdict.as_mut_ptr()) {
                RSTSCOPE_STATUS_OK => Ok(verdict.assume_init()),
                status => Err(status),
            }
        }
    }

    fn text(&self, frame: u32, kind: rstscope_text, index: u32) -> Result<String, rstscope_status> {
        let mut buffer = [0_u8; 1024];
        let start = buffer.as_mut_ptr().cast();
        // SAFETY: the engine lives, the buffer has that length.
        let status = unsafe {
            let length = ptr::null_mut();
            rstscope_engine_text(self.0, frame, kind, index, start, buffer.len(), length)
        };
        let text = CStr::from_bytes_until_nul(&buffer).unwrap();
        match status {
            RSTSCOPE_STATUS_OK => Ok(text.to_str().unwrap().to_owned()),
            status => Err(status),
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // SAFETY: made by `rstscope_engine_new`, freed only here.
        unsafe { rstscope_engine_free(self.0) }
    }
}

const ACK: u8 = 0x10;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;

/// A TCP header without payload.
const fn header(from: u8, to: u8, seq: u8, ack: u8, flags: u8) -> [u8; 20] {
    let mut header = [0; 20];
    header[1] = from;
    header[3] = to;
    header[7] = seq;
    header[11] = ack;
    header[12] = 5 << 4;
    header[13] = flags;
    header
}

static CONNECT: [u8; 20] = header(200, 80, 100, 0, SYN);
static REFUSE: [u8; 20] = header(80, 200, 0, 101, RST | ACK);

/// `tcp` from host `source` to host `destination`, over IPv6.
fn segment(frame: u32, source: u8, destination: u8, tcp: &'static [u8]) -> rstscope_segment {
    let host = |number| [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number];
    rstscope_segment {
        time_ns: i64::from(frame) * 1_000_000,
        tcp: tcp.as_ptr(),
        tcp_captured: tcp.len().try_into().unwrap(),
        tcp_reported: tcp.len().try_into().unwrap(),
        frame,
        present: RSTSCOPE_SEGMENT_HAS_IP | RSTSCOPE_SEGMENT_HAS_FLOW_LABEL,
        flow_label: 7,
        interface: 0,
        source: host(source),
        destination: host(destination),
        link_source: [0; 6],
        ip_id: 0,
        vlan: 0,
        address_length: 16,
        ttl: 60,
        traffic_class: 0,
        dont_fragment: 0,
        ip_headers: 0,
        reserved: [0; 5],
    }
}

fn token(text: *const std::ffi::c_char) -> &'static str {
    // SAFETY: tokens are literals.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap()
}

#[test]
fn refused_connection_over_ipv6_is_explained() {
    let mut engine = Engine::new();
    assert_eq!(
        engine.observe(&segment(7, 1, 2, &CONNECT)),
        RSTSCOPE_STATUS_OK
    );
    assert_eq!(
        engine.observe(&segment(8, 2, 1, &REFUSE)),
        RSTSCOPE_STATUS_OK
    );
    let verdict = engine.verdict(8).unwrap();
    assert_eq!(token(verdict.phase), "syn");
    assert_eq!(token(verdict.sender), "server");
    assert_eq!(verdict.trigger_frame, 7);
    assert_eq!(verdict.latency_ns, 1_000_000);
    assert_eq!(verdict.ttl, 60);
    assert_eq!(verdict.present & RSTSCOPE_VERDICT_HAS_IP_ID, 0);
    assert!(
        engine
            .text(8, RSTSCOPE_TEXT_SUMMARY, 0)
            .unwrap()
            .starts_with("RST ")
    );
    assert_eq!(engine.verdict(7).err(), Some(RSTSCOPE_STATUS_NOT_FOUND));
    assert_eq!(engine.verdict(0).err(), Some(RSTSCOPE_STATUS_NOT_FOUND));
}

#[test]
fn segment_without_ip_header_has_no_ttl() {
    let mut engine = Engine::new();
    let mut refusal = segment(8, 2, 1, &REFUSE);
    refusal.present = 0;
    assert_eq!(
        engine.observe(&segment(7, 1, 2, &CONNECT)),
        RSTSCOPE_STATUS_OK
    );
    assert_eq!(engine.observe(&refusal), RSTSCOPE_STATUS_OK);
    assert_eq!(
        engine.verdict(8).unwrap().present & RSTSCOPE_VERDICT_HAS_TTL,
        0
    );
}

#[test]
fn every_text_of_a_kind_has_an_end() {
    let mut engine = Engine::new();
    engine.observe(&segment(7, 1, 2, &CONNECT));
    engine.observe(&segment(8, 2, 1, &REFUSE));
    for kind in RSTSCOPE_TEXT_SUMMARY..=RSTSCOPE_TEXT_FOLLOWUP {
        let end = (0..100).find_map(|index| engine.text(8, kind, index).err());
        assert_eq!(end, Some(RSTSCOPE_STATUS_NOT_FOUND), "text {kind}");
        let beyond = engine.text(8, kind, u32::MAX).err();
        assert_eq!(beyond, Some(RSTSCOPE_STATUS_NOT_FOUND), "text {kind}");
    }
}

#[test]
fn what_the_contract_does_not_allow_is_invalid() {
    let breaches: [fn(&mut rstscope_segment); 6] = [
        |segment| segment.frame = 0,
        |segment| segment.address_length = 6,
        |segment| segment.tcp_reported = segment.tcp_captured - 1,
        |segment| segment.dont_fragment = 2,
        |segment| segment.reserved[4] = 1,
        |segment| segment.address_length = 0,
    ];
    let mut engine = Engine::new();
    for (breach, number) in breaches.iter().zip(0..) {
        let mut segment = segment(7, 1, 2, &CONNECT);
        breach(&mut segment);
        assert_eq!(
            engine.observe(&segment),
            RSTSCOPE_STATUS_INVALID,
            "breach {number}"
        );
    }
}

#[test]
fn frames_say_what_they_hold() {
    // SAFETY: the engine lives, or is NULL.
    let holds = |engine: &Engine, frame| unsafe { rstscope_engine_holds(engine.0, frame) };
    let mut engine = Engine::new();
    engine.observe(&segment(7, 1, 2, &CONNECT));
    engine.observe(&segment(8, 2, 1, &REFUSE));
    assert_eq!(
        [7, 8, 0].map(|frame| holds(&engine, frame)),
        [0, RSTSCOPE_HOLDS_VERDICT, 0]
    );
    // SAFETY: as above.
    unsafe { rstscope_engine_provoke_panic(engine.0) };
    assert_eq!(holds(&engine, 8), RSTSCOPE_HOLDS_COMPLAINT);
    // SAFETY: NULL is allowed.
    assert_eq!(unsafe { rstscope_engine_holds(ptr::null(), 8) }, 0);
}

#[test]
fn bytes_that_are_no_tcp_are_passed_over() {
    let mut engine = Engine::new();
    for length in 0..CONNECT.len() {
        let cut = segment(7, 1, 2, CONNECT.get(..length).unwrap());
        assert_eq!(engine.observe(&cut), RSTSCOPE_STATUS_OK);
    }
    let mut none = segment(7, 1, 2, &[]);
    none.tcp = ptr::null();
    assert_eq!(engine.observe(&none), RSTSCOPE_STATUS_OK);
}

#[test]
fn panic_is_caught_and_disables_the_engine() {
    let mut engine = Engine::new();
    // SAFETY: the engine lives.
    let status = unsafe { rstscope_engine_provoke_panic(engine.0) };
    assert_eq!(status, RSTSCOPE_STATUS_PANIC);
    let after = engine.observe(&segment(7, 1, 2, &CONNECT));
    assert_eq!(after, RSTSCOPE_STATUS_DISABLED);
    assert_eq!(engine.verdict(7).err(), Some(RSTSCOPE_STATUS_DISABLED));
}
