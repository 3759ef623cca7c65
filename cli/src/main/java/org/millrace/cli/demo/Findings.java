package org.millrace.cli.demo;

import java.util.ArrayList;
import java.util.List;
import org.millrace.cli.report.Chart;
import org.millrace.cli.report.Section;
import org.millrace.cli.report.Table;

/// What a stage found, collected while it runs: its part of the report.
final class Findings {

    /// What the stage did to the figures.
    static final List<String> CHANGE = List.of("figure", "before", "after");

    private final String title;
    private final List<List<String>> rows = new ArrayList<>();
    private final List<Chart> charts = new ArrayList<>();
    private final List<Table> tables = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    Findings(String title) {
        this.title = title;
    }

    void row(String figure, String before, String after) {
        rows.add(List.of(figure, before, after));
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
        Table change = new Table("", CHANGE, rows);
        return new Section(title, "%.0f s".formatted(seconds), notes, List.of(change), charts, tables);
    }
}
