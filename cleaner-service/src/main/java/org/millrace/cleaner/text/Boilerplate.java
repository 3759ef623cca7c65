package org.millrace.cleaner.text;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.TextNode;
import org.jsoup.select.NodeVisitor;

/// Finds the elements of a page that belong to the site and not to the text: by tag, role,
/// visibility, and by the words that authors put into `class` and `id`.
///
/// A hint can be wrong ("page-with-sidebar" on the wrapper of everything), so an element that holds
/// the page's heading or most of its prose is never skipped for a hint.
final class Boilerplate {

    /// How far to trust: a page that comes out empty is read again with less suspicion.
    enum Suspicion {
        TAGS,
        STRONG_HINTS,
        ALL_HINTS
    }

    private static final Set<String> TAGS = Set.of(
            "script",
            "style",
            "noscript",
            "template",
            "svg",
            "canvas",
            "iframe",
            "object",
            "embed",
            "nav",
            "footer",
            "aside",
            "menu",
            "dialog",
            "button",
            "select",
            "textarea",
            "input",
            "label",
            "audio",
            "video",
            "map",
            "figcaption",
            "head");

    private static final Set<String> ROLES = Set.of(
            "navigation",
            "banner",
            "contentinfo",
            "complementary",
            "search",
            "dialog",
            "alertdialog",
            "menu",
            "menubar",
            "toolbar",
            "alert",
            "form");

    private static final Set<String> STRONG = Set.of(
            "comment",
            "comments",
            "commentlist",
            "disqus",
            "respond",
            "cookie",
            "cookies",
            "cookiebar",
            "consent",
            "gdpr",
            "ccpa",
            "sidebar",
            "popup",
            "modal",
            "overlay",
            "newsletter",
            "breadcrumb",
            "breadcrumbs",
            "crumbs",
            "advert",
            "advertisement",
            "adsense",
            "sponsored",
            "share",
            "sharing",
            "sharebar",
            "byline",
            "meta",
            "pagination",
            "pager",
            "skip",
            "navbox",
            "editsection",
            "navbar",
            "offscreen",
            "sr",
            "visuallyhidden");

    private static final Set<String> WEAK = Set.of(
            "nav",
            "navigation",
            "menu",
            "banner",
            "header",
            "masthead",
            "footer",
            "foot",
            "widget",
            "widgets",
            "social",
            "promo",
            "promotion",
            "tags",
            "related",
            "recommended",
            "recommendations",
            "recirculation",
            "trending",
            "popular",
            "toolbar",
            "login",
            "signup",
            "subscribe",
            "subscription",
            "rating",
            "ratings",
            "toc",
            "search",
            "ad",
            "ads",
            "ticker",
            "copyright",
            "legal",
            "disclaimer",
            "author",
            "bio",
            "teaser",
            "teasers",
            "readmore",
            "links",
            "notice");

    /// Words that mark the text itself; beside one of them a weak hint must show itself in links.
    private static final Set<String> CONTENT =
            Set.of("content", "article", "post", "entry", "body", "text", "story", "main", "page", "editor");

    private static final Pattern HINT_BOUNDARY = Pattern.compile("[^A-Za-z]+|(?<=[a-z])(?=[A-Z])");
    private static final Pattern HIDDEN = Pattern.compile("display\\s*:\\s*none|visibility\\s*:\\s*hidden");

    private final Element body;
    private final Map<Element, Volume> volumes = new HashMap<>();

    /// Characters of text below an element, and how many of them are inside links.
    private static final class Volume {
        private int characters;
        private int links;

        private double linkDensity() {
            return characters == 0 ? 0 : (double) links / characters;
        }
    }

    Boilerplate(Document document) {
        this.body = document.body();
        body.traverse((NodeVisitor) (node, depth) -> {
            if (node instanceof TextNode text && !text.isBlank()) {
                weigh(text);
            }
        });
    }

    private void weigh(TextNode text) {
        int characters = text.text().strip().length();
        Element parent = text.parentElement();
        boolean link = parent != null && parent.closest("a") != null;
        for (Element at = parent; at != null; at = at.parent()) {
            Volume volume = volumes.computeIfAbsent(at, _ -> new Volume());
            volume.characters += characters;
            volume.links += link ? characters : 0;
        }
    }

    Set<Element> elements(Suspicion suspicion) {
        Set<Element> found = new HashSet<>();
        body.traverse((NodeVisitor) (node, depth) -> {
            if (node instanceof Element element && element != body && isBoilerplate(element, suspicion)) {
                found.add(element);
            }
        });
        return found;
    }

    private boolean isBoilerplate(Element element, Suspicion suspicion) {
        String name = element.normalName();
        if (TAGS.contains(name) || isHidden(element)) {
            return true;
        }
        if (name.equals("main") || name.equals("body")) {
            return false;
        }
        if (ROLES.contains(element.attr("role").toLowerCase(Locale.ROOT)) || name.equals("form")) {
            return !holdsTheText(element, 0.5); // some frameworks wrap the whole page in one form
        }
        if (name.equals("header")) {
            return element.closest("article, main") == null && !holdsTheText(element, 0.5);
        }
        return switch (suspicion) {
            case TAGS -> false;
            case STRONG_HINTS -> hinted(element, STRONG) && !holdsTheText(element, 0.8);
            case ALL_HINTS ->
                (hinted(element, STRONG) && !holdsTheText(element, 0.8))
                        || (hinted(element, WEAK) && !holdsTheText(element, 0.5) && !looksLikeText(element));
        };
    }

    private boolean looksLikeText(Element element) {
        return hinted(element, CONTENT) && volume(element).linkDensity() < 0.3;
    }

    private boolean holdsTheText(Element element, double share) {
        return volume(element).characters >= share * Math.max(1, volume(body).characters)
                || element.selectFirst("main, h1, [itemprop=articleBody]") != null;
    }

    private Volume volume(Element element) {
        return volumes.getOrDefault(element, new Volume());
    }

    private static boolean isHidden(Element element) {
        return element.hasAttr("hidden")
                || element.attr("aria-hidden").equals("true")
                || HIDDEN.matcher(element.attr("style")).find();
    }

    private static boolean hinted(Element element, Set<String> hints) {
        return hinted(element.className(), hints) || hinted(element.id(), hints);
    }

    /// Also two words together, so that "side-bar" and "readMore" are found.
    private static boolean hinted(String value, Set<String> hints) {
        if (value.isEmpty()) {
            return false;
        }
        for (String name : value.split("\\s+")) {
            String before = "";
            for (String part : HINT_BOUNDARY.split(name)) {
                String word = part.toLowerCase(Locale.ROOT);
                if (hints.contains(word) || hints.contains(before + word)) {
                    return true;
                }
                before = word;
            }
        }
        return false;
    }
}
