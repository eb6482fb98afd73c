//! Where code goes once a handler has run to its end: an exception that is kept and raised further on was not answered.

use std::cell::Cell;
use std::collections::BTreeSet;

use crate::model::source::ir::{Handler, LoopKind, Stmt, StmtKind, Try};
use crate::model::source::walk::{Node, expressions, path_to};
use crate::model::source::{Compare, Expr, ExprKind, ModuleId, Source, UnaryOp};

use crate::analysis::{exceptions, limits};

/// Most statements that are looked at behind one handler.
const MOST_BEHIND: u32 = 2_000;

/// The ways out of a piece of code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ways {
    /// To what follows.
    next: bool,
    /// Out of the function with a value.
    returns: bool,
    /// By an exception that is no answer.
    raises: bool,
    breaks: bool,
    continues: bool,
}

impl Ways {
    const NEXT: Ways = Ways {
        next: true,
        returns: false,
        raises: false,
        breaks: false,
        continues: false,
    };

    fn or(self, other: Ways) -> Ways {
        Ways {
            next: self.next || other.next,
            returns: self.returns || other.returns,
            raises: self.raises || other.raises,
            breaks: self.breaks || other.breaks,
            continues: self.continues || other.continues,
        }
    }

    fn then(self, next: impl FnOnce() -> Ways) -> Ways {
        if !self.next {
            return self;
        }
        Ways {
            next: false,
            ..self
        }
        .or(next())
    }
}

/// What is known on the way.
struct Way<'a> {
    source: &'a Source,
    module: ModuleId,
    /// Names that hold something since the handler ran.
    held: BTreeSet<&'a str>,
    /// How many more statements are looked at.
    left: Cell<u32>,
}

/// Whether every way on from a handler's end raises an exception that is no answer.
pub(super) fn raises_later(
    source: &Source,
    module: ModuleId,
    body: &[Stmt],
    handler: &Handler,
) -> bool {
    // What was yielded has reached the caller.
    if expressions(&handler.body)
        .iter()
        .any(|expr| matches!(expr.kind, ExprKind::Yield { .. }))
    {
        return false;
    }
    let mut way = Way {
        source,
        module,
        held: BTreeSet::new(),
        left: Cell::new(MOST_BEHIND),
    };
    for stmt in &handler.body {
        if let StmtKind::Assign(assign) = &stmt.kind
            && assign
                .value
                .as_deref()
                .is_some_and(|value| !matches!(value.kind, ExprKind::None | ExprKind::Bool(false)))
        {
            way.held
                .extend(assign.targets.iter().filter_map(Expr::as_name));
        }
    }
    let mut ways = way.body(&handler.body);
    let path = path_to(body, handler.range);
    let mut inner = handler.range;
    for node in path.iter().rev() {
        let Node::Stmt(stmt) = node else {
            inner = node.range();
            continue;
        };
        if stmt.range == inner {
            continue;
        }
        ways = way.out_of(stmt, inner, ways);
        inner = stmt.range;
    }
    ways = ways.then(|| way.rest(body, inner));
    ways.raises && !ways.next && !ways.returns && !ways.breaks && !ways.continues
}

impl Way<'_> {
    /// What follows the statement of that range in a list.
    fn rest(&self, list: &[Stmt], inner: crate::model::source::ByteRange) -> Ways {
        match list.iter().position(|stmt| stmt.range.contains(inner)) {
            Some(index) => self.body(list.get(index + 1..).unwrap_or_default()),
            None => Ways::NEXT,
        }
    }

    /// The ways out of a compound statement for what comes to the end of a statement inside it.
    fn out_of(&self, stmt: &Stmt, inner: crate::model::source::ByteRange, ways: Ways) -> Ways {
        let within = |list: &[Stmt]| list.iter().any(|stmt| stmt.range.contains(inner));
        match &stmt.kind {
            StmtKind::If(branch) => ways.then(|| {
                let list = if within(&branch.body) {
                    &branch.body
                } else {
                    &branch.orelse
                };
                self.rest(list, inner)
            }),
            StmtKind::With(with) => ways.then(|| self.rest(&with.body, inner)),
            StmtKind::Block(body) => ways.then(|| self.rest(body, inner)),
            StmtKind::Switch(switch) => {
                let ways = ways.then(|| {
                    let case = switch.cases.iter().find(|case| within(&case.body));
                    case.map_or(Ways::NEXT, |case| self.rest(&case.body, inner))
                });
                Ways {
                    next: ways.next || ways.breaks,
                    breaks: false,
                    ..ways
                }
            }
            StmtKind::Try(tried) => {
                let ways = if within(&tried.body) {
                    ways.then(|| self.rest(&tried.body, inner))
                        .then(|| self.body(&tried.orelse))
                } else {
                    let handler = tried.handlers.iter().find(|one| within(&one.body));
                    ways.then(|| match handler {
                        Some(handler) => self.rest(&handler.body, inner),
                        None if within(&tried.orelse) => self.rest(&tried.orelse, inner),
                        None => Ways::NEXT,
                    })
                };
                self.at_last(tried, ways)
            }
            StmtKind::Loop(looped) => {
                let ways = ways.then(|| self.rest(&looped.body, inner));
                let again = ways.next || ways.continues;
                let ends = !matches!(looped.kind, LoopKind::While | LoopKind::CStyle)
                    || looped.iter.as_deref().is_some_and(|test| !is_true(test));
                let kept = Ways {
                    next: false,
                    continues: false,
                    breaks: false,
                    ..ways
                };
                let kept = match (again, ends) {
                    (true, true) => kept.or(Ways::NEXT.then(|| self.body(&looped.orelse))),
                    // Tried until it works.
                    (true, false) => kept.or(Ways {
                        returns: true,
                        ..Ways::default()
                    }),
                    (false, _) => kept,
                };
                Ways {
                    next: kept.next || ways.breaks,
                    ..kept
                }
            }
            _ => ways,
        }
    }

    fn at_last(&self, tried: &Try, ways: Ways) -> Ways {
        let finally = self.body(&tried.finally);
        if finally.next { ways } else { finally }
    }

    fn body(&self, body: &[Stmt]) -> Ways {
        let mut ways = Ways::NEXT;
        for stmt in body {
            if !ways.next {
                break;
            }
            ways = ways.then(|| self.stmt(stmt));
        }
        ways
    }

    fn stmt(&self, stmt: &Stmt) -> Ways {
        let none = Ways::default();
        let Some(left) = self.left.get().checked_sub(1) else {
            limits::reached(limits::STATEMENTS, self.module, stmt.range);
            // Nothing further is looked at.
            return Ways {
                returns: true,
                ..none
            };
        };
        self.left.set(left);
        match &stmt.kind {
            StmtKind::Return(_) => Ways {
                returns: true,
                ..none
            },
            StmtKind::Raise { value, .. } => {
                let answer = value.as_ref().is_some_and(|value| {
                    exceptions::is_answering_exception(self.source, self.module, value)
                });
                Ways {
                    returns: answer,
                    raises: !answer,
                    ..none
                }
            }
            StmtKind::Break => Ways {
                breaks: true,
                ..none
            },
            StmtKind::Continue => Ways {
                continues: true,
                ..none
            },
            StmtKind::If(branch) => match self.known(&branch.test) {
                Some(true) => self.body(&branch.body),
                Some(false) => self.body(&branch.orelse),
                None => self.body(&branch.body).or(self.body(&branch.orelse)),
            },
            StmtKind::Block(body) => self.body(body),
            StmtKind::With(with) => self.body(&with.body),
            StmtKind::Loop(looped) => {
                let inside = self.body(&looped.body);
                let endless =
                    looped.kind == LoopKind::While && looped.iter.as_deref().is_some_and(is_true);
                Ways {
                    next: !endless || inside.breaks,
                    breaks: false,
                    continues: false,
                    ..inside
                }
            }
            StmtKind::Switch(switch) => {
                let all = switch.cases.iter().any(|case| case.pattern.is_none());
                let start = if all { none } else { Ways::NEXT };
                let ways = switch
                    .cases
                    .iter()
                    .fold(start, |ways, case| ways.or(self.body(&case.body)));
                Ways {
                    next: ways.next || ways.breaks,
                    breaks: false,
                    ..ways
                }
            }
            StmtKind::Try(tried) => {
                let mut ways = self.body(&tried.body).then(|| self.body(&tried.orelse));
                if !tried.handlers.is_empty() {
                    ways.raises = false;
                }
                let ways = tried
                    .handlers
                    .iter()
                    .fold(ways, |ways, handler| ways.or(self.body(&handler.body)));
                self.at_last(tried, ways)
            }
            _ => Ways::NEXT,
        }
    }

    /// How a condition comes out that asks for what the handler kept: `if last is not None`, `if not last`.
    fn known(&self, test: &Expr) -> Option<bool> {
        match &test.kind {
            ExprKind::Name(name) => self.held.contains(&**name).then_some(true),
            ExprKind::Unary {
                op: UnaryOp::Not,
                operand,
            } => self.known(operand).map(|known| !known),
            ExprKind::Compare(parts) => {
                let Compare { left, rest } = &**parts;
                let [(operator, right)] = &**rest else {
                    return None;
                };
                let held = self.held.contains(left.as_name()?);
                match *operator {
                    _ if !held || !matches!(right.kind, ExprKind::None) => None,
                    "is not" | "!=" => Some(true),
                    "is" | "==" => Some(false),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

fn is_true(test: &Expr) -> bool {
    matches!(test.kind, ExprKind::Bool(true))
        || test.as_number().is_some_and(|number| number != 0.0)
}
