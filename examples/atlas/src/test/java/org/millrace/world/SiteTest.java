package org.millrace.world;

import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// The site of Atlas as `--quick` renders it, and whole where the numbers matter.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SiteTest {

    private static final URI ROOT = URI.create("http://127.0.0.1:9/");
    private static final Set<Page.Sort> WORTH_READING = Set.of(Page.Sort.ARTICLE, Page.Sort.LIST, Page.Sort.COMPARISON);

    private World world;
    private Site site;

    @BeforeAll
    void render() throws IOException {
        world = World.read(Path.of("world"));
        site = Site.render(world, 11);
    }

    @Test
    void theSameSeedRendersTheSameBytes() {
        World small = world.limited(12);
        Site once = Site.render(small, 3);
        Site again = Site.render(small, 3);
        Site other = Site.render(small, 4);

        assertThat(again.pages().keySet()).isEqualTo(once.pages().keySet());
        assertThat(once.pages().values())
                .allMatch(page -> java.util.Arrays.equals(
                        page.body(), at(again, page.path()).body()));
        assertThat(at(other, "/countries/france/profile.html").body())
                .isNotEqualTo(at(once, "/countries/france/profile.html").body());
    }

    @Test
    void theSizeIsWhatTheDemoPlansFor() {
        assertThat(site.counts().get(Page.Sort.ARTICLE)).isBetween(600L, 900L);
        assertThat(Site.render(world.limited(60), 11).pages()).hasSizeBetween(300, 450);
    }

    /// Long names and values make five pages repetitive; the cleaner drops them and says why.
    @Test
    void articlesReadLikeProse() {
        Map<String, List<String>> complaints = new LinkedHashMap<>();
        for (Page page : worthReading()) {
            List<String> about = Prose.complaints(article(page).text());
            if (!about.isEmpty()) {
                complaints.put(page.path(), about);
            }
        }

        assertThat(complaints).hasSizeLessThanOrEqualTo(5);
    }

    @Test
    void articlesAboutEntitiesAreNeitherShortNorLong() {
        assertThat(site.pages().values())
                .filteredOn(page -> page.sort() == Page.Sort.ARTICLE)
                .allSatisfy(page ->
                        assertThat(article(page).text().split("\\s+").length).isBetween(80, 300));
    }

    /// A fact that a model meets in one wording only cannot be asked for.
    @Test
    void everyFactIsStatedOftenAndInManyWordings() {
        Map<String, List<Statement>> byFact = worthReading().stream()
                .flatMap(page -> article(page).statements().stream())
                .collect(groupingBy(Statement::fact));

        for (Fact fact : world.facts()) {
            List<Statement> statements = byFact.getOrDefault(fact.id(), List.of());
            Set<Integer> wordings = statements.stream().map(Statement::pattern).collect(Collectors.toSet());
            boolean main = fact.kind().equals(world.mainKind());
            assertThat(statements).as(fact.id()).hasSizeGreaterThanOrEqualTo(main ? 6 : 3);
            assertThat(wordings).as(fact.id()).hasSizeGreaterThanOrEqualTo(main ? 6 : 3);
        }
    }

    @Test
    void everyRightValueOfTheMainKindIsStated() {
        Map<String, String> texts = worthReading().stream()
                .filter(page -> page.sort() == Page.Sort.ARTICLE)
                .flatMap(page -> article(page).statements().stream())
                .collect(Collectors.toMap(Statement::fact, Statement::sentence, (a, b) -> a + " " + b));

        for (Fact fact : world.facts()) {
            if (fact.kind().equals(world.mainKind())) {
                assertThat(texts.getOrDefault(fact.id(), "").toLowerCase(java.util.Locale.ROOT))
                        .as(fact.id())
                        .contains(fact.values().stream()
                                .map(value -> value.toLowerCase(java.util.Locale.ROOT))
                                .toList());
            }
        }
    }

    @Test
    void theStatementsOfAnArticleAreInItsMarkup() {
        for (Page page : worthReading()) {
            String text = document(page).body().text();
            assertThat(article(page).statements()).as(page.path()).allSatisfy(statement -> assertThat(text)
                    .contains(statement.sentence()));
        }
    }

    @Test
    void pagesComeInSixLayoutsOrMore() {
        Set<String> skeletons = new HashSet<>();
        for (Page page : worthReading()) {
            skeletons.add(document(page).body().children().stream()
                    .map(element -> element.tagName() + "." + element.className() + "#" + element.id())
                    .limit(3)
                    .collect(Collectors.joining(" ")));
        }

        assertThat(skeletons).hasSizeGreaterThanOrEqualTo(6);
    }

    @Test
    void everyPageCanBeReachedFromHome() {
        Set<String> reached = new TreeSet<>();
        java.util.Deque<String> open = new java.util.ArrayDeque<>(List.of("/"));
        while (!open.isEmpty()) {
            String path = open.pop();
            if (reached.add(path)) {
                site.page(path).ifPresent(page -> targets(page).forEach(open::push));
            }
        }

        assertThat(reached)
                .containsAll(site.pages().keySet().stream()
                        .filter(path -> !path.equals("/private/ledger-3.html")) // nothing links there at all
                        .toList());
        assertThat(reached.stream().filter(path -> site.page(path).isEmpty()))
                .as("broken links, on purpose")
                .containsExactlyInAnyOrder(
                        "/archive/1991/index.html",
                        "/archive/1992/index.html",
                        "/archive/1993/index.html",
                        "/search/edit");
    }

    @Test
    void theSiteMapNamesAllGoodPagesAndNothingForbidden() {
        List<String> named = Jsoup.parse(site.sitemap(ROOT)).select("loc").eachText().stream()
                .map(url -> URI.create(url).getPath())
                .toList();

        assertThat(named)
                .containsExactlyElementsOf(
                        worthReading().stream().map(Page::path).toList())
                .allMatch(site::allows);
    }

    @Test
    void robotsForbidWhatIsForbidden() {
        assertThat(site.robots(ROOT))
                .contains("Disallow: /private/\n", "Disallow: /search\n", "Sitemap: http://127.0.0.1:9/sitemap.xml");
        assertThat(site.pages().values())
                .allMatch(page -> site.allows(page.path()) == (page.sort() != Page.Sort.FORBIDDEN));
    }

    @Test
    void allTheDirtIsThere() {
        assertThat(site.counts().keySet()).containsExactlyInAnyOrder(Page.Sort.values());
        assertThat(at(site, "/archive/everything.html").body()).hasSizeGreaterThan(2_000_000);
        assertThat(at(site, "/status/board.html").status()).isEqualTo(500);
        assertThat(html("/about.html")).contains("cookies");
        assertThat(count("rel=\"license\"")).isGreaterThan(100);
        assertThat(count("@example.")).isGreaterThan(500);
        assertThat(count(") 555-01")).isGreaterThan(100);
    }

    @Test
    void printVersionsAreNearCopies() {
        Page print = site.pages().values().stream()
                .filter(page -> page.sort() == Page.Sort.PRINT)
                .findFirst()
                .orElseThrow();
        Article original = article(at(site, print.path().substring("/print".length())));

        assertThat(article(print).paragraphs().subList(1, original.paragraphs().size()))
                .isEqualTo(
                        original.paragraphs().subList(1, original.paragraphs().size()));
        assertThat(article(print).text()).isNotEqualTo(original.text());
    }

    @Test
    void oldPagesAreInTheOldEncoding() {
        Page letter = site.pages().values().stream()
                .filter(page -> page.sort() == Page.Sort.CODED)
                .findFirst()
                .orElseThrow();

        assertThat(new String(letter.body(), Charset.forName("windows-1252"))).contains("café", "“", "doesn’t");
        assertThat(new String(letter.body(), java.nio.charset.StandardCharsets.UTF_8))
                .contains("\uFFFD");
        assertThat(letter.contentType()).isEqualTo("text/html; charset=windows-1252");
    }

    @Test
    void foreignPagesSayWhichLanguageTheyAreIn() {
        assertThat(site.pages().values())
                .filteredOn(page -> page.sort() == Page.Sort.FOREIGN)
                .allSatisfy(page -> assertThat(document(page).select("html").attr("lang"))
                        .isEqualTo(page.path().substring(1, 3)));
    }

    @Test
    void anotherWorldHasASiteToo(@TempDir Path directory) throws IOException {
        World ships = TinyWorld.read(directory);

        Site harbour = Site.render(ships, 2);

        assertThat(harbour.pages()).containsKeys("/", "/ships/brave-otter/profile.html", "/de/ships/brave-otter.html");
        assertThat(harbour.pages()).containsKey("/lists/ships/berth/lorne-1.html");
        assertThat(new String(at(harbour, "/de/ships/brave-otter.html").body(), Charset.forName("utf-8")))
                .contains("Das Schiff the Brave Otter liegt in Lorne.");
    }

    private List<Page> worthReading() {
        return site.pages().values().stream()
                .filter(page -> WORTH_READING.contains(page.sort()))
                .toList();
    }

    private static Page at(Site site, String path) {
        return site.page(path).orElseThrow(() -> new AssertionError("no page " + path));
    }

    private static Article article(Page page) {
        return java.util.Objects.requireNonNull(page.article(), page.path());
    }

    private static Document document(Page page) {
        return Jsoup.parse(
                new String(page.body(), Charset.forName("utf-8")),
                ROOT.resolve(page.path()).toString());
    }

    private String html(String path) {
        return new String(at(site, path).body(), Charset.forName("utf-8"));
    }

    private long count(String text) {
        return site.pages().keySet().stream()
                .filter(path -> html(path).contains(text))
                .count();
    }

    private static Set<String> targets(Page page) {
        Set<String> targets = new TreeSet<>();
        if (page.headers().containsKey("Location")) {
            targets.add(page.headers().get("Location"));
        }
        if (page.sort() != Page.Sort.LARGE) {
            for (Element link : document(page).select("a[href]")) {
                URI target = URI.create(link.attr("abs:href"));
                if (ROOT.getHost().equals(target.getHost())) {
                    targets.add(target.getPath());
                }
            }
        }
        return targets;
    }
}
