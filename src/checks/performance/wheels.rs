//! An estimate of a Python CodeZip: the wheels that the packager would take for AgentCore Runtime, by `uv.lock`.

use crate::model::lock::{Lock, LockedPackage, Wanted, Wheel};

/// The newest glibc that the packager asks for (`manylinux_2_34`, and `manylinux2014` and `manylinux_2_28` before it).
const NEWEST_GLIBC: u32 = 34;

/// An estimate.
pub struct Estimate {
    /// Bytes of all wheels.
    pub bytes: u64,
    /// Wheels by size, largest first.
    pub parts: Vec<(String, u64)>,
    /// Packages without a wheel for the platform: the packager builds nothing, so it stops at them.
    pub without_wheel: Vec<String>,
}

/// Adds up the wheels of what these requirements bring.
///
/// # Errors
/// Why it cannot be told, in words.
pub fn estimate(lock: &Lock, wanted: &[Wanted], minor: u32) -> Result<Estimate, String> {
    let closure = lock.closure(wanted, Some(minor));
    if !closure.unsatisfied.is_empty() {
        return Err(format!(
            "{} does not hold {} as the manifest asks for it",
            lock.path,
            closure.unsatisfied.join(", ")
        ));
    }
    let mut estimate = Estimate {
        bytes: 0,
        parts: Vec::new(),
        without_wheel: Vec::new(),
    };
    for (name, package) in closure.packages {
        if !package.registry && package.wheels.is_empty() {
            continue;
        }
        let Some(wheel) = best(package, minor) else {
            estimate.without_wheel.push(name);
            continue;
        };
        let Some(size) = wheel.size else {
            return Err(format!(
                "{} does not tell the size of {}",
                lock.path, wheel.file
            ));
        };
        estimate.bytes = estimate.bytes.saturating_add(size);
        estimate.parts.push((name, size));
    }
    estimate
        .parts
        .sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(estimate)
}

/// The wheel that an installer prefers: built for the platform, for this very version, before one for any.
fn best(package: &LockedPackage, minor: u32) -> Option<&Wheel> {
    let ranked = package
        .wheels
        .iter()
        .filter_map(|wheel| Some((rank(&wheel.file, minor)?, wheel)));
    ranked.max_by_key(|(rank, _)| *rank).map(|(_, wheel)| wheel)
}

/// How well a wheel fits CPython 3.`minor` on aarch64 Linux; none where it does not.
fn rank(file: &str, minor: u32) -> Option<(u32, u32, u32)> {
    let stem = file.strip_suffix(".whl")?;
    let mut parts = stem.rsplit('-');
    let (platform, abi, python) = (parts.next()?, parts.next()?, parts.next()?);
    let platform = platform
        .split('.')
        .filter_map(|tag| match tag {
            "any" => Some(0),
            "manylinux2014_aarch64" => Some(17),
            _ => tag
                .strip_prefix("manylinux_2_")?
                .strip_suffix("_aarch64")?
                .parse()
                .ok()
                .filter(|glibc| *glibc <= NEWEST_GLIBC),
        })
        .max()?;
    let version = |tag: &str| -> Option<u32> { tag.strip_prefix("cp3")?.parse().ok() };
    let python = python
        .split('.')
        .filter_map(|tag| match tag {
            "py3" | "py2.py3" => Some(0),
            _ => version(tag)
                .filter(|of| *of == minor || (abi == "abi3" && *of <= minor))
                .or_else(|| {
                    tag.strip_prefix("py3")?
                        .parse()
                        .ok()
                        .filter(|of: &u32| *of <= minor)
                }),
        })
        .max()?;
    let abi = match abi {
        "none" => 0,
        "abi3" => 1,
        _ => abi
            .split('.')
            .any(|abi| version(abi) == Some(minor))
            .then_some(2)?,
    };
    Some((abi, python, platform))
}

#[cfg(test)]
mod tests {
    use super::rank;

    #[test]
    fn a_wheel_fits_its_platform_and_version() {
        assert!(rank("a-1.0-py3-none-any.whl", 13).is_some());
        assert!(rank("a-1.0-py2.py3-none-any.whl", 13).is_some());
        assert!(rank("a-1-cp39-abi3-manylinux_2_28_aarch64.whl", 13).is_some());
        assert!(
            rank(
                "a-1-cp313-cp313-manylinux_2_17_aarch64.manylinux2014_aarch64.whl",
                13
            )
            .is_some()
        );
        for other in [
            "a-1-cp312-cp312-manylinux_2_17_aarch64.whl",
            "a-1-cp313-cp313t-manylinux_2_17_aarch64.whl",
            "a-1-cp313-cp313-manylinux_2_17_x86_64.whl",
            "a-1-cp313-cp313-musllinux_1_2_aarch64.whl",
            "a-1-cp313-cp313-manylinux_2_39_aarch64.whl",
            "a-1.tar.gz",
        ] {
            assert!(rank(other, 13).is_none(), "{other}");
        }
        let own = rank("a-1-cp313-cp313-manylinux2014_aarch64.whl", 13);
        assert!(own > rank("a-1-cp39-abi3-manylinux2014_aarch64.whl", 13));
        assert!(own > rank("a-1-py3-none-any.whl", 13));
    }
}
