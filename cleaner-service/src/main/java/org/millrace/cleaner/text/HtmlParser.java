package org.millrace.cleaner.text;

import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;

/// Parses HTML in bounded time and memory.
///
/// What a parser does with a page costs by the tag, not by the byte: a page of 4 MiB may hold a
/// million unclosed ones, each of which a browser would open again in every paragraph that follows.
/// So a page is read up to the place where it has had more marks than any text that people write.
final class HtmlParser {

    /// Tags and character references. Long encyclopaedia pages have 30,000.
    private static final int MOST_MARKS = 60_000;

    /// Tags opened and never closed, beyond those that need no end.
    private static final int MOST_OPEN = 8_000;

    /// Attributes of one tag, roughly: spaces in it.
    private static final int MOST_ATTRIBUTES = 4_000;

    private HtmlParser() {}

    static Document parse(String html, String url) {
        Document document = Jsoup.parse(html.substring(0, bounded(html)), url);
        Element noframes = document.body().normalName().equals("frameset") ? document.selectFirst("noframes") : null;
        return noframes == null ? document : withoutFrames(document, noframes);
    }

    /// What a page of frames says to those without frames is all that it says itself; a parser
    /// takes it for plain characters.
    private static Document withoutFrames(Document document, Element noframes) {
        Document substitute = Jsoup.parse(noframes.wholeText() + noframes.data(), document.location());
        substitute.head().insertChildren(0, document.head().childNodesCopy());
        return substitute;
    }

    /// @return where to stop reading
    static int bounded(String html) {
        int marks = 0;
        int open = 0;
        for (int i = 0; i < html.length(); i++) {
            char c = html.charAt(i);
            if (c == '&') {
                marks++;
            } else if (c == '<' && i + 1 < html.length()) {
                marks++;
                char next = html.charAt(i + 1);
                if (next == '/') {
                    open = Math.max(0, open - 1);
                } else if (Character.isLetter(next)) {
                    open += needsNoEnd(html, i + 1) ? 0 : 1;
                    int end = endOfTag(html, i);
                    if (end < 0) {
                        return i;
                    }
                    i = end;
                }
            }
            if (marks > MOST_MARKS || open > MOST_OPEN) {
                return i;
            }
        }
        return html.length();
    }

    /// @return index of the `>`, or of the last character before the next tag if there is none; -1
    ///     for a tag of endless attributes
    private static int endOfTag(String html, int start) {
        int gaps = 0;
        for (int i = start + 1; i < html.length(); i++) {
            char c = html.charAt(i);
            if (c == '>') {
                return i;
            }
            if (c == '<') {
                return i - 1;
            }
            if ((c == '"' || c == '\'') && html.charAt(i - 1) == '=') {
                int close = html.indexOf(c, i + 1);
                if (close < 0) {
                    return i;
                }
                i = close; // pictures are written into attributes, with all characters that there are
            } else if ((c <= ' ' || c == '/') && ++gaps > MOST_ATTRIBUTES) {
                return -1;
            }
        }
        return html.length() - 1;
    }

    private static boolean needsNoEnd(String html, int name) {
        char c = Character.toLowerCase(html.charAt(name));
        return switch (c) {
            case 'm' -> startsWith(html, name, "meta");
            case 'l' -> startsWith(html, name, "link") || startsWith(html, name, "li");
            case 'b' -> startsWith(html, name, "br");
            case 'i' -> startsWith(html, name, "img") || startsWith(html, name, "input");
            case 'h' -> startsWith(html, name, "hr");
            case 't' -> startsWith(html, name, "td") || startsWith(html, name, "tr");
            case 'd' -> startsWith(html, name, "dd") || startsWith(html, name, "dt");
            case 'p' -> startsWith(html, name, "p");
            case 'w' -> startsWith(html, name, "wbr");
            case 'o' -> startsWith(html, name, "option");
            default -> false;
        };
    }

    private static boolean startsWith(String html, int at, String name) {
        int end = at + name.length();
        return html.regionMatches(true, at, name, 0, name.length())
                && (end >= html.length() || !Character.isLetterOrDigit(html.charAt(end)));
    }
}
