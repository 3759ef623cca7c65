package org.millrace.cleaner.text;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jsoup.nodes.Attribute;
import org.jsoup.nodes.Element;

/// What an element's name, role, visibility, and the words that authors put into `class` and `id`
/// say about it. Signs are opinions, not facts: [Boilerplate] weighs them against the text.
final class Signs {

    /// The tag or role says navigation, footer, form, and the like.
    static final int FURNITURE = 1;

    /// Words that hardly ever stand on the text itself: "cookie", "sidebar".
    static final int STRONG = 1 << 1;

    /// Words for what readers have said. It is furniture beside an article, and the text of a
    /// forum.
    static final int COMMENT = 1 << 9;

    /// Words that often stand on furniture and sometimes on text: "header", "author".
    static final int WEAK = 1 << 2;

    /// Words that stand on text: "content", "story".
    static final int CONTENT = 1 << 3;

    /// Several of those together: "article-body". Nearly always exactly the text.
    static final int BODY = 1 << 4;

    static final int HIDDEN = 1 << 5;

    /// `main`, or an element that says that it holds the body of the article.
    static final int MAIN = 1 << 6;

    static final int ARTICLE = 1 << 7;

    /// Shown only to those without scripts or frames.
    static final int SUBSTITUTE = 1 << 8;

    private static final Set<String> FURNITURE_TAGS =
            Set.of("nav", "footer", "aside", "menu", "dialog", "form", "header", "figcaption", "search");

    private static final Set<String> FURNITURE_ROLES = Set.of(
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
            "form",
            "doc-toc",
            "doc-endnotes",
            "doc-pagelist");

    /// Attributes beside class and id in which page builders name the part.
    private static final Set<String> NAMING =
            Set.of("data-component", "data-testid", "data-module", "data-widget-type", "data-block-name", "aria-label");

    private static final Pronounced PRONOUNCED = Pronounced.WORDS;

    private static final int LONGEST_LABEL = 60;

    private final Map<String, Integer> known = new HashMap<>();

    /// One page repeats few names many times.
    int of(Element element, String name) {
        int signs = FURNITURE_TAGS.contains(name) ? FURNITURE : 0;
        switch (name) {
            case "main" -> signs |= MAIN;
            case "article" -> signs |= ARTICLE;
            case "noscript", "noframes" -> signs |= SUBSTITUTE;
            default -> {
                if (name.indexOf('-') > 0) {
                    signs |= said(name);
                }
            }
        }
        if (element.attributesSize() == 0) {
            return signs;
        }
        for (Attribute attribute : element.attributes()) {
            signs |= ofAttribute(attribute.getKey(), attribute.getValue());
        }
        return signs;
    }

    private int ofAttribute(String key, String value) {
        return switch (key) {
            case "class", "id" -> said(value);
            case "role" -> ofRole(value.toLowerCase(Locale.ROOT));
            case "hidden" -> value.equals("until-found") ? 0 : HIDDEN;
            case "aria-hidden" -> value.equals("true") ? HIDDEN : 0;
            case "style" -> hides(value) ? HIDDEN : 0;
            case "itemprop" -> ofProperty(value);
            default -> NAMING.contains(key) && value.length() <= LONGEST_LABEL ? said(value) & ~HIDDEN : 0;
        };
    }

    private static int ofRole(String role) {
        if (FURNITURE_ROLES.contains(role)) {
            return FURNITURE;
        }
        return switch (role) {
            case "main" -> MAIN;
            case "article" -> ARTICLE;
            case "note" -> CONTENT;
            default -> 0;
        };
    }

    private static int ofProperty(String property) {
        return switch (property) {
            case "articleBody" -> MAIN | BODY | CONTENT;
            case "text", "description", "recipeInstructions", "recipeIngredient", "reviewBody" -> CONTENT;
            case "comment" -> COMMENT;
            case "publisher", "breadcrumb", "datePublished", "dateModified", "author" -> STRONG;
            default -> 0;
        };
    }

    private static boolean hides(String style) {
        if (style.length() < 10) {
            return false;
        }
        String plain = style.replace(" ", "").toLowerCase(Locale.ROOT);
        return plain.contains("display:none") || plain.contains("visibility:hidden");
    }

    private int said(String value) {
        if (value.isEmpty()) {
            return 0;
        }
        Integer signs = known.get(value);
        if (signs == null) {
            signs = PRONOUNCED.signs(value);
            known.put(value, signs);
        }
        return signs;
    }
}
