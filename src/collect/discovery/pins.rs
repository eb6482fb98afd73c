//! The name resolver of the collector.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Mutex;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Resolves only names that were admitted, to the addresses that were judged; a proxy's own name resolves as usual.
#[derive(Default)]
pub(super) struct Pins {
    names: Mutex<BTreeMap<String, Vec<SocketAddr>>>,
    system: Mutex<BTreeSet<String>>,
}

impl Pins {
    /// Lets a name resolve to addresses that were judged.
    pub(super) fn pin(&self, name: &str, addresses: Vec<SocketAddr>) {
        if let Ok(mut names) = self.names.lock() {
            names.insert(key(name), addresses);
        }
    }

    /// Lets a proxy's name resolve as the system does.
    pub(super) fn allow_system(&self, name: &str) {
        if let Ok(mut system) = self.system.lock() {
            system.insert(key(name));
        }
    }
}

fn key(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

impl Resolve for Pins {
    fn resolve(&self, name: Name) -> Resolving {
        let name = key(name.as_str());
        let pinned = self
            .names
            .lock()
            .ok()
            .and_then(|names| names.get(&name).cloned());
        let system = self
            .system
            .lock()
            .is_ok_and(|system| system.contains(&name));
        Box::pin(async move {
            match pinned {
                Some(addresses) => Ok(Box::new(addresses.into_iter()) as Addrs),
                None if system => {
                    let addresses: Vec<SocketAddr> =
                        tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
                    Ok(Box::new(addresses.into_iter()) as Addrs)
                }
                None => Err(format!("{name} was not admitted").into()),
            }
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_name_resolves_to_what_was_judged_and_to_nothing_else() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let pins = Pins::default();
        let judged: SocketAddr = "192.0.2.7:443".parse().unwrap();
        pins.pin("IdP.example.", vec![judged]);
        let resolve = |name: &str| {
            let resolving = pins.resolve(name.parse().unwrap());
            runtime.block_on(resolving).map(Iterator::collect::<Vec<_>>)
        };
        assert_eq!(resolve("idp.example").unwrap(), [judged]);
        assert!(
            resolve("localhost").is_err(),
            "a name that was not admitted is not looked up"
        );
    }
}
