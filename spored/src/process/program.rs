//! Finds the program of an order, and says in the user's terms why one cannot be started.

use super::Order;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// The shell of orders that want one.
const SHELL: &str = "/bin/sh";
/// Bytes of a script's first line that the kernel reads (`BINPRM_BUF_SIZE`).
const FIRST_LINE: u64 = 256;

/// The command of the order, to be started as it stands.
pub(super) fn command(order: &Order) -> io::Result<Command> {
    let Order { command, shell, folder, environment, .. } = order;
    check(order)?;
    let (program, name, args) = match command.split_first() {
        None => return Err(invalid("there is no command: give one behind `--`".to_owned())),
        Some((text, args)) if *shell => (
            PathBuf::from(SHELL),
            "sh",
            ["-c", text, "sh"].into_iter().chain(args.iter().map(String::as_str)).collect(),
        ),
        Some((name, args)) => (find(order, name)?, name.as_str(), args.iter().map(String::as_str).collect::<Vec<_>>()),
    };
    let mut command = Command::new(program);
    command
        .arg0(name)
        .args(args)
        .env_clear()
        .envs(environment)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Ok(command)
}

/// Refuses what no process can be given.
fn check(order: &Order) -> io::Result<()> {
    if let Some(number) = order.command.iter().position(|arg| arg.contains('\0')) {
        return Err(invalid(format!("argument {number} of the command holds a NUL, which no argument can")));
    }
    for (name, value) in &order.environment {
        if name.is_empty() || name.contains(['=', '\0']) {
            return Err(invalid(format!("{name:?} is no name of an environment variable: leave out `=` and NUL")));
        }
        if value.contains('\0') {
            return Err(invalid(format!("the environment variable {name} holds a NUL, which none can")));
        }
    }
    Ok(())
}

/// The file that a name stands for. A name with a slash is a file, below the working directory unless it begins with
/// one. Looked up here, because the standard library forks the whole agent where it has to look itself.
fn find(order: &Order, name: &str) -> io::Result<PathBuf> {
    if name.is_empty() {
        return Err(invalid("the command's first word is empty: name a program".to_owned()));
    }
    if name.contains('/') {
        return Ok(PathBuf::from(name));
    }
    let path = order.environment.get("PATH").map_or("", String::as_str);
    let mut unfit = None;
    for folder in path.split(':') {
        let file = order.folder.join(folder).join(name);
        match fs::metadata(&file) {
            Ok(found) if found.is_file() && found.permissions().mode() & 0o111 != 0 => return Ok(file),
            Ok(_) => unfit = unfit.or(Some(file)),
            Err(_) => {}
        }
    }
    Err(match unfit {
        Some(file) => io::Error::new(io::ErrorKind::PermissionDenied, not_executable(&file)),
        None if order.folder.join(name).is_file() => {
            let hint = format!("`{name}` is in the working directory, not in PATH: write `./{name}`");
            io::Error::new(io::ErrorKind::NotFound, hint)
        }
        None => {
            let hint = format!("no folder of PATH has a program `{name}` (PATH={path}): install it, or give its path");
            io::Error::new(io::ErrorKind::NotFound, hint)
        }
    })
}

/// The system's error in the user's terms.
pub(super) fn explain(order: &Order, error: io::Error) -> io::Error {
    if !order.folder.is_dir() {
        let text = format!("the working directory {} is gone", order.folder.display());
        return io::Error::new(io::ErrorKind::NotFound, text);
    }
    let name = if order.shell { SHELL } else { order.command.first().map_or("", String::as_str) };
    let file = order.folder.join(name);
    let text = match rustix::io::Errno::from_io_error(&error) {
        Some(rustix::io::Errno::NOENT) => match interpreter(&file) {
            None => format!("there is no `{name}`: check the path, and that the input brings it"),
            Some(interpreter) => format!("the interpreter of `{name}` is not on this host: {interpreter}"),
        },
        Some(rustix::io::Errno::NOTDIR) => format!("a part of the path `{name}` is a file and no folder"),
        Some(rustix::io::Errno::ACCESS) => not_executable(&file),
        Some(rustix::io::Errno::NOEXEC) => format!(
            "`{name}` is no program for this machine: begin a script with `#!/bin/sh`, or launch with --shell; a binary \
             must be built for {}",
            std::env::consts::ARCH
        ),
        Some(rustix::io::Errno::TOOBIG) => too_big(order),
        Some(rustix::io::Errno::AGAIN | rustix::io::Errno::NOMEM) => format!(
            "this host has no room for another process ({error}): use fewer --slots, or raise its limits (TasksMax, \
             MemoryMax, ulimit -u)"
        ),
        _ => format!("`{name}`: {error}"),
    };
    io::Error::new(error.kind(), text)
}

fn not_executable(file: &Path) -> String {
    let shown = file.display();
    match fs::metadata(file) {
        Ok(found) if found.is_dir() => format!("{shown} is a folder and no program"),
        Ok(found) if found.permissions().mode() & 0o111 == 0 => {
            format!("{shown} is not executable: `chmod +x` it, or begin a script in the input with `#!`")
        }
        _ => format!("{shown} may not be executed by the agent: check its mode, its folders' and noexec"),
    }
}

/// What a script's first line names; none where there is no script.
fn interpreter(file: &Path) -> Option<String> {
    let mut line = Vec::new();
    File::open(file).ok()?.take(FIRST_LINE).read_to_end(&mut line).ok()?;
    let line = line.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    Some(String::from_utf8_lossy(line).trim().to_owned())
}

fn too_big(order: &Order) -> String {
    let arguments: usize = order.command.iter().map(|arg| arg.len() + 1).sum();
    let environment: usize = order.environment.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    let longest = order.environment.iter().max_by_key(|(_, value)| value.len()).map_or("", |(name, _)| name.as_str());
    format!(
        "arguments of {arguments} bytes and an environment of {environment} bytes in {} variables, {longest} the \
         longest, are more than this system takes: pass them in a file of the input",
        order.environment.len()
    )
}

fn invalid(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, text)
}
