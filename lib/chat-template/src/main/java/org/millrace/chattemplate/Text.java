package org.millrace.chattemplate;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.chattemplate.Part.Origin;

/// Text that knows of each character where it comes from: the template (or [#trusted]), or somebody who wrote it.
/// Equality asks only for the characters. Length and places count characters of Unicode, as in Python.
public final class Text implements Value, Comparable<Text> {

    static final Text EMPTY = new Text("", "");

    private final String string;

    /// Of each char of `string`, the ordinal of its [Origin]: a string, because it is cut and joined like one, and
    /// takes a byte for each.
    private final String origins;

    private Text(String string, String origins) {
        this.string = string;
        this.origins = origins;
    }

    /// Text that may contain special tokens: `bos_token`, `eos_token` and the like, never what a user wrote.
    public static Text trusted(String string) {
        return of(string, Origin.TEMPLATE);
    }

    /// What the assistant said.
    public static Text answer(String string) {
        return of(string, Origin.ANSWER);
    }

    static Text untrusted(String string) {
        return of(string, Origin.OTHER);
    }

    static Text of(String string, Origin origin) {
        return string.isEmpty()
                ? EMPTY
                : new Text(string, String.valueOf((char) origin.ordinal()).repeat(string.length()));
    }

    static Text of(StringBuilder string, StringBuilder origins) {
        return string.isEmpty() ? EMPTY : new Text(string.toString(), origins.toString());
    }

    String string() {
        return string;
    }

    String origins() {
        return origins;
    }

    /// Of the char at an index of [#string].
    Origin origin(int index) {
        return Origin.values()[origins.charAt(index)];
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
        return from >= to ? EMPTY : new Text(string.substring(from, to), origins.substring(from, to));
    }

    List<Part> parts() {
        List<Part> parts = new ArrayList<>();
        for (int from = 0, to; from < string.length(); from = to) {
            to = runEnd(from);
            parts.add(new Part(string.substring(from, to), origin(from)));
        }
        return List.copyOf(parts);
    }

    private int runEnd(int from) {
        int end = from + 1;
        while (end < string.length() && origins.charAt(end) == origins.charAt(from)) {
            end++;
        }
        return end;
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
