//! The attributes of a span, read in one pass into memory that is used again for the next span.

use opentelemetry::{Key, KeyValue, Value};

use super::facts::Known;
use super::table::{SEARCHED, SLOTS, Slot, find};
use crate::filter::{Filter, Shown};

/// No attribute.
const NONE: u32 = u32::MAX;
/// The bit of a handle that says that something else is shown in the attribute's place.
const INSTEAD: u32 = 1 << 31;

/// Attributes by which other SDKs fill a namespace of the metadata.
pub(super) const FOREIGN: &str = "aws.xray.metadata.";

/// What a translation needs for a moment.
#[derive(Debug)]
pub(super) struct Scratch {
    /// The attribute of each slot, and how old its name is.
    slots: [(u32, u8); SLOTS],
    /// A bit for each slot that has an attribute.
    filled: u128,
    /// Attributes that X-Ray has no place for.
    pub(super) rest: Vec<u32>,
    /// What is shown in the place of attributes.
    instead: Vec<(u32, Value)>,
    /// Whether the attribute of a slot has become an annotation, in the order of `SEARCHED`.
    pub(super) searched: [bool; SEARCHED.len()],
    /// Annotations that the settings or the span ask for: handle, and where the key ends in `keys`.
    pub(super) wanted: Vec<(u32, usize)>,
    pub(super) keys: String,
    /// An annotation's value as text.
    pub(super) text: String,
}

impl Scratch {
    pub(super) fn new() -> Self {
        Self {
            slots: [(NONE, 0); SLOTS],
            filled: 0,
            rest: Vec::new(),
            instead: Vec::new(),
            searched: [false; _],
            wanted: Vec::new(),
            keys: String::new(),
            text: String::new(),
        }
    }

    /// Reads the attributes. Of two with one name the later one holds; of two names for one thing today's.
    pub(super) fn read(&mut self, attributes: &[KeyValue], filter: &Filter) -> Known {
        self.filled = 0;
        self.rest.clear();
        self.instead.clear();
        let mut known = Known::default();
        // A bit for each name in the rest, so that it is known at once that none is there twice, as is usual.
        let (mut names, mut may_repeat) = (0_u128, false);
        for (number, pair) in (0..INSTEAD - 1).zip(attributes) {
            let (found, hash) = find(pair.key.as_str());
            if let Some((place, _)) = found {
                known.note(place.slot, number, &pair.value);
            }
            let handle = match filter.attribute(pair.key.as_str(), &pair.value) {
                Shown::Whole(_) => number,
                Shown::Instead(value) => {
                    self.instead.push((number, value));
                    INSTEAD | (self.instead.len() - 1) as u32
                }
                Shown::Nothing => {
                    known.hidden += 1;
                    continue;
                }
            };
            match found {
                Some((place, age)) => may_repeat |= self.put(place.slot, handle, age, attributes),
                None => {
                    let bit = 1 << (hash % 128);
                    may_repeat |= names & bit != 0;
                    names |= bit;
                    known.has_foreign |= pair.key.as_str().starts_with(FOREIGN);
                    self.rest.push(handle);
                }
            }
        }
        if may_repeat {
            self.leave_out_repeated(attributes);
        }
        known
    }

    /// Gives the attribute its slot. Whether the slot had one already.
    #[inline]
    fn put(&mut self, slot: Slot, handle: u32, age: u8, attributes: &[KeyValue]) -> bool {
        let bit = 1 << slot as u8;
        let is_new = self.filled & bit == 0;
        self.filled |= bit;
        if is_new {
            self.slots[slot as usize] = (handle, age);
            if slot.stays() {
                self.rest.push(handle);
            }
            return false;
        }
        let place = &mut self.slots[slot as usize];
        let (known, known_age) = *place;
        let displaced = if age == known_age {
            *place = (handle, age);
            NONE
        } else if age < known_age {
            *place = (handle, age);
            known
        } else {
            handle
        };
        // Two names for one thing: what the second says too is kept if it says something else.
        if displaced != NONE {
            let (kept, _) = self.slots[slot as usize];
            let values = (self.value(attributes, kept), self.value(attributes, displaced));
            if values.0 != values.1 {
                self.rest.push(displaced);
            }
        }
        if slot.stays() && displaced != handle {
            self.rest.push(handle);
        }
        true
    }

    /// A key is in the metadata once, with its last value.
    fn leave_out_repeated(&mut self, attributes: &[KeyValue]) {
        /// Up to so many attributes, comparing each with each is quicker than sorting.
        const FEW: usize = 48;
        let mut rest = std::mem::take(&mut self.rest);
        if rest.len() <= FEW {
            let mut at = 0;
            while at < rest.len() {
                let key = self.key(attributes, rest[at]);
                if rest[at + 1..].iter().any(|later| self.key(attributes, *later) == key) {
                    rest.remove(at);
                } else {
                    at += 1;
                }
            }
        } else {
            let key = |handle: &u32| self.key(attributes, *handle).as_str();
            rest.sort_unstable_by(|left, right| {
                key(left).cmp(key(right)).then_with(|| self.number(*right).cmp(&self.number(*left)))
            });
            rest.dedup_by(|later, kept| self.key(attributes, *later) == self.key(attributes, *kept));
        }
        self.rest = rest;
    }

    /// A bit for each slot that has an attribute.
    pub(super) fn filled_bits(&self) -> u128 {
        self.filled
    }

    /// Takes an attribute out of the rest.
    pub(super) fn take_from_rest(&mut self, handle: u32) {
        self.rest.retain(|other| *other != handle);
    }

    /// Keeps the attribute of a slot in the metadata: no field wanted it.
    pub(super) fn keep(&mut self, slot: Slot) {
        if self.filled & 1 << slot as u8 != 0 && !slot.stays() {
            self.rest.push(self.slots[slot as usize].0);
        }
    }

    /// The handle of an attribute, if anything of it is shown.
    pub(super) fn handle(&self, number: u32) -> Option<u32> {
        let here = |handle: &u32| self.number(*handle) == number;
        let slots = self.slots.iter().enumerate().filter(|(slot, _)| self.filled & 1 << slot != 0);
        slots.map(|(_, (handle, _))| handle).chain(&self.rest).copied().find(|handle| here(handle))
    }

    fn number(&self, handle: u32) -> u32 {
        if handle & INSTEAD == 0 { handle } else { self.instead[(handle & !INSTEAD) as usize].0 }
    }

    pub(super) fn key<'a>(&self, attributes: &'a [KeyValue], handle: u32) -> &'a Key {
        &attributes[self.number(handle) as usize].key
    }

    #[inline]
    pub(super) fn value<'a>(&'a self, attributes: &'a [KeyValue], handle: u32) -> &'a Value {
        if handle & INSTEAD == 0 {
            &attributes[handle as usize].value
        } else {
            &self.instead[(handle & !INSTEAD) as usize].1
        }
    }

    #[inline]
    pub(super) fn shown<'a>(&'a self, attributes: &'a [KeyValue], slot: Slot) -> Option<&'a Value> {
        if self.filled & 1 << slot as u8 == 0 {
            return None;
        }
        let (handle, _) = self.slots[slot as usize];
        Some(self.value(attributes, handle))
    }
}
