package org.millrace.cli.report;

import java.util.List;

/// A plot. Its numbers are also in the page as a table, for those who cannot see it.
public sealed interface Chart {

    String title();

    /// Name and unit of the x axis.
    String x();

    /// Name and unit of the y axis.
    String y();

    /// Lines over a common x axis.
    record Lines(String title, String x, String y, List<Line> lines) implements Chart {}

    record Line(String name, List<Double> x, List<Double> y) {}

    /// One bar to a label.
    ///
    /// @param lying the bars lie, and long labels can be read
    record Bars(String title, String x, String y, List<String> labels, List<Long> values, boolean lying)
            implements Chart {

        public Bars {
            labels = List.copyOf(labels);
            values = List.copyOf(values);
            if (labels.size() != values.size()) {
                throw new IllegalArgumentException(
                        "values: expected %d, one to a label, got %d".formatted(labels.size(), values.size()));
            }
        }
    }
}
