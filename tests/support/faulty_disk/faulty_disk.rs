//! Preloaded into a program, it has file operations below one folder fail or take long, as a file says that may be changed
//! while the program runs. It is a program of its own: built by `rustc` alone, for the tests, from this file.
//!
//! `FAULTY_DISK_FOLDER` is the folder. `FAULTY_DISK_CONTROL` is a file of three numbers of 32 bits, as this machine writes them:
//! the error that operations fail with (0: none), the milliseconds that they take longer, and how often a program has had the
//! disk keep a file or the names of a folder, which is counted here.

use std::ffi::{CStr, c_char, c_int, c_long, c_uint, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const EIO: i32 = 5;
const EROFS: i32 = 30;

const O_ACCMODE: c_int = 3;
const O_CREAT: c_int = 0o100;
const O_RDWR: c_int = 2;
const PROT_READ_AND_WRITE: c_int = 3;
const MAP_SHARED: c_int = 1;

/// The next library's function of this name.
const RTLD_NEXT: *mut c_void = -1_isize as *mut c_void;

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
    fn getenv(name: *const c_char) -> *const c_char;
    fn readlink(path: *const c_char, buffer: *mut c_char, length: usize) -> isize;
    fn __errno_location() -> *mut c_int;
    fn mmap(at: *mut c_void, length: usize, protect: c_int, flags: c_int, file: c_int, offset: i64) -> *mut c_void;
}

/// What an operation does to a disk.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Needs room.
    Grow,
    /// Changes names, or opens a file to write.
    Change,
    /// Waits for the disk.
    Sync,
}

struct Faults {
    folder: &'static [u8],
    control: &'static [AtomicU32; 3],
}

static FAULTS: OnceLock<Option<Faults>> = OnceLock::new();

fn faults() -> Option<&'static Faults> {
    FAULTS.get_or_init(|| unsafe { find() }).as_ref()
}

unsafe fn find() -> Option<Faults> {
    unsafe {
        let (folder, control) = (getenv(c"FAULTY_DISK_FOLDER".as_ptr()), getenv(c"FAULTY_DISK_CONTROL".as_ptr()));
        if folder.is_null() || control.is_null() {
            return None;
        }
        let open: extern "C" fn(*const c_char, c_int, c_uint) -> c_int = std::mem::transmute(next(c"open64"));
        let file = open(control, O_RDWR, 0);
        // Shared: who changes the file changes this memory, and the other way round.
        let memory = mmap(std::ptr::null_mut(), 12, PROT_READ_AND_WRITE, MAP_SHARED, file, 0);
        if file < 0 || memory as isize == -1 {
            return None;
        }
        Some(Faults { folder: CStr::from_ptr(folder).to_bytes(), control: &*memory.cast() })
    }
}

unsafe fn next(name: &CStr) -> *mut c_void {
    unsafe { dlsym(RTLD_NEXT, name.as_ptr()) }
}

/// Waits as long as it is to take, and answers whether it is to fail.
fn fails(kind: Kind, is_below: impl FnOnce(&[u8]) -> bool) -> bool {
    let Some(faults) = faults() else { return false };
    let (error, delay) = (faults.control[0].load(Ordering::Relaxed) as i32, faults.control[1].load(Ordering::Relaxed));
    if (error, delay) == (0, 0) || !is_below(faults.folder) {
        return false;
    }
    if delay > 0 {
        std::thread::sleep(Duration::from_millis(delay.into()));
    }
    let fails = match error {
        0 => false,
        EIO => true,
        EROFS => kind != Kind::Sync,
        // A full disk, or a quota: names may go and change, data may be waited for.
        _ => kind == Kind::Grow,
    };
    if fails {
        unsafe { *__errno_location() = error };
    }
    fails
}

fn path_fails(kind: Kind, path: *const c_char) -> bool {
    fails(kind, |folder| !path.is_null() && unsafe { CStr::from_ptr(path) }.to_bytes().starts_with(folder))
}

fn file_fails(kind: Kind, file: c_int) -> bool {
    fails(kind, |folder| is_below(folder, file))
}

fn sync_fails(file: c_int) -> bool {
    if let Some(faults) = faults().filter(|faults| is_below(faults.folder, file)) {
        faults.control[2].fetch_add(1, Ordering::Relaxed);
    }
    file_fails(Kind::Sync, file)
}

fn is_below(folder: &[u8], file: c_int) -> bool {
    let mut name = [0_u8; 32];
    let mut left = &mut name[..31];
    if std::io::Write::write_fmt(&mut left, format_args!("/proc/self/fd/{file}")).is_err() {
        return false;
    }
    let mut path = [0_u8; 4096];
    let length = unsafe { readlink(name.as_ptr().cast(), path.as_mut_ptr().cast(), path.len()) };
    usize::try_from(length).is_ok_and(|length| path[..length].starts_with(folder))
}

fn opening(flags: c_int) -> Option<Kind> {
    if flags & O_CREAT != 0 { Some(Kind::Grow) } else { (flags & O_ACCMODE != 0).then_some(Kind::Change) }
}

macro_rules! passed_on {
    ($name:ident($($arg:ident: $type:ty),*) -> $answer:ty, $fails:expr) => {
        /// # Safety
        /// As the function of the C library.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($arg: $type),*) -> $answer {
            if $fails {
                return -1;
            }
            unsafe {
                let next = next(CStr::from_bytes_with_nul_unchecked(concat!(stringify!($name), "\0").as_bytes()));
                let next: extern "C" fn($($type),*) -> $answer = std::mem::transmute(next);
                next($($arg),*)
            }
        }
    };
}

passed_on!(open(path: *const c_char, flags: c_int, mode: c_uint) -> c_int, opening(flags).is_some_and(|kind| path_fails(kind, path)));
passed_on!(open64(path: *const c_char, flags: c_int, mode: c_uint) -> c_int, opening(flags).is_some_and(|kind| path_fails(kind, path)));
passed_on!(mkdir(path: *const c_char, mode: c_uint) -> c_int, path_fails(Kind::Grow, path));
passed_on!(rename(from: *const c_char, to: *const c_char) -> c_int, path_fails(Kind::Change, from));
passed_on!(unlink(path: *const c_char) -> c_int, path_fails(Kind::Change, path));
passed_on!(rmdir(path: *const c_char) -> c_int, path_fails(Kind::Change, path));
passed_on!(write(file: c_int, bytes: *const c_void, length: usize) -> isize, file_fails(Kind::Grow, file));
passed_on!(pwrite(file: c_int, bytes: *const c_void, length: usize, offset: i64) -> isize, file_fails(Kind::Grow, file));
passed_on!(pwrite64(file: c_int, bytes: *const c_void, length: usize, offset: i64) -> isize, file_fails(Kind::Grow, file));
passed_on!(ftruncate64(file: c_int, length: c_long) -> c_int, file_fails(Kind::Grow, file));
passed_on!(fsync(file: c_int) -> c_int, sync_fails(file));
passed_on!(fdatasync(file: c_int) -> c_int, sync_fails(file));
