//! Programs of the tree that code starts as processes of their own: MCP servers over stdio, workers.

use crate::model::source::ir::Operator;
use crate::model::source::ir::{Expr, ExprKind, FormatPart};

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

/// The programs that a call or a list starts. Whether the tree holds them is for the caller to see.
pub(super) fn of(expr: &Expr) -> Vec<Program> {
    match &expr.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) => {
            in_line(&items.iter().flat_map(words).collect::<Vec<_>>(), false)
        }
        ExprKind::Call(call) => {
            let callee = match &call.callee.kind {
                ExprKind::Name(name) => &**name,
                ExprKind::Attribute { attr, .. } => &**attr,
                _ => "",
            };
            let plain: Vec<Word> = call
                .args
                .iter()
                .filter(|arg| !matches!(arg.kind, ExprKind::List(_) | ExprKind::Tuple(_)))
                .flat_map(words)
                .collect();
            if RUNNERS.contains(&callee) {
                return plain
                    .into_iter()
                    .take(1)
                    .filter_map(|word| match word {
                        Word::Text(text) => Some(Program::Module(text)),
                        _ => None,
                    })
                    .collect();
            }
            let mut found = in_line(&plain, STARTERS.contains(&callee));
            // `StdioServerParameters(command="python", args=[…])`, `spawn("node", [...])`, `{command, args}`.
            let named = call.option("args");
            let listed = call
                .args
                .iter()
                .find(|arg| matches!(arg.kind, ExprKind::List(_)));
            let command = call.option("command").or(call.args.first());
            if let Some(items) = named.or(listed).and_then(items)
                && command.is_some_and(|command| words(command).iter().any(is_interpreter))
            {
                found.extend(in_line(
                    &items.iter().flat_map(words).collect::<Vec<_>>(),
                    true,
                ));
            }
            found
        }
        _ => Vec::new(),
    }
}

fn items(expr: &Expr) -> Option<&[Expr]> {
    match &expr.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) => Some(items),
        _ => None,
    }
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

/// The words of one argument: a text that holds a whole command line has several.
fn words(expr: &Expr) -> Vec<Word> {
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
                FormatPart::Expr(inner) => words(inner),
            })
            .collect(),
        // `os.path.join(HERE, "server.py")`, `str(HERE / "server.py")`, `new URL("./worker.js", import.meta.url)`.
        ExprKind::Call(call) => {
            let texts: Vec<Word> = call.args.iter().flat_map(words).collect();
            last_file(texts)
        }
        ExprKind::BinOp {
            op: Operator::Div | Operator::Add,
            left,
            right,
        } => {
            let mut texts = words(left);
            texts.extend(words(right));
            last_file(texts)
        }
        _ => vec![Word::Other],
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
    use super::Program;
    use crate::model::source::walk::expressions;

    fn programs(text: &str, path: &str) -> Vec<Program> {
        let language =
            super::super::language_of(path).unwrap_or(crate::model::source::Language::Python);
        let parsed = super::super::parse::parse_text(
            crate::model::source::ModuleId(0),
            path.into(),
            "",
            language,
            text.to_owned(),
            &Default::default(),
        );
        let mut found = Vec::new();
        for expr in expressions(&parsed.module.body) {
            for one in super::of(expr) {
                if !found.contains(&one) {
                    found.push(one);
                }
            }
        }
        found
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
