package org.millrace.cleaner.bench;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.millrace.cleaner.Page;

/// Pages as the web has them, in eight layouts: a few kilobytes of text in a multiple of that of
/// navigation, scripts, styles, teasers and comments. The same seed makes the same pages.
final class SyntheticPages {

    private static final int LAYOUTS = 8;

    private final Prose prose;
    private final int number;
    private final StringBuilder html = new StringBuilder();

    private SyntheticPages(int number, long seed) {
        this.prose = new Prose(seed * 1_000_003 + number);
        this.number = number;
    }

    /// @param bytes of each page, about
    static List<Page> pages(int count, int bytes, long seed) {
        List<Page> pages = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] body = new SyntheticPages(i, seed).page(bytes).getBytes(StandardCharsets.UTF_8);
            pages.add(new Page(
                    "https://host-%d.example/articles/%d.html".formatted(i % 20, i), "text/html; charset=utf-8", body));
        }
        return pages;
    }

    private String page(int bytes) {
        String title = prose.heading();
        int text = prose.number(bytes / 12, bytes / 4);
        head(title, bytes / 8);
        html.append("<body class=\"page layout-").append(number % LAYOUTS).append("\">\n");
        navigation(60);
        switch (number % LAYOUTS) {
            case 0 -> semantic(title, text);
            case 1 -> divisions(title, text);
            case 2 -> table(title, text);
            case 3 -> encyclopaedia(title, text);
            case 4 -> lineBreaks(title, text);
            case 5 -> lists(title, text);
            case 6 -> news(title, text);
            default -> blog(title, text);
        }
        while (html.length() < bytes - 2_000) {
            if (prose.number(0, 3) == 0) {
                script(2_000);
            } else {
                teasers(8);
            }
        }
        footer();
        return html.append("</body></html>").toString();
    }

    private void head(String title, int style) {
        html.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>")
                .append(title)
                .append("</title>\n<link rel=\"canonical\" href=\"/articles/")
                .append(number)
                .append("\">\n<meta name=\"author\" content=\"The editors\">\n<style>\n");
        int end = html.length() + style;
        while (html.length() < end) {
            html.append(".%s-%d > .%s { margin: %dpx; color: #%06x; display: flex }%n"
                    .formatted(
                            prose.word(),
                            prose.number(1, 99),
                            prose.word(),
                            prose.number(0, 40),
                            prose.number(0, 1 << 24)));
        }
        html.append("</style>\n");
        script(3_000);
        html.append("</head>\n");
    }

    private void script(int characters) {
        html.append("<script>\n");
        int end = html.length() + characters;
        while (html.length() < end) {
            html.append("window.%s = window.%s || function (a) { return a < %d && \"<p>%s</p>\"; };%n"
                    .formatted(prose.word(), prose.word(), prose.number(0, 999), prose.word()));
        }
        html.append("</script>\n");
    }

    private void navigation(int links) {
        html.append("<header class=\"site-header\"><a href=\"/\">Home</a></header>\n<nav id=\"menu\"><ul>\n");
        for (int i = 0; i < links; i++) {
            html.append("<li class=\"menu-item menu-item-%d\"><a href=\"/%s/%d\" data-track=\"nav\">%s</a></li>%n"
                    .formatted(i, prose.word(), i, prose.word()));
        }
        html.append(
                "</ul></nav>\n<div class=\"cookie-banner\"><p>This site uses cookies.</p><button>Fine</button></div>\n");
    }

    private void teasers(int count) {
        html.append("<aside class=\"sidebar related\"><h3>More to read</h3><ul>\n");
        for (int i = 0; i < count; i++) {
            html.append(
                    "<li><a href=\"/articles/%d\"><img src=\"/img/%d.jpg\" alt=\"%s\"><span class=\"t\">%s</span></a></li>%n"
                            .formatted(prose.number(0, 9999), i, prose.word(), prose.heading()));
        }
        html.append("</ul></aside>\n");
    }

    private void footer() {
        html.append("<footer><p>All rights reserved by the editors of this site.</p><ul>\n");
        for (int i = 0; i < 20; i++) {
            html.append("<li><a href=\"/about/%d\">%s</a></li>%n".formatted(i, prose.word()));
        }
        html.append("</ul></footer>\n");
    }

    private void semantic(String title, int text) {
        html.append("<main><article><h1>").append(title).append("</h1>\n");
        sections(text, "<h2>%s</h2>\n", "<p>%s</p>\n");
        html.append("</article></main>\n");
    }

    private void divisions(String title, int text) {
        html.append("<div class=\"wrap\"><div class=\"inner\"><div class=\"col-8\"><div class=\"headline\">")
                .append(title)
                .append("</div>\n");
        sections(text, "<div class=\"sub\"><b>%s</b></div>\n", "<div class=\"txt\"><span>%s</span></div>\n");
        html.append("</div></div></div>\n");
    }

    private void table(String title, int text) {
        html.append("<table width=\"100%\"><tr><td width=\"160\" valign=\"top\">");
        teasers(6);
        html.append("</td><td><h1>").append(title).append("</h1>\n");
        sections(text, "<h3>%s</h3>\n", "<p>%s</p>\n");
        html.append("</td></tr></table>\n");
    }

    private void encyclopaedia(String title, int text) {
        html.append("<div id=\"content\"><h1>").append(title).append("</h1><table class=\"infobox\">\n");
        for (int i = 0; i < 8; i++) {
            html.append("<tr><th>%s</th><td>%s %d</td></tr>%n"
                    .formatted(prose.word(), prose.word(), prose.number(1, 9999)));
        }
        html.append("</table>\n");
        sections(text, "<h2>%s <span class=\"edit\">[edit]</span></h2>\n", "<p>%s<sup>[1]</sup></p>\n");
        html.append("</div>\n");
    }

    private void lineBreaks(String title, int text) {
        html.append("<div id=\"main\"><font size=5>").append(title).append("</font><br><br>\n");
        sections(text, "<b>%s</b><br>\n", "%s<br><br>\n");
        html.append("</div>\n");
    }

    private void lists(String title, int text) {
        html.append("<div role=\"main\"><h1>").append(title).append("</h1>\n");
        sections(text * 3 / 4, "<h2>%s</h2>\n", "<p>%s</p>\n");
        html.append("<ol>\n");
        for (int written = 0; written < text / 4; written += 90) {
            html.append("<li>").append(prose.sentence()).append("</li>\n");
        }
        html.append("</ol></div>\n");
    }

    private void news(String title, int text) {
        html.append("<div class=\"story\"><h1 class=\"story__title\">")
                .append(title)
                .append(
                        "</h1><div class=\"byline\">By the editors, <time datetime=\"2024-05-01\">1 May 2024</time></div>\n");
        sections(text, "<h4>%s</h4>\n", "<p class=\"story__p\">%s</p><div class=\"ad\"><a href=\"/ad\">ad</a></div>\n");
        html.append("</div>\n");
        comments();
    }

    private void blog(String title, int text) {
        html.append("<section class=\"post-list\"><article class=\"post\"><h2>")
                .append(title)
                .append("</h2>\n");
        sections(text, "<h3>%s</h3>\n", "<p>%s</p><blockquote>Nobody knows whether %1$.40s.</blockquote>\n");
        html.append("</article></section>\n");
        comments();
    }

    private void comments() {
        html.append("<div id=\"comments\"><h3>Comments</h3>\n");
        for (int i = 0; i < 6; i++) {
            html.append("<div class=\"comment\"><span>%s</span><p>%s</p></div>%n"
                    .formatted(prose.word(), prose.sentence()));
        }
        html.append("</div>\n");
    }

    private void sections(int characters, String heading, String paragraph) {
        int left = characters;
        while (left > 0) {
            html.append(heading.formatted(prose.heading()));
            for (int i = 0; i < 4 && left > 0; i++) {
                String text = prose.paragraph(prose.number(200, 700));
                left -= text.length();
                html.append(paragraph.formatted(text));
            }
        }
    }
}
