package org.millrace.inference.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.millrace.inference.Drawn;

class EventsTest {

    @Test
    void aRequestWhoseTimeIsOverIsToldSo() {
        var late = catchThrowableOfType(TimeoutException.class, new Events(Duration.ZERO)::next);

        assertThat(ApiError.of(late))
                .isEqualTo(new ApiError(
                        504, "server_error", "timeout", null, "answers: expected all within PT0S, got some"));
    }

    @Test
    void samplesOfEachPromptAreChoicesOfTheRequest() throws Exception {
        var events = new Events(Duration.ZERO);
        var token = new Drawn(1, 7, -0.5, "x", null);

        events.from(2).drawn(token);
        events.leave();

        assertThat(events.next()).isEqualTo(List.of(new Events.Event.Token(3, token), new Events.Event.Left()));
    }
}
