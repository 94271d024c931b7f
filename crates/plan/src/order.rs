//! Puts drafts in sequence. Four laws make every edge:
//!
//! 1. what a step uses is made, or altered, before it; a type that is made anew may be used as soon as it is there;
//! 2. what used a thing is unmade, or altered so that it lets go, before the thing is altered or unmade; what is only
//!    said of it before it is unmade;
//! 3. steps on one object keep the order their rule gave them;
//! 4. what frees a name comes before what takes it.
//!
//! Ties fall by verb, kind and identity, so one pair of schemas has one plan. Knows no kind of object.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};

use model::{ObjectId, Schema};
use petgraph::Direction::{Incoming, Outgoing};
use petgraph::graph::{DiGraph, NodeIndex};

use crate::draft::{Draft, Stage};
use crate::family::{uses, uses_of_desired};
use crate::rules::{Claim, claims, is_of_types, is_said_of, is_shared_with, is_type, stays_as_whole_changes};
use crate::{Step, Verb};

type Graph = DiGraph<(), ()>;

/// The steps of the drafts, each after all it has to wait for.
pub(crate) fn order(drafts: Vec<Draft>, actual: &Schema, desired: &Schema) -> Vec<Step> {
    let graph = Edges::new(&drafts, actual, desired).graph();
    let sequence = sequence(&graph, &vec![0; drafts.len()]);
    assert!(sequence.len() == drafts.len(), "a cycle is a bug in a rule:\n{}", cycle(&graph, &drafts));
    let stages = stages(&graph, &drafts, &sequence);
    let ranks = ranks(&drafts, &stages);
    let mut drafts: Vec<Option<Draft>> = drafts.into_iter().map(Some).collect();
    let order = self::sequence(&graph, &ranks);
    order.into_iter().filter_map(|it| drafts[it].take()).map(|it| it.step).collect()
}

/// Always the least of what waits for nothing any more. Shorter than the graph where that has a cycle.
fn sequence(graph: &Graph, ranks: &[usize]) -> Vec<usize> {
    let mut waiting: Vec<usize> =
        graph.node_indices().map(|it| graph.neighbors_directed(it, Incoming).count()).collect();
    let entry = |node: NodeIndex| Reverse((ranks[node.index()], node.index()));
    let mut ready: BinaryHeap<_> = graph.externals(Incoming).map(entry).collect();
    let mut sequence = Vec::with_capacity(ranks.len());
    while let Some(Reverse((_, at))) = ready.pop() {
        sequence.push(at);
        for next in graph.neighbors(NodeIndex::new(at)) {
            waiting[next.index()] -= 1;
            if waiting[next.index()] == 0 {
                ready.push(entry(next));
            }
        }
    }
    sequence
}

/// What an early step needs is early too; what needs a late one is late.
fn stages(graph: &Graph, drafts: &[Draft], sequence: &[usize]) -> Vec<Stage> {
    let mut stages: Vec<Stage> = drafts.iter().map(|it| it.stage).collect();
    for &at in sequence.iter().rev() {
        let after = graph.neighbors_directed(NodeIndex::new(at), Outgoing).map(|it| stages[it.index()]);
        let soonest = after.filter(|it| *it < Stage::Main).min();
        stages[at] = soonest.map_or(stages[at], |it| it.min(stages[at]));
    }
    for &at in sequence {
        let before = graph.neighbors_directed(NodeIndex::new(at), Incoming).map(|it| stages[it.index()]);
        let latest = before.filter(|it| *it > Stage::Main).max();
        stages[at] = latest.map_or(stages[at], |it| it.max(stages[at]));
    }
    stages
}

fn ranks(drafts: &[Draft], stages: &[Stage]) -> Vec<usize> {
    let mut sorted: Vec<usize> = (0..drafts.len()).collect();
    sorted.sort_by_cached_key(|&it| {
        let step = &drafts[it].step;
        (stages[it], step.verb, step.id.kind, &step.id, it)
    });
    let mut ranks = vec![0; drafts.len()];
    for (rank, at) in sorted.into_iter().enumerate() {
        ranks[at] = rank;
    }
    ranks
}

/// A shortest ring among the steps that wait for each other, each before the next.
fn cycle(graph: &Graph, drafts: &[Draft]) -> String {
    let rings = petgraph::algo::tarjan_scc(graph);
    let ring = rings.into_iter().find(|it| it.len() > 1).unwrap_or_default();
    let shortest = ring.iter().filter_map(|it| back_to(*it, graph)).min_by_key(Vec::len).unwrap_or_default();
    shortest.iter().map(|it| drafts[it.index()].step.sql.as_str()).collect::<Vec<_>>().join("\n")
}

fn back_to(start: NodeIndex, graph: &Graph) -> Option<Vec<NodeIndex>> {
    let mut from: HashMap<NodeIndex, NodeIndex> = HashMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for next in graph.neighbors(at) {
            if next == start {
                let mut path: Vec<NodeIndex> =
                    std::iter::successors(Some(at), |it| from.get(it).copied()).collect();
                path.reverse();
                return Some(path);
            }
            from.entry(next).or_insert_with(|| {
                queue.push_back(next);
                at
            });
        }
    }
    None
}

struct Edges<'a> {
    drafts: &'a [Draft],
    actual: &'a Schema,
    desired: &'a Schema,
    /// What makes or changes an object so that others may use it; in order.
    makers: HashMap<&'a ObjectId, Vec<usize>>,
    /// What unmakes or changes an object so that others have to be out of its way; in order.
    breakers: HashMap<&'a ObjectId, Vec<usize>>,
    /// What has a step that only lets go.
    letting_go: HashSet<&'a ObjectId>,
    found: HashSet<(u32, u32)>,
}

impl<'a> Edges<'a> {
    fn new(drafts: &'a [Draft], actual: &'a Schema, desired: &'a Schema) -> Edges<'a> {
        let mut makers: HashMap<&ObjectId, Vec<usize>> = HashMap::new();
        let mut breakers: HashMap<&ObjectId, Vec<usize>> = HashMap::new();
        for (at, draft) in drafts.iter().enumerate() {
            for id in draft.all() {
                if draft.step.verb != Verb::Drop && !draft.trailing {
                    makers.entry(id).or_default().push(at);
                }
                if draft.step.verb != Verb::Create && !draft.gentle && !draft.trailing {
                    breakers.entry(id).or_default().push(at);
                }
            }
        }
        let letting_go = drafts.iter().filter(|it| it.lets_go).map(|it| &it.step.id).collect();
        Edges { drafts, actual, desired, makers, breakers, letting_go, found: HashSet::new() }
    }

    fn graph(mut self) -> Graph {
        self.keep_rule_order();
        self.free_names();
        for (at, draft) in self.drafts.iter().enumerate() {
            match draft.step.verb {
                Verb::Drop => self.out_of_the_way(at, draft),
                Verb::Create => self.wait_for_used(at, draft),
                Verb::Alter | Verb::Rename => {
                    self.wait_for_used(at, draft);
                    self.let_go(at, draft);
                }
            }
            self.as_told(at, draft);
        }
        let mut edges: Vec<(u32, u32)> = self.found.into_iter().collect();
        edges.sort_unstable();
        let mut graph = Graph::with_capacity(self.drafts.len(), edges.len());
        self.drafts.iter().for_each(|_| _ = graph.add_node(()));
        for (from, to) in edges {
            graph.add_edge(NodeIndex::new(from as usize), NodeIndex::new(to as usize), ());
        }
        graph
    }

    fn edge(&mut self, from: usize, to: usize) {
        if from != to
            && let (Ok(from), Ok(to)) = (u32::try_from(from), u32::try_from(to))
        {
            self.found.insert((from, to));
        }
    }

    /// Law 3.
    fn keep_rule_order(&mut self) {
        let mut last: HashMap<&ObjectId, usize> = HashMap::new();
        for (at, draft) in self.drafts.iter().enumerate() {
            for id in draft.all() {
                if let Some(before) = last.insert(id, at) {
                    self.edge(before, at);
                }
            }
        }
    }

    /// Law 1.
    fn wait_for_used(&mut self, at: usize, draft: &Draft) {
        let own: HashSet<&ObjectId> = draft.all().collect();
        let using = draft.made().filter(|_| !draft.lets_go);
        let used: HashSet<ObjectId> =
            using.flat_map(|it| uses_of_desired(it, self.desired, self.actual)).collect();
        let is_early = draft.step.verb == Verb::Create && is_of_types(&draft.step.id, &used);
        let stays = draft.step.verb == Verb::Alter && stays_as_whole_changes(&draft.step.id);
        let whole = self.actual.parent(&draft.step.id).filter(|_| stays);
        let used = used.iter().filter(|it| Some(*it) != whole.as_ref()).chain(&draft.needs);
        for id in used.filter(|it| !own.contains(it)) {
            if let Some(maker) = self.maker(id, is_early) {
                self.edge(maker, at);
            }
        }
    }

    /// What makes an object whole, or a type just there.
    fn maker(&self, id: &ObjectId, is_early: bool) -> Option<usize> {
        let makers = self.makers.get(id)?;
        let creates = |it: &&usize| self.creates(**it, id);
        let anew = makers.iter().find(|it| is_early && is_type(id) && creates(it));
        anew.or(makers.last()).copied()
    }

    /// Law 2, for what is unmade, unless its rule says that it waits for that. What is said about an object is in the way
    /// of nothing but its end.
    fn out_of_the_way(&mut self, at: usize, draft: &Draft) {
        let own: HashSet<&ObjectId> = draft.all().collect();
        let used: HashSet<ObjectId> = draft.made().flat_map(|it| uses(it, self.actual)).collect();
        for id in used.iter().filter(|it| !own.contains(it) && !draft.follows.contains(it)) {
            // A type goes before the one it is made of, which only steps aside first where it is made anew.
            let outlasts = is_type(&draft.step.id) && self.is_made_anew(id);
            match is_said_of(&draft.step.id) || outlasts {
                true => self.before_end(at, id),
                false => self.before_breakers(at, id),
            }
        }
    }

    fn creates(&self, at: usize, id: &ObjectId) -> bool {
        let step = &self.drafts[at].step;
        step.verb == Verb::Create && step.id == *id
    }

    /// Whether a type is made anew beside the old one.
    fn is_made_anew(&self, id: &ObjectId) -> bool {
        let mut breakers = self.breakers.get(id).into_iter().flatten().map(|it| &self.drafts[*it].step);
        let first = breakers.find(|it| it.id == *id);
        let makers = self.makers.get(id).into_iter().flatten();
        is_type(id)
            && first.is_some_and(|it| it.verb == Verb::Alter)
            && makers.copied().any(|it| self.creates(it, id))
    }

    fn before_end(&mut self, at: usize, id: &ObjectId) {
        let drops = |it: &&usize| self.drafts[**it].step.verb == Verb::Drop;
        let ends = || self.breakers.get(id).into_iter().flatten().filter(drops);
        let own = ends().find(|it| self.drafts[**it].step.id == *id);
        if let Some(&end) = own.or_else(|| ends().next()) {
            self.edge(at, end);
        }
    }

    /// Law 2, for what is altered: what it used and no longer does may go once it has let go.
    fn let_go(&mut self, at: usize, draft: &Draft) {
        let id = &draft.step.id;
        let made_again = self.makers.get(id).into_iter().flatten();
        let mut made_again = made_again.filter(|it| self.drafts[**it].step.verb == Verb::Create);
        if !self.actual.contains(id) || made_again.next().is_some() {
            return;
        }
        if !draft.lets_go && self.letting_go.contains(id) {
            return;
        }
        let still = uses_of_desired(id, self.desired, self.actual);
        let before = uses(id, self.actual).into_iter().chain(self.actual.parent(id));
        // What becomes a part of the table above is altered where it stands.
        let schema = if self.desired.contains(id) { self.desired } else { self.actual };
        let stays = |it: &ObjectId| {
            schema.parent(id).as_ref() == Some(it) || draft.needs.contains(it) || is_shared_with(id, it)
        };
        for used in before.filter(|it| !still.contains(it) && !stays(it)) {
            self.before_breakers(at, &used);
        }
    }

    fn before_breakers(&mut self, at: usize, id: &ObjectId) {
        if let Some(&first) = self.breakers.get(id).and_then(|it| it.first()) {
            self.edge(at, first);
        }
    }

    /// Law 4.
    fn free_names(&mut self) {
        let mut freed: HashMap<Claim, usize> = HashMap::new();
        let dropping = |it: &&(usize, &Draft)| it.1.step.verb == Verb::Drop;
        let numbered: Vec<(usize, &Draft)> = self.drafts.iter().enumerate().collect();
        for (at, draft) in numbered.iter().filter(dropping) {
            for id in draft.made() {
                let object = self.actual.get(id).filter(|_| !self.makers.contains_key(id));
                for claim in object.map(|it| claims(id, it)).unwrap_or_default() {
                    freed.insert(claim, *at);
                }
            }
        }
        if freed.is_empty() {
            return;
        }
        for (at, draft) in numbered.iter().filter(|it| it.1.step.verb == Verb::Create) {
            for id in draft.made() {
                let object = self.desired.get(id);
                for claim in object.map(|it| claims(id, it)).unwrap_or_default() {
                    if let Some(&by) = freed.get(&claim) {
                        self.edge(by, *at);
                    }
                }
            }
        }
    }

    /// What a rule said about the place of its step.
    fn as_told(&mut self, at: usize, draft: &Draft) {
        for id in &draft.follows {
            for before in self.breakers.get(id).cloned().unwrap_or_default() {
                self.edge(before, at);
            }
        }
        draft.precedes.iter().for_each(|it| self.before_breakers(at, it));
        for id in draft.precedes.iter().chain(&draft.enables) {
            if let Some(&first) = self.makers.get(id).and_then(|it| it.first()) {
                self.edge(at, first);
            }
        }
    }
}
