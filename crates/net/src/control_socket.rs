//! The socket file through which commands reach a running daemon.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

use crate::listen::ListenError;

/// Bytes of the longest path of a socket: 108 on Linux and 104 on macOS, less the final zero.
const PATH_BYTES_MAX: usize = 103;

/// Ending of the name under which a socket is made before it gets its own.
const UNFINISHED: &str = "~";

/// Listens on a socket file that only this user may open.
///
/// A socket left behind by a program that is gone is replaced; one that is answered is an error, as is anything
/// else at that path. The file stays when the listener is dropped: nobody answers on it then, so the next start
/// replaces it. Two programs that start at the same instant are kept apart by the folder's lock, not by this.
///
/// # Errors
/// [`ListenError::SocketInUse`], [`ListenError::NotASocket`], [`ListenError::PathTooLong`], or
/// [`ListenError::Socket`].
pub async fn unix_listen(path: &Path) -> Result<UnixListener, ListenError> {
    let unfinished = unfinished(path);
    if unfinished.as_os_str().as_bytes().len() > PATH_BYTES_MAX {
        let bytes_max = PATH_BYTES_MAX - UNFINISHED.len();
        return Err(ListenError::PathTooLong {
            path: path.to_owned(),
            bytes_max,
        });
    }
    check_free(path).await?;
    bind(path, &unfinished).map_err(|source| ListenError::Socket {
        path: path.to_owned(),
        source,
    })
}

/// Connects to the program that listens on the socket file.
///
/// # Errors
/// `NotFound` or `ConnectionRefused` if no daemon runs; what else the system says.
pub async fn unix_connect(path: &Path) -> io::Result<UnixStream> {
    UnixStream::connect(path).await
}

/// Whether the path may be (re)used: nothing there, or a socket on which nobody answers.
async fn check_free(path: &Path) -> Result<(), ListenError> {
    let refused = |source| ListenError::Socket {
        path: path.to_owned(),
        source,
    };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(refused(error)),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(ListenError::NotASocket {
                path: path.to_owned(),
            });
        }
        Ok(_) => {}
    }
    match UnixStream::connect(path).await {
        Ok(_) => Err(ListenError::SocketInUse {
            path: path.to_owned(),
        }),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) => Err(refused(error)),
    }
}

/// Makes the socket under another name, closes it to other users and only then gives it its own name, so that
/// nobody can connect before. The rename also replaces a stale socket in one step.
fn bind(path: &Path, unfinished: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(unfinished)?;
    fs::set_permissions(unfinished, Permissions::from_mode(0o600))?;
    fs::rename(unfinished, path)?;
    Ok(listener)
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(UNFINISHED);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_socket_is_private_and_answers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control.sock");
        let listener = unix_listen(&path).await.unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let mut client = unix_connect(&path).await.unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        client.write_all(b"status").await.unwrap();
        let mut text = [0; 6];
        server.read_exact(&mut text).await.unwrap();
        assert_eq!(&text, b"status");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_socket_that_is_answered_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control.sock");
        let first = unix_listen(&path).await.unwrap();
        assert!(matches!(
            unix_listen(&path).await,
            Err(ListenError::SocketInUse { .. })
        ));
        drop(first);
        assert!(unix_connect(&path).await.is_err());
        let _second = unix_listen(&path).await.expect("a stale socket is replaced");
        unix_connect(&path).await.unwrap();
    }

    #[tokio::test]
    async fn a_file_that_is_no_socket_is_never_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control.sock");
        fs::write(&path, "the author's own").unwrap();
        assert!(matches!(
            unix_listen(&path).await,
            Err(ListenError::NotASocket { .. })
        ));
        assert_eq!(fs::read_to_string(&path).unwrap(), "the author's own");
    }

    #[tokio::test]
    async fn a_path_too_long_is_named() {
        let path = PathBuf::from("/tmp").join("a".repeat(120)).join("control.sock");
        assert!(matches!(
            unix_listen(&path).await,
            Err(ListenError::PathTooLong { .. })
        ));
    }
}
