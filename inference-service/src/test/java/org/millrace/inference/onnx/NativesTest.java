package org.millrace.inference.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NativesTest {

    private final List<String> closed = new ArrayList<>();
    private final Natives natives = new Natives();

    @Test
    void whatWasMadeLastIsClosedFirst() {
        natives.add(() -> closed.add("memory"));
        natives.add(() -> closed.add("session"));
        natives.add(() -> closed.add("tensor"));

        natives.close();

        assertThat(closed).containsExactly("tensor", "session", "memory");
    }

    @Test
    void nothingIsClosedTwice() {
        natives.add(() -> closed.add("session"));

        natives.close();
        natives.close();

        assertThat(closed).containsExactly("session");
    }

    @Test
    void oneThatCannotBeClosedKeepsNoOtherOpen() {
        natives.add(() -> closed.add("memory"));
        natives.add(() -> {
            throw new UnsupportedOperationException("second");
        });
        natives.add(() -> {
            throw new UnsupportedOperationException("first");
        });

        assertThatThrownBy(natives::close)
                .isInstanceOf(IllegalStateException.class)
                .hasRootCauseMessage("first")
                .satisfies(failure -> assertThat(failure.getSuppressed())
                        .extracting(Throwable::getMessage)
                        .containsExactly("second"));
        assertThat(closed).containsExactly("memory");
    }
}
