// SPDX-License-Identifier: GPL-2.0-or-later

//! A screen that nobody sits at, with a hand and an eye: Xvfb, openbox, xdotool, ImageMagick, Tesseract.

use std::{
    cell::RefCell,
    collections::HashMap,
    error::Error,
    fs::{self, DirEntry},
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    rc::Rc,
    thread,
    time::{Duration, Instant},
};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// What takes longer to show does not come: a machine under load needs minutes.
const PATIENCE: Duration = Duration::from_secs(600);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);
/// What an action has not shown by then, after all came to rest, it has not done: a key that comes before a window
/// has the focus is lost.
const LOST: Duration = Duration::from_secs(5);
/// Between two samples of who works.
const SAMPLE: Duration = Duration::from_millis(40);
/// So many samples in a row without work are rest: one alone may fall between two programs' turns.
const REST: usize = 5;
/// Who works longer without a pause, as a live capture may, is not waited for.
const NO_REST: Duration = Duration::from_secs(60);
/// The screen's size; a window fills it.
pub const SIZE: (usize, usize) = (1400, 900);
/// Tesseract reads letters of some 30 pixels best; ours have 10.
const MAGNIFIED: usize = 3;

/// A part of the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Pixels from the left.
    pub x: usize,
    /// Pixels from the top.
    pub y: usize,
    /// In pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
}

impl Area {
    /// A rectangle by its upper left corner and its size.
    #[must_use]
    pub const fn at(x: usize, y: usize, width: usize, height: usize) -> Self {
        Self {
            x,
            y,
            width,
            height,
        }
    }

    /// The whole screen from one height down to another.
    pub const fn rows(from: usize, to: usize) -> Self {
        Self {
            x: 0,
            y: from,
            width: SIZE.0,
            height: to - from,
        }
    }
}

/// A line of text on the screen, by its words.
#[derive(Debug)]
pub struct Line {
    words: Vec<(String, usize, usize)>,
}

impl Line {
    /// Only what is rarely misread: letters and digits.
    fn text(&self) -> String {
        self.words.iter().map(|(word, ..)| word.as_str()).collect()
    }

    /// Whether the line holds this phrase.
    pub fn holds(&self, phrase: &str) -> bool {
        self.find(phrase).is_some()
    }

    /// The middle of the first word of `phrase`, if the line holds it.
    pub fn find(&self, phrase: &str) -> Option<(usize, usize)> {
        let (phrase, text) = (plain(phrase), self.text());
        let at = text.find(&phrase)?;
        let mut end = 0;
        self.words.iter().find_map(|(word, x, y)| {
            end += word.len();
            (end > at).then_some((*x, *y))
        })
    }
}

/// Letters and digits, in lower case; what is commonly taken for one another is made the same.
fn plain(text: &str) -> String {
    text.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| match letter.to_ascii_lowercase() {
            'l' | 'i' | '|' => '1',
            'o' => '0',
            letter => letter,
        })
        .collect()
}

/// What the screen shows at one moment.
pub struct Image {
    width: usize,
    ppm: Vec<u8>,
    pixels: usize,
}

impl Image {
    /// The color of a pixel, as `#rrggbb`.
    pub fn color(&self, x: usize, y: usize) -> String {
        let at = self.pixels + 3 * (y * self.width + x);
        let parts = self.ppm.get(at..at + 3).unwrap_or_default();
        let digits: String = parts.iter().map(|part| format!("{part:02x}")).collect();
        format!("#{digits}")
    }

    /// The area as a gray picture of ink on paper: paper is the commonest color of each line.
    fn ink(&self, area: Area) -> Vec<u8> {
        let mut gray = format!("P5 {} {} 255\n", area.width, area.height).into_bytes();
        for y in area.y..area.y + area.height {
            let at = self.pixels + 3 * (y * self.width + area.x);
            let line = self.ppm.get(at..at + 3 * area.width).unwrap_or_default();
            let mut counts = HashMap::<&[u8], usize>::new();
            for pixel in line.chunks(3) {
                *counts.entry(pixel).or_default() += 1;
            }
            let paper = counts.iter().max_by_key(|(_, count)| **count);
            let paper = paper.map(|(color, _)| *color).unwrap_or_default();
            gray.extend(line.chunks(3).map(|pixel| {
                let parts = pixel.iter().zip(paper);
                let difference = parts.map(|(one, other)| one.abs_diff(*other)).max();
                u8::MAX - difference.unwrap_or_default()
            }));
        }
        gray
    }

    /// Keeps the image, with few colors, so that it is small.
    pub fn save(&self, path: &Path) -> Outcome {
        fs::create_dir_all(path.parent().ok_or("the picture has no folder")?)?;
        let png = pipe(
            Command::new("convert").args(["ppm:-", "+dither", "-colors", "128", "png8:-"]),
            &self.ppm,
        )?;
        Ok(fs::write(path, png)?)
    }
}

/// Reads the ink of an area, line by line.
fn lines(ink: &[u8], area: Area) -> Outcome<Vec<Line>> {
    let magnified = pipe(
        Command::new("convert")
            .args(["pgm:-", "-normalize", "-resize", &format!("{MAGNIFIED}00%")])
            .arg("pgm:-"),
        ink,
    )?;
    let table = pipe(
        Command::new("tesseract")
            .args(["-", "-", "--psm", "6", "tsv"])
            .env("OMP_THREAD_LIMIT", "1"),
        &magnified,
    )?;
    let mut lines = Vec::<(Vec<String>, Line)>::new();
    for row in String::from_utf8(table)?.lines().skip(1) {
        let cells: Vec<_> = row.split('\t').collect();
        let [
            "5",
            _,
            block,
            paragraph,
            line,
            _,
            x,
            y,
            width,
            height,
            _,
            word,
        ] = cells[..]
        else {
            continue;
        };
        let place = [block, paragraph, line].map(str::to_owned).to_vec();
        if lines.last().is_none_or(|(before, _)| *before != place) {
            lines.push((place, Line { words: Vec::new() }));
        }
        let middle = |from: &str, length: &str| -> Outcome<usize> {
            Ok((from.parse::<usize>()? + length.parse::<usize>()? / 2) / MAGNIFIED)
        };
        if let Some((_, line)) = lines.last_mut() {
            let (x, y) = (middle(x, width)? + area.x, middle(y, height)? + area.y);
            line.words.push((plain(word), x, y));
        }
    }
    Ok(lines.into_iter().map(|(_, line)| line).collect())
}

/// Runs a program on `input`.
fn pipe(command: &mut Command, input: &[u8]) -> Outcome<Vec<u8>> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| missing(command, &error))?;
    let mut stdin = child.stdin.take().ok_or("no standard input")?;
    let mut stdout = child.stdout.take().ok_or("no standard output")?;
    let mut output = Vec::new();
    thread::scope(|scope| -> Outcome {
        let writing = scope.spawn(move || stdin.write_all(input));
        stdout.read_to_end(&mut output)?;
        Ok(writing.join().map_err(|_| "writing panicked")??)
    })?;
    let status = child.wait()?;
    if !status.success() {
        return Err(format!("{command:?} ended with {status}").into());
    }
    Ok(output)
}

fn missing(command: &Command, error: &std::io::Error) -> String {
    format!("{command:?}: {error}; `cargo xtask test` installs what is missing")
}

/// Whether a program has work, done at this moment or waiting for its turn: a thread that does not sleep.
fn works(program: u32) -> Outcome<bool> {
    let tasks = fs::read_dir(format!("/proc/{program}/task"))?;
    let state = |task: DirEntry| {
        // A thread may end meanwhile.
        let stat = fs::read_to_string(task.path().join("stat")).ok()?;
        let (_, state) = stat.rsplit_once(") ")?;
        state.chars().next()
    };
    let states: String = tasks.flatten().filter_map(state).collect();
    if states.contains('Z') {
        return Err("a program of the screen has ended".into());
    }
    Ok(states.contains(|state| state != 'S'))
}

/// A process that ends with its owner.
pub struct Ending(pub Child);

impl Drop for Ending {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The screen, its window manager, and the program that it shows.
pub struct Screen {
    display: String,
    pictures: PathBuf,
    /// In order of their ends.
    programs: Vec<Ending>,
    /// What was read last: reading takes seconds of a busy machine.
    read: RefCell<Option<Reading>>,
}

/// What the ink of an area says.
struct Reading {
    area: Area,
    ink: Vec<u8>,
    lines: Rc<[Line]>,
}

impl Screen {
    /// A screen that shows nothing but `program`, with its standard input; where something does not come,
    /// a picture of what is there instead is put into the folder `pictures`.
    pub fn showing(program: &mut Command, stdin: Stdio, pictures: &Path) -> Outcome<Self> {
        let mut xvfb = Command::new("Xvfb");
        let size = format!("{}x{}x24", SIZE.0, SIZE.1);
        xvfb.args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", &size])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut server = xvfb.spawn().map_err(|error| missing(&xvfb, &error))?;
        let number = server.stdout.take().ok_or("no standard output")?;
        let server = Ending(server);
        let mut line = String::new();
        BufReader::new(number).read_line(&mut line)?;
        let display = format!(":{}", line.trim());

        let mut openbox = Command::new("openbox");
        openbox
            .env("DISPLAY", &display)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let manager = openbox.spawn().map_err(|error| missing(&openbox, &error))?;
        let mut screen = Self {
            display,
            pictures: pictures.to_owned(),
            programs: vec![Ending(manager), server],
            read: RefCell::default(),
        };
        // A window that comes before its manager is ready may stay invisible.
        screen.until("a window manager", || {
            let desktops = screen.xdotool(&["get_num_desktops"])?;
            Ok((!desktops.trim().is_empty()).then_some(()))
        })?;
        screen.settle()?;
        program
            .env("DISPLAY", &screen.display)
            .env("QT_QPA_PLATFORM", "xcb")
            .stdin(stdin)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let shown = program.spawn().map_err(|error| missing(program, &error))?;
        screen.programs.insert(0, Ending(shown));
        Ok(screen)
    }

    fn xdotool(&self, arguments: &[&str]) -> Outcome<String> {
        let mut xdotool = Command::new("xdotool");
        xdotool.env("DISPLAY", &self.display).args(arguments);
        let output = xdotool
            .output()
            .map_err(|error| missing(&xdotool, &error))?;
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Waits until no program has work left, however long a busy machine takes for it.
    fn settle(&self) -> Outcome {
        let started = Instant::now();
        let mut rested = 0;
        while rested < REST && started.elapsed() < NO_REST {
            thread::sleep(SAMPLE);
            let works = self.programs.iter().map(|program| works(program.0.id()));
            rested = match works.collect::<Outcome<Vec<_>>>()?.contains(&true) {
                true => 0,
                false => rested + 1,
            };
        }
        Ok(())
    }

    /// Presses keys, such as `ctrl+r`.
    pub fn press(&self, keys: &[&str]) -> Outcome {
        self.xdotool(&[&["key", "--clearmodifiers"], keys].concat())?;
        self.settle()
    }

    /// Types a text.
    pub fn type_text(&self, text: &str) -> Outcome {
        self.xdotool(&["type", "--delay", "10", text])?;
        self.settle()
    }

    /// Clicks so many times.
    pub fn click(&self, (x, y): (usize, usize), times: usize) -> Outcome {
        let (x, y, times) = (x.to_string(), y.to_string(), times.to_string());
        self.xdotool(&["mousemove", &x, &y])?;
        self.settle()?;
        self.xdotool(&["click", "--repeat", &times, "--delay", "60", "1"])?;
        self.settle()
    }

    /// Acts until there is a window with this in its title, and has it fill the screen.
    pub fn fill_with(&self, act: impl Fn() -> Outcome, title: &str) -> Outcome {
        let window = self.until_after(act, &format!("a window {title:?}"), || {
            let found = self.xdotool(&["search", "--onlyvisible", "--name", title])?;
            Ok(found.lines().last().map(str::to_owned))
        })?;
        let (width, height) = (SIZE.0.to_string(), (SIZE.1 - 20).to_string());
        // Not with `--sync`, which waits for ever where nothing needs to change.
        self.xdotool(&["windowactivate", &window])?;
        self.settle()?;
        self.xdotool(&["windowmove", &window, "0", "0"])?;
        self.xdotool(&["windowsize", &window, &width, &height])?;
        self.settle()
    }

    /// What there is to see now.
    pub fn look(&self) -> Outcome<Image> {
        let mut import = Command::new("import");
        import
            .env("DISPLAY", &self.display)
            .args(["-silent", "-window", "root", "-depth", "8", "ppm:-"]);
        let ppm = pipe(&mut import, &[])?;
        let (width, height) = SIZE;
        let pixels = ppm.len().saturating_sub(3 * width * height);
        if !ppm.starts_with(b"P6") || pixels == 0 {
            return Err("the picture has not the screen's size".into());
        }
        Ok(Image { width, ppm, pixels })
    }

    /// What an area says now.
    pub fn read(&self, area: Area) -> Outcome<Rc<[Line]>> {
        let ink = self.look()?.ink(area);
        let mut last = self.read.borrow_mut();
        if let Some(last) = &*last
            && last.area == area
            && last.ink == ink
        {
            return Ok(Rc::clone(&last.lines));
        }
        let lines = Rc::from(lines(&ink, area)?);
        *last = Some(Reading {
            area,
            ink,
            lines: Rc::clone(&lines),
        });
        Ok(lines)
    }

    /// Looks until `see` sees what it wants.
    pub fn until<T>(&self, what: &str, mut see: impl FnMut() -> Outcome<Option<T>>) -> Outcome<T> {
        let started = Instant::now();
        loop {
            if let Some(seen) = see()? {
                return Ok(seen);
            }
            if started.elapsed() > PATIENCE {
                let path = self.pictures.join("missing.png");
                self.look()?.save(&path)?;
                let picture = path.display();
                return Err(format!("waited in vain for {what}; see {picture}").into());
            }
            thread::sleep(PAUSE);
        }
    }

    /// Waits for a text, and says where it is.
    pub fn find(&self, phrase: &str, area: Area) -> Outcome<(usize, usize)> {
        self.until(&format!("{phrase:?} in {area:?}"), || {
            let lines = self.read(area)?;
            Ok(lines.iter().find_map(|line| line.find(phrase)))
        })
    }

    /// Acts, again after some seconds, until a text shows, and says where it is.
    pub fn find_after(
        &self,
        act: impl Fn() -> Outcome,
        phrase: &str,
        area: Area,
    ) -> Outcome<(usize, usize)> {
        let what = format!("{phrase:?} in {area:?}");
        self.until_after(act, &what, || {
            let lines = self.read(area)?;
            Ok(lines.iter().find_map(|line| line.find(phrase)))
        })
    }

    /// Acts, again after some seconds, until `see` sees what it wants.
    pub fn until_after<T>(
        &self,
        act: impl Fn() -> Outcome,
        what: &str,
        mut see: impl FnMut() -> Outcome<Option<T>>,
    ) -> Outcome<T> {
        let mut acted = None;
        self.until(what, || {
            if acted.is_none_or(|before: Instant| before.elapsed() > LOST) {
                act()?;
                acted = Some(Instant::now());
            }
            see()
        })
    }
}
