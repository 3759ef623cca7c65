package org.millrace.cleaner.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// The extractor on pages written by hand, one habit of the web each, against the body that a
/// reader would copy out of it.
class LayoutsTest {

    private static final int WORST_SHOWN = 10;

    private final Map<String, Double> scores =
            Layout.all().stream().collect(Collectors.toMap(Layout::name, Layout::f1));

    @Test
    void onAverageTheBodyIsRead() {
        System.out.println(worst());
        assertThat(scores).hasSizeGreaterThanOrEqualTo(75);
        assertThat(scores.values().stream().mapToDouble(f -> f).average().orElse(0))
                .describedAs(worst())
                .isGreaterThanOrEqualTo(0.96);
    }

    @Test
    void noLayoutIsReadBadly() {
        assertThat(scores).describedAs(worst()).allSatisfy((_, f1) -> assertThat(f1)
                .isGreaterThanOrEqualTo(0.7));
    }

    @Test
    void titlesAreTold() {
        List<Layout> layouts = Layout.all();

        assertThat(layouts)
                .filteredOn(layout -> layout.article().title().isBlank())
                .isEmpty();
        assertThat(layouts.stream()
                        .collect(Collectors.toMap(Layout::name, l -> l.article().title())))
                .containsEntry("product-page", "Oak bucket, 12 litres")
                .containsEntry("wiki-infobox", "Tern (river)")
                .containsEntry("german-news", "Die Fähre fährt wieder")
                .containsEntry("chinese-article", "渡轮恢复通航");
    }

    @Test
    void theMeasureTellsGoodFromBad() {
        assertThat(Layout.f1("a b c d e f", "a b c d e f")).isEqualTo(1);
        assertThat(Layout.f1("a b c d e f", "u v w x y z")).isZero();
        assertThat(Layout.f1("a b c d e f g h", "a b c d e f g h 1 2 3 4 5"))
                .isBetween(0.66, 0.67); // 5 of 10 shingles are right, and 5 of 5 are found
        assertThat(Layout.f1("渡轮恢复通航了", "渡轮恢复通航")).isBetween(0.85, 0.86); // 3 of 3, and 3 of 4
    }

    private String worst() {
        double mean = scores.values().stream().mapToDouble(f -> f).average().orElse(0);
        return scores.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(Comparator.comparing(Function.identity())))
                .limit(WORST_SHOWN)
                .map(entry -> "%.3f %s".formatted(entry.getValue(), entry.getKey()))
                .collect(Collectors.joining("\n", "mean F1 %.4f of %d, worst:\n".formatted(mean, scores.size()), ""));
    }
}
