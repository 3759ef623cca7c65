package org.millrace.cli.eval;

import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/// Which differences between answers do not count: Unicode's form NFKC, small letters, one space for each run of
/// white space, and no white space or punctuation at either end.
final class Normalised {

    private static final Pattern SPACE = Pattern.compile("[\\s\\p{Z}]+");
    private static final Pattern ENDS = Pattern.compile("^[ \\p{P}]+|[ \\p{P}]+$");

    private Normalised() {}

    static boolean isAmong(String answer, List<String> accepted) {
        String given = of(answer);
        return accepted.stream().anyMatch(each -> of(each).equals(given));
    }

    static String of(String text) {
        String small = Normalizer.normalize(text, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
        return ENDS.matcher(SPACE.matcher(small).replaceAll(" ")).replaceAll("");
    }
}
