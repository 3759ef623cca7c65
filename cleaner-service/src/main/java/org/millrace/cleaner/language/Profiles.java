package org.millrace.cleaner.language;

import com.optimaize.langdetect.i18n.LdLocale;
import com.optimaize.langdetect.profiles.LanguageProfile;
import com.optimaize.langdetect.profiles.LanguageProfileReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// How frequent the n-grams of 1 to 3 characters are in some languages that share a script.
///
/// The profiles are those of the library `language-detector`. Its own detector multiplies the
/// frequencies of n-grams drawn at random until one language wins; here all are multiplied, in one
/// pass without a draw, which always says the same.
final class Profiles {

    /// An n-gram that a language does not know is not impossible in it. The library's value.
    private static final double UNSEEN = 0.5 / 10_000;

    /// A hundred n-grams are no hundred independent witnesses. Their mean opinion counts as often as this:
    /// the least with which every sentence of the tests is above FineWeb's bound.
    private static final int WITNESSES = 60;

    private final List<String> names;
    private final GramTable table;

    /// For each n-gram of the table, the logarithm of its frequency in each language.
    private final float[] logarithms;

    private Profiles(List<String> names, GramTable table, float[] logarithms) {
        this.names = names;
        this.table = table;
        this.logarithms = logarithms;
    }

    /// @param names ISO 639-1
    static Profiles load(String... names) {
        List<LanguageProfile> profiles = new ArrayList<>();
        try {
            LanguageProfileReader reader = new LanguageProfileReader();
            for (String name : names) {
                profiles.addAll(reader.readBuiltIn(List.of(LdLocale.fromString(name))));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("language profiles cannot be read from the class path", e);
        }
        GramTable table = new GramTable();
        for (LanguageProfile profile : profiles) {
            profile.iterateGrams().forEach(gram -> table.put(GramTable.key(gram.getKey())));
        }
        int languages = profiles.size();
        float[] logarithms = new float[table.size() * languages];
        Arrays.fill(logarithms, (float) Math.log(UNSEEN));
        for (int language = 0; language < languages; language++) {
            LanguageProfile profile = profiles.get(language);
            long[] occurrences = {
                profile.getNumGramOccurrences(1), profile.getNumGramOccurrences(2), profile.getNumGramOccurrences(3)
            };
            int column = language;
            profile.iterateGrams().forEach(gram -> {
                double frequency =
                        (double) gram.getValue() / occurrences[gram.getKey().length() - 1];
                logarithms[table.get(GramTable.key(gram.getKey())) * languages + column] =
                        (float) Math.log(frequency + UNSEEN);
            });
        }
        return new Profiles(List.of(names), table, logarithms);
    }

    /// @param pieces of one text, lower-case; each has one vote, shared among languages by their likelihood
    LanguageGuess likeliest(List<String> pieces) {
        double[] votes = new double[names.size()];
        int voters = 0;
        for (String piece : pieces) {
            voters += vote(piece, votes) ? 1 : 0;
        }
        int best = 0;
        for (int i = 1; i < votes.length; i++) {
            best = votes[i] > votes[best] ? i : best;
        }
        return voters == 0 ? new LanguageGuess("", 0) : new LanguageGuess(names.get(best), votes[best] / voters);
    }

    /// @return whether the piece held an n-gram of any of the languages
    private boolean vote(String text, double[] votes) {
        float[] sums = new float[votes.length];
        int grams = 0;
        char before = ' ';
        char last = ' ';
        for (int i = 0; i <= text.length(); i++) {
            char c = i < text.length() && Character.isLetter(text.charAt(i)) ? text.charAt(i) : ' ';
            if (c == ' ' && last == ' ') {
                continue; // between words, once
            }
            if (c != ' ') {
                grams += add(GramTable.key(c), sums);
            }
            grams += add(GramTable.key(last, c), sums);
            if (last != ' ') {
                grams += add(GramTable.key(before, last, c), sums);
            }
            before = last;
            last = c;
        }
        if (grams > 0) {
            share(sums, (double) Math.min(grams, WITNESSES) / grams, votes);
        }
        return grams > 0;
    }

    private int add(long key, float[] sums) {
        int row = table.get(key);
        if (row == GramTable.ABSENT) {
            return 0;
        }
        int at = row * sums.length;
        for (int i = 0; i < sums.length; i++) {
            sums[i] += logarithms[at + i];
        }
        return 1;
    }

    private static void share(float[] sums, double witnesses, double[] votes) {
        float most = sums[0];
        for (float sum : sums) {
            most = Math.max(most, sum);
        }
        double all = 0;
        for (float sum : sums) {
            all += Math.exp((sum - most) * witnesses);
        }
        for (int i = 0; i < sums.length; i++) {
            votes[i] += Math.exp((sums[i] - most) * witnesses) / all;
        }
    }
}
