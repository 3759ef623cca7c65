package org.millrace.cli.eval.task;

import java.util.List;

/// One thing that is asked of a model.
public sealed interface Item {

    /// A text whose bits per byte count.
    record Document(String text) implements Item {}

    /// Which of some continuations is likeliest; or behind which of some contexts a continuation is.
    ///
    /// @param options at least two
    /// @param gold index of the right one
    record Choice(List<Option> options, int gold) implements Item {
        public Choice {
            options = List.copyOf(options);
        }

        public Option right() {
            return options.get(gold);
        }
    }

    record Option(String context, String continuation) {}

    /// A context whose greedy continuation should be this one.
    record Cloze(String context, String continuation) implements Item {}

    /// A question that is answered freely.
    ///
    /// @param answers any of them is right; the first is shown in examples
    record Question(String query, List<String> answers) implements Item {
        public Question {
            answers = List.copyOf(answers);
        }
    }

    /// Two texts that differ in what should make no difference.
    ///
    /// @param context before both; may be empty
    record Pair(String context, String first, String second) implements Item {}
}
