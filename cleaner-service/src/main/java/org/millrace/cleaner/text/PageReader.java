package org.millrace.cleaner.text;

import java.util.Locale;
import java.util.Optional;
import org.jsoup.nodes.Document;
import org.millrace.cleaner.Page;
import org.millrace.cleaner.rule.Breach;

/// Reads a page's bytes as an article, or refuses: it is no text, too much of it, or its author
/// asks not to be indexed.
public final class PageReader {

    public sealed interface Reading {}

    public record Read(Article article) implements Reading {}

    public record Refused(Breach breach) implements Reading {}

    /// Where a page tells search engines more than twice what it shows, scripts would show the
    /// rest.
    private static final int SHOWN_IN_PART = 2;

    private PageReader() {}

    public static Reading read(Page page) {
        if (page.body().length > Page.MAX_BODY_BYTES) {
            return new Refused(new Breach(
                    "too-large",
                    "more than " + Page.MAX_BODY_BYTES + " bytes",
                    "at most " + Page.MAX_BODY_BYTES + " bytes"));
        }
        return switch (kind(page)) {
            case HTML -> html(page);
            case TEXT ->
                new Read(Article.ofPlainText(PlainText.of(CharsetDecoder.decode(page.body(), page.contentType()))));
            case OTHER -> new Refused(new Breach("not-text", page.contentType(), "HTML or plain text"));
        };
    }

    /// The article of a page whose author asks not to be indexed too: for those who ask about this
    /// page and keep nothing.
    public static Optional<Article> article(Page page) {
        if (page.body().length > Page.MAX_BODY_BYTES || kind(page) == Kind.OTHER) {
            return Optional.empty();
        }
        return switch (read(page)) {
            case Read(var article) -> Optional.of(article);
            case Refused _ -> {
                Document document = parse(page);
                yield Optional.of(article(document, Metadata.of(document)));
            }
        };
    }

    private static Reading html(Page page) {
        Document document = parse(page);
        Metadata metadata = Metadata.of(document);
        if (metadata.noindex()) {
            return new Refused(new Breach("noindex", "meta robots: " + metadata.robots(), "no noindex"));
        }
        return new Read(article(document, metadata));
    }

    private static Document parse(Page page) {
        return HtmlParser.parse(CharsetDecoder.decode(page.body(), page.contentType()), page.url());
    }

    private static Article article(Document document, Metadata metadata) {
        MainText main = MainText.of(document, metadata);
        boolean shown = main.words() * SHOWN_IN_PART >= Words.count(metadata.articleBody());
        String headline =
                main.headline() < 0 ? "" : main.blocks().get(main.headline()).text();
        return new Article(
                metadata.title(headline),
                metadata.author(),
                metadata.publishedOn(),
                shown ? Rendering.text(main) : metadata.articleBody(),
                shown ? Rendering.body(main) : metadata.articleBody(),
                metadata.language(),
                metadata.licence(),
                metadata.canonicalUrl());
    }

    private enum Kind {
        HTML,
        TEXT,
        OTHER
    }

    private static Kind kind(Page page) {
        String type = page.contentType().split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        return switch (type) {
            case "text/html", "application/xhtml+xml" -> Kind.HTML;
            case "text/plain", "text/markdown" -> Kind.TEXT;
            case "" -> sniff(page.body());
            default -> Kind.OTHER;
        };
    }

    /// The server did not say: markup shows itself, and no text holds a zero byte.
    private static Kind sniff(byte[] body) {
        for (int i = 0; i < Math.min(body.length, 512); i++) {
            if (body[i] == 0) {
                return Kind.OTHER;
            }
            if (body[i] == '<') {
                return Kind.HTML;
            }
        }
        return Kind.TEXT;
    }
}
