package org.millrace.world;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// One kind of fact: which column holds it, and how people state it, ask for it and answer.
///
/// @param questions empty: the fact is stated on the site, but nobody asks for it
/// @param listTitle title of a page about all entities that share a value; null for none
/// @param fullAnswer the answer as a sentence
/// @param terseAnswer the answer as the bare value
public record Relation(
        String name,
        List<Pattern> statements,
        List<Pattern> questions,
        Pattern fullAnswer,
        Pattern terseAnswer,
        @Nullable Pattern listTitle) {

    public Relation {
        statements = List.copyOf(statements);
        questions = List.copyOf(questions);
    }

    /// Whether questions are asked about it.
    public boolean asked() {
        return !questions.isEmpty();
    }
}
