//! The user's files, read before any call: those that go into the user data, and the tasks' parameters.

use super::options::OrderOptions;
use super::plan::Files;
use crate::exit::UsageError;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Far more than EC2 takes even of what compresses well; more is not worth reading.
const MOST_READ: u64 = 4 * 1024 * 1024;
/// More than 10,000 tasks' parameters have, at 4 KB each.
const MOST_PARAMS: u64 = 64 * 1024 * 1024;

pub(super) fn read(options: &OrderOptions) -> Result<Files, UsageError> {
    let user_data = options.user_data.as_deref().map(|path| for_user_data("--user-data", path)).transpose()?;
    let pre_stop = options.pre_stop.as_deref().map(|path| for_user_data("--pre-stop", path)).transpose()?;
    let large = "an array has at most 10000 tasks of 4096 bytes of parameters each";
    let params = |path| file("--param-file", path, MOST_PARAMS, large);
    let params = options.array.param_file.as_deref().map(params).transpose()?;
    match pre_stop {
        // The kernel would refuse to run it, at the very end of the instance's life.
        Some(program) if !program.starts_with(b"#!") && !program.starts_with(b"\x7fELF") => Err(UsageError::Other(
            "the --pre-stop file is no program: begin it with a line such as #!/bin/sh".to_owned(),
        )),
        pre_stop => Ok(Files { user_data, pre_stop, params }),
    }
}

fn for_user_data(flag: &str, path: &Path) -> Result<Vec<u8>, UsageError> {
    let rule = "EC2 takes 16384 bytes of user data: put it into S3 and fetch it from a short script";
    file(flag, path, MOST_READ, rule)
}

fn file(flag: &str, path: &Path, most: u64, rule: &str) -> Result<Vec<u8>, UsageError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
    let shown = path.display();
    match read {
        Err(error) => Err(UsageError::Other(format!("{flag} {shown} cannot be read: {error}"))),
        Ok(_) if bytes.is_empty() => Err(UsageError::Other(format!("{flag} {shown} is empty: leave it out"))),
        Ok(_) if bytes.len() as u64 > most => {
            Err(UsageError::Other(format!("{flag} {shown} has more than {most} bytes; {rule}")))
        }
        Ok(_) => Ok(bytes),
    }
}
