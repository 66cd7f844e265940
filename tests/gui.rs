// SPDX-License-Identifier: GPL-2.0-or-later

//! The real Wireshark, on a screen of its own, as a user meets the plugin and the profile.
//!
//! Screenshots are kept in `target/tmp/gui`; `cargo xtask bless --picture` makes one of them the README's.

use std::{
    env,
    error::Error,
    fs,
    io::Write,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    rc::Rc,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rstscope_test_support::{
    cases,
    profile::{self, Done},
    screen::{Area, Ending, Image, SIZE, Screen},
    tshark::{Scratch, Tshark},
};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Where `cargo xtask bless --picture` wants the README's picture.
const PICTURE_VARIABLE: &str = "RSTSCOPE_PICTURE";

/// The menus, and the filter with its buttons.
const TOP: Area = Area::rows(0, 120);
/// A menu that hangs down.
const MENU: Area = Area::rows(40, 800);
/// The rows of the packet list, and how high each is.
const LIST: Area = Area::rows(136, 470);
const ROW: usize = 17;
const HEADING_AND_LIST: Area = Area::rows(115, 470);
const DETAILS: Area = Area::at(0, 500, 685, 360);
/// The left and the right part of the preferences.
const CHAPTERS: Area = Area::at(0, 0, 290, 400);
const PREFERENCES: Area = Area::at(305, 0, 1095, 840);
/// The values in the table of preferences.
const VALUES: Area = Area::at(780, 70, 300, 300);
const STATUS: Area = Area::rows(850, 900);
const WHOLE: Area = Area::rows(0, SIZE.1);
/// A column of pixels that meets no letter in the packet list: the left edge of Length.
const BETWEEN_COLUMNS: usize = 360;

/// Backgrounds of the profile.
const MIDDLEBOX: &str = "#a40000";
const AFTER_FORGERY: &str = "#cdebe6";
const DISRUPTIVE: &str = "#ffcc80";
const NOTEWORTHY: &str = "#fff3c4";
const BENIGN: &str = "#ececec";

/// Wireshark with the plugin and the profile, showing a capture.
struct Wireshark {
    screen: Screen,
    _tshark: Tshark,
    _home: Scratch,
    /// One at a time: they are slow enough alone.
    _turn: MutexGuard<'static, ()>,
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn demo() -> PathBuf {
    project().join("tests/captures/demo/capture.pcap")
}

impl Wireshark {
    /// Shows the demo.
    fn open() -> Outcome<Self> {
        let wireshark = Self::start("capture.pcap", |home| {
            let capture = home.join("capture.pcap");
            fs::copy(demo(), &capture)?;
            Ok((vec!["-r".into(), capture.into_os_string()], Stdio::null()))
        })?;
        wireshark.screen.find("Displayed: 47", STATUS)?;
        wireshark.widen_columns("port_closed")?;
        Ok(wireshark)
    }

    /// Makes the columns as wide as what they hold, such as this cause.
    fn widen_columns(&self, cause: &str) -> Outcome {
        let widen = || self.screen.press(&["ctrl+shift+r"]);
        self.screen.find_after(widen, cause, HEADING_AND_LIST)?;
        Ok(())
    }

    /// Starts it with what `prepare` makes in its home folder.
    fn start(
        title: &str,
        prepare: impl FnOnce(&Path) -> Outcome<(Vec<std::ffi::OsString>, Stdio)>,
    ) -> Outcome<Self> {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let tshark = cases::tshark_with_plugin()?;
        let home = Scratch::new()?;
        let folder = home
            .0
            .join(".config/wireshark/profiles")
            .join(profile::NAME);
        let done = profile::install(&profile::files(project())?, &folder)?;
        assert_eq!(done, Done::Written);
        let (arguments, stdin) = prepare(&home.0)?;

        // The same user, plugin folder and language as tshark has in the other tests.
        let like = tshark.command();
        let mut command = Command::new("setpriv");
        let mut wireshark = if like.get_program() == "setpriv" {
            command.args(like.get_args().take_while(|argument| *argument != "tshark"));
            command.arg("wireshark");
            hand_over(&home.0)?;
            command
        } else {
            Command::new("wireshark")
        };
        for (name, value) in like.get_envs() {
            match value {
                Some(value) => wireshark.env(name, value),
                None => wireshark.env_remove(name),
            };
        }
        wireshark
            .env("HOME", &home.0)
            .env("XDG_RUNTIME_DIR", &home.0)
            .args(["-C", profile::NAME])
            .args(arguments)
            .current_dir(&home.0);
        let screen = Screen::showing(&mut wireshark, stdin, &pictures())?;
        screen.fill_with(|| Ok(()), title)?;
        Ok(Self {
            screen,
            _tshark: tshark,
            _home: home,
            _turn: turn,
        })
    }

    fn filter(&self, filter: &str, displayed: usize) -> Outcome {
        let apply = || {
            self.screen.press(&["ctrl+slash", "ctrl+a"])?;
            self.screen.type_text(filter)?;
            self.screen.press(&["Return"])
        };
        let phrase = format!("Displayed: {displayed} ");
        self.screen.find_after(apply, &phrase, STATUS)?;
        Ok(())
    }

    fn go_to(&self, frame: u32) -> Outcome {
        let go = || {
            let ask = || self.screen.press(&["ctrl+g"]);
            self.screen
                .find_after(ask, "Packet:", Area::rows(90, 180))?;
            self.screen.type_text(&frame.to_string())?;
            self.screen.press(&["Return"])
        };
        let phrase = format!("Frame {frame}: ");
        self.screen.find_after(go, &phrase, DETAILS)?;
        Ok(())
    }

    /// Pages down in the details until the phrase shows.
    fn scroll_to(&self, phrase: &str) -> Outcome<(usize, usize)> {
        let mut before = None;
        self.screen
            .until(&format!("{phrase:?} in the details"), || {
                let lines = self.screen.read(DETAILS)?;
                let found = lines.iter().find_map(|line| line.find(phrase));
                if found.is_none() {
                    // Nothing new after the last page: what was passed by is looked for again.
                    let is_end = before.as_ref().is_some_and(|last| Rc::ptr_eq(last, &lines));
                    self.screen
                        .press(&[if is_end { "Home" } else { "Page_Down" }])?;
                }
                before = Some(lines);
                Ok(found)
            })
    }

    /// Chooses an entry, and waits for its window.
    fn choose(&self, menu: &str, entry: &str) -> Outcome {
        let choose = || {
            let open = || self.screen.click(self.screen.find(menu, TOP)?, 1);
            let entry = self.screen.find_after(open, entry, MENU)?;
            self.screen.click(entry, 1)
        };
        self.screen.fill_with(choose, entry)
    }
}

/// Gives all that lies in the home folder to the user that root becomes.
fn hand_over(path: &Path) -> Outcome {
    const NOBODY: u32 = 65534;
    if fs::metadata(path)?.uid() == 0 {
        chown(path, Some(NOBODY), Some(NOBODY))?;
    }
    if path.is_dir() {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        for entry in path.read_dir()? {
            hand_over(&entry?.path())?;
        }
    }
    Ok(())
}

/// Where screenshots are kept.
fn pictures() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("gui")
}

/// Keeps a screenshot.
fn keep(image: &Image, name: &str) -> Outcome {
    image.save(&pictures().join(name).with_extension("png"))
}

/// The backgrounds of the rows of the packet list, down to the first that is white.
fn row_colors(image: &Image) -> Vec<String> {
    let rows = (LIST.y..LIST.y + LIST.height).step_by(ROW);
    rows.map(|top| image.color(BETWEEN_COLUMNS, top + ROW / 2))
        .take_while(|color| color != "#ffffff")
        .collect()
}

#[test]
fn packet_list_tells_resets_apart() -> Outcome {
    let wireshark = Wireshark::open()?;
    wireshark.filter("rst", 9)?;
    for phrases in [
        ["port_closed", "disruptive"],
        ["application_abort", "noteworthy"],
        ["request_lost", "disruptive"],
        ["connection_rejected", "disruptive"],
        ["content_filter", "disruptive"],
        ["consequence", "benign"],
        ["RST, ACK", "RST likely"],
        ["Who", "Impact"],
    ] {
        for phrase in phrases {
            wireshark.screen.find(phrase, HEADING_AND_LIST)?;
        }
    }

    wireshark.go_to(46)?;
    let mut colors = row_colors(&wireshark.screen.look()?);
    wireshark.go_to(43)?;
    let image = wireshark.screen.look()?;
    keep(&image, "resets")?;
    // The row of the selected frame has the color of the selection.
    let others = row_colors(&image);
    assert_eq!(others.len(), 9);
    assert_ne!(colors[7], others[7]);
    colors[7].clone_from(&others[7]);
    let expected = [
        DISRUPTIVE,
        NOTEWORTHY,
        DISRUPTIVE,
        MIDDLEBOX,
        MIDDLEBOX,
        MIDDLEBOX,
        BENIGN,
        AFTER_FORGERY,
        BENIGN,
    ];
    assert_eq!(colors, expected);

    wireshark.filter("!rst", 38)?;
    for key in ["ctrl+Home", "ctrl+End"] {
        wireshark.screen.press(&[key])?;
        let image = wireshark.screen.look()?;
        keep(&image, "ordinary")?;
        let colors = row_colors(&image);
        assert!(colors.len() > 10, "{colors:?}");
        assert!(!colors.iter().any(|color| color == MIDDLEBOX), "{colors:?}");
    }
    Ok(())
}

#[test]
fn details_explain_and_a_link_jumps() -> Outcome {
    let wireshark = Wireshark::open()?;
    wireshark.go_to(43)?;
    let unfold = || {
        let root = "[TCP Reset Analysis, RST likely";
        let root = wireshark.screen.find(root, DETAILS)?;
        wireshark.screen.click(root, 1)?;
        wireshark.screen.press(&["shift+Right"])
    };
    wireshark
        .screen
        .find_after(unfold, "Phase: request", DETAILS)?;
    for phrase in [
        "Claimed sender: server",
        "Origin: middlebox",
        "Cause: content_filter",
        "Answer to: 42",
        "Impact: disruptive",
        "Evidence: ",
    ] {
        wireshark.scroll_to(phrase)?;
    }
    let image = wireshark.screen.look()?;
    keep(&image, "packet-list")?;
    if let Some(picture) = env::var_os(PICTURE_VARIABLE) {
        image.save(Path::new(&picture))?;
    }
    let follow = || {
        wireshark.screen.press(&["Home"])?;
        let trigger = wireshark.scroll_to("Answer to: 42")?;
        wireshark.screen.click(trigger, 2)
    };
    wireshark.screen.find_after(follow, "Frame 42: ", DETAILS)?;
    Ok(())
}

#[test]
fn expert_information_and_statistics_count_the_resets() -> Outcome {
    let wireshark = Wireshark::open()?;
    wireshark.choose("Analyze", "Expert Information")?;
    for severity in ["Warning", "Note", "Chat"] {
        wireshark.screen.find(severity, WHOLE)?;
    }
    wireshark
        .screen
        .find("Host still sending after a forged RST", WHOLE)?;
    wireshark
        .screen
        .find("connection rejected on the path", WHOLE)?;
    keep(&wireshark.screen.look()?, "expert")?;
    let close = || wireshark.screen.press(&["Escape"]);
    wireshark
        .screen
        .find_after(close, "Displayed: 47", STATUS)?;

    wireshark.choose("Statistics", "TCP Resets")?;
    for row in ["middlebox 3", "disruptive 5", "10.77.4.2 6"] {
        wireshark.screen.find(row, WHOLE)?;
    }
    let group = wireshark.screen.find("Resets by origin 8", WHOLE)?;
    let end = || {
        wireshark.screen.click(group, 1)?;
        wireshark.screen.press(&["End"])
    };
    wireshark
        .screen
        .find_after(end, "Connection attempts 7", WHOLE)?;
    for row in ["refused 1", "accepted 5"] {
        wireshark.screen.find(row, WHOLE)?;
    }
    keep(&wireshark.screen.look()?, "statistics")
}

#[test]
fn button_reload_and_preference_take_effect() -> Outcome {
    let wireshark = Wireshark::open()?;
    let button = wireshark.screen.find("Forged", TOP)?;
    let click = || wireshark.screen.click(button, 1);
    wireshark
        .screen
        .find_after(click, "Displayed: 3 ", STATUS)?;
    wireshark.screen.press(&["ctrl+r"])?;
    wireshark.screen.find("Displayed: 3 ", STATUS)?;
    wireshark.screen.find("RST likely", LIST)?;
    assert_eq!(row_colors(&wireshark.screen.look()?)[1..], [MIDDLEBOX; 2]);

    let ask = || wireshark.screen.press(&["ctrl+shift+p"]);
    wireshark.screen.fill_with(ask, "Preferences")?;
    let advanced = wireshark.screen.find("Advanced", CHAPTERS)?;
    let choose = || wireshark.screen.click(advanced, 1);
    let search = wireshark
        .screen
        .find_after(choose, "Search:", PREFERENCES)?;
    let look_for = || {
        wireshark.screen.click((search.0 + 200, search.1), 1)?;
        wireshark.screen.press(&["ctrl+a"])?;
        wireshark.screen.type_text("rst.info_column")
    };
    wireshark
        .screen
        .find_after(look_for, "rst.info_column Default", PREFERENCES)?;
    let value = wireshark.screen.find("TRUE", VALUES)?;
    let change = || wireshark.screen.click(value, 2);
    wireshark
        .screen
        .find_after(change, "rst.info_column Changed", PREFERENCES)?;
    keep(&wireshark.screen.look()?, "preferences")?;
    let accept = || wireshark.screen.press(&["Return"]);
    wireshark
        .screen
        .find_after(accept, "Displayed: 3 ", STATUS)?;
    wireshark
        .screen
        .until("an Info column without summaries", || {
            let lines = wireshark.screen.read(LIST)?;
            let has = |phrase| lines.iter().any(|line| line.holds(phrase));
            Ok((has("RST, ACK") && !has("likely")).then_some(()))
        })
}

#[test]
fn resets_are_explained_while_the_capture_runs() -> Outcome {
    let (reader, mut writer) = std::io::pipe()?;
    let wireshark = Wireshark::start("Wireshark Network Analyzer", |_| {
        Ok((vec!["-k".into(), "-i".into(), "-".into()], reader.into()))
    });
    let bytes = fs::read(demo())?;
    let (before, after) = bytes.split_at(start_of(&bytes, 44)?);
    writer.write_all(before)?;
    let wireshark = wireshark?;
    wireshark.screen.find("Packets: 43", STATUS)?;
    wireshark.widen_columns("content_filter")?;
    wireshark.filter("rst.origin", 6)?;
    wireshark.go_to(43)?;
    wireshark.screen.find("faster than the path", DETAILS)?;
    wireshark.filter("rst.followup", 0)?;
    writer.write_all(after)?;
    drop(writer);
    wireshark.screen.find("Displayed: 1 ", STATUS)?;
    wireshark.filter("rst", 9)?;
    wireshark.go_to(43)?;
    wireshark.screen.find("real sender goes on", DETAILS)?;
    keep(&wireshark.screen.look()?, "live")
}

/// A host behind a veth refuses a connection each second, until nobody listens any more.
const REFUSED_EACH_SECOND: &str = "
    exec 9> >(exec unshare --net cat > /dev/null) # which ends with whoever holds this end
    peer=$!
    while [ $(readlink /proc/$peer/ns/net) = $(readlink /proc/$$/ns/net) ]; do sleep 0.1; done
    ip link add near type veth peer name far netns $peer &&
    ip addr add 10.9.0.1/24 dev near && ip link set near up &&
    nsenter --target $peer --net ip addr add 10.9.0.2/24 dev far &&
    nsenter --target $peer --net ip link set far up || exit
    dumpcap -q -i near -f tcp -P -w - 9>&- &
    while kill -0 $! 2>/dev/null; do
        sleep 1
        (exec 3<>/dev/tcp/10.9.0.2/81) 2>/dev/null
    done";

#[test]
fn resets_are_explained_on_a_live_interface() -> Outcome {
    let mut host = None;
    // Without a capture Wireshark has the first title, and keeps it only for a moment.
    let title = "Wireshark Network Analyzer|Capturing from";
    let wireshark = Wireshark::start(title, |_| {
        let mut namespace = Command::new("unshare");
        // Root needs no other root, and may not have one in a chroot.
        if fs::metadata("/proc/self")?.uid() != 0 {
            namespace.arg("--map-root-user");
        }
        namespace
            .args(["--net", "bash", "-c", REFUSED_EACH_SECOND])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut started = namespace.spawn()?;
        let packets = started.stdout.take().ok_or("no standard output")?;
        host = Some(Ending(started));
        Ok((vec!["-k".into(), "-i".into(), "-".into()], packets.into()))
    })?;
    // The column is too narrow for all of it at first.
    wireshark.screen.find("port_clo", LIST)?;
    wireshark.go_to(2)?;
    wireshark
        .screen
        .find("RST claiming to be from the server", DETAILS)?;
    keep(&wireshark.screen.look()?, "interface")?;
    drop(host);
    Ok(())
}

/// Where a frame's record begins in a capture file.
fn start_of(capture: &[u8], frame: usize) -> Outcome<usize> {
    (1..frame).try_fold(24, |at, _| {
        let length = capture.get(at + 8..at + 12).ok_or("the capture is short")?;
        let length = u32::from_le_bytes(length.try_into()?);
        Ok(at + 16 + usize::try_from(length)?)
    })
}
