package org.millrace.cleaner.language;

import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// What a language's writing lets one expect of any text in it.
///
/// @param stopWords small words that its prose cannot do without, lower-case; empty where there is no
///     list, or where they do not stand alone
/// @param spelled whether words are written apart and letter by letter: only then does their length say
///     something. Korean is written apart, by syllables
/// @param punctuated whether a mark stands at the end of a sentence
public record Orthography(Set<String> stopWords, boolean spelled, boolean punctuated) {

    private static final Set<String> UNSPELLED = Set.of("zh", "ja", "ko", "th", "lo", "km", "my");
    private static final Set<String> UNPUNCTUATED = Set.of("th", "lo");

    /// Gopher's eight for English; the same kind of words elsewhere. Written by us.
    private static final Map<String, Set<String>> STOP_WORDS = Map.ofEntries(
            words("en", "the be to of and that have with"),
            words("de", "der die das und ist nicht ein eine mit von zu den"),
            words("fr", "le la les de des et est un une que dans pour"),
            words("es", "el la los de que y en un una es por con"),
            words("it", "il la di che e un una in per con non del"),
            words("pt", "o a os de que e um uma em para com não"),
            words("nl", "de het een en van is niet met op dat voor zijn"),
            words("pl", "i w na z się nie jest to do że jak o"),
            words("cs", "a v se na je že s z do to o který"),
            words("sk", "a v sa na je že s z do to o ktorý"),
            words("sl", "in v se na je da za z so ne ki po"),
            words("hr", "i u se na je da za s su ne koji od"),
            words("ru", "и в не на что с он как это по из для"),
            words("uk", "і в не на що з та як це по від для"),
            words("bg", "и в на не да се от за е с по като"),
            words("sr", "и у је на да се за не од са су који"),
            words("ro", "și în de la cu pe nu este un o care din"),
            words("hu", "a az és egy hogy nem is van ez meg de volt"),
            words("fi", "ja on ei se että oli kun joka mutta hän ovat myös"),
            words("et", "ja on ei see et oli kui mis aga ta ning ka"),
            words("lt", "ir yra į kad su ne tai iš buvo kaip bet jo"),
            words("lv", "un ir uz ka ar nav tas no bija kā bet par"),
            words("sv", "och är att det en som på inte med för av den"),
            words("da", "og er at det en som på ikke med for af den"),
            words("no", "og er at det en som på ikke med for av den"),
            words("tr", "ve bir bu için de da ile olarak çok daha gibi ne"),
            words("id", "yang dan di dari untuk dengan ini itu tidak pada ke adalah"),
            words("vi", "và của là có trong được cho không một các với những"),
            words("el", "και το η ο να του της με για που είναι στο"),
            words("ca", "el la de que i en un una és per amb les"),
            words("ar", "في من على إلى أن هذا التي الذي مع عن ما كان"),
            words("fa", "و در به از که این را با است برای آن یک"),
            words("he", "של את על הוא לא זה עם היא כי גם או אל"),
            words("hi", "के में की है और से का को यह पर ने एक"),
            words("zh", "的 是 在 和 了 不 有 这 中 为 上 人"));

    private static Map.Entry<String, Set<String>> words(String language, String words) {
        return Map.entry(language, Set.of(words.split(" ")));
    }

    private static final Map<String, Orthography> KNOWN =
            STOP_WORDS.keySet().stream().collect(Collectors.toMap(language -> language, Orthography::make));

    private static Orthography make(String language) {
        return new Orthography(
                STOP_WORDS.getOrDefault(language, Set.of()),
                !UNSPELLED.contains(language),
                !UNPUNCTUATED.contains(language));
    }

    /// @param language ISO 639-1; one that is not known is taken to be spelled and to have marks
    public static Orthography of(String language) {
        Orthography known = KNOWN.get(language);
        return known != null ? known : make(language);
    }
}
