//! Walks over the tree. None of them enters another function's body: a `Lambda` or `FunctionDef` is a leaf; take its
//! [`super::Function`] and walk that.

use super::ir::{
    ByteRange, Case, Compare, Conditional, DictEntry, Expr, ExprKind, FormatPart, Handler, Stmt,
    StmtKind, Try,
};
use super::{FnId, Module, Source};

/// A node of the tree.
#[derive(Clone, Copy, Debug)]
pub enum Node<'a> {
    /// A statement.
    Stmt(&'a Stmt),
    /// An expression.
    Expr(&'a Expr),
    /// An exception handler.
    Handler(&'a Handler),
    /// A case of a switch.
    Case(&'a Case),
}

impl<'a> Node<'a> {
    /// Where it stands.
    pub fn range(self) -> ByteRange {
        match self {
            Node::Stmt(stmt) => stmt.range,
            Node::Expr(expr) => expr.range,
            Node::Handler(handler) => handler.range,
            Node::Case(case) => case.range,
        }
    }

    /// Its direct children, in the order of evaluation.
    pub fn children(self) -> Vec<Node<'a>> {
        let mut found = Vec::new();
        self.each_child(&mut |child| found.push(child));
        found
    }

    /// Calls `visit` with each direct child, in the order of evaluation.
    pub fn each_child(self, visit: &mut impl FnMut(Node<'a>)) {
        let mut found = Children(visit);
        match self {
            Node::Stmt(stmt) => stmt_children(stmt, &mut found),
            Node::Expr(expr) => expr_children(expr, &mut found),
            Node::Handler(handler) => {
                found.extend(handler.types.iter().map(Node::Expr));
                found.extend(handler.body.iter().map(Node::Stmt));
            }
            Node::Case(case) => {
                found.extend(case.pattern.iter().chain(&case.guard).map(Node::Expr));
                found.extend(case.body.iter().map(Node::Stmt));
            }
        }
    }
}

/// Takes children one by one: a walk goes over every node of the code, and a list for each would cost more than the walk.
struct Children<'v, V>(&'v mut V);

impl<V> Children<'_, V> {
    fn push<'a>(&mut self, child: Node<'a>)
    where
        V: FnMut(Node<'a>),
    {
        (self.0)(child);
    }

    fn extend<'a>(&mut self, children: impl IntoIterator<Item = Node<'a>>)
    where
        V: FnMut(Node<'a>),
    {
        children.into_iter().for_each(|child| (self.0)(child));
    }
}

fn stmt_children<'a>(stmt: &'a Stmt, found: &mut Children<'_, impl FnMut(Node<'a>)>) {
    match &stmt.kind {
        StmtKind::Expr(value) => found.push(Node::Expr(value)),
        StmtKind::Assign(assign) => {
            found.extend(assign.value.as_deref().map(Node::Expr));
            found.extend(assign.targets.iter().map(Node::Expr));
        }
        StmtKind::Return(value) => found.extend(value.as_ref().map(Node::Expr)),
        StmtKind::If(branch) => {
            found.push(Node::Expr(&branch.test));
            found.extend(branch.body.iter().chain(&branch.orelse).map(Node::Stmt));
        }
        StmtKind::Loop(looped) => {
            found.extend(looped.iter.as_deref().map(Node::Expr));
            found.extend(looped.target.as_ref().map(Node::Expr));
            found.extend(looped.body.iter().chain(&looped.orelse).map(Node::Stmt));
        }
        StmtKind::Try(tried) => {
            found.extend(tried.body.iter().map(Node::Stmt));
            found.extend(tried.handlers.iter().map(Node::Handler));
            found.extend(tried.orelse.iter().chain(&tried.finally).map(Node::Stmt));
        }
        StmtKind::With(with) => {
            for item in &with.items {
                found.push(Node::Expr(&item.context));
                found.extend(item.target.as_ref().map(Node::Expr));
            }
            found.extend(with.body.iter().map(Node::Stmt));
        }
        StmtKind::Raise { value, cause } => {
            found.extend(
                value
                    .as_deref()
                    .into_iter()
                    .chain(cause.as_deref())
                    .map(Node::Expr),
            );
        }
        StmtKind::Switch(switch) => {
            found.push(Node::Expr(&switch.subject));
            found.extend(switch.cases.iter().map(Node::Case));
        }
        StmtKind::Assert { test, message } => {
            found.push(Node::Expr(test));
            found.extend(message.as_deref().map(Node::Expr));
        }
        StmtKind::Delete(values) => found.extend(values.iter().map(Node::Expr)),
        StmtKind::Block(body) => found.extend(body.iter().map(Node::Stmt)),
        StmtKind::FunctionDef(_)
        | StmtKind::ClassDef(_)
        | StmtKind::Import(_)
        | StmtKind::Global(_)
        | StmtKind::Break
        | StmtKind::Continue
        | StmtKind::Nothing => {}
    }
}

fn expr_children<'a>(expr: &'a Expr, found: &mut Children<'_, impl FnMut(Node<'a>)>) {
    match &expr.kind {
        ExprKind::Attribute { base, .. } => found.push(Node::Expr(base)),
        ExprKind::Subscript { base, index } => found.extend([Node::Expr(base), Node::Expr(index)]),
        ExprKind::Call(call) => {
            found.push(Node::Expr(&call.callee));
            found.extend(call.args.iter().map(Node::Expr));
            found.extend(
                call.keywords
                    .iter()
                    .map(|keyword| Node::Expr(&keyword.value)),
            );
        }
        ExprKind::Format(parts) => found.extend(parts.iter().filter_map(|part| match part {
            FormatPart::Expr(inner) => Some(Node::Expr(inner)),
            FormatPart::Text(_) => None,
        })),
        ExprKind::List(items)
        | ExprKind::Tuple(items)
        | ExprKind::Set(items)
        | ExprKind::Slice(items)
        | ExprKind::Other(items)
        | ExprKind::BoolOp { values: items, .. } => found.extend(items.iter().map(Node::Expr)),
        ExprKind::Dict(entries) => {
            for entry in entries {
                found.extend(entry.key.as_ref().map(Node::Expr));
                found.push(Node::Expr(&entry.value));
            }
        }
        ExprKind::BinOp { left, right, .. } => found.extend([Node::Expr(left), Node::Expr(right)]),
        ExprKind::Unary { operand: inner, .. }
        | ExprKind::Await(inner)
        | ExprKind::Starred(inner) => {
            found.push(Node::Expr(inner));
        }
        ExprKind::Compare(parts) => {
            let Compare { left, rest } = &**parts;
            found.push(Node::Expr(left));
            found.extend(rest.iter().map(|(_, right)| Node::Expr(right)));
        }
        ExprKind::Conditional(parts) => {
            let Conditional { test, body, orelse } = &**parts;
            found.extend([Node::Expr(test), Node::Expr(body), Node::Expr(orelse)]);
        }
        ExprKind::Yield { value, .. } => found.extend(value.as_deref().map(Node::Expr)),
        ExprKind::Assign { target, value } => found.extend([Node::Expr(value), Node::Expr(target)]),
        ExprKind::Comprehension(inner) => {
            for generator in &inner.generators {
                found.push(Node::Expr(&generator.iter));
                found.push(Node::Expr(&generator.target));
                found.extend(generator.ifs.iter().map(Node::Expr));
            }
            found.push(Node::Expr(&inner.element));
            found.extend(inner.value.as_ref().map(Node::Expr));
        }
        ExprKind::Name(_)
        | ExprKind::Str(_)
        | ExprKind::Bytes
        | ExprKind::Number(_)
        | ExprKind::Bool(_)
        | ExprKind::None
        | ExprKind::Regex(_)
        | ExprKind::Lambda(_)
        | ExprKind::Class(_) => {}
    }
}

/// Calls `visit` for every node of a body, parents first, with the nodes around it (outermost first). `visit` tells whether
/// to go on inside the node.
pub fn walk<'a>(body: &'a [Stmt], visit: &mut dyn FnMut(&[Node<'a>], Node<'a>) -> bool) {
    let mut path = Vec::new();
    for stmt in body {
        descend(Node::Stmt(stmt), &mut path, visit);
    }
}

/// [`walk`] from one node.
pub fn walk_node<'a>(node: Node<'a>, visit: &mut dyn FnMut(&[Node<'a>], Node<'a>) -> bool) {
    descend(node, &mut Vec::new(), visit);
}

fn descend<'a>(
    node: Node<'a>,
    path: &mut Vec<Node<'a>>,
    visit: &mut dyn FnMut(&[Node<'a>], Node<'a>) -> bool,
) {
    if !visit(path, node) {
        return;
    }
    path.push(node);
    node.each_child(&mut |child| descend(child, path, visit));
    path.pop();
}

/// Every statement of a body, nested ones too.
pub fn statements(body: &[Stmt]) -> Vec<&Stmt> {
    let mut found = Vec::new();
    each_stmt(body, &mut |stmt| found.push(stmt));
    found
}

fn each_stmt<'a>(body: &'a [Stmt], visit: &mut dyn FnMut(&'a Stmt)) {
    for stmt in body {
        each_stmt_in(Node::Stmt(stmt), visit);
    }
}

fn each_stmt_in<'a>(node: Node<'a>, visit: &mut dyn FnMut(&'a Stmt)) {
    match node {
        Node::Expr(_) => return,
        Node::Stmt(stmt) => visit(stmt),
        Node::Handler(_) | Node::Case(_) => {}
    }
    node.each_child(&mut |child| each_stmt_in(child, visit));
}

/// Every expression of a body, nested ones too.
pub fn expressions(body: &[Stmt]) -> Vec<&Expr> {
    let mut found = Vec::new();
    each_expression(body, &mut |expr| found.push(expr));
    found
}

/// Calls `visit` with every expression of a body, nested ones too.
pub fn each_expression<'a>(body: &'a [Stmt], visit: &mut dyn FnMut(&'a Expr)) {
    for stmt in body {
        each_expression_in(Node::Stmt(stmt), visit);
    }
}

fn each_expression_in<'a>(node: Node<'a>, visit: &mut dyn FnMut(&'a Expr)) {
    if let Node::Expr(expr) = node {
        visit(expr);
    }
    node.each_child(&mut |child| each_expression_in(child, visit));
}

/// An expression and all inside it.
pub fn sub_expressions(expr: &Expr) -> Vec<&Expr> {
    let mut found = Vec::new();
    each_expression_in(Node::Expr(expr), &mut |expr| found.push(expr));
    found
}

/// The nodes around a range in a body, outermost first, the innermost being the node of that range.
pub fn path_to(body: &[Stmt], range: ByteRange) -> Vec<Node<'_>> {
    let mut path = Vec::new();
    let mut next = first_around(body, range);
    while let Some(node) = next {
        path.push(node);
        next = child_around(node, range);
    }
    path
}

/// The outermost expression of a range in a body.
pub fn expression_at(body: &[Stmt], range: ByteRange) -> Option<&Expr> {
    path_to(body, range)
        .into_iter()
        .find_map(|node| match node {
            Node::Expr(expr) if expr.range == range => Some(expr),
            _ => None,
        })
}

/// What stands in lists.
pub(crate) trait Listed {
    fn node(&self) -> Node<'_>;
}

impl Listed for Stmt {
    fn node(&self) -> Node<'_> {
        Node::Stmt(self)
    }
}

impl Listed for Expr {
    fn node(&self) -> Node<'_> {
        Node::Expr(self)
    }
}

impl Listed for Handler {
    fn node(&self) -> Node<'_> {
        Node::Handler(self)
    }
}

impl Listed for Case {
    fn node(&self) -> Node<'_> {
        Node::Case(self)
    }
}

/// The first of a list that contains a range. What is listed stands in the order of the text, but for what lowering moves: it is
/// found by bisection, however long the list is.
pub(crate) fn first_around<T: Listed>(list: &[T], range: ByteRange) -> Option<Node<'_>> {
    let after = list.partition_point(|one| one.node().range().start <= range.start);
    let before = list.get(..after).unwrap_or_default().iter().rev();
    let around = |node: &Node<'_>| node.range().contains(range);
    let found = before.map(Listed::node).take_while(around).last();
    found.or_else(|| list.iter().map(Listed::node).find(around))
}

/// The first child of a node that contains a range.
pub(crate) fn child_around(node: Node<'_>, range: ByteRange) -> Option<Node<'_>> {
    let in_body = |body| first_around::<Stmt>(body, range);
    let in_bodies = |one, two| in_body(one).or_else(|| in_body(two));
    let in_list = |list| first_around::<Expr>(list, range);
    match node {
        Node::Stmt(stmt) => match &stmt.kind {
            StmtKind::Block(body) => return in_body(body),
            StmtKind::Try(tried) => {
                let body = in_body(&tried.body);
                let body = body.or_else(|| first_around(&tried.handlers, range));
                return body.or_else(|| in_bodies(&tried.orelse, &tried.finally));
            }
            StmtKind::If(branch) if !branch.test.range.contains(range) => {
                return in_bodies(&branch.body, &branch.orelse);
            }
            StmtKind::Switch(switch) if !switch.subject.range.contains(range) => {
                return first_around(&switch.cases, range);
            }
            StmtKind::Loop(looped) => {
                let head = looped.iter.as_deref().into_iter().chain(&looped.target);
                if !{ head }.any(|expr| expr.range.contains(range)) {
                    return in_bodies(&looped.body, &looped.orelse);
                }
            }
            StmtKind::With(with) => {
                let mut heads = with.items.iter().map(|item| (&item.context, &item.target));
                if !heads.any(|(context, target)| {
                    let target = target.as_ref().map(|target| target.range);
                    context.range.contains(range)
                        || target.is_some_and(|target| target.contains(range))
                }) {
                    return in_body(&with.body);
                }
            }
            _ => {}
        },
        Node::Expr(expr) => match &expr.kind {
            ExprKind::List(items)
            | ExprKind::Tuple(items)
            | ExprKind::Set(items)
            | ExprKind::Other(items)
            | ExprKind::BoolOp { values: items, .. } => return in_list(items),
            ExprKind::Dict(entries) => return entry_around(entries, range),
            _ => {}
        },
        Node::Handler(handler) if handler.types.is_empty() => return in_body(&handler.body),
        Node::Handler(_) | Node::Case(_) => {}
    }
    let mut found = None;
    node.each_child(&mut |child| {
        if found.is_none() && child.range().contains(range) {
            found = Some(child);
        }
    });
    found
}

/// The key or value that contains a range. Where both stand at one place, as in `{ tools }`, it is the value: that is what is evaluated.
fn entry_around<'a>(entries: &'a [DictEntry], range: ByteRange) -> Option<Node<'a>> {
    let start = |entry: &DictEntry| entry.key.as_ref().unwrap_or(&entry.value).range.start;
    let part = |entry: &'a DictEntry| {
        let mut parts = std::iter::once(&entry.value).chain(&entry.key);
        parts
            .find(|part| part.range.contains(range))
            .map(Node::Expr)
    };
    let after = entries.partition_point(|entry| start(entry) <= range.start);
    let last = after.checked_sub(1).and_then(|at| entries.get(at));
    last.and_then(part)
        .or_else(|| entries.iter().rev().find_map(part))
}

/// Which part of a `try` a node stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryPart {
    /// What is tried: the handlers catch its errors.
    Body,
    /// A handler, by its index.
    Handler(usize),
    /// Python's `else`.
    Else,
    /// `finally`.
    Finally,
}

/// The `try` statements of a function around a range, innermost first, with the part of each it stands in.
pub fn enclosing_tries(body: &[Stmt], range: ByteRange) -> Vec<(&Try, TryPart)> {
    let mut found = Vec::new();
    for node in path_to(body, range) {
        if let Node::Stmt(Stmt {
            kind: StmtKind::Try(tried),
            ..
        }) = node
        {
            found.extend(part_of(tried, range).map(|part| (&**tried, part)));
        }
    }
    found.reverse();
    found
}

/// Whether a `try` with a handler is around a place of a function.
pub fn is_tried(body: &[Stmt], range: ByteRange) -> bool {
    let tries = enclosing_tries(body, range);
    let mut tries = tries.into_iter();
    tries.any(|(tried, part)| part == TryPart::Body && !tried.handlers.is_empty())
}

fn part_of(tried: &Try, range: ByteRange) -> Option<TryPart> {
    let within = |body: &[Stmt]| first_around(body, range).is_some();
    if within(&tried.body) {
        return Some(TryPart::Body);
    }
    if let Some(index) = tried
        .handlers
        .iter()
        .position(|handler| handler.range.contains(range))
    {
        return Some(TryPart::Handler(index));
    }
    if within(&tried.orelse) {
        return Some(TryPart::Else);
    }
    within(&tried.finally).then_some(TryPart::Finally)
}

impl Module {
    /// What runs when the module is imported: its body and those of its classes, functions left out. Bodies of
    /// `if __name__ == "__main__"` and `if TYPE_CHECKING` are left out too unless `script`.
    pub fn import_time(&self, script: bool) -> Vec<&Stmt> {
        let mut found = Vec::new();
        self.run_at_import(&self.body, script, &mut found);
        found
    }

    fn run_at_import<'a>(&'a self, body: &'a [Stmt], script: bool, found: &mut Vec<&'a Stmt>) {
        for stmt in body {
            match &stmt.kind {
                StmtKind::If(branch) if !script && self.is_main_guard(&branch.test) => {
                    self.run_at_import(&branch.orelse, script, found);
                }
                StmtKind::If(branch) if is_type_checking(&branch.test) => {
                    self.run_at_import(&branch.orelse, script, found);
                }
                StmtKind::ClassDef(id) => {
                    found.push(stmt);
                    if let Some(class) = self.classes.get(id.index as usize) {
                        self.run_at_import(&class.body, script, found);
                    }
                }
                _ => found.push(stmt),
            }
        }
    }

    /// Whether this is the test of `if __name__ == "__main__"` or `if (require.main === module)`.
    pub fn is_main_guard(&self, test: &Expr) -> bool {
        let ExprKind::Compare(parts) = &test.kind else {
            return false;
        };
        let Compare { left, rest } = &**parts;
        let Some((operator, right)) = rest.first() else {
            return false;
        };
        let sides = [left, right];
        let named = sides.iter().any(|side| side.as_name() == Some("__name__"));
        let node = sides.iter().any(|side| match &side.kind {
            ExprKind::Attribute { base, attr } => {
                matches!(
                    (base.as_name(), &**attr),
                    (Some("require"), "main") | (Some("import.meta"), "main" | "url")
                )
            }
            _ => false,
        });
        *operator == "==" && (named || node)
    }

    /// The body of a function, or the module's for None.
    pub fn body_of(&self, function: Option<FnId>) -> &[Stmt] {
        match function {
            Some(id) => self.function(id).map_or(&[], |function| &function.body),
            None => &self.body,
        }
    }

    /// The call of a range: in a body, or as a decorator.
    pub fn call_at(&self, range: ByteRange) -> Option<&Expr> {
        let function = self.function_at(range.start).map(|function| function.id);
        let classes = self.classes.iter();
        let classes = classes.filter(|class| class.range.contains(range));
        let functions = self.functions.iter().map(|one| &one.decorators);
        let decorators = functions.chain(self.classes.iter().map(|one| &one.decorators));
        expression_at(self.body_of(function), range)
            .or_else(|| { classes }.find_map(|class| expression_at(&class.body, range)))
            .or_else(|| { decorators }.flatten().find(|one| one.range == range))
            .filter(|found| matches!(found.kind, ExprKind::Call(_)))
    }

    /// Every expression of the module with the function it stands in: bodies, decorators, defaults, base classes.
    pub fn all_expressions(&self) -> Vec<(Option<FnId>, &Expr)> {
        let mut found = Vec::new();
        self.each_expression(&mut |function, expr| found.push((function, expr)));
        found
    }

    /// Calls `visit` with every expression of the module, in the order of [`Module::all_expressions`].
    pub fn each_expression<'a>(&'a self, visit: &mut dyn FnMut(Option<FnId>, &'a Expr)) {
        each_expression(&self.body, &mut |expr| visit(None, expr));
        for class in &self.classes {
            let mut inside = |expr| visit(class.parent, expr);
            each_expression(&class.body, &mut inside);
            for expr in class.bases.iter().chain(&class.decorators) {
                each_expression_in(Node::Expr(expr), &mut inside);
            }
        }
        for function in &self.functions {
            each_expression(&function.body, &mut |expr| visit(Some(function.id), expr));
            let defaults = function
                .params
                .iter()
                .filter_map(|param| param.default.as_deref());
            // `({ region = read() })`: names in a pattern are bound, its defaults are evaluated.
            let patterns = function.params.iter();
            let patterns = patterns.filter_map(|param| param.pattern.as_deref());
            let within = patterns.flat_map(sub_expressions);
            let within = within.filter_map(|part| match &part.kind {
                ExprKind::Assign { value, .. } => Some(&**value),
                _ => None,
            });
            for expr in function.decorators.iter().chain(defaults).chain(within) {
                each_expression_in(Node::Expr(expr), &mut |expr| visit(function.parent, expr));
            }
        }
    }
}

fn is_type_checking(test: &Expr) -> bool {
    match &test.kind {
        ExprKind::Name(name) => &**name == "TYPE_CHECKING",
        ExprKind::Attribute { attr, .. } => &**attr == "TYPE_CHECKING",
        _ => false,
    }
}

impl Source {
    /// The body of a function, or the module's for None.
    pub fn body(&self, module: super::ModuleId, function: Option<FnId>) -> &[Stmt] {
        match function {
            Some(id) => self.function(id).map_or(&[], |function| &function.body),
            None => self.module(module).map_or(&[], |module| &module.body),
        }
    }
}
