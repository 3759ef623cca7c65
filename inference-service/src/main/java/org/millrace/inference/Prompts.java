package org.millrace.inference;

import java.util.List;
import java.util.Map;
import org.millrace.bpe.Turn;

/// What the model is to see, as ids. Each `IllegalArgumentException` names field, expectation and value.
public final class Prompts {

    private Prompts() {}

    /// A text that is to be continued as it is.
    public static int[] text(String field, String text, Served served) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException(field + ": expected at least 1 character, got 0");
        }
        checkLength(field, text.length(), served);
        int[] ids = served.tokenizer().encode(text);
        int[] prompt = new int[ids.length + 1];
        prompt[0] = served.config().bosId();
        System.arraycopy(ids, 0, prompt, 1, ids.length);
        return prompt;
    }

    /// A conversation that the assistant is to continue; mistakes name its `turns`.
    ///
    /// @param declarations of tools that the assistant is told of
    public static int[] chat(List<Turn> turns, List<Map<String, Object>> declarations, Served served) {
        checkLength(
                "turns", turns.stream().mapToLong(turn -> turn.text().length()).sum(), served);
        return served.chat().prompt(turns, declarations);
    }

    /// Refuses what is far too long without encoding it. No token has more UTF-16 units than bytes, and in the form
    /// NFC, into which some tokenizers bring it, a text keeps more than half of its units as bytes.
    private static void checkLength(String field, long units, Served served) {
        int context = served.config().context();
        if (units / 2 > (long) context * served.longestToken()) {
            throw new IllegalArgumentException("%s: expected at most %d tokens for a context of %d, got %d characters"
                    .formatted(field, context - 1, context, units));
        }
    }

    /// Ids as the caller has them.
    public static int[] ids(String field, List<Integer> ids, Served served) {
        if (ids.isEmpty()) {
            throw new IllegalArgumentException(field + ": expected at least 1, got 0");
        }
        int[] checked = new int[ids.size()];
        for (int i = 0; i < checked.length; i++) {
            checked[i] = ids.get(i);
            if (checked[i] < 0 || checked[i] >= served.vocabulary()) {
                throw new IllegalArgumentException(
                        "%s[%d]: expected 0 to %d, got %d".formatted(field, i, served.vocabulary() - 1, checked[i]));
            }
        }
        return checked;
    }

    /// @param context tokens that prompt and answer may have together
    public static void checkFits(String field, int[] prompt, int context) {
        if (prompt.length >= context) {
            throw new IllegalArgumentException("%s: expected at most %d tokens for a context of %d, got %d"
                    .formatted(field, context - 1, context, prompt.length));
        }
    }
}
