package org.millrace.cli.eval.statistics;

import java.util.List;
import java.util.Optional;

/// The mean of several tasks' figures, each task of the same weight, as CORE has it.
///
/// @param figures at least one
public record MeanScore(List<Figure> figures) {

    public MeanScore {
        figures = List.copyOf(figures);
        if (figures.isEmpty()) {
            throw new IllegalArgumentException("figures: expected at least 1, got 0");
        }
    }

    public double value() {
        return figures.stream().mapToDouble(Figure::value).average().orElse(Double.NaN);
    }

    /// The bootstrap's: the items of each task are drawn by themselves, the tasks stay.
    public Optional<Interval> interval(long seed) {
        return Bootstrap.interval(seed, this::value, sizes());
    }

    /// This less another model's, of the same items drawn for both.
    public Figure.Difference less(MeanScore other, long seed) {
        return new Figure.Difference(
                value() - other.value(),
                Bootstrap.interval(seed, drawn -> value(drawn) - other.value(drawn), sizes()),
                Optional.empty());
    }

    private double value(int[][] drawn) {
        double sum = 0;
        for (int task = 0; task < drawn.length; task++) {
            sum += figures.get(task).value(drawn[task]);
        }
        return sum / drawn.length;
    }

    private int[] sizes() {
        return figures.stream().mapToInt(Figure::items).toArray();
    }
}
