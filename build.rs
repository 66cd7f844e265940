// SPDX-License-Identifier: GPL-2.0-or-later

//! Builds the border: Rust types from `rstscope.h`, and with feature `plugin`
//! the C half against the Wireshark that is installed.

use std::{
    env,
    error::Error,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use bindgen::callbacks::{IntKind, ParseCallbacks};

type Outcome<T> = Result<T, Box<dyn Error>>;

const C_FOLDER: &str = "wireshark-plugin";
/// Oldest Wireshark whose plugin interface the C half knows.
const OLDEST_WIRESHARK: &str = "4.0";
const INSTALL: &str = "apt-get install libwireshark-dev libglib2.0-dev pkg-config";

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::error={error}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Outcome<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={C_FOLDER}");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    bind_contract(&out)?;
    if env::var_os("CARGO_FEATURE_PLUGIN").is_some() {
        let flags = wireshark_flags()?;
        bind_version(&out, &flags)?;
        compile_plugin(&flags)?;
    }
    Ok(())
}

/// Gives the macros the types that they stand for.
#[derive(Debug)]
struct MacroTypes;

impl ParseCallbacks for MacroTypes {
    fn int_macro(&self, name: &str, _value: i64) -> Option<IntKind> {
        match name.split_once('_')? {
            ("WIRESHARK", _) => Some(IntKind::Int),
            ("RSTSCOPE", rest) if rest.starts_with("STATUS_") => Some(IntKind::I32),
            ("RSTSCOPE", rest) if rest.starts_with("SEVERITY_") => Some(IntKind::U8),
            _ => None,
        }
    }
}

/// `abi.rs`: the types, constants and functions of the contract, with layout tests.
fn bind_contract(out: &Path) -> Outcome<()> {
    bindgen::Builder::default()
        .header(format!("{C_FOLDER}/rstscope.h"))
        .allowlist_file(r".*rstscope\.h")
        .use_core()
        .ctypes_prefix("libc")
        .rust_edition(bindgen::RustEdition::Edition2024)
        .parse_callbacks(Box::new(MacroTypes))
        // The status codes are casts, which bindgen itself cannot evaluate.
        .clang_macro_fallback()
        .clang_macro_fallback_build_dir(out)
        .generate()?
        .write_to_file(out.join("abi.rs"))?;
    Ok(())
}

/// `wireshark.rs`: the version of the headers that the C half is compiled with.
fn bind_version(out: &Path, flags: &[String]) -> Outcome<()> {
    bindgen::Builder::default()
        .header_contents("version.h", "#include <ws_version.h>")
        .clang_args(flags)
        .parse_callbacks(Box::new(MacroTypes))
        .allowlist_var("WIRESHARK_VERSION_(MAJOR|MINOR)")
        .generate()?
        .write_to_file(out.join("wireshark.rs"))?;
    Ok(())
}

fn compile_plugin(flags: &[String]) -> Outcome<()> {
    let mut sources = c_sources()?;
    sources.sort();
    let mut compiler = cc::Build::new();
    compiler
        .files(sources)
        .std("c11")
        .flags(["-Wall", "-Wextra", "-Werror"])
        .flags(flags);
    compiler.try_compile("rstscope_plugin")?;
    Ok(())
}

fn c_sources() -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(C_FOLDER)?.collect::<io::Result<Vec<_>>>()?;
    let paths = entries.into_iter().map(|entry| entry.path());
    Ok(paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .collect())
}

/// Compiler flags of Wireshark and GLib, from pkg-config.
fn wireshark_flags() -> Outcome<Vec<String>> {
    println!("cargo::rerun-if-env-changed=PKG_CONFIG_PATH");
    let missing = |error: Box<dyn Error>| {
        format!("the headers of Wireshark and GLib are missing ({error}): {INSTALL}")
    };
    let version = pkg_config(&["--modversion", "wireshark"]).map_err(missing)?;
    let required = format!("wireshark >= {OLDEST_WIRESHARK}");
    pkg_config(&["--exists", &required]).map_err(|_| {
        format!(
            "Wireshark {} is installed, but {OLDEST_WIRESHARK} or later is needed: {INSTALL}",
            version.trim()
        )
    })?;
    let flags = pkg_config(&["--cflags", "wireshark", "glib-2.0"]).map_err(missing)?;
    Ok(flags.split_whitespace().map(str::to_owned).collect())
}

fn pkg_config(arguments: &[&str]) -> Outcome<String> {
    let output = Command::new("pkg-config")
        .args(arguments)
        .output()
        .map_err(|error| format!("pkg-config: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        let reason = String::from_utf8_lossy(&output.stderr);
        Err(reason.lines().next().unwrap_or("pkg-config failed").into())
    }
}
