//! What making an object at startup runs beside its `__init__`: `__new__`, the functions that make defaults of its fields, and what
//! is called when the fields are set.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::fate::{Ground, Mode};
use super::{MOST, Place, StartCall, Startup};
use crate::analysis::fields::{Making, making};
use crate::analysis::limits;
use crate::analysis::names::Meaning;
use crate::model::source::{Call, ClassId, Expr, FnId, ModuleId};

/// Most objects that are followed.
const MOST_OBJECTS: usize = 5_000;

/// The expression that an object is made by.
pub(super) type Maker<'a> = (ModuleId, &'a Expr);

/// The objects that startup code makes.
#[derive(Default)]
pub(super) struct Objects<'a> {
    makings: BTreeMap<ClassId, Rc<Making<'a>>>,
    seen: BTreeSet<(ClassId, Place)>,
    /// The methods that run for an object of a class of fields, each with what makes the object.
    pub(super) methods: Vec<(FnId, Maker<'a>)>,
    /// How many defaults are made.
    defaults: usize,
}

impl<'a> Startup<'_, 'a> {
    /// What a call runs that makes an object of a class.
    pub(super) fn object(
        &mut self,
        class: ClassId,
        call: &'a Call,
        maker: Maker<'a>,
        from: Option<Place>,
    ) {
        let source = self.code.source;
        let mut open = vec![(class, Some(call), maker)];
        while let Some((class, call, maker)) = open.pop() {
            if !self.objects.seen.insert((class, (maker.0, maker.1.range))) {
                continue;
            }
            let known = self.objects.makings.entry(class);
            let making = Rc::clone(known.or_insert_with(|| Rc::new(making(source, class))));
            for &method in &making.methods {
                self.queue.push_back((method, from));
                // What `__new__` makes may be kept by the class.
                let function = source.function(method);
                if function.is_some_and(|function| &*function.name != "__new__") {
                    self.objects.methods.push((method, maker));
                }
            }
            for factory in &making.factories {
                if call.is_some_and(|call| factory.may_be_given(call)) {
                    continue;
                }
                if self.objects.defaults >= MOST {
                    self.exhausted = true;
                    limits::reached(limits::CALLS, maker.0, maker.1.range);
                    return;
                }
                self.objects.defaults += 1;
                let (module, declared) = (factory.module, factory.declared);
                let callee = source.function_value(module, factory.makes);
                self.calls.push(StartCall {
                    module,
                    expr: declared,
                    callee,
                    name: source.canonical(module, factory.makes).map(Cow::from),
                    from,
                    entering: false,
                    held: false,
                    waited: true,
                    made_for: Some(maker),
                    stack: None,
                });
                let function = callee.and_then(|id| source.function(id));
                let runs = function.filter(|function| !function.is_async);
                self.queue.extend(runs.map(|function| (function.id, from)));
                if let Meaning::Class(inner) = source.meaning(module, factory.makes) {
                    open.push((inner, None, (module, declared)));
                }
            }
        }
    }
}

/// Which objects of startup live on in what requests use.
#[derive(Default)]
pub(super) struct Kept {
    known: BTreeMap<Place, bool>,
    /// More objects were asked for than are followed.
    pub(super) exhausted: bool,
}

impl Kept {
    pub(super) fn is<'a>(&mut self, ground: &Ground<'_, 'a>, (module, expr): Maker<'a>) -> bool {
        let place = (module, expr.range);
        if let Some(known) = self.known.get(&place) {
            return *known;
        }
        if self.known.len() >= MOST_OBJECTS {
            self.exhausted = true;
            limits::reached(limits::CALLS, module, expr.range);
            return false;
        }
        let fate = ground.follow(module, expr, Mode::Startup);
        self.exhausted |= fate.exhausted && !fate.is_kept();
        self.known.insert(place, fate.is_kept());
        fate.is_kept()
    }
}
