package org.millrace.chattemplate;

/// What Python's `str.isspace` takes for white: `trim`, `split` and `{%-` mean these characters, and no others.
final class Whitespace {

    private Whitespace() {}

    static boolean is(int c) {
        return c >= '\t' && c <= '\r'
                || c >= 0x1C && c <= ' '
                || c == 0x85
                || c == 0xA0
                || c == 0x1680
                || c >= 0x2000 && c <= 0x200A
                || c == 0x2028
                || c == 0x2029
                || c == 0x202F
                || c == 0x205F
                || c == 0x3000;
    }

    /// The first place from `from` on that is not white, or `to`.
    static int after(String text, int from, int to) {
        int i = from;
        while (i < to && is(text.charAt(i))) {
            i++;
        }
        return i;
    }

    /// Behind the last place before `to` that is not white, or `from`.
    static int before(String text, int from, int to) {
        int i = to;
        while (i > from && is(text.charAt(i - 1))) {
            i--;
        }
        return i;
    }
}
