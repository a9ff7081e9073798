//! The file that an object becomes: a path that stays below its folder, or an error that names the object.

use super::error::StagingError;
use super::url::S3Url;
use std::path::PathBuf;

/// Bytes that a file's name may have on Linux (`NAME_MAX`).
const LONGEST: usize = 255;

/// What an object below a prefix is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A file at this path, relative to the folder.
    File(PathBuf),
    /// An empty object whose name ends with a slash: how consoles draw a folder.
    Folder(PathBuf),
}

/// Where the object of this key goes, `prefix` being its beginning.
pub(super) fn place(bucket: &S3Url, prefix: &str, key: &str, size: u64) -> Result<Place, StagingError> {
    let bad = |reason| {
        let object = S3Url::of(bucket.bucket(), key);
        Err(StagingError::Name { object, reason })
    };
    // S3 gives no other.
    let Some(name) = key.strip_prefix(prefix) else { return bad("it is not below the prefix") };
    let (name, is_folder) = match name.strip_suffix('/') {
        Some(name) => (name, true),
        None => (name, name.is_empty()),
    };
    if is_folder && size > 0 {
        return bad("its name ends with a slash, and it is not empty");
    }
    if is_folder && name.is_empty() && !key.ends_with("//") {
        return Ok(Place::Folder(PathBuf::new()));
    }
    for part in name.split('/') {
        match part {
            "" => return bad("its name has an empty part (two slashes in a row, or one at the beginning)"),
            "." | ".." => return bad("its name has a part that is `.` or `..`"),
            _ if part.contains(|c: char| c.is_control()) => return bad("its name has a control character"),
            _ if part.len() > LONGEST => return bad("its name has a part of more than 255 bytes"),
            _ => {}
        }
    }
    let path = PathBuf::from(name);
    Ok(if is_folder { Place::Folder(path) } else { Place::File(path) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(key: &str, size: u64) -> Result<Place, String> {
        place(&"s3://data/in/".parse().unwrap(), "in/", key, size).map_err(|error| error.to_string())
    }

    #[test]
    fn a_name_becomes_a_path_below_the_folder() {
        for (key, size, expected) in [
            ("in/a", 1, Place::File("a".into())),
            ("in/a/b/c d.txt", 0, Place::File("a/b/c d.txt".into())),
            ("in/...", 1, Place::File("...".into())),
            ("in/-rf", 1, Place::File("-rf".into())),
            ("in/a\\..\\b", 1, Place::File("a\\..\\b".into())),
            ("in/", 0, Place::Folder("".into())),
            ("in/a/", 0, Place::Folder("a".into())),
        ] {
            assert_eq!(placed(key, size), Ok(expected), "{key}");
        }
    }

    #[test]
    fn a_name_that_would_leave_the_folder_is_told() {
        let long = format!("in/{}", "x".repeat(256));
        for (key, size, reason) in [
            ("in/../x", 1, "`.` or `..`"),
            ("in/a/../../x", 1, "`.` or `..`"),
            ("in/a/.", 1, "`.` or `..`"),
            ("in/../", 0, "`.` or `..`"),
            ("in//etc/passwd", 1, "empty part"),
            ("in//", 0, "empty part"),
            ("in/a//b", 1, "empty part"),
            ("in/a/", 1, "ends with a slash"),
            ("in/a\0b", 1, "control character"),
            ("in/a\nb", 1, "control character"),
            (long.as_str(), 1, "255 bytes"),
            ("elsewhere/a", 1, "not below the prefix"),
        ] {
            let told = placed(key, size).unwrap_err();
            assert!(told.starts_with(&format!("object s3://data/{key} ")) && told.contains(reason), "{key:?}: {told}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_name_leaves_the_folder(name in "[a./\\\\\u{0}é-]{0,12}", size in 0..2_u64) {
            if let Ok(Place::File(path) | Place::Folder(path)) = place(&"s3://data/in/".parse().unwrap(), "in/", &format!("in/{name}"), size) {
                let plain = path.components().all(|part| matches!(part, std::path::Component::Normal(_)));
                proptest::prop_assert!(plain, "{path:?}");
            }
        }
    }
}
