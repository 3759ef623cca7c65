package org.millrace.rollout.kafka;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;
import org.millrace.rollout.kafka.Delivery.Place;
import org.millrace.rollout.kafka.Publisher.Aborted;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers prompts, a batch at a time: one share consumer, one thread, and a virtual thread for each
/// prompt of the batch, which waits for the policy and the reward service.
///
/// ```text
///   poll ──► a thread each ──► those that are ready: one transaction ──► ACCEPT ──► … ──► poll
///              ▲                                                            │
///              └──── half of the lock's time is over: RENEW the rest ◄──────┘
/// ```
///
/// Publishing comes before acknowledging, so a crash between the two answers a prompt twice, under the
/// same rollout ids. An unanswered prompt is renewed as long as it takes; it goes back to the group
/// (RELEASE) only when the lane must stop. Only [#stop] may be called from another thread; the caller
/// owns both clients, and closes them after [#run] returns or throws. A throw means that the process
/// should end and be started again.
final class Lane implements Runnable {

    private static final Logger LOGGER = LoggerFactory.getLogger(Lane.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration ACKNOWLEDGE = Duration.ofSeconds(10);
    private static final int RENEWAL_ROUNDS = 3;
    private static final int PUBLISH_TRIES = 3;

    private final ShareConsumer<String, byte[]> consumer;
    private final Publisher publisher;
    private final Clerk clerk;
    private final Meters meters;
    private final Duration lock;
    private final Duration drain;

    private final Map<Place, Delivery> open = new LinkedHashMap<>();
    private final BlockingQueue<Delivery> finished = new LinkedBlockingQueue<>();
    private long renewAtNanos;
    private volatile boolean stopped;
    private volatile long drainedAtNanos;

    /// @param lock how long the broker keeps a delivered record for us
    /// @param drain how long prompts in flight may go on after [#stop]
    Lane(
            ShareConsumer<String, byte[]> consumer,
            Publisher publisher,
            Clerk clerk,
            Meters meters,
            Duration lock,
            Duration drain) {
        this.consumer = consumer;
        this.publisher = publisher;
        this.clerk = clerk;
        this.meters = meters;
        this.lock = lock;
        this.drain = drain;
    }

    @Override
    public void run() {
        publisher.start();
        try {
            while (!stopped) {
                receive();
                renewAtNanos = System.nanoTime() + lock.toNanos() / 2;
                while (!open.isEmpty()) {
                    settle(ready());
                    if (System.nanoTime() - renewAtNanos >= 0) {
                        renew();
                    }
                    if (stopped && System.nanoTime() - drainedAtNanos >= 0) {
                        open.values().forEach(Delivery::cutOff);
                    }
                }
            }
        } finally {
            open.values().forEach(Delivery::cutOff);
        }
    }

    /// Takes no new prompts, and ends [#run] when those in flight are answered or the drain is over.
    void stop() {
        drainedAtNanos = System.nanoTime() + drain.toNanos();
        stopped = true;
    }

    private void receive() {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
            Delivery known = open.get(Place.of(record));
            if (known != null) {
                known.lock(record);
            } else {
                Delivery delivery = new Delivery(record);
                open.put(delivery.place(), delivery);
                meters.delivered(Clerk.deliveries(record));
                delivery.answering(Thread.ofVirtual().name("prompt").start(() -> answer(delivery, record)));
            }
        }
    }

    /// On the prompt's own thread. Without a reply the prompt goes back to the group, whose deliveries are
    /// counted: what fails like this each time ends as a dead letter.
    private void answer(Delivery delivery, ConsumerRecord<String, byte[]> record) {
        try {
            delivery.reply(clerk.reply(record));
        } catch (InterruptedException e) {
            LOGGER.debug("cut off at {}", delivery.place());
        } catch (RuntimeException e) {
            LOGGER.error("prompt at {} goes back to the group, its answering failed", delivery.place(), e);
        } finally {
            finished.add(delivery);
        }
    }

    /// Waits a moment for prompts that are answered, and takes all that are.
    private List<Delivery> ready() {
        try {
            List<Delivery> ready = new ArrayList<>();
            Delivery first = finished.poll(POLL.toMillis(), TimeUnit.MILLISECONDS);
            if (first != null) {
                ready.add(first);
                finished.drainTo(ready);
            }
            return ready;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("a lane is stopped by stop() alone", e);
        }
    }

    private void settle(List<Delivery> ready) {
        if (ready.isEmpty()) {
            return;
        }
        List<Delivery> answered =
                ready.stream().filter(delivery -> delivery.reply() != null).toList();
        meters.publishing().record(() -> publish(answered));
        for (Delivery delivery : ready) {
            open.remove(delivery.place());
            Reply reply = delivery.reply();
            if (delivery.isLocked()) {
                consumer.acknowledge(
                        delivery.record(), reply == null ? AcknowledgeType.RELEASE : AcknowledgeType.ACCEPT);
            }
            meters.settled(reply, delivery.nanos());
        }
        for (Map.Entry<TopicIdPartition, Optional<KafkaException>> result :
                consumer.commitSync(ACKNOWLEDGE).entrySet()) {
            result.getValue().ifPresent(failure -> {
                meters.lostLock();
                LOGGER.warn("acknowledging {} failed, its prompts will come again", result.getKey(), failure);
            });
        }
    }

    /// All in one transaction; if that fails, each in its own, so that one bad reply fails alone.
    private void publish(List<Delivery> answered) {
        try {
            publisher.publish(answered.stream()
                    .flatMap(delivery -> records(delivery.reply()))
                    .toList());
        } catch (Aborted e) {
            LOGGER.warn("transaction with the replies to {} prompts aborted, tried again", answered.size(), e);
            answered.forEach(this::publishAlone);
        }
    }

    private void publishAlone(Delivery delivery) {
        Reply reply = delivery.reply();
        for (int tries = 1; ; tries++) {
            try {
                publisher.publish(records(reply).toList());
                return;
            } catch (Aborted e) {
                if (e.isDueTo(RecordTooLargeException.class)) {
                    reply = clerk.deadLetter("oversized", delivery.record(), "its reply is too large for the log");
                    delivery.reply(reply);
                }
                if (tries == PUBLISH_TRIES) {
                    throw new IllegalStateException("cannot publish the reply to " + delivery.place(), e);
                }
            }
        }
    }

    /// The client hands renewed records out again, in one poll or several; and a poll demands a word about
    /// every record that it handed out before.
    private void renew() {
        for (int round = 0; round < RENEWAL_ROUNDS; round++) {
            for (Delivery delivery : open.values()) {
                if (delivery.isLocked()) {
                    consumer.acknowledge(delivery.record(), AcknowledgeType.RENEW);
                    delivery.unlock();
                }
            }
            receive();
            if (open.values().stream().allMatch(Delivery::isLocked)) {
                break;
            }
        }
        long lost =
                open.values().stream().filter(delivery -> !delivery.isLocked()).count();
        if (lost > 0) {
            LOGGER.warn("{} prompts could not be renewed: another worker may answer them too", lost);
            meters.lostLock();
        }
        renewAtNanos = System.nanoTime() + lock.toNanos() / 2;
    }

    private static Stream<ProducerRecord<String, byte[]>> records(@Nullable Reply reply) {
        return reply == null ? Stream.empty() : reply.records().stream();
    }
}
