package org.millrace.cli.data.kafka;

import com.google.protobuf.Message;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.millrace.cli.data.Fact;
import org.millrace.cli.data.Fingerprints;
import org.millrace.cli.data.ModelSize;
import org.millrace.cli.data.Retracted;
import org.millrace.cli.data.TokenEstimate;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.DocumentDropped;
import org.millrace.proto.events.v1.DocumentRetracted;
import org.millrace.proto.events.v1.ModelPublished;
import org.millrace.proto.events.v1.ShardWritten;
import org.millrace.proto.events.v1.TokenizerPublished;
import org.millrace.proto.events.v1.UrlVisited;

/// What the log says about the data. Streams: of a document and a page 24 bytes are kept here, and
/// `pages.fetched`, the one topic with bodies, is not read: `urls.visited` says what came of each URL.
public final class LogFacts implements AutoCloseable {

    private static final String WEIGHTS = ".safetensors";

    /// Weights are published in fp32 (`docs/formats/checkpoints.md`); the header is a thousandth or less.
    private static final int BYTES_A_PARAMETER = 4;

    private final TopicScan scan;

    public LogFacts(String bootstrap) {
        scan = new TopicScan(bootstrap);
    }

    /// Retractions as they stand: the topic is compacted, and a record without a value takes the one under
    /// its key back. While they are read, each needs some 200 bytes.
    public Retracted retracted() {
        Map<String, DocumentRetracted> standing = new HashMap<>();
        scan.read(DocumentRetracted.class, (record, event) -> {
            if (event == null) {
                standing.remove(record.key());
            } else {
                standing.put(record.key(), event.toBuilder().clearReason().build());
            }
        });
        Retracted retracted = new Retracted();
        for (DocumentRetracted event : standing.values()) {
            if (event.getRule().isEmpty() && event.getSupersededBy().isEmpty()) {
                retracted.byPerson(event.hasUrl() ? event.getUrl() : event.getDocumentId());
            } else {
                retracted.byCleaner(event.getDocumentId());
            }
        }
        return retracted;
    }

    /// Which documents are taken back now, by their ids. What was taken back by its address counts under the address
    /// that it was published with last, as in [#read].
    public Predicate<String> takenBack() {
        Retracted retracted = retracted();
        Set<String> byUrl = new HashSet<>();
        if (retracted.anyByPerson()) {
            each(DocumentCleaned.class, document -> {
                if (retracted.isByPerson(document.getUrl())) {
                    byUrl.add(document.getDocumentId());
                } else {
                    byUrl.remove(document.getDocumentId());
                }
            });
        }
        return id -> retracted.isByPerson(id) || retracted.isByCleaner(id) || byUrl.contains(id);
    }

    /// Every fact that is on the log now.
    public void read(Consumer<Fact> facts) {
        each(UrlVisited.class, visited -> facts.accept(new Fact.Visited(name(visited), visited.getBytes())));
        Fingerprints standing = kept(facts);
        Fingerprints told = new Fingerprints();
        each(DocumentDropped.class, page -> {
            boolean asKept = standing.contains(page.getDuplicateOf() + " " + page.getUrl());
            String why = page.getDuplicateOf().isEmpty() ? page.getRule() : "duplicate";
            // A visit of a page that stands is no verdict: one that comes later counts.
            boolean seen = asKept || !told.add(why + " " + page.getUrl());
            facts.accept(seen ? new Fact.Revisited() : dropped(page));
        });
    }

    /// Each document as it was published last: its address may have changed. The topic is read twice to the same
    /// end, as the documents that are published again are few, and all others need not be remembered.
    ///
    /// @return id and URL of each
    private Fingerprints kept(Consumer<Fact> facts) {
        Map<TopicPartition, Long> ends = scan.ends(DocumentCleaned.class);
        LastPublished last = new LastPublished();
        each(DocumentCleaned.class, ends, (document, offset) -> last.see(document.getDocumentId(), offset));
        Fingerprints standing = new Fingerprints();
        each(DocumentCleaned.class, ends, (document, offset) -> {
            if (last.is(document.getDocumentId(), offset)) {
                standing.add(document.getDocumentId() + " " + document.getUrl());
                facts.accept(kept(document));
            } else {
                facts.accept(new Fact.PublishedAgain());
            }
        });
        return standing;
    }

    private static String name(UrlVisited visited) {
        return visited.getOutcome()
                .name()
                .replaceFirst("^OUTCOME_", "")
                .replace('_', ' ')
                .toLowerCase(Locale.ROOT);
    }

    private static Fact.Kept kept(DocumentCleaned document) {
        String text = document.getText();
        return new Fact.Kept(
                document.getDocumentId(),
                document.getUrl(),
                document.getLanguage(),
                document.getLicence(),
                !document.getTitle().isEmpty(),
                !document.getAuthor().isEmpty(),
                !document.getPublishedOn().isEmpty(),
                text.getBytes(StandardCharsets.UTF_8).length,
                text.length(),
                Fact.words(text),
                document.hasQualityScore() ? (double) document.getQualityScore() : null,
                new Fact.Counted(
                        document.getMaskedSpans(),
                        document.getToxicWords(),
                        document.getBiasWords(),
                        document.getRemovedParagraphs()));
    }

    private static Fact.Dropped dropped(DocumentDropped page) {
        return new Fact.Dropped(
                page.getUrl(),
                page.getRule(),
                page.getValue(),
                page.getThreshold(),
                page.getExcerpt(),
                page.getLanguage(),
                page.getCharacters(),
                page.getDuplicateOf());
    }

    /// Ids of the newest tokenizer.
    public OptionalInt vocabulary() {
        Newest<TokenizerPublished> newest = new Newest<>();
        each(TokenizerPublished.class, event -> newest.offer(event, event.getPublishedAtMs()));
        return newest.event == null ? OptionalInt.empty() : OptionalInt.of(newest.event.getVocabularySize());
    }

    /// What the newest tokenizer that has written shards of documents made of the text.
    public Optional<TokenEstimate.Measured> measured() {
        Map<String, Sums> tokenizers = new HashMap<>();
        Newest<Sums> newest = new Newest<>();
        each(ShardWritten.class, shard -> {
            if (shard.getKind() == ShardWritten.Kind.KIND_DOCUMENTS && shard.getTokens() > 0 && shard.getBytes() > 0) {
                String tokenizer = shard.getTokenizer() + " " + shard.getTokenizerVersion();
                Sums sums = tokenizers.computeIfAbsent(tokenizer, Sums::new);
                sums.add(shard);
                newest.offer(sums, shard.getWrittenAtMs());
            }
        });
        return Optional.ofNullable(newest.event).map(Sums::measured);
    }

    private static final class Sums {
        private final String tokenizer;
        private final Set<String> shards = new HashSet<>();
        private long bytes;
        private long tokens;
        private double fewestBytes = Double.POSITIVE_INFINITY;
        private double mostBytes;

        Sums(String tokenizer) {
            this.tokenizer = tokenizer;
        }

        TokenEstimate.Measured measured() {
            return new TokenEstimate.Measured(tokenizer, bytes, tokens, fewestBytes, mostBytes);
        }

        void add(ShardWritten shard) {
            if (shards.add(shard.getShardId())) {
                bytes += shard.getBytes();
                tokens += shard.getTokens();
                double rate = (double) shard.getBytes() / shard.getTokens();
                fewestBytes = Math.min(fewestBytes, rate);
                mostBytes = Math.max(mostBytes, rate);
            }
        }
    }

    /// The model that answers and was published last.
    public Optional<ModelSize> newestModel() {
        Newest<ModelPublished> newest = new Newest<>();
        each(ModelPublished.class, model -> {
            if (model.getRole() == ModelPublished.Role.ROLE_POLICY) {
                newest.offer(model, model.getPublishedAtMs());
            }
        });
        ModelPublished model = newest.event;
        if (model == null) {
            return Optional.empty();
        }
        long bytes = model.getFilesList().stream()
                .filter(file -> file.getName().endsWith(WEIGHTS)) // one file, or several with an index
                .mapToLong(file -> file.getArtifact().getLength())
                .sum();
        return bytes < BYTES_A_PARAMETER
                ? Optional.empty()
                : Optional.of(new ModelSize(
                        bytes / BYTES_A_PARAMETER,
                        "%s version %d, the newest model".formatted(model.getName(), model.getVersion())));
    }

    private static final class Newest<T> {
        private @Nullable T event;
        private long at = Long.MIN_VALUE;

        void offer(T candidate, long publishedAt) {
            if (publishedAt >= at) {
                event = candidate;
                at = publishedAt;
            }
        }
    }

    private <M extends Message> void each(Class<M> type, Consumer<M> events) {
        each(type, scan.ends(type), (event, _) -> events.accept(event));
    }

    private <M extends Message> void each(
            Class<M> type, Map<TopicPartition, Long> ends, ObjLongConsumer<M> eventAndOffset) {
        scan.read(type, ends, (record, event) -> {
            if (event != null) {
                eventAndOffset.accept(event, record.offset());
            }
        });
    }

    /// Records so far that are no event of their topic.
    public long unreadable() {
        return scan.unreadable();
    }

    @Override
    public void close() {
        scan.close();
    }
}
