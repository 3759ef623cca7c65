package org.millrace.crawler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.millrace.crawler.web.NormalUrl;

class SitemapTest {

    private static final NormalUrl URL =
            NormalUrl.of("http://example.org/sitemap.xml").orElseThrow();

    private static final String PAGES = """
            <?xml version="1.0" encoding="UTF-8"?>
            <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
              <url><loc>http://example.org/a</loc><priority>0.9</priority></url><url><loc>http://example.org/b?x=1&amp;y=2</loc></url>
            </urlset>
            """;

    @Test
    void aHostMayBeAnAddressOfIpv6() {
        NormalUrl here = NormalUrl.of("http://[2001:db8::1]/a[1].xml").orElseThrow();
        String xml = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
                + "<url><loc>http://[2001:db8::1]/page</loc></url></urlset>";

        assertThat(Sitemap.of(here, xml.getBytes(UTF_8)).pages())
                .extracting(page -> page.url().toString())
                .containsExactly("http://[2001:db8::1]/page");
    }

    @Test
    void pagesAreNamed() {
        assertThat(Sitemap.of(URL, PAGES.getBytes(UTF_8)).pages())
                .extracting(page -> page.url().toString() + " " + page.priority())
                .containsExactly("http://example.org/a 0.9", "http://example.org/b?x=1&y=2 0.5");
    }

    @Test
    void gzippedFilesAreRead() throws IOException {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
            out.write(PAGES.getBytes(UTF_8));
        }

        assertThat(Sitemap.of(URL, zipped.toByteArray()).pages()).hasSize(2);
    }

    @Test
    void aBombNamesNothing() throws IOException {
        ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bomb)) {
            gzip.write(PAGES.getBytes(UTF_8));
            gzip.write(" ".repeat(11 << 20).getBytes(UTF_8));
        }

        assertThat(Sitemap.of(URL, bomb.toByteArray()).pages()).isEmpty();
    }

    @Test
    void anIndexNamesFurtherFiles() {
        String index = """
                <?xml version="1.0" encoding="UTF-8"?>
                <sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
                  <sitemap><loc>http://example.org/one.xml</loc></sitemap>
                </sitemapindex>
                """;

        Sitemap map = Sitemap.of(URL, index.getBytes(UTF_8));

        assertThat(map.pages()).isEmpty();
        assertThat(map.maps()).extracting(NormalUrl::toString).containsExactly("http://example.org/one.xml");
    }

    @Test
    void aFileNamesAHundredThousandPagesAtMost() {
        StringBuilder map = new StringBuilder("<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>");
        for (int i = 0; i <= Sitemap.MAX_ENTRIES; i++) {
            map.append("<url><loc>http://example.org/").append(i).append("</loc></url>");
        }

        assertThat(Sitemap.of(URL, map.append("</urlset>").toString().getBytes(UTF_8))
                        .pages())
                .hasSize(Sitemap.MAX_ENTRIES);
    }

    @Test
    void whatIsNoSitemapNamesNothing() {
        assertThat(Sitemap.of(URL, "<html><a href='/x'>x</a></html>".getBytes(UTF_8))
                        .pages())
                .isEmpty();
        assertThat(Sitemap.of(URL, new byte[] {0x1f, (byte) 0x8b, 1, 2}).pages())
                .isEmpty();
        assertThat(Sitemap.of(URL, new byte[0]).pages()).isEmpty();
    }

    @Test
    void externalEntitiesAreNotRead() {
        String hostile = """
                <?xml version="1.0"?>
                <!DOCTYPE urlset [<!ENTITY secret SYSTEM "file:///etc/hostname">]>
                <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
                  <url><loc>http://example.org/&secret;</loc></url>
                </urlset>
                """;

        assertThat(Sitemap.of(URL, hostile.getBytes(UTF_8)).pages())
                .allSatisfy(page -> assertThat(page.url().path()).isEqualTo("/"));
    }
}
