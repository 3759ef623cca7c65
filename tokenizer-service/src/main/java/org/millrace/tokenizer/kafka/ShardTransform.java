package org.millrace.tokenizer.kafka;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.artifacts.Reference;
import org.millrace.events.BadRecord;
import org.millrace.events.DeadLetters;
import org.millrace.events.Events;
import org.millrace.exactlyonce.BatchTransform;
import org.millrace.proto.events.v1.ShardWritten;
import org.millrace.shards.Sequence;
import org.millrace.shards.ShardHeader;
import org.millrace.shards.ShardWriter;
import org.millrace.tokenizer.Document;
import org.millrace.tokenizer.PublishedTokenizer;
import org.millrace.tokenizer.Selection;
import org.millrace.tokenizer.ShardGroup;
import org.millrace.tokenizer.Sharder;
import org.millrace.tokenizer.Split;
import org.millrace.tokenizer.Tally;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One poll of documents and conversations in; at most one `ShardWritten` of each group out, and a
/// dead letter for each record that nobody can use.
///
/// The files are in the store before the events are sent. They are named by their contents, so a
/// batch that is tried again finds them there; if it never commits, they are files nobody names.
final class ShardTransform implements BatchTransform {

    private static final Logger LOGGER = LoggerFactory.getLogger(ShardTransform.class);
    private static final Events EVENTS = new Events("tokenizer");

    private final PublishedTokenizer tokenizer;
    private final Selection selection;
    private final Runnable catchUp;
    private final ArtifactStore store;
    private final Path scratch;
    private final double validationShare;
    private final Clock clock;
    private final Tally tally;
    private Tally.Counts uncommitted = Tally.Counts.NONE;

    /// @param selection among the documents
    /// @param catchUp brings it up to date with all that was said before a document in hand
    ShardTransform(
            PublishedTokenizer tokenizer,
            Selection selection,
            Runnable catchUp,
            ArtifactStore store,
            Path scratch,
            double validationShare,
            Clock clock,
            Tally tally) {
        this.tokenizer = tokenizer;
        this.selection = selection;
        this.catchUp = catchUp;
        this.store = store;
        this.scratch = scratch;
        this.validationShare = validationShare;
        this.clock = clock;
        this.tally = tally;
    }

    @Override
    public List<ProducerRecord<String, byte[]>> apply(List<ConsumerRecord<String, byte[]>> batch) {
        catchUp.run();
        selection.begin();
        Sharder sharder = new Sharder(tokenizer, validationShare);
        Lineage lineage = new Lineage();
        List<ProducerRecord<String, byte[]>> output = new ArrayList<>();
        for (ConsumerRecord<String, byte[]> record : batch) {
            try {
                add(record, sharder, lineage);
            } catch (BadRecord e) {
                LOGGER.warn(
                        "dead letter: topic={} partition={} offset={} reason={}",
                        record.topic(),
                        record.partition(),
                        record.offset(),
                        e.getMessage());
                output.add(DeadLetters.of(record, "tokenizer", String.valueOf(e.getMessage())));
            }
        }
        uncommitted = Tally.Counts.NONE;
        try {
            for (Map.Entry<ShardGroup, List<Sequence>> group : sharder.groups().entrySet()) {
                output.add(write(
                        sharder.header(group.getKey()),
                        group.getKey(),
                        group.getValue(),
                        lineage.sources(group.getKey())));
            }
        } catch (IOException e) {
            // No record is at fault: the process ends, and the batch is read again when it is back.
            throw new UncheckedIOException("shards cannot be stored", e);
        }
        return output;
    }

    /// To be called when the last batch is committed: only then does it count.
    void committed() {
        selection.commit();
        tally.add(uncommitted);
        uncommitted = Tally.Counts.NONE;
    }

    private void add(ConsumerRecord<String, byte[]> record, Sharder sharder, Lineage lineage) throws BadRecord {
        if (record.topic().equals(Inputs.CONVERSATIONS)) {
            try {
                lineage.add(sharder.add(Inputs.conversation(record)), record);
            } catch (IllegalArgumentException e) {
                throw Inputs.bad(e);
            }
            return;
        }
        Document document = Inputs.document(record);
        if (selection.takes(document)) {
            lineage.add(sharder.add(document), record);
        }
    }

    private ProducerRecord<String, byte[]> write(
            ShardHeader header, ShardGroup group, List<Sequence> sequences, List<ShardWritten.Source> sources)
            throws IOException {
        Reference file = store(header, sequences);
        long tokens = sequences.stream().mapToLong(s -> s.tokens().length).sum();
        boolean documents = group.kind() == ShardHeader.Kind.DOCUMENTS;
        uncommitted = uncommitted.plus(
                new Tally.Counts(documents ? sequences.size() : 0, documents ? 0 : sequences.size(), tokens, 1));
        return EVENTS.record(
                file.sha256(),
                ShardWritten.newBuilder()
                        .setShardId(file.sha256())
                        .setFile(Stored.artifact(file))
                        .setKind(kind(group.kind()))
                        .setSplit(split(group.split()))
                        .setTokenizer(header.tokenizer())
                        .setTokenizerVersion(header.tokenizerVersion())
                        .setSequences(sequences.size())
                        .setTokens(tokens)
                        .setBytes(sequences.stream()
                                .mapToLong(Sequence::textBytes)
                                .sum())
                        .setDataset(group.dataset())
                        .setWrittenAtMs(clock.millis())
                        .addAllSources(sources)
                        .build());
    }

    private Reference store(ShardHeader header, List<Sequence> sequences) throws IOException {
        Files.createDirectories(scratch);
        Path file = Files.createTempFile(scratch, "batch-", ".shard");
        try {
            ShardWriter.write(file, header, sequences);
            return store.put(file);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static ShardWritten.Kind kind(ShardHeader.Kind kind) {
        return switch (kind) {
            case DOCUMENTS -> ShardWritten.Kind.KIND_DOCUMENTS;
            case CONVERSATIONS -> ShardWritten.Kind.KIND_CONVERSATIONS;
        };
    }

    private static ShardWritten.Split split(Split split) {
        return switch (split) {
            case TRAIN -> ShardWritten.Split.SPLIT_TRAIN;
            case VALIDATION -> ShardWritten.Split.SPLIT_VALIDATION;
        };
    }
}
