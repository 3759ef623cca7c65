package org.millrace.chattemplate;

/// The escapes of a text literal, as Python has them. An escape that Python does not know stays as it is written.
final class Escapes {

    private final String written;
    private final Site at;
    private final StringBuilder meaning = new StringBuilder();
    private int position;

    Escapes(String written, Site at) {
        this.written = written;
        this.at = at;
    }

    String meaning() {
        if (written.indexOf('\\') < 0) {
            return written;
        }
        while (position < written.length()) {
            char c = written.charAt(position++);
            if (c == '\\') {
                escape(written.charAt(position++));
            } else {
                meaning.append(c);
            }
        }
        return meaning.toString();
    }

    private void escape(char c) {
        switch (c) {
            case '\n' -> {} // a line that goes on
            case '\\', '\'', '"' -> meaning.append(c);
            case 'a' -> meaning.append('\u0007');
            case 'b' -> meaning.append('\b');
            case 'f' -> meaning.append('\f');
            case 'n' -> meaning.append('\n');
            case 'r' -> meaning.append('\r');
            case 't' -> meaning.append('\t');
            case 'v' -> meaning.append('\u000B');
            case 'x' -> hex(2);
            case 'u' -> hex(4);
            case 'U' -> hex(8);
            case 'N' -> throw at.error("text: expected no \\N{name}, got one");
            case '0', '1', '2', '3', '4', '5', '6', '7' -> octal();
            default -> meaning.append('\\').append(c);
        }
    }

    private void hex(int digits) {
        long value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = position < written.length() ? Character.digit(written.charAt(position), 16) : -1;
            if (digit < 0 || written.charAt(position) > 'f') {
                throw at.error("text: expected %d hexadecimal digits behind the escape, got %d".formatted(digits, i));
            }
            value = value * 16 + digit;
            position++;
        }
        if (value > Character.MAX_CODE_POINT) {
            throw at.error("text: expected a character up to U+10FFFF, got U+%X".formatted(value));
        }
        meaning.appendCodePoint((int) value);
    }

    private void octal() {
        int value = 0;
        int end = Math.min(written.length(), position + 2);
        position--;
        while (position < end && written.charAt(position) >= '0' && written.charAt(position) <= '7') {
            value = value * 8 + written.charAt(position++) - '0';
        }
        meaning.append((char) value);
    }
}
