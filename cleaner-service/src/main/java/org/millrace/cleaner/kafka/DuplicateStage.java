package org.millrace.cleaner.kafka;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.millrace.cleaner.duplicate.Duplicates;
import org.millrace.cleaner.duplicate.Judgement;
import org.millrace.cleaner.duplicate.Judgement.First;
import org.millrace.cleaner.duplicate.Judgement.Repeats;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.exactlyonce.BatchTransform;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.DocumentDropped;
import org.millrace.proto.events.v1.DocumentProposed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The second of two steps: one proposed document in, exactly one `DocumentCleaned` or
/// `DocumentDropped` out. The topic has one partition, so one instance at a time decides, in one order.
///
/// The index of earlier documents is the proposals' log itself, judged again: after a start, and after
/// an aborted batch, from its beginning; after another instance had the partition, from where this
/// one's knowledge ends. Nothing is stored, so nothing can disagree with the log.
///
/// ```text
///   log   0 ············ folded ············ first record of the batch ···········
///         └─ in the index ─┘└─ read again if a gap is possible ─┘└─ judged and published
/// ```
final class DuplicateStage implements BatchTransform, ConsumerRebalanceListener {

    private static final Logger LOGGER = LoggerFactory.getLogger(DuplicateStage.class);

    private final ProposalLog log;
    private final Outcomes outcomes;
    private final BatchTransform decisions = BatchTransform.each("cleaner", this::decide);
    private Duplicates duplicates = new Duplicates();

    /// Every record below this offset is in `duplicates`, and no other is.
    private long folded;

    /// Whether only transaction markers can lie between `folded` and the next record to come.
    private boolean continuous;

    DuplicateStage(ProposalLog log, MeterRegistry metrics) {
        this.log = log;
        this.outcomes = new Outcomes(metrics);
        metrics.gauge("duplicate_index_documents", this, stage -> stage.duplicates.size());
    }

    @Override
    public List<ProducerRecord<String, byte[]>> apply(List<ConsumerRecord<String, byte[]>> batch) {
        ConsumerRecord<String, byte[]> first = batch.getFirst();
        if (batch.stream().anyMatch(r -> r.partition() != 0)) {
            throw new IllegalStateException(
                    first.topic() + ": expected 1 partition, got more: their order is undefined");
        }
        if (!continuous || first.offset() < folded) {
            catchUp(first);
        }
        return decisions.apply(batch);
    }

    private void catchUp(ConsumerRecord<String, byte[]> next) {
        if (next.offset() < folded) { // an aborted batch comes again: its documents must be forgotten
            duplicates = new Duplicates();
            folded = 0;
        }
        log.read(new TopicPartition(next.topic(), next.partition()), folded, next.offset(), this::fold);
        folded = next.offset();
        continuous = true;
        LOGGER.info("duplicate index at offset={} documents={}", folded, duplicates.size());
    }

    private void fold(ConsumerRecord<String, byte[]> record) {
        try {
            judge(Events.read(record, DocumentProposed.class));
        } catch (BadRecord e) {
            // It went to the dead letters when its turn came.
            LOGGER.debug("offset={} is no proposal: {}", record.offset(), e.getMessage());
        }
    }

    private List<ProducerRecord<String, byte[]>> decide(ConsumerRecord<String, byte[]> record) throws BadRecord {
        folded = record.offset() + 1;
        DocumentProposed proposal = Events.read(record, DocumentProposed.class);
        DocumentCleaned document = proposal.getDocument();
        return List.of(
                switch (judge(proposal)) {
                    case First() -> outcomes.kept(document);
                    case Repeats(var breach, var of) ->
                        outcomes.dropped(
                                DocumentDropped.newBuilder()
                                        .setUrl(document.getUrl())
                                        .setLanguage(document.getLanguage())
                                        .setFetchedAtMs(document.getFetchedAtMs())
                                        .setCrawlId(document.getCrawlId())
                                        .setDuplicateOf(of),
                                breach);
                });
    }

    private Judgement judge(DocumentProposed proposal) throws BadRecord {
        int[] signature =
                proposal.getSignatureList().stream().mapToInt(Integer::intValue).toArray();
        try {
            return duplicates.judge(proposal.getDocument().getDocumentId(), signature);
        } catch (IllegalArgumentException e) {
            throw new BadRecord(String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        // The first batch tells where the log goes on.
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        continuous = false;
    }
}
