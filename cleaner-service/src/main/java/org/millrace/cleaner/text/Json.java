package org.millrace.cleaner.text;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Reads the JSON that pages embed for search engines, as leniently as those do: raw line breaks in
/// strings, comments around the whole, a comma too many. What cannot be read ends the reading, and
/// what was read until then counts. Depth and time are bounded.
final class Json {

    private static final int DEEPEST = 64;

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /// @return a `Map<String, Object>`, `List<Object>`, or `String`, where numbers and words are
    ///     strings too
    static Optional<Object> read(String text) {
        Json json = new Json(text);
        while (json.at < text.length() && "{[".indexOf(text.charAt(json.at)) < 0) {
            json.at++; // `<![CDATA[` brings a bracket of its own
            if (text.startsWith("[CDATA[", json.at)) {
                json.at += "[CDATA[".length();
            }
        }
        return Optional.ofNullable(json.value(0));
    }

    private @Nullable Object value(int depth) {
        skip();
        if (at >= text.length() || depth > DEEPEST) {
            at = text.length();
            return null;
        }
        return switch (text.charAt(at)) {
            case '{' -> object(depth);
            case '[' -> array(depth);
            case '"' -> string();
            default -> word();
        };
    }

    private Map<String, Object> object(int depth) {
        Map<String, Object> members = new LinkedHashMap<>();
        at++;
        while (true) {
            skip();
            if (at >= text.length() || text.charAt(at) == '}') {
                at++;
                return members;
            }
            if (text.charAt(at) != '"') {
                at = text.length();
                return members;
            }
            String name = string();
            skip();
            if (at < text.length() && text.charAt(at) == ':') {
                at++;
            }
            Object value = value(depth + 1);
            if (value != null) {
                members.putIfAbsent(name, value);
            }
        }
    }

    private List<Object> array(int depth) {
        List<Object> elements = new ArrayList<>();
        at++;
        while (true) {
            skip();
            if (at >= text.length() || text.charAt(at) == ']') {
                at++;
                return elements;
            }
            Object value = value(depth + 1);
            if (value != null) {
                elements.add(value);
            }
        }
    }

    private String string() {
        StringBuilder string = new StringBuilder();
        at++;
        while (at < text.length() && text.charAt(at) != '"') {
            char c = text.charAt(at++);
            if (c == '\\' && at < text.length()) {
                c = escaped(text.charAt(at++));
            }
            string.append(c);
        }
        at++;
        return string.toString();
    }

    private char escaped(char c) {
        return switch (c) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'u' -> unicode();
            default -> c;
        };
    }

    private char unicode() {
        int code = 0;
        for (int i = 0; i < 4 && at < text.length(); i++) {
            int digit = Character.digit(text.charAt(at), 16);
            if (digit < 0) {
                return '\ufffd';
            }
            code = code * 16 + digit;
            at++;
        }
        return (char) code;
    }

    private String word() {
        int start = at;
        while (at < text.length() && ",]} \t\r\n".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        if (at == start) {
            at++; // a bracket that closes nothing
        }
        return text.substring(start, Math.min(at, text.length()));
    }

    private void skip() {
        while (at < text.length() && (text.charAt(at) == ',' || Character.isWhitespace(text.charAt(at)))) {
            at++;
        }
    }
}
