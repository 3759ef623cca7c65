package org.millrace.chattemplate;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.millrace.chattemplate.Token.Kind;

/// Cuts a template into tokens, and white space away where Jinja does with `trim_blocks` and `lstrip_blocks`: the
/// newline behind a block or comment, blanks before one that starts its line, all of it where a tag says `-`, none
/// where it says `+`, and one newline at the end of the template.
final class Lexer {

    private static final Pattern NEWLINE = Pattern.compile("\r\n?");
    private static final List<String> SYMBOLS =
            List.of("==", "!=", "<=", ">=", "//", "<", ">", "+", "-", "*", "/", "%", "~", "|", "=", ".", ",", ":");

    private final String source;
    private final int[] lines;
    private final List<Token> tokens = new ArrayList<>();
    private int position;
    private boolean lineStarts = true;

    private Lexer(String source) {
        this.source = source;
        lines = IntStream.concat(
                        IntStream.of(0),
                        IntStream.range(0, source.length())
                                .filter(i -> source.charAt(i) == '\n')
                                .map(i -> i + 1))
                .toArray();
    }

    static List<Token> tokens(String template) {
        String source = NEWLINE.matcher(template).replaceAll("\n");
        return new Lexer(source.endsWith("\n") ? source.substring(0, source.length() - 1) : source).run();
    }

    private List<Token> run() {
        while (position < source.length()) {
            int tag = tag(position);
            if (tag == source.length()) {
                data(position, tag);
                position = tag;
            } else {
                open(tag);
            }
        }
        add(Kind.END, "", source.length());
        return tokens;
    }

    private int tag(int from) {
        for (int i = source.indexOf('{', from); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            char next = source.charAt(i + 1);
            if (next == '{' || next == '%' || next == '#') {
                return i;
            }
        }
        return source.length();
    }

    private void open(int tag) {
        char kind = source.charAt(tag + 1);
        char sign = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
        boolean signed = sign == '-' || sign == '+';
        data(position, dataEnd(tag, kind, sign));
        position = tag + (signed ? 3 : 2);
        switch (kind) {
            case '#' -> comment(tag);
            case '{' -> code(Kind.OUTPUT_START, Kind.OUTPUT_END, "}}", tag);
            default -> code(Kind.BLOCK_START, Kind.BLOCK_END, "%}", tag);
        }
        lineStarts = source.charAt(position - 1) == '\n';
    }

    private int dataEnd(int tag, char kind, char sign) {
        if (sign == '-') {
            return Whitespace.before(source, position, tag);
        }
        int line = tag;
        while (line > position && source.charAt(line - 1) != '\n') {
            line--;
        }
        boolean inside = line > position;
        boolean isBlank = (inside || lineStarts) && Whitespace.before(source, line, tag) == line;
        return sign != '+' && kind != '{' && isBlank ? line : tag;
    }

    private void data(int from, int to) {
        if (from < to) {
            add(Kind.DATA, source.substring(from, to), from);
        }
    }

    private void comment(int tag) {
        int end = source.indexOf("#}", position);
        if (end < 0) {
            throw site(tag).error("comment: expected #} behind it, got the end of the template");
        }
        char sign = end > position ? source.charAt(end - 1) : ' ';
        position = end + 2;
        skipBehind(sign, true);
    }

    private void skipBehind(char sign, boolean isBlock) {
        if (sign == '-') {
            position = Whitespace.after(source, position, source.length());
        } else if (sign != '+' && isBlock && source.startsWith("\n", position)) {
            position++;
        }
    }

    private void code(Kind start, Kind end, String close, int tag) {
        add(start, "", tag);
        Deque<Character> brackets = new ArrayDeque<>();
        while (true) {
            position = Whitespace.after(source, position, source.length());
            if (position == source.length()) {
                throw site(tag).error("tag: expected %s, got the end of the template".formatted(close));
            }
            char sign = source.charAt(position);
            boolean signed = sign == '-' || sign == '+' && end == Kind.BLOCK_END;
            if (brackets.isEmpty() && source.startsWith(close, position + (signed ? 1 : 0))) {
                add(end, "", position);
                position += close.length() + (signed ? 1 : 0);
                skipBehind(sign, end == Kind.BLOCK_END);
                return;
            }
            token(brackets);
        }
    }

    private void token(Deque<Character> brackets) {
        char c = source.charAt(position);
        if (isNameStart(c)) {
            add(Kind.NAME, name(), position);
            position += tokens.getLast().text().length();
        } else if (isDigit(position)) {
            number();
        } else if (c == '\'' || c == '"') {
            text(c);
        } else {
            symbol(c, brackets);
        }
    }

    private static boolean isNameStart(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_';
    }

    private boolean isDigit(int at) {
        return at < source.length() && source.charAt(at) >= '0' && source.charAt(at) <= '9';
    }

    private String name() {
        int end = position;
        while (end < source.length() && (isNameStart(source.charAt(end)) || isDigit(end))) {
            end++;
        }
        return source.substring(position, end);
    }

    private int digits(int from) {
        int end = from;
        while (isDigit(end)) {
            end++;
        }
        return end;
    }

    private void number() {
        int end = digits(position);
        Kind kind = Kind.INTEGER;
        if (end < source.length() && source.charAt(end) == '.' && isDigit(end + 1)) {
            kind = Kind.REAL;
            end = digits(end + 1);
        }
        if (end < source.length() && (source.charAt(end) | 0x20) == 'e') {
            boolean signed = source.startsWith("+", end + 1) || source.startsWith("-", end + 1);
            int exponent = end + (signed ? 2 : 1);
            if (isDigit(exponent)) {
                kind = Kind.REAL;
                end = digits(exponent);
            }
        }
        add(kind, source.substring(position, end), position);
        position = end;
    }

    private void text(char quote) {
        int end = position + 1;
        while (end < source.length() && source.charAt(end) != quote) {
            end += source.charAt(end) == '\\' ? 2 : 1;
        }
        if (end >= source.length()) {
            throw site(position).error("text: expected %s behind it, got the end of the template".formatted(quote));
        }
        add(Kind.TEXT, new Escapes(source.substring(position + 1, end), site(position)).meaning(), position);
        position = end + 1;
    }

    private void symbol(char c, Deque<Character> brackets) {
        String symbol = String.valueOf(c);
        switch (c) {
            case '(' -> brackets.push(')');
            case '[' -> brackets.push(']');
            case '{' -> brackets.push('}');
            case ')', ']', '}' -> {
                if (brackets.isEmpty() || brackets.pop() != c) {
                    throw site(position).error("brackets: expected an open one to close, got " + c);
                }
            }
            default ->
                symbol = SYMBOLS.stream()
                        .filter(s -> source.startsWith(s, position))
                        .findFirst()
                        .orElseThrow(() -> site(position)
                                .error("expression: expected a name, literal or operator, got U+%04X"
                                        .formatted((int) c)));
        }
        add(Kind.SYMBOL, symbol, position);
        position += symbol.length();
    }

    private void add(Kind kind, String text, int at) {
        tokens.add(new Token(kind, text, site(at)));
    }

    private Site site(int at) {
        int found = Arrays.binarySearch(lines, at);
        int line = found >= 0 ? found : -found - 2;
        return new Site(line + 1, at - lines[line] + 1);
    }
}
