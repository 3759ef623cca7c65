package org.millrace.cleaner.command;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import org.jspecify.annotations.Nullable;
import org.millrace.cleaner.Document;
import org.millrace.cleaner.Examined;
import org.millrace.cleaner.Verdict.Dropped;
import org.millrace.cleaner.Verdict.Kept;
import org.millrace.cleaner.duplicate.Change;
import org.millrace.cleaner.rule.Breach;

/// What became of one page, as a line of output. Text is empty where the page has none; it is there for
/// dropped pages too, and so is what was counted in it. Names are those of the events `DocumentCleaned` and
/// `DocumentDropped`, but for the first ones and `date`.
///
/// @param verdict `kept`, `dropped` or `error`
/// @param rule that the page did not hold, with what was measured and what was asked; null if it is kept
/// @param text Markdown-like, as it is published: personal data masked
/// @param body plain text of the article alone, personal data not masked
/// @param documentId of a kept page, else empty
/// @param qualityScore null where no classifier is configured
/// @param duplicateOf id of the document that is kept in its place, for the duplicate rules
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
    "document_id",
    "language_score",
    "masked_spans",
    "quality_score",
    "toxic_words",
    "bias_words",
    "removed_paragraphs",
    "duplicate_of",
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
        @JsonProperty("document_id") String documentId,
        @JsonProperty("language_score") double languageScore,
        @JsonProperty("masked_spans") int maskedSpans,
        @JsonProperty("quality_score") @Nullable Double qualityScore,
        @JsonProperty("toxic_words") int toxicWords,
        @JsonProperty("bias_words") int biasWords,
        @JsonProperty("removed_paragraphs") int removedParagraphs,
        @JsonProperty("duplicate_of") String duplicateOf,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String error) {

    private static final String KEPT = "kept";
    private static final String DROPPED = "dropped";

    static Line of(String source, Examined examined) {
        return switch (examined.verdict()) {
            case Kept _ -> of(source, KEPT, null, examined);
            case Dropped dropped -> of(source, DROPPED, dropped.breach(), examined);
        };
    }

    private static Line of(String source, String verdict, @Nullable Breach breach, Examined examined) {
        Document document = examined.document();
        return new Line(
                source,
                verdict,
                breach == null ? null : breach.rule(),
                breach == null ? null : breach.value(),
                breach == null ? null : breach.threshold(),
                document.title(),
                document.text(),
                examined.article().body(),
                document.language().isEmpty() ? examined.article().language() : document.language(),
                document.author(),
                document.publishedOn(),
                document.licence(),
                document.canonicalUrl(),
                breach == null ? document.id() : "",
                document.languageScore(),
                document.maskedSpans(),
                document.qualityScore().isPresent()
                        ? (Double) document.qualityScore().getAsDouble()
                        : null,
                document.toxicWords(),
                document.biasWords(),
                0,
                "",
                null);
    }

    static Line dropped(String source, Breach breach) {
        return unread(source, DROPPED, breach, null);
    }

    static Line error(String source, String why) {
        return unread(source, "error", null, why);
    }

    private static Line unread(String source, String verdict, @Nullable Breach breach, @Nullable String error) {
        return new Line(
                source,
                verdict,
                breach == null ? null : breach.rule(),
                breach == null ? null : breach.value(),
                breach == null ? null : breach.threshold(),
                "",
                "",
                "",
                "",
                "",
                "",
                "",
                "",
                "",
                0,
                0,
                null,
                0,
                0,
                0,
                "",
                error);
    }

    /// The same after the search for duplicates.
    Line after(Change.OfPage found) {
        return switch (found) {
            case Change.Publish(var _, var id, var rest, int removed, var _) ->
                judged(KEPT, null, rest == null ? text : rest, id, removed, "");
            case Change.Drop(var _, var breach, var of) -> judged(DROPPED, breach, text, "", 0, of);
        };
    }

    private Line judged(String newVerdict, @Nullable Breach breach, String newText, String id, int removed, String of) {
        return new Line(
                source,
                newVerdict,
                breach == null ? null : breach.rule(),
                breach == null ? null : breach.value(),
                breach == null ? null : breach.threshold(),
                title,
                newText,
                body,
                language,
                author,
                date,
                licence,
                canonicalUrl,
                id,
                languageScore,
                maskedSpans,
                qualityScore,
                toxicWords,
                biasWords,
                removed,
                of,
                error);
    }

    @JsonIgnore
    boolean isKept() {
        return verdict.equals(KEPT);
    }

    @JsonIgnore
    boolean isUnreadable() {
        return error != null;
    }
}
