package org.millrace.cli.report;

import java.util.List;

/// One part of a report: sentences, then figures, then plots, then what goes into detail.
///
/// @param remark beside the title, may be empty: how long it took
/// @param figures tables that stand above the plots
/// @param details tables that stand below them
public record Section(
        String title, String remark, List<String> notes, List<Table> figures, List<Chart> charts, List<Table> details) {

    public Section {
        notes = List.copyOf(notes);
        figures = List.copyOf(figures);
        charts = List.copyOf(charts);
        details = List.copyOf(details);
    }
}
