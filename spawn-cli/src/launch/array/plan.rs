//! From the flags to the array: pure, so that what is wrong is refused before any call.

use super::options::{ArrayOptions, AtTheEnd};
use super::params::{self, Params};
use crate::array::Word;
use crate::exit::UsageError;
use spawn_cloud::arrays::{ArrayName, BadBraces, MOST_TASKS, PLACEHOLDERS, check};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

/// Bytes of command, places and environment together: they stand in one item, and DynamoDB takes 400 KB of each.
const MOST_BYTES: usize = 100 * 1024;

/// What a launch has to do with job arrays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ArrayPlan {
    /// It makes this one.
    New(Box<NewArray>),
    /// It brings agents to one that is there, by its id or name.
    Join(Word),
}

/// An array that has passed every check that needs no call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewArray {
    pub(crate) name: ArrayName,
    pub(crate) size: u32,
    pub(crate) command: Vec<String>,
    pub(crate) shell: bool,
    pub(crate) input: Option<String>,
    /// None is the account's own bucket.
    pub(crate) output: Option<String>,
    pub(crate) hook: Option<String>,
    pub(crate) env: BTreeMap<String, String>,
    /// One for each task, or none at all.
    pub(crate) params: Vec<Params>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) retries: u32,
}

/// What the flags outside [`ArrayOptions`] say about an array.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around<'a> {
    /// Instances of the launch.
    pub(crate) count: u16,
    pub(crate) no_agent: bool,
    pub(crate) on_complete: &'a [AtTheEnd],
    /// Where results go, if that was said.
    pub(crate) output: Option<&'a str>,
    /// What the file of `--param-file` holds.
    pub(crate) params: Option<&'a [u8]>,
}

/// The array of a launch; none where nothing speaks of one.
pub(crate) fn plan(options: &ArrayOptions, around: Around<'_>) -> Result<Option<ArrayPlan>, UsageError> {
    let hook = hook(around.on_complete)?;
    let elsewhere = [("--output s3://…", around.output.is_some()), ("--on-complete lambda:…", hook.is_some())];
    let elsewhere = elsewhere.into_iter().find(|(_, given)| *given).map(|(flag, _)| flag);
    if let Some(array) = &options.join {
        return match elsewhere {
            Some(flag) => {
                Err(wrong(format!("{flag} belongs to the launch that makes an array: leave it out with --join")))
            }
            None if around.no_agent => Err(no_agent()),
            None => Ok(Some(ArrayPlan::Join(array.clone()))),
        };
    }
    if options.command.is_empty() {
        return match options.needs_command().or(elsewhere) {
            Some(flag) => Err(wrong(format!("{flag} is for a job array: put its command behind `--`"))),
            None => Ok(None),
        };
    }
    if around.no_agent {
        return Err(no_agent());
    }
    let params = match (&options.param_file, around.params) {
        (Some(file), Some(bytes)) => read(file, bytes)?,
        _ => Vec::new(),
    };
    let array = NewArray {
        name: name(options)?,
        size: size(options, &params, around.count)?,
        command: command(options)?,
        shell: options.shell,
        input: options.input.clone(),
        output: around.output.map(str::to_owned),
        hook,
        env: environment(&options.env)?,
        timeout: options.timeout.map(|time| time.duration()),
        retries: options.retries.unwrap_or_default(),
        params,
    };
    array.check_braces()?;
    array.check_size()?;
    Ok(Some(ArrayPlan::New(Box::new(array.with_as_many_params_as_tasks()))))
}

impl NewArray {
    /// Whether each task gets other inputs.
    pub(crate) fn has_input_per_task(&self) -> bool {
        self.input.as_ref().is_some_and(|input| input.contains('{'))
    }

    /// Braces that stand for nothing would fail each task, one after the other, on instances that cost money.
    fn check_braces(&self) -> Result<(), UsageError> {
        let none = vec![Vec::new()].into_iter().collect();
        let of_tasks: BTreeSet<Vec<&str>> =
            self.params.iter().map(|set| set.keys().map(String::as_str).collect()).collect();
        let of_tasks = if of_tasks.is_empty() { none } else { of_tasks };
        let command = self.command.iter().map(|word| ("the command", word.as_str(), self.shell));
        let input = self.input.iter().map(|input| ("--input", input.as_str(), false));
        for (what, text, shell) in command.chain(input) {
            for names in &of_tasks {
                // What a file says must not become a shell's code.
                let known = names.iter().copied().filter(|_| !shell);
                check(text, known).map_err(|error| braces(what, &error, shell))?;
                let means_two = |name: &&&str| PLACEHOLDERS.contains(name) && text.contains(&format!("{{{name}}}"));
                if let Some(name) = names.iter().find(means_two) {
                    return Err(wrong(format!(
                        "{what}: {{{name}}} is spawn's own word, and there is a parameter of this name: rename the parameter"
                    )));
                }
            }
        }
        Ok(())
    }

    fn check_size(&self) -> Result<(), UsageError> {
        let command: usize = self.command.iter().map(String::len).sum();
        let env: usize = self.env.iter().map(|(name, value)| name.len() + value.len()).sum();
        let size = command + env;
        if size <= MOST_BYTES {
            return Ok(());
        }
        Err(wrong(format!(
            "command and environment have {size} bytes, at most {MOST_BYTES}: put large parts into files below --input"
        )))
    }

    fn with_as_many_params_as_tasks(mut self) -> Self {
        self.params.truncate(self.size as usize);
        self
    }
}

fn braces(what: &str, error: &BadBraces, shell: bool) -> UsageError {
    let hint = match error {
        BadBraces::Unknown { .. } | BadBraces::Lone { .. } if shell => {
            "; with --shell, parameters are variables: write \"$NAME\", or ${{NAME}}"
        }
        _ => "",
    };
    wrong(format!("{what}: {error}{hint}"))
}

/// The function among what is to happen at the end.
fn hook(on_complete: &[AtTheEnd]) -> Result<Option<String>, UsageError> {
    let mut functions = on_complete.iter().filter_map(|end| match end {
        AtTheEnd::Lambda(function) => Some(function.clone()),
        AtTheEnd::Instance(_) => None,
    });
    match (functions.next(), functions.next()) {
        (first, None) => Ok(first),
        (_, Some(_)) => Err(wrong("--on-complete lambda:… was given twice: an array tells one function".to_owned())),
    }
}

fn no_agent() -> UsageError {
    wrong("agents work on the tasks of a job array: leave --no-agent out".to_owned())
}

fn read(file: &Path, bytes: &[u8]) -> Result<Vec<Params>, UsageError> {
    params::read(&file.display().to_string(), bytes).map_err(|error| wrong(format!("--param-file {error}")))
}

/// The name that was given, or that of the command's file.
fn name(options: &ArrayOptions) -> Result<ArrayName, UsageError> {
    if let Some(name) = &options.job_array_name {
        return Ok(name.clone());
    }
    let first = options.command[0].split_whitespace().next().unwrap_or_default();
    let stem = Path::new(first).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    stem.parse()
        .map_err(|_| wrong("the command's file name is no name for a job array: add --job-array-name".to_owned()))
}

fn size(options: &ArrayOptions, params: &[Params], count: u16) -> Result<u32, UsageError> {
    let sets = u32::try_from(params.len()).unwrap_or(MOST_TASKS);
    match options.tasks {
        Some(tasks) if sets > 0 && tasks > sets => Err(wrong(format!(
            "--tasks {tasks} is more than the {sets} parameter sets in the file: leave --tasks out for one task each"
        ))),
        Some(tasks) => Ok(tasks),
        None if sets > 0 => Ok(sets),
        None => Ok(u32::from(count)),
    }
}

fn command(options: &ArrayOptions) -> Result<Vec<String>, UsageError> {
    let command = &options.command;
    if command[0].trim().is_empty() {
        return Err(wrong("the command is empty".to_owned()));
    }
    if options.shell && command.len() > 1 {
        return Err(wrong("--shell takes the command as one text: put quotes around all of it".to_owned()));
    }
    if command.iter().any(|word| word.contains('\0')) {
        return Err(wrong("the command has a NUL character, which no program can be given".to_owned()));
    }
    Ok(command.clone())
}

fn environment(pairs: &[String]) -> Result<BTreeMap<String, String>, UsageError> {
    let mut all = BTreeMap::new();
    for pair in pairs {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(wrong(format!("--env {pair} has no value: write KEY=VALUE")));
        };
        params::check_variable(name).map_err(|problem| wrong(format!("--env {name}: {problem}")))?;
        let before = all.insert(name.to_owned(), value.to_owned());
        if before.is_some_and(|before| before != value) {
            return Err(wrong(format!("--env {name} is given twice with different values: keep one")));
        }
    }
    Ok(all)
}

fn wrong(text: String) -> UsageError {
    UsageError::Other(text)
}

#[cfg(test)]
mod tests;
