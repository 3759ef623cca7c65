package org.millrace.chattemplate;

import java.util.BitSet;

/// Joins texts, and keeps where each character comes from.
final class TextBuilder {

    private final Budget budget;
    private final StringBuilder string = new StringBuilder();
    private final BitSet template = new BitSet();

    TextBuilder(Budget budget) {
        this.budget = budget;
    }

    TextBuilder append(Site at, Text text) {
        int start = string.length();
        append(at, text.string());
        BitSet more = text.template();
        for (int from = more.nextSetBit(0); from >= 0; ) {
            int to = more.nextClearBit(from);
            template.set(start + from, start + to);
            from = more.nextSetBit(to);
        }
        return this;
    }

    /// Text that nobody vouches for.
    TextBuilder append(Site at, String text) {
        budget.text(at, (long) string.length() + text.length());
        budget.spend(at, 1L + text.length());
        string.append(text);
        return this;
    }

    Text build() {
        return string.isEmpty() ? Text.EMPTY : new Text(string.toString(), template);
    }
}
