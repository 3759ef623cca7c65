package org.millrace.inference.schema;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A [Grammar] at work on the tokens of one vocabulary: a pushdown automaton, of which each state that is met is kept,
/// with what follows it. For one thread.
///
/// A state is all ways in which the bytes so far can be understood: each a stack of what is still to come, whose top
/// takes a byte. Stacks share what lies below. Of more ways than [#WAYS] the first are followed: an answer fits by any
/// of them.
final class Automaton {

    /// Ways of understanding that are followed at once: all values of an `enum`, all properties that may come.
    private static final int WAYS = 512;

    /// Stacks that are kept, and places in states where one is; beyond, all is forgotten and found again.
    static final int HELD = 100_000;

    /// The same of states and masks.
    private static final int STATES = 4_000;

    private static final int MASKS = 500;

    /// What is still to come.
    ///
    /// @param first of a sequence, which part is next; of a literal, which byte; of a repetition, how often
    ///     at least
    /// @param second of a repetition, how often at most
    /// @param below what comes behind it; `null`: nothing
    private record Stack(
            Part top, int first, int second, @Nullable Stack below) {

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Stack(Part otherTop, int otherFirst, int otherSecond, Stack otherBelow)
                    && top == otherTop
                    && first == otherFirst
                    && second == otherSecond
                    && below == otherBelow;
        }

        @Override
        public int hashCode() {
            return ((System.identityHashCode(top) * 31 + first) * 31 + second) * 31 + System.identityHashCode(below);
        }
    }

    /// Where an answer stands.
    static final class State {

        private static final State NOWHERE = new State(List.of(), false);

        private final List<Stack> ways;
        private final boolean whole;
        private @Nullable State @Nullable [] next; // by byte; `NOWHERE` behind one that must not come
        private @Nullable BitSet allowed;

        private State(List<Stack> ways, boolean whole) {
            this.ways = ways;
            this.whole = whole;
        }

        /// Whether what has come fits as it is.
        boolean isWhole() {
            return whole;
        }
    }

    /// Of code points that stand for themselves in a text, `sure` may come next, whichever they are,
    /// and more than `most` must not. The first way tells what is sure: it is followed in any case.
    record Room(int sure, int most) {

        private static final Room UNKNOWN = new Room(0, Part.ENDLESS);
    }

    private record Key(List<Stack> ways, boolean whole) {}

    /// A state that is being found.
    private static final class Ways {

        private final Set<Stack> stacks = new LinkedHashSet<>();
        private final Set<Stack> passed = new HashSet<>();
        private boolean whole;

        private boolean areFull() {
            return stacks.size() >= WAYS;
        }
    }

    private final Grammar grammar;
    private final Spellings spellings;
    private final Map<Stack, Stack> stacks = new HashMap<>();
    private final Map<Key, State> states = new HashMap<>();
    private final Map<List<Stack>, State> behind = new HashMap<>(); // ways that take the same byte
    private final List<State> grown = new ArrayList<>(); // that keep what follows: some are forgotten but stood in
    private final State start;
    private int places;
    private int masks;

    Automaton(Grammar grammar, Spellings spellings) {
        this.grammar = grammar;
        this.spellings = spellings;
        var ways = new Ways();
        enter(grammar.root(), null, ways);
        this.start = state(ways);
    }

    State start() {
        return start;
    }

    /// Tokens that may come next, by id. Not to be changed.
    BitSet allowed(State state) {
        BitSet allowed = state.allowed;
        if (allowed == null) {
            forget();
            masks++;
            allowed = spellings.allowed(state, this);
            state.allowed = allowed;
            grown.add(state);
        }
        return allowed;
    }

    /// What is known between two code points of a text.
    static Room room(State state) {
        if (state.ways.isEmpty() || state.ways.getFirst().top != JsonParts.PLAIN) {
            return Room.UNKNOWN;
        }
        int most = 0;
        for (Stack way : state.ways) {
            most = Math.max(most, most(way));
        }
        return new Room(most(state.ways.getFirst()), most);
    }

    /// By this way alone.
    private static int most(Stack way) {
        if (way.top == JsonParts.PLAIN && way.below != null) {
            return way.below.second == Part.ENDLESS ? Part.ENDLESS : way.below.second + 1;
        }
        boolean isGiven =
                way.top instanceof Part.Literal given && given.at(way.first) != '"' && given.at(way.first) != '\\';
        return isGiven ? Part.ENDLESS : 0; // else it is the text's end, or what stands beside `PLAIN`
    }

    /// @return where it stands when a byte has come; `null`: it must not
    @Nullable
    State after(State state, int value) {
        State known = state.next == null ? null : state.next[value];
        if (known == null) {
            forget();
            known = find(state, value);
            if (state.next == null) {
                state.next = new State[256];
                grown.add(state);
            }
            state.next[value] = known;
        }
        return known == State.NOWHERE ? null : known;
    }

    /// Stacks, and places where they are.
    int held() {
        return stacks.size() + places;
    }

    private State find(State state, int value) {
        List<Stack> taking = new ArrayList<>();
        for (Stack way : state.ways) {
            boolean takes =
                    switch (way.top) {
                        case Part.OneOf one -> one.has(value);
                        case Part.Literal literal -> literal.at(way.first) == value;
                        default -> throw new IllegalStateException("a top that takes no byte");
                    };
            if (takes) {
                taking.add(way);
            }
        }
        return taking.isEmpty() ? State.NOWHERE : behind.computeIfAbsent(taking, this::follow);
    }

    private State follow(List<Stack> taking) {
        places += taking.size();
        var ways = new Ways();
        for (Stack way : taking) {
            if (way.top instanceof Part.Literal literal && way.first + 1 < literal.length()) {
                add(literal, way.first + 1, way.below, ways);
            } else {
                goOn(way.below, ways);
            }
        }
        return state(ways);
    }

    /// Different ways come down to the same stack: what follows is the same for all.
    private void goOn(@Nullable Stack stack, Ways ways) {
        if (stack == null) {
            ways.whole = true;
            return;
        }
        if (!ways.passed.add(stack)) {
            return;
        }
        switch (stack.top) {
            case Part.Sequence sequence -> enter(sequence, stack.first, stack.below, ways);
            case Part.Repeat repeat -> enter(repeat, stack.first, stack.second, stack.below, ways);
            case Part.OneOf _, Part.Literal _, Part.Choice _, Part.Reference _ ->
                throw new IllegalStateException("a part that is never behind others");
        }
    }

    private void enter(Part part, @Nullable Stack below, Ways ways) {
        switch (part) {
            case Part.OneOf one -> add(one, 0, below, ways);
            case Part.Literal literal -> add(literal, 0, below, ways);
            case Part.Sequence sequence -> enter(sequence, 0, below, ways);
            case Part.Repeat repeat -> enter(repeat, repeat.least(), repeat.most(), below, ways);
            case Part.Choice choice -> enter(grammar.alternatives(choice), below, ways);
            case Part.Reference reference -> enter(grammar.alternatives(reference), below, ways);
        }
    }

    private void enter(List<Part> alternatives, @Nullable Stack below, Ways ways) {
        for (Part alternative : alternatives) {
            if (ways.areFull()) {
                return;
            }
            enter(alternative, below, ways);
        }
    }

    private void enter(Part.Sequence sequence, int at, @Nullable Stack below, Ways ways) {
        if (at == sequence.parts().size()) {
            goOn(below, ways);
            return;
        }
        boolean last = at + 1 == sequence.parts().size();
        enter(sequence.parts().get(at), last ? below : stack(sequence, at + 1, 0, below), ways);
    }

    private void enter(Part.Repeat repeat, int least, int most, @Nullable Stack below, Ways ways) {
        if (most > 0 && grammar.isPossible(repeat.part())) {
            int left = most == Part.ENDLESS ? Part.ENDLESS : most - 1;
            enter(repeat.part(), stack(repeat, Math.max(0, least - 1), left, below), ways);
        }
        if (least == 0) {
            goOn(below, ways);
        }
    }

    private void add(Part part, int at, @Nullable Stack below, Ways ways) {
        if (!ways.areFull()) {
            ways.stacks.add(stack(part, at, 0, below));
        }
    }

    private Stack stack(Part top, int first, int second, @Nullable Stack below) {
        var stack = new Stack(top, first, second, below);
        Stack known = stacks.putIfAbsent(stack, stack);
        return known == null ? stack : known;
    }

    private State state(Ways ways) {
        return states.computeIfAbsent(new Key(List.copyOf(ways.stacks), ways.whole), key -> {
            places += key.ways.size();
            return new State(key.ways, key.whole);
        });
    }

    /// What is forgotten is found again; those who stand in a state keep it.
    private void forget() {
        if (held() > HELD || states.size() > STATES || masks > MASKS) {
            for (State state : grown) {
                state.next = null;
                state.allowed = null;
            }
            grown.clear();
            states.clear();
            behind.clear();
            stacks.clear();
            places = 0;
            masks = 0;
        }
    }
}
