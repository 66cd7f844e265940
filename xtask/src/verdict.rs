// SPDX-License-Identifier: GPL-2.0-or-later

//! What the plugin says about each reset of a capture, read from tshark's JSON.

use std::path::Path;

use anyhow::{Context, Result, bail};
use rstscope_test_support::json::{self, Fields};

use crate::tshark::{Run, Tshark};

/// The plugin's answer about one reset; what it did not say is empty.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) frame: u32,
    pub(crate) stream: String,
    pub(crate) source: String,
    pub(crate) destination: String,
    pub(crate) summary: String,
    pub(crate) phase: String,
    pub(crate) sender: String,
    pub(crate) origin: String,
    pub(crate) confidence: Option<u8>,
    pub(crate) cause: String,
    pub(crate) cause_text: String,
    /// Empty where the file has one capture point.
    pub(crate) made_between: String,
    pub(crate) impact: String,
    pub(crate) next_step: String,
    /// Strongest first.
    pub(crate) evidence: Vec<Evidence>,
}

/// One piece of evidence of a verdict.
#[derive(Debug)]
pub(crate) struct Evidence {
    pub(crate) text: String,
    pub(crate) points_to: String,
    pub(crate) weight: i32,
}

/// The verdicts of a capture, and what tshark said beside them.
pub(crate) struct Reading {
    pub(crate) verdicts: Vec<Verdict>,
    /// Why tshark stopped before the end of the file, where it did.
    pub(crate) cut_short: Option<String>,
}

const FIELDS: &[&str] = &[
    "frame.number",
    "tcp.stream",
    "ip.src",
    "ip.dst",
    "ipv6.src",
    "ipv6.dst",
    "tcp.srcport",
    "tcp.dstport",
    "rst.summary",
    "rst.phase",
    "rst.sender",
    "rst.origin",
    "rst.confidence",
    "rst.cause",
    "rst.cause.text",
    "rst.impact",
    "rst.next_step",
    "rst.evidence",
    "rst.evidence.text",
    "rst.evidence.points_to",
    "rst.evidence.weight",
];

/// Runs tshark in two passes on `capture`: the verdicts as they stand at its end.
pub(crate) fn read(tshark: &Tshark, capture: &Path) -> Result<Reading> {
    let mut arguments = vec!["-2", "-Y", "rst.origin", "-T", "json"];
    for field in FIELDS {
        arguments.extend(["-e", field]);
    }
    let run = tshark.read(capture, &arguments)?;
    let cut_short = complaint(&run, capture)?;
    let frames = json::frames(&run.stdout)
        .with_context(|| format!("tshark gave no JSON for {}", capture.display()))?;
    let verdicts = frames.into_iter().map(Verdict::from).collect();
    Ok(Reading {
        verdicts,
        cut_short,
    })
}

/// What tshark found wrong: a file that merely stops early is readable, anything else is an error.
fn complaint(run: &Run, capture: &Path) -> Result<Option<String>> {
    let said = run.stderr.lines().find(|line| !line.is_empty());
    let said = said.unwrap_or_default().trim_start_matches("tshark: ");
    if run.status.success() {
        return Ok(None);
    }
    if said.contains("appears to have been cut short") && !run.stdout.is_empty() {
        return Ok(Some(said.to_owned()));
    }
    if said.is_empty() {
        bail!("tshark ended with {} on {}", run.status, capture.display());
    }
    bail!("tshark cannot read {}: {said}", capture.display());
}

impl From<Fields> for Verdict {
    fn from(layers: Fields) -> Self {
        let all = |name: &str| layers.get(name).map_or(&[][..], Vec::as_slice);
        let first = |name: &str| all(name).first().cloned().unwrap_or_default();
        // In a tunnel the innermost addresses are the ones that the TCP segment belongs to.
        let address = |side: &str| {
            let port = all(&format!("tcp.{side}port")).last();
            let port = port.map_or("?", String::as_str);
            match (
                all(&format!("ipv6.{side}")).last(),
                all(&format!("ip.{side}")).last(),
            ) {
                (Some(host), _) => format!("[{host}]:{port}"),
                (None, Some(host)) => format!("{host}:{port}"),
                (None, None) => format!("?:{port}"),
            }
        };
        let evidence = (0..all("rst.evidence").len())
            .map(|index| {
                let nth = |name: &str| all(name).get(index).cloned().unwrap_or_default();
                Evidence {
                    text: nth("rst.evidence.text"),
                    points_to: nth("rst.evidence.points_to"),
                    weight: nth("rst.evidence.weight").parse().unwrap_or_default(),
                }
            })
            .collect();
        Self {
            frame: first("frame.number").parse().unwrap_or_default(),
            stream: first("tcp.stream"),
            source: address("src"),
            destination: address("dst"),
            summary: first("rst.summary"),
            phase: first("rst.phase"),
            sender: first("rst.sender"),
            origin: first("rst.origin"),
            confidence: first("rst.confidence").parse().ok(),
            cause: first("rst.cause"),
            cause_text: all("rst.cause.text").join(" "),
            made_between: first("rst.made_between"),
            impact: first("rst.impact"),
            next_step: first("rst.next_step"),
            evidence,
        }
    }
}

impl Verdict {
    /// The origin with its confidence, as in `middlebox 97 %`.
    pub(crate) fn who(&self) -> String {
        match self.confidence {
            Some(confidence) => format!("{} {confidence} %", self.origin),
            None => self.origin.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_fields_become_evidence_in_order() {
        let printed = br#"[{"_index":"x","_source":{"layers":{
            "frame.number":["7"],"tcp.stream":["1"],"ipv6.src":["::1"],"ipv6.dst":["::2"],
            "tcp.srcport":["80"],"tcp.dstport":["9"],"rst.origin":["middlebox"],
            "rst.confidence":["97"],"rst.evidence":["a","b"],
            "rst.evidence.text":["first","second"],"rst.evidence.points_to":["middlebox","endpoint"],
            "rst.evidence.weight":["12","-3"]}}}]"#;
        let fields = json::frames(printed).unwrap().remove(0);
        let verdict = Verdict::from(fields);
        assert_eq!(verdict.frame, 7);
        assert_eq!(verdict.source, "[::1]:80");
        assert_eq!(verdict.who(), "middlebox 97 %");
        let weights: Vec<_> = verdict.evidence.iter().map(|found| found.weight).collect();
        assert_eq!(weights, [12, -3]);
        assert_eq!(verdict.evidence[1].text, "second");
        assert_eq!(verdict.cause, "");
    }
}
