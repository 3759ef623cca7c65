package org.millrace.inference.http;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.millrace.inference.Drawn;
import org.millrace.inference.Generation;
import org.millrace.inference.Scored;

/// What happens to one request. The engine's thread only leaves tokens here, so that no caller slows it. What
/// waits here is bounded by the tokens that the request may get.
final class Events {

    sealed interface Event {
        /// The first answer to a prompt begins; so many tokens of the prompt were not read again.
        record Begun(int known) implements Event {}

        record Read(int choice, List<Scored> scores) implements Event {}

        record Token(int choice, Drawn drawn) implements Event {}

        record Broken(Throwable cause) implements Event {}

        record Left() implements Event {}
    }

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final Duration patience;
    private final long end;

    /// @param patience from now on, for everything that is to come
    Events(Duration patience) {
        this.patience = patience;
        this.end = System.nanoTime() + patience.toNanos();
    }

    /// Listens to the samples of one prompt.
    ///
    /// @param first index of its first sample among the choices of the request
    Generation.Listener from(int first) {
        return new Generation.Listener() {
            private boolean begun;

            @Override
            public void begun(int known) {
                if (!begun) {
                    events.add(new Event.Begun(known));
                }
                begun = true;
            }

            @Override
            public void read(List<Scored> scores) {
                events.add(new Event.Read(first, scores));
            }

            @Override
            public void drawn(Drawn drawn) {
                events.add(new Event.Token(first + drawn.sample(), drawn));
            }

            @Override
            public void failed(Throwable cause) {
                events.add(new Event.Broken(cause));
            }
        };
    }

    /// The caller has gone.
    void leave() {
        events.add(new Event.Left());
    }

    /// What has happened since the last call: at least one event.
    ///
    /// @throws TimeoutException if nothing happened before the request's time was over
    List<Event> next() throws InterruptedException, TimeoutException {
        Event first = events.poll(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
        if (first == null) {
            throw new TimeoutException("answers: expected all within %s, got some".formatted(patience));
        }
        List<Event> batch = new ArrayList<>();
        batch.add(first);
        events.drainTo(batch);
        return batch;
    }
}
