package org.millrace.crawler;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.select.NodeVisitor;
import org.jspecify.annotations.Nullable;
import org.millrace.crawler.web.Headers;
import org.millrace.crawler.web.NormalUrl;

/// The links of an HTML page, and its meta elements.
///
/// @param urls in the order of the page, each once, at most [#MAX]
/// @param metas names and contents
record Links(List<NormalUrl> urls, List<Headers.Field> metas) {

    /// Pages with more are lists of links or traps, and the log must stay bounded.
    static final int MAX = 1_000;

    static final Links NONE = new Links(List.of(), List.of());

    private static final int MAX_METAS = 200;

    /// Of an attribute that is read word by word. No page means more.
    private static final int MAX_WORDS_LENGTH = 4_096;

    private static final Pattern CHARSET = Pattern.compile("charset\\s*=\\s*\"?([^\\s;\"]+)", Pattern.CASE_INSENSITIVE);

    Links {
        urls = List.copyOf(urls);
        metas = List.copyOf(metas);
    }

    /// Reads a page, a feed (RSS, Atom) or a sitemap; anything else has no links.
    static Links of(NormalUrl page, byte[] body, String contentType) {
        if (isXml(contentType)) {
            return ofXml(page, body);
        }
        if (!isHtml(contentType)) {
            return NONE;
        }
        Collector collector = new Collector();
        parse(body, charset(contentType)).traverse(collector);
        return new Links(collector.urls(page), collector.metas);
    }

    /// Names and contents of the meta elements of an HTML page.
    static List<Headers.Field> metas(byte[] body, String contentType) {
        if (!isHtml(contentType)) {
            return List.of();
        }
        Collector collector = new Collector();
        parse(body, charset(contentType)).traverse(collector);
        return collector.metas;
    }

    private static Links ofXml(NormalUrl page, byte[] body) {
        Sitemap named = Sitemap.of(page, body);
        return new Links(
                Stream.concat(named.pages().stream().map(Sitemap.Page::url), named.maps().stream())
                        .limit(MAX)
                        .toList(),
                List.of());
    }

    /// One pass over the tree: selectors would walk it once for each.
    private static final class Collector implements NodeVisitor {

        private final List<Headers.Field> metas = new ArrayList<>();
        private final Set<String> references = new LinkedHashSet<>();
        private @Nullable String base;

        @Override
        public void head(org.jsoup.nodes.Node node, int depth) {
            if (node instanceof Element element) {
                switch (element.normalName()) {
                    case "a", "area" -> reference(element, "href");
                    case "frame", "iframe" -> reference(element, "src");
                    case "link" -> {
                        if (leadsOn(element.attr("rel")) || isFeed(element)) {
                            reference(element, "href");
                        }
                    }
                    case "base" -> {
                        if (base == null && element.hasAttr("href")) {
                            base = element.attr("href");
                        }
                    }
                    case "meta" -> {
                        if (metas.size() < MAX_METAS && element.hasAttr("name") && element.hasAttr("content")) {
                            metas.add(new Headers.Field(element.attr("name").strip(), words(element, "content")));
                        }
                    }
                    default -> {
                        // no link, no meta
                    }
                }
            }
        }

        private void reference(Element element, String attribute) {
            if (element.hasAttr(attribute) && !isDisowned(words(element, "rel"))) {
                String reference = element.attr(attribute);
                if (!reference.startsWith("#")) {
                    references.add(reference);
                }
            }
        }

        List<NormalUrl> urls(NormalUrl page) {
            NormalUrl from = base == null ? page : page.resolve(base).orElse(page);
            Set<NormalUrl> urls = new LinkedHashSet<>();
            for (String reference : references) {
                if (urls.size() == MAX) {
                    break;
                }
                from.resolve(reference).ifPresent(urls::add);
            }
            return List.copyOf(urls);
        }
    }

    private static String words(Element element, String attribute) {
        String value = element.attr(attribute);
        return value.length() <= MAX_WORDS_LENGTH ? value : value.substring(0, MAX_WORDS_LENGTH);
    }

    /// A link element that names a page.
    private static boolean leadsOn(String rel) {
        return rel.equalsIgnoreCase("canonical") || rel.equalsIgnoreCase("next") || rel.equalsIgnoreCase("prev");
    }

    /// A link element that names the site's news.
    private static boolean isFeed(Element element) {
        String type = element.attr("type").strip().toLowerCase(Locale.ROOT);
        return element.attr("rel").equalsIgnoreCase("alternate")
                && (type.equals("application/rss+xml") || type.equals("application/atom+xml"));
    }

    /// A link that the page's owner does not vouch for.
    private static boolean isDisowned(String rel) {
        if (rel.isEmpty()) {
            return false;
        }
        for (String word : rel.toLowerCase(Locale.ROOT).split("\\s+")) {
            if (word.equals("nofollow") || word.equals("ugc") || word.equals("sponsored")) {
                return true;
            }
        }
        return false;
    }

    private static Document parse(byte[] body, @Nullable String charset) {
        try {
            return Jsoup.parse(new ByteArrayInputStream(body), charset, "");
        } catch (IOException e) {
            throw new UncheckedIOException("reading from an array failed", e);
        }
    }

    /// Bytes of heap that reading a body takes, about and at most: of HTML 10 for each byte (attributes: 9),
    /// or 2 for each and 130 for each tag (lists: 125, tables: 104, usual pages: 118), whichever is more; of
    /// XML as [Sitemap#heap] says. Anything else is not parsed: 2 for each byte, itself and its record.
    static long heap(byte[] body, String contentType) {
        if (isXml(contentType)) {
            return Sitemap.heap(body);
        }
        if (!isHtml(contentType)) {
            return 2L * body.length;
        }
        return Math.max(10L * body.length, 2L * body.length + 130 * tags(body));
    }

    static long tags(byte[] body) {
        long tags = 0;
        for (byte octet : body) {
            tags += octet == '<' ? 1 : 0;
        }
        return tags;
    }

    private static boolean isXml(String contentType) {
        String type = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        return switch (type) {
            case "application/xml", "text/xml", "application/rss+xml", "application/atom+xml", "application/rdf+xml" ->
                true;
            default -> false;
        };
    }

    private static boolean isHtml(String contentType) {
        String type = contentType.strip().toLowerCase(Locale.ROOT);
        return type.isEmpty() || type.startsWith("text/html") || type.startsWith("application/xhtml+xml");
    }

    /// Null where the header names no charset that this JVM knows: then the page's own meta decides.
    private static @Nullable String charset(String contentType) {
        Matcher matcher = CHARSET.matcher(contentType);
        try {
            return matcher.find() && Charset.isSupported(matcher.group(1)) ? matcher.group(1) : null;
        } catch (IllegalCharsetNameException e) {
            return null;
        }
    }
}
