package org.millrace.cleaner.text;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jsoup.nodes.Document;

/// What a page says of itself in its head, its links and its marks for search engines. Fields are
/// empty if absent.
///
/// @param titles what the page calls itself, the surest first, as it says it
/// @param robots content of the robots directives, lowercase, comma-separated
/// @param articleBody the whole text of the article, where the page gives it to search engines
record Metadata(
        List<String> titles,
        String siteName,
        String author,
        String publishedOn,
        String canonicalUrl,
        String language,
        String licence,
        String robots,
        String articleBody) {

    private static final int MAX_TITLE = 300;
    private static final int MAX_AUTHOR = 200;

    static Metadata of(Document document) {
        MetadataVisitor found = new MetadataVisitor();
        document.traverse(found);
        StructuredData data = StructuredData.of(found.scripts());
        return new Metadata(
                Stream.of(
                                found.meta("og:title"),
                                data.headline(),
                                found.title(),
                                found.meta("dc.title", "twitter:title"))
                        .map(title -> PlainText.of(title).replace('\n', ' '))
                        .filter(title -> !title.isEmpty())
                        .distinct()
                        .toList(),
                PlainText.of(found.meta("og:site_name", "application-name")),
                author(found, data),
                published(found, data, document.location()),
                found.canonicalUrl(),
                language(found, data),
                found.licence().isEmpty() ? MetadataVisitor.webUrl(data.licence()) : found.licence(),
                found.robots(),
                data.body());
    }

    /// `none` is short for `noindex, nofollow`.
    boolean noindex() {
        return Arrays.stream(robots.split("[\\s,]+")).anyMatch(d -> d.equals("noindex") || d.equals("none"));
    }

    /// The title without the name of the site.
    ///
    /// @param headline the title as the page shows it, empty if it shows none
    String title(String headline) {
        String simple = Headline.simple(headline);
        String title = titles.isEmpty() ? "" : titles.getFirst();
        for (String named : titles) {
            if (!simple.isEmpty() && Headline.simple(named).contains(simple) && named.length() > headline.length()) {
                title = headline;
            }
        }
        if (title.isEmpty()) {
            title = headline;
        }
        return shortened(withoutSite(title), MAX_TITLE);
    }

    private String withoutSite(String title) {
        if (!siteName.isEmpty()) {
            for (String separator : List.of(" | ", " - ", " – ", " — ", " · ", " :: ", " » ", ": ")) {
                if (title.endsWith(separator + siteName)) {
                    return title.substring(0, title.length() - separator.length() - siteName.length())
                            .strip();
                }
                if (title.startsWith(siteName + separator)) {
                    return title.substring(separator.length() + siteName.length())
                            .strip();
                }
            }
        }
        return title;
    }

    private static String author(MetadataVisitor found, StructuredData data) {
        String author = Stream.of(
                        data.author(),
                        found.meta(
                                "author",
                                "article:author",
                                "dc.creator",
                                "dcterms.creator",
                                "byl",
                                "parsely-author",
                                "sailthru.author",
                                "citation_author"),
                        found.author())
                .map(name -> PlainText.of(name).replace('\n', ' '))
                .filter(name -> !name.isEmpty() && !name.contains("://"))
                .findFirst()
                .orElse("");
        String bare =
                author.regionMatches(true, 0, "by ", 0, 3) ? author.substring(3).strip() : author;
        return shortened(bare, MAX_AUTHOR);
    }

    private static String published(MetadataVisitor found, StructuredData data, String url) {
        return Stream.of(
                        data.published(),
                        found.meta(
                                "article:published_time",
                                "og:article:published_time",
                                "datepublished",
                                "dcterms.created",
                                "dcterms.issued",
                                "dc.date",
                                "dc.date.issued",
                                "dcterms.date",
                                "citation_publication_date",
                                "citation_date",
                                "parsely-pub-date",
                                "sailthru.date",
                                "pubdate",
                                "publishdate",
                                "publish-date",
                                "publication_date",
                                "date"),
                        found.published())
                .flatMap(date -> Dates.find(date).stream())
                .findFirst()
                .or(() -> Dates.inPath(url))
                .orElse("");
    }

    private static String language(MetadataVisitor found, StructuredData data) {
        return Stream.of(
                        found.language(),
                        found.meta("content-language"),
                        data.language(),
                        found.meta("og:locale", "dc.language", "dcterms.language"))
                .map(tag -> tag.strip().toLowerCase(Locale.ROOT).split("[-_,;]", 2)[0])
                .filter(tag -> tag.matches("[a-z]{2,3}"))
                .findFirst()
                .orElse("");
    }

    private static String shortened(String plain, int codePoints) {
        return plain.codePointCount(0, plain.length()) <= codePoints
                ? plain
                : plain.substring(0, plain.offsetByCodePoints(0, codePoints));
    }
}
