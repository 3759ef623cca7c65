package org.millrace.world;

import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Everything on a page that is not its text: navigation, banners, teasers, comments, footer.
final class Furniture {

    /// @param path where it leads
    record Link(String path, String text) {

        String item() {
            return "<li><a href=\"%s\">%s</a></li>".formatted(path, Layout.escaped(text));
        }
    }

    private static final double LICENSED = 0.4;
    private static final List<String> COOKIES = List.of(
            "We use cookies to make this site better for you. By going on you agree to our cookie policy.",
            "This site uses cookies and similar technology. You can find more in our privacy policy.",
            "Cookies help us to count our visitors. Do you accept the use of cookies?");
    private static final List<String> ADVERTS = List.of(
            "Sign up for our newsletter and never miss a page!",
            "Buy two posters and pay for one. Only this week!",
            "Your advertisement could be here.",
            "Win a trip for two! Answer three questions and send us a card.");
    private static final List<String> COMMENTS = List.of(
            "Great page, thanks! Write to me at MAIL if you want to swap notes.",
            "Is there a printed version? Please call PHONE after six.",
            "first!!!",
            "I do not agree with the second paragraph, but well written.",
            "Can someone send me the pictures? My address is MAIL, thank you.",
            "My son used this for school. You can reach us under PHONE or MAIL.",
            "lol",
            "The link in the margin is broken since May.",
            "Visit my page too!!! Best prices, ask MAIL");
    private static final List<String> PEOPLE =
            List.of("Ann", "bob77", "Mrs. K.", "reader_12", "Tom", "anonymous", "Lea");

    private final String site;
    private final long seed;
    private final List<Link> navigation;
    private final List<Link> articles;
    private final List<Link> traps;

    /// @param articles where teasers and related links lead
    /// @param traps links that lead nowhere good: redirects, broken links, forbidden paths
    Furniture(String site, long seed, List<Link> navigation, List<Link> articles, List<Link> traps) {
        this.site = site;
        this.seed = seed;
        this.navigation = navigation;
        this.articles = articles;
        this.traps = traps;
    }

    String page(Layout layout, String path, String title, List<String> paragraphs) {
        return page(layout, path, title, "en", "utf-8", layout.paragraphs(paragraphs), true);
    }

    String page(
            Layout layout, String path, String title, String language, String charset, String body, boolean comments) {
        Draw draw = Draw.of(seed, "furniture" + path);
        Map<String, String> parts = new HashMap<>();
        parts.put("site", Layout.escaped(site));
        parts.put("title", Layout.escaped(title));
        parts.put("language", language);
        parts.put("charset", Charset.forName(charset).name().toLowerCase(java.util.Locale.ROOT));
        parts.put("body", body);
        parts.put("cookies", draw.pick(COOKIES));
        parts.put("advert", draw.pick(ADVERTS));
        parts.put("nav", items(navigation));
        parts.put("teasers", items(teasers(draw)));
        parts.put("related", items(draw.some(articles, 4)));
        parts.put("house", items(house(draw)));
        parts.put("comments", comments ? comments(draw) : "");
        parts.put("footer", footer(draw));
        return layout.page(parts);
    }

    private List<Link> teasers(Draw draw) {
        List<Link> teasers = new ArrayList<>();
        for (Link link : draw.some(articles, 5)) {
            // The same page under another address, as newsletters and partners link to it.
            String path = draw.chance(0.1) ? link.path() + "?utm_source=teaser" : link.path();
            teasers.add(new Link(path, link.text()));
        }
        return teasers;
    }

    private List<Link> house(Draw draw) {
        List<Link> house = new ArrayList<>(List.of(
                new Link("/about.html", "About us"),
                new Link("/contact.html", "Contact"),
                new Link("/terms.html", "Terms of use")));
        house.addAll(draw.some(traps, 2));
        return house;
    }

    private String footer(Draw draw) {
        String footer = "Copyright " + Layout.escaped(site) + ". All rights reserved.";
        if (draw.chance(LICENSED)) {
            footer = "Text under <a rel=\"license\" href=\"https://creativecommons.org/licenses/by/4.0/\">"
                    + "Creative Commons Attribution 4.0</a>.";
        }
        return footer + " Web master: " + mail(draw);
    }

    private static String comments(Draw draw) {
        StringBuilder comments = new StringBuilder();
        for (String comment : draw.some(COMMENTS, draw.below(4))) {
            comments.append("<div class=\"comment\"><b>%s</b> wrote: <p>%s</p></div>"
                    .formatted(draw.pick(PEOPLE), personal(draw, comment)));
        }
        return comments.toString();
    }

    /// The text with invented addresses and numbers in the places that want them.
    static String personal(Draw draw, String text) {
        return text.replace("MAIL", mail(draw)).replace("PHONE", phone(draw));
    }

    private static String mail(Draw draw) {
        return "%s%d@example.%s"
                .formatted(
                        draw.pick(List.of("info", "anna", "post", "j.miller", "office", "sam")),
                        draw.below(90) + 10,
                        draw.pick(List.of("org", "com", "net")));
    }

    /// In the range that is kept free for stories and films.
    private static String phone(Draw draw) {
        return "(%s) 555-01%02d".formatted(draw.pick(List.of("212", "415", "617", "303")), draw.below(100));
    }

    static String items(List<Link> links) {
        return links.stream().map(Link::item).collect(Collectors.joining());
    }
}
