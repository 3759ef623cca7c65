package org.millrace.cleaner.language;

import java.lang.Character.UnicodeScript;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Recognises 67 languages: those with a script of their own by it, the others by the character
/// n-grams that are frequent in them, among the languages of their script. Thread-safe.
///
/// The score is the share of the letters in that script, times how clearly the language stands out
/// among its neighbours, in the mean of four pieces of the text: a page that changes its language
/// halfway has half the score in each.
public final class Languages {

    /// Each script's languages. Not all that profiles exist for: close relatives of a large language
    /// (Occitan, Asturian, Malay) take short French, Spanish and Indonesian pages away from it.
    private static final Map<UnicodeScript, String> PROFILES = Map.of(
            UnicodeScript.LATIN,
            "af ca cs cy da de en es et eu fi fr ga hr hu id is it lt lv mt nl no pl pt ro sk sl so sq sv sw tl tr vi",
            UnicodeScript.CYRILLIC,
            "be bg mk ru sr uk",
            UnicodeScript.ARABIC,
            "ar fa ur",
            UnicodeScript.DEVANAGARI,
            "hi mr ne");

    /// Scripts that are written in one language, but for so few texts that they do not matter here.
    private static final Map<UnicodeScript, String> ONE_LANGUAGE = Map.ofEntries(
            Map.entry(UnicodeScript.HAN, "zh"),
            Map.entry(UnicodeScript.HIRAGANA, "ja"),
            Map.entry(UnicodeScript.HANGUL, "ko"),
            Map.entry(UnicodeScript.THAI, "th"),
            Map.entry(UnicodeScript.LAO, "lo"),
            Map.entry(UnicodeScript.KHMER, "km"),
            Map.entry(UnicodeScript.MYANMAR, "my"),
            Map.entry(UnicodeScript.GREEK, "el"),
            Map.entry(UnicodeScript.HEBREW, "he"),
            Map.entry(UnicodeScript.ARMENIAN, "hy"),
            Map.entry(UnicodeScript.GEORGIAN, "ka"),
            Map.entry(UnicodeScript.BENGALI, "bn"),
            Map.entry(UnicodeScript.GUJARATI, "gu"),
            Map.entry(UnicodeScript.GURMUKHI, "pa"),
            Map.entry(UnicodeScript.TAMIL, "ta"),
            Map.entry(UnicodeScript.TELUGU, "te"),
            Map.entry(UnicodeScript.KANNADA, "kn"),
            Map.entry(UnicodeScript.MALAYALAM, "ml"),
            Map.entry(UnicodeScript.SINHALA, "si"),
            Map.entry(UnicodeScript.ETHIOPIC, "am"));

    /// Text is looked at in so many pieces, from its start to its end, of so many characters each: enough
    /// to be sure, and a bound on the time that one page can take.
    private static final int PIECES = 4;

    private static final int PIECE = 400;

    private final Map<UnicodeScript, Profiles> profiles = new EnumMap<>(UnicodeScript.class);

    private Languages() {}

    /// Reading the profiles takes a second; they never change, so it is done once.
    public static Languages load() {
        return Loaded.LANGUAGES;
    }

    private static final class Loaded {

        static final Languages LANGUAGES = new Languages();

        static {
            PROFILES.forEach((script, names) -> LANGUAGES.profiles.put(script, Profiles.load(names.split(" "))));
        }
    }

    public LanguageGuess guess(String text) {
        List<String> pieces = pieces(text);
        ScriptCounts counts = ScriptCounts.of(pieces);
        UnicodeScript script = counts.most();
        double share = counts.share(script);
        String alone = ONE_LANGUAGE.get(script);
        if (alone != null) {
            return new LanguageGuess(alone, share);
        }
        Profiles candidates = profiles.get(script);
        if (candidates == null) {
            return new LanguageGuess("", 0);
        }
        LanguageGuess best = candidates.likeliest(pieces);
        return new LanguageGuess(best.language(), best.score() * share);
    }

    /// In small letters: capitals carry no hint, and ASCII acronyms mislead.
    private static List<String> pieces(String text) {
        if (text.length() <= PIECES * PIECE) {
            return List.of(text.toLowerCase(Locale.ROOT));
        }
        List<String> pieces = new ArrayList<>();
        for (int piece = 0; piece < PIECES; piece++) {
            int from = (int) ((long) piece * (text.length() - PIECE) / (PIECES - 1));
            pieces.add(text.substring(from, from + PIECE).toLowerCase(Locale.ROOT));
        }
        return pieces;
    }
}
