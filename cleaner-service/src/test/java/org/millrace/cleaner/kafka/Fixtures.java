package org.millrace.cleaner.kafka;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.record.TimestampType;
import org.millrace.cleaner.Cleaner;
import org.millrace.cleaner.StandardCleaner;
import org.millrace.cleaner.duplicate.MinHash;
import org.millrace.cleaner.duplicate.Paragraphs;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.DocumentProposed;
import org.millrace.proto.events.v1.PageFetched;

/// Events as the services around this one would write them.
final class Fixtures {

    static final Events CRAWLER = new Events("crawler");

    private Fixtures() {}

    static Cleaner cleaner() {
        return StandardCleaner.create();
    }

    static PageFetched page(String url, String html) {
        return PageFetched.newBuilder()
                .setUrl(url)
                .setOutcome(PageFetched.Outcome.OUTCOME_FETCHED)
                .setStatus(200)
                .setContentType("text/html; charset=utf-8")
                .setFetchedAtMs(1_700_000_000_000L)
                .setCrawlId("crawl-1")
                .setInline(ByteString.copyFrom(html, StandardCharsets.UTF_8))
                .build();
    }

    /// With the id that the text has.
    static DocumentProposed proposalOf(String url, String text) {
        DocumentProposed.Builder proposal = proposal(0, text).toBuilder();
        proposal.getDocumentBuilder().setDocumentId(sha256(text)).setUrl(url);
        return proposal.build();
    }

    private static String sha256(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    static DocumentProposed proposal(int number, String text) {
        return DocumentProposed.newBuilder()
                .setDocument(DocumentCleaned.newBuilder()
                        .setDocumentId("%02x".formatted(number).repeat(32))
                        .setUrl("https://example.org/" + number)
                        .setText(text))
                .addAllSignature(Arrays.stream(MinHash.signature(text)).boxed()::iterator)
                .addAllParagraphs(Arrays.stream(Paragraphs.edges(text)).boxed()::iterator)
                .build();
    }

    static ProducerRecord<String, byte[]> event(DocumentProposed proposal) {
        return new Events("cleaner").record(proposal.getDocument().getDocumentId(), proposal);
    }

    /// The record as a consumer gets it.
    static ConsumerRecord<String, byte[]> consumed(ProducerRecord<String, byte[]> record, long offset) {
        return new ConsumerRecord<>(
                record.topic(),
                0,
                offset,
                7,
                TimestampType.CREATE_TIME,
                0,
                0,
                record.key(),
                record.value(),
                record.headers(),
                Optional.empty());
    }
}
