"""What CPython's `ast` says of Python files: a JSON object a line for each path on standard input. `mod.rs` compares it with the tree
of the program. Annotations and type parameters are no code that runs, and stand in neither."""
import ast
import json
import sys


class Facts(ast.NodeVisitor):
    def __init__(self, text):
        self.text = text
        self.lines = [0]
        for line in text.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line))
        self.found = []
        self.functions = []

    def at(self, line, column):
        return self.lines[line - 1] + column

    def range(self, node):
        start = self.at(node.lineno, node.col_offset)
        return start, self.at(node.end_lineno, node.end_col_offset)

    def say(self, kind, node, *words):
        start, end = self.range(node)
        if getattr(node, "decorator_list", None):
            first = node.decorator_list[0]
            start = self.text.rindex(b"@", 0, self.at(first.lineno, first.col_offset))
        if hasattr(node, "body"):
            # A semicolon behind the last statement belongs to it for some.
            end = len(self.text[:end].rstrip(b"; \t\\\r\n"))
        self.found.append(" ".join([kind, f"{start}..{end}", *words]))

    def all(self, *nodes):
        for node in nodes:
            if isinstance(node, list):
                self.all(*node)
            elif node is not None:
                self.visit(node)

    def function(self, node, name, body):
        given = node.args
        params = [(arg, "") for arg in [*given.posonlyargs, *given.args, *given.kwonlyargs]]
        params += [(arg, star) for arg, star in [(given.vararg, "*"), (given.kwarg, "**")] if arg]
        params.sort(key=lambda one: self.range(one[0]))
        words = [star + arg.arg for arg, star in params]
        self.all(getattr(node, "decorator_list", []), given.defaults, given.kw_defaults)
        self.functions.append(False)
        self.all(body)
        kinds = "async " * isinstance(node, ast.AsyncFunctionDef) + "generator " * self.functions.pop()
        self.say("function", node, name + "(" + ", ".join(words) + ")", kinds.strip())

    def visit_FunctionDef(self, node):
        self.function(node, node.name, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node):
        self.function(node, "", node.body)

    def visit_ClassDef(self, node):
        self.say("class", node, node.name, str(len(node.bases)))
        self.all(node.decorator_list, node.bases, node.keywords, node.body)

    def visit_Yield(self, node):
        if self.functions:
            self.functions[-1] = True
        self.generic_visit(node)

    visit_YieldFrom = visit_Yield

    def visit_Call(self, node):
        self.say("call", node, str(len(node.args)), ",".join(keyword.arg or "**" for keyword in node.keywords))
        self.generic_visit(node)

    def visit_MatchClass(self, node):
        self.say("call", node, str(len(node.patterns)), ",".join(node.kwd_attrs))
        self.generic_visit(node)

    def visit_Name(self, node):
        self.say("name", node, node.id)

    def visit_Attribute(self, node):
        self.say("attribute", node, node.attr)
        self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, str):
            self.say("text", node, str(len(node.value)))

    def visit_JoinedStr(self, node):
        for value in node.values:
            if not isinstance(value, ast.Constant):
                self.visit(value)

    visit_TemplateStr = visit_JoinedStr

    def visit_AnnAssign(self, node):
        self.all(node.target, node.value)

    def visit_TypeAlias(self, node):
        self.all(node.name, node.value)

    def visit_Import(self, node):
        for alias in node.names:
            self.say("import", alias, alias.name, "-", alias.asname or alias.name.split(".")[0])

    def visit_ImportFrom(self, node):
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            name = "*" if alias.name == "*" else f"{alias.name} {alias.asname or alias.name}"
            self.say("import", alias, module, name)


def facts(path):
    with open(path, "rb") as file:
        text = file.read().removeprefix(b"\xef\xbb\xbf")
    try:
        text.decode("utf-8")
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = Facts(text)
    found.visit(tree)
    return found.found


sys.setrecursionlimit(5000)
for line in sys.stdin:
    print(json.dumps(facts(line.rstrip("\n"))), flush=True)
