// SPDX-License-Identifier: GPL-2.0-or-later

//! Real devices: programs of others that run in a node's namespace.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Seek as _, Write as _},
    process::{Child, ChildStderr, Command, Stdio},
};

use anyhow::{Context as _, Result, bail};
use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::namespace::{Namespace, installed, missing};

/// Where a program finds the configuration that it is given: a file without a name.
pub(crate) const CONFIGURATION: &str = "/dev/stdin";

/// A running program. Dropping it ends it, and so does the end of the thread that started it.
#[derive(Debug)]
pub(crate) struct Program {
    name: &'static str,
    child: Child,
    /// Kept open: a program that cannot write here might end.
    messages: BufReader<ChildStderr>,
}

impl Program {
    /// Starts a program in a namespace.
    pub(crate) fn start(
        namespace: &Namespace,
        name: &'static str,
        arguments: &[&str],
        configuration: &str,
    ) -> Result<Self> {
        let mut file = File::from(memfd_create("configuration", MFdFlags::MFD_CLOEXEC)?);
        file.write_all(configuration.as_bytes())?;
        file.rewind()?;
        let mut child = namespace.enter(|| {
            installed(name)?;
            Command::new("setpriv")
                .args(["--pdeathsig", "KILL", name])
                .args(arguments)
                .stdin(Stdio::from(file))
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .map_err(|error| missing("setpriv", &error))
        })?;
        let messages = child.stderr.take().map(BufReader::new);
        Ok(Self {
            name,
            messages: messages.with_context(|| format!("{name} has no standard error"))?,
            child,
        })
    }

    /// Waits until the program has said so.
    pub(crate) fn expect_message(&mut self, wanted: &str) -> Result<()> {
        let mut line = String::new();
        while !line.contains(wanted) {
            line.clear();
            if self.messages.read_line(&mut line)? == 0 {
                bail!("{} has ended without saying `{wanted}`", self.name);
            }
        }
        Ok(())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail only if the program has ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
