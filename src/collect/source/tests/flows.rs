use super::{entry, find, python, source_of_files, typescript};
use crate::analysis::dataflow::{Flow, Labels, Seeds};
use crate::model::source::ir::{Expr, Handler};
use crate::model::source::{FnId, ModuleId, Source};

struct Payload;
impl Seeds for Payload {
    fn param(&self, _: FnId, index: usize) -> Labels {
        u64::from(index == 0)
    }
    fn cleans(&self, _: ModuleId, call: &Expr) -> bool {
        call.as_call().and_then(|call| call.callee.as_name()) == Some("clean")
    }
}

struct Caught;
impl Seeds for Caught {
    fn exception(&self, _: ModuleId, _: &Handler) -> Labels {
        1
    }
    fn cleans_member(&self, _: ModuleId, member: &str) -> bool {
        member == "__class__"
    }
}

/// Whether the argument of `sink(…)` carries the payload of the first function.
fn sinks(source: &Source) -> Vec<bool> {
    let module = entry(source);
    let from = module
        .functions
        .iter()
        .find(|function| &*function.name == "entry")
        .unwrap()
        .id;
    let flow = Flow::run(source, from, &Payload);
    let mut found = Vec::new();
    for other in &source.modules {
        for (_, call) in other.calls() {
            let call = call.as_call().unwrap();
            if call.callee.as_name() == Some("sink") {
                found.push(flow.labels(other.id, &call.args[0]) != 0);
            }
        }
    }
    found
}

#[test]
fn payload_is_followed() {
    let python_cases = [
        ("def entry(p):\n    sink(p)", true),
        (
            "def entry(p):\n    x = p.get('a')\n    sink(f'say {x}')",
            true,
        ),
        ("def entry(p):\n    a, (b, c) = p\n    sink(c)", true),
        (
            "def entry(p):\n    x = []\n    x.append(p)\n    sink(x)",
            true,
        ),
        (
            "def entry(p):\n    for i in p['xs']:\n        sink(i)",
            true,
        ),
        ("def entry(p):\n    sink([i for i in p])", true),
        (
            "def helper(v):\n    return {'k': v}\ndef entry(p):\n    sink(helper(p)['k'])",
            true,
        ),
        (
            "def helper(v):\n    sink(v)\ndef entry(p):\n    helper(v=p)",
            true,
        ),
        (
            "class A:\n    def __init__(self, v):\n        self.v = v\n    def go(self):\n        sink(self.v)\ndef entry(p):\n    A(p).go()",
            true,
        ),
        (
            "def entry(p):\n    def inner():\n        sink(p)\n    inner()",
            true,
        ),
        ("def entry(p):\n    p = 'fixed'\n    sink(p)", false),
        ("def entry(p):\n    sink('fixed')", false),
        ("def entry(p):\n    sink(clean(p))", false),
        ("def entry(p):\n    sink(p == 'x')", false),
        (
            "def entry(p):\n    x = 'a' if p else 'b'\n    sink(x)",
            false,
        ),
        (
            "def helper(v):\n    return 1\ndef entry(p):\n    sink(helper(p))",
            false,
        ),
        (
            "def entry(p):\n    if p:\n        x = p\n    else:\n        x = 1\n    sink(x)",
            true,
        ),
        (
            "def entry(p):\n    if p:\n        x = p\n        return\n    x = 1\n    sink(x)",
            false,
        ),
        (
            "def entry(p):\n    match p:\n        case {'a': v}:\n            sink(v)",
            true,
        ),
        (
            "def loop(v):\n    return loop(v)\ndef entry(p):\n    loop(p)\n    sink(p)",
            true,
        ),
    ];
    for (text, expected) in python_cases {
        assert_eq!(sinks(&python(text)), [expected], "{text}");
    }
    let typescript_cases = [
        ("const entry = ({ a, ...rest }) => { sink(rest); };", true),
        (
            "const entry = (p) => { const { prompt = 'x' } = p; sink(`go ${prompt}`); };",
            true,
        ),
        (
            "const entry = (p) => { p.items.map((item) => sink(item)); };",
            true,
        ),
        (
            "async function entry(p) { const x = await (p?.body ?? {}); sink({ x }); }",
            true,
        ),
        (
            "function entry(p) { let x; x = p!; sink(x as string); }",
            true,
        ),
        ("function entry(p) { sink(typeof p); }", false),
    ];
    for (text, expected) in typescript_cases {
        assert_eq!(sinks(&typescript(text)), [expected], "{text}");
    }
}

#[test]
fn exceptions_are_followed_into_answers() {
    let cases = [
        (
            "def entry():\n    try:\n        a()\n    except Exception as e:\n        return {'error': str(e)}",
            true,
        ),
        (
            "def fail(e):\n    return f'{e}'\ndef entry():\n    try:\n        a()\n    except Exception as e:\n        return fail(e)",
            true,
        ),
        (
            "def entry():\n    try:\n        a()\n    except Exception as e:\n        log(e)\n        return 'sorry'",
            false,
        ),
        (
            "def entry():\n    try:\n        a()\n    except Exception as e:\n        yield str(e)",
            true,
        ),
        (
            "def entry():\n    try:\n        a()\n    except Exception as e:\n        return e.__class__",
            false,
        ),
    ];
    for (text, expected) in cases {
        let source = python(text);
        let from = entry(&source)
            .functions
            .iter()
            .find(|function| &*function.name == "entry")
            .unwrap()
            .id;
        assert_eq!(
            Flow::run(&source, from, &Caught).returned(from) != 0,
            expected,
            "{text}"
        );
    }
}

#[test]
fn a_flow_crosses_modules() {
    let source = source_of_files(
        &[
            (
                "main.py",
                "from tools import shell\ndef entry(p):\n    shell(p)\n",
            ),
            ("tools.py", "def shell(c):\n    sink(c)\n"),
        ],
        "main.py",
    );
    assert_eq!(sinks(&source), [true]);
    let main = entry(&source);
    let reach = source.reach(main.functions[0].id);
    assert_eq!(reach.len(), 2);
    let _ = find(main, "shell");
}
