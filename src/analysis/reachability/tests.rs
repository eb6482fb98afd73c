//! What runs, and what it costs to find out.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use super::{Absent, Live};
use crate::analysis::call_sites::{self, Callers};
use crate::analysis::limits;
use crate::analysis::names::work;
use crate::analysis::sample::source_of_files;
use crate::audit;
use crate::context::{Context, code};

const HEAD: &str = "import os\nfrom bedrock_agentcore.runtime import BedrockAgentCoreApp\n\napp = BedrockAgentCoreApp()\n\n\n";
const CONFIG: &str = r#"{"name": "Work", "version": 1, "managedBy": "CDK", "runtimes": [{"name": "Work", "build": "CodeZip",
    "entrypoint": "main.py", "codeLocation": "app/", "runtimeVersion": "PYTHON_3_13", "networkMode": "PUBLIC", "protocol": "HTTP"}],
    "memories": [], "credentials": []}"#;

fn context(code: &str) -> Context {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [("agentcore/agentcore.json", CONFIG), ("app/main.py", code)] {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let options = audit::Options {
        offline: true,
        ..audit::Options::default()
    };
    let context = audit::collect(folder.path(), &options).unwrap();
    assert_eq!(context.source.modules.len(), 1);
    context
}

/// The functions whose call of `mark` does not run, and whether a budget ran out.
fn off(context: &Context) -> (Vec<String>, bool) {
    let runtime = context.project.runtimes.first().unwrap();
    let code = code::of(context, runtime).unwrap();
    let callers = Callers::new(&code);
    let (off, limit) = limits::watch(|| {
        let live = Live::new(&callers, Absent::Unknown);
        let marks = code.calls().filter(|(module, _, expr)| {
            context.source.callee_name(module.id, expr) == Some("mark")
                && !live.runs(module.id, expr.range)
        });
        let names = marks.map(|(module, function, _)| {
            let function = function.and_then(|id| module.function(id));
            function.map_or(String::new(), |function| function.name.to_string())
        });
        names.collect()
    });
    (off, limit.is_some())
}

/// `layers` layers of `width` functions; each calls all of the next layer.
fn layers(layers: usize, width: usize) -> String {
    let mut code = HEAD.to_owned();
    for layer in 0..layers {
        for at in 0..width {
            let calls: Vec<String> = (0..width)
                .map(|next| format!("f{}_{next}(x)", layer + 1))
                .collect();
            let body = match layer + 1 == layers {
                true => "mark(x)".to_owned(),
                false => calls.join(" + "),
            };
            writeln!(code, "def f{layer}_{at}(x):\n    return {body}\n\n").unwrap();
        }
    }
    code.push_str("if os.environ.get(\"LOCAL_DEV\") == \"1\":\n");
    for at in 0..width {
        writeln!(code, "    f0_{at}(\"x\")").unwrap();
    }
    code
}

#[test]
fn helpers_of_a_switched_off_branch_do_not_run_however_many_ways_lead_to_them() {
    let context = context(&layers(6, 22));
    let mut found = (Vec::new(), false);
    // 2,422 calls, each asked for what it calls and for its arguments.
    let steps = work::of(|| found = off(&context));
    assert_eq!((found.0.len(), found.1), (22, false));
    assert!(steps < 40_000, "{steps} steps");
}

#[test]
fn the_work_grows_with_the_code_and_not_with_its_square() {
    let steps = |count: usize| {
        let mut code = format!("{HEAD}def compute(a, b):\n    return a + b\n\n\n");
        for at in 0..count {
            let before = at.saturating_sub(1);
            writeln!(
                code,
                "def fn{at}(a, b=None):\n    value = compute(a, {at})\n    other = fn{before}(value, b)\n    return str(other) + os.path.join(\"x\", value)\n\n"
            )
            .unwrap();
        }
        // A project's calls are looked up on other threads: here one asks for them itself.
        let source = source_of_files(&[("main.py", &code)], "main.py");
        let context = context(&code);
        work::of(|| {
            assert!(!call_sites::of_module(&source, &source.modules[0]).is_empty());
            assert!(off(&context).0.is_empty());
        })
    };
    let (small, large) = (steps(500), steps(2000));
    assert!(small > 500, "{small} steps");
    assert!(
        large < small * 5,
        "{small} steps for 500 functions, {large} for 2000"
    );
}

#[test]
fn functions_that_call_each_other_run_where_something_outside_does() {
    let code = r#"
def alone(node):
    mark(node)
    return [alone(child) for child in node]


def ping(x):
    mark(x)
    return pong(x)


def pong(x):
    mark(x)
    return ping(x)


def served(x):
    mark(x)
    return served(x - 1)


@app.entrypoint
def invoke(payload):
    mark(payload)
    return served(payload)


if os.environ.get("LOCAL_DEV") == "1":
    ping(1)
"#;
    // Nothing outside calls `alone`: a framework may.
    assert_eq!(
        off(&context(&format!("{HEAD}{code}"))),
        (vec!["ping".to_owned(), "pong".to_owned()], false)
    );
}

#[test]
fn names_that_define_each_other_end() {
    let code = r#"
a = b or "x"
b = c or "y"
c = a or os.environ.get("MODE", "z")

if a.lower().strip() == "x":
    mark(a)
"#;
    assert!(off(&context(&format!("{HEAD}{code}"))).0.is_empty());
}

#[test]
fn a_condition_over_too_many_names_is_a_limit_and_not_an_answer() {
    let mut code = HEAD.to_owned();
    for at in (0..9).rev() {
        let next = format!("n{}", at + 1);
        let all = vec![format!("not {next}"); 20].join(" and ");
        let value = if at == 8 {
            "os.environ.get(\"UNKNOWN\")".to_owned()
        } else {
            all
        };
        writeln!(code, "n{at} = {value}").unwrap();
    }
    code.push_str("\nif n0 and n1:\n    mark(1)\n");
    assert_eq!(off(&context(&code)), (Vec::new(), true));
}

#[test]
fn a_value_that_is_made_of_itself_decides_nothing() {
    let code = format!(
        "{HEAD}KEY = None\n\n\nclass Holder:\n    def __init__(self):\n        self.key = None\n\n    def get(self):\n        self.key = self.key or mark(1)\n        return self.key\n\n\nholder = Holder()\n\n\ndef again():\n    global KEY\n    KEY = KEY or mark(2)\n    return KEY if KEY else holder.get()\n\n\n@app.entrypoint\ndef invoke(payload):\n    return again()\n"
    );
    let context = context(&code);
    assert_eq!(off(&context), (Vec::new(), false));
}
