use super::{python, source_of_files, typescript};
use crate::model::source::SourceNoteKind;

#[test]
fn deep_nesting_is_refused_not_crashed_on() {
    let deep = 50_000;
    let texts = [
        format!("x = {}{}", "(".repeat(deep), ")".repeat(deep)),
        format!("x = {}{}", "[".repeat(5_000), "]".repeat(5_000)),
        format!("x = {}1", "not ".repeat(deep)),
        format!("x = {}1", "-".repeat(deep)),
        format!("x = {}1", "lambda: ".repeat(deep)),
        format!("x = 1{}", " ** 1".repeat(deep)),
        format!("x = 1{}", " + 1".repeat(deep)),
        format!("x = a{}", ".b".repeat(deep)),
        format!("x = a{}", "()".repeat(deep)),
        format!("x = a{}", "[0]".repeat(deep)),
        format!("x = {}1", "a if b else ".repeat(deep)),
        format!("x = {}1", "await ".repeat(deep)),
        format!("if a:\n    b\n{}", "elif a:\n    b\n".repeat(5_000)),
        (0..5_000)
            .map(|level| format!("{}if a:\n", " ".repeat(level)))
            .collect::<String>(),
        format!("x = {}", "f'{".repeat(5_000)),
        format!(
            "match x:\n    case {}:\n        pass",
            vec!["1"; 20_000].join(" | ")
        ),
        format!("@a{}\ndef f(): pass", ".b".repeat(deep)),
        format!("class A(metaclass=a{}): pass", ".b".repeat(2_000_000)),
        format!("def f[T: a{}](): pass", "()".repeat(2_000_000)),
        format!("x{} = 1", " = x".repeat(deep)),
        format!("x: {}1", "a | ".repeat(deep)),
        "\u{0}\u{1}(((".to_owned(),
    ];
    for text in &texts {
        let source = python(text);
        assert_eq!(source.modules.len(), 1, "{}", &text[..text.len().min(40)]);
    }
    let texts = [
        format!("x = {}{}", "(".repeat(deep), ")".repeat(deep)),
        format!("x = {}1", "!".repeat(deep)),
        format!("x = {}1", "typeof ".repeat(deep)),
        format!("x = 1{}", " + 1".repeat(deep)),
        format!("x = 1{}", " ** 1".repeat(deep)),
        format!("x = 1{}", " && 1".repeat(deep)),
        format!("x = a{}", ".b".repeat(deep)),
        format!("x = a{}", "?.b".repeat(deep)),
        format!("x = a{}", "!".repeat(deep)),
        format!("x = a{}", "()".repeat(deep)),
        format!("x = {}1", "a ? b : ".repeat(deep)),
        format!("x = {}1", "a => ".repeat(deep)),
        format!("x = {}1", "a = ".repeat(deep)),
        format!("{};", "if (a) b; else ".repeat(deep)),
        format!("{};", "if (a) ".repeat(deep)),
        format!("{};", "for (;;) ".repeat(deep)),
        format!("{};", "a: ".repeat(deep)),
        format!("x = `{}", "${`".repeat(5_000)),
        format!("type X = {}1", "A<".repeat(deep)),
        format!("type X = {}1", "A | ".repeat(deep)),
        format!("type X = A{}", "[]".repeat(deep)),
        format!("x = a{}", " as b".repeat(deep)),
        format!("x = new {} A", "new ".repeat(deep)),
        format!("x = {}1", "<T>".repeat(deep)),
        format!("{}{}", "{".repeat(deep), "}".repeat(deep)),
    ];
    for text in &texts {
        let source = typescript(text);
        assert_eq!(source.modules.len(), 1, "{}", &text[..text.len().min(40)]);
        let source = source_of_files(&[("main.jsx", text)], "main.jsx");
        assert_eq!(source.modules.len(), 1);
    }
    let jsx = format!("x = {}", "<a>".repeat(deep));
    assert_eq!(
        source_of_files(&[("main.tsx", &jsx)], "main.tsx")
            .modules
            .len(),
        1
    );
}

#[test]
fn long_data_is_no_nesting() {
    let vector = "-0.5, ".repeat(20_000);
    let rows = "(1, -2),\n".repeat(5_000);
    let source = python(&format!(
        "x = [{vector}]\ny = [{rows}]\n{}",
        "f.g(a=1)\n".repeat(3_000)
    ));
    assert!(source.notes.is_empty() && source.modules[0].body.len() == 3_002);
    let lines = "a.b = c ? d : e;\n".repeat(5_000);
    let source = typescript(&format!(
        "const x = [{vector}]\nconst y = {{ {} }}\n{lines}",
        "k: -1, ".repeat(5_000)
    ));
    assert!(source.notes.is_empty() && source.modules[0].body.len() == 5_002);
}

#[test]
fn odd_files_are_noted() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("main.py"),
        "\u{feff}import big\r\nimport latin\r\nx = 1\r\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("big.py"), "x = 1\n".repeat(1_000_000)).unwrap();
    std::fs::write(folder.path().join("latin.py"), b"x = '\xe9'\n").unwrap();
    let request = super::super::CodeRequest {
        copied: Vec::new(),
        started: Vec::new(),
        runtime: "A".into(),
        code_location: ".".into(),
        entry: "main.py:handler".into(),
        local: Vec::new(),
    };
    let source = super::super::collect_source(folder.path(), &[request], Default::default);
    let kinds: Vec<_> = source.notes.iter().map(|note| note.kind).collect();
    assert_eq!(
        kinds,
        [SourceNoteKind::TooLarge, SourceNoteKind::Unreadable]
    );
    let main = super::entry(&source);
    assert!(main.parse_errors.is_empty());
    assert_eq!(main.site(main.imports[0].range).span.unwrap().line, 1);
    let missing = super::super::CodeRequest {
        copied: Vec::new(),
        started: Vec::new(),
        runtime: "B".into(),
        code_location: "nowhere/".into(),
        entry: "main.py".into(),
        local: Vec::new(),
    };
    let source = super::super::collect_source(folder.path(), &[missing], Default::default);
    assert!(source.runtimes[0].entry.is_none() && source.notes.len() == 1);
}

#[test]
fn only_what_is_reachable_is_read() {
    let source = source_of_files(
        &[
            ("main.py", "import used\n"),
            ("used.py", ""),
            ("unused.py", "x ="),
            ("ns/mod.py", "y = "),
            ("types.pyi", ""),
        ],
        "main.py",
    );
    assert_eq!(source.modules.len(), 2);
    assert!(source.notes.is_empty());
}
