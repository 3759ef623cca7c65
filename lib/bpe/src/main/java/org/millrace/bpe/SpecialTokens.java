package org.millrace.bpe;

import static java.util.stream.Collectors.groupingBy;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Special tokens by how they are written. Immutable after construction and safe to share.
final class SpecialTokens {

    /// Of each first character, the longest first.
    private final Map<Character, List<Written>> byFirst;

    SpecialTokens(Map<String, Integer> ids) {
        byFirst = ids.entrySet().stream()
                .map(token -> new Written(token.getKey(), token.getValue()))
                .sorted(Comparator.comparingInt((Written token) -> token.text().length())
                        .reversed())
                .collect(groupingBy(token -> token.text().charAt(0)));
    }

    record Written(String text, int id) {}

    /// The longest that stands at this place, as Hugging Face's tokenizers choose.
    Optional<Written> at(String text, int start) {
        for (Written token : byFirst.getOrDefault(text.charAt(start), List.of())) {
            if (text.startsWith(token.text(), start)) {
                return Optional.of(token);
            }
        }
        return Optional.empty();
    }
}
