package org.millrace.inference.http;

import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.millrace.inference.Cadence;
import org.millrace.inference.Drawn;
import org.millrace.inference.Generation;
import org.millrace.inference.Scored;

/// What happens to one request. The engine's thread only leaves tokens here, so that no caller slows it, and wakes
/// nobody but for the first token of an answer and its last: those between are taken at beats ([Cadence]). What waits
/// here is bounded by the tokens that the request may get.
public final class Events {

    public sealed interface Event {
        /// The first answer to a prompt begins; so many tokens of the prompt were not read again.
        record Begun(int known) implements Event {}

        record Read(int choice, List<Scored> scores) implements Event {}

        record Token(int choice, Drawn drawn) implements Event {}

        record Broken(Throwable cause) implements Event {}

        record Left() implements Event {}
    }

    /// What has come in the meantime.
    ///
    /// @param beat whether what waits for others is due; else only what is urgent
    public record Batch(List<Event> events, boolean beat) {}

    /// A clock, and how a thread waits by it.
    interface Time {

        Time SYSTEM = new Time() {
            @Override
            public long nanos() {
                return System.nanoTime();
            }

            @Override
            public void await(Semaphore sign, long nanos) throws InterruptedException {
                var unused = sign.tryAcquire(nanos, TimeUnit.NANOSECONDS);
            }
        };

        /// As [System#nanoTime()].
        long nanos();

        /// Returns when the sign is given or so much time is over.
        void await(Semaphore sign, long nanos) throws InterruptedException;
    }

    private final Queue<Event> events = new ConcurrentLinkedQueue<>();
    private final Semaphore urgent = new Semaphore(0);
    private final Duration patience;
    private final Time time;
    private final long end;
    private boolean beats; // since there is something that may wait for one; of the reader's thread, as is the next
    private long beat; // when the next comes

    /// @param patience from now on, for everything that is to come
    Events(Duration patience, Time time) {
        this.patience = patience;
        this.time = time;
        this.end = time.nanos() + patience.toNanos();
    }

    /// Listens to the samples of one prompt.
    ///
    /// @param first index of its first sample among the choices of the request
    public Generation.Listener from(int first) {
        return new Generation.Listener() {
            private final BitSet begun = new BitSet(); // samples that have a token
            private boolean told;

            @Override
            public void begun(int known) {
                if (!told) {
                    events.add(new Event.Begun(known));
                }
                told = true;
            }

            @Override
            public void read(List<Scored> scores) {
                events.add(new Event.Read(first, scores));
            }

            @Override
            public void drawn(Drawn drawn) {
                events.add(new Event.Token(first + drawn.sample(), drawn));
                if (!begun.get(drawn.sample()) || drawn.finish() != null) {
                    begun.set(drawn.sample());
                    urgent.release();
                }
            }

            @Override
            public void failed(Throwable cause) {
                events.add(new Event.Broken(cause));
                urgent.release();
            }
        };
    }

    /// The caller has gone.
    void leave() {
        events.add(new Event.Left());
        urgent.release();
    }

    /// What has happened since the last call. Returns when something is urgent, and from the first time on at each
    /// beat, also if nothing has come by then.
    ///
    /// @param steadily whether beats are wanted; else only what is urgent counts
    /// @throws TimeoutException if nothing happened before the request's time was over
    public Batch next(boolean steadily) throws InterruptedException, TimeoutException {
        while (true) {
            long now = time.nanos();
            long left = beats && steadily ? Math.min(beat - now, end - now) : end - now;
            time.await(urgent, Math.max(0, left));
            urgent.drainPermits(); // before the look at what has come
            now = time.nanos();
            boolean struck = beats && steadily && now - beat >= 0;
            if (struck || !beats) {
                beat = now + TimeUnit.MILLISECONDS.toNanos(Cadence.untilNext(now));
            }
            List<Event> batch = new ArrayList<>();
            for (Event event = events.poll(); event != null; event = events.poll()) {
                batch.add(event);
            }
            beats |= !batch.isEmpty();
            if (batch.isEmpty() && now - end >= 0) {
                throw new TimeoutException("answers: expected all within %s, got some".formatted(patience));
            }
            if (struck || !batch.isEmpty()) {
                return new Batch(batch, struck);
            }
        }
    }
}
