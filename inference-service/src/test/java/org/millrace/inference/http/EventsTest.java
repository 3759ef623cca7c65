package org.millrace.inference.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.millrace.inference.Drawn;
import org.millrace.inference.Drawn.Finish;
import org.millrace.inference.Generation.Listener;

class EventsTest {

    private final SetTime time = new SetTime();

    @Test
    void aRequestWhoseTimeIsOverIsToldSo() {
        var events = new Events(Duration.ZERO, time);
        var late = catchThrowableOfType(TimeoutException.class, () -> events.next(true));

        assertThat(ApiError.of(late))
                .isEqualTo(new ApiError(
                        504, "server_error", "timeout", null, "answers: expected all within PT0S, got some"));
    }

    @Test
    void aRequestThatNoMoreTokensComeForIsToldSoAtItsEnd() throws Exception {
        var events = new Events(Duration.ofMillis(50), time);
        events.from(0).drawn(token(0, 10, null));

        events.next(true);
        events.next(true);
        events.next(true);
        assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> events.next(true));

        assertThat(time.milliseconds()).isEqualTo(50);
    }

    @Test
    void samplesOfEachPromptAreChoicesOfTheRequest() throws Exception {
        var events = new Events(Duration.ZERO, time);
        Drawn token = token(1, 7, null);

        events.from(2).drawn(token);
        events.leave();

        assertThat(events.next(true).events())
                .isEqualTo(List.of(new Events.Event.Token(3, token), new Events.Event.Left()));
    }

    @Test
    void theFirstTokenAndTheLastGoAtOnceAndThoseBetweenTogetherAtABeat() throws Exception {
        var events = new Events(Duration.ofMinutes(1), time);
        var pieces = new Pieces(2);
        Listener listener = events.from(0);
        time.set(3);

        listener.drawn(token(0, 10, null));
        assertThat(due(events, pieces)).isEqualTo(Map.of(0, List.of(10)));
        assertThat(time.milliseconds()).isEqualTo(3);

        listener.drawn(token(0, 11, null));
        listener.drawn(token(0, 12, null));
        listener.drawn(token(1, 20, null)); // the first of another choice: those of this one wait on
        assertThat(due(events, pieces)).isEqualTo(Map.of(1, List.of(20)));
        assertThat(time.milliseconds()).isEqualTo(3);
        assertThat(due(events, pieces)).isEqualTo(Map.of(0, List.of(11, 12)));
        assertThat(time.milliseconds()).isEqualTo(20);

        assertThat(due(events, pieces)).isEmpty(); // nothing new
        assertThat(time.milliseconds()).isEqualTo(40);

        listener.drawn(token(0, 13, null));
        time.set(61); // sending took longer than to the next beat
        assertThat(due(events, pieces)).isEqualTo(Map.of(0, List.of(13)));
        assertThat(time.milliseconds()).isEqualTo(61);

        listener.drawn(token(1, 21, null));
        listener.drawn(token(0, 14, null));
        listener.drawn(token(0, 15, Finish.LENGTH));
        assertThat(due(events, pieces)).isEqualTo(Map.of(0, List.of(14, 15)));
        assertThat(time.milliseconds()).isEqualTo(61);
        assertThat(pieces.of(1).tokens()).extracting(Piece.Token::id).containsExactly(21);
    }

    @Test
    void whoWantsAllAtOnceIsNotWokenAtBeats() throws Exception {
        var events = new Events(Duration.ofMinutes(1), time);
        events.from(0).drawn(token(0, 10, null));
        events.next(false);
        events.from(0).drawn(token(0, 11, Finish.STOP));

        assertThat(events.next(false).beat()).isFalse();
        assertThat(time.milliseconds()).isZero();
        assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> events.next(false));
        assertThat(time.waits()).isEqualTo(3);
    }

    private static Map<Integer, List<Integer>> due(Events events, Pieces pieces) throws Exception {
        Events.Batch batch = events.next(true);
        for (Events.Event event : batch.events()) {
            if (event instanceof Events.Event.Token(int choice, Drawn drawn)) {
                pieces.of(choice).add(drawn);
            }
        }
        Map<Integer, List<Integer>> ids = new TreeMap<>();
        pieces.take(batch.beat())
                .forEach((choice, piece) -> ids.put(
                        choice, piece.tokens().stream().map(Piece.Token::id).toList()));
        return ids;
    }

    private static Drawn token(int sample, int id, @Nullable Finish finish) {
        return new Drawn(sample, id, -0.5, "x", finish);
    }

    /// Stands still but for a thread that waits: that it lets wait as long as it will, at once.
    private static final class SetTime implements Events.Time {

        private long nanos;
        private int waits;

        @Override
        public long nanos() {
            return nanos;
        }

        @Override
        public void await(Semaphore sign, long most) {
            waits++;
            if (!sign.tryAcquire()) {
                nanos += most;
            }
        }

        void set(long milliseconds) {
            nanos = TimeUnit.MILLISECONDS.toNanos(milliseconds);
        }

        long milliseconds() {
            return TimeUnit.NANOSECONDS.toMillis(nanos);
        }

        int waits() {
            return waits;
        }
    }
}
