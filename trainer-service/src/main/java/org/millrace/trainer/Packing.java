package org.millrace.trainer;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;

/// Sequences into rows of T positions, so that little of a batch is padding.
///
/// A sequence of n tokens takes n − 1 positions: its last token is only a label.
public final class Packing {

    private Packing() {}

    /// Documents end to end, cut wherever a row is full: no padding but in the last row, every
    /// token but the first of each document is a label once. A new order cuts elsewhere, so over
    /// the epochs every token is seen with long and with short contexts.
    public static List<Row> stream(List<Example> documents, int context, Random random) {
        List<Example> order = new ArrayList<>(documents);
        Collections.shuffle(order, random);
        List<Row> rows = new ArrayList<>();
        Row row = Row.empty(context, 0);
        int at = 0;
        int segment = 0;
        for (Example document : order) {
            int[] tokens = document.tokens();
            for (int i = 0; i + 1 < tokens.length; i++) {
                if (at == context) {
                    rows.add(row);
                    row = Row.empty(context, 0);
                    at = 0;
                }
                put(row, at++, document, i, segment);
            }
            segment++;
        }
        if (at > 0) {
            rows.add(row);
        }
        return rows;
    }

    /// Whole conversations, several a row: the longest first, each into the fullest row that has
    /// room (best-fit decreasing), then the rows in random order. None is cut: one that does not fit a
    /// row is left out, for half an answer is none. So is one without a target.
    public static List<Row> whole(List<Example> conversations, int context, Random random) {
        List<Example> order = new ArrayList<>();
        for (Example conversation : conversations) {
            if (fits(conversation, context) && hasTarget(conversation)) {
                order.add(conversation);
            }
        }
        Collections.shuffle(order, random); // so that equal lengths meet other neighbours each time
        order.sort((a, b) -> Integer.compare(b.tokens().length, a.tokens().length));
        List<Row> rows = new ArrayList<>();
        NavigableMap<Integer, Deque<Open>> byRoom = new TreeMap<>();
        for (Example conversation : order) {
            int needed = conversation.tokens().length - 1;
            var fitting = byRoom.ceilingEntry(needed);
            Open open;
            if (fitting == null) {
                open = new Open(Row.empty(context, 0), 0, 0);
                rows.add(open.row());
            } else {
                open = fitting.getValue().removeFirst();
                if (fitting.getValue().isEmpty()) {
                    byRoom.remove(fitting.getKey());
                }
            }
            for (int i = 0; i < needed; i++) {
                put(open.row(), open.used() + i, conversation, i, open.segments());
            }
            Open left = new Open(open.row(), open.used() + needed, open.segments() + 1);
            if (left.used() < context) {
                byRoom.computeIfAbsent(context - left.used(), room -> new ArrayDeque<>())
                        .addFirst(left);
            }
        }
        Collections.shuffle(rows, random);
        return rows;
    }

    /// Whether a row holds all of it.
    public static boolean fits(Example example, int context) {
        return example.tokens().length - 1 <= context;
    }

    /// Sequences one a row in the given order, padded at the end; longer ones are refused, for
    /// their last token matters.
    public static Row alone(int[] tokens, int context) {
        if (tokens.length > context) {
            throw new IllegalArgumentException("tokens: expected at most %d, got %d".formatted(context, tokens.length));
        }
        Row row = Row.empty(context, 0);
        System.arraycopy(tokens, 0, row.inputs(), 0, tokens.length);
        System.arraycopy(tokens, 1, row.labels(), 0, tokens.length - 1);
        Arrays.fill(row.segments(), 0, tokens.length, 0);
        return row;
    }

    private record Open(Row row, int used, int segments) {}

    private static void put(Row row, int at, Example example, int i, int segment) {
        row.inputs()[at] = example.tokens()[i];
        row.labels()[at] = example.isTarget(i + 1) ? example.tokens()[i + 1] : Row.IGNORED;
        row.segments()[at] = segment;
    }

    private static boolean hasTarget(Example example) {
        for (int i = 1; i < example.tokens().length; i++) {
            if (example.isTarget(i)) {
                return true;
            }
        }
        return false;
    }
}
