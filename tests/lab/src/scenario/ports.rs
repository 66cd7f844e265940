// SPDX-License-Identifier: GPL-2.0-or-later

//! Many ports and many hosts: scans, ports that never answer, and a gateway that answers for all.

use std::{net::SocketAddr, time::Duration};

use anyhow::Result;

use super::{
    Declared, Scenario, client,
    documented::public_hosts,
    foreign, genuine,
    payload::{REQUEST, RESPONSE},
    server,
};
use crate::{
    family::Family,
    lab::Lab,
    net::Node,
    peer::Dial,
    tokens::{Cause, Impact, Kind, Phase},
};

const OPEN_PORTS: [u16; 3] = [22, 80, 443];
const CLOSED_PORTS: [u16; 2] = [23, 81];
const SILENT_PORT: u16 = 25;
/// Asked in this order: 22 is open, 23 closed, 25 silent, 80 open, 81 closed, 443 open.
const SCANNED_PORTS: &str = "22,23,25,80,81,443";
const NMAP_OPTIONS: [&str; 8] = [
    "-Pn",
    "-n",
    "-r",
    "--max-parallelism=1",
    "--max-retries=0",
    "--max-hostgroup=1",
    "--initial-rtt-timeout=300ms",
    "--max-rtt-timeout=300ms",
];
/// Long enough for a SYN and one repetition.
const SYN_PATIENCE: Duration = Duration::from_millis(1500);

const REFUSED: Declared = genuine(Phase::Syn, Cause::PortClosed, Impact::Disruptive);
/// Of a scan: nobody wanted to use the port.
const SCANNED: Declared = genuine(Phase::Syn, Cause::PortClosed, Impact::Benign);
const REJECTED: Declared = foreign(Phase::Syn, Cause::ConnectionRejected, Impact::Disruptive);
const PROBED: Declared = genuine(Phase::Established, Cause::ConnectScan, Impact::Benign);
const UNWANTED: Declared = genuine(Phase::Handshake, Cause::HalfOpenScan, Impact::Noteworthy);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "nmap_half_open_ports",
        purpose: "nmap -sS over six ports of one host: three are open, two closed, and one is dropped by the host's firewall.",
        kind: Kind::Real,
        run: |lab| scan_ports(lab, "-sS"),
        captures: &[
            client(&[UNWANTED, SCANNED, UNWANTED, SCANNED, UNWANTED]),
            server(&[UNWANTED, SCANNED, UNWANTED, SCANNED, UNWANTED]),
        ],
    },
    Scenario {
        name: "nmap_connect_ports",
        purpose: "nmap -sT over six ports of one host: three are open, two closed, and one is dropped by the host's firewall.",
        kind: Kind::Real,
        run: |lab| scan_ports(lab, "-sT"),
        captures: &[
            client(&[PROBED, SCANNED, PROBED, SCANNED, PROBED]),
            server(&[PROBED, SCANNED, PROBED, SCANNED, PROBED]),
        ],
    },
    Scenario {
        name: "nmap_half_open_hosts",
        purpose: "nmap -sS over one port of four hosts: two are open, one is silent, one refuses.",
        kind: Kind::Real,
        run: |lab| scan_hosts(lab, "-sS"),
        captures: &[client(&[UNWANTED, UNWANTED, SCANNED])],
    },
    Scenario {
        name: "nmap_connect_hosts",
        purpose: "nmap -sT over one port of four hosts: two are open, one is silent, one refuses.",
        kind: Kind::Real,
        run: |lab| scan_hosts(lab, "-sT"),
        captures: &[client(&[PROBED, PROBED, REFUSED])],
    },
    Scenario {
        name: "single_probe",
        purpose: "One connection that is reset at once without a byte, and nothing else.",
        kind: Kind::Real,
        run: single_probe,
        captures: &[client(&[PROBED]), server(&[PROBED])],
    },
    Scenario {
        name: "filtered_port",
        purpose: "The host refuses two closed ports; a firewall on the path silently drops the SYNs to a third.",
        kind: Kind::Real,
        run: filtered_port,
        captures: &[client(&[REFUSED, REFUSED])],
    },
    Scenario {
        name: "filtered_port_rejected",
        purpose: "The host refuses two closed ports; a firewall on the path rejects the SYN to a third.",
        kind: Kind::Real,
        run: filtered_port_rejected,
        captures: &[client(&[REFUSED, REJECTED, REFUSED])],
    },
    Scenario {
        name: "gateway_rejects_new",
        purpose: "After one conversation that works, the client's gateway with TTL 255 rejects every new one, to five hosts; the old one goes on.",
        kind: Kind::Real,
        run: gateway_rejects_new,
        captures: &[client(&[REJECTED; 5])],
    },
];

/// Runs nmap at the client; what it finds does not matter here.
pub(super) fn nmap(lab: &Lab, technique: &str, ports: &str, hosts: &[String]) -> Result<()> {
    let mut arguments = vec![technique];
    if lab.family() == Family::V6 {
        arguments.push("-6");
    }
    arguments.extend(NMAP_OPTIONS);
    arguments.extend(["-p", ports]);
    arguments.extend(hosts.iter().map(String::as_str));
    lab.run(Node::Client, "nmap", &arguments)
}

/// Makes the server drop what matches.
fn drop_at_server(lab: &Lab, condition: &str) -> Result<()> {
    at_server(lab, &format!("{condition} drop"))
}

fn at_server(lab: &Lab, rule: &str) -> Result<()> {
    lab.nft(
        Node::Server,
        &format!(
            "table inet firewall {{
                 chain input {{
                     type filter hook input priority 0;
                     {rule}
                 }}
             }}"
        ),
    )
}

fn scan_ports(lab: &mut Lab, technique: &str) -> Result<()> {
    let _listeners = OPEN_PORTS.map(|port| lab.listen(port));
    drop_at_server(lab, &format!("tcp dport {SILENT_PORT}"))?;
    let target = lab.family().server().to_string();
    nmap(lab, technique, SCANNED_PORTS, &[target])?;
    lab.end_captures()
}

fn scan_hosts(lab: &mut Lab, technique: &str) -> Result<()> {
    let [second, silent, refusing] = lab.add_hosts()?;
    let [_, _, port] = OPEN_PORTS;
    let _listener = lab.listen_at(Node::Server, port)?;
    let protocol = match lab.family() {
        Family::V4 => "ip",
        Family::V6 => "ip6",
    };
    at_server(
        lab,
        &format!(
            "tcp dport {port} {protocol} daddr {silent} drop
             tcp dport {port} {protocol} daddr {refusing} reject with tcp reset"
        ),
    )?;
    // One run a host: nmap would shuffle them.
    for host in [lab.family().server(), second, silent, refusing] {
        nmap(lab, technique, &port.to_string(), &[host.to_string()])?;
    }
    lab.end_captures()
}

fn single_probe(lab: &mut Lab) -> Result<()> {
    let [port, ..] = OPEN_PORTS;
    let _listener = lab.listen(port)?;
    lab.dial(port, Dial::default())?.abort()?;
    lab.settle()
}

fn filtered_port(lab: &mut Lab) -> Result<()> {
    filtered(lab, "drop", |lab| {
        lab.dial_unanswered(SILENT_PORT, SYN_PATIENCE)
    })
}

fn filtered_port_rejected(lab: &mut Lab) -> Result<()> {
    filtered(lab, "reject with tcp reset", |lab| {
        lab.dial_refused(SILENT_PORT, Dial::default())
    })
}

fn filtered(lab: &mut Lab, verdict: &str, dial: fn(&mut Lab) -> Result<()>) -> Result<()> {
    let [first, second] = CLOSED_PORTS;
    let condition = format!("tcp dport {SILENT_PORT}");
    at_middlebox(lab, &condition, verdict)?;
    lab.dial_refused(first, Dial::default())?;
    dial(lab)?;
    lab.dial_refused(second, Dial::default())
}

fn at_middlebox(lab: &Lab, condition: &str, verdict: &str) -> Result<()> {
    lab.nft(
        Node::Middlebox,
        &format!(
            "table inet firewall {{
                 chain forward {{
                     type filter hook forward priority 0;
                     {condition} {verdict}
                 }}
             }}"
        ),
    )
}

fn gateway_rejects_new(lab: &mut Lab) -> Result<()> {
    let [port, ..] = OPEN_PORTS;
    let listener = lab.listen(port)?;
    let mut old = lab.connect(&listener)?;
    old.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    lab.sysctl(Node::NearRouter, "net.ipv4.ip_default_ttl", "255")?;
    lab.sysctl(Node::NearRouter, "net.ipv6.conf.all.hop_limit", "255")?;
    lab.sysctl(Node::NearRouter, "net.ipv6.conf.right.hop_limit", "255")?;
    lab.sysctl(Node::NearRouter, "net.ipv6.conf.left.hop_limit", "255")?;
    lab.nft(
        Node::NearRouter,
        "table inet firewall {
             chain prerouting {
                 type filter hook prerouting priority 0;
                 iifname left tcp flags & (syn | ack) == syn reject with tcp reset
             }
         }",
    )?;
    lab.dial_refused(port, Dial::default())?;
    for host in public_hosts(lab.family()) {
        lab.dial_refused_by(SocketAddr::new(host, 443), Dial::default())?;
    }
    old.exchange(REQUEST, RESPONSE)?;
    old.close()
}
