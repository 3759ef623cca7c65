package org.millrace.inference.schema;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.Set;

/// Leads the answers of one engine, each along its [Grammar]. What was found out about the last grammars is kept:
/// many requests bring the same. For one thread.
public final class Guides {

    /// Grammars that are remembered: most in a megabyte or two each, none in more than some 30; with a
    /// vocabulary of 150,000 in three, and 40.
    private static final int GRAMMARS = 8;

    private final Spellings spellings;
    private final Set<Integer> ends;
    private final SequencedMap<Grammar, Automaton> automata = new LinkedHashMap<>(16, 0.75f, true);

    /// @param ends tokens that end an answer
    public Guides(Spellings spellings, Set<Integer> ends) {
        this.spellings = spellings;
        this.ends = ends;
    }

    /// For one answer, from its beginning.
    ///
    /// @param closing tokens that end this answer too
    public Guide guide(Grammar grammar, Set<Integer> closing) {
        Automaton automaton = automata.computeIfAbsent(grammar, fresh -> new Automaton(fresh, spellings));
        if (automata.size() > GRAMMARS) {
            automata.pollFirstEntry();
        }
        Set<Integer> all = new HashSet<>(ends);
        all.addAll(closing);
        return new Guide(automaton, spellings, all);
    }
}
