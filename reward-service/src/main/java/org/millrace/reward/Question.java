package org.millrace.reward;

/// One prompt, and the answers to be scored. Arrays are not copied: nobody may change them.
///
/// @param prompt ids that the policy saw, at least one
/// @param completions ids that it drew, at least one each; 1 to 64 of them
/// @param reference the right answer, alternatives apart by `|`; empty if unknown
public record Question(int[] prompt, int[][] completions, String reference) {

    static final int MAX_COMPLETIONS = 64;

    /// @throws BadRequest if a model of this vocabulary and context cannot score it
    void check(int vocabulary, int context) throws BadRequest {
        checkIds("prompt_tokens", prompt, vocabulary);
        BadRequest.unless(
                completions.length >= 1 && completions.length <= MAX_COMPLETIONS,
                "completions",
                "1 to " + MAX_COMPLETIONS,
                completions.length);
        for (int i = 0; i < completions.length; i++) {
            String field = "completions[%d].tokens".formatted(i);
            checkIds(field, completions[i], vocabulary);
            int length = prompt.length + completions[i].length;
            BadRequest.unless(length <= context, field, "at most %d ids with the prompt's".formatted(context), length);
        }
        BadRequest.unless(
                reference.isEmpty() || ExactAnswer.isUsable(reference),
                "reference",
                "an alternative with a letter or a digit",
                "none");
    }

    /// The texts as the model reads them: prompt and completion, end to end.
    int[][] sequences() {
        int[][] sequences = new int[completions.length][];
        for (int i = 0; i < sequences.length; i++) {
            int[] sequence = new int[prompt.length + completions[i].length];
            System.arraycopy(prompt, 0, sequence, 0, prompt.length);
            System.arraycopy(completions[i], 0, sequence, prompt.length, completions[i].length);
            sequences[i] = sequence;
        }
        return sequences;
    }

    private static void checkIds(String field, int[] ids, int vocabulary) throws BadRequest {
        BadRequest.unless(ids.length > 0, field, "at least one id", "none");
        for (int id : ids) {
            BadRequest.unless(id >= 0 && id < vocabulary, field, "ids of 0 to " + (vocabulary - 1), id);
        }
    }
}
