package org.millrace.cleaner.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.cleaner.Cleaner;
import org.millrace.cleaner.Page;
import org.millrace.cleaner.StandardCleaner;
import org.millrace.cleaner.Verdict.Kept;

class SyntheticPagesTest {

    /// A benchmark of pages that are dropped at the first rule would measure nothing.
    @Test
    void thePagesAreKeptAndOfTheirSize() {
        Cleaner cleaner = StandardCleaner.create();
        List<Page> pages = SyntheticPages.pages(16, 60_000, 1);

        assertThat(pages).allSatisfy(page -> {
            assertThat(page.body().length).isBetween(57_000, 66_000);
            assertThat(cleaner.judge(page)).isInstanceOf(Kept.class);
        });
        assertThat(pages.stream()
                        .map(Page::body)
                        .map(java.util.Arrays::hashCode)
                        .distinct())
                .hasSize(16);
    }

    @Test
    void theSameSeedMakesTheSamePages() {
        assertThat(SyntheticPages.pages(3, 20_000, 5).getLast().body())
                .isEqualTo(SyntheticPages.pages(3, 20_000, 5).getLast().body());
    }

    @Test
    void optionsAreRead() {
        assertThat(BenchOptions.of(List.of("5"))).isEqualTo(new BenchOptions(5, 2, 60_000, 100_000));
        assertThat(BenchOptions.of(List.of("5", "--threads", "4", "--page-bytes", "9000", "--documents", "1000000")))
                .isEqualTo(new BenchOptions(5, 4, 9_000, 1_000_000));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "5 --threads", "5 --threads 0", "5 --threads many", "5 --pages 3"})
    void otherOptionsAreRefused(String arguments) {
        List<String> list = arguments.isEmpty() ? List.of() : List.of(arguments.split(" "));

        assertThatThrownBy(() -> BenchOptions.of(list)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theIndexIsFilledInStepsOfTen() {
        assertThat(sizes(1_000)).containsExactly(1_000);
        assertThat(sizes(10_000)).containsExactly(10_000);
        assertThat(sizes(1_000_000)).containsExactly(10_000, 100_000, 1_000_000);
        assertThat(sizes(250_000)).containsExactly(10_000, 100_000, 250_000);
    }

    private static int[] sizes(int documents) {
        return new BenchOptions(5, 2, 60_000, documents).indexSizes();
    }
}
