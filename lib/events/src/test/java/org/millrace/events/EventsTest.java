package org.millrace.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Message;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.ContextPropagators;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.proto.events.v1.Artifact;
import org.millrace.proto.events.v1.MetricsReported;
import org.millrace.proto.events.v1.PageFetched;
import org.millrace.proto.events.v1.RankingSubmitted;
import org.millrace.proto.events.v1.TieGroup;

class EventsTest {

    private static final PageFetched PAGE = PageFetched.newBuilder()
            .setCrawlId("c")
            .setUrl("http://a.example/")
            .setStatus(200)
            .build();

    private final Events events = new Events("crawler");

    @Test
    void whatWasPublishedIsRead() throws BadRecord {
        ProducerRecord<String, byte[]> record = events.record("k", PAGE);

        assertThat(record.topic()).isEqualTo("pages.fetched.v1");
        assertThat(record.key()).isEqualTo("k");
        assertThat(Events.read(received(record), PageFetched.class)).isEqualTo(PAGE);
    }

    @Test
    void attributesFollowCloudEvents() {
        Headers headers = events.record("k", PAGE).headers();

        assertThat(text(headers, "ce_id")).matches("[0-9a-f]{64}");
        assertThat(text(headers, "ce_type")).isEqualTo("millrace.events.v1.PageFetched");
        assertThat(text(headers, "ce_source")).isEqualTo("millrace/crawler");
        assertThat(text(headers, "ce_time")).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z");
        assertThat(text(headers, "ce_specversion")).isEqualTo("1.0");
        assertThat(text(headers, "content-type")).isEqualTo("application/protobuf");
    }

    @Test
    void anEventBelongsToTheTraceThatItWasMadeIn() {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        String span = "00f067aa0ba902b7";
        ProducerRecord<String, byte[]> record;
        try (Scope _ = Span.wrap(SpanContext.create(trace, span, TraceFlags.getSampled(), TraceState.getDefault()))
                .makeCurrent()) {
            record = events.record("k", PAGE);
        }
        ProducerRecord<String, byte[]> outside = events.record("k", PAGE);
        ProducerRecord<String, byte[]> spoilt = events.record("k", PAGE);
        spoilt.headers().add("traceparent", "00-no-trace-01".getBytes(UTF_8));

        assertThat(text(record.headers(), "traceparent")).isEqualTo("00-" + trace + "-" + span + "-01");
        assertThat(Span.fromContext(Traces.of(received(record))).getSpanContext())
                .isEqualTo(SpanContext.createFromRemoteParent(
                        trace, span, TraceFlags.getSampled(), TraceState.getDefault()));
        assertThat(outside.headers().lastHeader("traceparent")).isNull();
        assertThat(Traces.of(received(outside))).isSameAs(Context.root());
        assertThat(Traces.of(received(spoilt))).isSameAs(Context.root());
    }

    @Test
    void equalEventsAreEqualBytesUnderAnEqualId() {
        MetricsReported forwards =
                MetricsReported.newBuilder().putValues("a", 1).putValues("b", 2).build();
        MetricsReported backwards =
                MetricsReported.newBuilder().putValues("b", 2).putValues("a", 1).build();

        ProducerRecord<String, byte[]> first = events.record("k", forwards);
        ProducerRecord<String, byte[]> second = events.record("k", backwards);

        assertThat(first.value()).isEqualTo(second.value());
        assertThat(text(first.headers(), "ce_id")).isEqualTo(text(second.headers(), "ce_id"));
        assertThat(text(events.record("other", forwards).headers(), "ce_id"))
                .isNotEqualTo(text(first.headers(), "ce_id"));
    }

    @Test
    void aMessageThatTravelsInsideOthersHasNoTopic() {
        assertThatThrownBy(() -> Events.topic(Artifact.class))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("millrace.events.v1.Artifact");
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "application/json; charset=utf-8", "Application/JSON"})
    void jsonIsReadWhereTheHeaderSaysSo(String contentType) throws BadRecord {
        byte[] json =
                "{\"rankingId\": \"r\", \"ranking\": [{\"candidateIds\": [\"a\"]}], \"leadTimeMs\": \"7\", \"colour\": 1}"
                        .getBytes(UTF_8);

        RankingSubmitted ranking = Events.read(record(json, null, contentType), RankingSubmitted.class);

        assertThat(ranking)
                .isEqualTo(RankingSubmitted.newBuilder()
                        .setRankingId("r")
                        .addRanking(TieGroup.newBuilder().addCandidateIds("a"))
                        .setLeadTimeMs(7)
                        .build());
    }

    @Test
    void aFieldOfANewerWriterIsSkipped() throws BadRecord {
        byte[] newer = concatenated(PAGE.toByteArray(), new byte[] {(byte) 0xa0, 0x3f, 1}); // field 1012 := 1

        assertThat(Events.read(record(newer, "millrace.events.v1.PageFetched", null), PageFetched.class)
                        .getUrl())
                .isEqualTo("http://a.example/");
    }

    @Test
    void foreignBytesThatHappenToParseAreBad() {
        byte[] foreign = concatenated(PAGE.toByteArray(), new byte[] {(byte) 0xa0, 0x3f, 1});

        assertBad(record(foreign, null, null), "no ce_type header vouches for it");
    }

    @Test
    void aTombstoneIsBad() {
        assertBad(record(null, null, null), "tombstone");
    }

    @Test
    void nothingIsBad() {
        assertBad(record(new byte[0], null, null), "0 bytes hold no field");
    }

    @Test
    void anyTruncationInsideAFieldIsBad() {
        byte[] whole = PAGE.toByteArray();

        assertBad(record(Arrays.copyOf(whole, whole.length - 1), null, null), "are no millrace.events.v1.PageFetched");
    }

    @Test
    void anotherTypeIsBad() {
        assertBad(
                record(PAGE.toByteArray(), "millrace.events.v1.DocumentCleaned", null),
                "ce_type: expected millrace.events.v1.PageFetched, got millrace.events.v1.DocumentCleaned");
    }

    @Test
    void anUnknownContentTypeIsBad() {
        assertBad(record(PAGE.toByteArray(), null, "text/xml"), "content-type: expected application/protobuf or");
    }

    @Test
    void groupsNestedAHundredThousandDeepAreBad() {
        byte[] deep = new byte[200_000];
        Arrays.fill(deep, 0, 100_000, (byte) 0x0b); // start group 1
        Arrays.fill(deep, 100_000, 200_000, (byte) 0x0c); // end group 1

        assertBad(record(deep, null, null), "too many levels of nesting");
    }

    @Test
    void jsonNestedAHundredThousandDeepIsBad() {
        byte[] deep = ("{\"a\":".repeat(100_000) + "1" + "}".repeat(100_000)).getBytes(UTF_8);

        assertBad(record(deep, null, "application/json"), "not the JSON of the type");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "null", "{\"status\": \"a secret\"}", "{\"url\": \"a secret\""})
    void badJsonIsBadAndNotQuoted(String json) {
        assertThatThrownBy(() -> Events.read(record(json.getBytes(UTF_8), null, "application/json"), PageFetched.class))
                .isInstanceOf(BadRecord.class)
                .message()
                .doesNotContain("secret");
    }

    @Test
    void anSdkThatIsOffMakesNoSpans() {
        OpenTelemetry sdk =
                OpenTelemetry.propagating(ContextPropagators.create(W3CTraceContextPropagator.getInstance()));

        assertThat(Traces.unless(false, sdk)).isSameAs(sdk);
        assertThat(Traces.unless(true, sdk)).isSameAs(OpenTelemetry.noop());
    }

    @Test
    void jsonThatIsNoUtf8IsBad() {
        assertBad(record(new byte[] {'{', (byte) 0xff, '}'}, null, "application/json"), "no UTF-8");
    }

    /// Whatever the bytes are, the answer is an event or a [BadRecord], never another throw.
    @Test
    void randomBytesNeverCrash() {
        var random = new Random(7);
        int bad = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            try {
                Message event = Events.read(record(bytes, null, null), PageFetched.class);
                assertThat(event.getAllFields()).isNotEmpty();
            } catch (BadRecord e) {
                bad++;
            }
        }
        assertThat(bad).isGreaterThan(19_900);
    }

    private static void assertBad(ConsumerRecord<String, byte[]> record, String reason) {
        assertThatThrownBy(() -> Events.read(record, PageFetched.class))
                .isInstanceOf(BadRecord.class)
                .hasMessageContaining(reason);
    }

    private static ConsumerRecord<String, byte[]> received(ProducerRecord<String, byte[]> record) {
        return record(record.value(), record.headers());
    }

    private static ConsumerRecord<String, byte[]> record(
            byte @Nullable [] value, @Nullable String type, @Nullable String contentType) {
        Headers headers = new RecordHeaders();
        if (type != null) {
            headers.add("ce_type", type.getBytes(UTF_8));
        }
        if (contentType != null) {
            headers.add("content-type", contentType.getBytes(UTF_8));
        }
        return record(value, headers);
    }

    private static ConsumerRecord<String, byte[]> record(byte @Nullable [] value, Headers headers) {
        return new ConsumerRecord<>(
                "pages.fetched.v1",
                2,
                40,
                0,
                TimestampType.CREATE_TIME,
                1,
                1,
                "k",
                value,
                headers,
                java.util.Optional.empty());
    }

    private static byte[] concatenated(byte[] a, byte[] b) {
        var out = new ByteArrayOutputStream();
        out.writeBytes(a);
        out.writeBytes(b);
        return out.toByteArray();
    }

    private static String text(Headers headers, String name) {
        return new String(headers.lastHeader(name).value(), UTF_8);
    }
}
