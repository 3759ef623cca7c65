package org.millrace.world;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the site answers under one path.
///
/// @param article the text inside, where there is one worth reading
public record Page(
        String path,
        Sort sort,
        int status,
        String contentType,
        Map<String, String> headers,
        byte[] body,
        @Nullable Article article) {

    /// Why the page exists.
    public enum Sort {
        /// About one entity.
        ARTICLE,
        /// Entities that share a value.
        LIST,
        /// Two entities side by side.
        COMPARISON,
        /// Links and little else: home, indexes.
        HUB,
        /// An article again, with small changes.
        PRINT,
        /// Almost nothing on it.
        THIN,
        /// Not in English.
        FOREIGN,
        SPAM,
        /// Words without sense.
        FILLER,
        /// In an old encoding.
        CODED,
        /// About the site itself: contact, terms.
        HOUSE,
        /// Too big to be worth reading.
        LARGE,
        /// Behind a path that robots.txt forbids.
        FORBIDDEN,
        REDIRECT,
        /// Answers with an error.
        FAILING
    }

    static final String HTML = "text/html; charset=utf-8";

    static Page html(String path, Sort sort, String html, @Nullable Article article) {
        return new Page(
                path, sort, 200, HTML, Map.of(), html.getBytes(java.nio.charset.StandardCharsets.UTF_8), article);
    }

    /// Whether a polite crawler that follows links comes to see it as a page.
    public boolean readable() {
        return status == 200 && sort != Sort.FORBIDDEN;
    }
}
