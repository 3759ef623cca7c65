package org.millrace.cleaner.kafka;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.cleaner.Cleaner;
import org.millrace.cleaner.Document;
import org.millrace.cleaner.Page;
import org.millrace.cleaner.Retractions;
import org.millrace.cleaner.Verdict;
import org.millrace.cleaner.Verdict.Dropped;
import org.millrace.cleaner.Verdict.Kept;
import org.millrace.cleaner.duplicate.MinHash;
import org.millrace.cleaner.duplicate.Paragraphs;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.exactlyonce.Transform;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.DocumentDropped;
import org.millrace.proto.events.v1.DocumentProposed;
import org.millrace.proto.events.v1.PageFetched;
import org.millrace.proto.events.v1.PageFetched.Outcome;

/// The first of two steps: one fetched page in, exactly one `DocumentProposed` or `DocumentDropped`
/// out. Looks at the page alone, so any number of instances share the work. Pages that were not
/// fetched are no business of this service: they pass, counted. A page that its owner took back is dropped
/// unread.
final class PageTransform implements Transform {

    private final Cleaner cleaner;
    private final Bodies bodies;
    private final Retractions retractions;
    private final Outcomes outcomes;
    private final MeterRegistry metrics;
    private final Timer pageSeconds;

    /// @param retractions kept up to date by somebody else
    PageTransform(Cleaner cleaner, ArtifactStore artifacts, Retractions retractions, MeterRegistry metrics) {
        this.cleaner = cleaner;
        this.bodies = new Bodies(artifacts);
        this.retractions = retractions;
        this.outcomes = new Outcomes(metrics);
        this.metrics = metrics;
        this.pageSeconds = Timer.builder("page_seconds")
                .description("time to judge one page")
                .register(metrics);
    }

    @Override
    public List<ProducerRecord<String, byte[]>> apply(ConsumerRecord<String, byte[]> record) throws BadRecord {
        PageFetched event = Events.read(record, PageFetched.class);
        if (event.getUrl().isEmpty()) {
            throw new BadRecord("url: expected an absolute URL, got none");
        }
        if (event.getOutcome() != Outcome.OUTCOME_FETCHED) {
            String outcome = event.getOutcome().name().replace("OUTCOME_", "").toLowerCase(Locale.ROOT);
            metrics.counter("pages_passed", "outcome", outcome).increment();
            return List.of();
        }
        if (retractions.covers(event.getUrl())) {
            return List.of(outcomes.dropped(drop(event), Retractions.BREACH));
        }
        Page page = new Page(event.getUrl(), event.getContentType(), bodies.read(event));
        Timer.Sample sample = Timer.start(metrics);
        Verdict verdict = cleaner.judge(page);
        sample.stop(pageSeconds);
        return List.of(
                switch (verdict) {
                    case Kept(var document)
                    when retractions.covers(document.id()) ->
                        outcomes.dropped(drop(event).setLanguage(document.language()), Retractions.BREACH);
                    case Kept(var document) -> outcomes.proposed(proposal(event, document));
                    case Dropped(var breach, var language, var excerpt, int characters) ->
                        outcomes.dropped(
                                drop(event)
                                        .setLanguage(language)
                                        .setExcerpt(excerpt)
                                        .setCharacters(characters),
                                breach);
                });
    }

    private static DocumentDropped.Builder drop(PageFetched event) {
        return DocumentDropped.newBuilder()
                .setUrl(event.getUrl())
                .setFetchedAtMs(event.getFetchedAtMs())
                .setCrawlId(event.getCrawlId());
    }

    /// What the page says of itself goes before what its server says of everything.
    private static String licence(PageFetched event, Document document) {
        return document.licence().isEmpty() ? event.getLicence() : document.licence();
    }

    private static DocumentProposed proposal(PageFetched event, Document document) {
        DocumentCleaned.Builder cleaned = DocumentCleaned.newBuilder()
                .setDocumentId(document.id())
                .setUrl(event.getUrl())
                .setTitle(document.title())
                .setText(document.text())
                .setLanguage(document.language())
                .setLanguageScore((float) document.languageScore())
                .setLicence(licence(event, document))
                .setFetchedAtMs(event.getFetchedAtMs())
                .setMaskedSpans(document.maskedSpans())
                .setCrawlId(event.getCrawlId())
                .setCanonicalUrl(document.canonicalUrl())
                .setAuthor(document.author())
                .setPublishedOn(document.publishedOn())
                .setToxicWords(document.toxicWords())
                .setBiasWords(document.biasWords());
        document.qualityScore().ifPresent(score -> cleaned.setQualityScore((float) score));
        return DocumentProposed.newBuilder()
                .setDocument(cleaned)
                .addAllSignature(
                        Arrays.stream(MinHash.signature(document.text())).boxed()::iterator)
                .addAllParagraphs(
                        Arrays.stream(Paragraphs.edges(document.text())).boxed()::iterator)
                .build();
    }
}
