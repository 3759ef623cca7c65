package org.millrace.cli.eval;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class WindowsPropertyTest {

    private static final int BEGIN = 1_000_000;

    @Property(tries = 300)
    void eachIdIsScoredOnceBehindEnoughOthers(
            @ForAll @IntRange(min = 1, max = 300) int length,
            @ForAll @IntRange(min = 2, max = 40) int context,
            @ForAll @IntRange(min = 1, max = 39) int wanted) {
        int stride = Math.min(wanted, context - 1);
        int[] ids = IntStream.range(0, length).toArray();

        List<Scorable> windows = Windows.of(BEGIN, ids, context, stride);

        int next = 0;
        for (Scorable window : windows) {
            int[] prompt = window.prompt();
            int[] scored = window.continuations().getFirst();
            assertThat(prompt.length + scored.length).isLessThanOrEqualTo(context);
            if (next > 0) {
                assertThat(scored.length).isLessThanOrEqualTo(stride);
                assertThat(prompt.length).isGreaterThanOrEqualTo(context - stride);
            }
            for (int i = 0; i < prompt.length; i++) {
                assertThat(prompt[i]).isEqualTo(next == 0 ? BEGIN : next - prompt.length + i);
            }
            for (int id : scored) {
                assertThat(id).isEqualTo(next++);
            }
        }
        assertThat(next).isEqualTo(length);
    }
}
