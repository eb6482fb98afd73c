//! The label that each field of a payload is followed by.

use std::collections::BTreeMap;

use crate::analysis::dataflow::Labels;
use crate::analysis::limits;
use crate::model::source::ModuleId;
use crate::model::source::ir::ByteRange;

use super::fields::{Kind, MOST_FIELDS};
use super::taken::Taken;
use crate::analysis::schema::{Fields, Rule, UNREAD};

/// The bit of a field of a field, by the bit and the member that it is taken with.
pub(super) type Members = BTreeMap<(usize, String), usize>;

/// What schemas know of the fields and of what is in them.
#[derive(Default)]
pub(super) struct Parts {
    /// The fields of fields.
    pub nested: Members,
    /// The rule of each bit.
    pub rules: BTreeMap<usize, Rule>,
}

/// Gives each field of a field that a schema knows a bit of its own: by the paths in the payload, and in each field. `inner` are the
/// bits of those that the code takes out itself.
pub(super) fn parts(
    payload: &Fields,
    (of, inner): (&BTreeMap<usize, Fields>, &Members),
    names: &mut Vec<String>,
    sites: &mut BTreeMap<usize, (ModuleId, ByteRange)>,
) -> Parts {
    let mut found = Parts::default();
    for bit in 0..names.len() {
        let name = names[bit].clone();
        let mut here = of.get(&bit).cloned().unwrap_or_default();
        for (path, rule) in payload
            .iter()
            .filter(|(path, _)| !matches!(&***path, "" | UNREAD))
        {
            let below = match path.strip_prefix(&*name) {
                Some("") => Some(""),
                Some(rest) => rest.strip_prefix('.'),
                None => None,
            };
            if let Some(below) = below {
                let known = here.entry(below.to_owned()).or_default();
                *known = known.both(*rule);
            }
        }
        let mut known = BTreeMap::from([(String::new(), bit)]);
        // In the order of paths a field comes before what is in it.
        for (path, rule) in here {
            if path.is_empty() {
                found.rules.insert(bit, rule);
                continue;
            }
            let (outer, member) = path.rsplit_once('.').unwrap_or(("", &path));
            let Some(&outer) = known.get(outer) else {
                continue;
            };
            if let Some(&taken) = inner.get(&(outer, member.to_owned())) {
                // What is in it stands under its own bit.
                found.nested.insert((outer, member.to_owned()), taken);
                continue;
            }
            if names.len() >= MOST_FIELDS {
                if let Some((module, range)) = sites.get(&bit).copied() {
                    limits::reached(limits::FIELDS, module, range);
                }
                break;
            }
            let part = names.len();
            names.push(format!("{name}.{path}"));
            if let Some(site) = sites.get(&bit).copied() {
                sites.insert(part, site);
            }
            found.nested.insert((outer, member.to_owned()), part);
            found.rules.insert(part, rule);
            known.insert(path, part);
        }
    }
    found
}

/// Gives each place where a field is taken out of the payload a bit.
pub(super) fn label(
    taken: &[Taken],
    names: &mut Vec<String>,
    sites: &mut BTreeMap<usize, (ModuleId, ByteRange)>,
    defaults: &mut BTreeMap<usize, Kind>,
) -> BTreeMap<(ModuleId, ByteRange), Labels> {
    let mut found = BTreeMap::new();
    sites.retain(|bit, _| *bit < names.len());
    defaults.clear();
    for one in taken {
        let bit = if names.len() < MOST_FIELDS {
            names.push(one.name.clone());
            names.len() - 1
        } else if let Some(bit) = names.iter().position(|name| *name == one.name) {
            bit
        } else {
            limits::reached(limits::FIELDS, one.module, one.range);
            continue;
        };
        sites.entry(bit).or_insert((one.module, one.range));
        if let Some(kind) = one.default {
            defaults.entry(bit).or_insert(kind);
        }
        found.insert((one.module, one.range), 1 << bit);
    }
    found
}
