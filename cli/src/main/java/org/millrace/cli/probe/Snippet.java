package org.millrace.cli.probe;

import java.util.Arrays;
import java.util.List;

/// A piece of a page that a question can be about.
///
/// @param source the page's address
public record Snippet(String text, String source) {

    static final int LEAST = 120;
    static final int MOST = 1_200;

    /// One paragraph of a page, or what of it fits; the whole page's beginning if no paragraph is long enough.
    ///
    /// @param draw which of the paragraphs, any number
    public static Snippet of(String page, String source, long draw) {
        List<String> paragraphs = Arrays.stream(page.split("\n"))
                .map(String::strip)
                .filter(paragraph -> paragraph.length() >= LEAST)
                .toList();
        String text = paragraphs.isEmpty()
                ? page.strip()
                : paragraphs.get((int) Math.floorMod(draw, (long) paragraphs.size()));
        return new Snippet(cut(text), source);
    }

    private static String cut(String text) {
        if (text.length() <= MOST) {
            return text;
        }
        int blank = text.lastIndexOf(' ', MOST);
        return text.substring(0, blank < LEAST ? MOST - 1 : blank);
    }
}
