//! Facts of a runtime's code that several checks ask for: each is found out when it is first asked for, and once in an audit.
//!
//! They are kept beside the source that they are about, so they name places by ids and never refer into the tree.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::call_sites::Uses;
use crate::analysis::environment::Variables;
use crate::analysis::outbound::Outbounds;
use crate::analysis::reachability::{Absent, Running};
use crate::model::known::Unread;
use crate::model::source::{ModuleId, Source};

/// The facts of every runtime.
#[derive(Debug, Default)]
pub struct Facts(OnceLock<BTreeMap<String, RuntimeFacts>>);

impl Facts {
    /// Those of a runtime.
    pub(crate) fn of(&self, source: &Source, runtime: &str) -> Option<&RuntimeFacts> {
        let all = self.0.get_or_init(|| {
            let runtimes = source.runtimes.iter();
            runtimes
                .map(|runtime| (runtime.runtime.clone(), RuntimeFacts::default()))
                .collect()
        });
        all.get(runtime)
    }
}

/// The facts of one runtime.
#[derive(Debug, Default)]
pub(crate) struct RuntimeFacts {
    /// The modules that run.
    pub(crate) reachable: OnceLock<FxHashSet<ModuleId>>,
    /// Where every function is used.
    pub(crate) uses: OnceLock<Uses>,
    /// The variables of the environment that it reads.
    pub(crate) variables: OnceLock<Variables>,
    /// The calls that leave the process.
    pub(crate) outbound: OnceLock<Outbounds>,
    /// Expressions, by their addresses, that are known to be the process's environment or not to be it.
    pub(crate) environs: Mutex<FxHashMap<usize, bool>>,
    /// Why code that runs is not here, where some is not.
    pub(crate) absent: OnceLock<Option<Unread>>,
    /// What a policy of what the code is seen to use lacks, in words, and whether it is surely called.
    pub(crate) lacks: OnceLock<Vec<(bool, String)>>,
    /// The optional imports that surely succeed, by their module and their number in it; whoever hands out the code finds them.
    pub(crate) ships: OnceLock<FxHashSet<(ModuleId, usize)>>,
    /// What runs where an unknown variable is taken for unset.
    unset: OnceLock<Running>,
    /// What runs where an unknown variable may be set.
    unknown: OnceLock<Running>,
}

impl RuntimeFacts {
    /// What runs, by what is thought of variables that nothing sets.
    pub(crate) fn running(&self, absent: Absent) -> &OnceLock<Running> {
        match absent {
            Absent::Unset => &self.unset,
            Absent::Unknown => &self.unknown,
        }
    }
}
