//! A small forward data-flow: from seeds (a payload parameter, a caught exception, a call's result) to every expression that
//! carries something of them, through assignments, destructuring, containers, strings, and calls of the project's functions.
//!
//! Statements are taken in order, a plain assignment replaces what a name carried, branches are joined, loops run twice.

mod calls;
mod closures;
mod collected;
mod dispatch;
mod emptiness;
mod env;
mod exprs;
mod fills;
mod handed;
mod keys;
mod outcome;
mod path;
mod refine;
mod state;
mod stmts;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

use crate::analysis::limits;
use crate::model::source::ir::{ByteRange, Expr, Handler, Name};
use crate::model::source::module::Function;
use crate::model::source::{ClassId, FnId, ModuleId, Source};
use env::Env;
use fills::Fills;
use keys::Keys;
pub use path::Step;
pub use state::Kept;
pub(crate) use stmts::{ends, leaves};

/// A set of seeds, one bit each: the caller gives the bits their meaning.
pub type Labels = u64;

/// What starts a flow and what ends it.
pub trait Seeds {
    /// The labels of a parameter of the function that the flow starts in.
    fn param(&self, _function: FnId, _index: usize) -> Labels {
        0
    }
    /// The labels of the exception that a handler binds.
    fn exception(&self, _module: ModuleId, _handler: &Handler) -> Labels {
        0
    }
    /// The labels that an expression carries of itself, over what flows into it.
    fn expr(&self, _module: ModuleId, _expr: &Expr) -> Labels {
        0
    }
    /// Whether a call's result carries nothing of its arguments (`len(x)`, a validator that returns a checked value).
    fn cleans(&self, _module: ModuleId, _call: &Expr) -> bool {
        false
    }
    /// Whether a member of a labelled value carries nothing (`type(e).__name__`, `response.status_code`).
    fn cleans_member(&self, _module: ModuleId, _member: &str) -> bool {
        false
    }
    /// What a member of a labelled value carries.
    fn member(&self, module: ModuleId, member: &str, labels: Labels) -> Labels {
        if self.cleans_member(module, member) {
            0
        } else {
            labels
        }
    }
    /// Most calls of the project's functions that the flow evaluates, each once for what goes into it.
    fn most_bodies(&self) -> u32 {
        MOST_BODIES
    }
    /// What other flows have kept in the state of modules.
    fn kept(&self) -> Kept {
        Kept::default()
    }
    /// The function of the project that an expression stands for where it is given to what calls it back (`.catch(failed)`).
    fn called_back(&self, _module: ModuleId, _given: &Expr) -> Option<FnId> {
        None
    }
    /// The functions whose objects a call gives, key by key, and whether it gives them as one object: the nodes of a graph that share
    /// its state.
    fn runs(&self, _module: ModuleId, _call: &Expr) -> Option<(Vec<FnId>, bool)> {
        None
    }
    /// The labels that a parameter carries whoever calls: what a promise rejects with.
    fn always(&self, _function: FnId, _index: usize) -> Labels {
        0
    }
    /// What a parameter carries in the function, of what it is given: nothing where a test stands before the body.
    fn enters(&self, _function: FnId, _index: usize, labels: Labels) -> Labels {
        labels
    }
    /// The function whose result a framework gives for a parameter, which it calls before the function itself.
    fn depends(&self, _function: FnId, _index: usize) -> Option<FnId> {
        None
    }
    /// The function that stands for a parameter of a decorator, where it is known which one is decorated.
    fn wrapped(&self, _decorator: FnId, _param: &str) -> Option<FnId> {
        None
    }
    /// Whether text made of labelled values carries their labels: yes, unless only the values themselves are followed.
    fn through_text(&self) -> bool {
        true
    }
    /// Whether a value put under this key of a dict or object literal is no longer followed.
    fn cleans_entry(&self, _key: &str) -> bool {
        false
    }
    /// Whether a value put under a key beside what a literal spreads is what stands there already, so that the literal is what it spreads.
    fn puts_back(&self, _key: &str, _value: Labels, _spread: Labels) -> bool {
        false
    }
    /// Whether tests are looked at: a value that a test vouches for carries nothing where the test held.
    fn refines(&self) -> bool {
        false
    }
    /// What an expression carries of itself and of what flows into it: more than flows in, or something else in its place.
    fn read(&self, module: ModuleId, expr: &Expr, labels: Labels) -> Labels {
        labels | self.expr(module, expr)
    }
    /// What a method of a labelled value carries into its call.
    fn method(&self, module: ModuleId, name: &str, labels: Labels) -> Labels {
        self.member(module, name, labels)
    }
    /// What is taken out of a value by a key (`x.get("key")`, `getattr(x, "key")`), without the default; None where the call is
    /// like any other.
    fn taken_by_key(
        &self,
        _module: ModuleId,
        _call: &Expr,
        (_from, _key): (&Expr, &Expr),
        _labels: Labels,
    ) -> Option<Labels> {
        None
    }
    /// What an item of a labelled list carries; the index where it is a number.
    fn item(&self, _index: Option<&str>, labels: Labels) -> Labels {
        labels
    }
    /// What each element of a labelled value carries in a loop over it.
    fn element(&self, labels: Labels) -> Labels {
        labels
    }
    /// What a test of each element speaks for, of what they are elements of.
    fn whole(&self, labels: Labels) -> Labels {
        labels
    }
    /// What text, a container or a part made of labelled values carries, which is not the value itself any more.
    fn derived(&self, labels: Labels) -> Labels {
        labels
    }
    /// What a call outside of the project gives that labelled values go into.
    fn of_call(&self, _module: ModuleId, _call: &Expr, labels: Labels) -> Labels {
        labels
    }
    /// The values that a condition vouches for when it comes out so.
    fn vouches<'e>(&'e self, _module: ModuleId, _test: &'e Expr, _truth: bool) -> Vec<Vouched<'e>> {
        Vec::new()
    }
    /// The value that carries these labels no more when a condition comes out so, and nothing else that has them from where it has.
    fn clears<'e>(
        &'e self,
        _module: ModuleId,
        _test: &'e Expr,
        _truth: bool,
    ) -> Option<(&'e Expr, Labels)> {
        None
    }
    /// The values that a condition beside others leaves nothing to be asked of when it comes out so: of `isinstance(x, str) and
    /// len(x) > 9`, what is no text needs no limit.
    fn excuses<'e>(&'e self, _module: ModuleId, _test: &'e Expr, _truth: bool) -> Vec<&'e Expr> {
        Vec::new()
    }
    /// The values that an expression vouches for by not raising.
    fn proves<'e>(&'e self, _module: ModuleId, _expr: &'e Expr) -> Vec<&'e Expr> {
        Vec::new()
    }
    /// Whether a `match` pattern vouches for what fits it.
    fn vouches_case(&self, _pattern: &Expr) -> bool {
        false
    }
    /// All labels that stand for the same as these: what is vouched for by one reading is so for another.
    fn also(&self, labels: Labels) -> Labels {
        labels
    }
}

/// A value that a test vouches for.
pub struct Vouched<'e> {
    /// The value.
    pub value: &'e Expr,
    /// Whether all that carries its labels is vouched for with it, or that one value only (of a message whose role is `user`, the
    /// role).
    pub whole: bool,
    /// What must not itself be labelled for the test to count: an allow-list that the caller sends is none.
    pub unless: Option<&'e Expr>,
}

/// Where a flow was given up: what is behind nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncation {
    /// The module.
    pub module: ModuleId,
    /// The function that was not looked into.
    pub range: ByteRange,
    /// The limit that ran out.
    pub limit: Limit,
}

/// What bounds a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Calls inside calls.
    Depth,
    /// Functions evaluated, this many, each once for what goes into it.
    Bodies(u32),
    /// Loops inside loops.
    Turns,
}

impl Limit {
    /// What ran out, in words.
    pub fn words(self) -> String {
        match self {
            Self::Depth => format!("calls are followed {DEEPEST_CALLS} deep, and it goes on here"),
            Self::Bodies(most) => {
                format!("{most} calls are followed in one flow, and it goes on here")
            }
            Self::Turns => format!(
                "loops inside loops are followed for {MOST_TURNS} turns, and it goes on here"
            ),
        }
    }
}

/// Deepest chain of calls that is followed.
pub const DEEPEST_CALLS: u32 = 64;
/// Most stack that one flow uses, in bytes; the threads of the checks have four times as much.
const MOST_STACK: usize = 16 << 20;
/// Most calls of the project's functions that one flow evaluates, each once for what goes into it.
pub(crate) const MOST_BODIES: u32 = 10_000;
/// Loops inside each other whose turns are counted: each is followed for two, which double with each loop around.
const FEW_LOOPS: usize = 4;
/// Most second turns of loops that stand inside more than a few others.
const MOST_TURNS: u32 = 1_000;
/// Most conditions that one flow looks at: without the rest nothing is vouched for, and so no pass rests on it.
const MOST_CONDITIONS: u32 = 200_000;
/// Most times that a flow is followed again with what is known of the members of objects.
const MOST_ROUNDS: u32 = 4;
/// Longest chain of functions that each wait for another before a framework calls them.
const MOST_DEPENDENCIES: u8 = 12;
/// Most ends of a function that are kept apart.
const MOST_EXITS: usize = 24;

/// Which ends of a function count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ends {
    /// Wherever it comes back.
    All,
    /// Where it gives what is true.
    True,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// Labels of every expression reached, over all contexts.
    facts: BTreeMap<(ModuleId, ByteRange), Labels>,
    /// Labels of what each function returns or yields.
    returns: BTreeMap<FnId, Labels>,
    /// Functions evaluated.
    functions: BTreeSet<FnId>,
    /// What is kept in the state of modules.
    pub(crate) kept: Kept,
    /// Where values were handed on.
    trace: path::Trace,
    /// Where it was given up first.
    pub truncated: Option<Truncation>,
}

impl Flow {
    /// Runs the flow from a function.
    pub fn run<'s>(source: &'s Source, from: FnId, seeds: &'s dyn Seeds) -> Flow {
        let mut engine = Engine::new(source, seeds);
        engine.follow(from);
        engine.flow
    }

    /// The same, with the labels that the function has vouched for wherever it comes back, or, of a test, where it gives what is true.
    pub fn run_for<'s>(
        source: &'s Source,
        from: FnId,
        seeds: &'s dyn Seeds,
        ends: Ends,
    ) -> (Flow, Labels) {
        let mut engine = Engine::new(source, seeds);
        let summary = engine.follow(from);
        let vouched = match ends {
            Ends::All => !summary.end().alive,
            Ends::True => match engine.end_if(from, &summary, None, true) {
                (end, false) => !end.alive,
                (_, true) => 0,
            },
        };
        (engine.flow, vouched)
    }

    /// Runs the flow over what a module does at import.
    pub fn run_module<'s>(source: &'s Source, module: ModuleId, seeds: &'s dyn Seeds) -> Flow {
        let mut engine = Engine::new(source, seeds);
        engine.narrows = false;
        let mut env = Env::start(Labels::MAX);
        let body = source.body(module, None);
        engine.body(
            &Place {
                module,
                function: None,
            },
            body,
            &mut env,
        );
        engine.flow
    }

    /// The labels of an expression.
    pub fn labels(&self, module: ModuleId, expr: &Expr) -> Labels {
        self.facts.get(&(module, expr.range)).copied().unwrap_or(0)
    }

    /// The labels of what a function returned or yielded.
    pub fn returned(&self, function: FnId) -> Labels {
        self.returns.get(&function).copied().unwrap_or(0)
    }

    /// The functions that the flow went through.
    pub fn functions(&self) -> impl Iterator<Item = FnId> + '_ {
        self.functions.iter().copied()
    }
}

/// What a function is given: the labels of each parameter, and the functions that a parameter stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Given {
    labels: Vec<Labels>,
    functions: BTreeMap<usize, BTreeSet<FnId>>,
    /// What the objects that parameters are given hold under their keys, where that is all they hold.
    keys: BTreeMap<usize, Keys>,
}

/// A function with what goes into it: its parameters, the names around it, and what nothing has vouched for.
type Context = (FnId, Given, Vec<(Name, Labels)>, Labels);

/// What a function does with what goes into it.
#[derive(Default)]
struct Summary<'s> {
    /// What it gives.
    returned: Labels,
    /// What of it stands under the keys of the objects that it gives.
    keys: Keys,
    /// What of it does not.
    whole: Labels,
    /// What it puts into the objects that it is given.
    fills: Fills,
    /// Where it comes back, with what it gives there; only where tests are looked at.
    exits: Vec<(Env<'s>, Option<&'s Expr>)>,
}

impl<'s> Summary<'s> {
    /// Of a function of which no more is known than the labels that it gives.
    fn of(labels: Labels) -> Self {
        Self {
            returned: labels,
            whole: labels,
            ..Self::default()
        }
    }

    /// All ends together.
    fn end(&self) -> Env<'s> {
        let mut any = Env::never();
        for (end, _) in &self.exits {
            any.join(end);
        }
        any
    }
}

/// A function that a framework has called.
#[derive(Default)]
struct Called<'s> {
    /// What it was given, by its parameters.
    given: Vec<Labels>,
    summary: Rc<Summary<'s>>,
}

/// What the expression around an expression takes of it.
#[derive(Clone, Copy)]
enum Taken<'k> {
    /// All of it.
    Whole,
    /// What stands under a key.
    Key(&'k str),
    /// It is called; of `x.get("key")` only what stands under that key in `x`.
    Called(Option<&'k str>),
}

#[derive(Clone, Copy)]
struct Place {
    module: ModuleId,
    function: Option<FnId>,
}

struct Engine<'s> {
    source: &'s Source,
    seeds: &'s dyn Seeds,
    flow: Flow,
    /// Results by function and what went in; None while being evaluated.
    memo: BTreeMap<Context, Option<Rc<Summary<'s>>>>,
    fields: BTreeMap<(ClassId, Name), Labels>,
    /// The members of classes that carry something.
    labelled: HashSet<Name>,
    /// What is put into members of objects whose class is not known.
    members: BTreeMap<Name, Labels>,
    /// Members may be taken for what their class puts into them, and no more.
    narrows: bool,
    /// A method took a member of its object.
    reads_members: bool,
    /// A function read a value of a module.
    reads_state: bool,
    /// What closures put into names of the function around them: `request.on('data', (chunk) => { body += chunk; })`.
    closed: BTreeMap<(FnId, Name), Labels>,
    /// What `break` and `continue` take out of each loop that is open.
    left: Vec<Env<'s>>,
    /// The functions that are being evaluated.
    open: Vec<Summary<'s>>,
    /// The project's function behind each call, looked up once.
    callees: BTreeMap<(ModuleId, ByteRange), Option<FnId>>,
    /// What calls gave for the parameters of a function.
    given: BTreeMap<(FnId, Name), Vec<(Place, &'s Expr)>>,
    /// The names of the project's functions.
    functions: OnceCell<HashSet<&'s str>>,
    /// Whether a class shows all that is put into its members, looked up once.
    shown: BTreeMap<ClassId, bool>,
    /// The functions of the project that an expression names, looked up once.
    named: BTreeMap<(ModuleId, ByteRange), Option<FnId>>,
    /// The functions that members of a class hold.
    held: BTreeMap<(ClassId, Name), BTreeSet<FnId>>,
    /// Which functions always raise, of those where that was asked.
    raising: BTreeMap<FnId, bool>,
    /// The functions that a framework calls, each once however many depend on it.
    framework: BTreeMap<FnId, Called<'s>>,
    /// What the object that was made last holds under its keys, and where it was made.
    apart: Option<((ModuleId, ByteRange), Keys)>,
    /// Where the stack was when the flow began.
    stack: usize,
    depth: u32,
    bodies: u32,
    turns: u32,
    budget: u32,
    refining: u32,
}

impl<'s> Engine<'s> {
    fn new(source: &'s Source, seeds: &'s dyn Seeds) -> Self {
        Self {
            source,
            seeds,
            flow: Flow {
                kept: seeds.kept(),
                ..Flow::default()
            },
            memo: BTreeMap::new(),
            fields: BTreeMap::new(),
            labelled: HashSet::new(),
            members: BTreeMap::new(),
            narrows: true,
            reads_members: false,
            reads_state: false,
            closed: BTreeMap::new(),
            left: Vec::new(),
            open: Vec::new(),
            callees: BTreeMap::new(),
            given: BTreeMap::new(),
            functions: OnceCell::new(),
            shown: BTreeMap::new(),
            named: BTreeMap::new(),
            held: BTreeMap::new(),
            raising: BTreeMap::new(),
            framework: BTreeMap::new(),
            apart: None,
            stack: stack_now(),
            depth: 0,
            bodies: 0,
            turns: 0,
            budget: MOST_CONDITIONS,
            refining: 0,
        }
    }

    /// Follows a function, which the flow starts from.
    fn follow(&mut self, from: FnId) -> Rc<Summary<'s>> {
        let mut summary = self.called_by_framework(from, Labels::MAX, 0);
        let mut settled = 0;
        for round in 1..=MOST_ROUNDS {
            let known = self.in_members() + self.in_state();
            if known == settled {
                break;
            }
            // A function may have been followed before what it reads was put into the object, or the state of the module.
            settled = known;
            self.narrows = round < MOST_ROUNDS;
            self.memo.clear();
            self.framework.clear();
            self.bodies = 0;
            summary = self.called_by_framework(from, Labels::MAX, 0);
        }
        summary
    }

    /// Evaluates a function that a framework calls, after what its parameters depend on.
    fn called_by_framework(&mut self, id: FnId, alive: Labels, depth: u8) -> Rc<Summary<'s>> {
        if let Some(known) = self.framework.get(&id) {
            return known.summary.clone();
        }
        // A function that waits for itself is never called.
        self.framework.insert(id, Called::default());
        let source = self.source;
        let count = source.function(id).map_or(0, |found| found.params.len());
        let mut env = Env::start(alive);
        let mut labels = Vec::with_capacity(count);
        for index in 0..count {
            let on = self.seeds.depends(id, index);
            let Some((on, function)) = on.and_then(|on| Some((on, source.function(on)?))) else {
                labels.push(self.seeds.param(id, index));
                continue;
            };
            if depth >= MOST_DEPENDENCIES {
                self.give_up(on.module, function.header, Limit::Depth);
                labels.push(0);
                continue;
            }
            let summary = self.called_by_framework(on, env.alive, depth + 1);
            // What an object was made of is in it.
            let made = match &*function.name {
                "__init__" => (0..function.params.len())
                    .fold(0, |all, index| all | self.carried_by(on, index)),
                _ => 0,
            };
            labels.push(summary.returned | made);
            let end = summary.end();
            if self.seeds.refines() && !function.is_generator && !end.is_never() {
                env.alive &= end.alive;
            }
        }
        let summary = self.function(id, &Given::of(labels.clone()), env);
        let called = Called {
            given: labels,
            summary: summary.clone(),
        };
        self.framework.insert(id, called);
        summary
    }

    /// What a framework gave a function for a parameter.
    fn carried_by(&self, id: FnId, index: usize) -> Labels {
        let called = self.framework.get(&id);
        let given = called.and_then(|called| called.given.get(index));
        given.copied().unwrap_or(0)
    }

    /// How many labels the state of modules holds, where it is read: it only grows.
    fn in_state(&self) -> u32 {
        match self.reads_state {
            true => self.flow.kept.count(),
            false => 0,
        }
    }

    /// How many labels the members of objects hold, where a method reads one: it only grows.
    fn in_members(&self) -> u32 {
        if !self.reads_members {
            return 0;
        }
        let labels = self.fields.values().chain(self.members.values());
        labels.map(|labels| labels.count_ones()).sum()
    }

    fn function(&mut self, id: FnId, given: &Given, mut env: Env<'s>) -> Rc<Summary<'s>> {
        let key = (id, given.clone(), env.carried(), env.alive);
        if let Some(known) = self.memo.get(&key) {
            return known
                .clone()
                .unwrap_or_else(|| Rc::new(Summary::of(self.flow.returned(id))));
        }
        let Some(function) = self.source.function(id) else {
            return Rc::default();
        };
        let deep = self.depth >= DEEPEST_CALLS || self.stack.abs_diff(stack_now()) >= MOST_STACK;
        let most = self.seeds.most_bodies();
        if deep || self.bodies >= most {
            let limit = match deep {
                true => Limit::Depth,
                false => Limit::Bodies(most),
            };
            self.give_up(id.module, function.header, limit);
            let all = given.labels.iter().fold(0, |all, labels| all | labels);
            return Rc::new(Summary::of(all));
        }
        self.memo.insert(key.clone(), None);
        env.forget_empties();
        self.depth += 1;
        self.bodies += 1;
        self.flow.functions.insert(id);
        self.bind_params(function, given, &mut env);
        for (index, functions) in &given.functions {
            if let Some(param) = function.params.get(*index) {
                env.hold(&param.name, functions.clone());
            }
        }
        self.open.push(Summary::default());
        let left = std::mem::take(&mut self.left);
        let place = Place {
            module: id.module,
            function: Some(id),
        };
        self.body(&place, &function.body, &mut env);
        if !stmts::leaves(&function.body) {
            self.exit(None, &env);
        }
        self.left = left;
        closures::put_out(self, function, &key.2, &env);
        self.depth -= 1;
        let summary = Rc::new(self.open.pop().unwrap_or_default());
        self.memo.insert(key, Some(summary.clone()));
        summary
    }

    /// Notes where the flow was given up.
    fn give_up(&mut self, module: ModuleId, range: ByteRange, limit: Limit) {
        limits::reached(limits::FLOW, module, range);
        self.flow.truncated.get_or_insert(Truncation {
            module,
            range,
            limit,
        });
    }

    /// The function that is being evaluated comes back here.
    fn exit(&mut self, value: Option<&'s Expr>, env: &Env<'s>) {
        if self.seeds.refines()
            && let Some(open) = self.open.last_mut()
        {
            let full = open.exits.len() >= MOST_EXITS;
            match open.exits.last_mut() {
                Some((last, _)) if full => last.join(env),
                _ => open.exits.push((env.clone(), value)),
            }
        }
    }

    fn bind_params(&mut self, function: &'s Function, given: &Given, env: &mut Env<'s>) {
        for (index, param) in function.params.iter().enumerate() {
            let labels = given.labels.get(index).copied().unwrap_or(0)
                | self.seeds.always(function.id, index);
            let labels = self.seeds.enters(function.id, index, labels);
            let place = Place {
                module: function.id.module,
                function: Some(function.id),
            };
            match &param.pattern {
                Some(pattern) => self.assign(&place, pattern, labels, env),
                None => {
                    env.bind(&param.name, labels);
                    if let Some(keys) = given.keys.get(&index) {
                        env.split_if_all(&param.name, labels, keys);
                    }
                }
            }
        }
    }
}

/// The address of the top of the stack, near enough.
fn stack_now() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(&here).addr()
}
