package org.millrace.chattemplate;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.millrace.chattemplate.Part.Origin;

/// `tojson`, as Python's `json.dumps` with `ensure_ascii=False`, which transformers sets. Whatever it says, nobody
/// vouches for it: no part of it is template. If all texts in it are what the assistant said, so is the whole.
final class Json {

    private final Site at;
    private final Budget budget;
    private final TextBuilder out;
    private final int indent;
    private final boolean ascii;
    private final Set<Origin> origins = EnumSet.noneOf(Origin.class);

    /// @param indent blanks per level; negative for all on one line
    Json(Arguments arguments, int indent, boolean ascii) {
        at = arguments.at();
        budget = arguments.budget();
        out = new TextBuilder(budget);
        this.indent = indent;
        this.ascii = ascii;
    }

    Text of(Value value) {
        write(value, 0);
        Text json = out.build();
        return origins.equals(EnumSet.of(Origin.ANSWER)) ? Text.answer(json.string()) : json;
    }

    private void write(Value value, int level) {
        budget.enter(at);
        switch (value) {
            case Text text -> quote(text);
            case Value.None _ -> out.append(at, "null");
            case Value.Bool(boolean is) -> out.append(at, is ? "true" : "false");
            case Value.Int(long number) -> out.append(at, Long.toString(number));
            case Value.Real(double number) -> out.append(at, real(number));
            case Value.Seq(var items) -> {
                String separator = "[";
                for (Value item : items) {
                    separate(separator, level + 1);
                    write(item, level + 1);
                    separator = ",";
                }
                close(items.isEmpty(), "[]", level);
            }
            case Value.Dict(var entries) -> {
                String separator = "{";
                for (Map.Entry<Text, Value> entry : entries.entrySet()) {
                    separate(separator, level + 1);
                    quote(entry.getKey());
                    out.append(at, ": ");
                    write(entry.getValue(), level + 1);
                    separator = ",";
                }
                close(entries.isEmpty(), "{}", level);
            }
            default -> throw at.error("tojson: expected a value of JSON, got " + Value.kind(value));
        }
        budget.leave();
    }

    private void separate(String separator, int level) {
        out.append(at, separator);
        if (indent >= 0) {
            out.append(at, "\n" + " ".repeat(indent * level));
        } else if (separator.equals(",")) {
            out.append(at, " ");
        }
    }

    private void close(boolean isEmpty, String brackets, int level) {
        if (isEmpty) {
            out.append(at, brackets);
            return;
        }
        if (indent >= 0) {
            out.append(at, "\n" + " ".repeat(indent * level));
        }
        out.append(at, brackets.substring(1));
    }

    private static String real(double number) {
        if (Double.isNaN(number)) {
            return "NaN";
        }
        return Double.isInfinite(number) ? (number > 0 ? "Infinity" : "-Infinity") : Numbers.shown(number);
    }

    private void quote(Text text) {
        text.parts().forEach(part -> origins.add(part.origin()));
        String string = text.string();
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < string.length(); i++) {
            char c = string.charAt(i);
            switch (c) {
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                case '\b' -> quoted.append("\\b");
                case '\f' -> quoted.append("\\f");
                default -> {
                    if (c < ' ' || ascii && c > '~') {
                        quoted.append("\\u%04x".formatted((int) c));
                    } else {
                        quoted.append(c);
                    }
                }
            }
        }
        out.append(at, quoted.append('"').toString());
    }
}
