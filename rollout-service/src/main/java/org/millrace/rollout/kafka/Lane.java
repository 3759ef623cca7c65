package org.millrace.rollout.kafka;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;
import org.millrace.rollout.kafka.Publisher.Aborted;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers one prompt after the other: a share consumer of its own, on one thread.
///
/// ```text
///   poll ──► answer, on a virtual thread ──► publish ──► ACCEPT ──► poll …
///               ▲    │
///               └────┘ half of the lock's time is over: RENEW
/// ```
///
/// A share consumer gives out no new record while an earlier one is unsettled, renewed or not; so the
/// prompts in flight at once are as many as there are lanes, and a slow prompt holds up its own lane only.
///
/// Publishing comes before acknowledging: a crash between the two answers a prompt twice, under the same
/// rollout ids. An unanswered prompt is renewed as long as it takes; it goes back to the group (RELEASE)
/// only when the lane must stop. Only [#stop] may be called from another thread; the caller owns the
/// consumer, and closes it after [#run] returns or throws. A throw means that the process should end.
final class Lane implements Runnable {

    private static final Logger LOGGER = LoggerFactory.getLogger(Lane.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration ACKNOWLEDGE = Duration.ofSeconds(10);
    private static final int RENEWAL_POLLS = 25;
    private static final int PUBLISH_TRIES = 3;

    private final ShareConsumer<String, byte[]> consumer;
    private final Publisher publisher;
    private final Clerk clerk;
    private final Meters meters;
    private final PromptSpans spans;
    private final Duration lock;
    private final Duration drain;

    private @Nullable ConsumerRecord<String, byte[]> next;
    private volatile long drainedAtNanos;
    private volatile boolean stopped;

    /// @param lock how long the broker keeps a delivered record for us
    /// @param drain how long the prompt in flight may go on after [#stop]
    Lane(
            ShareConsumer<String, byte[]> consumer,
            Publisher publisher,
            Clerk clerk,
            Meters meters,
            PromptSpans spans,
            Duration lock,
            Duration drain) {
        this.consumer = consumer;
        this.publisher = publisher;
        this.clerk = clerk;
        this.meters = meters;
        this.spans = spans;
        this.lock = lock;
        this.drain = drain;
    }

    @Override
    public void run() {
        try {
            while (!stopped) {
                ConsumerRecord<String, byte[]> record = next == null ? poll() : next;
                next = null;
                if (record != null) {
                    handle(record);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("a lane is stopped by stop() alone", e);
        }
    }

    /// Takes no new prompt, and ends [#run] when the one in flight is answered or the drain is over.
    void stop() {
        drainedAtNanos = System.nanoTime() + drain.toNanos();
        stopped = true;
    }

    private void handle(ConsumerRecord<String, byte[]> record) throws InterruptedException {
        long start = System.nanoTime();
        meters.delivered(Clerk.deliveries(record));
        Span span = spans.begin(record);
        FutureTask<Reply> answer = new FutureTask<>(Context.root().with(span).wrap(() -> clerk.reply(record)));
        Thread thread = Thread.ofVirtual().name("prompt").start(answer);
        boolean locked = true;
        Reply reply = null;
        try {
            long renewAt = start + lock.toNanos() / 2;
            while (!answer.isDone()) {
                if (stopped && System.nanoTime() - drainedAtNanos >= 0) {
                    thread.interrupt();
                }
                if (locked && System.nanoTime() - renewAt >= 0) {
                    locked = renew(record);
                    renewAt = System.nanoTime() + lock.toNanos() / 2;
                }
                waitFor(answer);
            }
            reply = publish(record, outcome(record, answer));
            PromptSpans.end(span, reply, locked);
        } catch (RuntimeException | Error | InterruptedException e) {
            PromptSpans.died(span, e);
            throw e;
        } finally {
            thread.interrupt();
            meters.settled(reply, System.nanoTime() - start);
        }
        if (locked) {
            settle(record, reply == null ? AcknowledgeType.RELEASE : AcknowledgeType.ACCEPT);
        }
    }

    private static void waitFor(FutureTask<Reply> answer) throws InterruptedException {
        try {
            answer.get(POLL.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            return; // outcome() tells which
        }
    }

    /// Without a reply the prompt goes back to the group, whose deliveries are counted: what fails like
    /// this each time ends as a dead letter.
    private static @Nullable Reply outcome(ConsumerRecord<String, byte[]> record, FutureTask<Reply> answer) {
        return switch (answer.state()) {
            case SUCCESS -> answer.resultNow();
            case FAILED -> {
                if (!(answer.exceptionNow() instanceof InterruptedException)) {
                    LOGGER.error("{} goes back to the group", place(record), answer.exceptionNow());
                }
                yield null;
            }
            case CANCELLED, RUNNING -> throw new IllegalStateException("nobody cancels an answer");
        };
    }

    private @Nullable Reply publish(ConsumerRecord<String, byte[]> record, @Nullable Reply reply)
            throws InterruptedException {
        Reply attempt = reply;
        for (int tries = 1; attempt != null; tries++) {
            try {
                publisher.publish(attempt.records());
                return attempt;
            } catch (Aborted e) {
                if (tries == PUBLISH_TRIES) {
                    throw new IllegalStateException("cannot publish the reply to " + place(record), e);
                }
                if (e.isDueTo(RecordTooLargeException.class)) {
                    attempt = clerk.deadLetter("oversized", record, "its reply is too large for the log");
                }
            }
        }
        return null;
    }

    /// The client hands a renewed record out again once the broker has agreed. Any other record that comes
    /// instead means that the broker did not: it is the next one.
    ///
    /// @return false if the record may be delivered to somebody else; it is answered all the same
    private boolean renew(ConsumerRecord<String, byte[]> record) {
        consumer.acknowledge(record, AcknowledgeType.RENEW);
        for (int polls = 0; polls < RENEWAL_POLLS; polls++) {
            ConsumerRecord<String, byte[]> back = poll();
            if (back != null) {
                if (place(back).equals(place(record))) {
                    return true;
                }
                next = back;
                break;
            }
        }
        meters.lostLock();
        LOGGER.warn("{} could not be renewed: another worker may answer it too", place(record));
        return false;
    }

    private void settle(ConsumerRecord<String, byte[]> record, AcknowledgeType type) {
        consumer.acknowledge(record, type);
        for (Map.Entry<TopicIdPartition, Optional<KafkaException>> result :
                consumer.commitSync(ACKNOWLEDGE).entrySet()) {
            result.getValue().ifPresent(failure -> {
                meters.lostLock();
                LOGGER.warn("{} was settled too late and will come again", place(record), failure);
            });
        }
    }

    private @Nullable ConsumerRecord<String, byte[]> poll() {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
            return record; // max.poll.records is 1
        }
        return null;
    }

    private static String place(ConsumerRecord<String, byte[]> record) {
        return "topic=%s partition=%d offset=%d".formatted(record.topic(), record.partition(), record.offset());
    }
}
