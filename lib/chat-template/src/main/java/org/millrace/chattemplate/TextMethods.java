package org.millrace.chattemplate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;

/// The methods of text, as in Python. Each keeps where its characters come from.
final class TextMethods {

    private final Budget budget;
    private final Text text;
    private final String string;
    private final Arguments arguments;
    private final Site at;

    TextMethods(Budget budget, Text text, Arguments arguments) {
        this.budget = budget;
        this.text = text;
        string = text.string();
        this.arguments = arguments;
        at = arguments.at();
    }

    Value call() {
        budget.spend(at, 1 + string.length());
        return switch (arguments.name()) {
            case "strip" -> strip(true, true);
            case "lstrip" -> strip(true, false);
            case "rstrip" -> strip(false, true);
            case "split" -> split();
            case "startswith" -> new Value.Bool(affix("prefix", true));
            case "endswith" -> new Value.Bool(affix("suffix", false));
            case "upper" -> withoutArguments(run -> run.toUpperCase(Locale.ROOT));
            case "lower" -> withoutArguments(run -> run.toLowerCase(Locale.ROOT));
            case "capitalize" -> capitalized();
            case "title" -> titled();
            case "replace" -> replaced();
            default ->
                throw arguments.error("expected a method of text (capitalize, endswith, lower, lstrip, replace, rstrip,"
                        + " split, startswith, strip, title, upper), got another");
        };
    }

    /// Of white space, or of the characters given.
    Text strip(boolean left, boolean right) {
        Value given = arguments.of("chars?")[0];
        int from = 0;
        int to = string.length();
        if (given instanceof Value.Undefined || given instanceof Value.None) {
            from = left ? Whitespace.after(string, from, to) : from;
            return text.between(from, right ? Whitespace.before(string, from, to) : to);
        }
        Text characters = arguments.text("chars", given);
        budget.search(at, text, characters);
        String chars = characters.string();
        while (left && from < to && chars.indexOf(string.codePointAt(from)) >= 0) {
            from += Character.charCount(string.codePointAt(from));
        }
        while (right && from < to && chars.indexOf(string.codePointBefore(to)) >= 0) {
            to -= Character.charCount(string.codePointBefore(to));
        }
        return text.between(from, to);
    }

    private boolean affix(String name, boolean atStart) {
        Value given = arguments.of(name)[0];
        List<Value> affixes = given instanceof Value.Seq(var items) ? items : List.of(given);
        for (Value affix : affixes) {
            String expected = arguments.text(name, affix).string();
            budget.spend(at, 1 + expected.length());
            if (atStart ? string.startsWith(expected) : string.endsWith(expected)) {
                return true;
            }
        }
        return false;
    }

    private Value split() {
        Value[] given = arguments.of("sep?", "maxsplit?");
        long most = arguments.integer("maxsplit", given[1], -1);
        List<Value> pieces = new ArrayList<>();
        if (given[0] instanceof Value.Undefined || given[0] instanceof Value.None) {
            splitAtWhitespace(most, pieces);
            return new Value.Seq(pieces);
        }
        Text separator = separator("sep", given[0]);
        int from = 0;
        int found = string.indexOf(separator.string());
        while (found >= 0 && pieces.size() != most) {
            addPiece(pieces, from, found);
            from = found + separator.string().length();
            found = string.indexOf(separator.string(), from);
        }
        addPiece(pieces, from, string.length());
        return new Value.Seq(pieces);
    }

    private void splitAtWhitespace(long most, List<Value> pieces) {
        int from = Whitespace.after(string, 0, string.length());
        while (from < string.length()) {
            int to = from;
            while (to < string.length() && !Whitespace.is(string.charAt(to))) {
                to++;
            }
            if (pieces.size() == most) {
                addPiece(pieces, from, string.length());
                return;
            }
            addPiece(pieces, from, to);
            from = Whitespace.after(string, to, string.length());
        }
    }

    private void addPiece(List<Value> pieces, int from, int to) {
        budget.spend(at, 32 + to - from);
        pieces.add(text.between(from, to));
    }

    private Text separator(String name, Value given) {
        Text separator = arguments.text(name, given);
        if (separator.isEmpty()) {
            throw arguments.error("%s: expected at least 1 character, got 0".formatted(name));
        }
        budget.search(at, text, separator);
        return separator;
    }

    Text replaced() {
        Value[] given = arguments.of("old", "new", "count?");
        Text old = separator("old", given[0]);
        Text replacement = arguments.text("new", given[1]);
        long most = given[2] instanceof Value.None ? -1 : arguments.integer("count", given[2], -1);
        TextBuilder result = new TextBuilder(budget);
        int from = 0;
        int found = string.indexOf(old.string());
        for (long done = 0; found >= 0 && done != most; done++) {
            result.append(at, text.between(from, found)).append(at, replacement);
            from = found + old.string().length();
            found = string.indexOf(old.string(), from);
        }
        return result.append(at, text.between(from, string.length())).build();
    }

    /// Changes each run of characters from one source by itself: their number may change.
    private Text withoutArguments(UnaryOperator<String> change) {
        arguments.of();
        TextBuilder result = new TextBuilder(budget);
        for (Part part : text.parts()) {
            String changed = change.apply(part.text());
            result.append(at, Text.of(changed, part.origin()));
        }
        return result.build();
    }

    private Text capitalized() {
        arguments.of();
        int first = string.isEmpty() ? 0 : Character.charCount(string.codePointAt(0));
        Text head = new TextMethods(budget, text.between(0, first), arguments).withoutArguments(TextMethods::title);
        Text tail = new TextMethods(budget, text.between(first, string.length()), arguments)
                .withoutArguments(run -> run.toLowerCase(Locale.ROOT));
        return new TextBuilder(budget).append(at, head).append(at, tail).build();
    }

    private Text titled() {
        arguments.of();
        TextBuilder result = new TextBuilder(budget);
        boolean inside = false;
        for (int from = 0, to; from < string.length(); from = to) {
            to = string.offsetByCodePoints(from, 1);
            String character = string.substring(from, to);
            String changed = inside ? character.toLowerCase(Locale.ROOT) : title(character);
            result.append(at, Text.of(changed, text.origin(from)));
            inside = Character.isLetter(string.codePointAt(from));
        }
        return result.build();
    }

    /// One character. What has no form for titles by itself (ß) has two letters in upper case, of which the second
    /// is small again.
    private static String title(String character) {
        int titled = Character.toTitleCase(character.codePointAt(0));
        String upper = character.toUpperCase(Locale.ROOT);
        if (titled != character.codePointAt(0) || upper.length() == character.length()) {
            return Character.toString(titled);
        }
        return upper.charAt(0) + upper.substring(1).toLowerCase(Locale.ROOT);
    }
}
