use super::{entry, kinds, python, typescript};
use crate::model::source::ir::{ExprKind, LoopKind, StmtKind};
use crate::model::source::walk::{TryPart, enclosing_tries, statements};

fn statement_kinds(source: &crate::model::source::Source) -> Vec<&'static str> {
    let module = entry(source);
    statements(&module.body)
        .into_iter()
        .map(|stmt| match &stmt.kind {
            StmtKind::Expr(_) => "expr",
            StmtKind::Assign(_) => "assign",
            StmtKind::Return(_) => "return",
            StmtKind::If(_) => "if",
            StmtKind::Loop(looped) => match looped.kind {
                LoopKind::For => "for",
                LoopKind::ForIn => "for-in",
                LoopKind::AsyncFor => "async-for",
                LoopKind::While => "while",
                LoopKind::DoWhile => "do",
                LoopKind::CStyle => "c-for",
            },
            StmtKind::Try(_) => "try",
            StmtKind::With(_) => "with",
            StmtKind::Raise { .. } => "raise",
            StmtKind::FunctionDef(_) => "def",
            StmtKind::ClassDef(_) => "class",
            StmtKind::Import(_) => "import",
            StmtKind::Switch(_) => "switch",
            StmtKind::Assert { .. } => "assert",
            StmtKind::Delete(_) => "delete",
            StmtKind::Global(_) => "global",
            StmtKind::Break => "break",
            StmtKind::Continue => "continue",
            StmtKind::Block(_) => "block",
            StmtKind::Nothing => "nothing",
        })
        .collect()
}

#[test]
fn statements_of_both_languages_become_the_same() {
    let pairs = [
        (
            "if a:\n    b\nelif c:\n    d\nelse:\n    e",
            "if (a) b; else if (c) d; else e;",
            vec!["if", "expr", "if", "expr", "expr"],
        ),
        (
            "for x in y:\n    break",
            "for (const x of y) { break; }",
            vec!["for", "break"],
        ),
        (
            "while x:\n    continue",
            "while (x) { continue; }",
            vec!["while", "continue"],
        ),
        (
            "try:\n    a\nexcept E as e:\n    b\nfinally:\n    c",
            "try { a; } catch (e) { b; } finally { c; }",
            vec!["try", "expr", "expr", "expr"],
        ),
        ("raise E", "throw E;", vec!["raise"]),
        ("x = 1", "const x = 1;", vec!["assign"]),
        ("x += 1", "x += 1;", vec!["assign"]),
        ("def f(): pass", "function f() {}", vec!["def"]),
        ("class A: pass", "class A {}", vec!["class"]),
        ("import a", "import a from 'a';", vec!["import"]),
        (
            "match x:\n    case 1:\n        a",
            "switch (x) { case 1: a; }",
            vec!["switch", "expr"],
        ),
        ("del x.y", "delete x.y;", vec!["delete"]),
    ];
    for (py, ts, expected) in pairs {
        assert_eq!(statement_kinds(&python(py)), expected, "{py}");
        assert_eq!(statement_kinds(&typescript(ts)), expected, "{ts}");
    }
}

#[test]
fn expressions_of_both_languages_become_the_same() {
    let pairs = [
        (
            "f(a.b, c['d'])",
            "f(a.b, c['d']);",
            vec![
                "call",
                "name",
                "attribute",
                "name",
                "subscript",
                "name",
                "str",
            ],
        ),
        ("f'{a}x'", "`${a}x`;", vec!["format", "name"]),
        ("None", "(undefined);", vec!["none"]),
        ("a or b", "a || b;", vec!["bool-op", "name", "name"]),
        ("lambda: 1", "() => 1;", vec!["lambda"]),
        ("(a)", "(<T>((a! as any) satisfies X));", vec!["name"]),
        (
            "a.b.c()",
            "a?.b?.c!();",
            vec!["call", "attribute", "attribute", "name"],
        ),
        ("({'k': v})", "({ k: v });", vec!["dict", "str", "name"]),
    ];
    for (py, ts, expected) in pairs {
        assert_eq!(kinds(entry(&python(py))), expected, "{py}");
        assert_eq!(kinds(entry(&typescript(ts))), expected, "{ts}");
    }
}

#[test]
fn functions_keep_what_checks_ask_for() {
    let source = python(
        "class A:\n    @deco(1)\n    async def m(self, a: int = 1, *rest, k=None, **kw) -> str:\n        yield a\n        def inner(): pass\n",
    );
    let module = entry(&source);
    let method = &module.functions[0];
    assert_eq!(
        (&*method.qualified, method.is_async, method.is_generator),
        ("A.m", true, true)
    );
    assert_eq!(
        method.params.iter().map(|p| &*p.name).collect::<Vec<_>>(),
        ["self", "a", "rest", "k", "kw"]
    );
    assert!(method.returns.is_some() && method.class.is_some() && method.decorators.len() == 1);
    assert_eq!(&*module.functions[1].qualified, "A.m.inner");
    let source = typescript(
        "export const run = async ({ a, b: [c] = [] }: P, ...rest: X[]) => a;\nconst o = { async *process(p) { yield p; } };",
    );
    let module = entry(&source);
    assert_eq!(
        (&*module.functions[0].name, module.functions[0].is_async),
        ("run", true)
    );
    assert!(module.functions[0].params[0].pattern.is_some());
    assert!(module.scopes[1].names.contains_key("a") && module.scopes[1].names.contains_key("c"));
    assert_eq!(
        (&*module.functions[1].name, module.functions[1].is_generator),
        ("process", true)
    );
    assert_eq!(module.exports[0].name.as_deref(), Some("run"));
}

#[test]
fn imports_know_whether_they_run() {
    let source = python(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import t\ntry:\n    import o\nexcept ImportError:\n    o = None\ndef f():\n    import l\ntry:\n    import n\nexcept ValueError:\n    pass\n",
    );
    let flags: Vec<_> = entry(&source)
        .imports
        .iter()
        .map(|i| (&*i.module, i.type_only, i.optional, i.lazy))
        .collect();
    assert_eq!(
        flags,
        [
            ("typing", false, false, false),
            ("t", true, false, false),
            ("o", false, true, false),
            ("l", false, false, true),
            ("n", false, false, false)
        ]
    );
}

#[test]
fn the_try_around_a_node_is_found() {
    let source = python(
        "def f():\n    try:\n        with a:\n            risky()\n    except A:\n        log()\n    finally:\n        close()\n",
    );
    let module = entry(&source);
    let body = &module.functions[0].body;
    for (name, expected) in [
        ("risky", TryPart::Body),
        ("log", TryPart::Handler(0)),
        ("close", TryPart::Finally),
    ] {
        let (_, call) = module
            .calls()
            .find(|(_, call)| call.as_call().unwrap().callee.as_name() == Some(name))
            .unwrap();
        assert_eq!(
            enclosing_tries(body, call.range)
                .iter()
                .map(|(_, part)| *part)
                .collect::<Vec<_>>(),
            [expected]
        );
    }
}

#[test]
fn ignores_come_from_comments_only() {
    let source = python(
        "# agentcore-harden: ignore[code-error-leak] shown on purpose\n# another comment\nx = 1\ny = '# agentcore-harden: ignore[a] no'\nz = 2  # agentcore-harden: ignore[b, c] why\n",
    );
    let found: Vec<_> = entry(&source)
        .suppressions
        .iter()
        .map(|s| (s.check.as_str(), s.reason.as_str(), s.lines.clone()))
        .collect();
    assert_eq!(
        found,
        [
            ("code-error-leak", "shown on purpose", 1..=3),
            ("b", "why", 5..=5),
            ("c", "why", 5..=5)
        ]
    );
    let source = typescript(
        "/* agentcore-harden: ignore[a] block */\nf(`// agentcore-harden: ignore[b] no`); // agentcore-harden: ignore[c] line\n",
    );
    let found: Vec<_> = entry(&source)
        .suppressions
        .iter()
        .map(|s| (s.check.as_str(), s.reason.as_str(), s.lines.clone()))
        .collect();
    assert_eq!(found, [("a", "block", 1..=2), ("c", "line", 2..=2)]);
}

#[test]
fn a_syntax_error_loses_only_its_own_lines() {
    let source = python("import a\ndef broken(:\n    x = = 1\ndef fine():\n    return a.b()\n");
    let module = entry(&source);
    assert!(!module.parse_errors.is_empty());
    assert!(
        module
            .functions
            .iter()
            .any(|function| &*function.name == "fine")
    );
    assert!(!source.notes.is_empty());
}

#[test]
fn string_contents_are_values() {
    let source = python("x = 'a' \"b\"\ny = b'z'\nz = 1_000\n");
    let values: Vec<_> = crate::model::source::walk::expressions(&entry(&source).body);
    assert!(values.iter().any(|e| e.as_str() == Some("ab")));
    assert!(values.iter().any(|e| matches!(e.kind, ExprKind::Bytes)));
    assert!(values.iter().any(|e| e.as_number() == Some(1000.0)));
}
