//! Programs of the tree that code starts as processes of their own: MCP servers over stdio, workers.

use std::cell::Cell;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::model::source::Module;
use crate::model::source::ir::{Expr, ExprKind, FormatPart, Operator};

/// A program that a call or list names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Program {
    /// `python -m a.b`.
    Module(String),
    /// A file, relative to somewhere in the tree.
    File(String),
}

/// One word of a command line.
enum Word {
    /// Its text.
    Text(String),
    /// The interpreter that runs the caller.
    Interpreter,
    /// Something else.
    Other,
}

const ENDINGS: [&str; 6] = [".py", ".js", ".mjs", ".cjs", ".ts", ".mts"];
/// What starts a file that it is given alone.
const STARTERS: [&str; 3] = ["fork", "Worker", "run_path"];
/// What starts a module that it is given alone.
const RUNNERS: [&str; 1] = ["run_module"];

/// One of these stands in every module that starts a program: the end of a file's name, `-m` as a word, what runs a module.
static STARTS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let modules = "\"'`\\ \t\n\r\x0b\x0c"
        .chars()
        .map(|after| format!("-m{after}"));
    let fixed = ENDINGS.into_iter().chain(RUNNERS).map(str::to_owned);
    AhoCorasick::new(fixed.chain(modules)).ok()
});

/// Whether a module may start a program: the words of its lines are not looked at otherwise.
pub(super) fn may_start(module: &Module) -> bool {
    let starts = STARTS.as_ref();
    starts.is_none_or(|starts| starts.is_match(&*module.source.text) || module.has_escapes())
}

/// What a name of the module is bound to, where that is one value.
pub(super) type Bound<'n, 'e> = &'n dyn Fn(&str, u32) -> Option<&'e Expr>;

/// Most names that lead to a value one after the other.
const MOST_NAMES: u8 = 6;
/// Most expressions behind names that are read for one line: a name of a sum of names is read anew for each of them.
const MOST_BEHIND: u32 = 100;

/// What a call or a list starts.
pub(super) struct Started {
    /// The programs.
    pub programs: Vec<Program>,
    /// More stands behind its names than is read: there may be others.
    pub cut: bool,
}

/// How the words of an argument are read: names are followed only on a line that starts something, which few are.
#[derive(Clone, Copy)]
struct Reader<'n, 'e> {
    bound: Option<Bound<'n, 'e>>,
    names: u8,
    /// How much more is read behind names; None where more was asked for.
    left: &'n Cell<Option<u32>>,
}

/// The programs that a call or a list starts. Whether the tree holds them is for the caller to see.
pub(super) fn of<'e>(expr: &'e Expr, bound: Bound<'_, 'e>) -> Started {
    let left = Cell::new(Some(MOST_BEHIND));
    let reader = |bound| Reader {
        bound,
        names: MOST_NAMES,
        left: &left,
    };
    let programs = named(expr, reader(None), reader(Some(bound)));
    let cut = left.get().is_none();
    Started { programs, cut }
}

fn named(expr: &Expr, plain: Reader<'_, '_>, follow: Reader<'_, '_>) -> Vec<Program> {
    match &expr.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) => in_list(items, false, plain, follow),
        ExprKind::Call(call) => {
            let callee = call.written_name();
            let given = || {
                call.args
                    .iter()
                    .filter(|arg| !matches!(arg.kind, ExprKind::List(_) | ExprKind::Tuple(_)))
            };
            if RUNNERS.contains(&callee) {
                return given()
                    .flat_map(|arg| follow.words(arg))
                    .take(1)
                    .filter_map(|word| match word {
                        Word::Text(text) => Some(Program::Module(text)),
                        _ => None,
                    })
                    .collect();
            }
            let starts = STARTERS.contains(&callee);
            let mut line: Vec<Word> = given().flat_map(|arg| plain.words(arg)).collect();
            if starts || line.iter().any(is_interpreter) {
                line = given().flat_map(|arg| follow.words(arg)).collect();
            }
            let mut found = in_line(&line, starts);
            // `StdioServerParameters(command="python", args=[…])`, `spawn("node", [...])`, `{command, args}`.
            let named = call.option("args");
            let is_list = |arg: &&Expr| matches!(arg.kind, ExprKind::List(_));
            let listed = call.args.iter().find(is_list).or(call.args.get(1));
            let command = call.option("command").or(call.args.first());
            if let Some(items) = named.or(listed).and_then(|given| follow.items(given))
                && command.is_some_and(|command| follow.words(command).iter().any(is_interpreter))
            {
                found.extend(in_list(items, true, follow, follow));
            }
            found
        }
        _ => Vec::new(),
    }
}

/// The programs of a list that is a command line, or the rest of one that was `started`.
fn in_list(
    items: &[Expr],
    started: bool,
    plain: Reader<'_, '_>,
    follow: Reader<'_, '_>,
) -> Vec<Program> {
    let words: Vec<Word> = items.iter().flat_map(|item| plain.words(item)).collect();
    if started || !words.iter().any(is_interpreter) {
        return in_line(&words, started);
    }
    let words: Vec<Word> = items.iter().flat_map(|item| follow.words(item)).collect();
    in_line(&words, started)
}

fn in_line(words: &[Word], started: bool) -> Vec<Program> {
    let mut found = Vec::new();
    let mut runs = started;
    let mut module = false;
    for word in words {
        match word {
            Word::Text(text) if module => {
                found.push(Program::Module(text.clone()));
                return found;
            }
            Word::Text(text) if text == "-m" => module = true,
            Word::Text(text) if runs && ENDINGS.iter().any(|end| text.ends_with(end)) => {
                found.push(Program::File(text.clone()));
                return found;
            }
            word => runs |= is_interpreter(word),
        }
    }
    found
}

fn is_interpreter(word: &Word) -> bool {
    match word {
        Word::Interpreter => true,
        Word::Text(text) => {
            let name = text.rsplit(['/', '\\']).next().unwrap_or(text);
            let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
            matches!(
                plain,
                "python" | "node" | "uv" | "tsx" | "npx" | "bun" | "deno" | "ts-node"
            )
        }
        Word::Other => false,
    }
}

impl<'e> Reader<'_, 'e> {
    /// What a name stands for, and a reader that follows one name less.
    fn value(self, name: &str, at: u32) -> Option<(&'e Expr, Self)> {
        let value = self.bound?(name, at)?;
        match self.names.checked_sub(1) {
            Some(names) => Some((value, Self { names, ..self })),
            None => {
                self.left.set(None);
                None
            }
        }
    }

    /// Whether one more expression is read: what stands on the line itself always is.
    fn reads(self) -> bool {
        if self.names < MOST_NAMES {
            let left = self.left.get().and_then(|left| left.checked_sub(1));
            self.left.set(left);
            return left.is_some();
        }
        true
    }

    fn items<'x>(self, expr: &'x Expr) -> Option<&'x [Expr]>
    where
        'e: 'x,
    {
        match &expr.kind {
            ExprKind::List(items) | ExprKind::Tuple(items) => Some(items),
            ExprKind::Name(name) => {
                let (value, inner) = self.value(name, expr.range.start)?;
                inner.items(value)
            }
            _ => None,
        }
    }

    /// The words of one argument: a text that holds a whole command line has several.
    fn words(self, expr: &Expr) -> Vec<Word> {
        if !self.reads() {
            return vec![Word::Other];
        }
        match &expr.kind {
            ExprKind::Str(text) => text
                .split_whitespace()
                .take(40)
                .map(|word| Word::Text(word.to_owned()))
                .collect(),
            ExprKind::Attribute { attr, .. } if matches!(&**attr, "executable" | "execPath") => {
                vec![Word::Interpreter]
            }
            ExprKind::Format(parts) => parts
                .iter()
                .flat_map(|part| match part {
                    FormatPart::Text(text) => text
                        .split_whitespace()
                        .take(40)
                        .map(|word| Word::Text(word.trim_start_matches('/').to_owned()))
                        .collect(),
                    FormatPart::Expr(inner) => self.words(inner),
                })
                .collect(),
            // `os.path.join(HERE, "server.py")`, `str(HERE / "server.py")`, `new URL("./worker.js", import.meta.url)`,
            // `(HERE / "server.py").as_posix()`.
            ExprKind::Call(call) => {
                let mut texts: Vec<Word> = Vec::new();
                if let ExprKind::Attribute { base, attr } = &call.callee.kind
                    && (matches!(&**attr, "as_posix" | "absolute" | "joinpath")
                        || matches!(&**attr, "resolve" | "toString") && call.args.is_empty())
                {
                    texts.extend(self.parts(base));
                }
                texts.extend(call.args.iter().flat_map(|arg| self.parts(arg)));
                last_file(texts)
            }
            ExprKind::BinOp {
                op: Operator::Div | Operator::Add,
                ..
            } => last_file(self.parts(expr)),
            // `SERVER = Path(__file__).parent / "server.py"`
            ExprKind::Name(name) => match self.value(name, expr.range.start) {
                Some((value, inner)) => inner.words(value),
                None => vec![Word::Other],
            },
            _ => vec![Word::Other],
        }
    }

    /// The parts of a path that is put together, folders included: `HERE / "servers" / "server.py"`.
    fn parts(self, expr: &Expr) -> Vec<Word> {
        if !self.reads() {
            return vec![Word::Other];
        }
        match &expr.kind {
            ExprKind::BinOp {
                op: Operator::Div | Operator::Add,
                left,
                right,
            } => {
                let mut texts = self.parts(left);
                texts.extend(self.parts(right));
                texts
            }
            ExprKind::Name(name) => match self.value(name, expr.range.start) {
                Some((value, inner)) => inner.parts(value),
                None => vec![Word::Other],
            },
            _ => self.words(expr),
        }
    }
}

/// Of the parts of a path the file.
fn last_file(words: Vec<Word>) -> Vec<Word> {
    let file = |word: &Word| matches!(word, Word::Text(text) if ENDINGS.iter().any(|end| text.ends_with(end)));
    match words.iter().any(file) {
        true => {
            let mut path: Vec<String> = Vec::new();
            for word in words {
                if let Word::Text(text) = word {
                    path.push(text);
                }
            }
            vec![Word::Text(path.join("/"))]
        }
        false => vec![Word::Other],
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::{Parsed, parse_text};
    use super::Program;
    use crate::model::source::walk::expressions;

    fn parsed(text: &str, path: &str) -> Parsed {
        let language =
            super::super::language_of(path).unwrap_or(crate::model::source::Language::Python);
        parse_text(
            crate::model::source::ModuleId(0),
            path.into(),
            "",
            language,
            text.to_owned(),
            &Default::default(),
        )
    }

    fn programs(text: &str, path: &str) -> Vec<Program> {
        let parsed = parsed(text, path);
        let bound = |name: &str, at: u32| parsed.module.only_value(name, at);
        let mut found = Vec::new();
        for expr in expressions(&parsed.module.body) {
            for one in super::of(expr, &bound).programs {
                if !found.contains(&one) {
                    found.push(one);
                }
            }
        }
        found
    }

    #[test]
    fn a_name_of_many_names_is_read_to_a_bound_that_is_said() {
        let mut text = String::new();
        for at in 0..6 {
            let sum = vec![format!("a{}", at + 1); 30].join(" + ");
            text.push_str(&format!("a{at} = {sum}\n"));
        }
        text.push_str("a6 = 'server.py'\nP(command='python', args=[a0])\n");
        let parsed = parsed(&text, "m.py");
        let bound = |name: &str, at: u32| parsed.module.only_value(name, at);
        let all = expressions(&parsed.module.body);
        assert!(all.iter().any(|expr| super::of(expr, &bound).cut));
    }

    #[test]
    fn started_programs_are_seen_however_they_are_written() {
        let module = |name: &str| vec![Program::Module(name.to_owned())];
        let file = |name: &str| vec![Program::File(name.to_owned())];
        for (text, path, expected) in [
            (
                "P(command=sys.executable, args=['-m', 'a.b'])",
                "m.py",
                module("a.b"),
            ),
            (
                "subprocess.Popen([sys.executable, 'worker.py'])",
                "m.py",
                file("worker.py"),
            ),
            (
                "P(command='python', args=[os.path.join(HERE, 'server.py')])",
                "m.py",
                file("server.py"),
            ),
            (
                "subprocess.run('python3 -m jobs.index', shell=True)",
                "m.py",
                module("jobs.index"),
            ),
            ("fork('./worker.js')", "m.ts", file("./worker.js")),
            (
                "new T({ command: 'node', args: ['dist/server.js'] })",
                "m.ts",
                file("dist/server.js"),
            ),
            (
                "spawn(process.execPath, [path.join(dir, 'w.mjs')])",
                "m.ts",
                file("w.mjs"),
            ),
            (
                "SERVER = Path(__file__).parent / 'server.py'\nP(command=sys.executable, args=[str(SERVER)])",
                "m.py",
                file("server.py"),
            ),
            (
                "P(command='python', args=[str(HERE / 'servers' / 'prices.py')])",
                "m.py",
                file("servers/prices.py"),
            ),
            (
                "HERE = Path(__file__).parent\nARGS = [(HERE / 'server.py').as_posix()]\nP(command='python', args=ARGS)",
                "m.py",
                file("server.py"),
            ),
            (
                "const server = path.join(__dirname, 'server.js')\nspawn('node', [server])",
                "m.ts",
                file("server.js"),
            ),
            ("open('worker.py')", "m.py", Vec::new()),
            ("files = ['worker.py', 'main.py']", "m.py", Vec::new()),
            (
                "subprocess.run(['git', 'add', 'worker.py'])",
                "m.py",
                Vec::new(),
            ),
        ] {
            assert_eq!(programs(text, path), expected, "{text}");
        }
    }
}
