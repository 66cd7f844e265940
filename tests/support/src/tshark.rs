// SPDX-License-Identifier: GPL-2.0-or-later

//! Runs the real tshark with the plugin under test, or with no plugin at all.
//!
//! Three facts of Wireshark shape this file:
//! as user or group 0 it ignores every plugin folder but the system's, so root steps down to an unprivileged user;
//! it exits 0 when it refuses a plugin, so the list of loaded plugins is asked before any output is believed;
//! and a plugin of the user's own would collide with the one under test, so each run gets a home folder of its own.
//!
//! The tests and `xtask` (demo, accuracy, bench) use it.

use std::{
    fmt, fs,
    io::{self, Read},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

/// The user that root becomes for a run: `nobody`.
const UNPRIVILEGED: u32 = 65534;

/// File name of the plugin, here and in every plugin folder.
pub const PLUGIN_FILE: &str = "librstscope.so";

/// What went wrong, in one sentence for the reader of a terminal.
#[derive(Debug)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl Error {
    fn at(doing: &str, path: &Path, error: &io::Error) -> Self {
        Self(format!("cannot {doing} {}: {error}", path.display()))
    }
}

/// What one run of a tool left behind.
#[derive(Debug)]
pub struct Run {
    /// How it ended; a crash shows here as a signal.
    pub status: ExitStatus,
    /// Standard output, as bytes: captures may hold anything.
    pub stdout: Vec<u8>,
    /// Standard error, as text.
    pub stderr: String,
}

/// A tshark with its own home folder and its own plugin folder, both gone when this is dropped.
#[derive(Debug)]
pub struct Tshark {
    scratch: Scratch,
    is_root: bool,
    limit: Option<Duration>,
    runs: AtomicUsize,
}

impl Tshark {
    /// A tshark without any plugin; a run that takes longer than `limit` is killed and is an error.
    pub fn plain(limit: Option<Duration>) -> Result<Self, Error> {
        let scratch = Scratch::new()?;
        let is_root = crate::is_root();
        let home = scratch.0.join("home");
        make_folder(&home)?;
        if is_root {
            chown(&home, Some(UNPRIVILEGED), Some(UNPRIVILEGED))
                .map_err(|error| Error::at("hand over", &home, &error))?;
        }
        make_folder(&scratch.0.join("plugins"))?;
        Ok(Self {
            scratch,
            is_root,
            limit,
            runs: AtomicUsize::new(0),
        })
    }

    /// A tshark that has loaded `plugin`, and nothing else: an error if it refuses to.
    pub fn with_plugin(plugin: &Path, limit: Option<Duration>) -> Result<Self, Error> {
        let tshark = Self::plain(limit)?;
        let mut folder = tshark.scratch.0.join("plugins");
        for level in [plugin_version_folder()?, "epan".to_owned()] {
            folder.push(level);
            make_folder(&folder)?;
        }
        put_plugin(plugin, &folder.join(PLUGIN_FILE))?;
        let listed = tshark.ask(&["-G", "plugins"])?;
        let text = String::from_utf8_lossy(&listed.stdout);
        if !text.lines().any(|line| line.starts_with(PLUGIN_FILE)) {
            return Err(Error(format!(
                "tshark does not load {}: `tshark -G plugins` does not list it; tshark said: {}",
                plugin.display(),
                match listed.stderr.trim() {
                    "" => "nothing",
                    said => said,
                }
            )));
        }
        Ok(tshark)
    }

    /// Puts `plugin` beside the one that is there, under the name `file`.
    pub fn add_plugin(&self, plugin: &Path, file: &str) -> Result<(), Error> {
        let folder = self
            .scratch
            .0
            .join("plugins")
            .join(plugin_version_folder()?);
        put_plugin(plugin, &folder.join("epan").join(file))
    }

    /// Runs tshark with `args` alone, for `-G` and the like.
    pub fn ask(&self, args: &[&str]) -> Result<Run, Error> {
        let mut command = self.command();
        command.args(args);
        self.finish(command)
    }

    /// Runs tshark with `args` on `capture`.
    ///
    /// Root hands the unprivileged user a private copy, because that user may be unable to reach the file.
    pub fn read(&self, capture: &Path, args: &[&str]) -> Result<Run, Error> {
        if !self.is_root {
            let mut command = self.command();
            command.arg("-r").arg(capture).args(args);
            return self.finish(command);
        }
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        let copy = self.scratch.0.join(format!("capture-{number}"));
        hand_over(capture, &copy)?;
        let mut command = self.command();
        command.arg("-r").arg(&copy).args(args);
        let mut run = self.finish(command)?;
        fs::remove_file(&copy).map_err(|error| Error::at("remove", &copy, &error))?;
        run.stderr = run
            .stderr
            .replace(&*copy.to_string_lossy(), &capture.to_string_lossy());
        Ok(run)
    }

    /// tshark with its environment, to be given arguments and run by the caller.
    pub fn command(&self) -> Command {
        let mut command = if self.is_root {
            let mut command = Command::new("setpriv");
            command
                .arg(format!("--reuid={UNPRIVILEGED}"))
                .arg(format!("--regid={UNPRIVILEGED}"))
                .args(["--clear-groups", "tshark"]);
            command
        } else {
            Command::new("tshark")
        };
        command
            .env("HOME", self.scratch.0.join("home"))
            .env("WIRESHARK_PLUGIN_DIR", self.scratch.0.join("plugins"))
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .env_remove("WIRESHARK_CONFIG_DIR")
            .env_remove("WIRESHARK_RUN_FROM_BUILD_DIRECTORY")
            .env_remove("XDG_CONFIG_HOME")
            .current_dir(&self.scratch.0);
        command
    }

    fn finish(&self, command: Command) -> Result<Run, Error> {
        run_within(command, self.limit)
    }
}

/// The folders that the installed tshark names, such as `Personal Plugins`, for the present user.
pub fn folder(name: &str) -> Result<PathBuf, Error> {
    let mut command = Command::new("tshark");
    command.args(["-G", "folders"]);
    let run = run_within(command, Some(Duration::from_secs(60)))?;
    String::from_utf8_lossy(&run.stdout)
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| *key == name)
        .map(|(_, path)| PathBuf::from(path.trim()))
        .ok_or_else(|| Error(format!("`tshark -G folders` names no {name}")))
}

/// Major and minor version of the installed Wireshark.
pub fn version() -> Result<(u32, u32), Error> {
    // On macOS the folder is called 4-6.
    let folder = plugin_version_folder()?;
    let mut numbers = folder.split(['.', '-']).map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Ok((major, minor)),
        _ => Err(Error(format!(
            "the plugin folder {folder:?} of `tshark -G folders` is not named by a version"
        ))),
    }
}

/// The sub-folder that holds the plugins of this Wireshark's version, such as `4.0`.
fn plugin_version_folder() -> Result<String, Error> {
    let personal = folder("Personal Plugins")?;
    personal
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .ok_or_else(|| Error("`tshark -G folders` names no plugin folder".to_owned()))
}

/// Runs `command` to its end, or kills it after `limit`.
fn run_within(mut command: Command, limit: Option<Duration>) -> Result<Run, Error> {
    let failed = |error: &io::Error, command: &Command| {
        let program = command.get_program().to_string_lossy().into_owned();
        Error(format!(
            "cannot run {program}: {error}; `cargo xtask test` installs what is missing"
        ))
    };
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error, &command))?;
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());

    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|error| failed(&error, &command))? {
            break status;
        }
        if limit.is_some_and(|limit| started.elapsed() > limit) {
            child.kill().map_err(|error| failed(&error, &command))?;
            child.wait().map_err(|error| failed(&error, &command))?;
            return Err(Error(format!(
                "killed after {} s without an end: {command:?}",
                started.elapsed().as_secs()
            )));
        }
        thread::sleep(Duration::from_millis(5));
    };
    let collect = |reader: thread::JoinHandle<io::Result<Vec<u8>>>| match reader.join() {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => Err(failed(&error, &command)),
        Err(_) => Err(Error(format!("reading the output of {command:?} failed"))),
    };
    Ok(Run {
        status,
        stdout: collect(stdout)?,
        stderr: String::from_utf8_lossy(&collect(stderr)?).into_owned(),
    })
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<io::Result<Vec<u8>>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            pipe.read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    })
}

/// Copies a plugin so that every user can load it.
fn put_plugin(plugin: &Path, copy: &Path) -> Result<(), Error> {
    fs::copy(plugin, copy).map_err(|error| Error::at("copy", plugin, &error))?;
    fs::set_permissions(copy, fs::Permissions::from_mode(0o755))
        .map_err(|error| Error::at("make readable", copy, &error))
}

/// Copies `from` to `to` so that only the unprivileged user can read it.
fn hand_over(from: &Path, to: &Path) -> Result<(), Error> {
    let mut source = fs::File::open(from).map_err(|error| Error::at("read", from, &error))?;
    let mut target = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)
        .map_err(|error| Error::at("write", to, &error))?;
    io::copy(&mut source, &mut target).map_err(|error| Error::at("copy", from, &error))?;
    chown(to, Some(UNPRIVILEGED), Some(UNPRIVILEGED))
        .map_err(|error| Error::at("hand over", to, &error))
}

/// Makes a folder that every user can enter, whatever the umask.
fn make_folder(path: &Path) -> Result<(), Error> {
    fs::DirBuilder::new()
        .mode(0o755)
        .create(path)
        .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(0o755)))
        .map_err(|error| Error::at("make", path, &error))
}

/// A folder of our own under the system's temporary folder, removed when dropped.
#[derive(Debug)]
pub struct Scratch(pub PathBuf);

impl Scratch {
    /// Makes a new, empty folder with a name that no other process uses.
    pub fn new() -> Result<Self, Error> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let base = std::env::temp_dir();
        loop {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = base.join(format!("rstscope-{}-{number}", std::process::id()));
            // A folder left by an earlier process of the same number is not ours to use.
            if !path.exists() {
                make_folder(&path)?;
                return Ok(Self(path));
            }
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing can be done about a folder that does not go; the system clears its temporary folder.
        let _ = fs::remove_dir_all(&self.0);
    }
}
