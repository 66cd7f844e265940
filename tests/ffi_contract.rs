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
    ffi::{CStr, c_char},
    mem::MaybeUninit,
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
        let values: Vec<u32> = (0..rstscope_preference_count()).map(default).collect();
        let count = u32::try_from(values.len()).unwrap();
        let mut engine = ptr::null_mut();
        let out = &raw mut engine;
        // SAFETY: all places are ours.
        let status =
            unsafe { rstscope_engine_new(RSTSCOPE_ABI_VERSION, values.as_ptr(), count, out) };
        assert_eq!(status, RSTSCOPE_STATUS_OK);
        Self(engine)
    }

    fn observe(&mut self, segment: &rstscope_segment) -> rstscope_status {
        // SAFETY: the engine lives, and the segments of this test point to constants.
        unsafe { rstscope_engine_observe(self.0, segment) }
    }

    fn item(&self, frame: u32, index: u32) -> Result<(rstscope_item, String), rstscope_status> {
        ask(|out, text, capacity, length| {
            // SAFETY: the engine lives, all places are the buffers of `ask`.
            unsafe { rstscope_engine_item(self.0, frame, index, out, text, capacity, length) }
        })
    }

    fn row(&self, frame: u32, index: u32) -> Result<(rstscope_row, String), rstscope_status> {
        ask(|out, text, capacity, length| {
            // SAFETY: the engine lives, all places are the buffers of `ask`.
            unsafe { rstscope_engine_row(self.0, frame, 0, index, out, text, capacity, length) }
        })
    }

    /// The values of a field of the first item, numbers as text.
    fn values(&self, frame: u32, filter: &str) -> Vec<String> {
        let rows = (0..).map_while(|index| self.row(frame, index).ok());
        rows.filter(|(row, _)| word(field(row.field).filter) == filter)
            .map(|(row, text)| match field(row.field).type_ {
                RSTSCOPE_TYPE_STRING => text,
                _ => row.number.to_string(),
            })
            .collect()
    }
}

/// Calls with a place and a buffer; OK means that both are written.
fn ask<T>(
    call: impl FnOnce(*mut T, *mut c_char, usize, *mut usize) -> rstscope_status,
) -> Result<(T, String), rstscope_status> {
    let mut out = MaybeUninit::uninit();
    let mut buffer = [0_u8; 1024];
    let text = buffer.as_mut_ptr().cast();
    match call(out.as_mut_ptr(), text, buffer.len(), ptr::null_mut()) {
        RSTSCOPE_STATUS_OK => {
            let text = CStr::from_bytes_until_nul(&buffer).unwrap();
            // SAFETY: OK means that it is written.
            Ok((
                unsafe { out.assume_init() },
                text.to_str().unwrap().to_owned(),
            ))
        }
        status => Err(status),
    }
}

/// An entry of one of the lists.
fn listed<T>(
    get: unsafe extern "C" fn(u32, *mut T) -> rstscope_status,
    index: u32,
) -> Result<T, rstscope_status> {
    let mut out = MaybeUninit::uninit();
    // SAFETY: the place is ours, and OK means that it is written.
    unsafe {
        match get(index, out.as_mut_ptr()) {
            RSTSCOPE_STATUS_OK => Ok(out.assume_init()),
            status => Err(status),
        }
    }
}

fn field(index: u32) -> rstscope_field {
    listed(rstscope_field_get, index).unwrap()
}

fn default(preference: u32) -> u32 {
    let preference = listed(rstscope_preference_get, preference).unwrap();
    preference.default_value
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
        link_destination: [0; 6],
        ip_id: 0,
        vlan: 0,
        address_length: 16,
        ttl: 60,
        traffic_class: 0,
        dont_fragment: 0,
        ip_headers: 0,
        reserved: [0; 7],
    }
}

fn word(text: *const c_char) -> &'static str {
    // SAFETY: the contract's `const char *` are literals.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap()
}

/// An engine that has seen a refused connection.
fn refused() -> Engine {
    let mut engine = Engine::new();
    let [syn, rst] = [segment(7, 1, 2, &CONNECT), segment(8, 2, 1, &REFUSE)];
    assert_eq!(engine.observe(&syn), RSTSCOPE_STATUS_OK);
    assert_eq!(engine.observe(&rst), RSTSCOPE_STATUS_OK);
    engine
}

#[test]
fn refused_connection_over_ipv6_is_explained() {
    let engine = refused();
    let (item, summary) = engine.item(8, 0).unwrap();
    assert!(summary.starts_with("RST "), "{summary}");
    assert_eq!(engine.values(8, "rst.summary"), [summary]);
    let expert = listed(rstscope_expert_get, item.expert).unwrap();
    let cause = engine.values(8, "rst.cause").concat();
    assert_eq!(word(expert.name), format!("rst.expert.{cause}"));
    for (filter, value) in [
        ("rst.phase", "syn"),
        (
            "rst.when",
            "in answer to a connection attempt, 1.0 ms after the SYN (frame 7)",
        ),
        ("rst.sender", "server"),
        ("rst.trigger_frame", "7"),
        ("rst.latency", "1000000"),
        ("rst.ttl", "60"),
        ("rst.handshake_seen", "1"),
    ] {
        assert_eq!(engine.values(8, filter), [value], "{filter}");
    }
    assert!(engine.values(8, "rst.ip_id").is_empty());
    for frame in [7, 0] {
        let nothing = Some(RSTSCOPE_STATUS_NOT_FOUND);
        assert_eq!(engine.item(frame, 0).err(), nothing);
        assert_eq!(engine.row(frame, 0).err(), nothing);
    }
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
    assert_eq!(engine.values(8, "rst.phase"), ["syn"]);
    assert!(engine.values(8, "rst.ttl").is_empty());
}

#[test]
fn items_and_rows_have_an_end() {
    let engine = refused();
    let end = Some(RSTSCOPE_STATUS_NOT_FOUND);
    assert_eq!(engine.item(8, 1).err(), end);
    assert_eq!(engine.item(8, u32::MAX).err(), end);
    let rows = (0..1000).find_map(|index| engine.row(8, index).err());
    assert_eq!(rows, end);
    assert_eq!(engine.row(8, u32::MAX).err(), end);
}

#[test]
fn bytes_are_marked_and_units_shown_where_the_table_says_so() {
    let rows: Vec<_> = (0..rstscope_field_count()).map(field).collect();
    let named = |filter| rows.iter().find(|row| word(row.filter) == filter).unwrap();
    let marks = named("rst.ttl").marks.map(word);
    assert_eq!(marks, ["ip.ttl", "ipv6.hlim"]);
    assert!(named("rst.ttl.expected").marks[0].is_null());
    assert_eq!(word(named("rst.confidence").unit), "%");
    assert_eq!(named("rst.ip_id").format, RSTSCOPE_FORMAT_HEXADECIMAL);
    assert_eq!(named("rst.when").is_parent, 1);
    assert_eq!(named("rst.evidence.text").in_label, 1);
    assert_eq!(named("rst.evidence").in_label, 0);
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
    let engine = refused();
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
    assert_eq!(engine.item(7, 0).err(), Some(RSTSCOPE_STATUS_DISABLED));
    assert_eq!(engine.row(7, 0).err(), Some(RSTSCOPE_STATUS_DISABLED));
}
