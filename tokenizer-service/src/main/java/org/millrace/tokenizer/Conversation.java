package org.millrace.tokenizer;

import java.util.List;
import java.util.regex.Pattern;
import org.millrace.bpe.Turn;

/// A conversation to fine-tune on.
///
/// @param id 1 to 128 characters
/// @param dataset [a-z0-9-]{1,64}
/// @param turns their order is [org.millrace.bpe.Chat]'s to judge
public record Conversation(String id, String dataset, List<Turn> turns) {

    /// What names of data sets look like.
    public static final Pattern DATASET = Pattern.compile("[a-z0-9-]{1,64}");

    public Conversation {
        if (id.isEmpty() || id.length() > 128) {
            throw new IllegalArgumentException("conversation_id: expected 1 to 128 characters, got " + id.length());
        }
        if (!DATASET.matcher(dataset).matches()) {
            throw new IllegalArgumentException(
                    "dataset: expected %s, got %d characters".formatted(DATASET, dataset.length()));
        }
        turns = List.copyOf(turns);
    }
}
