package org.millrace.cleaner.kafka;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.millrace.cleaner.duplicate.Change;
import org.millrace.cleaner.duplicate.Duplicates;
import org.millrace.cleaner.duplicate.Proposal;
import org.millrace.cleaner.duplicate.Store;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.exactlyonce.BatchTransform;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.DocumentDropped;
import org.millrace.proto.events.v1.DocumentProposed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The second of two steps: one proposed document in, and out whatever it changes about what is kept:
/// itself published or dropped, earlier documents taken back or published in another form. The topic has
/// one partition, so one instance at a time decides.
///
/// The index of earlier documents is a function of the log below its position, so there is nothing to keep in
/// step with Kafka's transactions but that position. A batch's changes wait in memory until the next
/// batch shows that it was committed, by starting behind it; a batch that starts before it undoes them.
///
/// ```text
///   log   0 ·········· stored ·········· position ······· first record of the next batch
///         └── on disk ──┘└── in memory ──┘└── read again if a gap is possible ──┘
/// ```
///
/// A killed process leaves the index at an earlier position, and the log leads from there.
final class DuplicateStage implements BatchTransform, ConsumerRebalanceListener, AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(DuplicateStage.class);

    /// Changes in memory while the index catches up: about 30 a document, 100 bytes each.
    private static final int MOST_UNSTORED = 30_000;

    /// Neighbours in the log are often judged together: a banner's first pages, a page and its copies.
    private static final int RECENT = 64;

    private final ProposalLog log;
    private final Duplicates.Settings settings;
    private final Store store;
    private final Duplicates duplicates;
    private final Outcomes outcomes;
    private final BatchTransform decisions = BatchTransform.each("cleaner", this::decide);
    private final Map<Long, DocumentProposed> recent = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, DocumentProposed> eldest) {
            return size() > RECENT;
        }
    };

    /// For the gauge, which is read by another thread.
    private volatile int documents;

    /// Whether only transaction markers can lie between the index's position and the next record to come.
    private boolean continuous;

    DuplicateStage(ProposalLog log, Store store, Duplicates.Settings settings, MeterRegistry metrics) {
        this.log = log;
        this.store = store;
        this.settings = settings;
        this.duplicates = new Duplicates(
                store, at -> proposal(at).map(p -> p.getDocument().getText()), settings);
        this.outcomes = new Outcomes(metrics);
        metrics.gauge("duplicate_index_documents", this, stage -> stage.documents);
    }

    @Override
    public List<ProducerRecord<String, byte[]>> apply(List<ConsumerRecord<String, byte[]>> batch) {
        ConsumerRecord<String, byte[]> first = batch.getFirst();
        if (batch.stream().anyMatch(r -> r.partition() != 0)) {
            throw new IllegalStateException(
                    first.topic() + ": expected 1 partition, got more: their order is undefined");
        }
        boolean sound = false;
        try {
            if (first.offset() < duplicates.position()) {
                duplicates.forget(); // the last batch was aborted
            } else {
                duplicates.keep(); // the last batch was committed, by whomever
            }
            if (!continuous || first.offset() < duplicates.position()) {
                catchUp(first.offset());
            }
            List<ProducerRecord<String, byte[]>> output = decisions.apply(batch);
            documents = duplicates.size();
            sound = true;
            return output;
        } finally {
            if (!sound) {
                duplicates.forget(); // half a record's changes must never be stored
            }
        }
    }

    private void catchUp(long next) {
        String name = log.name() + " " + settings;
        if (!name.equals(duplicates.log()) || next < duplicates.position()) {
            if (!duplicates.log().isEmpty()) {
                LOGGER.warn(
                        "duplicate index is made anew: it knows '{}' below offset={}, and '{}' goes on at offset={}",
                        duplicates.log(),
                        duplicates.position(),
                        name,
                        next);
            }
            duplicates.beginAnew(name);
        }
        long from = duplicates.position();
        log.read(from, next, this::fold);
        duplicates.skip(next);
        duplicates.keep();
        continuous = true;
        LOGGER.info("duplicate index at offset={} from={} documents={}", next, from, duplicates.size());
    }

    private void fold(ConsumerRecord<String, byte[]> record) {
        try {
            take(record);
        } catch (BadRecord e) {
            // It went to the dead letters when its turn came.
            LOGGER.debug("offset={} is no proposal: {}", record.offset(), e.getMessage());
        }
        if (duplicates.unstored() > MOST_UNSTORED) {
            duplicates.keep();
        }
    }

    private List<ProducerRecord<String, byte[]>> decide(ConsumerRecord<String, byte[]> record) throws BadRecord {
        List<ProducerRecord<String, byte[]>> output = new ArrayList<>();
        for (Change change : take(record)) {
            said(change, record.timestamp()).ifPresent(output::add);
        }
        return output;
    }

    private List<Change> take(ConsumerRecord<String, byte[]> record) throws BadRecord {
        duplicates.skip(record.offset() + 1);
        DocumentProposed event = Events.read(record, DocumentProposed.class);
        Proposal proposal = proposal(record.offset(), event);
        recent.put(record.offset(), event);
        return duplicates.add(proposal);
    }

    private static Proposal proposal(long offset, DocumentProposed event) throws BadRecord {
        DocumentCleaned document = event.getDocument();
        try {
            return new Proposal(
                    document.getDocumentId(),
                    document.getUrl(),
                    document.getText().length(),
                    event.getSignatureList().stream()
                            .mapToInt(Integer::intValue)
                            .toArray(),
                    event.getParagraphsList().stream()
                            .mapToLong(Long::longValue)
                            .toArray(),
                    offset);
        } catch (IllegalArgumentException e) {
            throw new BadRecord(String.valueOf(e.getMessage()), e);
        }
    }

    private Optional<ProducerRecord<String, byte[]>> said(Change change, long nowMs) {
        return switch (change) {
            case Change.Publish publish -> published(publish);
            case Change.TakeBack(var id, var supersededBy, var rule) ->
                Optional.of(outcomes.takenBack(id, supersededBy, rule, nowMs));
            case Change.Restore(var id) -> Optional.of(outcomes.restored(id));
            case Change.Drop(var page, var breach, var of) -> Optional.of(outcomes.dropped(drop(page, of), breach));
        };
    }

    private Optional<ProducerRecord<String, byte[]>> published(Change.Publish publish) {
        Optional<DocumentProposed> proposal = proposal(publish.page().position());
        if (proposal.isEmpty()) {
            LOGGER.warn(
                    "document {} keeps its earlier address: the broker does not keep its proposal at offset={}",
                    publish.id(),
                    publish.page().position());
            return Optional.empty();
        }
        DocumentCleaned.Builder document =
                proposal.get().getDocument().toBuilder().setReplacesUrl(publish.replacesUrl());
        if (publish.text() != null) {
            document.setDocumentId(publish.id()).setText(publish.text()).setRemovedParagraphs(publish.removed());
        }
        return Optional.of(outcomes.kept(document.build()));
    }

    /// What is known of a page: all of it, or its address where the broker does not keep the rest.
    private DocumentDropped.Builder drop(Change.Page page, String of) {
        return proposal(page.position())
                .map(proposal -> outcomes.drop(proposal.getDocument()))
                .orElseGet(() -> DocumentDropped.newBuilder().setUrl(page.url()))
                .setDuplicateOf(of);
    }

    private Optional<DocumentProposed> proposal(long offset) {
        DocumentProposed known = recent.get(offset);
        if (known != null) {
            return Optional.of(known);
        }
        Optional<DocumentProposed> found = log.at(offset).map(record -> {
            try {
                return Events.read(record, DocumentProposed.class);
            } catch (BadRecord e) {
                throw new IllegalStateException("offset " + offset + " was a proposal, and is none any more", e);
            }
        });
        found.ifPresent(proposal -> recent.put(offset, proposal));
        return found;
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        // The first batch tells where the log goes on.
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        continuous = false;
    }

    /// To be called on the thread that works, or after its end.
    @Override
    public void close() {
        log.close();
        store.close();
    }
}
