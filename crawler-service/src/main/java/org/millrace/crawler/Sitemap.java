package org.millrace.crawler;

import crawlercommons.sitemaps.AbstractSiteMap;
import crawlercommons.sitemaps.SiteMap;
import crawlercommons.sitemaps.SiteMapIndex;
import crawlercommons.sitemaps.SiteMapParser;
import crawlercommons.sitemaps.SiteMapURL;
import crawlercommons.sitemaps.UnknownFormatException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.millrace.crawler.web.Fetcher;
import org.millrace.crawler.web.NormalUrl;

/// What one sitemap file names: pages, or further sitemap files.
record Sitemap(List<Page> pages, List<NormalUrl> maps) {

    /// @param priority as the file says, 0 to 1; of pages of one host the highest is fetched first
    record Page(NormalUrl url, float priority) {}

    private static final Sitemap NOTHING = new Sitemap(List.of(), List.of());

    /// Unzipped it may be as long as one that comes plain.
    private static final int MAX_BYTES = Fetcher.Wanted.SITEMAP.maxBytes();

    /// Entries that are taken of one file: twice what the sitemap protocol allows, as sites exceed it.
    static final int MAX_ENTRIES = 100_000;

    Sitemap {
        pages = List.copyOf(pages);
        maps = List.copyOf(maps);
    }

    /// Reads XML, text, RSS or Atom, plain or gzipped. A file that is none of these names nothing.
    static Sitemap of(NormalUrl url, byte[] body) {
        try {
            return read(new SiteMapParser(false).parseSiteMap(unzipped(body), location(url)));
        } catch (UnknownFormatException | IOException e) {
            return NOTHING; // sites list what is no sitemap; their pages are found by links
        }
    }

    /// Bytes of heap that reading a file takes, about and at most: 6 for each byte of a plain one, or 2 for
    /// each and 90 for each tag (entries of a dozen bytes), whichever is more. A zipped one shows no tags: 6 for
    /// each byte of 1,032 times its length (the most that DEFLATE does), or of the longest that is read.
    static long heap(byte[] body) {
        if (isZipped(body)) {
            return 6 * Math.min(MAX_BYTES, 1032L * body.length);
        }
        return Math.max(6L * body.length, 2L * body.length + 90 * Links.tags(body));
    }

    private static boolean isZipped(byte[] body) {
        return body.length >= 2 && body[0] == 0x1f && body[1] == (byte) 0x8b;
    }

    private static Sitemap read(AbstractSiteMap read) {
        return switch (read) {
            case SiteMapIndex index ->
                new Sitemap(List.of(), urls(index.getSitemaps().stream().map(AbstractSiteMap::getUrl)));
            case SiteMap map -> new Sitemap(pages(map.getSiteMapUrls()), List.of());
            default -> NOTHING;
        };
    }

    /// A page that is listed twice has the priority that it is given first.
    private static List<Page> pages(Collection<SiteMapURL> entries) {
        Map<NormalUrl, Page> pages = new LinkedHashMap<>();
        for (SiteMapURL entry : entries) {
            if (pages.size() == MAX_ENTRIES) {
                break;
            }
            NormalUrl.of(entry.getUrl().toString())
                    .ifPresent(url -> pages.putIfAbsent(url, new Page(url, (float) entry.getPriority())));
        }
        return List.copyOf(pages.values());
    }

    private static List<NormalUrl> urls(Stream<URL> urls) {
        return urls.map(URL::toString)
                .map(NormalUrl::of)
                .flatMap(Optional::stream)
                .distinct()
                .limit(MAX_ENTRIES)
                .toList();
    }

    private static byte[] unzipped(byte[] body) throws IOException {
        if (!isZipped(body)) {
            return body;
        }
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
            byte[] plain = in.readNBytes(MAX_BYTES);
            if (in.read() >= 0) {
                throw new IOException("more than " + MAX_BYTES + " bytes");
            }
            return plain;
        }
    }

    private static URL location(NormalUrl url) throws IOException {
        String path = url.path().replace("[", "%5B").replace("]", "%5D").replace("|", "%7C");
        return URI.create(url.origin() + path).toURL(); // brackets of a host are those of an address
    }
}
