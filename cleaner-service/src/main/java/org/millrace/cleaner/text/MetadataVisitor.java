package org.millrace.cleaner.text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.select.NodeVisitor;
import org.jspecify.annotations.Nullable;

/// Collects in one pass over the parse tree what [Metadata] chooses from.
final class MetadataVisitor implements NodeVisitor {

    private static final int MAX_URL = 2_000;
    private static final int MAX_SCRIPTS = 20;
    private static final int MAX_NAME = 100;

    private final Map<String, String> metas = new HashMap<>();
    private final List<String> robots = new ArrayList<>();
    private final List<String> scripts = new ArrayList<>();
    private final String[] licences = new String[4];
    private String title = "";
    private String language = "";
    private String canonicalUrl = "";
    private String author = "";
    private String published = "";
    private String time = "";

    @Override
    public void head(Node node, int depth) {
        if (!(node instanceof Element element)) {
            return;
        }
        switch (element.normalName()) {
            case "html" -> language = or(element.attr("lang"), element.attr("xml:lang"));
            case "title" -> title = title.isEmpty() && isOfPage(element) ? element.text() : title;
            case "meta" -> meta(element);
            case "link" -> link(element);
            case "a" -> anchor(element);
            case "time" -> time(element);
            case "script" -> script(element);
            default -> {
                if (element.attributesSize() > 0) {
                    property(element);
                }
            }
        }
    }

    /// Drawings have titles too.
    private static boolean isOfPage(Element title) {
        Element parent = title.parent();
        return parent != null && !parent.normalName().equals("svg");
    }

    private void meta(Element meta) {
        String content = meta.attr("content").strip();
        if (content.isEmpty()) {
            return;
        }
        for (String naming : List.of("name", "property", "http-equiv", "itemprop")) {
            String name = meta.attr(naming).strip().toLowerCase(Locale.ROOT);
            if (name.isEmpty()) {
                continue;
            }
            metas.putIfAbsent(name, content);
            if (name.equals("robots") || name.equals("millrace")) {
                robots.add(content.toLowerCase(Locale.ROOT));
            }
            if (name.equals("dcterms.license")
                    || name.equals("license")
                    || name.equals("dc.rights")
                    || name.equals("dcterms.rights")
                    || name.equals("dc.license")) {
                licence(2, webUrl(meta.absUrl("content")));
            }
        }
    }

    private void link(Element link) {
        if (has(link, "rel", "canonical") && canonicalUrl.isEmpty()) {
            canonicalUrl = webUrl(link.absUrl("href"));
        }
        if (has(link, "rel", "license") || has(link, "rel", "copyright")) {
            licence(0, webUrl(link.absUrl("href")));
        }
        property(link);
    }

    private void anchor(Element anchor) {
        String href = anchor.attr("href");
        if (has(anchor, "rel", "license")) {
            licence(1, webUrl(anchor.absUrl("href")));
        } else if (href.contains("creativecommons.org/licenses/")
                || href.contains("creativecommons.org/publicdomain/")) {
            licence(3, webUrl(anchor.absUrl("href")));
        }
        if (author.isEmpty() && has(anchor, "rel", "author")) {
            author = name(anchor);
        }
        if (anchor.attributesSize() > 1) {
            property(anchor);
        }
    }

    private void time(Element element) {
        String date = or(element.attr("datetime"), name(element));
        if (element.hasAttr("pubdate")) {
            published = or(published, date);
        }
        if (time.isEmpty()) {
            time = date;
        }
        property(element);
    }

    private void script(Element script) {
        if (script.attr("type").toLowerCase(Locale.ROOT).startsWith("application/ld+json")
                && scripts.size() < MAX_SCRIPTS) {
            scripts.add(script.data());
        }
    }

    private void property(Element element) {
        String property = element.attr("itemprop");
        if (property.equals("datePublished")) {
            published = or(published, or(or(element.attr("datetime"), element.attr("content")), name(element)));
        } else if (property.equals("author")) {
            author = or(author, or(element.attr("content"), name(element)));
        } else if (property.equals("license")) {
            licence(2, webUrl(or(element.absUrl("href"), element.absUrl("content"))));
        }
    }

    private void licence(int rank, String url) {
        String known = licences[rank];
        if ((known == null || known.isEmpty()) && !url.isEmpty()) {
            licences[rank] = url;
        }
    }

    @SuppressWarnings("StringSplitter") // an empty attribute has no values
    private static boolean has(Element element, String attribute, String value) {
        String values = element.attr(attribute);
        if (values.isEmpty()) {
            return false;
        }
        for (String one : values.split("\\s+")) {
            if (one.equalsIgnoreCase(value)) {
                return true;
            }
        }
        return false;
    }

    /// A name or date, not the half page that stands in an element left open.
    private static String name(Element element) {
        return Rows.isShorter(element, MAX_NAME) ? element.text().strip() : "";
    }

    private static String or(String one, String other) {
        return one.isBlank() ? other : one;
    }

    static String webUrl(String url) {
        boolean web = url.startsWith("https://") || url.startsWith("http://");
        return web && url.length() <= MAX_URL ? url : "";
    }

    /// @return content of the first of these that the page has, in the order asked
    String meta(String... names) {
        for (String name : names) {
            String content = metas.get(name);
            if (content != null) {
                return content;
            }
        }
        return "";
    }

    String title() {
        return title;
    }

    String language() {
        return language;
    }

    String canonicalUrl() {
        return canonicalUrl;
    }

    String author() {
        return author;
    }

    /// The date that is marked as the one of publication, else the first in the page that is marked
    /// as a date at all.
    String published() {
        return or(published, time);
    }

    /// The surest place that names one.
    String licence() {
        return Stream.of(licences).filter(MetadataVisitor::isFound).findFirst().orElse("");
    }

    private static boolean isFound(@Nullable String url) {
        return url != null;
    }

    String robots() {
        return String.join(", ", robots);
    }

    List<String> scripts() {
        return scripts;
    }
}
