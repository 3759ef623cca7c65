package org.millrace.world;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.stream.Collectors;

/// How a page is marked up: one template per habit of real sites, under `layouts` on the class
/// path.
enum Layout {
    SEMANTIC("<p>", "</p>"),
    SOUP("<div class=\"t\">", "</div>"),
    TABLE("<P ALIGN=\"justify\">", ""),
    BLOG("<p>", "</p>"),
    REFERENCE("<p>", "</p>"),
    PORTAL("<p class=\"copy\">", "</p>"),
    PLAIN("<p>", "");

    private static final java.util.regex.Pattern HOLE = java.util.regex.Pattern.compile("\\{\\{(\\w+)}}");

    private final String opening;
    private final String closing;
    private final String template;

    Layout(String opening, String closing) {
        this.opening = opening;
        this.closing = closing;
        this.template = resource("layouts/" + name().toLowerCase(Locale.ROOT) + ".html");
    }

    /// @param paragraphs already escaped, may contain markup
    String paragraphs(List<String> paragraphs) {
        return paragraphs.stream()
                .map(paragraph -> opening + paragraph + closing)
                .collect(Collectors.joining("\n"));
    }

    /// @param parts by the names of the holes; a hole without a part stays empty
    String page(Map<String, String> parts) {
        Matcher matcher = HOLE.matcher(template);
        StringBuilder page = new StringBuilder();
        while (matcher.find()) {
            matcher.appendReplacement(page, Matcher.quoteReplacement(parts.getOrDefault(matcher.group(1), "")));
        }
        return matcher.appendTail(page).toString();
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    private static String resource(String name) {
        try (InputStream stream = Layout.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new IllegalStateException("layout: expected a resource " + name + ", got none");
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
