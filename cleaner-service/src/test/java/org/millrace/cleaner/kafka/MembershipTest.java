package org.millrace.cleaner.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MembershipTest {

    private static final TopicPartition FIRST = new TopicPartition("pages", 0);
    private static final TopicPartition SECOND = new TopicPartition("pages", 1);

    private int generation;
    private long nanos;
    private int polls;

    private final MockConsumer<String, byte[]> consumer = new MockConsumer<>("earliest") {
        @Override
        public ConsumerGroupMetadata groupMetadata() {
            return new ConsumerGroupMetadata("cleaner", generation, "member", Optional.empty());
        }
    };

    @BeforeEach
    void join() {
        consumer.subscribe(List.of("pages"));
        consumer.updateBeginningOffsets(Map.of(FIRST, 0L, SECOND, 0L));
        consumer.rebalance(List.of(FIRST));
        consumer.addRecord(new ConsumerRecord<>("pages", 0, 0, "key", new byte[0]));
        consumer.addRecord(new ConsumerRecord<>("pages", 0, 1, "key", new byte[0]));
        assertThat(consumer.poll(Duration.ZERO).count()).isEqualTo(2);
        consumer.addRecord(new ConsumerRecord<>("pages", 0, 2, "key", new byte[0]));
    }

    @Test
    void aLongBatchPollsNowAndThenAndTakesNothing() {
        Membership membership = new Membership(consumer, () -> nanos);
        for (int second = 0; second < 90; second++) {
            consumer.schedulePollTask(() -> polls++);
            membership.keep();
            nanos += Duration.ofSeconds(1).toNanos();
        }

        assertThat(polls).isEqualTo(4);
        assertThat(consumer.position(FIRST)).isEqualTo(2);
        assertThat(consumer.paused()).isEmpty();
    }

    @Test
    void aBatchThatMayBeAnothersNowIsGivenUp() {
        Membership membership = new Membership(consumer, () -> nanos);
        nanos = Duration.ofMinutes(1).toNanos();
        consumer.schedulePollTask(() -> consumer.rebalance(List.of(SECOND)));

        assertThatThrownBy(membership::keep).isInstanceOf(RebalanceInProgressException.class);
        assertThat(consumer.assignment()).containsExactly(SECOND);
    }

    /// The same partitions as before, and yet from where they were committed: the batch comes once more.
    @Test
    void aBatchThatComesAgainIsGivenUp() {
        Membership membership = new Membership(consumer, () -> nanos);
        nanos = Duration.ofMinutes(1).toNanos();
        consumer.schedulePollTask(() -> generation++);

        assertThatThrownBy(membership::keep).isInstanceOf(RebalanceInProgressException.class);
    }

    /// The loop tries the batch again, and would poll paused partitions for ever.
    @Test
    void aPollThatFailsLeavesNothingPaused() {
        Membership membership = new Membership(consumer, () -> nanos);
        nanos = Duration.ofMinutes(1).toNanos();
        consumer.setPollException(new TimeoutException("a test's"));

        assertThatThrownBy(membership::keep).isInstanceOf(TimeoutException.class);
        assertThat(consumer.paused()).isEmpty();
    }

    @Test
    void recordsOfANewPartitionAreLeftForTheirTurn() {
        Membership membership = new Membership(consumer, () -> nanos);
        nanos = Duration.ofMinutes(1).toNanos();
        consumer.schedulePollTask(() -> {
            consumer.rebalance(List.of(FIRST, SECOND));
            consumer.addRecord(new ConsumerRecord<>("pages", 1, 0, "key", new byte[0]));
        });

        assertThatThrownBy(membership::keep).isInstanceOf(RebalanceInProgressException.class);
        assertThat(consumer.position(SECOND)).isZero();
    }
}
