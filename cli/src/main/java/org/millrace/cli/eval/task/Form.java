package org.millrace.cli.eval.task;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// How items become prompts, and which answer counts.
///
/// @param chat whether the context is said by a user, in the model's chat template; else it is plain text
/// @param delimiter between context and continuation of plain text
/// @param separator between examples of plain text
/// @param shots examples before each item, taken from the same file
/// @param by which log-likelihood chooses
/// @param maxTokens longest free answer
/// @param stop texts that end a free answer
public record Form(
        boolean chat, String delimiter, String separator, int shots, By by, int maxTokens, List<String> stop) {

    /// What is compared between choices: nats, or nats divided by a length.
    public enum By {
        SUM,
        BYTE,
        TOKEN;

        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Optional<By> named(String label) {
            return Arrays.stream(values())
                    .filter(by -> by.label().equals(label))
                    .findAny();
        }

        static List<String> labels() {
            return Arrays.stream(values()).map(By::label).toList();
        }
    }

    public Form {
        stop = List.copyOf(stop);
    }

    /// With other examples before each item.
    public Form with(int otherShots) {
        return new Form(chat, delimiter, separator, otherShots, by, maxTokens, stop);
    }
}
