package org.millrace.cleaner.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jsoup.Jsoup;
import org.jsoup.parser.Parser;
import org.jspecify.annotations.Nullable;

/// What a page tells search engines about its article (schema.org as JSON-LD). Fields are empty if
/// absent.
///
/// @param body the whole text of the article, if it is there and free to read
record StructuredData(String headline, String author, String published, String language, String licence, String body) {

    static final StructuredData NOTHING = new StructuredData("", "", "", "", "", "");

    private static final Set<String> WORKS = Set.of(
            "article",
            "newsarticle",
            "blogposting",
            "report",
            "techarticle",
            "scholarlyarticle",
            "socialmediaposting",
            "liveblogposting",
            "reportagenewsarticle",
            "opinionnewsarticle",
            "analysisnewsarticle",
            "recipe",
            "review",
            "product",
            "webpage",
            "book",
            "howto",
            "creativework",
            "discussionforumposting",
            "qapage",
            "advertisercontentarticle",
            "medicalwebpage",
            "course",
            "dataset");

    /// Kinds that only frame the page; an article beside them says more.
    private static final Set<String> FRAMES = Set.of("webpage", "product", "review");

    private static final int MOST_NODES = 500;
    private static final int MOST_AUTHORS = 5;

    static StructuredData of(List<String> scripts) {
        List<Map<?, ?>> works = new ArrayList<>();
        for (String script : scripts) {
            Json.read(script).ifPresent(value -> collect(value, works));
        }
        works.sort((a, b) -> Boolean.compare(isFrame(a), isFrame(b)));
        StructuredData data = NOTHING;
        for (Map<?, ?> work : works) {
            data = data.or(of(work));
        }
        return data;
    }

    private static void collect(Object root, List<Map<?, ?>> works) {
        List<Object> open = new ArrayList<>(List.of(root));
        for (int i = 0; i < open.size() && i < MOST_NODES; i++) {
            if (open.get(i) instanceof List<?> list) {
                open.addAll(list);
            } else if (open.get(i) instanceof Map<?, ?> node) {
                if (types(node).anyMatch(WORKS::contains)) {
                    works.add(node);
                }
                for (String inner : List.of("@graph", "mainEntity", "mainEntityOfPage")) {
                    Optional.ofNullable(node.get(inner)).ifPresent(open::add);
                }
            }
        }
    }

    private static Stream<String> types(Map<?, ?> node) {
        return strings(node.get("@type")).stream().map(type -> type.toLowerCase(Locale.ROOT));
    }

    private static boolean isFrame(Map<?, ?> node) {
        return types(node).allMatch(FRAMES::contains);
    }

    private static StructuredData of(Map<?, ?> work) {
        boolean free = strings(work.get("isAccessibleForFree")).stream().noneMatch(f -> f.equalsIgnoreCase("false"));
        String headline = first(work.get("headline"));
        return new StructuredData(
                plain(headline.isEmpty() ? first(work.get("name")) : headline),
                names(work.get("author")),
                first(work.get("datePublished")),
                first(work.get("inLanguage")),
                first(work.get("license")),
                free ? body(first(work.get("articleBody"))) : "");
    }

    private StructuredData or(StructuredData other) {
        return new StructuredData(
                or(headline, other.headline),
                or(author, other.author),
                or(published, other.published),
                or(language, other.language),
                or(licence, other.licence),
                or(body, other.body));
    }

    private static String or(String one, String other) {
        return one.isBlank() ? other : one;
    }

    /// Some write the body as HTML, some with entities, most as lines of text.
    private static String body(String value) {
        if (value.contains("</p>") || value.contains("<br")) {
            return MainText.everything(Jsoup.parse(value));
        }
        return PlainText.of(plain(value).replaceAll("\\s*\\n\\s*", "\n\n"));
    }

    private static String plain(String value) {
        return value.indexOf('&') < 0 ? value : Parser.unescapeEntities(value, false);
    }

    private static String names(@Nullable Object author) {
        List<String> names = new ArrayList<>();
        List<?> authors = author instanceof List<?> list ? list : author == null ? List.of() : List.of(author);
        for (Object one : authors) {
            String name = one instanceof Map<?, ?> person ? first(person.get("name")) : first(one);
            if (!name.isBlank() && !name.contains("://") && names.size() < MOST_AUTHORS) {
                names.add(plain(name).strip());
            }
        }
        return String.join("; ", names);
    }

    private static String first(@Nullable Object value) {
        return strings(value).stream().findFirst().orElse("");
    }

    /// Strings of a value that may be a string, several, or an object with an address.
    private static List<String> strings(@Nullable Object value) {
        return switch (value) {
            case String string -> List.of(string);
            case List<?> list ->
                list.stream()
                        .filter(String.class::isInstance)
                        .map(String.class::cast)
                        .toList();
            case Map<?, ?> node -> {
                Object id = node.containsKey("@id") ? node.get("@id") : node.get("url");
                yield id instanceof String string ? List.of(string) : List.of();
            }
            case null, default -> List.of();
        };
    }
}
