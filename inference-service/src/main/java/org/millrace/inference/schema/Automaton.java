package org.millrace.inference.schema;

import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
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

    /// Ways of understanding that are followed at once.
    private static final int WAYS = 1024;

    /// States and masks that are kept; beyond, all are forgotten and found again.
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

        private final Set<Stack> ways;
        private final boolean whole;
        private @Nullable State @Nullable [] next;
        private boolean[] tried = NONE;
        private @Nullable BitSet allowed;

        private static final boolean[] NONE = {};

        private State(Ways ways) {
            this.ways = ways.stacks;
            this.whole = ways.whole;
        }

        /// Whether what has come fits as it is.
        boolean isWhole() {
            return whole;
        }
    }

    private record Key(Set<Stack> ways, boolean whole) {}

    private static final class Ways {

        private final Set<Stack> stacks = new LinkedHashSet<>();
        private boolean whole;
    }

    private final Grammar grammar;
    private final Spellings spellings;
    private final Map<Stack, Stack> stacks = new HashMap<>();
    private final Map<Key, State> states = new HashMap<>();
    private final State start;
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
        }
        return allowed;
    }

    /// @return where it stands when a byte has come; `null`: it must not
    @Nullable
    State after(State state, int value) {
        @Nullable State[] next = state.next;
        if (next == null) {
            next = new State[256];
            state.next = next;
            state.tried = new boolean[256];
        }
        if (!state.tried[value]) {
            state.tried[value] = true;
            next[value] = find(state, value);
        }
        return next[value];
    }

    private @Nullable State find(State state, int value) {
        var ways = new Ways();
        for (Stack way : state.ways) {
            switch (way.top) {
                case Part.OneOf one -> {
                    if (one.has(value)) {
                        goOn(way.below, ways);
                    }
                }
                case Part.Literal literal -> {
                    if (literal.at(way.first) == value) {
                        if (way.first + 1 == literal.length()) {
                            goOn(way.below, ways);
                        } else {
                            add(literal, way.first + 1, way.below, ways);
                        }
                    }
                }
                default -> throw new IllegalStateException("a top that takes no byte");
            }
        }
        return ways.stacks.isEmpty() && !ways.whole ? null : state(ways);
    }

    private void goOn(@Nullable Stack stack, Ways ways) {
        if (stack == null) {
            ways.whole = true;
            return;
        }
        switch (stack.top) {
            case Part.Sequence sequence -> enter(sequence, stack.first, stack.below, ways);
            case Part.Repeat repeat -> enter(repeat, stack.first, stack.second, stack.below, ways);
            case Part.OneOf one -> enter(one, stack.below, ways);
            case Part.Literal literal -> enter(literal, stack.below, ways);
            case Part.Choice choice -> enter(choice, stack.below, ways);
            case Part.Reference reference -> enter(reference, stack.below, ways);
        }
    }

    private void enter(Part part, @Nullable Stack below, Ways ways) {
        switch (part) {
            case Part.OneOf one -> add(one, 0, below, ways);
            case Part.Literal literal -> add(literal, 0, below, ways);
            case Part.Sequence sequence -> enter(sequence, 0, below, ways);
            case Part.Choice choice -> {
                for (Part option : choice.options()) {
                    if (grammar.isPossible(option)) {
                        enter(option, below, ways);
                    }
                }
            }
            case Part.Repeat repeat -> enter(repeat, repeat.least(), repeat.most(), below, ways);
            case Part.Reference reference -> enter(reference.part(), below, ways);
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
        if (ways.stacks.size() < WAYS) {
            ways.stacks.add(stack(part, at, 0, below));
        }
    }

    private Stack stack(Part top, int first, int second, @Nullable Stack below) {
        var stack = new Stack(top, first, second, below);
        Stack known = stacks.putIfAbsent(stack, stack);
        return known == null ? stack : known;
    }

    private State state(Ways ways) {
        return states.computeIfAbsent(new Key(ways.stacks, ways.whole), key -> new State(ways));
    }

    /// What is forgotten is found again; those who stand in a state keep it.
    private void forget() {
        if (states.size() > STATES || masks > MASKS) {
            for (State state : states.values()) {
                state.next = null;
                state.tried = State.NONE;
                state.allowed = null;
            }
            states.clear();
            stacks.clear();
            masks = 0;
        }
    }
}
