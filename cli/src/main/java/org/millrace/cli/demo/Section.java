package org.millrace.cli.demo;

import java.util.ArrayList;
import java.util.List;

/// One stage's part of the report.
///
/// @param rows what the stage did to the figures, each before and after
/// @param notes sentences for people
/// @param tables counts and examples
record Section(
        String title, double seconds, List<Row> rows, List<Chart> charts, List<Table> tables, List<String> notes) {

    record Row(String figure, String before, String after) {}

    /// Lines over a common x axis.
    record Chart(String title, String x, String y, List<Line> lines) {}

    record Line(String name, List<Double> x, List<Double> y) {}

    record Table(String title, List<String> columns, List<List<String>> rows) {}

    static Draft draft(String title) {
        return new Draft(title);
    }

    /// Collects a section while its stage runs.
    static final class Draft {

        private final String title;
        private final List<Row> rows = new ArrayList<>();
        private final List<Chart> charts = new ArrayList<>();
        private final List<Table> tables = new ArrayList<>();
        private final List<String> notes = new ArrayList<>();

        private Draft(String title) {
            this.title = title;
        }

        void row(String figure, String before, String after) {
            rows.add(new Row(figure, before, after));
        }

        void chart(Chart chart) {
            charts.add(chart);
        }

        void table(Table table) {
            tables.add(table);
        }

        void note(String sentence) {
            notes.add(sentence);
        }

        Section done(double seconds) {
            return new Section(
                    title, seconds, List.copyOf(rows), List.copyOf(charts), List.copyOf(tables), List.copyOf(notes));
        }
    }
}
