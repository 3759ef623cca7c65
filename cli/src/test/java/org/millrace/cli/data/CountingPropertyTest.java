package org.millrace.cli.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.Size;

/// What is counted with bounded memory, against counting everything.
class CountingPropertyTest {

    @Property(tries = 300)
    void aCountIsAtMostTheErrorTooLow(
            @ForAll @Size(max = 400) List<@IntRange(max = 60) Integer> names,
            @ForAll @IntRange(min = 1, max = 20) int capacity) {
        TopCounts counts = new TopCounts(capacity);
        Map<String, Long> exact = new HashMap<>();
        for (int name : names) {
            counts.add("n" + name);
            exact.merge("n" + name, 1L, Long::sum);
        }

        exact.forEach(
                (name, count) -> assertThat(counts.get(name)).isBetween(Math.max(0, count - counts.error()), count));
        assertThat(counts.error()).isLessThanOrEqualTo(names.size() / capacity);
        assertThat(counts.size()).isLessThan(2 * capacity);
        assertThat(counts.total()).isEqualTo(names.size());
    }

    @Property(tries = 200)
    void withinItsCapacityTheLargestCountsAreExact(@ForAll @Size(max = 300) List<@IntRange(max = 9) Integer> names) {
        TopCounts counts = new TopCounts(10);
        Map<String, Long> exact = new HashMap<>();
        for (int name : names) {
            counts.add("n" + name);
            exact.merge("n" + name, 1L, Long::sum);
        }

        assertThat(counts.error()).isZero();
        assertThat(counts.top(100))
                .containsExactlyElementsOf(exact.entrySet().stream()
                        .map(entry -> new TopCounts.Entry(entry.getKey(), entry.getValue()))
                        .sorted((a, b) -> a.count() != b.count()
                                ? Long.compare(b.count(), a.count())
                                : a.name().compareTo(b.name()))
                        .toList());
    }

    @Property(tries = 100)
    void fingerprintsAreASet(@ForAll @Size(max = 3000) List<@IntRange(max = 2000) Integer> numbers) {
        Fingerprints fingerprints = new Fingerprints();
        Set<Integer> exact = new HashSet<>();

        for (int number : numbers) {
            assertThat(fingerprints.add("d" + number)).isEqualTo(exact.add(number));
        }

        assertThat(fingerprints.size()).isEqualTo(exact.size());
        assertThat(IntStream.range(0, 2100)
                        .filter(number -> fingerprints.contains("d" + number))
                        .boxed())
                .containsExactlyInAnyOrderElementsOf(exact);
    }

    @Property(tries = 300)
    void aQuantileIsRightToItsError(
            @ForAll @NotEmpty @Size(max = 200) List<@IntRange(min = 1, max = Integer.MAX_VALUE) Integer> lengths,
            @ForAll @IntRange(min = 1, max = 100) int percent) {
        Lengths bounded = new Lengths();
        lengths.forEach(bounded::add);
        int[] sorted = lengths.stream().mapToInt(Integer::intValue).sorted().toArray();
        int exact = sorted[(int) Math.ceil(percent / 100.0 * sorted.length) - 1];

        // half a length more, for rounding to whole characters
        double error = Math.pow(2, 1.0 / 16) * (1 + 1e-9);
        assertThat((double) bounded.quantile(percent / 100.0)).isBetween(exact / error - 0.5, exact * error + 0.5);
        assertThat(bounded.doublings().stream().mapToLong(Lengths.Range::count).sum())
                .isEqualTo(lengths.size());
        assertThat(bounded.mean()).isCloseTo(Arrays.stream(sorted).average().orElseThrow(), within());
    }

    private static org.assertj.core.data.Percentage within() {
        return org.assertj.core.data.Percentage.withPercentage(1e-9);
    }
}
