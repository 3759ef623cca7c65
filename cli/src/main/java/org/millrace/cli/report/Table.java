package org.millrace.cli.report;

import java.util.List;

/// Counts, figures, examples.
///
/// @param title may be empty
/// @param rows each as long as `columns`
public record Table(String title, List<String> columns, List<List<String>> rows) {

    public Table {
        columns = List.copyOf(columns);
        rows = rows.stream().map(List::copyOf).toList();
        for (List<String> row : rows) {
            if (row.size() != columns.size()) {
                throw new IllegalArgumentException(
                        "row: expected %d cells, got %d: %s".formatted(columns.size(), row.size(), row));
            }
        }
    }
}
