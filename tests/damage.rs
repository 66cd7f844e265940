// SPDX-License-Identifier: GPL-2.0-or-later

//! Cases damaged, truncated and shuffled, in the real tshark: no crash, no hang, no dissector
//! bug, and what tshark says of the packets is what it says without the plugin.
//!
//! Run by `cargo xtask test`, which builds the plugin, on one case in eight;
//! `cargo xtask damage` takes all of them.

use std::{
    error::Error,
    fs,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Command, ExitStatus},
};

use rstscope_test_support::{
    cases::{self, Case},
    tshark::{Run, Scratch, Tshark},
};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// What tshark says of a file that stops in the middle of a packet; it then ends with status 2.
const CUT_SHORT: &str = "appears to have been cut short in the middle of a packet";

/// Wireshark's own: 4.0.17 says it of a damaged Multipath TCP handshake without any plugin as well.
const NOT_OURS: &str = "Dissector bug, protocol MPTCP";

/// What is done to each case: the probability that a byte is changed, the seed, and the passes.
const DAMAGE: [(&str, &str, &[&str]); 3] = [
    ("0.001", "1", ONE_PASS),
    ("0.01", "2", TWO_PASSES),
    ("0.05", "3", ONE_PASS),
];

/// More seeds for all cases in one file, where one engine sees all the damage.
const SEEDS_TOGETHER: [&str; 6] = ["4", "5", "6", "7", "8", "9"];

/// Arguments of the two ways in which a capture is read.
const ONE_PASS: &[&str] = &[];
const TWO_PASSES: &[&str] = &["-2"];

/// Set by `cargo xtask damage`: all cases, not a sample.
const ALL_VARIABLE: &str = "RSTSCOPE_DAMAGE_ALL";

/// One case in so many is in the sample: always the same ones.
const SAMPLED: usize = 8;

/// What editcap does to the times of packets: an hour earlier, and in order whatever they were.
const SHUFFLES: [&[&str]; 2] = [&["-t", "-3600"], &["-S", "0"]];

/// The expert item that says that the engine panicked and is off.
const DISABLED: &str = "name=\"rst.expert.disabled\"";

fn takes_all() -> bool {
    std::env::var_os(ALL_VARIABLE).is_some()
}

/// The cases that are looked at.
fn sampled() -> Outcome<Vec<Case>> {
    let all = cases::all()?;
    if takes_all() {
        return Ok(all);
    }
    Ok(all.into_iter().step_by(SAMPLED).collect())
}

#[test]
fn other_lines_are_as_without_the_plugin() -> Outcome {
    let with = cases::tshark_with_plugin()?;
    let without = Tshark::plain(Some(cases::LIMIT))?;
    let scratch = Scratch::new()?;
    let faults = cases::faults_of(&sampled()?, |case| {
        let mut faults = Vec::new();
        let damages = [&["-E", "0.01", "--seed", "5"][..]];
        for (number, how) in damages.iter().chain(&SHUFFLES).enumerate() {
            let file = scratch.0.join(format!("{}-shuffled-{number}", case.name));
            editcap(case, how, &file)?;
            // The summary's own place is the only one that may differ.
            let said = with.read(&file, &["-o", "rst.info_column:FALSE"])?;
            let plain = without.read(&file, &[])?;
            if said.stdout != plain.stdout {
                faults.push(format!("{} {how:?}: tshark's lines differ", case.name));
            }
            fs::remove_file(&file)?;
        }
        Ok(faults)
    });
    assert!(faults.is_empty(), "{faults}");
    Ok(())
}

#[test]
fn changed_bytes_are_survived() -> Outcome {
    let tshark = cases::tshark_with_plugin()?;
    let scratch = Scratch::new()?;
    let faults = cases::faults_of(&sampled()?, |case| {
        let mut faults = Vec::new();
        for (rate, seed, passes) in DAMAGE {
            let file = scratch.0.join(format!("{}-{rate}", case.name));
            editcap(case, &["-E", rate, "--seed", seed], &file)?;
            let what = format!("{} -E {rate} --seed {seed} {passes:?}", case.name);
            faults.extend(survives(&tshark, &file, passes, &what, false)?);
            fs::remove_file(&file)?;
        }
        Ok(faults)
    });
    assert!(faults.is_empty(), "{faults}");
    Ok(())
}

#[test]
fn changed_bytes_of_all_cases_together_are_survived() -> Outcome {
    let tshark = cases::tshark_with_plugin()?;
    let scratch = Scratch::new()?;
    let together = cases::together(&scratch)?;
    let seeds: Vec<_> = if takes_all() {
        SEEDS_TOGETHER.to_vec()
    } else {
        SEEDS_TOGETHER.into_iter().take(1).collect()
    };
    let faults = cases::faults_of(&seeds, |seed| {
        let mut faults = Vec::new();
        for (rate, ..) in DAMAGE {
            let file = scratch.0.join(format!("together-{rate}-{seed}"));
            editcap(&together, &["-E", rate, "--seed", seed], &file)?;
            let what = format!("all cases -E {rate} --seed {seed}");
            faults.extend(survives(&tshark, &file, TWO_PASSES, &what, false)?);
        }
        Ok(faults)
    });
    assert!(faults.is_empty(), "{faults}");
    Ok(())
}

#[test]
fn short_packets_are_survived() -> Outcome {
    let tshark = cases::tshark_with_plugin()?;
    let scratch = Scratch::new()?;
    let shorten = |case: &Case, length: &str, passes: &[&str]| {
        let file = scratch.0.join(format!("{}-{length}", case.name));
        editcap(case, &["-s", length], &file)?;
        let what = format!("{} -s {length} {passes:?}", case.name);
        survives(&tshark, &file, passes, &what, false)
    };
    // 60 bytes end within the TCP options over IPv4, and within the TCP header over IPv6.
    let faults = cases::faults_of(&sampled()?, |case| {
        Ok(shorten(case, "60", ONE_PASS)?.into_iter().collect())
    });
    assert!(faults.is_empty(), "{faults}");
    let together = cases::together(&scratch)?;
    for length in ["14", "34", "40", "47", "54", "60", "66", "74"] {
        assert_eq!(shorten(&together, length, TWO_PASSES)?, None);
    }
    Ok(())
}

#[test]
fn files_cut_in_the_middle_are_survived() -> Outcome {
    let tshark = cases::tshark_with_plugin()?;
    let scratch = Scratch::new()?;
    let faults = cases::faults_of(&sampled()?, |case| {
        let file = scratch.0.join(&case.name);
        let mut bytes = fs::read(&case.capture)?;
        bytes.truncate(bytes.len() / 2);
        fs::write(&file, bytes)?;
        let what = format!("{} cut in the middle", case.name);
        let fault = survives(&tshark, &file, TWO_PASSES, &what, true)?;
        Ok(fault.into_iter().collect())
    });
    assert!(faults.is_empty(), "{faults}");
    Ok(())
}

/// Copies the case's capture through editcap.
fn editcap(case: &Case, arguments: &[&str], to: &Path) -> Outcome {
    cases::run(
        Command::new("editcap")
            .args(arguments)
            .arg(&case.capture)
            .arg(to),
    )
}

/// Dissects the file in full; the answer is what went wrong.
fn survives(
    tshark: &Tshark,
    file: &Path,
    passes: &[&str],
    what: &str,
    may_stop_early: bool,
) -> Outcome<Option<String>> {
    let run = tshark.read(file, &[passes, &["-T", "pdml"]].concat());
    let run = run.map_err(|error| format!("{what}: {error}"))?;
    Ok(fault(&run, may_stop_early).map(|fault| format!("{what}: {fault}")))
}

fn fault(run: &Run, may_stop_early: bool) -> Option<String> {
    let is_allowed =
        |line: &str| may_stop_early && line.contains(CUT_SHORT) || line.contains(NOT_OURS);
    if let Some(line) = run
        .stderr
        .lines()
        .find(|line| !line.is_empty() && !is_allowed(line))
    {
        return Some(format!("tshark said: {line}"));
    }
    let is_expected = match run.status.code() {
        Some(0) => true,
        Some(2) => may_stop_early && run.stderr.contains(CUT_SHORT),
        _ => false,
    };
    if !is_expected {
        return Some(format!("tshark ended with {}", run.status));
    }
    let text = String::from_utf8_lossy(&run.stdout);
    text.lines()
        .find(|line| {
            line.contains("Dissector bug") && !line.contains(NOT_OURS) || line.contains(DISABLED)
        })
        .map(|line| line.trim().to_owned())
}

#[test]
fn what_goes_wrong_is_seen() {
    let run = |status: i32, stdout: &str, stderr: &str| Run {
        status: ExitStatus::from_raw(status),
        stdout: stdout.as_bytes().to_owned(),
        stderr: stderr.to_owned(),
    };
    let cut = format!("tshark: The file {CUT_SHORT}.");
    let disabled = format!("<field {DISABLED}/>");
    let bug = "[Dissector bug, protocol TCP: assertion failed]";
    // As wait(2) reports exit 2 and signal 11.
    let (exit_2, signal_11) = (2 << 8, 11);
    for (run, may_stop_early, is_fault) in [
        (run(0, "<packet/>", ""), false, false),
        (run(0, NOT_OURS, ""), false, false),
        (run(exit_2, "", &cut), true, false),
        (run(exit_2, "", &cut), false, true),
        (run(exit_2, "", ""), true, true),
        (run(signal_11, "", ""), true, true),
        (run(0, "", "a warning"), true, true),
        (run(0, bug, ""), false, true),
        (run(0, &disabled, ""), false, true),
    ] {
        let fault = fault(&run, may_stop_early);
        assert_eq!(fault.is_some(), is_fault, "{run:?}: {fault:?}");
    }
}
