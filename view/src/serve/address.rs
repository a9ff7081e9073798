//! Addresses on loopback, and listening there.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use tokio::net::TcpListener;

/// Where to listen: this machine alone can reach it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loopback {
    host: Host,
    port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Host {
    /// 127.0.0.1, and ::1 where there is one, because that is what the name means to one program or another.
    Localhost,
    Ip(IpAddr),
}

/// Why a text is no address to listen on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Others than this machine could reach it.
    #[error(
        "{0} can be reached from other machines, and whoever reaches these pages reads all traces: listen on 127.0.0.1, \
         [::1] or localhost, and let others in by a tunnel (`ssh -L`)"
    )]
    Open(String),
    /// It is none at all.
    #[error("{0:?} is no address: it is PORT or HOST:PORT, such as 127.0.0.1:4319, [::1]:4319 or localhost:4319")]
    None(String),
}

impl Loopback {
    /// This port of `localhost`; zero is one that is free.
    #[must_use]
    pub const fn port(port: u16) -> Self {
        Self { host: Host::Localhost, port }
    }

    /// Listens there.
    ///
    /// # Errors
    /// If the port is taken, or the system has no such address.
    pub(super) async fn listen(self) -> io::Result<Vec<TcpListener>> {
        let ip = match self.host {
            Host::Ip(ip) => return Ok(vec![TcpListener::bind((ip, self.port)).await?]),
            Host::Localhost => IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        let first = TcpListener::bind((ip, self.port)).await?;
        let port = first.local_addr()?.port();
        match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
            Ok(second) => Ok(vec![first, second]),
            // Two programs that share a port, one for each family, would share what is sent there, too.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && self.port != 0 => Err(error),
            // No IPv6 here.
            Err(_) => Ok(vec![first]),
        }
    }
}

impl std::fmt::Display for Loopback {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.host {
            Host::Localhost => write!(formatter, "localhost:{}", self.port),
            Host::Ip(ip) => SocketAddr::new(ip, self.port).fmt(formatter),
        }
    }
}

impl FromStr for Loopback {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let none = || AddressError::None(text.chars().take(200).collect());
        if let Ok(port) = text.parse() {
            return Ok(Self::port(port));
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(none)?;
        let port = port.parse().map_err(|_| none())?;
        if host.is_empty() || host.eq_ignore_ascii_case("localhost") {
            return Ok(Self::port(port));
        }
        let ip: IpAddr = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(host) => host.parse::<Ipv6Addr>().map(IpAddr::V6).map_err(|_| none())?,
            None => host.parse::<Ipv4Addr>().map(IpAddr::V4).map_err(|_| none())?,
        };
        match ip.is_loopback() {
            true => Ok(Self { host: Host::Ip(ip), port }),
            false => Err(AddressError::Open(text.to_owned())),
        }
    }
}

/// Whether a name that a client calls this server by is one of this machine's alone. A page of the web that makes its own
/// name mean 127.0.0.1 comes with that name.
pub(super) fn is_own(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let ip = bare.map_or_else(|| host.parse::<Ipv4Addr>().map(IpAddr::V4), |host| host.parse().map(IpAddr::V6));
    host.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_listened_to() {
        let shown = |text: &str| text.parse::<Loopback>().map(|address| address.to_string());
        for (text, address) in [
            ("4319", "localhost:4319"),
            (":4319", "localhost:4319"),
            ("LOCALHOST:4319", "localhost:4319"),
            ("127.0.0.1:4319", "127.0.0.1:4319"),
            ("127.9.9.9:1", "127.9.9.9:1"),
            ("[::1]:0", "[::1]:0"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(address), "{text}");
        }
        for text in ["0.0.0.0:4319", "[::]:4319", "10.0.0.1:4319", "[::ffff:10.0.0.1]:4319"] {
            assert_eq!(shown(text), Err(AddressError::Open(text.to_owned())));
        }
        for text in
            ["", "example.com:4319", "127.0.0.1", "::1:4319", "localhost:", "localhost:70000", "127.1:4319", "-1"]
        {
            assert_eq!(shown(text), Err(AddressError::None(text.to_owned())));
        }
    }

    #[test]
    fn a_name_of_somebody_elses_is_not_ours() {
        for own in ["localhost", "LocalHost:4319", "127.0.0.1:4319", "127.0.0.2", "[::1]:4319", "[::1]"] {
            assert!(is_own(own), "{own}");
        }
        for other in [
            "",
            "evil.example",
            "localhost.evil.example:4319",
            "127.0.0.1.evil.example",
            "10.0.0.1:4319",
            "::1",
            "user@localhost",
        ] {
            assert!(!is_own(other), "{other}");
        }
    }
}
