//! Errors that Python finds when it compiles a tree that parses: `await` outside of an async function, `return` and `yield` outside of
//! any, `break` outside of a loop, a parameter named twice.
//!
//! The rules are those of `ruff_python_parser`; what is known here is only where an expression stands. What needs the bindings of a
//! scope (`global` after a use, `nonlocal` without a binding) is not looked for.

use std::cell::RefCell;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{self as ast, PythonVersion};
use ruff_python_parser::semantic_errors::{
    LazyImportContext, SemanticSyntaxChecker, SemanticSyntaxContext, SemanticSyntaxError,
};
use ruff_text_size::TextRange;

use super::range;
use crate::model::source::ir::ByteRange;

/// The errors of a file without syntax errors, in the order of the text.
pub(super) fn errors(text: &str, suite: &[ast::Stmt]) -> Vec<(String, ByteRange)> {
    let mut places = Places {
        checker: SemanticSyntaxChecker::new(),
        found: RefCell::default(),
        text,
        scopes: Vec::new(),
        tries: 0,
    };
    places.visit_body(suite);
    let mut found = places.found.into_inner();
    // `await` outside of any function is outside of an async one too.
    found.dedup_by_key(|error| error.range);
    let found = found.into_iter();
    found
        .map(|error| (error.to_string(), range(error.range)))
        .collect()
}

/// What stands around a node; nothing at module level.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Class,
    Function { is_async: bool },
    Lambda,
    Comprehension { is_async: bool },
    Generator,
    Loop,
}

struct Places<'t> {
    checker: SemanticSyntaxChecker,
    found: RefCell<Vec<SemanticSyntaxError>>,
    text: &'t str,
    scopes: Vec<Scope>,
    tries: u32,
}

impl Places<'_> {
    fn within(&mut self, scope: Scope, visit: impl FnOnce(&mut Self)) {
        self.scopes.push(scope);
        visit(self);
        self.scopes.pop();
    }

    fn check(&mut self, check: impl FnOnce(&mut SemanticSyntaxChecker, &Self)) {
        let mut checker = std::mem::take(&mut self.checker);
        check(&mut checker, self);
        self.checker = checker;
    }

    /// The scopes around, innermost first; a loop is none.
    fn around(&self) -> impl Iterator<Item = Scope> + '_ {
        let scopes = self.scopes.iter().rev().copied();
        scopes.filter(|scope| *scope != Scope::Loop)
    }

    /// The same without comprehensions, which are compiled into what they stand in.
    fn bodies(&self) -> impl Iterator<Item = Scope> + '_ {
        let inner = |scope: &Scope| matches!(scope, Scope::Comprehension { .. } | Scope::Generator);
        self.around().filter(move |scope| !inner(scope))
    }

    /// Whether a function or lambda is around, nearer than a class; `through` comprehensions or not.
    fn in_function(&self, through: bool) -> bool {
        for scope in self.around() {
            match scope {
                Scope::Function { .. } | Scope::Lambda => return true,
                Scope::Class => return false,
                Scope::Comprehension { .. } | Scope::Generator if !through => return false,
                Scope::Comprehension { .. } | Scope::Generator | Scope::Loop => {}
            }
        }
        false
    }

    fn comprehension(&mut self, scope: Scope, node: &ast::Expr, generators: &[ast::Comprehension]) {
        // The first iterable is evaluated outside.
        if let Some(first) = generators.first() {
            self.visit_expr(&first.iter);
        }
        self.within(scope, |places| {
            for (at, generator) in generators.iter().enumerate() {
                places.visit_expr(&generator.target);
                if at > 0 {
                    places.visit_expr(&generator.iter);
                }
                generator
                    .ifs
                    .iter()
                    .for_each(|test| places.visit_expr(test));
            }
            match node {
                ast::Expr::ListComp(ast::ExprListComp { elt, .. })
                | ast::Expr::SetComp(ast::ExprSetComp { elt, .. })
                | ast::Expr::Generator(ast::ExprGenerator { elt, .. }) => places.visit_expr(elt),
                ast::Expr::DictComp(node) => {
                    if let Some(key) = &node.key {
                        places.visit_expr(key);
                    }
                    places.visit_expr(&node.value);
                }
                _ => {}
            }
        });
    }
}

impl SemanticSyntaxContext for Places<'_> {
    fn future_annotations_or_stub(&self) -> bool {
        false
    }

    fn lazy_import_context(&self) -> Option<LazyImportContext> {
        match self.around().next() {
            Some(Scope::Function { .. } | Scope::Lambda) => Some(LazyImportContext::Function),
            Some(Scope::Class) => Some(LazyImportContext::Class),
            _ => (self.tries > 0).then_some(LazyImportContext::TryExceptBlocks),
        }
    }

    // What an older Python refuses is not an error of the code.
    fn python_version(&self) -> PythonVersion {
        PythonVersion::latest()
    }

    fn source(&self) -> &str {
        self.text
    }

    fn global(&self, _: &str) -> Option<TextRange> {
        None
    }

    fn has_nonlocal_binding(&self, _: &str) -> bool {
        true
    }

    fn in_async_context(&self) -> bool {
        let mut bodies = self.bodies();
        matches!(bodies.next(), Some(Scope::Function { is_async: true }))
    }

    fn in_await_allowed_context(&self) -> bool {
        self.in_function(true)
    }

    fn in_yield_allowed_context(&self) -> bool {
        self.in_function(false)
    }

    fn in_sync_comprehension(&self) -> bool {
        let mut around = self.around();
        around.any(|scope| scope == Scope::Comprehension { is_async: false })
    }

    fn in_class_body_comprehension(&self) -> bool {
        self.bodies().next() == Some(Scope::Class)
    }

    fn in_module_scope(&self) -> bool {
        self.around().next().is_none()
    }

    fn in_function_scope(&self) -> bool {
        matches!(self.around().next(), Some(Scope::Function { .. }))
    }

    fn in_generator_context(&self) -> bool {
        self.around().any(|scope| scope == Scope::Generator)
    }

    fn in_notebook(&self) -> bool {
        false
    }

    fn report_semantic_error(&self, error: SemanticSyntaxError) {
        self.found.borrow_mut().push(error);
    }

    fn in_loop_context(&self) -> bool {
        self.scopes.last() == Some(&Scope::Loop)
    }

    fn is_bound_parameter(&self, _: &str) -> bool {
        false
    }
}

impl<'a> Visitor<'a> for Places<'_> {
    fn visit_stmt(&mut self, stmt: &'a ast::Stmt) {
        self.check(|checker, context| checker.visit_stmt(stmt, context));
        match stmt {
            ast::Stmt::ClassDef(class) => {
                class
                    .decorator_list
                    .iter()
                    .for_each(|one| self.visit_decorator(one));
                if let Some(arguments) = &class.arguments {
                    self.visit_arguments(arguments);
                }
                self.within(Scope::Class, |places| places.visit_body(&class.body));
            }
            ast::Stmt::FunctionDef(function) => {
                function
                    .decorator_list
                    .iter()
                    .for_each(|one| self.visit_decorator(one));
                // Defaults are evaluated where the function is defined; annotations may stay texts.
                for default in defaults(&function.parameters) {
                    self.visit_expr(default);
                }
                let is_async = function.is_async;
                self.within(Scope::Function { is_async }, |places| {
                    places.visit_body(&function.body);
                });
            }
            ast::Stmt::For(looped) => {
                self.visit_expr(&looped.iter);
                self.visit_expr(&looped.target);
                self.within(Scope::Loop, |places| places.visit_body(&looped.body));
                self.visit_body(&looped.orelse);
            }
            ast::Stmt::While(looped) => {
                self.visit_expr(&looped.test);
                self.within(Scope::Loop, |places| places.visit_body(&looped.body));
                self.visit_body(&looped.orelse);
            }
            ast::Stmt::Try(_) => {
                self.tries += 1;
                walk_stmt(self, stmt);
                self.tries -= 1;
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a ast::Expr) {
        self.check(|checker, context| checker.visit_expr(expr, context));
        match expr {
            ast::Expr::Lambda(lambda) => {
                for default in lambda.parameters.iter().flat_map(|all| defaults(all)) {
                    self.visit_expr(default);
                }
                self.within(Scope::Lambda, |places| places.visit_expr(&lambda.body));
            }
            ast::Expr::ListComp(node) => {
                self.comprehension(listed(&node.generators), expr, &node.generators)
            }
            ast::Expr::SetComp(node) => {
                self.comprehension(listed(&node.generators), expr, &node.generators)
            }
            ast::Expr::DictComp(node) => {
                self.comprehension(listed(&node.generators), expr, &node.generators)
            }
            ast::Expr::Generator(node) => {
                self.comprehension(Scope::Generator, expr, &node.generators)
            }
            _ => walk_expr(self, expr),
        }
    }

    // What stands in an annotation or a type parameter may never be compiled.
    fn visit_annotation(&mut self, _: &'a ast::Expr) {}
}

fn listed(generators: &[ast::Comprehension]) -> Scope {
    Scope::Comprehension {
        is_async: generators.iter().any(|generator| generator.is_async),
    }
}

fn defaults(parameters: &ast::Parameters) -> impl Iterator<Item = &ast::Expr> {
    let all = parameters.iter_non_variadic_params();
    all.filter_map(|parameter| parameter.default.as_deref())
}

#[cfg(test)]
mod tests {
    use ruff_python_ast::PySourceType;
    use ruff_python_parser::parse_unchecked_source;

    use super::errors;

    fn of(text: &str) -> Vec<String> {
        let parsed = parse_unchecked_source(text, PySourceType::Python);
        assert!(parsed.errors().is_empty(), "{text}");
        errors(text, parsed.suite())
            .into_iter()
            .map(|(message, _)| message)
            .collect()
    }

    #[test]
    fn what_python_refuses_to_compile_is_an_error() {
        for text in [
            "await foo()\n",
            "def f():\n    await g()\n",
            "f = lambda: await g()\n",
            "class C:\n    await g()\n",
            "return 5\n",
            "class C:\n    return 5\n",
            "yield 1\n",
            "def f():\n    return [(yield x) for x in y]\n",
            "def f(a, a):\n    pass\n",
            "f = lambda a, a: a\n",
            "break\n",
            "for x in y:\n    pass\nelse:\n    continue\n",
            "while True:\n    def f():\n        break\n",
            "async def f():\n    yield from g()\n",
            "def f():\n    async with g() as h:\n        pass\n",
            "def f():\n    async for x in y:\n        pass\n",
            "f(a=1, a=2)\n",
            "import os\nfrom __future__ import annotations\n",
            "def f():\n    from os import *\n",
            "match x:\n    case y:\n        pass\n    case 1:\n        pass\n",
            "x = 1\n__debug__ = 2\n",
            "(a, *b, *c) = d\n",
        ] {
            assert_eq!(of(text).len(), 1, "{text}{:?}", of(text));
        }
    }

    #[test]
    fn what_python_compiles_is_none() {
        for text in [
            "async def f():\n    return [await g(x) for x in y]\n",
            "async def f():\n    return {await k: await v async for k, v in y if await z}\n",
            "async def f():\n    return (await g(x) for x in await y)\n",
            "async def f():\n    return await g(lambda: 1)\n",
            "def f():\n    async def g():\n        await h()\n    return g\n",
            "def f():\n    yield\n    return 1\n",
            "f = lambda: (yield)\n",
            "while True:\n    if x:\n        break\n    with y:\n        continue\n    try:\n        break\n    finally:\n        pass\n",
            "for x in y:\n    match x:\n        case 1:\n            break\n        case _:\n            continue\n",
            "async def f():\n    yield 1\n    async with g() as h:\n        async for x in h:\n            break\n",
            "class C:\n    x = [y for y in range(3)]\n    def m(self, a=1, *, b=2, **c):\n        return self\n",
            "\"\"\"Doc.\"\"\"\nfrom __future__ import annotations\nimport os\n",
            "def f(*a, **k):\n    global g\n    g = 1\n    return g\n",
            "def f():\n    x = 1\n    def g():\n        nonlocal x\n        x += 1\n    return g\n",
            "if (n := len(x)) > 1 and any((m := y) for y in x):\n    pass\n",
            "first, *rest = x\n[*a, *b]\nf(*a, *b, **c, **d)\n",
            "def f[T: int](x: T) -> 'await x':\n    return x\n",
            "try:\n    pass\nexcept* ValueError:\n    pass\n",
        ] {
            assert_eq!(of(text), Vec::<String>::new(), "{text}");
        }
    }
}
