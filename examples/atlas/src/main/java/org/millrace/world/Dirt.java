package org.millrace.world;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// The pages of a site that nobody should learn from: copies, thin pages, other languages, spam,
/// nonsense, traps. All of it is our own text.
final class Dirt {

    static final String FORBIDDEN = "/private/";
    static final String SEARCH = "/search";
    static final Charset OLD_ENCODING = Charset.forName("windows-1252");

    private static final int PRINT_EVERY = 8;
    private static final int FOREIGN_EVERY = 8;
    private static final int LARGE_LINES = 60_000;
    private static final Set<Layout> LAYOUTS_OF_SPAM = Set.of(Layout.SOUP, Layout.PORTAL);
    private static final List<String> SYLLABLES = List.of(
            "ba", "do", "ri", "men", "tu", "sol", "qua", "vi", "lor", "ne", "pas", "ut", "gra", "em", "cit", "fo");
    private static final List<String> GOODS =
            List.of("watches", "shoes", "pills", "handbags", "loans", "tickets", "phones", "carpets");

    private final World world;
    private final long seed;
    private final Furniture furniture;

    Dirt(World world, long seed, Furniture furniture) {
        this.world = world;
        this.seed = seed;
        this.furniture = furniture;
    }

    /// Links that every page may show, and that lead nowhere good.
    static List<Furniture.Link> traps(List<Article> articles) {
        List<Furniture.Link> traps = new ArrayList<>(List.of(
                new Furniture.Link(FORBIDDEN + "ledger-1.html", "Ledger"),
                new Furniture.Link(FORBIDDEN + "ledger-2.html", "Old ledger"),
                new Furniture.Link(SEARCH + "?q=everything", "Search"),
                new Furniture.Link("/archive/everything.html", "Archive"),
                new Furniture.Link("/status/board.html", "Status"),
                new Furniture.Link("/latest", "Latest page"),
                new Furniture.Link("/old/home", "Our old home page")));
        for (int i = 1; i <= 3; i++) {
            traps.add(new Furniture.Link("/archive/199%d/index.html".formatted(i), "The year 199" + i));
        }
        for (int i = 0; i < articles.size(); i += 40) {
            traps.add(new Furniture.Link("/go/" + i, "Page number " + i));
        }
        return traps;
    }

    List<Page> pages(List<Article> articles) {
        List<Page> pages = new ArrayList<>();
        pages.addAll(prints(articles));
        pages.addAll(thin());
        pages.addAll(foreign());
        pages.addAll(spam());
        pages.addAll(filler());
        pages.addAll(coded(articles));
        pages.addAll(redirects(articles));
        pages.addAll(house());
        pages.add(large());
        pages.addAll(forbidden());
        pages.add(new Page(
                "/status/board.html",
                Page.Sort.FAILING,
                500,
                Page.HTML,
                Map.of(),
                "<h1>Internal error</h1><p>The board cannot be reached.".getBytes(StandardCharsets.UTF_8),
                null));
        return pages;
    }

    static String printPath(String path) {
        return "/print" + path;
    }

    static boolean hasPrint(int article) {
        return article % PRINT_EVERY == 0;
    }

    private List<Page> prints(List<Article> articles) {
        List<Page> pages = new ArrayList<>();
        for (int i = 0; i < articles.size(); i++) {
            if (hasPrint(i)) {
                Article article = articles.get(i);
                List<String> paragraphs = new ArrayList<>(article.paragraphs());
                paragraphs.set(0, "Print version. " + paragraphs.getFirst());
                paragraphs.add("Printed from " + world.title() + ". Please think of the trees.");
                String path = printPath(article.path());
                String title = article.title() + " (print version)";
                Article print = new Article(path, title, paragraphs, article.statements());
                pages.add(page(Layout.PLAIN, Page.Sort.PRINT, print));
            }
        }
        return pages;
    }

    private List<Page> thin() {
        List<Page> pages = new ArrayList<>();
        for (Kind kind : world.kinds()) {
            for (Relation relation : kind.relations()) {
                String path = "/tags/%s-%s.html".formatted(kind.name(), relation.name());
                List<String> text = List.of("Pages with the tag " + relation.name() + ". Nothing here yet.");
                pages.add(page(Layout.BLOG, Page.Sort.THIN, new Article(path, relation.name(), text, List.of())));
            }
        }
        return pages;
    }

    private List<Page> foreign() {
        List<Page> pages = new ArrayList<>();
        for (Kind kind : world.kinds()) {
            kind.foreign().forEach((language, patterns) -> {
                for (int i = 0; i < kind.entities().size(); i += FOREIGN_EVERY) {
                    pages.add(foreign(kind, kind.entities().get(i), language, patterns));
                }
            });
        }
        return pages;
    }

    private Page foreign(Kind kind, Entity entity, String language, List<Pattern> patterns) {
        String path = "/%s/%s/%s.html".formatted(language, kind.name(), entity.slug());
        Map<String, String> words = new java.util.HashMap<>(Map.of("name", entity.name()));
        entity.values().forEach((relation, values) -> words.put(relation, values.getFirst()));
        List<String> sentences = patterns.stream()
                .filter(pattern -> words.keySet().containsAll(pattern.holes()))
                .map(pattern -> pattern.fill(words))
                .toList();
        Draw draw = Draw.of(seed, path);
        List<String> paragraphs = ArticleWriter.paragraphs(draw, draw.shuffled(sentences));
        Article article = new Article(path, Pattern.capitalised(entity.name()), paragraphs, List.of());
        Layout layout = Layout.SEMANTIC;
        String html = furniture.page(
                layout, path, article.title(), language, "utf-8", layout.paragraphs(escaped(paragraphs)), false);
        return Page.html(path, Page.Sort.FOREIGN, html, article);
    }

    private List<Page> spam() {
        List<Page> pages = new ArrayList<>();
        for (int i = 1; i <= scaled(20); i++) {
            String path = "/shop/offer-%d.html".formatted(i);
            Draw draw = Draw.of(seed, path);
            String goods = draw.pick(GOODS);
            String name = draw.pick(world.mainKind().entities()).name();
            StringBuilder text = new StringBuilder();
            for (int j = 0; j < 30; j++) {
                text.append("Cheap %s %s, best %s online, buy %s now! ".formatted(goods, name, goods, goods));
            }
            String title = "Cheap " + goods + " in " + name;
            Layout layout = draw.pick(List.copyOf(new java.util.TreeSet<>(LAYOUTS_OF_SPAM)));
            pages.add(page(
                    layout,
                    Page.Sort.SPAM,
                    new Article(path, title, List.of(text.toString().strip()), List.of())));
        }
        return pages;
    }

    private List<Page> filler() {
        List<Page> pages = new ArrayList<>();
        for (int i = 1; i <= scaled(10); i++) {
            String path = "/drafts/draft-%d.html".formatted(i);
            Draw draw = Draw.of(seed, path);
            List<String> paragraphs = new ArrayList<>();
            for (int p = 0; p < 5; p++) {
                paragraphs.add(nonsense(draw, 40));
            }
            pages.add(page(Layout.SEMANTIC, Page.Sort.FILLER, new Article(path, "Draft " + i, paragraphs, List.of())));
        }
        return pages;
    }

    private static String nonsense(Draw draw, int words) {
        StringBuilder text = new StringBuilder();
        for (int w = 0; w < words; w++) {
            int syllables = 1 + draw.below(3);
            for (int s = 0; s < syllables; s++) {
                text.append(draw.pick(SYLLABLES));
            }
            text.append(w % 9 == 8 ? ". " : " ");
        }
        return Pattern.capitalised(text.toString().strip()) + ".";
    }

    /// Letters to the editor, saved long ago by a word processor: curly quotes and accents in an
    /// old encoding. Worth reading for who decodes them.
    private List<Page> coded(List<Article> articles) {
        List<Page> pages = new ArrayList<>();
        for (int i = 1; i <= scaled(8); i++) {
            String path = "/letters/letter-%d.html".formatted(i);
            Draw draw = Draw.of(seed, path);
            Article about = draw.pick(articles);
            List<String> paragraphs = new ArrayList<>();
            paragraphs.add("Dear editors, I read your page “" + about.title()
                    + "” in a small café – and it was a pleasure. I would like to repeat what I have learned from it.");
            paragraphs.addAll(about.paragraphs().subList(1, about.paragraphs().size()));
            paragraphs.add(Furniture.personal(
                    draw,
                    "My neighbour’s daughter doesn’t believe a word of it. You may answer me at MAIL or call PHONE."));
            Article letter = new Article(path, "A letter about " + about.title(), paragraphs, List.of());
            Layout layout = Layout.TABLE;
            String html = furniture.page(
                    layout,
                    path,
                    letter.title(),
                    "en",
                    OLD_ENCODING.name(),
                    layout.paragraphs(escaped(paragraphs)),
                    false);
            pages.add(new Page(
                    path,
                    Page.Sort.CODED,
                    200,
                    "text/html; charset=windows-1252",
                    Map.of(),
                    html.getBytes(OLD_ENCODING),
                    letter));
        }
        return pages;
    }

    private static List<Page> redirects(List<Article> articles) {
        List<Page> pages = new ArrayList<>();
        for (int i = 0; i < articles.size(); i += 40) {
            pages.add(redirect("/go/" + i, 301, articles.get(i).path()));
        }
        pages.add(redirect("/latest", 302, articles.getLast().path()));
        pages.add(redirect("/old/home", 301, "/old/home/index"));
        pages.add(redirect("/old/home/index", 302, "/"));
        return pages;
    }

    private static Page redirect(String path, int status, String target) {
        byte[] body =
                "<p>This page has <a href=\"%s\">moved</a>.".formatted(target).getBytes(StandardCharsets.UTF_8);
        return new Page(path, Page.Sort.REDIRECT, status, Page.HTML, Map.of("Location", target), body, null);
    }

    private List<Page> house() {
        Draw draw = Draw.of(seed, "house");
        String contact = Furniture.personal(draw, "Write to MAIL or call PHONE. Our office is open in the morning.");
        String terms = "By reading this page you accept our terms of use. The privacy policy and the cookie policy"
                + " are part of them.";
        String about = "This site is made by a few people in their free time. They like facts and long walks.";
        return List.of(
                page(Layout.SEMANTIC, Page.Sort.HOUSE, text("/about.html", "About us", about)),
                page(Layout.SEMANTIC, Page.Sort.HOUSE, text("/contact.html", "Contact", contact)),
                page(Layout.SEMANTIC, Page.Sort.HOUSE, text("/terms.html", "Terms of use", terms)));
    }

    private Page large() {
        StringBuilder body = new StringBuilder("<html><head><title>Archive</title></head><body><pre>\n");
        for (int i = 0; i < LARGE_LINES; i++) {
            body.append("day ").append(i).append(" visitors ").append(i * 7 % 311);
            body.append(" pages ")
                    .append(i * 13 % 997)
                    .append(" errors ")
                    .append(i % 5)
                    .append('\n');
        }
        return Page.html(
                "/archive/everything.html",
                Page.Sort.LARGE,
                body.append("</pre></body></html>").toString(),
                null);
    }

    private List<Page> forbidden() {
        List<Page> pages = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            String path = FORBIDDEN + "ledger-%d.html".formatted(i);
            String secret = "This ledger is private. Whoever reads this has not read the file robots.txt.";
            pages.add(page(Layout.PLAIN, Page.Sort.FORBIDDEN, text(path, "Ledger " + i, secret)));
        }
        pages.add(page(Layout.PLAIN, Page.Sort.FORBIDDEN, text(SEARCH, "Search", "There are endless results.")));
        return pages;
    }

    private static Article text(String path, String title, String paragraph) {
        return new Article(path, title, List.of(paragraph), List.of());
    }

    private Page page(Layout layout, Page.Sort sort, Article article) {
        String html = furniture.page(layout, article.path(), article.title(), escaped(article.paragraphs()));
        return Page.html(article.path(), sort, html, article);
    }

    static List<String> escaped(List<String> paragraphs) {
        return paragraphs.stream().map(Layout::escaped).collect(Collectors.toUnmodifiableList());
    }

    /// As many as suit the size of the world, given how many suit 200 entities.
    private int scaled(int count) {
        return Math.max(2, count * world.mainKind().entities().size() / 200);
    }
}
