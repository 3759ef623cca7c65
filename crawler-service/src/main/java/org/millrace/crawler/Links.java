package org.millrace.crawler;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jspecify.annotations.Nullable;

/// The links of an HTML page, and what it asks of robots.
///
/// @param urls in the order of the page, each once, at most [#MAX]
record Links(List<NormalUrl> urls, Directives directives) {

    /// Pages with more are lists of links or traps, and the log must stay bounded.
    static final int MAX = 1_000;

    static final Links NONE = new Links(List.of(), Directives.NONE);

    private static final Pattern CHARSET = Pattern.compile("charset\\s*=\\s*\"?([^\\s;\"]+)", Pattern.CASE_INSENSITIVE);

    Links {
        urls = List.copyOf(urls);
    }

    /// Reads a page; anything but HTML has no links.
    ///
    /// @param agent product token, which a meta element may address by name
    static Links of(NormalUrl page, byte[] body, String contentType, String agent) {
        if (!isHtml(contentType)) {
            return NONE;
        }
        Document document = parse(page, body, charset(contentType));
        Directives directives = Directives.NONE;
        for (Element meta : document.select("meta[name][content]")) {
            String name = meta.attr("name").strip();
            if (name.equalsIgnoreCase("robots") || name.equalsIgnoreCase(agent)) {
                directives = directives.and(Directives.of(meta.attr("content")));
            }
        }
        return new Links(urls(document, base(document, page)), directives);
    }

    private static List<NormalUrl> urls(Document document, NormalUrl base) {
        Set<NormalUrl> urls = new LinkedHashSet<>();
        for (Element element : document.select(
                "a[href], area[href], link[rel~=(?i)^(canonical|next|prev)$][href], frame[src], iframe[src]")) {
            if (urls.size() == MAX) {
                break;
            }
            String reference = element.hasAttr("href") ? element.attr("href") : element.attr("src");
            if (!isNofollow(element) && !reference.startsWith("#")) {
                base.resolve(reference).ifPresent(urls::add);
            }
        }
        return List.copyOf(urls);
    }

    private static boolean isNofollow(Element element) {
        return List.of(element.attr("rel").toLowerCase(Locale.ROOT).split("\\s+"))
                .contains("nofollow");
    }

    private static NormalUrl base(Document document, NormalUrl page) {
        Element base = document.selectFirst("base[href]");
        return base == null ? page : page.resolve(base.attr("href")).orElse(page);
    }

    private static Document parse(NormalUrl page, byte[] body, @Nullable String charset) {
        try {
            return Jsoup.parse(new ByteArrayInputStream(body), charset, page.toString());
        } catch (IOException e) {
            throw new UncheckedIOException("reading from an array failed", e);
        }
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
