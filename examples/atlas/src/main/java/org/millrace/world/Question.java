package org.millrace.world;

import java.util.List;

/// A question with everything that counts as right.
///
/// @param id `kind/entity/relation/wording`, stable
/// @param acceptable all right answers in all forms; for a made-up name the ways to say "I don't
///     know"
/// @param full the right answer as a sentence
/// @param terse the right answer as the bare value
/// @param heldOut fine-tuning never sees a question about this entity
/// @param known false for a made-up name, where the only right answer is a refusal
public record Question(
        String id,
        String kind,
        String entity,
        String relation,
        String text,
        List<String> acceptable,
        String full,
        String terse,
        boolean heldOut,
        boolean known) {

    public Question {
        acceptable = List.copyOf(acceptable);
    }

    /// The acceptable answers as the events carry them: separated by `|`.
    public String reference() {
        return String.join("|", acceptable);
    }
}
