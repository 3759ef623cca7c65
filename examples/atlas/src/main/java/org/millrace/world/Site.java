package org.millrace.world;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// A whole web site rendered from a world: its articles in several layouts, and around them what
/// real sites have. Knows nothing of HTTP; `SiteServer` serves it.
public final class Site {

    /// Share of articles that end with a line for corrections, with an address in it.
    private static final double WITH_CORRECTIONS = 0.05;
    private static final int LINKS_PER_INDEX = 60;
    private static final List<Layout> LAYOUTS = List.of(Layout.values());

    private final SortedMap<String, Page> pages;

    private Site(SortedMap<String, Page> pages) {
        this.pages = pages;
    }

    /// The site of a world. The same world and seed give the same bytes.
    public static Site render(World world, long seed) {
        ArticleWriter writer = new ArticleWriter(seed);
        List<Article> articles = new ArrayList<>();
        List<Article> lists = new ArrayList<>();
        List<Article> comparisons = new ArrayList<>();
        for (Kind kind : world.kinds()) {
            kind.entities().forEach(entity -> articles.addAll(writer.about(kind, entity)));
            lists.addAll(writer.lists(kind));
            comparisons.addAll(writer.comparisons(kind));
        }
        List<Article> all = new ArrayList<>(articles);
        all.addAll(lists);
        all.addAll(comparisons);
        Furniture furniture = new Furniture(world.title(), seed, navigation(world), links(all), Dirt.traps(articles));

        SortedMap<String, Page> pages = new TreeMap<>();
        for (int i = 0; i < articles.size(); i++) {
            add(pages, article(articles.get(i), Page.Sort.ARTICLE, furniture, seed, Dirt.hasPrint(i)));
        }
        lists.forEach(list -> add(pages, article(list, Page.Sort.LIST, furniture, seed, false)));
        comparisons.forEach(pair -> add(pages, article(pair, Page.Sort.COMPARISON, furniture, seed, false)));
        List<Page> dirt = new Dirt(world, seed, furniture).pages(articles);
        dirt.forEach(page -> add(pages, page));
        hubs(world, furniture, all, dirt).forEach(hub -> add(pages, hub));
        return new Site(pages);
    }

    /// Every page by its path, also those that no one should fetch.
    public SortedMap<String, Page> pages() {
        return pages;
    }

    public Optional<Page> page(String path) {
        return Optional.ofNullable(pages.get(path));
    }

    /// What crawlers are asked not to fetch, and where the site map is.
    public String robots(URI root) {
        return """
                # Welcome, crawlers. Please be gentle.
                User-agent: *
                Disallow: %s
                Disallow: %s
                Allow: /

                Sitemap: %s
                """.formatted(Dirt.FORBIDDEN, Dirt.SEARCH, root.resolve("/sitemap.xml"));
    }

    public boolean allows(String path) {
        return !path.startsWith(Dirt.FORBIDDEN) && !path.startsWith(Dirt.SEARCH);
    }

    /// The pages that the owner wants to be found: articles, lists, comparisons.
    public String sitemap(URI root) {
        String urls = pages.values().stream()
                .filter(page -> switch (page.sort()) {
                    case ARTICLE, LIST, COMPARISON -> true;
                    case HUB, PRINT, THIN, FOREIGN, SPAM, FILLER, CODED, HOUSE, LARGE, FORBIDDEN, REDIRECT, FAILING ->
                        false;
                })
                .map(page -> "  <url><loc>%s</loc></url>%n".formatted(root.resolve(page.path())))
                .collect(Collectors.joining());
        return """
                <?xml version="1.0" encoding="UTF-8"?>
                <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
                %s</urlset>
                """.formatted(urls);
    }

    private static void add(SortedMap<String, Page> pages, Page page) {
        Page before = pages.put(page.path(), page);
        if (before != null) {
            throw new IllegalStateException("pages: expected each path once, got %s as %s and %s"
                    .formatted(page.path(), before.sort(), page.sort()));
        }
    }

    private static Page article(Article article, Page.Sort sort, Furniture furniture, long seed, boolean print) {
        Draw draw = Draw.of(seed, "layout" + article.path());
        Layout layout = draw.pick(LAYOUTS);
        List<String> paragraphs = new ArrayList<>(Dirt.escaped(article.paragraphs()));
        if (draw.chance(WITH_CORRECTIONS)) {
            paragraphs.add(
                    Furniture.personal(draw, "Corrections are welcome: write to MAIL or call PHONE during the week."));
        }
        String body = layout.paragraphs(paragraphs);
        if (print) {
            body += "<p><a href=\"%s\">Print version</a></p>".formatted(Dirt.printPath(article.path()));
        }
        String html = furniture.page(layout, article.path(), article.title(), "en", "utf-8", body, true);
        return Page.html(article.path(), sort, html, article);
    }

    private static List<Furniture.Link> navigation(World world) {
        List<Furniture.Link> navigation = new ArrayList<>();
        navigation.add(new Furniture.Link("/", "Home"));
        for (Kind kind : world.kinds()) {
            navigation.add(new Furniture.Link("/" + kind.name() + "/", Pattern.capitalised(kind.plural())));
        }
        navigation.add(new Furniture.Link("/more/", "More"));
        return navigation;
    }

    private static List<Furniture.Link> links(List<Article> articles) {
        return articles.stream()
                .map(article -> new Furniture.Link(article.path(), article.title()))
                .toList();
    }

    /// Home, an index of each kind in pages, and an index of everything else.
    private static List<Page> hubs(World world, Furniture furniture, List<Article> articles, List<Page> dirt) {
        List<Page> hubs = new ArrayList<>();
        List<Furniture.Link> sections = new ArrayList<>();
        for (Kind kind : world.kinds()) {
            String folder = "/" + kind.name() + "/";
            List<Article> inside = articles.stream()
                    .filter(article -> article.path().contains(folder))
                    .toList();
            sections.addAll(index(hubs, furniture, folder, Pattern.capitalised(kind.plural()), links(inside)));
        }
        List<Furniture.Link> others = dirt.stream()
                .filter(page -> page.sort() != Page.Sort.FORBIDDEN)
                .map(page -> new Furniture.Link(page.path(), page.path()))
                .toList();
        sections.addAll(index(hubs, furniture, "/more/", "More", others));
        hubs.add(hub(furniture, "/", world.title(), sections));
        return hubs;
    }

    private static List<Furniture.Link> index(
            List<Page> hubs, Furniture furniture, String folder, String title, List<Furniture.Link> links) {
        List<Furniture.Link> parts = new ArrayList<>();
        for (int from = 0; from < links.size() || from == 0; from += LINKS_PER_INDEX) {
            int part = from / LINKS_PER_INDEX + 1;
            parts.add(new Furniture.Link(
                    part == 1 ? folder : folder + "index-" + part + ".html", part == 1 ? title : title + " " + part));
        }
        for (int part = 0; part < parts.size(); part++) {
            int from = part * LINKS_PER_INDEX;
            List<Furniture.Link> some =
                    new ArrayList<>(links.subList(from, Math.min(from + LINKS_PER_INDEX, links.size())));
            some.addAll(parts);
            hubs.add(hub(furniture, parts.get(part).path(), parts.get(part).text(), some));
        }
        return parts;
    }

    private static Page hub(Furniture furniture, String path, String title, List<Furniture.Link> links) {
        String body = "<ul>" + Furniture.items(links) + "</ul>";
        String html = furniture.page(Layout.SEMANTIC, path, title, "en", "utf-8", body, false);
        return Page.html(path, Page.Sort.HUB, html, null);
    }

    /// How many pages of each sort.
    public Map<Page.Sort, Long> counts() {
        return pages.values().stream()
                .collect(Collectors.groupingBy(
                        Page::sort, () -> new java.util.EnumMap<>(Page.Sort.class), Collectors.counting()));
    }
}
