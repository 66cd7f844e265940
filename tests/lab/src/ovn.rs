// SPDX-License-Identifier: GPL-2.0-or-later

//! OVN, as Debian has it, in the place of the bridge before the server: a logical switch whose
//! access lists reject. Its Open vSwitch forwards in user space, so no kernel module is needed.

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

use crate::{
    namespace::{Namespace, installed},
    peer::PATIENCE,
    program::Program,
};

/// Databases and where their packages keep the schemas.
const DATABASES: [(&str, &str); 3] = [
    ("conf.db", "/usr/share/openvswitch/vswitch.ovsschema"),
    ("nb.db", "/usr/share/ovn/ovn-nb.ovsschema"),
    ("sb.db", "/usr/share/ovn/ovn-sb.ovsschema"),
];
/// Programs, the first of which keeps the databases.
const PROGRAMS: [&str; 4] = [
    "ovsdb-server",
    "ovs-vswitchd",
    "ovn-northd",
    "ovn-controller",
];
/// How long OVN may take until its switch does what was asked for.
const SECONDS: &str = "--timeout=30";
const POLL: Duration = Duration::from_millis(10);

/// A running OVN. Dropping it ends its programs.
pub(crate) struct Ovn {
    // Declared first and so dropped first: the programs end before their folder goes.
    programs: Vec<Program>,
    folder: PathBuf,
}

impl Ovn {
    /// Makes a namespace's two devices, `left` and `right`, the ports of a logical switch.
    pub(crate) fn start(namespace: &Namespace) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        for program in PROGRAMS {
            installed(program)?;
        }
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("rstscope-ovn-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let mut ovn = Self {
            programs: Vec::new(),
            folder,
        };
        let script = "link set dev left nomaster\nlink set dev right nomaster\nlink del bridge\n";
        namespace.run("ip", &["-batch", "-"], script)?;
        ovn.keep_databases(namespace)?;
        let database = ovn.database();
        let northbound = format!("--ovnnb-db={database}");
        let southbound = format!("--ovnsb-db={database}");
        ovn.launch(namespace, "ovs-vswitchd", &[&database])?;
        ovn.launch(namespace, "ovn-northd", &[&northbound, &southbound])?;
        ovn.launch(namespace, "ovn-controller", &[&database])?;
        ovn.ask(
            namespace,
            "ovs-vsctl",
            "-- --may-exist add-br br-int
             -- set bridge br-int datapath_type=netdev fail-mode=secure
             -- add-port br-int left -- set interface left external_ids:iface-id=router
             -- add-port br-int right -- set interface right external_ids:iface-id=server",
        )?;
        ovn.ask(
            namespace,
            "ovn-nbctl",
            "-- ls-add net
             -- lsp-add net router -- lsp-set-addresses router unknown
             -- lsp-add net server -- lsp-set-addresses server unknown",
        )?;
        ovn.ask(namespace, "ovn-nbctl", "--wait=hv sync")?;
        Ok(ovn)
    }

    /// Rejects what is for a port of the server from now on.
    pub(crate) fn reject(&self, namespace: &Namespace, port: u16) -> Result<()> {
        let condition = format!("outport == \"server\" && tcp.dst == {port}");
        let database = format!("--db={}", self.database());
        let rule = [
            &database,
            SECONDS,
            "--wait=hv",
            "acl-add",
            "net",
            "to-lport",
            "1000",
            &condition,
            "reject",
        ];
        self.run(namespace, "ovn-nbctl", &rule)
    }

    fn database(&self) -> String {
        format!("unix:{}/db.sock", self.folder.display())
    }

    fn keep_databases(&mut self, namespace: &Namespace) -> Result<()> {
        let mut arguments = Vec::new();
        for (name, schema) in DATABASES {
            let path = self.folder.join(name).display().to_string();
            self.run(namespace, "ovsdb-tool", &["create", &path, schema])?;
            arguments.push(path);
        }
        let socket = self.folder.join("db.sock");
        arguments.push(format!("--remote=punix:{}", socket.display()));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.launch(namespace, "ovsdb-server", &arguments)?;
        let end = Instant::now() + PATIENCE;
        while !socket.exists() {
            ensure!(Instant::now() < end, "ovsdb-server has not started");
            thread::sleep(POLL);
        }
        self.ask(namespace, "ovs-vsctl", "--no-wait init")?;
        let settings = format!(
            "--no-wait set Open_vSwitch . external_ids:system-id=lab \
             external_ids:ovn-remote={} external_ids:ovn-encap-type=geneve \
             external_ids:ovn-encap-ip=127.0.0.1",
            self.database()
        );
        self.ask(namespace, "ovs-vsctl", &settings)
    }

    /// Where all of these programs keep their sockets.
    fn folders(&self) -> [String; 2] {
        ["OVS_RUNDIR", "OVN_RUNDIR"].map(|name| format!("{name}={}", self.folder.display()))
    }

    fn launch(&mut self, namespace: &Namespace, name: &str, arguments: &[&str]) -> Result<()> {
        let folders = self.folders();
        let words: Vec<&str> = folders
            .iter()
            .map(String::as_str)
            .chain([name])
            .chain(arguments.iter().copied())
            .chain(["-vconsole:off"])
            .collect();
        self.programs
            .push(Program::start(namespace, "env", &words, "")?);
        Ok(())
    }

    fn ask(&self, namespace: &Namespace, program: &str, words: &str) -> Result<()> {
        let database = format!("--db={}", self.database());
        let words: Vec<&str> = [database.as_str(), SECONDS]
            .into_iter()
            .chain(words.split_whitespace())
            .collect();
        self.run(namespace, program, &words)
    }

    fn run(&self, namespace: &Namespace, program: &str, arguments: &[&str]) -> Result<()> {
        let folders = self.folders();
        let words: Vec<&str> = folders
            .iter()
            .map(String::as_str)
            .chain([program])
            .chain(arguments.iter().copied())
            .collect();
        namespace.run("env", &words, "")
    }
}

impl Drop for Ovn {
    fn drop(&mut self) {
        self.programs.clear();
        // What is left in the temporary folder harms nobody.
        drop(fs::remove_dir_all(&self.folder));
    }
}
