//! Reads what `python -X importtime` prints: self and cumulative microseconds, the depth as indentation, children first.
//! Format: <https://docs.python.org/3/using/cmdline.html#cmdoption-X>.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Modules below this share of the whole are left out of the tree.
const SMALLEST_SHARE: f64 = 0.01;
/// How many packages are named.
const HEAVIEST: usize = 10;
/// How deep the tree goes.
const DEEPEST: usize = 6;

/// Where the time of the imports goes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportTime {
    /// Milliseconds of all imports.
    pub total_ms: f64,
    /// The ten top-level packages that cost most, their own modules added up.
    pub heaviest: Vec<(String, f64)>,
    /// The imports that cost at least one percent, nested as they happened.
    pub tree: Vec<ImportNode>,
}

/// An imported module.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportNode {
    /// Its dotted name.
    pub module: String,
    /// Milliseconds with all that it imported.
    pub cumulative_ms: f64,
    /// Milliseconds of its own.
    pub self_ms: f64,
    /// What it imported.
    pub children: Vec<ImportNode>,
}

/// Parses the standard error of a start with `-X importtime`; other lines are passed over.
pub fn parse(stderr: &str) -> ImportTime {
    let mut pending: Vec<(usize, ImportNode)> = Vec::new();
    let mut packages: BTreeMap<String, f64> = BTreeMap::new();
    for (depth, node) in stderr.lines().filter_map(line) {
        let package = node.module.split('.').next().unwrap_or_default().to_owned();
        *packages.entry(package).or_default() += node.self_ms;
        // A module is printed after all that it imported, which stands one level deeper.
        let mut node = node;
        let first = pending
            .iter()
            .rposition(|(other, _)| *other <= depth)
            .map_or(0, |at| at + 1);
        node.children = pending.drain(first..).map(|(_, child)| child).collect();
        pending.push((depth, node));
    }
    let total_ms: f64 = packages.values().sum();
    let mut heaviest: Vec<(String, f64)> = packages.into_iter().collect();
    heaviest.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    heaviest.truncate(HEAVIEST);
    let mut tree: Vec<ImportNode> = pending.into_iter().map(|(_, node)| node).collect();
    prune(&mut tree, total_ms * SMALLEST_SHARE, DEEPEST);
    ImportTime {
        total_ms,
        heaviest,
        tree,
    }
}

fn line(text: &str) -> Option<(usize, ImportNode)> {
    let mut fields = text.strip_prefix("import time:")?.splitn(3, '|');
    let self_us: f64 = fields.next()?.trim().parse().ok()?;
    let cumulative_us: f64 = fields.next()?.trim().parse().ok()?;
    // One space after the bar, then two for each level.
    let name = fields.next()?.strip_prefix(' ')?;
    let module = name.trim_start();
    let depth = (name.len() - module.len()) / 2;
    let node = ImportNode {
        module: module.trim_end().to_owned(),
        cumulative_ms: cumulative_us / 1000.0,
        self_ms: self_us / 1000.0,
        children: Vec::new(),
    };
    Some((depth, node))
}

fn prune(nodes: &mut Vec<ImportNode>, smallest: f64, levels: usize) {
    nodes.retain(|node| levels > 0 && node.cumulative_ms >= smallest);
    nodes.sort_by(|a, b| b.cumulative_ms.total_cmp(&a.cumulative_ms));
    for node in nodes {
        prune(&mut node.children, smallest, levels.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_nested_under_what_imported_them() {
        let text = "import time: self [us] | cumulative | imported package\n\
                    import time:      1000 |       1000 |     strands.types\n\
                    import time:      2000 |       3000 |   strands\n\
                    import time:       500 |        500 |   json\n\
                    import time:       100 |       3600 | main\n\
                    some warning\n";
        let parsed = parse(text);
        assert_eq!(parsed.total_ms, 3.6);
        assert_eq!(parsed.heaviest[0], ("strands".to_owned(), 3.0));
        assert_eq!(parsed.tree.len(), 1);
        assert_eq!(parsed.tree[0].module, "main");
        let names: Vec<_> = parsed.tree[0]
            .children
            .iter()
            .map(|node| node.module.as_str())
            .collect();
        assert_eq!(names, ["strands", "json"]);
        assert_eq!(
            parsed.tree[0].children[0].children[0].module,
            "strands.types"
        );
    }

    #[test]
    fn garbage_is_passed_over() {
        assert_eq!(
            parse("import time: x | y\nimport time:\n|||"),
            ImportTime::default()
        );
    }
}
