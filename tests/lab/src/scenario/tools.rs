// SPDX-License-Identifier: GPL-2.0-or-later

//! Tools of attackers on the path: hping3, and a filter of ettercap's.

use std::fs;

use anyhow::{Context as _, Result};

use super::{
    CONSEQUENCE, Declared, Scenario, client, foreign,
    payload::{BLOCKED_NAME, MORE, REQUEST, RESPONSE, http_request},
    server,
};
use crate::{
    family::Family,
    lab::Lab,
    namespace::installed,
    net::Node,
    tokens::{Cause, Impact, Kind, Phase},
};

const PORT: u16 = 80;

const BLOCKED: Declared = foreign(Phase::Data, Cause::PolicyBlock, Impact::Disruptive);

const FILTERED: Declared = foreign(Phase::Request, Cause::ContentFilter, Impact::Disruptive);
/// The request that it was for comes later.
const KILLED: Declared = foreign(Phase::Established, Cause::PolicyBlock, Impact::Disruptive);
const ETTERCAP: &str = "ettercap 0.8.3.1 of Debian 12";

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "hping3_reset",
        purpose: "hping3 on the path resets a connection with the exact sequence number; the server goes on.",
        kind: Kind::Real,
        run: hping3,
        captures: &[client(&[BLOCKED, CONSEQUENCE])
            .only(Family::V4)
            .note("hping3 3.a2.ds2 of Debian 12")],
    },
    Scenario {
        name: "ettercap_kill",
        purpose: "A filter of ettercap's on the path resets both sides at a name in a request.",
        kind: Kind::Real,
        run: ettercap,
        captures: &[
            client(&[FILTERED]).only(Family::V4).note(ETTERCAP),
            server(&[KILLED, CONSEQUENCE])
                .only(Family::V4)
                .note(ETTERCAP),
        ],
    },
];

/// Makes ettercap's filter from standard input and starts it; its folder is the first argument.
const START: &str = "cd \"$0\" && etterfilter -o filter.ef /dev/stdin >&2 && mkfifo keys \
                     && exec ettercap -T -q -i left -F filter.ef >&2 0<>keys";

fn ettercap(lab: &mut Lab) -> Result<()> {
    if lab.family() == Family::V6 {
        // Its filter looks into IPv4 only.
        return Ok(());
    }
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    installed("ettercap")?;
    let folder = std::env::temp_dir().join(format!("rstscope-ettercap-{}", std::process::id()));
    fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let filter = format!(
        "if (ip.proto == TCP && tcp.dst == {PORT}) {{
             if (search(DATA.data, \"{BLOCKED_NAME}\")) {{ kill(); }}
         }}
"
    );
    let place = folder.display().to_string();
    let mut program = lab.start(Node::Middlebox, "sh", &["-c", START, &place], &filter)?;
    program.expect_message("Hit 'h'")?;
    fs::remove_dir_all(&folder)?;
    connection.client.send(&http_request(BLOCKED_NAME))?;
    connection.client.expect_reset()?;
    lab.wait_for(Node::Server, "ettercap's reset", |segment| {
        segment.flags.rst
    })?;
    lab.end_captures()
}

fn hping3(lab: &mut Lab) -> Result<()> {
    if lab.family() == Family::V6 {
        // It knows IPv4 only.
        return Ok(());
    }
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    let last = lab.last(Node::Client, |segment| segment.destination.port() == PORT)?;
    let sequence = last.acknowledgment.to_string();
    let (client, server) = (last.source, last.destination);
    // It waits for an answer, which a reset never gets, and calls that a failure.
    let _hping3 = lab.start(
        Node::Middlebox,
        "hping3",
        &[
            "--spoof",
            &server.ip().to_string(),
            "--baseport",
            &server.port().to_string(),
            "--destport",
            &client.port().to_string(),
            "--setseq",
            &sequence,
            "--rst",
            "--keep",
            "--count",
            "1",
            "--fast",
            "--quiet",
            "--interface",
            "left",
            &client.ip().to_string(),
        ],
        "",
    )?;
    connection.client.expect_reset()?;
    connection.server.send(MORE)?;
    connection.server.expect_reset()
}
