package org.millrace.cleaner.language;

import com.optimaize.langdetect.DetectedLanguage;
import com.optimaize.langdetect.LanguageDetector;
import com.optimaize.langdetect.LanguageDetectorBuilder;
import com.optimaize.langdetect.i18n.LdLocale;
import com.optimaize.langdetect.ngram.NgramExtractors;
import com.optimaize.langdetect.profiles.LanguageProfileReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// Recognises 43 languages by their character n-grams. Thread-safe.
///
/// Not all 71 profiles that there are: each takes memory, and close relatives of a large language
/// (Occitan, Asturian) take short French and Spanish pages away from it.
public final class Languages {

    private static final String PROFILES =
            "af ar bg bn ca cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv mk nl no pl pt ro ru sk sl sq"
                    + " sv sw ta th tr uk ur vi zh-CN";

    /// Enough to be sure, and a bound on the time that one page can take.
    private static final int MAX_CHARACTERS = 10_000;

    private final LanguageDetector detector;

    private Languages(LanguageDetector detector) {
        this.detector = detector;
    }

    public static Languages load() {
        List<LdLocale> locales =
                Arrays.stream(PROFILES.split(" ")).map(LdLocale::fromString).toList();
        try {
            return new Languages(LanguageDetectorBuilder.create(NgramExtractors.standard())
                    .withProfiles(new LanguageProfileReader().readBuiltIn(locales))
                    .seed(0) // the detector draws at random: a replay must draw the same
                    .build());
        } catch (IOException e) {
            throw new UncheckedIOException("language profiles cannot be read from the class path", e);
        }
    }

    public LanguageGuess guess(String text) {
        String start = text.length() <= MAX_CHARACTERS ? text : text.substring(0, MAX_CHARACTERS);
        if (isJapanese(start)) {
            return new LanguageGuess("ja", 1);
        }
        // Capitals carry no hint, and ASCII acronyms mislead.
        List<DetectedLanguage> found = detector.getProbabilities(start.toLowerCase(Locale.ROOT));
        if (found.isEmpty()) {
            return new LanguageGuess("", 0);
        }
        DetectedLanguage best = found.getFirst();
        return new LanguageGuess(best.getLocale().getLanguage(), Math.min(1, best.getProbability()));
    }

    /// Kana are written in Japanese and nowhere else, but the n-grams of short Japanese texts are mostly
    /// Chinese characters and mislead the detector.
    private static boolean isJapanese(String text) {
        long letters = text.codePoints().filter(Character::isLetter).count();
        long kana = text.codePoints()
                .mapToObj(Character.UnicodeScript::of)
                .filter(s -> s == Character.UnicodeScript.HIRAGANA || s == Character.UnicodeScript.KATAKANA)
                .count();
        return kana > 0 && kana * 5 >= letters;
    }
}
