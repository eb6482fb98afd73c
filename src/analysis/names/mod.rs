//! What an expression refers to: names followed through imports, aliases, re-exports, assignments, constructors and helpers,
//! across the project's modules.

mod bindings;
mod calls;
pub(crate) mod constants;
mod imports;
mod looped;
mod members;

pub(crate) use bindings::gone_through;
pub(crate) use calls::is_context_manager;
pub(crate) use members::is_declared_only;

pub use crate::model::source::canonical::{leaf, package};

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::limits;
use crate::model::source::ir::{Call, Conditional, Expr, ExprKind, Name};
use crate::model::source::memo::{Base, Resolved};
use crate::model::source::module::{Class, Module};
use crate::model::source::{ClassId, FnId, ModuleId, Source};

/// Steps that one question may take: enough for any real chain, and an end for cyclic ones.
const FUEL: u32 = 2_000;
/// Bindings and steps that one question looks at. A name that is bound a thousand times by itself is looked up through all of them.
const MOST_LOOKS: u32 = 8_000;
/// What a question looks at when those before it in the same judgement were as costly as [`allowance`] lets them be.
const FEW_LOOKS: u32 = 256;
/// The same when they were a quarter more costly than that: enough for a name that is bound once or twice and what it stands for.
const FEWER_LOOKS: u32 = 32;
/// The same when they were half more costly: enough for an imported name. Whatever is asked from then on costs next to nothing.
const FEWEST_LOOKS: u32 = 4;
/// Statements of a function that are passed for one look, on the way to what it returns.
const STATEMENTS_A_LOOK: usize = 4;
/// Deepest chain of one question: long chains of methods are real code.
const DEEPEST: u32 = 240;
/// From this depth on a name that is assigned again and again is followed from its first assignment on, so that each builds on the
/// answer of the one before instead of standing on it.
const LONG_CHAIN: u32 = 24;
/// Steps after which a question remembers its answers: most end before.
const REMEMBERS_AFTER: u32 = 64;
/// From this depth on a question looks whether it goes in a circle: most end before.
const MAY_CIRCLE: u32 = 8;

/// What an expression refers to.
#[derive(Clone, Debug)]
pub enum Meaning<'s> {
    /// Something outside the project, by its canonical dotted name: `requests.get`, `os.environ`, `process.env.X`, `open`.
    External(String),
    /// A module of the project.
    Module(ModuleId),
    /// A function of the project.
    Function(FnId),
    /// A class of the project.
    Class(ClassId),
    /// A value that a call made, or that is annotated so.
    Instance(Instance<'s>),
    /// Any other expression: a literal, a container, a computed value.
    Value(ModuleId, &'s Expr),
    /// Not known.
    Unknown,
}

/// A value by the constructor (or other callable) that made it.
#[derive(Clone, Debug)]
pub struct Instance<'s> {
    /// The canonical name of what was called, or of the annotated type: `httpx.Client`, `boto3.client`.
    pub type_name: String,
    /// The class, when it is the project's own.
    pub class: Option<ClassId>,
    /// The module of the call.
    pub module: ModuleId,
    /// The call, with its arguments; None where only an annotation tells the type.
    pub call: Option<&'s Call>,
}

/// A running question.
struct Question<'s> {
    source: &'s Source,
    fuel: Cell<u32>,
    depth: Cell<u32>,
    /// What was looked at so far, and how much may be.
    looks: Cell<u32>,
    most_looks: u32,
    /// Fuel, depth or looks ran out.
    exhausted: Cell<bool>,
    /// It came back to what it was asking for already, so that its answers may hold for this question only.
    circled: Cell<bool>,
    /// The expressions being asked for, by their addresses.
    asked: RefCell<Vec<usize>>,
    /// What is asked for is kept by an object or a closure.
    kept: Cell<bool>,
    /// The parameters whose callers are being asked.
    params: RefCell<Vec<(FnId, usize)>>,
    /// Containers whose elements are being asked for: one may be filled with what was taken from it.
    open: RefCell<BTreeSet<(ModuleId, Name)>>,
    /// A number for each set of open containers, that of now last: an answer holds under the set that it was found under.
    opened: RefCell<Vec<u32>>,
    /// How many such numbers were given.
    openings: Cell<u32>,
    /// Answers by the address of the expression and the number of the open containers.
    known: RefCell<FxHashMap<(usize, u32), Meaning<'s>>>,
    /// What functions return, by the same rule.
    returns: RefCell<FxHashMap<(FnId, u32), Meaning<'s>>>,
}

/// Types whose objects hold values by their keys.
const TABLES: [&str; 16] = [
    "dict",
    "Dict",
    "defaultdict",
    "DefaultDict",
    "OrderedDict",
    "ChainMap",
    "MappingProxyType",
    "Mapping",
    "MutableMapping",
    "WeakValueDictionary",
    "TTLCache",
    "LRUCache",
    "Map",
    "ReadonlyMap",
    "WeakMap",
    "QuickLRU",
];

/// Most classes that are looked at for the bases of one.
const MOST_BASES: usize = 100;

/// What costly questions of one judgement may look at together: work must not grow with the square of the code.
fn allowance(source: &Source) -> u64 {
    150_000 + source.bytes() / 4
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        let looks = self.looks.get();
        if looks > self.most_looks.min(FEW_LOOKS) {
            limits::spend(u64::from(looks));
        }
    }
}

impl Source {
    /// What an expression refers to. The expression must be of that module: names are looked up at its place.
    pub fn meaning<'s>(&'s self, module: ModuleId, expr: &'s Expr) -> Meaning<'s> {
        let question = Question::new(self);
        let found = question.meaning(module, expr);
        question.tell(module, expr);
        found
    }

    /// The canonical dotted name of a reference: `r.get` after `import requests as r` is `requests.get`, `client.get` after
    /// `client = httpx.Client()` is `httpx.Client.get`; a function of the project is `module.name`.
    pub fn canonical<'s>(&'s self, module: ModuleId, expr: &'s Expr) -> Option<String> {
        self.name_of(&self.meaning(module, expr))
    }

    /// The same of what registers a function: a parameter is what callers gave (`def register(server): @server.tool() …`).
    pub(crate) fn canonical_given<'s>(
        &'s self,
        module: ModuleId,
        expr: &'s Expr,
    ) -> Option<String> {
        let question = Question::new(self);
        question.kept.set(true);
        let found = question.meaning(module, expr);
        question.tell(module, expr);
        self.name_of(&found)
    }

    /// The canonical name of what a call calls; an `await` around the call is looked through. A value that a call made and
    /// that is itself called is `maker.__call__`: `bedrock("id")` after `bedrock = createAmazonBedrock()`.
    pub fn callee_name<'s>(&'s self, module: ModuleId, call: &'s Expr) -> Option<&'s str> {
        self.resolved(module, call.as_call()?).name.as_deref()
    }

    /// The canonical name of what a call calls, where that is not the project's own.
    pub(crate) fn outside_callee<'s>(
        &'s self,
        module: ModuleId,
        call: &'s Call,
    ) -> Option<&'s str> {
        let found = self.resolved(module, call);
        found.name.as_deref().filter(|_| found.outside)
    }

    /// What a call calls, found out once. The call must be of that module.
    fn resolved<'s>(&'s self, module: ModuleId, call: &'s Call) -> &'s Resolved {
        let found = call.resolved.get_or_init(|| {
            let question = Question::new(self);
            let meaning = question.called(question.meaning(module, &call.callee));
            let name = match &meaning {
                Meaning::Instance(instance) => Some(format!("{}.__call__", instance.type_name)),
                meaning => self.name_of(meaning),
            };
            Resolved {
                outside: matches!(meaning, Meaning::External(_) | Meaning::Instance(_)),
                class: match &meaning {
                    Meaning::Class(class) => Some(*class),
                    _ => None,
                },
                function: question.function(meaning),
                name: name.map(Arc::from),
                exhausted: question.exhausted.get(),
            }
        });
        if found.exhausted {
            limits::reached(limits::NAMES, module, call.callee.range);
        }
        found
    }

    /// The constructor that made the value of an expression.
    pub fn type_of<'s>(&'s self, module: ModuleId, expr: &'s Expr) -> Option<Instance<'s>> {
        match self.meaning(module, expr) {
            Meaning::Instance(instance) => Some(instance),
            _ => None,
        }
    }

    /// The value whose method a call is, by the constructor that made it.
    pub(crate) fn receiver<'s>(&'s self, module: ModuleId, call: &'s Call) -> Option<Instance<'s>> {
        match &call.callee.kind {
            ExprKind::Attribute { base, .. } => self.type_of(module, base),
            _ => None,
        }
    }

    /// The project's function that a call runs: functions, methods, constructors, closures, lambdas, partials.
    pub fn callee<'s>(&'s self, module: ModuleId, call: &'s Expr) -> Option<FnId> {
        self.resolved(module, call.as_call()?).function
    }

    /// The project's class that a call makes an object of.
    pub(crate) fn callee_class(&self, module: ModuleId, call: &Call) -> Option<ClassId> {
        self.resolved(module, call).class
    }

    /// The project's function that an expression stands for, when it is given as a value or called.
    pub fn function_value<'s>(&'s self, module: ModuleId, expr: &'s Expr) -> Option<FnId> {
        let question = Question::new(self);
        let found = question.function(question.meaning(module, expr));
        question.tell(module, expr);
        found
    }

    /// The project's function that a member of an expression's value is: `deps.ask` of what a caller gave as `deps`.
    pub(crate) fn member_function<'s>(
        &'s self,
        module: ModuleId,
        expr: &'s Expr,
        member: &str,
    ) -> Option<FnId> {
        let question = Question::new(self);
        let meaning = question.attribute(question.meaning(module, expr), member);
        let found = question.function(meaning);
        question.tell(module, expr);
        found
    }

    /// Whether an expression is seen to be a table of values by their keys: a dict, a `Map`, a cache of such a form.
    pub(crate) fn is_table(&self, module: ModuleId, expr: &Expr) -> bool {
        match self.meaning(module, expr) {
            Meaning::Value(_, value) => match &value.kind {
                ExprKind::Dict(_) => true,
                ExprKind::Comprehension(inner) => inner.value.is_some(),
                _ => false,
            },
            Meaning::Instance(made) => {
                made.class.is_none() && TABLES.contains(&leaf(&made.type_name))
            }
            _ => false,
        }
    }

    /// Every constant string that an expression can be seen to hold: literals, constants, defaults of environment reads,
    /// either side of a choice, concatenations of such, each element of a literal that a loop goes over.
    pub fn strings<'s>(&'s self, module: ModuleId, expr: &'s Expr) -> Vec<String> {
        let question = Question::new(self);
        let mut found = question.strings(module, expr, 0);
        question.tell(module, expr);
        found.dedup();
        found
    }

    /// The one constant string of an expression.
    pub fn string<'s>(&'s self, module: ModuleId, expr: &'s Expr) -> Option<String> {
        let mut found = self.strings(module, expr);
        if found.len() == 1 { found.pop() } else { None }
    }

    fn name_of(&self, meaning: &Meaning<'_>) -> Option<String> {
        match meaning {
            Meaning::External(name) => Some(name.clone()),
            Meaning::Module(id) => self.module(*id).map(|module| module.name.to_string()),
            Meaning::Function(id) => {
                let module = self.module(id.module)?;
                module
                    .function(*id)
                    .map(|function| format!("{}.{}", module.name, function.qualified))
            }
            Meaning::Class(id) => self.class_name(*id),
            Meaning::Instance(_) | Meaning::Value(..) | Meaning::Unknown => None,
        }
    }

    fn class_name(&self, id: ClassId) -> Option<String> {
        let module = self.module(id.module)?;
        module
            .classes
            .get(id.index as usize)
            .map(|class| format!("{}.{}", module.name, class.name))
    }

    /// The canonical names of a class's bases, the project's own followed to theirs.
    pub fn bases(&self, id: ClassId) -> Vec<Arc<str>> {
        let mut found = Vec::new();
        let mut open = vec![id];
        let mut seen = FxHashSet::default();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            if seen.len() > MOST_BASES {
                let range = self.class(id).map(|class| class.range);
                limits::reached(limits::NAMES, id.module, range.unwrap_or_default());
                break;
            }
            for base in self.direct_bases(id) {
                found.extend(base.name.clone());
                open.extend(base.class);
            }
        }
        found
    }

    /// A class and the project's own classes that it derives from, the nearest first.
    pub(crate) fn lineage(&self, id: ClassId) -> Vec<ClassId> {
        let mut found = vec![id];
        let mut at = 0;
        while let Some(&class) = found.get(at) {
            at += 1;
            for base in self
                .direct_bases(class)
                .iter()
                .filter_map(|base| base.class)
            {
                if found.len() >= MOST_BASES {
                    let range = self.class(id).map(|class| class.range);
                    limits::reached(limits::NAMES, id.module, range.unwrap_or_default());
                    return found;
                }
                if !found.contains(&base) {
                    found.push(base);
                }
            }
        }
        found
    }

    /// Whether another class of the project derives from a class.
    pub(crate) fn is_derived_from(&self, class: ClassId) -> bool {
        let all = self.derived_from.get_or_init(|| {
            let classes = self.modules.iter().flat_map(|module| &module.classes);
            let bases = classes.flat_map(|class| self.direct_bases(class.id));
            bases.filter_map(|base| base.class).collect()
        });
        all.contains(&class)
    }

    /// What the bases of a class stand for, as they are written. Those of a module are found out together: many questions come back
    /// to them, and a chain of classes is long.
    fn direct_bases(&self, id: ClassId) -> &[Base] {
        let Some(module) = self.module(id.module) else {
            return &[];
        };
        let all = limits::kept(&module.bases, || {
            let base = |base: &Expr| {
                let meaning = self.meaning(module.id, base);
                Base {
                    name: self.name_of(&meaning).map(Arc::from),
                    class: match meaning {
                        Meaning::Class(class) => Some(class),
                        _ => None,
                    },
                }
            };
            let of = |class: &Class| class.bases.iter().map(base).collect();
            module.classes.iter().map(of).collect()
        });
        all.get(id.index as usize).map_or(&[], Vec::as_slice)
    }
}

impl<'s> Question<'s> {
    fn new(source: &'s Source) -> Self {
        let (spent, allowed) = (limits::spent(), allowance(source));
        Self {
            source,
            fuel: Cell::new(FUEL),
            depth: Cell::new(0),
            looks: Cell::new(0),
            most_looks: match spent {
                spent if spent > allowed + allowed / 2 => FEWEST_LOOKS,
                spent if spent > allowed + allowed / 4 => FEWER_LOOKS,
                spent if spent > allowed => FEW_LOOKS,
                _ => MOST_LOOKS,
            },
            exhausted: Cell::new(false),
            circled: Cell::new(false),
            asked: RefCell::default(),
            kept: Cell::new(false),
            params: RefCell::default(),
            open: RefCell::default(),
            opened: RefCell::default(),
            openings: Cell::new(0),
            known: RefCell::default(),
            returns: RefCell::default(),
        }
    }

    /// Looks at one more thing; false where there were too many.
    fn look(&self) -> bool {
        self.looks_at(1)
    }

    /// Looks at several more things; false where there were too many.
    fn looks_at(&self, things: usize) -> bool {
        let things = u32::try_from(things).unwrap_or(u32::MAX);
        let looks = self.looks.get().saturating_add(things);
        self.looks.set(looks);
        let more = looks <= self.most_looks;
        if !more {
            self.exhausted.set(true);
        }
        more
    }

    /// Whether every other question would have the answers that this one has so far.
    fn is_context_free(&self) -> bool {
        !self.exhausted.get() && !self.circled.get() && self.depth.get() < LONG_CHAIN
    }

    /// Whether answers of this question are kept, and under which number of open containers.
    fn remembers(&self) -> Option<u32> {
        let long = FUEL - self.fuel.get() >= REMEMBERS_AFTER;
        long.then(|| self.opened.borrow().last().copied().unwrap_or(0))
    }

    fn module(&self, id: ModuleId) -> Option<&'s Module> {
        self.source.module(id)
    }

    /// Reports an answer that a budget cut short.
    fn tell(&self, module: ModuleId, expr: &Expr) {
        if self.exhausted.get() {
            limits::reached(limits::NAMES, module, expr.range);
        }
    }

    /// Takes one step; false where the budget is used up.
    fn step(&self) -> bool {
        let left = self.fuel.get();
        if left == 0 || self.depth.get() >= DEEPEST || !self.look() {
            self.exhausted.set(true);
            return false;
        }
        self.fuel.set(left - 1);
        #[cfg(test)]
        work::count();
        true
    }

    fn meaning(&self, module: ModuleId, expr: &'s Expr) -> Meaning<'s> {
        let address = std::ptr::from_ref(expr).addr();
        // A name that is defined by itself has no meaning; that is an answer, and no budget ran out.
        if self.depth.get() >= MAY_CIRCLE && self.asked.borrow().contains(&address) {
            self.circled.set(true);
            return Meaning::Unknown;
        }
        let key = self.remembers().map(|opened| (address, opened));
        if let Some(known) = key.and_then(|key| self.known.borrow().get(&key).cloned()) {
            return known;
        }
        if !self.step() {
            return Meaning::Unknown;
        }
        self.depth.set(self.depth.get() + 1);
        self.asked.borrow_mut().push(address);
        let found = self.meaning_of(module, expr);
        self.asked.borrow_mut().pop();
        self.depth.set(self.depth.get() - 1);
        if let Some(key) = key {
            self.known.borrow_mut().insert(key, found.clone());
        }
        found
    }

    /// Opens a container; false where it is open already.
    fn opens(&self, container: &(ModuleId, Name)) -> bool {
        let new = self.open.borrow_mut().insert(container.clone());
        if new {
            self.openings.set(self.openings.get() + 1);
            self.opened.borrow_mut().push(self.openings.get());
        } else {
            self.circled.set(true);
        }
        new
    }

    /// Closes a container that [`Self::opens`] opened.
    fn closes(&self, container: &(ModuleId, Name)) {
        self.open.borrow_mut().remove(container);
        self.opened.borrow_mut().pop();
    }

    fn meaning_of(&self, module: ModuleId, expr: &'s Expr) -> Meaning<'s> {
        match &expr.kind {
            ExprKind::Name(name) => self.name(module, name, expr.range.start),
            ExprKind::Attribute { base, attr } => self
                .dotted_import(module, expr)
                .unwrap_or_else(|| self.attribute(self.meaning(module, base), attr)),
            ExprKind::Subscript { base, index } => self.subscript(module, base, index),
            ExprKind::Call(call) => self.call(module, expr, call),
            ExprKind::Await(inner) => self.meaning(module, inner),
            ExprKind::Assign { value, .. } => self.meaning(module, value),
            ExprKind::Lambda(id) => Meaning::Function(*id),
            ExprKind::Class(id) => Meaning::Class(*id),
            ExprKind::Conditional(parts) => {
                let Conditional { body, orelse, .. } = &**parts;
                self.first(module, [body, orelse].into_iter(), expr)
            }
            ExprKind::BoolOp { values, .. } => self.first(module, values.iter(), expr),
            _ => Meaning::Value(module, expr),
        }
    }

    /// The first of several that tells something; else the whole.
    fn first(
        &self,
        module: ModuleId,
        several: impl Iterator<Item = &'s Expr>,
        whole: &'s Expr,
    ) -> Meaning<'s> {
        for one in several {
            let meaning = self.meaning(module, one);
            if matches!(
                meaning,
                Meaning::Instance(_)
                    | Meaning::Function(_)
                    | Meaning::Class(_)
                    | Meaning::Module(_)
            ) {
                return meaning;
            }
        }
        Meaning::Value(module, whole)
    }
}

/// How much work name resolution did, for tests of its growth.
#[cfg(test)]
pub(crate) mod work {
    use std::cell::Cell;

    thread_local! {
        static STEPS: Cell<u64> = const { Cell::new(0) };
    }

    pub(super) fn count() {
        STEPS.set(STEPS.get() + 1);
    }

    /// The steps that something takes on this thread.
    pub(crate) fn of(run: impl FnOnce()) -> u64 {
        let before = STEPS.get();
        run();
        STEPS.get() - before
    }
}
