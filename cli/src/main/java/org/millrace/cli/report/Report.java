package org.millrace.cli.report;

import java.util.List;

/// What a report says, whatever it is about.
///
/// @param lead one or two sentences under the title
/// @param cards the figures to see first
public record Report(String title, String lead, List<Card> cards, List<Section> sections) {

    public record Card(String value, String label) {}

    public Report {
        cards = List.copyOf(cards);
        sections = List.copyOf(sections);
    }
}
