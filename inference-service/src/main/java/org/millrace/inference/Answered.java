package org.millrace.inference;

import java.time.Instant;
import java.util.List;
import org.millrace.bpe.Turn;

/// The answers to one prompt of a chat, as they were drawn.
///
/// @param id of the reply that they came in
/// @param at when they were asked for
/// @param served who answered
/// @param turns the conversation up to the answers
/// @param prompt the ids that the model saw
/// @param choices in the order of the reply
public record Answered(
        String id, Instant at, Publication served, List<Turn> turns, List<Integer> prompt, List<Choice> choices) {

    /// Of up to 20 bytes each: a reply, choice or turn is objects of some 300 bytes, before its ids and characters.
    private static final int PART = 16;

    /// One answer.
    ///
    /// @param text what the caller saw of it
    /// @param tokens the drawn ids, the one that ended the turn included
    public record Choice(String text, List<Integer> tokens) {

        public Choice {
            tokens = List.copyOf(tokens);
        }
    }

    public Answered {
        turns = List.copyOf(turns);
        prompt = List.copyOf(prompt);
        choices = List.copyOf(choices);
    }

    /// How much it holds: ids and characters, and for each part what it takes however short it is, in the same unit.
    long size() {
        long size = PART + prompt.size();
        for (Choice choice : choices) {
            size += PART + choice.tokens().size() + choice.text().length();
        }
        for (Turn turn : turns) {
            size += PART + turn.text().length();
        }
        return size;
    }
}
