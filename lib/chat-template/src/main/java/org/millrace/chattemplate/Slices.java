package org.millrace.chattemplate;

import java.util.ArrayList;
import java.util.List;

/// `of[start:stop:step]`, as in Python: what lies outside is left out, and counting from the end is negative.
final class Slices {

    private final Site at;
    private final Evaluator evaluator;

    Slices(Site at, Evaluator evaluator) {
        this.at = at;
        this.evaluator = evaluator;
    }

    Value of(Value of, Value start, Value stop, Value step) {
        long stride = bound("step", step, 1);
        if (stride == 0) {
            throw at.error("slice: step: expected a number other than 0, got 0");
        }
        return switch (of) {
            case Text text
            when stride == 1 -> {
                evaluator.budget().spend(at, 1 + 2L * text.string().length());
                int length = text.length();
                int from = place(bound("start", start, 0), length, 0);
                int to = place(bound("stop", stop, length), length, 0);
                yield from < to ? text(text, from, to) : Text.EMPTY;
            }
            case Text text -> {
                TextBuilder chosen = new TextBuilder(evaluator.budget());
                for (Value character : chosen(evaluator.items(at, text), start, stop, stride)) {
                    chosen.append(at, (Text) character);
                }
                yield chosen.build();
            }
            case Value.Seq(var items) -> new Value.Seq(chosen(items, start, stop, stride));
            default -> throw at.error("slice: expected text or a list, got " + Value.kind(of));
        };
    }

    private List<Value> chosen(List<Value> items, Value start, Value stop, long stride) {
        evaluator.budget().spend(at, 1 + items.size());
        int size = items.size();
        int low = stride > 0 ? 0 : -1;
        int from = place(bound("start", start, stride > 0 ? 0 : size), size, low);
        int to = stop instanceof Value.None ? (stride > 0 ? size : -1) : place(bound("stop", stop, 0), size, low);
        List<Value> chosen = new ArrayList<>();
        for (long i = Math.min(from, size + (long) low); stride > 0 ? i < to : i > to; i += stride) {
            chosen.add(items.get((int) i));
        }
        return chosen;
    }

    private long bound(String name, Value value, long otherwise) {
        return switch (value) {
            case Value.None _ -> otherwise;
            case Value.Int(long number) ->
                Math.clamp(number, -Integer.MAX_VALUE, Integer.MAX_VALUE); // no list is longer
            default -> throw at.error("slice: %s: expected an integer, got %s".formatted(name, Value.kind(value)));
        };
    }

    private static int place(long bound, int size, int low) {
        return (int) Math.clamp(bound < 0 ? bound + size : bound, low, size);
    }

    /// The characters of Unicode from one place to another.
    static Text text(Text text, int from, int to) {
        String string = text.string();
        int start = string.offsetByCodePoints(0, from);
        return text.between(start, string.offsetByCodePoints(start, to - from));
    }
}
