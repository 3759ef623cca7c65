package org.millrace.cleaner.rule;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Gopher's fractions of lines and paragraphs that occurred before in the same text. Second and
/// later occurrences count; the first does not.
///
/// @param lines share of the lines that repeat an earlier one
/// @param lineCharacters share of the text's characters in such lines
/// @param paragraphs share of the paragraphs
/// @param paragraphCharacters share of the text's characters in such paragraphs
record RepeatedLines(double lines, double lineCharacters, double paragraphs, double paragraphCharacters)
        implements Rule {

    @Override
    public Optional<Breach> breach(Subject subject) {
        return breach(subject, subject.paragraphs(), paragraphs, paragraphCharacters, "paragraphs")
                .or(() -> breach(subject, subject.lines(), lines, lineCharacters, "lines"));
    }

    private static Optional<Breach> breach(
            Subject subject, List<String> elements, double most, double mostCharacters, String unit) {
        Repeats repeats = Repeats.of(elements);
        double share = (double) repeats.count() / Math.max(1, elements.size());
        double characters =
                (double) repeats.characters() / Math.max(1, subject.text().length());
        return Limit.atMost("repetition-lines", share, most, "of the " + unit + " repeated")
                .or(() -> Limit.atMost(
                        "repetition-lines", characters, mostCharacters, "of the characters in repeated " + unit));
    }

    /// @param characters UTF-16 code units of the elements that repeat an earlier one
    record Repeats(int count, int characters) {

        static Repeats of(List<String> elements) {
            Set<String> seen = new HashSet<>();
            int count = 0;
            int characters = 0;
            for (String element : elements) {
                if (!seen.add(element)) {
                    count++;
                    characters += element.length();
                }
            }
            return new Repeats(count, characters);
        }
    }
}
