package org.millrace.cleaner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.cleaner.Verdict.Dropped;
import org.millrace.cleaner.Verdict.Kept;
import org.millrace.cleaner.duplicate.MinHash;
import org.millrace.cleaner.rule.Breach;

class CleanerTest {

    private static final String PROSE =
            "The miller opens the gate in the morning, and the water turns the wheel until the evening. He grinds"
                    + " wheat for the bakers of the town and barley for the farmers who live beyond the hill. In winter the"
                    + " pond is frozen. Then the wheel stands still, and his children skate. It has stood there for two hundred years.";

    private final Cleaner cleaner = StandardCleaner.create();

    @Test
    void aPageBecomesADocument() {
        String html = """
                <html><head><title>The mill</title><link rel="canonical" href="/mill"></head>
                <body><nav><a href="/">Home</a></nav><main><h1>The mill</h1><p>%s</p>
                <p>Write to the miller at miller@example.org.</p>
                <a rel="license" href="https://creativecommons.org/licenses/by/4.0/">CC BY</a></main></body></html>
                """.formatted(PROSE);

        Document document = kept(judge("text/html; charset=utf-8", html));

        assertThat(document.title()).isEqualTo("The mill");
        assertThat(document.text()).isEqualTo("The mill\n\n" + PROSE + "\n\nWrite to the miller at [email].");
        assertThat(document.language()).isEqualTo("en");
        assertThat(document.languageScore()).isGreaterThan(0.9).isLessThanOrEqualTo(1);
        assertThat(document.licence()).isEqualTo("https://creativecommons.org/licenses/by/4.0/");
        assertThat(document.canonicalUrl()).isEqualTo("https://example.org/mill");
        assertThat(document.maskedSpans()).isEqualTo(1);
        assertThat(document.id()).matches("[0-9a-f]{64}");
    }

    @Test
    void whatADroppedPageSaysCanBeSeen() {
        Page page = new Page(
                "https://example.org/x",
                "text/html",
                "<title>Hut</title><meta name=robots content=noindex><p>The hut stands alone on the hill."
                        .getBytes(StandardCharsets.UTF_8));

        Examined examined = cleaner.examine(page);

        assertThat(examined.verdict()).isEqualTo(cleaner.judge(page)).isInstanceOf(Dropped.class);
        assertThat(examined.document().title()).isEqualTo("Hut");
        assertThat(examined.document().text()).isEqualTo("The hut stands alone on the hill.");
        assertThat(cleaner.examine(new Page("x", "image/png", new byte[9]))
                        .document()
                        .text())
                .isEmpty();
    }

    @Test
    void everyDropNamesItsRuleValueAndThreshold() {
        assertThat(dropped(judge("text/html", "<p>Only a few words stand here.</p>"))
                        .breach())
                .isEqualTo(new Breach("too-short", "6 words", "at least 30 words"));
        assertThat(dropped(judge("application/pdf", "%PDF-1.7")).breach())
                .isEqualTo(new Breach("not-text", "application/pdf", "HTML or plain text"));
        assertThat(dropped(judge("text/html", "<meta name=robots content='NoIndex, follow'><p>" + PROSE))
                        .breach())
                .isEqualTo(new Breach("noindex", "meta robots: noindex, follow", "no noindex"));
    }

    @Test
    void anotherLanguageIsDroppedAndNamed() {
        Dropped dropped = dropped(
                judge(
                        "text/plain",
                        "Der Müller öffnet am Morgen das Wehr, und das Wasser treibt das Rad bis zum Abend. Er mahlt Weizen für"
                                + " die Bäcker der Stadt und Gerste für die Bauern, die hinter dem Hügel wohnen und am Abend kommen."));

        assertThat(dropped.breach().rule()).isEqualTo("language");
        assertThat(dropped.breach().value()).startsWith("de ");
        assertThat(dropped.breach().threshold()).isEqualTo("en > 0.65");
        assertThat(dropped.language()).isEqualTo("de");
    }

    @Test
    void aPageLargerThanTheLimitIsDropped() {
        byte[] body = new byte[Page.MAX_BODY_BYTES + 1];
        Arrays.fill(body, (byte) 'a');

        assertThat(dropped(cleaner.judge(new Page("https://example.org/", "text/plain", body)))
                        .breach()
                        .rule())
                .isEqualTo("too-large");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void pagesOfFewPatternsAboutOneSubjectAreKept(int wordings) {
        List<String> facts = List.of("Paris", "Europe", "euro", "French", "Spain", "onion soup");
        for (int seed = 0; seed < 20; seed++) {
            String text = CountryPage.text("France", facts, wordings, seed);

            assertThat(judge("text/html", CountryPage.html("France", text)))
                    .describedAs(text)
                    .isInstanceOf(Kept.class);
        }
    }

    /// A name of two words takes a fifth of the characters if each short sentence says it, and Gopher's
    /// bound is a fifth. Prose says "it" and "the country" in between, and stays below.
    @Test
    void aLongNameInEverySentenceIsRepetitionAndInEveryOtherIsNot() {
        List<String> facts = List.of("Ouagadougou", "Africa", "West African CFA franc", "French", "Mali", "riz gras");
        String everywhere = CountryPage.text("Burkina Faso", facts, 4, 1);
        String everyOther = withPronouns(everywhere, "Burkina Faso");

        assertThat(dropped(judge("text/plain", everywhere)).breach().rule()).isEqualTo("repetition-ngrams");
        assertThat(judge("text/plain", everyOther)).isInstanceOf(Kept.class);
    }

    private static String withPronouns(String text, String name) {
        StringBuilder prose = new StringBuilder();
        int sentences = 0;
        for (String sentence : text.split("(?<=\\.) ")) {
            prose.append(sentences % 2 == 0 ? sentence : sentence.replace(name, "this country"))
                    .append(' ');
            sentences++;
        }
        return prose.toString();
    }

    @Test
    void pagesOfOnePatternAboutDifferentSubjectsAreNoDuplicates() {
        int[] france = MinHash.signature(
                CountryPage.text("France", List.of("Paris", "Europe", "euro", "French", "Spain", "onion soup"), 4, 1));
        int[] japan = MinHash.signature(
                CountryPage.text("Japan", List.of("Tokyo", "Asia", "yen", "Japanese", "no country", "sushi"), 4, 1));

        assertThat(MinHash.similarity(france, japan)).isLessThan(0.4);
    }

    private Verdict judge(String contentType, String body) {
        return cleaner.judge(new Page("https://example.org/page", contentType, body.getBytes(StandardCharsets.UTF_8)));
    }

    private static Document kept(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Kept.class);
        return ((Kept) verdict).document();
    }

    private static Dropped dropped(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Dropped.class);
        return (Dropped) verdict;
    }

    @Test
    void anAddressIsJudgedBeforeItsPageAndThePageCanStillBeSeen() {
        Page page = new Page("https://example.org/xxx/", "text/plain", PROSE.getBytes(StandardCharsets.UTF_8));

        assertThat(cleaner.judge(page)).isEqualTo(Dropped.unread(new Breach("url-word", "xxx", "no listed word")));
        assertThat(cleaner.examine(page).verdict()).isEqualTo(cleaner.judge(page));
        assertThat(cleaner.examine(page).document().text()).isEqualTo(PROSE);
    }

    @Test
    void wordsOfInsultAndOfGroupsAreCountedAndDropNothing() {
        Document document = kept(judge("text/plain", PROSE + " The old women called him an IDIOT, a stupid idiot."));

        assertThat(document.toxicWords()).isEqualTo(3);
        assertThat(document.biasWords()).isEqualTo(1);
    }

    @Test
    void ownListsOfWordsCountToo(@TempDir Path folder) throws IOException {
        Path words = Files.writeString(folder.resolve("toxic.txt"), "# ours\nMiller\n");
        Cleaner own = StandardCleaner.with(Map.of("words.toxic", words.toString()));

        assertThat(kept(own.judge(new Page("x", "text/plain", PROSE.getBytes(StandardCharsets.UTF_8))))
                        .toxicWords())
                .isEqualTo(1);
    }

    @Test
    void aListThatIsMissingIsNamed(@TempDir Path folder) {
        assertThatThrownBy(() -> StandardCleaner.with(
                        Map.of("urls.domains", folder.resolve("none.txt").toString())))
                .hasMessageContaining("none.txt");
    }

    @Test
    void titlesAndAuthorsArePersonalToo() {
        String html = "<html><head><title>Ask miller@example.org</title></head><body><main><p>" + PROSE + "</p>";

        assertThat(kept(judge("text/html", html)).title()).isEqualTo("Ask [email]");
    }

    @Test
    void anExcerptIsCutBetweenCharacters() {
        Dropped dropped = Dropped.of(new Breach("x", "", ""), "en", "x".repeat(199) + "\ud83d\ude00" + "y");

        assertThat(dropped.excerpt()).isEqualTo("x".repeat(199));
        assertThat(dropped.characters()).isEqualTo(202);
        assertThat(Dropped.of(new Breach("x", "", ""), "en", "x".repeat(200)).excerpt())
                .hasSize(200);
    }

    /// Rules that are made for English must not drop what is written otherwise. Each is prose of our own.
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "zh; 老磨坊坐落在河边，磨坊主每天都磨小麦。冬天水经常结冰，那时轮子就不转了。孩子们在池塘上滑冰，一直玩到天黑。春天来的时候，面包师们又从城里赶来买面粉。他们带来盐和布，也带来远方的消息。",
                "ja; 古い水車小屋は川のほとりにあり、粉屋は毎日小麦をひいています。冬には水がよく凍り、そのとき車輪は回りません。子どもたちは池でスケートをします。春になると町からパン屋が粉を買いに来ます。彼らは塩や布も持ってきます。",
                "th; โรงสีเก่าตั้งอยู่ริมแม่น้ำ และคนสีข้าวทำงานทุกวัน ในฤดูหนาวน้ำมักจะแข็งและล้อก็ไม่หมุน เด็กๆ เล่นอยู่ริมสระน้ำจนมืด เมื่อถึงฤดูใบไม้ผลิ คนทำขนมปังจะมาจากเมืองเพื่อซื้อแป้ง พวกเขานำเกลือและผ้ามาด้วย",
                "ko; 오래된 방앗간은 강가에 있고 방앗간 주인은 매일 밀을 빻는다. 겨울에는 물이 자주 얼어서 바퀴가 돌지 않는다. 아이들은 연못에서 어두워질 때까지 스케이트를 탄다. 봄이 오면 도시에서 빵집 주인들이 밀가루를 사러 온다. 그들은 소금과 천과 먼 곳의 소식도 함께 가져온다. 우리는 그들을 기다린다.",
                "hi; पुरानी चक्की नदी के किनारे है और चक्कीवाला हर दिन गेहूँ पीसता है। सर्दियों में पानी अक्सर जम जाता है और तब पहिया नहीं घूमता। बच्चे अँधेरा होने तक तालाब पर खेलते हैं। वसंत में शहर से रोटी बनाने वाले आटा खरीदने आते हैं। वे नमक और कपड़ा भी लाते हैं।",
                "ar; تقع الطاحونة القديمة على ضفة النهر ويطحن الطحان القمح كل يوم. في الشتاء يتجمد الماء في كثير من الأحيان ولا تدور العجلة. يلعب الأطفال عند البركة حتى حلول الظلام. في الربيع يأتي الخبازون من المدينة لشراء الدقيق. هل يحملون معهم الملح والقماش؟",
                "ru; Старая мельница стоит у реки, и мельник каждый день мелет пшеницу. Зимой вода часто замерзает, и тогда колесо не вращается. Дети катаются на пруду до темноты. Весной из города приезжают пекари за мукой. Они привозят соль и ткань."
            })
    void otherScriptsAreMeasuredByTheirOwnWriting(String language, String text) {
        Cleaner all = StandardCleaner.with(Map.of("languages", "zh,ja,th,ko,hi,ar,ru"));

        Verdict verdict = all.judge(new Page("x", "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8)));

        assertThat(kept(verdict).language()).isEqualTo(language);
    }
}
