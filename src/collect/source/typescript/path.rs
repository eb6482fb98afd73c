//! Where Node and the TypeScript compiler find a module.

use super::super::tree::{Tree, folder_of, join};

const EXTENSIONS: [&str; 8] = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];

/// What a specifier leads to.
pub enum Found {
    /// A file that is read.
    File(String),
    /// Something of the tree that holds no code to read (`.json`, `.d.ts`).
    Other,
    /// Nothing in the tree.
    Nothing,
}

/// `paths` and `baseUrl` of a `tsconfig.json`, `imports` of a `package.json`.
#[derive(Default)]
pub struct Aliases {
    /// Pattern (with one `*` at most) and the paths it stands for, relative to the project root.
    patterns: Vec<(String, Vec<String>)>,
    /// Folder that bare specifiers may be relative to.
    base: Option<String>,
    /// Packages that are folders of the project: the pattern of their specifiers, and the files that may hold them.
    packages: Vec<(String, Vec<String>)>,
}

/// Folders that a build fills from the sources.
const BUILT: [&str; 5] = ["dist/", "build/", "out/", "lib/", "esm/"];

/// Most entries of `exports` that are taken.
const MOST_EXPORTS: usize = 200;

impl Aliases {
    /// Reads the aliases of a code root; a missing or broken file gives none.
    pub fn read(tree: &mut Tree, code_root: &str) -> Self {
        let mut aliases = Self::default();
        let tsconfig = join(code_root, "tsconfig.json");
        if tree.is_file(&tsconfig) {
            aliases.add_tsconfig(tree, &tsconfig, 0);
        }
        let package = join(code_root, "package.json");
        if tree.is_file(&package)
            && let Some(value) = read_json(tree, &package)
            && let Some(imports) = value.get("imports").and_then(serde_json::Value::as_object)
        {
            for (pattern, target) in imports {
                let mut targets = Vec::new();
                leaves(target, &mut targets, 0);
                let targets = targets
                    .iter()
                    .map(|target| join(code_root, target))
                    .collect();
                aliases.patterns.push((pattern.clone(), targets));
            }
        }
        aliases
    }

    fn add_tsconfig(&mut self, tree: &mut Tree, path: &str, depth: u8) {
        let Some(value) = read_json(tree, path) else {
            return;
        };
        let folder = folder_of(path).to_owned();
        if let Some(extended) = value.get("extends").and_then(serde_json::Value::as_str)
            && extended.starts_with('.')
            && depth < 4
        {
            let mut next = join(&folder, extended);
            if !next.ends_with(".json") {
                next.push_str(".json");
            }
            self.add_tsconfig(tree, &next, depth + 1);
        }
        let Some(options) = value.get("compilerOptions") else {
            return;
        };
        let base = options
            .get("baseUrl")
            .and_then(serde_json::Value::as_str)
            .map(|base| join(&folder, base));
        let from = base.clone().unwrap_or(folder);
        if base.is_some() {
            self.base = base;
        }
        for (pattern, targets) in options
            .get("paths")
            .and_then(serde_json::Value::as_object)
            .into_iter()
            .flatten()
        {
            let targets = targets
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(serde_json::Value::as_str);
            let targets = targets.map(|target| join(&from, target)).collect();
            self.patterns.push((pattern.clone(), targets));
        }
    }

    /// Adds a package that is a folder of the project: what its `package.json` names, the sources before what is built of them.
    pub fn add_package(&mut self, tree: &mut Tree, name: &str, folder: &str) {
        let manifest = read_json(tree, &join(folder, "package.json")).unwrap_or_default();
        let mut entries: Vec<(String, Vec<String>)> = Vec::new();
        match manifest.get("exports") {
            Some(serde_json::Value::Object(map)) if map.keys().any(|key| key.starts_with('.')) => {
                for (key, target) in map.iter().take(MOST_EXPORTS) {
                    let mut targets = Vec::new();
                    leaves(target, &mut targets, 0);
                    let below = key.trim_start_matches('.').to_owned();
                    entries.push((below, targets));
                }
            }
            Some(target) => {
                let mut targets = Vec::new();
                leaves(target, &mut targets, 0);
                entries.push((String::new(), targets));
            }
            None => {}
        }
        let mains = ["source", "module", "main"].iter().filter_map(|key| {
            let target = manifest.get(key)?.as_str()?;
            Some(target.to_owned())
        });
        entries.push((String::new(), mains.collect()));
        let fallback = ["src/index", "index", "src/main", "main"];
        entries.push((
            String::new(),
            fallback.iter().map(|&name| name.to_owned()).collect(),
        ));
        entries.push(("/*".to_owned(), vec!["src/*".to_owned(), "*".to_owned()]));
        for (below, targets) in entries {
            let mut places = Vec::new();
            for target in &targets {
                let bare = target.trim_start_matches("./");
                for rest in BUILT.iter().filter_map(|built| bare.strip_prefix(built)) {
                    places.push(join(folder, &format!("src/{rest}")));
                    places.push(join(folder, rest));
                }
                places.push(join(folder, bare));
            }
            self.packages.push((format!("{name}{below}"), places));
        }
    }

    fn candidates(&self, specifier: &str) -> Vec<String> {
        let mut found = expanded(&self.patterns, specifier);
        found.extend(self.base.iter().map(|base| join(base, specifier)));
        found
    }
}

/// What a specifier stands for by patterns.
fn expanded(patterns: &[(String, Vec<String>)], specifier: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (pattern, targets) in patterns {
        match pattern.split_once('*') {
            Some((start, end)) => {
                let middle = specifier
                    .strip_prefix(start)
                    .and_then(|rest| rest.strip_suffix(end));
                let Some(middle) = middle else { continue };
                found.extend(targets.iter().map(|target| target.replacen('*', middle, 1)));
            }
            None if pattern == specifier => found.extend(targets.iter().cloned()),
            None => {}
        }
    }
    found
}

fn leaves(value: &serde_json::Value, found: &mut Vec<String>, depth: u8) {
    match value {
        serde_json::Value::String(text) => found.push(text.clone()),
        serde_json::Value::Object(map) if depth < 4 => map
            .values()
            .for_each(|inner| leaves(inner, found, depth + 1)),
        _ => {}
    }
}

fn read_json(tree: &Tree, path: &str) -> Option<serde_json::Value> {
    let file = tree.on_disk(path);
    let about = std::fs::metadata(&file).ok()?;
    if !about.is_file() || about.len() > 1_000_000 {
        return None;
    }
    let text = std::fs::read_to_string(file).ok()?;
    let parsed =
        jsonc_parser::parse_to_value(&text, &jsonc_parser::ParseOptions::default()).ok()??;
    Some(plain(parsed, 0))
}

/// JSON with comments as plain JSON; numbers are of no use here.
fn plain(value: jsonc_parser::JsonValue<'_>, depth: u8) -> serde_json::Value {
    match value {
        jsonc_parser::JsonValue::String(text) => serde_json::Value::String(text.into_owned()),
        jsonc_parser::JsonValue::Object(object) if depth < 32 => object
            .into_iter()
            .map(|(key, inner)| (key.to_string(), plain(inner, depth + 1)))
            .collect(),
        jsonc_parser::JsonValue::Array(array) if depth < 32 => array
            .into_iter()
            .map(|inner| plain(inner, depth + 1))
            .collect(),
        _ => serde_json::Value::Null,
    }
}

/// Resolves a specifier of the file at `path`.
pub fn resolve(tree: &mut Tree, aliases: &Aliases, path: &str, specifier: &str) -> Found {
    let specifier = specifier.split(['?']).next().unwrap_or(specifier);
    if specifier.starts_with("./")
        || specifier.starts_with("../")
        || specifier == "."
        || specifier == ".."
    {
        return file(tree, &join(folder_of(path), specifier));
    }
    for candidate in aliases.candidates(specifier) {
        match file(tree, &candidate) {
            Found::Nothing => {}
            found => return found,
        }
    }
    // A declaration of types is no code of the package.
    for candidate in expanded(&aliases.packages, specifier) {
        match file(tree, &join("", &candidate)) {
            Found::File(found) if !found.starts_with("..") => return Found::File(found),
            Found::Other if specifier.ends_with(".json") => return Found::Other,
            _ => {}
        }
    }
    Found::Nothing
}

/// The file that a path without certain extension means.
pub fn file(tree: &mut Tree, path: &str) -> Found {
    let is_code = EXTENSIONS.iter().any(|extension| path.ends_with(extension));
    if tree.is_file(path) {
        return if is_code && !path.ends_with(".d.ts") {
            Found::File(path.to_owned())
        } else {
            Found::Other
        };
    }
    let twins: &[(&str, &[&str])] = &[
        (".js", &[".ts", ".tsx", ".jsx"]),
        (".mjs", &[".mts"]),
        (".cjs", &[".cts"]),
        (".jsx", &[".tsx"]),
    ];
    for (ending, others) in twins {
        let Some(bare) = path.strip_suffix(ending) else {
            continue;
        };
        for other in *others {
            let twin = format!("{bare}{other}");
            if tree.is_file(&twin) {
                return Found::File(twin);
            }
        }
    }
    for extension in EXTENSIONS {
        let with = format!("{path}{extension}");
        if tree.is_file(&with) {
            return Found::File(with);
        }
    }
    if tree.is_folder(path) {
        for extension in EXTENSIONS {
            let index = format!("{}{extension}", join(path, "index"));
            if tree.is_file(&index) {
                return Found::File(index);
            }
        }
    }
    let json = format!("{path}.json");
    let declared = format!("{}.d.ts", path.strip_suffix(".js").unwrap_or(path));
    if tree.is_file(&json) || tree.is_file(&declared) {
        Found::Other
    } else {
        Found::Nothing
    }
}

/// The npm package of a bare specifier: `@scope/name` or the first segment; `node:` is kept.
pub fn package_of(specifier: &str) -> String {
    let parts = if specifier.starts_with('@') { 2 } else { 1 };
    specifier
        .split('/')
        .take(parts)
        .collect::<Vec<_>>()
        .join("/")
}
