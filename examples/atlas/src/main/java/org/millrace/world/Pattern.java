package org.millrace.world;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.stream.Collectors;

/// A sentence with holes such as `{name}` and `{value}`.
///
/// `{name's}` is the possessive, `{a value}` puts "a" or "an" before the value, `{values}` joins
/// all values of the fact ("Spain, France and Andorra"). The first letter of the result is a
/// capital.
public record Pattern(String text) {

    private static final java.util.regex.Pattern HOLE = java.util.regex.Pattern.compile("\\{([^{}]*)}");

    /// The names in the holes, in order of appearance.
    public List<String> holes() {
        return HOLE.matcher(text).results().map(hole -> hole.group(1)).collect(Collectors.toUnmodifiableList());
    }

    /// Whether the value is named before the entity.
    public boolean valueFirst() {
        List<String> holes = holes();
        for (String hole : holes) {
            if (hole.startsWith("name")) {
                return false;
            }
            if (isValue(hole)) {
                return true;
            }
        }
        return false;
    }

    /// Whether one value is the last word, so that a model can be asked to complete the sentence.
    public boolean endsWithValue() {
        return text.endsWith("{value}.");
    }

    static boolean isValue(String hole) {
        return hole.equals("value") || hole.equals("a value") || hole.equals("values");
    }

    /// The sentence about `name`, which has `value`, the first or only one of `values`.
    public String render(String name, String value, List<String> values) {
        return fill(Map.of(
                "name",
                name,
                "name's",
                name.endsWith("s") ? name + "'" : name + "'s",
                "value",
                value,
                "a value",
                article(value) + " " + value,
                "values",
                joined(values)));
    }

    public String render(String name) {
        return render(name, "", List.of());
    }

    /// Every hole replaced by its word.
    public String fill(Map<String, String> words) {
        Matcher matcher = HOLE.matcher(text);
        StringBuilder filled = new StringBuilder();
        while (matcher.find()) {
            String word = words.get(matcher.group(1));
            if (word == null) {
                throw new IllegalArgumentException("pattern \"%s\": expected holes %s, got {%s}"
                        .formatted(text, words.keySet(), matcher.group(1)));
            }
            matcher.appendReplacement(filled, Matcher.quoteReplacement(word));
        }
        matcher.appendTail(filled);
        return capitalised(filled.toString());
    }

    /// "a, b and c".
    public static String joined(List<String> words) {
        if (words.size() < 2) {
            return words.isEmpty() ? "" : words.getFirst();
        }
        return String.join(", ", words.subList(0, words.size() - 1)) + " and " + words.getLast();
    }

    public static String capitalised(String sentence) {
        if (sentence.isEmpty()) {
            return sentence;
        }
        int first = sentence.codePointAt(0);
        return Character.toString(Character.toUpperCase(first)) + sentence.substring(Character.charCount(first));
    }

    private static String article(String value) {
        return !value.isEmpty() && "aeiouAEIOU".indexOf(value.charAt(0)) >= 0 ? "an" : "a";
    }
}
