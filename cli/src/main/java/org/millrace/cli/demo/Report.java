package org.millrace.cli.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// What each stage did to the figures: `report.html` (one file, plots inside, no network) and `report.txt`.
final class Report {

    private static final String CHART_LIBRARY = "/META-INF/resources/webjars/chart.js/4.4.9/dist/chart.umd.js";

    private Report() {}

    /// @return the HTML file
    static Path write(Run run) throws IOException {
        Path html = run.home.state().resolve("report.html");
        String data = new ObjectMapper()
                .writeValueAsString(
                        Map.of("plan", run.plan.name(), "figures", run.figures.all(), "sections", run.sections));
        String page = resource("report.html")
                .replace("/*CHART_LIBRARY*/", resource(CHART_LIBRARY))
                // "</script>" inside a text would end the script early
                .replace("/*DATA*/null", data.replace("</", "<\\/"));
        Files.writeString(html, page);
        Files.writeString(run.home.state().resolve("report.txt"), text(run));
        return html;
    }

    static String text(Run run) {
        StringBuilder text = new StringBuilder();
        for (Section section : run.sections) {
            text.append("%n%s (%.0f s)%n".formatted(section.title(), section.seconds()));
            for (Section.Row row : section.rows()) {
                text.append("  %-46s %24s  →  %s%n".formatted(row.figure(), row.before(), row.after()));
            }
        }
        return text.toString();
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = Report.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("the class path lacks " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
