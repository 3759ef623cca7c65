package org.millrace.chattemplate;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Text that knows of each character where it comes from: the template (or [#trusted]), or somebody who wrote it.
/// Equality asks only for the characters. Length and places count characters of Unicode, as in Python.
public final class Text implements Value, Comparable<Text> {

    static final Text EMPTY = new Text("", new BitSet(0));

    private final String string;

    /// Of the chars of `string`, those of the template.
    private final BitSet template;

    Text(String string, BitSet template) {
        this.string = string;
        this.template = template;
    }

    /// Text that may contain special tokens: `bos_token`, `eos_token` and the like, never what a user wrote.
    public static Text trusted(String string) {
        BitSet template = new BitSet(string.length());
        template.set(0, string.length());
        return new Text(string, template);
    }

    static Text untrusted(String string) {
        return string.isEmpty() ? EMPTY : new Text(string, EMPTY.template);
    }

    String string() {
        return string;
    }

    /// Of the chars of [#string]; not to be changed.
    BitSet template() {
        return template;
    }

    boolean isEmpty() {
        return string.isEmpty();
    }

    int length() {
        return string.codePointCount(0, string.length());
    }

    /// From one index of [#string] to another.
    Text between(int from, int to) {
        if (from == 0 && to == string.length()) {
            return this;
        }
        return from >= to ? EMPTY : new Text(string.substring(from, to), template.get(from, to));
    }

    List<Part> parts() {
        List<Part> parts = new ArrayList<>();
        for (int from = 0, to; from < string.length(); from = to) {
            to = runEnd(from);
            parts.add(new Part(string.substring(from, to), template.get(from)));
        }
        return List.copyOf(parts);
    }

    private int runEnd(int from) {
        if (!template.get(from)) {
            int next = template.nextSetBit(from);
            return next < 0 ? string.length() : next;
        }
        return Math.min(string.length(), template.nextClearBit(from));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Text text && string.equals(text.string);
    }

    @Override
    public int hashCode() {
        return string.hashCode();
    }

    /// By Unicode, as Python orders.
    @Override
    public int compareTo(Text other) {
        int length = Math.min(string.length(), other.string.length());
        for (int i = 0; i < length; i++) {
            char a = string.charAt(i);
            char b = other.string.charAt(i);
            if (a != b) {
                boolean bothPlain = Character.isSurrogate(a) == Character.isSurrogate(b);
                return bothPlain ? Character.compare(a, b) : Character.isSurrogate(a) ? 1 : -1;
            }
        }
        return Integer.compare(string.length(), other.string.length());
    }

    @Override
    public String toString() {
        return string;
    }
}
