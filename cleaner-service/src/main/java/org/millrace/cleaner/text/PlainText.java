package org.millrace.cleaner.text;

import java.text.Normalizer;
import java.util.regex.Pattern;

/// The one form in which text leaves this service: NFC, no control characters but `\n`, single
/// spaces, no space at a line's end, at most one blank line in a row. Applying it twice changes
/// nothing.
public final class PlainText {

    private static final Pattern LINE_BREAK = Pattern.compile("\r\n?|[\u000b\u000c\u0085\u2028\u2029]");
    private static final Pattern SPACES = Pattern.compile("[\\p{Z}\t&&[^\n]]+");
    private static final Pattern AROUND_BREAK = Pattern.compile(" ?\n ?");
    private static final Pattern BLANK_LINES = Pattern.compile("\n{3,}");

    /// Control and unassigned characters, lone surrogates, and the invisible format characters. The
    /// two joiners U+200C and U+200D stay: Persian, Hindi and emoji are spelled with them.
    private static final Pattern INVISIBLE =
            Pattern.compile("[\\p{Cc}\\p{Cn}\\p{Cs}\\p{Co}\\p{Cf}&&[^\n\t\u200c\u200d]]");

    private PlainText() {}

    public static String of(String text) {
        String breaks = LINE_BREAK.matcher(text).replaceAll("\n");
        String visible = INVISIBLE.matcher(breaks).replaceAll("");
        String composed = Normalizer.normalize(visible, Normalizer.Form.NFC);
        String spaced = SPACES.matcher(composed).replaceAll(" ");
        String lines = AROUND_BREAK.matcher(spaced).replaceAll("\n");
        return BLANK_LINES.matcher(lines).replaceAll("\n\n").strip();
    }
}
