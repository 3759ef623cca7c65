package org.millrace.exactlyonce;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.DocumentDropped;
import org.millrace.proto.events.v1.PageFetched;

/// A record that nobody can use, of the topic of fetched pages.
///
/// @param value null: a tombstone
record Poison(byte @Nullable [] value, @Nullable String type) {

    /// Truncated, random, of another type, ten mebibytes, empty, nested a hundred thousand times; and a tombstone.
    static List<Poison> all() {
        byte[] whole =
                PageFetched.newBuilder().setUrl("https://example.org/").build().toByteArray();
        byte[] noise = new byte[300];
        new Random(3).nextBytes(noise);
        byte[] large = "x".repeat(10 << 20).getBytes(UTF_8); // compresses, else no producer would send it
        byte[] deep = new byte[200_000];
        Arrays.fill(deep, 0, 100_000, (byte) 0x0b);
        Arrays.fill(deep, 100_000, 200_000, (byte) 0x0c);
        byte[] other = DocumentDropped.newBuilder().setUrl("u").build().toByteArray();
        return List.of(
                new Poison(Arrays.copyOf(whole, whole.length - 1), null),
                new Poison(noise, null),
                new Poison(other, "millrace.events.v1.DocumentDropped"),
                new Poison(large, null),
                new Poison(new byte[0], null),
                new Poison(deep, null),
                new Poison(null, null));
    }

    ProducerRecord<String, byte[]> record(String key) {
        var record = new ProducerRecord<String, byte[]>(Events.topicName(PageFetched.class), key, value);
        if (type != null) {
            record.headers().add("ce_type", type.getBytes(UTF_8));
        }
        return record;
    }
}
