package org.millrace.cli.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A text longer than the context, in pieces that overlap: each id is scored once, behind at least
/// `context − stride` others but at the text's beginning.
///
/// ```text
/// begin ├───────────────┤             the first window scores all its ids
///               ├───────┼───────┤     the next ones `stride`, behind the ids before them
/// ```
final class Windows {

    private Windows() {}

    /// @param begin the id that begins a text: it is not scored, and only the first window has it
    /// @param ids of the text, at least one
    /// @param context ids of a window, at least 2
    /// @param stride ids that a window scores, 1 to `context − 1`
    static List<Scorable> of(int begin, int[] ids, int context, int stride) {
        List<Scorable> windows = new ArrayList<>();
        int end = Math.min(ids.length, context - 1);
        windows.add(new Scorable(new int[] {begin}, List.of(Arrays.copyOf(ids, end)), false));
        while (end < ids.length) {
            int from = end;
            end = Math.min(ids.length, from + stride);
            windows.add(new Scorable(
                    Arrays.copyOfRange(ids, end - context, from), List.of(Arrays.copyOfRange(ids, from, end)), false));
        }
        return windows;
    }
}
