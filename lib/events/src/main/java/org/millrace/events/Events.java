package org.millrace.events;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Internal;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import org.millrace.proto.options.v1.Topic;
import org.millrace.proto.options.v1.TopicOuterClass;

/// Makes Kafka records of events, and events of Kafka records.
///
/// Where an event travels stands on its message in the contracts, as the option `topic`; nobody writes
/// a topic's name down a second time. Attributes follow CloudEvents' binary Kafka binding: headers
/// `ce_id`, `ce_type`, `ce_source`, `ce_time`, `ce_specversion` and `content-type`. An event that is made while
/// a span is current carries it too: see [Traces].
public final class Events {

    static final String ID = "ce_id";
    static final String TYPE = "ce_type";
    static final String SOURCE = "ce_source";
    static final String TIME = "ce_time";
    static final String SPEC_VERSION = "ce_specversion";
    static final String CONTENT_TYPE = "content-type";

    private static final String PROTOBUF = "application/protobuf";
    private static final String JSON = "application/json";

    private final byte[] source;

    /// @param source name of the service that publishes: `cleaner` becomes `millrace/cleaner`
    public Events(String source) {
        this.source = ("millrace/" + source).getBytes(UTF_8);
    }

    /// The record that publishes an event. Equal events under an equal key have an equal `ce_id`, so a
    /// reader that keeps ids recognises a repeat.
    public ProducerRecord<String, byte[]> record(String key, Message event) {
        Descriptor type = event.getDescriptorForType();
        String topic = topic(type).getName();
        byte[] value = bytes(event);
        var record = new ProducerRecord<String, byte[]>(topic, key, value);
        record.headers()
                .add(ID, id(topic, key, value).getBytes(UTF_8))
                .add(TYPE, type.getFullName().getBytes(UTF_8))
                .add(SOURCE, source)
                .add(TIME, Instant.now().toString().getBytes(UTF_8))
                .add(SPEC_VERSION, "1.0".getBytes(UTF_8))
                .add(CONTENT_TYPE, PROTOBUF.getBytes(UTF_8));
        Traces.write(record.headers());
        return record;
    }

    /// Where events of a type travel, as its contract says.
    ///
    /// @throws IllegalArgumentException if messages of this type do not travel on their own
    public static Topic topic(Class<? extends Message> type) {
        return topic(Internal.getDefaultInstance(type).getDescriptorForType());
    }

    /// The name alone of [#topic(Class)].
    public static String topicName(Class<? extends Message> type) {
        return topic(type).getName();
    }

    /// Where records of `topic` go that nobody can use.
    public static String deadLetterTopic(String topic) {
        return topic + ".dlq";
    }

    /// The event in a record: protobuf, or JSON (proto3 mapping, UTF-8) where `content-type` says so.
    ///
    /// Fields that this program does not know yet are skipped, so that newer writers are understood.
    ///
    /// @throws BadRecord if there is no value, it cannot be parsed, nothing in it is known, or its headers
    ///     name another type
    public static <M extends Message> M read(ConsumerRecord<String, byte[]> record, Class<M> type) throws BadRecord {
        byte[] value = record.value();
        if (value == null) {
            throw new BadRecord("value: expected an event, got none (a tombstone)");
        }
        M empty = Internal.getDefaultInstance(type);
        String expected = empty.getDescriptorForType().getFullName();
        String declared = header(record, TYPE);
        if (declared != null && !declared.equals(expected)) {
            throw new BadRecord("%s: expected %s, got %s".formatted(TYPE, expected, shortened(declared)));
        }
        M event = parse(value, contentType(record), empty, type);
        if (event.getAllFields().isEmpty()) {
            throw new BadRecord(
                    "value: %d bytes hold no field of %s that is known here".formatted(value.length, expected));
        }
        if (declared == null && !event.getUnknownFields().asMap().isEmpty()) {
            // A newer writer of ours names the type; without the name, unknown fields mean foreign bytes.
            throw new BadRecord(
                    "value: holds fields that %s has not, and no %s header vouches for it".formatted(expected, TYPE));
        }
        return event;
    }

    private static <M extends Message> M parse(byte[] value, String contentType, M empty, Class<M> type)
            throws BadRecord {
        try {
            if (contentType.equals(JSON)) {
                Message.Builder builder = empty.newBuilderForType();
                JsonFormat.parser().ignoringUnknownFields().merge(text(value), builder);
                return type.cast(builder.build());
            }
            return type.cast(empty.getParserForType().parseFrom(value));
        } catch (InvalidProtocolBufferException e) {
            String cause = contentType.equals(JSON) ? "not the JSON of the type" : String.valueOf(e.getMessage());
            throw new BadRecord(
                    "value: %d bytes are no %s: %s"
                            .formatted(
                                    value.length, empty.getDescriptorForType().getFullName(), shortened(cause)),
                    e);
        } catch (CharacterCodingException e) {
            throw new BadRecord("value: expected JSON in UTF-8, got bytes that are no UTF-8", e);
        }
    }

    private static String contentType(ConsumerRecord<String, byte[]> record) throws BadRecord {
        String declared = header(record, CONTENT_TYPE);
        if (declared == null) {
            return PROTOBUF;
        }
        int parameters = declared.indexOf(';');
        String media = (parameters < 0 ? declared : declared.substring(0, parameters))
                .strip()
                .toLowerCase(Locale.ROOT);
        return switch (media) {
            case PROTOBUF, "application/x-protobuf" -> PROTOBUF;
            case JSON -> JSON;
            default ->
                throw new BadRecord(
                        "%s: expected %s or %s, got %s".formatted(CONTENT_TYPE, PROTOBUF, JSON, shortened(media)));
        };
    }

    private static Topic topic(Descriptor type) {
        Topic topic = type.getOptions().getExtension(TopicOuterClass.topic);
        if (topic.getName().isEmpty()) {
            throw new IllegalArgumentException(type.getFullName() + " has no option topic: it travels inside others");
        }
        return topic;
    }

    private static @Nullable String header(ConsumerRecord<String, byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        return header == null || header.value() == null ? null : new String(header.value(), UTF_8);
    }

    private static String text(byte[] utf8) throws CharacterCodingException {
        return UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    }

    /// Map entries in key order, so that equal events are equal bytes.
    private static byte[] bytes(Message event) {
        byte[] bytes = new byte[event.getSerializedSize()];
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.useDeterministicSerialization();
        try {
            event.writeTo(out);
        } catch (IOException e) {
            throw new UncheckedIOException("an array of the right size was too small", e);
        }
        out.checkNoSpaceLeft();
        return bytes;
    }

    private static String id(String topic, String key, byte[] value) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(topic.getBytes(UTF_8));
            sha256.update((byte) 0);
            sha256.update(key.getBytes(UTF_8));
            sha256.update((byte) 0);
            return HexFormat.of().formatHex(sha256.digest(value));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static String shortened(String foreign) {
        return foreign.length() <= 200 ? foreign : foreign.substring(0, 200) + "…";
    }
}
