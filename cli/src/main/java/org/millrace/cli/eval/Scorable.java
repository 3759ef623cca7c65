package org.millrace.cli.eval;

import java.util.Arrays;
import java.util.List;
import org.millrace.cli.Failure;

/// A prompt and continuations of it, as ids, that are scored together.
///
/// @param prompt at least one id
/// @param continuations each at least one id
/// @param truncated whether the prompt's beginning had to go
record Scorable(int[] prompt, List<int[]> continuations, boolean truncated) {

    /// Cuts whole texts where they begin to differ from the context, or from each other. Where a token reaches
    /// over the end of the context it counts to the continuation, in all of them: what is compared is then how
    /// likely the whole texts are behind what they share.
    ///
    /// @param context ids; the first begins all texts
    /// @param wholes context and continuation together, each longer than one id
    /// @param room ids that prompt and continuation may have together; what is too much is left out behind the
    ///     first id
    /// @throws Failure if a continuation alone does not fit
    static Scorable of(int[] context, List<int[]> wholes, int room) {
        int shared = context.length;
        int longest = 0;
        for (int[] whole : wholes) {
            int same = Arrays.mismatch(context, whole);
            shared = Math.min(shared, same < 0 ? whole.length : same);
            shared = Math.min(shared, whole.length - 1);
            longest = Math.max(longest, whole.length);
        }
        int tooMuch = Math.max(0, longest - room);
        if (tooMuch > shared - 1) {
            throw new Failure("expected a continuation of at most %d tokens for a context of %d, got %d"
                    .formatted(room - 1, room, longest - shared));
        }
        int end = shared;
        return new Scorable(
                withoutBeginning(Arrays.copyOf(context, shared), tooMuch),
                wholes.stream()
                        .map(whole -> Arrays.copyOfRange(whole, end, whole.length))
                        .toList(),
                tooMuch > 0);
    }

    /// The ids without so many behind the first.
    static int[] withoutBeginning(int[] ids, int tooMuch) {
        int[] rest = new int[ids.length - tooMuch];
        rest[0] = ids[0];
        System.arraycopy(ids, 1 + tooMuch, rest, 1, rest.length - 1);
        return rest;
    }
}
