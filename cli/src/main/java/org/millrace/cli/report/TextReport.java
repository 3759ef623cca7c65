package org.millrace.cli.report;

import java.util.ArrayList;
import java.util.List;

/// A report for a terminal. Plots are left out: their numbers stand in the tables.
public final class TextReport {

    private static final int WIDEST_CELL = 100;

    private TextReport() {}

    public static String of(Report report) {
        StringBuilder text = new StringBuilder();
        text.append(PlainText.line(report.title())).append('\n');
        text.append(PlainText.line(report.lead())).append('\n');
        for (Section section : report.sections()) {
            String remark = section.remark().isEmpty() ? "" : " (" + PlainText.line(section.remark()) + ")";
            text.append('\n')
                    .append(PlainText.line(section.title()))
                    .append(remark)
                    .append('\n');
            section.notes()
                    .forEach(note ->
                            text.append("  ").append(PlainText.line(note)).append('\n'));
            section.figures().forEach(table -> append(text, table));
            section.details().forEach(table -> append(text, table));
        }
        return text.toString();
    }

    private static void append(StringBuilder text, Table table) {
        if (table.rows().isEmpty()) {
            return;
        }
        if (!table.title().isEmpty()) {
            text.append("  ").append(PlainText.line(table.title())).append(":\n");
        }
        List<List<String>> lines = new ArrayList<>();
        lines.add(table.columns());
        table.rows().forEach(lines::add);
        int last = table.columns().size() - 1;
        int[] widths = new int[last + 1];
        boolean[] figures = new boolean[last + 1];
        for (int column = 0; column <= last; column++) {
            int at = column;
            widths[column] = lines.stream()
                    .mapToInt(line -> cell(line.get(at)).length())
                    .max()
                    .orElse(0);
            figures[column] = table.rows().stream().allMatch(row -> Numbers.isFigure(row.get(at)));
        }
        for (List<String> line : lines) {
            StringBuilder row = new StringBuilder("    ");
            for (int column = 0; column <= last; column++) {
                String cell = column == last && !figures[column]
                        ? PlainText.line(line.get(column), 2 * WIDEST_CELL)
                        : cell(line.get(column));
                String gap = " ".repeat(Math.max(0, widths[column] - cell.length()));
                row.append(figures[column] ? gap + cell : cell + gap).append("  ");
            }
            text.append(row.toString().stripTrailing()).append('\n');
        }
    }

    private static String cell(String value) {
        return PlainText.line(value, WIDEST_CELL);
    }
}
