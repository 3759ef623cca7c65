package org.millrace.rollout.kafka;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/// A prompt's record in a lane's hands. The lane's thread owns it; the thread that answers it writes the
/// reply, once, before it hands the delivery back.
final class Delivery {

    /// Where a record stands in the log: the same for each of its deliveries.
    record Place(TopicPartition partition, long offset) {

        static Place of(ConsumerRecord<String, byte[]> record) {
            return new Place(new TopicPartition(record.topic(), record.partition()), record.offset());
        }
    }

    private final long sinceNanos = System.nanoTime();
    private ConsumerRecord<String, byte[]> record;
    private @Nullable Thread answering;
    private @Nullable Reply reply;
    private boolean locked = true;

    Delivery(ConsumerRecord<String, byte[]> record) {
        this.record = record;
    }

    Place place() {
        return Place.of(record);
    }

    ConsumerRecord<String, byte[]> record() {
        return record;
    }

    long nanos() {
        return System.nanoTime() - sinceNanos;
    }

    /// Null while it is being answered, and for ever if the answering was cut off.
    @Nullable
    Reply reply() {
        return reply;
    }

    void reply(Reply reply) {
        this.reply = reply;
    }

    void answering(Thread thread) {
        answering = thread;
    }

    void cutOff() {
        if (answering != null) {
            answering.interrupt();
        }
    }

    /// True if the client lets us acknowledge it: the last poll handed it out, and we said nothing since.
    boolean isLocked() {
        return locked;
    }

    void lock(ConsumerRecord<String, byte[]> again) {
        record = again;
        locked = true;
    }

    void unlock() {
        locked = false;
    }
}
