package org.millrace.cleaner.text;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;

/// What a page says of itself in its head and its links.
///
/// @param robots content of the robots directives, lowercase, comma-separated
record Metadata(String title, String canonicalUrl, String licence, String robots) {

    private static final int MAX_TITLE = 300;
    private static final int MAX_URL = 2_000;

    static Metadata of(Document document) {
        return new Metadata(title(document), canonical(document), licence(document), robots(document));
    }

    /// `none` is short for `noindex, nofollow`.
    boolean noindex() {
        return Arrays.stream(robots.split("[\\s,]+")).anyMatch(d -> d.equals("noindex") || d.equals("none"));
    }

    private static String title(Document document) {
        String title = document.title();
        if (title.isBlank()) {
            title = document.select("meta[property=og:title]").attr("content");
        }
        if (title.isBlank()) {
            title = document.select("h1").stream()
                    .findFirst()
                    .map(Element::text)
                    .orElse("");
        }
        String plain = PlainText.of(title).replace('\n', ' ');
        return plain.codePointCount(0, plain.length()) <= MAX_TITLE
                ? plain
                : plain.substring(0, plain.offsetByCodePoints(0, MAX_TITLE));
    }

    private static String canonical(Document document) {
        return document.select("link[rel=canonical][href]").stream()
                .map(link -> link.absUrl("href"))
                .filter(Metadata::isWebUrl)
                .findFirst()
                .orElse("");
    }

    /// Where pages name their licence, the surest place first.
    private static String licence(Document document) {
        return document.select("""
                        link[rel~=(?i)\\b(license|copyright)\\b][href], a[rel~=(?i)\\blicense\\b][href], \
                        meta[name~=(?i)^(dcterms\\.license|dc\\.rights|dcterms\\.rights|license)$][content], \
                        a[href*=creativecommons.org/licenses/], a[href*=creativecommons.org/publicdomain/]""").stream()
                .map(e -> e.absUrl(e.hasAttr("href") ? "href" : "content"))
                .filter(Metadata::isWebUrl)
                .findFirst()
                .orElse("");
    }

    private static String robots(Document document) {
        return document.select("meta[name~=(?i)^(robots|millrace)$][content]").stream()
                .map(meta -> meta.attr("content").toLowerCase(Locale.ROOT).strip())
                .collect(Collectors.joining(", "));
    }

    private static boolean isWebUrl(String url) {
        return (url.startsWith("https://") || url.startsWith("http://")) && url.length() <= MAX_URL;
    }
}
