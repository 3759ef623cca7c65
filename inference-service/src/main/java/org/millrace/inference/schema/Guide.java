package org.millrace.inference.schema;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Set;

/// Leads one answer along its [Grammar].
public final class Guide {

    private final Automaton automaton;
    private final Spellings spellings;
    private final Set<Integer> ends;
    private Automaton.State state;

    Guide(Automaton automaton, Spellings spellings, Set<Integer> ends) {
        this.automaton = automaton;
        this.spellings = spellings;
        this.ends = ends;
        this.state = automaton.start();
    }

    /// Makes tokens impossible that must not come next: those that end the answer too, unless it is whole.
    ///
    /// @param logits (V); changed in place
    public void restrict(float[] logits) {
        BitSet allowed = automaton.allowed(state);
        if (state.isWhole()) {
            allowed = (BitSet) allowed.clone();
            ends.forEach(allowed::set);
        }
        for (int from = allowed.nextClearBit(0); from < logits.length; ) {
            int next = allowed.nextSetBit(from);
            int to = next < 0 ? logits.length : Math.min(next, logits.length);
            Arrays.fill(logits, from, to, Float.NEGATIVE_INFINITY);
            from = allowed.nextClearBit(to);
        }
    }

    /// A token has come.
    public void add(int token) {
        if (ends.contains(token)) {
            return; // nothing comes behind it
        }
        Automaton.State next = spellings.after(state, token, automaton);
        if (next == null) {
            throw new IllegalStateException("token %d was drawn though it must not come".formatted(token));
        }
        state = next;
    }
}
