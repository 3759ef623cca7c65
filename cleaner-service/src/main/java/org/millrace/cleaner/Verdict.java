package org.millrace.cleaner;

import org.millrace.cleaner.rule.Breach;

/// What became of one page, judged alone. Both outcomes are facts worth publishing.
public sealed interface Verdict {

    record Kept(Document document) implements Verdict {}

    /// @param language ISO 639-1 if it was determined before the drop, else empty
    /// @param excerpt start of the text that was judged, at most `EXCERPT` characters, personal data masked
    /// @param characters length of that text, UTF-16 code units; 0 if there was none
    record Dropped(Breach breach, String language, String excerpt, int characters) implements Verdict {

        static final int EXCERPT = 200;

        /// Before there was a text.
        static Dropped unread(Breach breach) {
            return new Dropped(breach, "", "", 0);
        }

        /// @param text as it would have been published
        static Dropped of(Breach breach, String language, String text) {
            int end = Math.min(text.length(), EXCERPT);
            if (end < text.length() && Character.isHighSurrogate(text.charAt(end - 1))) {
                end--;
            }
            return new Dropped(breach, language, text.substring(0, end), text.length());
        }
    }
}
