package org.millrace.cleaner.command;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import org.jspecify.annotations.Nullable;
import org.millrace.cleaner.Examined;
import org.millrace.cleaner.Verdict.Dropped;
import org.millrace.cleaner.Verdict.Kept;
import org.millrace.cleaner.rule.Breach;
import org.millrace.cleaner.text.Article;

/// What became of one page, as a line of output. Text is empty where the page has none; it is there for
/// dropped pages too.
///
/// @param verdict `kept`, `dropped` or `error`
/// @param rule that the page did not hold, with what was measured and what was asked; null if it is kept
/// @param text Markdown-like, as it is published: personal data masked
/// @param body plain text of the article alone
/// @param error why the page could not be read; the key is there only then
@JsonPropertyOrder({
    "source",
    "verdict",
    "rule",
    "value",
    "threshold",
    "title",
    "text",
    "body",
    "language",
    "author",
    "date",
    "licence",
    "canonical_url",
    "error"
})
record Line(
        String source,
        String verdict,
        @Nullable String rule,
        @Nullable String value,
        @Nullable String threshold,
        String title,
        String text,
        String body,
        String language,
        String author,
        String date,
        String licence,
        @JsonProperty("canonical_url") String canonicalUrl,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String error) {

    static Line of(String source, Examined examined) {
        return switch (examined.verdict()) {
            case Kept _ -> of(source, "kept", null, examined);
            case Dropped dropped -> of(source, "dropped", dropped.breach(), examined);
        };
    }

    private static Line of(String source, String verdict, @Nullable Breach breach, Examined examined) {
        Article article = examined.article();
        return new Line(
                source,
                verdict,
                breach == null ? null : breach.rule(),
                breach == null ? null : breach.value(),
                breach == null ? null : breach.threshold(),
                article.title(),
                examined.text(),
                article.body(),
                examined.language().isEmpty() ? article.language() : examined.language(),
                article.author(),
                article.publishedOn(),
                article.licence(),
                article.canonicalUrl(),
                null);
    }

    static Line dropped(String source, Breach breach) {
        return new Line(
                source,
                "dropped",
                breach.rule(),
                breach.value(),
                breach.threshold(),
                "",
                "",
                "",
                "",
                "",
                "",
                "",
                "",
                null);
    }

    static Line error(String source, String why) {
        return new Line(source, "error", null, null, null, "", "", "", "", "", "", "", "", why);
    }

    boolean isError() {
        return error != null;
    }
}
