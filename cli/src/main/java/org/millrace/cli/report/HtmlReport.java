package org.millrace.cli.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A report as one page of HTML: plots inside, nothing loaded from anywhere, readable without scripts.
///
/// Cells, notes and labels may come from pages of strangers. They are escaped where they stand, the numbers
/// of the plots travel as data that no browser runs, and the page's policy names the hash of each script and
/// style sheet that is ours: anything else would not run if it got in.
public final class HtmlReport {

    private static final String CHART_LIBRARY = "/META-INF/resources/webjars/chart.js/4.4.9/dist/chart.umd.js";

    /// Points of a line that its table shows at most, evenly spaced.
    private static final int POINTS_IN_A_TABLE = 40;

    private static final ObjectMapper JSON = new ObjectMapper();

    private HtmlReport() {}

    public static void write(Path file, Report report) throws IOException {
        Files.writeString(file, render(report));
    }

    static String render(Report report) {
        String library = resource(CHART_LIBRARY);
        String script = resource("report.js");
        String style = resource("report.css");
        StringBuilder html = new StringBuilder(library.length() + (1 << 16));
        html.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        html.append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src '")
                .append(hash(library))
                .append("' '")
                .append(hash(script))
                .append("'; style-src '")
                .append(hash(style))
                .append("'; base-uri 'none'; form-action 'none'\">\n");
        html.append("<meta name=\"referrer\" content=\"no-referrer\">\n");
        html.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        html.append("<title>").append(escaped(report.title())).append("</title>\n");
        html.append("<style>").append(style).append("</style>\n</head>\n<body>\n");
        List<Chart> charts = new ArrayList<>();
        body(html, report, charts);
        // Data, not a program: browsers run no script of this type. "<" would end it early inside a text.
        html.append("<script type=\"application/json\" id=\"charts\">")
                .append(json(charts))
                .append("</script>\n");
        html.append("<script>").append(library).append("</script>\n");
        html.append("<script>").append(script).append("</script>\n</body>\n</html>\n");
        return html.toString();
    }

    private static void body(StringBuilder html, Report report, List<Chart> charts) {
        html.append("<header>\n<h1>").append(escaped(report.title())).append("</h1>\n");
        html.append("<p class=\"lead\">").append(escaped(report.lead())).append("</p>\n");
        html.append("<ul class=\"cards\">\n");
        for (Report.Card card : report.cards()) {
            html.append("<li><b>")
                    .append(escaped(card.value()))
                    .append("</b> <span>")
                    .append(escaped(card.label()))
                    .append("</span></li>\n");
        }
        html.append("</ul>\n<nav aria-label=\"Sections\"><ol>\n");
        for (int i = 0; i < report.sections().size(); i++) {
            html.append("<li><a href=\"#s%d\">".formatted(i + 1))
                    .append(escaped(report.sections().get(i).title()))
                    .append("</a></li>\n");
        }
        html.append("</ol></nav>\n</header>\n<main>\n");
        for (int i = 0; i < report.sections().size(); i++) {
            section(html, i + 1, report.sections().get(i), charts);
        }
        html.append("</main>\n");
    }

    private static void section(StringBuilder html, int number, Section section, List<Chart> charts) {
        html.append("<section aria-labelledby=\"s%d\">\n<h2 id=\"s%d\">".formatted(number, number))
                .append(escaped(section.title()));
        if (!section.remark().isEmpty()) {
            html.append(" <small>").append(escaped(section.remark())).append("</small>");
        }
        html.append("</h2>\n");
        section.notes()
                .forEach(note ->
                        html.append("<p dir=\"auto\">").append(escaped(note)).append("</p>\n"));
        section.figures().forEach(table -> table(html, table));
        if (!section.charts().isEmpty()) {
            html.append("<div class=\"charts\">\n");
            section.charts().forEach(chart -> chart(html, chart, charts));
            html.append("</div>\n");
        }
        section.details().forEach(table -> table(html, table));
        html.append("</section>\n");
    }

    private static void table(StringBuilder html, Table table) {
        if (table.rows().isEmpty()) {
            return;
        }
        html.append("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"")
                .append(escaped(table.title().isEmpty() ? String.join(", ", table.columns()) : table.title()))
                .append("\"><table>\n");
        if (!table.title().isEmpty()) {
            html.append("<caption>").append(escaped(table.title())).append("</caption>\n");
        }
        boolean[] figures = new boolean[table.columns().size()];
        html.append("<thead><tr>");
        for (int column = 0; column < figures.length; column++) {
            int at = column;
            figures[column] = table.rows().stream().allMatch(row -> Numbers.isFigure(row.get(at)));
            html.append(figures[column] ? "<th scope=\"col\" class=\"figure\">" : "<th scope=\"col\">")
                    .append(escaped(table.columns().get(column)))
                    .append("</th>");
        }
        html.append("</tr></thead>\n<tbody>\n");
        for (List<String> row : table.rows()) {
            html.append("<tr>");
            for (int column = 0; column < figures.length; column++) {
                html.append(column == 0 ? "<th scope=\"row\"" : "<td")
                        .append(figures[column] ? " class=\"figure\">" : " dir=\"auto\">")
                        .append(escaped(row.get(column)))
                        .append(column == 0 ? "</th>" : "</td>");
            }
            html.append("</tr>\n");
        }
        html.append("</tbody>\n</table></div>\n");
    }

    private static void chart(StringBuilder html, Chart chart, List<Chart> charts) {
        String title = escaped(chart.title());
        String tall = chart instanceof Chart.Bars bars
                        && bars.lying()
                        && bars.labels().size() > 8
                ? " tall"
                : "";
        html.append("<figure><figcaption>").append(title).append("</figcaption>\n");
        html.append("<div class=\"plot%s\"><canvas data-chart=\"%d\" role=\"img\" aria-label=\""
                        .formatted(tall, charts.size()))
                .append(title)
                .append("\"></canvas></div>\n<details><summary>The numbers</summary>\n");
        switch (chart) {
            case Chart.Bars bars -> {
                List<List<String>> rows = new ArrayList<>();
                for (int i = 0; i < bars.labels().size(); i++) {
                    rows.add(List.of(
                            bars.labels().get(i), Numbers.count(bars.values().get(i))));
                }
                table(
                        html,
                        new Table(
                                "",
                                List.of(bars.lying() ? bars.y() : bars.x(), bars.lying() ? bars.x() : bars.y()),
                                rows));
            }
            case Chart.Lines lines -> lines.lines().forEach(line -> table(html, points(lines, line)));
        }
        html.append("</details></figure>\n");
        charts.add(chart);
    }

    private static Table points(Chart.Lines chart, Chart.Line line) {
        List<List<String>> rows = new ArrayList<>();
        int size = line.x().size();
        int shown = Math.min(size, POINTS_IN_A_TABLE);
        for (int i = 0; i < shown; i++) {
            int at = shown == size ? i : (int) Math.round((double) i * (size - 1) / (shown - 1));
            rows.add(List.of(
                    String.valueOf(line.x().get(at)), String.valueOf(line.y().get(at))));
        }
        return new Table(line.name(), List.of(chart.x(), chart.y()), rows);
    }

    private static String json(List<Chart> charts) {
        List<Map<String, Object>> plots = new ArrayList<>();
        for (Chart chart : charts) {
            Map<String, Object> plot = new LinkedHashMap<>();
            plot.put("x", PlainText.line(chart.x()));
            plot.put("y", PlainText.line(chart.y()));
            switch (chart) {
                case Chart.Lines lines -> plot.put("lines", lines.lines());
                case Chart.Bars bars -> {
                    plot.put(
                            "labels",
                            bars.labels().stream().map(PlainText::line).toList());
                    plot.put("values", bars.values());
                    plot.put("lying", bars.lying());
                }
            }
            plots.add(plot);
        }
        try {
            return JSON.writeValueAsString(plots)
                    .replace("<", "\\u003c")
                    .replace(">", "\\u003e")
                    .replace("&", "\\u0026");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("plots are numbers and texts", e);
        }
    }

    /// Fit for the text of an element and for an attribute in quotes.
    static String escaped(String foreign) {
        String line = PlainText.line(foreign);
        StringBuilder html = new StringBuilder(line.length() + 16);
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            switch (c) {
                case '&' -> html.append("&amp;");
                case '<' -> html.append("&lt;");
                case '>' -> html.append("&gt;");
                case '"' -> html.append("&quot;");
                case '\'' -> html.append("&#39;");
                default -> html.append(c);
            }
        }
        return html.toString();
    }

    private static String hash(String inline) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(inline.getBytes(StandardCharsets.UTF_8));
            return "sha256-" + Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /// With the line ends that a browser hashes.
    private static String resource(String name) {
        try (InputStream in = HtmlReport.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the class path lacks " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + name, e);
        }
    }
}
